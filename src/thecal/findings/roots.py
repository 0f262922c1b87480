"""The roots of the cauda equina in the sac below the cord: how much room they take, where they lie, what they take up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings.axis import Axis, axis_of
from thecal.findings.views import COATING, CORD, SAC, Mask, View, inner, look, usable
from thecal.records import AlignedStudy, Role, Segmentation, Volume
from thecal.records.geometry import covers, resample, transform_points

# The sac is looked at from this far below the cord's end, down to this far above its own, in mm.
BELOW_MM, ABOVE_END_MM = 12.0, 14.0
# Sections thinner or fewer than these tell nothing.
LEAST_AREA_MM2, LEAST_SECTIONS = 45.0, 3
STEP_MM = 4.0
# A voxel holds root from this share of it on (judged); less is noise.
HELD = 0.25

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tail:
    """The cauda equina on one view. inside holds the sac's voxels below the cord, its rim left out; row numbers their sections.

    right, front are their places across the sac from its middle, radius their distance from it as a share of the sac's radius;
    area the sac's area by section in mm².
    """

    view: View
    axis: Axis
    inside: Mask
    row: NDArray[np.intp]
    right: Array
    front: Array
    radius: Array
    area: Array

    @property
    def values(self) -> Array:
        """The image's values of the voxels."""
        return np.asarray(self.view.values[self.inside], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Roots:
    """Share of each voxel of the tail that is root on T2w, and by section the roots' area and mean radius."""

    tail: Tail
    share: Array
    area: Array
    spread: Array


def cord_end(aligned: AlignedStudy, segmentation: Segmentation) -> Array | None:
    """The cord's lower end in the reference's mm; None where no series shows sac without cord below it."""
    for series in sorted(aligned.study.images(), key=lambda one: (one.plane == "axial", one.role != "T2w")):
        view = look(aligned, segmentation, series.key)
        axis = axis_of(view)
        if axis is None or not view.cord.any() or not (view.anatomy == SAC).any():
            continue
        points = view.mm(view.cord)
        low = float(np.percentile(axis.locate(points)[0], 0.5))
        if low - axis.low > 35.0:
            return np.asarray(view.reference_mm(points[np.argsort(points[:, 2])[:5]]).mean(axis=0))
    return None


def tail_of(aligned: AlignedStudy, segmentation: Segmentation, key: str, *, lesions: bool = False) -> Tail | None:
    """The sac below the cord on one series; None where it does not show enough of it.

    Lesions other than a coat are left out with their surroundings, unless lesions is true.
    """
    end = cord_end(aligned, segmentation)
    view = look(aligned, segmentation, key)
    axis = axis_of(view)
    if end is None or axis is None:
        return None
    along_end = float(axis.locate(transform_points(np.linalg.inv(view.to_reference), end[None]))[0][0])
    sac = (view.anatomy == SAC) | ((view.tissue == COATING) & (view.anatomy != CORD))
    index = np.argwhere(sac)
    if len(index) < 100:
        return None
    along = axis.locate(view.mm(sac))[0]
    keep = (along < along_end - BELOW_MM) & (along > axis.low + ABOVE_END_MM * (along.min() < axis.low + 2))
    below = np.zeros_like(sac)
    below[tuple(index[keep].T)] = True
    if np.count_nonzero(below) < 100:
        return None
    return _tail(view, axis, below, lesions)


def _tail(view: View, axis: Axis, below: Mask, lesions: bool) -> Tail | None:
    slices = view.series.slice_axis
    spacing = [1e3 if n == slices else float(step) for n, step in enumerate(view.grid.spacing_mm)]
    pixel = float(np.sort(view.grid.spacing_mm)[0])
    rim = ndimage.distance_transform_edt(view.in_dura, sampling=spacing) <= 1.2 * pixel
    along, right, front = axis.locate(view.mm(below))
    step = max(STEP_MM, float(np.abs(view.affine[2, :3]).max()))
    row = np.floor(along / step).astype(int)
    row -= row.min()
    count = np.bincount(row)
    area = np.asarray(count * view.grid.voxel_volume_mm3 / step, dtype=np.float64)
    mean = [np.bincount(row, one) / np.maximum(count, 1) for one in (right, front)]
    var = [np.bincount(row, one**2) / np.maximum(count, 1) - m**2 for one, m in zip((right, front), mean, strict=True)]
    half = [2 * np.sqrt(np.maximum(one, 0.1)) for one in var]
    right, front = right - mean[0][row], front - mean[1][row]
    radius = np.hypot(right / half[0][row], front / half[1][row])
    tissue = view.tissue[below]
    solid = np.isin(tissue, (0, COATING), invert=True)
    busy = np.bincount(row, solid, minlength=len(count)) > (np.inf if lesions else 0)
    kept = ~rim[below] & (area >= LEAST_AREA_MM2)[row] & ~busy[row]
    if len(np.unique(row[kept])) < LEAST_SECTIONS:
        return None
    inside = np.zeros_like(below)
    inside[tuple(np.argwhere(below)[kept].T)] = True
    return Tail(view, axis, inside, row[kept], right[kept], front[kept], radius[kept], area)


def roots_of(aligned: AlignedStudy, segmentation: Segmentation) -> Roots | None:
    """The roots on the best T2w series below the cord, axial ones first; None where none shows them."""
    return _kept(aligned, segmentation)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()
    gains_of.cache_clear()


@lru_cache(maxsize=2)
def _kept(aligned: AlignedStudy, segmentation: Segmentation) -> Roots | None:
    for series in sorted(usable(aligned, ("T2w",), None), key=lambda one: one.plane != "axial"):
        tail = tail_of(aligned, segmentation, series.key)
        if tail is not None:
            return _roots(tail)
    return None


def _roots(tail: Tail) -> Roots:
    """Share of root by how far a voxel is from CSF to nerve; nerve is as bright as cord on T2w, or a third of CSF "
    "without cord."""
    values, rows = tail.values, np.unique(tail.row)
    cord = inner(tail.view.cord & (tail.view.tissue == 0), 40)[0]
    bright = np.zeros(tail.row.max() + 1)
    for n in rows:
        bright[n] = np.percentile(values[tail.row == n], 95)
    overall = float(np.median(bright[rows]))
    bright = np.clip(bright, 0.75 * overall, 1.3 * overall)
    nerve = float(np.median(tail.view.values[cord])) if cord.any() else 0.33 * overall
    nerve = float(np.clip(nerve, 0.2 * overall, 0.6 * overall))
    share = np.clip((bright[tail.row] - values) / (bright[tail.row] - nerve), 0, 1)
    share = np.where(share >= HELD, share, 0.0)
    voxels = np.bincount(tail.row)
    seen = tail.area[: len(voxels)]
    area = np.bincount(tail.row, share) / np.maximum(voxels, 1) * seen
    spread = np.bincount(tail.row, share * tail.radius) / np.maximum(np.bincount(tail.row, share), 1e-6)
    return Roots(tail, share, area[rows], spread[rows])


@lru_cache(maxsize=2)
def gains_of(aligned: AlignedStudy, segmentation: Segmentation) -> tuple[Tail, Array, Array] | None:
    """What each voxel of the tail gains after contrast, and its signal before, both in CSF's before; None without a pair."""
    for after in sorted(usable(aligned, ("T1w_ce",), None), key=lambda one: one.plane != "axial"):
        tail = tail_of(aligned, segmentation, after.key)
        pairs = sorted(usable(aligned, _T1, None), key=lambda one: one.plane != after.plane)
        if tail is None or not pairs or pairs[0].plane != after.plane:
            continue
        pre = look(aligned, segmentation, pairs[0].key)
        across = np.linalg.inv(pre.to_reference) @ tail.view.to_reference
        if np.mean(covers(pre.grid, tail.view.grid, across)[tail.inside]) < 0.95:
            continue
        plain = resample(Volume(pre.values, pre.affine), tail.view.grid, across).voxels[tail.inside].astype(np.float64)
        values = tail.values
        # Most of the sac is CSF, which takes up nothing: its median quotient is the receiver's gain.
        same = float(np.median(values / np.maximum(plain, 1e-6)))
        dark = plain <= np.percentile(plain, 50)
        csf = float(np.median(plain[dark]))
        return tail, (values / same - plain) / max(csf, 1e-6), plain / max(csf, 1e-6)
    return None


_T1: tuple[Role, ...] = ("T1w",)
