"""A trained network run over an image piece by piece, so that memory does not grow with the image.

The network sees cubes of 64 voxels at 1 mm, or at 2 mm where it looks for the canal, each brought to mean 0 and spread 1 within
the field of view, as in training. Where cubes overlap, their probabilities are averaged, the middle of a cube counting most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.segmentation.frame import Floats, Image

SIDE = 64
STRIDE = 40
CORD, SAC, DISC = 1, 2, 4
# Probabilities (classes, x, y, z) of an image (x, y, z).
Net = Callable[[Image], Image]


@dataclass(frozen=True, eq=False)
class Fine:
    """An image on a cubic lattice along its own axes; affine takes its voxels to RAS mm."""

    voxels: Image
    affine: Floats


def on_lattice(voxels: Image, affine: Floats, spacing: Floats, step_mm: float) -> Fine:
    """The image with equal steps along its axes over the whole field, detail finer than a step averaged out."""
    ratio = step_mm / spacing
    sigma = [0.5 * float(np.sqrt(r * r - 1)) if r > 1 else 0.0 for r in ratio]
    image = ndimage.gaussian_filter(voxels, sigma) if any(sigma) else voxels
    shape = [max(1, round(n / r)) for n, r in zip(voxels.shape, ratio, strict=True)]
    # Voxel centres keep their distance from the field's first edge.
    offset = ratio / 2 - 0.5
    out = ndimage.affine_transform(image, ratio, offset, output_shape=shape, order=1, mode="nearest")
    carry = np.diag([*ratio, 1.0])
    carry[:3, 3] = offset
    return Fine(out.astype(np.float32, copy=False), affine @ carry)


def normalise(image: Image) -> Image:
    """Brightness brought to mean 0 and spread 1, its darkest and brightest few thousandths cut off."""
    values = image.ravel()
    low, high = np.percentile(values[:: max(1, values.size // 20000)], (0.2, 99.7))
    clipped = np.clip(image, low, high)
    return np.asarray((clipped - clipped.mean()) / (clipped.std() + 1e-6), dtype=np.float32)


def predict(net: Net, image: Image, corners: Sequence[tuple[int, int, int]], classes: Sequence[int]) -> Image:
    """Probability of some classes over an image from cubes at the given corners; 0 where no cube lies."""
    out = np.zeros((len(classes), *image.shape), dtype=np.float32)
    seen = np.zeros(image.shape, dtype=np.float32)
    for corner in corners:
        cube = tuple(slice(c, min(c + SIDE, n)) for c, n in zip(corner, image.shape, strict=True))
        part = image[cube]
        padded = np.zeros([-(-n // 8) * 8 for n in part.shape], dtype=np.float32)
        held = tuple(slice(0, n) for n in part.shape)
        padded[held] = normalise(part)
        taper = _taper(part.shape)
        out[(slice(None), *cube)] += net(padded)[list(classes)][(slice(None), *held)] * taper
        seen[cube] += taper
    out /= np.maximum(seen, 1e-9)
    return out


def _taper(shape: tuple[int, ...]) -> Image:
    """Weight of a cube's voxels: 1 in the middle, falling towards the faces."""
    out = np.ones((1, 1, 1), dtype=np.float32)
    for axis, n in enumerate(shape):
        away = np.minimum(np.arange(n) + 1, n - np.arange(n)) / max(n / 4, 1)
        view = [1, 1, 1]
        view[axis] = n
        out = out * np.clip(away, 0.05, 1).astype(np.float32).reshape(view)
    return out


def all_over(shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Corners of cubes that cover an image, overlapping evenly."""
    rows = [_starts(n) for n in shape]
    return [(i, j, k) for i in rows[0] for j in rows[1] for k in rows[2]]


def _starts(n: int) -> list[int]:
    last = max(n - SIDE, 0)
    return sorted({round(x) for x in np.linspace(0, last, 1 + -(-last // STRIDE))})


def along(canal: NDArray[np.bool_], ratio: float, shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Corners of cubes that follow a canal marked on a coarser lattice; ratio is the coarse step in voxels of the fine one.

    A slab whose canal is wider than a cube, in the bent spine, gets as many cubes as it takes.
    """
    places = (np.argwhere(canal) + 0.5) * ratio
    low, high = places[:, 2].min() - 8, places[:, 2].max() + 8
    count = max(1, int(np.ceil((high - low - SIDE) / STRIDE)) + 1)
    corners: set[tuple[int, int, int]] = set()
    for foot in np.linspace(low, max(high - SIDE, low), count):
        slab = places[(places[:, 2] >= foot) & (places[:, 2] < foot + SIDE)]
        if len(slab):
            corners.update(_around(slab, foot, shape))
    return sorted(corners)


def _around(slab: Floats, foot: float, shape: tuple[int, ...]) -> list[tuple[int, int, int]]:
    rows = []
    for axis in range(2):
        first, last = slab[:, axis].min(), slab[:, axis].max()
        count = max(1, int(np.ceil((last - first - (SIDE - 24)) / STRIDE)) + 1)
        middles = (
            [(first + last) / 2] if count == 1 else np.linspace(first + SIDE / 2 - 12, last - SIDE / 2 + 12, count)
        )
        rows.append([_held(middle - SIDE / 2, shape[axis]) for middle in middles])
    return [(i, j, _held(foot, shape[2])) for i in rows[0] for j in rows[1]]


def _held(start: float, n: int) -> int:
    return int(np.clip(round(start), 0, max(n - SIDE, 0)))
