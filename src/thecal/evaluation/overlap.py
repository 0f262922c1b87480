"""Two label maps on the same grid: how much they share, how far their surfaces lie apart, which lesions both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import LabelMap

ANY = 0
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Overlap:
    """How two drawings of one structure compare.

    label is ANY for all labels together. dice is None where neither drew it, 0 where one did; hd95_mm, the larger of both
    directions' 95th percentiles of surface distance, is None where either drew nothing.
    """

    label: int
    name: str
    ours_mm3: float
    theirs_mm3: float
    dice: float | None
    hd95_mm: float | None

    @property
    def difference_mm3(self) -> float:
        """Volume of ours less theirs."""
        return self.ours_mm3 - self.theirs_mm3


@dataclass(frozen=True)
class Detection:
    """Separate lesions: how many of theirs ours touches, and how many of ours touch none of theirs."""

    found: int
    theirs: int
    false: int


def compare(ours: LabelMap, theirs: LabelMap, names: Mapping[int, str]) -> tuple[Overlap, ...]:
    """All labels together, then each label that either map holds. Both lie on one grid (axes i, j, k)."""
    left, right = ours.volume.voxels, theirs.volume.voxels
    labels = sorted({*np.unique(left).tolist(), *np.unique(right).tolist()} - {0})
    voxel, spacing = ours.volume.grid.voxel_volume_mm3, ours.volume.spacing_mm
    pairs: list[tuple[int, Mask, Mask]] = [(ANY, left > 0, right > 0)]
    pairs += [(label, left == label, right == label) for label in labels]
    return tuple(
        Overlap(
            label, "any label" if label == ANY else names.get(label, f"label {label}"),
            float(one.sum() * voxel), float(other.sum() * voxel), dice(one, other), hd95_mm(one, other, spacing),
        )
        for label, one, other in pairs
    )  # fmt: skip


def dice(ours: Mask, theirs: Mask) -> float | None:
    """Twice the shared voxels over the sum of both; None where both are empty."""
    total = int(ours.sum()) + int(theirs.sum())
    return 2 * int((ours & theirs).sum()) / total if total else None


def hd95_mm(ours: Mask, theirs: Mask, spacing_mm: NDArray[np.float64]) -> float | None:
    """The larger of the 95th percentiles of the distances from each surface to the other, in mm; None where one is empty."""
    if not (ours.any() and theirs.any()):
        return None
    window = _window(ours | theirs)
    one, other = _surface(ours[window]), _surface(theirs[window])
    return max(_reach(one, other, spacing_mm), _reach(other, one, spacing_mm))


def _reach(start: Mask, end: Mask, spacing_mm: NDArray[np.float64]) -> float:
    away = ndimage.distance_transform_edt(~end, sampling=spacing_mm)
    return float(np.percentile(away[start], 95))


def _surface(mask: Mask) -> Mask:
    """The voxels of a mask with a face to the outside; beyond the window everything is outside."""
    return np.asarray(mask & ~ndimage.binary_erosion(mask), dtype=bool)


def _window(mask: Mask) -> tuple[slice, ...]:
    found: Any = ndimage.find_objects(mask.astype(np.int8))[0]
    return tuple(found)


def detect(ours: LabelMap, theirs: LabelMap) -> Detection:
    """Which separate lesions both maps have; parts that touch at a corner are one."""
    one, other = (_lesions(side.volume.voxels) for side in (ours, theirs))
    (ours_parts, ours_count), (their_parts, their_count) = one, other
    both = (ours_parts > 0) & (their_parts > 0)
    found = len(np.unique(their_parts[both]))
    return Detection(found, their_count, ours_count - len(np.unique(ours_parts[both])))


def _lesions(voxels: NDArray[Any]) -> tuple[NDArray[Any], int]:
    parts, count = ndimage.label(voxels > 0, structure=np.ones((3, 3, 3)))
    return parts, int(count)
