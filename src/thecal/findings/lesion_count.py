"""Finding: one lesion or several."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.records import PATIENT, AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "lesion_count"
NEEDS = ()
SUBJECT = "patient"


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:  # noqa: ARG001
    """Whether there is one lesion or more than one, in the part of the spine that was imaged.

    Each called lesion counts with its confidence: the probability of several is that of at least two being real, given
    that one is. Leptomeningeal coating is one lesion. Not assessed where none was called.
    """
    lesions = segmentation.lesions
    if not lesions:
        return NotAssessed(CODE, PATIENT, "no lesion was called")
    sure = np.clip([one.confidence for one in lesions], 1e-3, 1 - 1e-3)
    none = float(np.prod(1 - sure))
    one_only = float(sum(none * p / (1 - p) for p in sure))
    largest = max(lesions, key=lambda one: (one.volume_mm3, -one.instance))
    return Finding(
        CODE, PATIENT, "measured", belief.weighed({"single": one_only, "multiple": 1 - none - one_only}),
        measurement=Measurement(float(len(lesions)), "1"), where=largest.where,
        method="called lesions in the imaged part of the spine, each weighed by its confidence",
    )  # fmt: skip
