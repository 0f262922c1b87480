"""Cross-sections of canal, sac and cord along the spine, of the patient rather than of a lesion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thecal.findings.axis import Axis, Sections, axis_of, sections
from thecal.findings.views import EPIDURAL, View, look, usable
from thecal.records import AlignedStudy, Role, Segmentation

ROLES: tuple[Role, ...] = ("T2w", "T2w_fs", "T1w", "T1w_ce", "T2starw", "ct_myelogram", "ct")
STEP_MM = 3.0

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Room:
    """The inside of the dura, section by section, on one view; canal adds the epidural space where that was drawn."""

    view: View
    axis: Axis
    sac: Sections
    canal: Sections | None


def room_of(aligned: AlignedStudy, segmentation: Segmentation) -> Room | None:
    """The sections on the sagittal or volumetric series that shows most of the sac; None where none shows 60 mm of it."""
    return _kept(aligned, segmentation)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


@lru_cache(maxsize=2)
def _kept(aligned: AlignedStudy, segmentation: Segmentation) -> Room | None:
    best: Room | None = None
    for series in usable(aligned, ROLES, None):
        if series.plane not in ("sagittal", "volumetric", "coronal") or (best is not None and series.role != "T2w"):
            continue
        view = look(aligned, segmentation, series.key)
        axis = axis_of(view)
        if axis is None or axis.high - axis.low < 60:
            continue
        if best is None or axis.high - axis.low > best.axis.high - best.axis.low + 10:
            best = _room(view, axis)
    return best


def _room(view: View, axis: Axis) -> Room:
    step = max(STEP_MM, float(np.abs(view.affine[2, :3]).max()))
    epidural = view.anatomy == EPIDURAL
    canal = sections(view, axis, view.in_dura | epidural, step) if epidural.any() else None
    return Room(view, axis, whole_steps(sections(view, axis, view.in_dura, step)), whole_steps(canal))  # type: ignore[arg-type]


def whole_steps(found: Sections | None) -> Sections | None:
    """Sections without the first and last, which the field's end cuts."""
    if found is None:
        return None
    return Sections(*(getattr(found, name)[1:-1] for name in ("along", "area", "depth", "width", "right", "front")))


def beside(values: Array, along: Array, at: float, near_mm: float, far_mm: float) -> tuple[float, float] | None:
    """Median of values on both sides of a place, between near and far from it, and how far they spread; None without "
    "2 of each."""
    sides = [values[(side * (along - at) > near_mm) & (side * (along - at) < far_mm)] for side in (-1.0, 1.0)]
    held = [side for side in sides if len(side) >= 2]
    if not held:
        return None
    medians = [float(np.median(side)) for side in held]
    everything = np.concatenate(held)
    return float(np.mean(medians)), float(np.std(everything) / max(np.median(everything), 1e-6))
