"""A series seen as the spine's anatomy has it: axes to the right, the front and the head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from thecal.records import Grid, Volume
from thecal.records.geometry import from_ras, to_ras, transform_points

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# The centreline is searched on a coarse grid: finer than half the cord's width, coarse enough for seconds.
SEARCH_PLANE_MM = 1.6
SEARCH_STEP_MM = 3.0
SMALLEST_FIELD_MM = 18.0


@dataclass(frozen=True, eq=False)
class Frame:
    """An image with axes x (right), y (front), z (head), measured in mm from the centre of its first voxel.

    For an oblique series the axes are the voxel axes nearest to the body's, so nothing is resampled on the way in or out.
    A part of a frame is a frame of its own; origin says where it begins in the whole (x and y index), whole how large that is.
    """

    voxels: Image
    spacing: Floats
    affine: Floats
    native: Grid
    whole: tuple[int, int, int]
    origin: tuple[int, int] = (0, 0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along x, y, z."""
        x, y, z = self.voxels.shape
        return x, y, z

    @property
    def grid(self) -> Grid:
        """The grid of the frame's voxels."""
        return Grid(self.shape, self.affine)

    def to_world(self, points: ArrayLike) -> Floats:
        """RAS mm of frame mm (…, 3)."""
        return transform_points(self.affine, np.asarray(points, dtype=np.float64) / self.spacing)

    def from_world(self, points: ArrayLike) -> Floats:
        """Frame mm of RAS mm (…, 3)."""
        return transform_points(np.asarray(np.linalg.inv(self.affine)), points) * self.spacing

    def back(self, array: NDArray[Any]) -> Volume:
        """An array on this frame's voxels as a volume on the series' own grid, 0 where the frame does not reach."""
        full = np.zeros(self.whole, dtype=array.dtype)
        i, j = self.origin
        full[i : i + self.shape[0], j : j + self.shape[1]] = array
        turned = from_ras(Volume(full, self.affine), self.native)
        return Volume(np.ascontiguousarray(turned.voxels), self.native.affine)

    def here(self, array: NDArray[Any]) -> Volume:
        """An array on this frame's voxels as a volume of its own, in the series' RAS mm."""
        return Volume(array, self.affine)

    def near(self, x: Floats, y: Floats, margin_mm: float) -> Frame:
        """The part of the frame within a margin of points x, y (frame mm), over its full height."""
        parts = []
        for places, step, count in zip((x, y), self.spacing, self.shape, strict=False):
            low = int(np.clip(np.floor((places.min() - margin_mm) / step), 0, count - 1))
            high = int(np.clip(np.ceil((places.max() + margin_mm) / step) + 1, low + 1, count))
            parts.append(slice(low, high))
        shift = np.eye(4)
        shift[:2, 3] = parts[0].start, parts[1].start
        voxels = np.ascontiguousarray(self.voxels[parts[0], parts[1]])
        origin = (self.origin[0] + parts[0].start, self.origin[1] + parts[1].start)
        return replace(self, voxels=voxels, affine=self.affine @ shift, origin=origin)

    def offset_to(self, part: Frame) -> Floats:
        """Where a part of this frame begins, x and y in frame mm."""
        index = np.array(part.origin, dtype=np.float64) - np.array(self.origin)
        return np.asarray(index * self.spacing[:2])

    def extent_mm(self) -> Floats:
        """Size of the field of view along x, y, z."""
        return np.asarray(self.spacing * np.array(self.voxels.shape), dtype=np.float64)


def frame_of(volume: Volume) -> Frame:
    """The frame of a series' volume; intensities as float32."""
    turned = to_ras(volume)
    voxels = np.ascontiguousarray(turned.voxels, dtype=np.float32)
    return Frame(voxels, turned.spacing_mm, np.asarray(turned.affine), volume.grid, turned.shape)


def flaw_of(frame: Frame) -> str:
    """Why nothing can be drawn on an image at all; empty when something can."""
    extent = frame.extent_mm()
    if min(extent[0], extent[1]) < SMALLEST_FIELD_MM:
        return f"the field is only {min(extent[0], extent[1]):.0f} mm wide; the canal needs {SMALLEST_FIELD_MM:.0f} mm"
    low, high = np.percentile(frame.voxels[:: 1 + frame.voxels.shape[0] // 64], (2, 98))
    if not np.isfinite(high) or high - low <= 1e-6 * max(abs(float(high)), 1e-12):
        return "the image is constant"
    return ""


def smoothed(frame: Frame) -> Image:
    """The image with noise tamed a little where voxels are small, for reading edges."""
    plane = [0.4 / s if s < 1.5 else 0.0 for s in frame.spacing[:2]]
    along = 1.0 / frame.spacing[2] if frame.spacing[2] < 1.5 else 0.0
    sigma = (*plane, along)
    return ndimage.gaussian_filter(frame.voxels, sigma) if any(sigma) else frame.voxels


def softened(image: Image, ratio: Floats) -> Image:
    """The image without detail finer than the steps it is to be sampled at, which are ratio of its voxels along each axis."""
    sigma = [0.5 * float(np.sqrt(r * r - 1)) if r > 1 else 0.0 for r in ratio]
    return np.asarray(ndimage.gaussian_filter(image, sigma)) if any(sigma) else image


def coarse(frame: Frame) -> tuple[Image, float, float]:
    """The image on the search grid, axes z, y, x; the step between its slices and the spacing in its planes, in mm.

    Slices thicker than the step are kept as they are. Corner voxels stay in place.
    """
    step = float(max(SEARCH_STEP_MM, frame.spacing[2]))
    target = np.array([SEARCH_PLANE_MM, SEARCH_PLANE_MM, step])
    ratio = target / frame.spacing
    image = softened(frame.voxels, ratio)
    shape = [max(1, int((n - 1) / r + 1e-6) + 1) for n, r in zip(frame.voxels.shape, ratio, strict=True)]
    out = ndimage.affine_transform(image, ratio, output_shape=shape, order=1, mode="nearest")
    return np.ascontiguousarray(out.transpose(2, 1, 0)), step, SEARCH_PLANE_MM
