"""Finding: signal on T2w, relative to normal cord."""

from __future__ import annotations

from thecal.findings.relative_signal import judge
from thecal.findings.views import best
from thecal.records import AlignedStudy, Finding, Lesion, NotAssessed, Segmentation

CODE = "t2_signal"
NEEDS = ("lesion", "T2w|T2w_fs", "cord")
SUBJECT = "lesion"
# T2w contrast is steeper than T1w contrast: the band that looks like cord is wider (judged).
CUTS = (0.85, 1.20)


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Signal of the solid part on T2w, relative to normal cord in the nearest lesion-free segments.

    Coil shading is removed along the cord; without plain T2w the fat-suppressed one stands in. Not assessed without
    lesion-free cord in the field of view.
    """
    assert lesion is not None
    view = best(aligned, segmentation, ("T2w", "T2w_fs"), lesion)
    if view is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on T2w")
    return judge(CODE, view, lesion, CUTS, "T2w" if view.series.role == "T2w" else "fat-suppressed T2w")
