"""Finding: where flow voids run."""

from __future__ import annotations

from thecal.findings import belief
from thecal.findings.flow_voids import vessels_of
from thecal.records import AlignedStudy, Finding, Lesion, NotAssessed, Segmentation

CODE = "flow_void_site"
NEEDS = ("lesion", "T2w", "sac", "cord")
SUBJECT = "lesion"


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether flow voids run in the lesion, around the cord, or both; only where there are any."""
    assert lesion is not None
    found = vessels_of(aligned, segmentation, lesion)
    if max(found.inside, found.around) < 0.5:
        return NotAssessed(CODE, lesion.tracking_uid, "no flow voids were seen")
    scores = {"intralesional": found.inside * (1 - found.around), "perimedullary": found.around * (1 - found.inside),
              "both": found.inside * found.around}  # fmt: skip
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(scores),
        measurement=found.measurement, where=found.where,
        method=f"as for flow voids: length of cord along which dark strands run in the CSF on T2w ({found.length_mm:.0f} mm), "
               f"and share of the lesion without signal on T2w and T1w ({100 * found.share:.1f} %)",
    )  # fmt: skip
