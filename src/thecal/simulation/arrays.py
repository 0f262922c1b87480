"""One arithmetic for arrays of NumPy and of torch, on whatever device they lie: what the two libraries name alike.

torch is never imported here: whoever hands a tensor in has loaded it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

# An NDArray, or a tensor of torch on any device.
Array = Any


def namespace_of(array: Array) -> Any:
    """The library that an array belongs to."""
    return np if isinstance(array, np.ndarray) else sys.modules[type(array).__module__.partition(".")[0]]


def transforms_of(array: Array) -> Any:
    """Fourier transforms for an array; their sizes and axes are to be given by place, since names differ."""
    return fft if isinstance(array, np.ndarray) else namespace_of(array).fft


def like(values: NDArray[Any], array: Array) -> Array:
    """Values as an array of the same library on the same device as another."""
    return namespace_of(array).asarray(values, device=array.device)


def look_up(table: Array, codes: Array) -> Array:
    """What a table holds for each code; torch would take bytes for a mask."""
    return table[codes] if isinstance(table, np.ndarray) else table[codes.long()]


def whole(values: Array) -> Array:
    """Numbers of 0 and more, cut to whole ones."""
    return values.astype(np.int32) if isinstance(values, np.ndarray) else values.int()


def along(matrix: NDArray[np.float32], image: Array, axis: int) -> Array:
    """A matrix applied along one axis of an image."""
    xp = namespace_of(image)
    return xp.moveaxis(xp.tensordot(like(matrix, image), image, ([1], [axis])), 0, axis)


def interpolate(places: NDArray[Any], count: int) -> NDArray[np.float32]:
    """The matrix that interpolates linearly between count values at these places; beyond the ends the last value holds."""
    distance = np.abs(np.clip(places, 0, count - 1)[:, None] - np.arange(count))
    return np.asarray(np.maximum(1 - distance, 0), dtype=np.float32)


def spread(lattice: NDArray[np.float32], image: Array) -> Array:
    """A coarse lattice of three axes interpolated to an image's voxels."""
    wide = like(lattice, image)
    for axis, (knots, count) in enumerate(zip(lattice.shape, image.shape, strict=True)):
        wide = along(interpolate(np.linspace(0, knots - 1, count), knots), wide, axis)
    return wide
