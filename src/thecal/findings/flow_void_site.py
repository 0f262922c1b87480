"""Finding: where flow voids run."""

from __future__ import annotations

from thecal.findings import belief
from thecal.findings.flow_voids import LENGTH_SD, vessels_of
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

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
        measurement=Measurement(round(found.length_mm, 1), "mm", LENGTH_SD), where=found.where,
        method="as for flow voids: length of cord along which dark strands run in the CSF on T2w, and share of the "
               "lesion without "
               f"signal on T2w and T1w ({100 * found.share:.1f} %)",
    )  # fmt: skip
