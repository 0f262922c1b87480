"""Finding: one lesion or several."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.views import look
from thecal.records import PATIENT, AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "lesion_count"
NEEDS = ()
SUBJECT = "patient"
# A lesion is of the marrow when more of it than this lies in vertebrae (judged).
MARROW = 0.6
VERTEBRAE = tuple(range(11, 51))


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether there is one lesion or more than one, in the part of the spine that was imaged.

    Each called lesion counts with its confidence: the probability of several is that of at least two being real, given
    that one is. Leptomeningeal coating is one lesion. Lesions of the marrow beside one of another kind are another sign's
    (`vertebral_lesion`). Not assessed where none was called.
    """
    del lesion
    lesions = counted(aligned, segmentation)
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


def counted(aligned: AlignedStudy, segmentation: Segmentation) -> tuple[Lesion, ...]:
    """The lesions that count: those not of the marrow; all, where there are no others."""
    others = tuple(one for one in segmentation.lesions if marrow_share(aligned, segmentation, one) < MARROW)
    return others or segmentation.lesions


def marrow_share(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> float:
    """Share of a lesion's body that lies in labelled vertebrae."""
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    shares = [
        float(np.mean(np.isin(view.anatomy[view.body(lesion)], VERTEBRAE))) for view in views if view.body(lesion).any()
    ]
    return float(np.mean(shares)) if shares else 0.0
