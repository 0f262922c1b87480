"""Finding: a target on T2w, dark in its centre and bright in its rim."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.views import View, best
from thecal.findings.within_dura import is_coat
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "target_sign"
NEEDS = ("lesion", "T2w|T2w_fs")
SUBJECT = "lesion"
# Signal of the innermost part over that of the rim, below which there is a target (judged).
CUT, CUT_SD = 0.80, 0.05
# The heart is what lies deeper than this share of the greatest depth; the rim lies less deep than the other.
HEART, RIM = 0.72, 0.5
# A lesion thinner than this shows no centre, in mm.
LEAST_MM = 5.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Median T2w signal of the lesion's heart over that of the rim around it; a target where the heart is clearly darker.

    Cysts and blood within the lesion are left out. Not assessed in lesions too thin to have a centre.
    """
    assert lesion is not None
    views = [best(aligned, segmentation, ("T2w", "T2w_fs"), lesion, (plane,)) for plane in ("axial", "sagittal")]
    found = [parts for view in views if view is not None and (parts := heart_and_rim(view, lesion)) is not None]
    if not found or is_coat(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is too thin to show a centre apart from its rim")
    ratios = [ratio for ratio, _ in found]
    ratio = float(np.mean(ratios))
    sd = float(np.hypot(CUT_SD, np.std(ratios)))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(1 - belief.above(ratio, CUT, sd)),
        measurement=Measurement(round(ratio, 3), "1", round(sd, 3)), where=found[0][1],
        method=f"median T2w signal of the lesion's innermost part over that of its rim; a target below {CUT:g} (judged)",
    )  # fmt: skip


def heart_and_rim(view: View, lesion: Lesion) -> tuple[float, Place] | None:
    """Median signal of a lesion's innermost part over that of its rim, the blurred edge left out, and where the innermost part
    lies; None where it is too thin.
    """
    near = view.around(view.tumour(lesion), 3.0)
    tumour, body = near.tumour(lesion), near.body(lesion)
    depth = ndimage.distance_transform_edt(np.pad(tumour, 1), sampling=near.grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    step = float(np.sort(near.grid.spacing_mm)[1])
    if 2 * depth.max() < max(LEAST_MM, 5 * step):
        return None
    heart = body & (depth > HEART * depth.max())
    rim = body & (depth < RIM * depth.max()) & (depth > 1.2 * step)
    if np.count_nonzero(heart) < 5 or np.count_nonzero(rim) < 10:
        return None
    ratio = float(np.median(near.values[heart])) / max(float(np.median(near.values[rim])), 1e-6)
    return ratio, near.place(near.mm(heart))
