"""Finding: a canal that a lesion has widened."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of, sections
from thecal.findings.canal_room import ROLES, beside, whole_steps
from thecal.findings.views import EPIDURAL, View, look, usable
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "bone_remodelling"
NEEDS = ("lesion", "sac")
SUBJECT = "lesion"
# The canal is widened from this ratio of areas on (judged); its own unevenness comes on top of the error.
CUT, CUT_SD = 1.22, 0.07
NEAR_MM, FAR_MM = 8.0, 40.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Area of the canal at the lesion over that above and below it; widened where bone has given way.

    Canal: cord, sac and epidural space. Where the epidural space was not drawn, the sac and what the lesion adds to it stand
    for it. Not assessed without canal above or below the lesion in view.
    """
    assert lesion is not None
    found = [one for series in usable(aligned, ROLES, lesion)
             if (one := _ratio(look(aligned, segmentation, series.key), lesion)) is not None]  # fmt: skip
    if not found:
        return NotAssessed(CODE, lesion.tracking_uid, "no canal above or below the lesion to compare with")
    ratio, sd, place, what = min(found, key=lambda one: one[1])
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(ratio, CUT, sd)),
        measurement=Measurement(round(ratio, 3), "1", round(sd, 3)), where=place,
        method=f"area of the {what} at the lesion over that above and below it; widened from {CUT:g} (judged)",
    )  # fmt: skip


def _ratio(view: View, lesion: Lesion) -> tuple[float, float, Place, str] | None:
    axis, tumour = axis_of(view), view.tumour(lesion)
    if axis is None or not tumour.any() or axis.high - axis.low < 30:
        return None
    epidural = view.anatomy == EPIDURAL
    canal = view.in_dura | epidural
    # A lesion outside the dura lies in the canal as far as the canal reaches elsewhere.
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    whole = whole_steps(sections(view, axis, canal, step))
    along = axis.locate(view.mm(tumour))[0]
    if whole is None or len(whole.along) < 6:
        return None
    middle = float(np.median(along))
    reach = float(np.percentile(np.abs(along - middle), 95))
    at = np.abs(whole.along - middle) <= max(0.5 * reach, step)
    usual = beside(whole.area, whole.along, middle, reach + NEAR_MM, reach + FAR_MM)
    if usual is None or not at.any():
        return None
    ratio = float(np.median(whole.area[at])) / usual[0]
    sd = float(np.hypot(CUT_SD, usual[1]) * (1.0 if epidural.any() else 1.3))
    return ratio, sd, view.place(view.mm(tumour)), "canal" if epidural.any() else "thecal sac"
