"""What is known of one series, by the names the rules use; None where neither header nor image tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from thecal.protocol import quality
from thecal.records import Series
from thecal.records.geometry import slice_axis_of

Fact: TypeAlias = str | float | bool | tuple[str, ...] | None

_MODALITY = {
    **dict.fromkeys(("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw", "dwi", "ADC"), "mr"),
    "ct": "ct", "ct_myelogram": "ct", "radiograph": "radiograph", "mrs": "spectroscopy", "localizer": "localizer",
}  # fmt: skip


def slice_thickness_mm(series: Series) -> Fact:
    """Slice thickness as the header states it; without a header the distance between slices, gap included."""
    if series.acquisition.slice_thickness_mm is not None:
        return series.acquisition.slice_thickness_mm
    if series.volume is None:
        return None
    axis = slice_axis_of(series.volume.grid) if series.slice_axis is None else series.slice_axis
    spacing = series.volume.spacing_mm
    return float(spacing.max() if axis is None else spacing[axis])


def contrast_delay_min(series: Series) -> Fact:
    """Minutes from the start of the contrast injection to the acquisition; None unless both times are stated, in order."""
    start = _seconds(series.acquisition.contrast_bolus_start_time)
    scan = _seconds(series.acquisition.acquisition_time)
    return (scan - start) / 60 if start is not None and scan is not None and scan >= start else None


def contrast_dose_mmol_per_kg(_: Series) -> Fact:
    """Gadolinium per kilogram. No header of an image tells it: a volume is stated at best, without concentration and weight."""
    return None


def fat_suppressed(series: Series) -> Fact:
    """Whether fat is suppressed; a role that says so tells it where the header is silent."""
    return True if series.fat_suppressed is None and series.role == "T2w_fs" else series.fat_suppressed


def in_plane_mm(series: Series) -> Fact:
    """The coarser of the two spacings within a slice."""
    return None if series.volume is None else float(np.sort(series.volume.spacing_mm)[1])


_FACTS: Mapping[str, Callable[[Series], Fact]] = {
    "role": lambda series: series.role,
    "role_confidence": lambda series: series.role_confidence,
    "modality": lambda series: _MODALITY.get(series.role),
    "plane": lambda series: series.plane,
    "regions": lambda series: series.regions or None,
    "fat_suppressed": fat_suppressed,
    "slice_thickness_mm": slice_thickness_mm,
    "in_plane_mm": in_plane_mm,
    "field_strength_t": lambda series: series.acquisition.magnetic_field_strength_t,
    "contrast_agent": lambda series: series.acquisition.contrast_bolus_agent,
    "contrast_dose_mmol_per_kg": contrast_dose_mmol_per_kg,
    "contrast_delay_min": contrast_delay_min,
    "signal_to_noise": quality.signal_to_noise,
    "ghosting": quality.ghosting,
    "slice_disagreement": quality.slice_disagreement,
}
NAMES = tuple(_FACTS)


def fact_of(series: Series, name: str) -> Fact:
    """One fact of a series; KeyError for a name the rules do not know."""
    return _FACTS[name](series)


def _seconds(time: str | None) -> float | None:
    """Seconds since midnight of a DICOM time (HHMMSS.ffffff, colons tolerated); None for anything else."""
    digits = (time or "").replace(":", "")
    if len(digits) < 6 or not digits[:6].isdigit():
        return None
    return int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + float(digits[4:])
