"""Finding: signal on T1w, relative to normal cord."""

from __future__ import annotations

from thecal.findings.relative_signal import judge
from thecal.findings.views import best
from thecal.records import AlignedStudy, Finding, Lesion, NotAssessed, Segmentation

CODE = "t1_signal"
NEEDS = ("lesion", "T1w", "cord")
SUBJECT = "lesion"
# Within a tenth of normal cord a lesion looks like it (judged).
CUTS = (0.90, 1.10)


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Signal of the solid part on T1w before contrast, relative to normal cord in the nearest lesion-free segments.

    Coil shading is removed along the cord. Not assessed without lesion-free cord in the field of view.
    """
    assert lesion is not None
    view = best(aligned, segmentation, ("T1w",), lesion)
    if view is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on T1w before contrast")
    return judge(CODE, view, lesion, CUTS, "T1w")
