"""Whether a lesion lies within the cord or beside it, which decides what may be asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from thecal.findings import compartment
from thecal.records import AlignedStudy, Finding, Lesion, Segmentation


def share_within(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> float | None:
    """How probable it is that the lesion lies within the cord; None where its compartment cannot be told."""
    told = compartments(aligned, segmentation, lesion)
    return None if told is None else told["intramedullary"]


def why_not_within(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> str | None:
    """Why a sign that only lesions of the cord have is not asked of this one; None where it is."""
    within = share_within(aligned, segmentation, lesion)
    if within is None:
        return "the compartment is not known"
    return "the lesion does not lie within the cord" if within <= 0.5 else None


def compartments(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Mapping[str, float] | None:
    """How probable each compartment of the lesion is; None where it cannot be told."""
    return _kept(aligned, segmentation, lesion.tracking_uid)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


@lru_cache(maxsize=16)
def _kept(aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str) -> Mapping[str, float] | None:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    told = compartment.measure(aligned, segmentation, lesion)
    if not isinstance(told, Finding) or told.probabilities is None:
        return None
    return told.probabilities
