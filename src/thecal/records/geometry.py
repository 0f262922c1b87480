"""Places and grids: voxel and millimetre, RAS and LPS, planes, resampling and the way back to the native grid."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thecal.records.study import Plane
from thecal.records.volume import Grid, Volume

LPS_TO_RAS: NDArray[np.float64] = np.diag([-1.0, -1.0, 1.0, 1.0])
# A slice counts as sagittal, axial or coronal while its normal lies within this angle of the axis; beyond, it is oblique.
OBLIQUE_DEGREES = 35.0
# Slices thicker than this against the in-plane spacing make a stack of slices rather than a volume.
STACK_RATIO = 1.6


def transform_points(matrix: NDArray[np.floating[Any]], points: ArrayLike) -> NDArray[np.float64]:
    """Points (…, 3) carried by a 4 × 4 matrix."""
    array = np.asarray(points, dtype=np.float64)
    # One product of two plain matrices; of a stack of them NumPy makes one product each.
    moved = array.reshape(-1, 3) @ matrix[:3, :3].T
    return np.asarray(moved + matrix[:3, 3]).reshape(array.shape)


def voxel_to_mm(grid: Grid | Volume, index: ArrayLike) -> NDArray[np.float64]:
    """Position in RAS mm of voxel indices (…, 3); fractions are allowed."""
    return transform_points(grid.affine, index)


def mm_to_voxel(grid: Grid | Volume, point: ArrayLike) -> NDArray[np.float64]:
    """Voxel index, with fractions, of RAS mm points (…, 3)."""
    return transform_points(np.asarray(np.linalg.inv(grid.affine)), point)


def slice_axis_of(grid: Grid) -> int | None:
    """The voxel axis across slices of a stack (the coarsest, clearly so), None for a near-isotropic volume."""
    spacing = grid.spacing_mm
    order = np.argsort(spacing)
    return int(order[2]) if spacing[order[2]] > STACK_RATIO * spacing[order[1]] else None


def plane_of(grid: Grid, slice_axis: int | None = None) -> Plane:
    """The plane a radiologist would call the slices: sagittal, axial, coronal, oblique, or volumetric where there are no slices.

    slice_axis names the axis across slices where the header tells it; else it is judged from the spacing.
    """
    axis = slice_axis_of(grid) if slice_axis is None else slice_axis
    if axis is None:
        return "volumetric"
    normal = grid.affine[:3, axis] / np.linalg.norm(grid.affine[:3, axis])
    nearest = int(np.argmax(np.abs(normal)))
    if abs(normal[nearest]) < np.cos(np.radians(OBLIQUE_DEGREES)):
        return "oblique"
    names: tuple[Plane, Plane, Plane] = ("sagittal", "coronal", "axial")
    return names[nearest]


def ras_axes(affine: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.int_]]:
    """Which voxel axis runs nearest to x, y, z, and in which direction (+1 or −1); each axis is used once."""
    cosines = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    axes = np.zeros(3, dtype=np.intp)
    free = np.abs(cosines).copy()
    for _ in range(3):
        world, voxel = np.unravel_index(int(np.argmax(free)), free.shape)
        axes[world] = voxel
        free[world, :] = -1
        free[:, voxel] = -1
    signs = np.array([1 if cosines[world, axes[world]] >= 0 else -1 for world in range(3)])
    return axes, signs


def to_ras(volume: Volume) -> Volume:
    """The same image with its axes reordered and flipped so that i, j, k run right, front, head; nothing is resampled."""
    axes, signs = ras_axes(volume.affine)
    return _turn(volume, axes, signs)


def from_ras(volume: Volume, native: Grid) -> Volume:
    """A volume in the order of `to_ras` put back into the axis order of the native grid it came from."""
    axes, signs = ras_axes(native.affine)
    flipped = volume.voxels[tuple(slice(None, None, int(sign)) for sign in signs)]
    return Volume(np.transpose(flipped, np.argsort(axes)), native.affine)


def _turn(volume: Volume, axes: NDArray[np.intp], signs: NDArray[np.int_]) -> Volume:
    voxels = np.transpose(volume.voxels, axes)[tuple(slice(None, None, int(sign)) for sign in signs)]
    step = np.zeros((4, 4))
    step[3, 3] = 1
    for world in range(3):
        step[axes[world], world] = signs[world]
        if signs[world] < 0:
            step[axes[world], 3] = volume.voxels.shape[axes[world]] - 1
    return Volume(voxels, volume.affine @ step)


def resample(
    volume: Volume,
    grid: Grid,
    to_volume: NDArray[np.floating[Any]] | None = None,
    *,
    order: int = 1,
    fill: float = 0.0,
) -> Volume:
    """The image as it would look on another grid.

    to_volume carries the grid's mm into the volume's mm (4 × 4, identity by default); order 0 takes the nearest voxel (labels),
    1 interpolates linearly. Outside the volume stands fill. Values come back as float32, or in the labels' type for order 0.
    """
    from scipy import ndimage

    carry = np.eye(4) if to_volume is None else to_volume
    step = np.linalg.inv(volume.affine) @ carry @ grid.affine
    kind: Any = volume.voxels.dtype if order == 0 else np.float32
    source = volume.voxels if order == 0 else volume.voxels.astype(np.float32, copy=False)
    out = np.empty(grid.shape, dtype=kind)
    ndimage.affine_transform(
        source, step[:3, :3], offset=step[:3, 3], output_shape=grid.shape, output=out, order=order,
        mode="constant" if order == 0 else "grid-constant", cval=fill,
    )  # fmt: skip
    return Volume(out, grid.affine)


def covers(volume: Volume | Grid, grid: Grid, to_volume: NDArray[np.floating[Any]] | None = None) -> NDArray[np.bool_]:
    """Which voxels of the grid have their centre inside the volume's field of view."""
    carry = np.eye(4) if to_volume is None else to_volume
    step = np.linalg.inv(volume.affine) @ carry @ grid.affine
    inside = np.ones(grid.shape, dtype=bool)
    index = np.ogrid[tuple(slice(0, n) for n in grid.shape)]
    for axis in range(3):
        place = sum(step[axis, other] * index[other] for other in range(3)) + step[axis, 3]
        inside &= (place >= -0.5) & (place <= volume.shape[axis] - 0.5)
    return inside


def average_into(fine: Volume, grid: Grid, *, samples: int = 3) -> Volume:
    """Mean of a fine map within each voxel of a coarser grid: how a probability drawn at 1 mm returns to thick slices.

    Each native voxel is sampled `samples` times along every axis on which it is coarser than the fine map.
    """
    reach = np.abs(np.linalg.inv(fine.affine)[:3, :3] @ grid.affine[:3, :3]).max(axis=0)
    counts = [samples if step > 1.2 else 1 for step in reach]
    total = np.zeros(grid.shape, dtype=np.float32)
    offsets = [(np.arange(count) + 0.5) / count - 0.5 for count in counts]
    for shift in np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1).reshape(-1, 3):
        moved = grid.affine.copy()
        moved[:3, 3] += grid.affine[:3, :3] @ shift
        total += resample(fine, Grid(grid.shape, moved)).voxels
    return Volume(total / np.float32(np.prod(counts)), grid.affine)


def extend(grid: Grid, others: list[Grid], limit_voxels: int = 60_000_000) -> Grid:
    """The grid's own lattice, enlarged to hold the fields of view of the others as well.

    Where that would need more than limit_voxels the grid stays as it is.
    """
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    low, high = np.zeros(3), np.array(grid.shape, dtype=np.float64) - 1
    for other in others:
        points = mm_to_voxel(grid, voxel_to_mm(other, corners * (np.array(other.shape) - 1)))
        low, high = np.minimum(low, points.min(axis=0)), np.maximum(high, points.max(axis=0))
    first = np.floor(low + 1e-3).astype(int)
    shape = np.ceil(high - 1e-3).astype(int) - first + 1
    if int(np.prod(shape)) > limit_voxels:
        return grid
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, first)
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def isotropic(grid: Grid, spacing_mm: float) -> Grid:
    """A grid over the same field of view with equal spacing, axes to the right, the front and the head."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    points = voxel_to_mm(grid, corners * np.array(grid.shape) - 0.5)
    low, high = points.min(axis=0), points.max(axis=0)
    shape = np.maximum(np.ceil((high - low) / spacing_mm - 1e-6).astype(int), 1)
    affine = np.diag([spacing_mm, spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = low + spacing_mm / 2
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)
