"""Finding: chalk within a lesion on CT."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.views import best, grown
from thecal.findings.within_dura import outside_dura
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "calcification"
NEEDS = ("lesion", "ct")
SUBJECT = "lesion"
# Denser than any soft tissue, blood included (judged: clotted blood stays below 100).
CHALK_HU = 130.0
# Share of the lesion from which chalk counts (judged).
SHARE, SHARE_SD = 0.012, 0.005
# Bone beside the lesion blurs over this.
BONE_MM = 1.5


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Share of the lesion above 130 HU on CT without contrast, away from bone.

    Not assessed without CT: MRI shows chalk as a lack of signal, as it does flow and old blood; nor on a CT myelogram, whose
    contrast is as dense.
    """
    assert lesion is not None
    view = best(aligned, segmentation, ("ct",), lesion)
    if view is None or not view.tumour(lesion).any():
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on CT")
    near = view.around(view.tumour(lesion), 8.0)
    tumour = near.tumour(lesion)
    if outside_dura(segmentation, aligned, lesion):
        bone = (near.anatomy >= 11) | (~tumour & (near.values > 2 * CHALK_HU))
        tumour = tumour & ~grown(near, bone, BONE_MM)
    if np.count_nonzero(tumour) < 5:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is too near to bone for chalk in it to be told on CT")
    dense = tumour & (near.values > CHALK_HU)
    share = float(np.count_nonzero(dense) / np.count_nonzero(tumour))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(share, SHARE, SHARE_SD)),
        measurement=Measurement(round(100 * share, 2), "%", round(100 * SHARE_SD, 2)),
        where=near.place(near.mm(dense if dense.any() else tumour)),
        method=f"share of the lesion above {CHALK_HU:g} HU on CT, away from bone; calcified from {100 * SHARE:g} % (judged); "
               f"densest part {np.percentile(near.values[tumour], 99):.0f} HU",
    )  # fmt: skip
