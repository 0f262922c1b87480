"""The course of the cord through the spine, and the cross-sections along it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from thecal.findings.views import Mask, View
from thecal.records import Grid
from thecal.records.geometry import voxel_to_mm

# Height of the slabs whose centres make the axis, and reach of its smoothing, in mm.
SLAB_MM, SMOOTH_MM = 3.0, 9.0
# The axis goes on straight beyond its ends by this.
BEYOND_MM = 60.0
# Spacing of the lattice on which distances along the axis are worked out.
MESH_MM = 4.0

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """A smooth line through the middle of the cord, or of the sac where there is no cord.

    nodes (n, 3) in mm from below upwards; along their distance in mm from the first; tangent, front and right unit vectors
    at each. low and high bound the part that was drawn, in mm along.
    """

    nodes: Array
    along: Array
    tangent: Array
    front: Array
    right: Array
    low: float
    high: float

    def locate(self, points: Array) -> tuple[Array, Array, Array]:
        """For points (n, 3): the distance along the axis, and the offset to the right and to the front of it, in mm."""
        _, nearest = cKDTree(self.nodes).query(points)
        offset = points - self.nodes[nearest]

        def onto(direction: Array) -> Array:
            return np.asarray(np.einsum("ij,ij->i", offset, direction[nearest]))

        return self.along[nearest] + onto(self.tangent), onto(self.right), onto(self.front)


@dataclass(frozen=True, eq=False)
class Sections:
    """Cross-sections of a structure along the axis, one per step: where (mm along), area mm², widths front to back and
    right to left in mm (of the ellipse with the same moments), and the centre's offset to the right and to the front."""

    along: Array
    area: Array
    depth: Array
    width: Array
    right: Array
    front: Array


@lru_cache(maxsize=24)
def axis_of(view: View) -> Axis | None:
    """The axis of cord and sac in a view; None where less than 15 mm of either was drawn."""
    cord, canal = _slabs(view, view.cord), _slabs(view, view.in_dura)
    if canal is None:
        return None
    height, centre, weight = canal
    if cord is not None:
        for n, z in enumerate(height):
            match = np.flatnonzero(np.abs(cord[0] - z) < SLAB_MM / 2)
            if match.size:
                centre[n], weight[n] = cord[1][match[0]], 3 * cord[2][match[0]]
    if height[-1] - height[0] < 15:
        return None
    return _smooth(height, centre, weight)


def forget() -> None:
    """Lets go of the axes and maps that were kept."""
    axis_of.cache_clear()
    along_map.cache_clear()


@lru_cache(maxsize=24)
def along_map(view: View, axis: Axis) -> NDArray[np.float32]:
    """Distance along the axis of every voxel of a view, worked out on a lattice of MESH_MM and read off between its points."""
    shape = view.values.shape
    steps = np.maximum(np.floor(MESH_MM / view.grid.spacing_mm), 1).astype(int)
    knots = [np.unique(np.append(np.arange(0, n, step), n - 1)) for n, step in zip(shape, steps, strict=True)]
    index = np.stack(np.meshgrid(*knots, indexing="ij"), axis=-1).reshape(-1, 3)
    field = axis.locate(voxel_to_mm(view.grid, index))[0].astype(np.float32).reshape([len(one) for one in knots])
    for n in range(3):
        field = _between(field, knots[n], shape[n], n)
    return field


def _between(field: NDArray[np.float32], knots: NDArray[np.intp], count: int, axis: int) -> NDArray[np.float32]:
    """A field given at some places along an axis, at every place, by straight lines between them."""
    at = np.clip(np.searchsorted(knots, np.arange(count), side="right") - 1, 0, max(len(knots) - 2, 0))
    if len(knots) == 1:
        return np.repeat(field, count, axis=axis)
    share = ((np.arange(count) - knots[at]) / (knots[at + 1] - knots[at])).astype(np.float32)
    share = share.reshape([-1 if n == axis else 1 for n in range(3)])
    return np.asarray(np.take(field, at, axis) * (1 - share) + np.take(field, at + 1, axis) * share, dtype=np.float32)


def _slabs(view: View, mask: Mask) -> tuple[Array, Array, Array] | None:
    if np.count_nonzero(mask) < 20:
        return None
    points = spread(view.grid, np.argwhere(mask), SLAB_MM / 2)
    number = np.floor(points[:, 2] / SLAB_MM).astype(int)
    first = number.min()
    count = np.bincount(number - first).astype(float)
    centre = np.stack([np.bincount(number - first, points[:, n]) for n in range(2)], axis=1)
    held = count > 0.3 * np.median(count[count > 0])
    height = (np.arange(count.size) + first + 0.5) * SLAB_MM
    return height[held], centre[held] / count[held, None], count[held]


def spread(grid: Grid, index: NDArray[np.integer[Any]], step_mm: float) -> Array:
    """Positions in mm of voxels, each replaced by evenly spread points no farther apart than step_mm along each voxel axis."""
    counts = np.maximum(np.ceil(grid.spacing_mm / step_mm - 1e-6), 1).astype(int)
    offsets = [(np.arange(count) + 0.5) / count - 0.5 for count in counts]
    inside = np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1).reshape(-1, 3)
    return voxel_to_mm(grid, (index[:, None, :] + inside[None]).reshape(-1, 3))


def _smooth(height: Array, centre: Array, weight: Array) -> Axis:
    """A line through slab centres by local straight fits, one node a millimetre."""
    z = np.arange(height[0] - SLAB_MM / 2, height[-1] + SLAB_MM / 2 + 0.5)
    near = np.exp(-0.5 * ((z[:, None] - height[None]) / SMOOTH_MM) ** 2) * weight
    total = near.sum(axis=1)
    mean_z = near @ height / total
    mean = near @ centre / total[:, None]
    spread_z = near @ height**2 / total - mean_z**2
    slope = ((near @ (centre * height[:, None])) / total[:, None] - mean * mean_z[:, None]) / np.maximum(spread_z, 1)[
        :, None
    ]
    nodes = np.column_stack([mean + slope * (z - mean_z)[:, None], z])
    up = np.gradient(nodes, axis=0)
    beyond = np.arange(1, BEYOND_MM + 1)[:, None]
    below = nodes[0] - beyond[::-1] * up[0] / np.linalg.norm(up[0])
    over = nodes[-1] + beyond * up[-1] / np.linalg.norm(up[-1])
    return _frame(np.concatenate([below, nodes, over]), len(below), len(below) + len(nodes) - 1)


def _frame(nodes: Array, first: int, last: int) -> Axis:
    tangent = np.gradient(nodes, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(nodes, axis=0), axis=1))])
    front = np.array([0.0, 1.0, 0.0]) - tangent[:, 1:2] * tangent
    front /= np.linalg.norm(front, axis=1, keepdims=True)
    right = np.cross(front, tangent)
    return Axis(nodes, along, tangent, front, right, float(along[first]), float(along[last]))


def sections(view: View, axis: Axis, mask: Mask, step_mm: float = 3.0) -> Sections:
    """Cross-sections of a mask along the axis. A voxel counts in each step by the share of it that lies there."""
    points = spread(view.grid, np.argwhere(mask), min(1.5, step_mm / 2))
    along, right, front = axis.locate(points)
    number = np.floor(along / step_mm).astype(int)
    first, last = number.min(), number.max()
    share = view.grid.voxel_volume_mm3 * np.count_nonzero(mask) / len(points)
    bins = number - first
    count = np.bincount(bins, minlength=last - first + 1).astype(float)
    held = count > 0

    def mean(values: Array) -> Array:
        return np.asarray(np.bincount(bins, values, minlength=count.size)[held] / count[held])

    mean_right, mean_front = mean(right), mean(front)
    depth = 4 * np.sqrt(np.maximum(mean(front**2) - mean_front**2, 0))
    width = 4 * np.sqrt(np.maximum(mean(right**2) - mean_right**2, 0))
    where = (np.arange(count.size)[held] + first + 0.5) * step_mm
    return Sections(where, count[held] * share / step_mm, depth, width, mean_right, mean_front)


def extent(view: View, axis: Axis, mask: Mask) -> tuple[float, float]:
    """Lowest and highest point of a mask along the axis, in mm, stray specks (under 4 % of it) left out."""
    from scipy import ndimage

    parts, count = ndimage.label(mask, np.ones((3, 3, 3)))
    if count > 1:
        sizes = np.bincount(parts.ravel())
        small = np.flatnonzero(sizes < 0.04 * sizes[1:].sum())
        mask = mask & ~np.isin(parts, small)
    along, _, _ = axis.locate(spread(view.grid, np.argwhere(mask), 1.0))
    return float(along.min()), float(along.max())
