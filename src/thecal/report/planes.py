"""Pictures of a plane through a series: sampled in millimetres, oriented as a radiologist reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thecal.records import Series, Volume
from thecal.records.geometry import mm_to_voxel, slice_axis_of, voxel_to_mm

View: TypeAlias = Literal["sagittal", "axial"]
Vector: TypeAlias = NDArray[np.float64]
Picture: TypeAlias = NDArray[np.float32]

# Directions, in RAS, of a picture's right and downward edge: sagittal with the front left, axial with the patient's right left.
_EDGES: Mapping[View, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "sagittal": ((0, -1, 0), (0, 0, -1)),
    "axial": ((-1, 0, 0), (0, -1, 0)),
}
_LETTERS = (("R", "L"), ("A", "P"), ("H", "F"))


@dataclass(frozen=True, eq=False)
class Frame:
    """A rectangle in the patient: its centre in mm, the directions of its right and downward edges, its size and pixel in mm."""

    centre: Vector
    right: Vector
    down: Vector
    width_mm: float
    height_mm: float
    pixel_mm: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return max(8, round(self.width_mm / self.pixel_mm)), max(8, round(self.height_mm / self.pixel_mm))

    def voxels(self, to_voxel: NDArray[np.float64]) -> Vector:
        """Where the pixels' centres fall in a volume's array, (3, height, width); to_voxel carries mm to voxels.

        Pixels lie evenly, so their places are sums of two edges: a product for each pixel would cost a hundred times more.
        """
        width, height = self.size
        across = (np.arange(width) - (width - 1) / 2) * self.pixel_mm
        along = (np.arange(height) - (height - 1) / 2) * self.pixel_mm
        turn = to_voxel[:3, :3]
        start = turn @ self.centre + to_voxel[:3, 3]
        right, down = turn @ self.right, turn @ self.down
        return np.asarray(start[:, None, None] + right[:, None, None] * across + down[:, None, None] * along[:, None])

    def pixel_of(self, point: ArrayLike) -> tuple[float, float]:
        """Where a point in mm falls in the picture, x to the right and y down."""
        width, height = self.size
        away = np.asarray(point, dtype=np.float64) - self.centre
        return (
            float(away @ self.right) / self.pixel_mm + (width - 1) / 2,
            float(away @ self.down) / self.pixel_mm + (height - 1) / 2,
        )

    def letters(self) -> tuple[str, str, str, str]:
        """What lies to the left, right, top and bottom: A, P, R, L, H or F."""
        return (_letter(-self.right), _letter(self.right), _letter(-self.down), _letter(self.down))


def frame_through(series: Series, point: ArrayLike, view: View, reach_mm: tuple[float, float], pixels: int) -> Frame:
    """The frame of a series' own slice through a point where the series was acquired in that view, else a straight cut.

    reach_mm bounds width and height; the frame stays within the field of view. The longer side has that many pixels.
    """
    assert series.volume is not None
    volume = series.volume
    middle = np.asarray(point, dtype=np.float64)
    right, down = (np.array(edge, dtype=np.float64) for edge in _EDGES[view])
    if series.plane == view:
        axis = slice_axis_of(volume.grid) if series.slice_axis is None else series.slice_axis
        axis = int(np.argmin(volume.shape)) if axis is None else axis
        index = mm_to_voxel(volume, middle)
        index[axis] = np.clip(np.round(index[axis]), 0, volume.shape[axis] - 1)
        middle = voxel_to_mm(volume, index)
        right, down = (_edge(volume, wanted, axis) for wanted in (right, down))
    middle, width, height = _within(volume, middle, right, down, reach_mm)
    return Frame(middle, right, down, width, height, max(width, height) / pixels)


def cut(
    volume: Volume,
    frame: Frame,
    to_volume: NDArray[np.float64] | None = None,
    *,
    order: int = 1,
    codes: Sequence[int] | None = None,
) -> Picture:
    """The picture of a volume in a frame; to_volume carries the frame's mm into the volume's. Outside stands 0.

    With codes the volume is a label map, and the picture says how far each pixel lies in those labels, 0 to 1.
    """
    from scipy import ndimage

    from_mm = np.linalg.inv(volume.affine)
    to_voxel = from_mm if to_volume is None else from_mm @ to_volume
    index = frame.voxels(np.asarray(to_voxel, dtype=np.float64))
    corners = index[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    low = np.maximum(np.floor(corners.min(axis=1)).astype(int) - 1, 0)
    high = np.ceil(corners.max(axis=1)).astype(int) + 2
    part = volume.voxels[tuple(slice(a, max(b, a + 1)) for a, b in zip(low, high, strict=True))]
    if 0 in part.shape:
        return np.zeros(index.shape[1:], dtype=np.float32)
    values = part if codes is None else np.isin(part, codes)
    if not values.any():
        return np.zeros(index.shape[1:], dtype=np.float32)
    shifted = index - low[:, None, None]
    picture: Picture = ndimage.map_coordinates(values.astype(np.float32), shifted, order=order, cval=0.0)
    return picture


def shows(series: Series, point: ArrayLike) -> bool:
    """Whether a point in the series' mm lies within its field of view."""
    if series.volume is None:
        return False
    index = mm_to_voxel(series.volume, point)
    return bool(np.all(index >= -0.5) and np.all(index <= np.array(series.volume.shape) - 0.5))


def _edge(volume: Volume, wanted: Vector, slice_axis: int) -> Vector:
    """The direction of the in-plane voxel axis nearest to the wanted one, signed towards it."""
    cosines = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    likeness = wanted @ cosines
    likeness[slice_axis] = 0
    axis = int(np.argmax(np.abs(likeness)))
    return np.asarray(cosines[:, axis] * np.sign(likeness[axis] or 1.0))


def _within(
    volume: Volume, middle: Vector, right: Vector, down: Vector, reach_mm: tuple[float, float]
) -> tuple[Vector, float, float]:
    """A frame of at most reach_mm around the middle, moved and cut so that it lies in the field of view."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T * (np.array(volume.shape) - 1)
    away = voxel_to_mm(volume, corners) - middle
    centre, sizes = middle.copy(), []
    for edge, reach in ((right, reach_mm[0]), (down, reach_mm[1])):
        low, high = float((away @ edge).min()), float((away @ edge).max())
        size = min(reach, high - low)
        shift = float(np.clip(0.0, low + size / 2, high - size / 2))
        centre = centre + shift * edge
        sizes.append(max(size, 1.0))
    return centre, sizes[0], sizes[1]


def _letter(direction: Vector) -> str:
    axis = int(np.argmax(np.abs(direction)))
    return _LETTERS[axis][0 if direction[axis] > 0 else 1]
