"""What a scanner makes of a crop: slices, blur, coil shading, noise, ghosts, a field of view that ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.spine import Law

F = NDArray[np.float32]


@dataclass(frozen=True)
class Slices:
    """Native voxel sizes along the crop's axes, in crop voxels, and the field of view as first and last voxel per axis."""

    size: tuple[float, float, float]
    gap: tuple[float, float, float]
    field: tuple[tuple[int, int], ...]


def draw_slices(rng: np.random.Generator, shape: tuple[int, int, int], spacing: float) -> Slices:
    """A third near-isotropic, a third sagittal, a third axial; the field cut in some."""
    kind = rng.choice(["volume", "sagittal", "axial", "coronal"], p=[0.33, 0.33, 0.31, 0.03])
    plane = float(rng.uniform(0.5, 1.2))
    size, gap = [plane] * 3, [0.0] * 3
    axis = {"sagittal": 0, "coronal": 1, "axial": 2}.get(str(kind))
    if axis is not None:
        thick = rng.uniform(2, 5) if axis != 2 else (rng.uniform(2, 9) if rng.random() < 0.88 else rng.uniform(9, 18))
        size[axis] = float(thick)
        gap[axis] = float(thick * rng.choice([0, 0.1, 0.2, 0.5], p=[0.4, 0.3, 0.2, 0.1]))
    else:
        size = [float(rng.uniform(0.6, 1.3)) for _ in range(3)] if rng.random() < 0.5 else size
        if rng.random() < 0.25:
            size[2] = float(rng.uniform(1, 2.5))
    field = []
    for n, ax in zip(shape, range(3), strict=True):
        chance = 0.45 if ax == axis else 0.2
        first, last = 0, n
        if rng.random() < chance:
            first = int(rng.integers(0, n // 4))
        if rng.random() < chance:
            last = n - int(rng.integers(0, n // 4))
        field.append((first, last))
    x, y, z = (max(mm / spacing, 0.5 if k == axis else 1.0) for k, mm in enumerate(size))
    return Slices((x, y, z), (gap[0] / spacing, gap[1] / spacing, gap[2] / spacing), tuple(field))


def _matrices(rng: np.random.Generator, n: int, size: float, gap: float, bounds: tuple[int, int]) -> tuple[F, F]:
    """Averaging of n voxels into native ones, and their linear interpolation back to n."""
    step = size + gap
    first = bounds[0] - 0.5 + size / 2 + (rng.uniform(0, 1) * min(step, 4) if step > 1 else 0)
    centres = np.arange(first, bounds[1] - 0.5 - size / 2 + 1e-6, step)
    if len(centres) < 2:
        centres = np.array([first, first + step])
    voxel = np.arange(n)
    cover = np.clip(
        np.minimum(voxel[None] + 0.5, centres[:, None] + size / 2)
        - np.maximum(voxel[None] - 0.5, centres[:, None] - size / 2),
        0,
        1,
    )
    cover /= np.maximum(cover.sum(axis=1, keepdims=True), 1e-6)
    position = np.clip((voxel - centres[0]) / step, 0, len(centres) - 1)
    low = np.minimum(position.astype(int), len(centres) - 2)
    weight = position - low
    back = np.zeros((n, len(centres)))
    back[voxel, low] += 1 - weight
    back[voxel, low + 1] += weight
    return cover.astype(np.float32), back.astype(np.float32)


def along(matrix: F, image: F, axis: int) -> F:
    """A matrix applied along one axis of an image."""
    return np.asarray(np.moveaxis(np.tensordot(matrix, image, axes=(1, axis)), 0, axis), np.float32)


def acquire(rng: np.random.Generator, law: Law, image: F, slices: Slices) -> tuple[F, NDArray[np.bool_]]:
    """The image as acquired and interpolated back to the crop, normalised, and where it lies in the field of view."""
    pairs = [_matrices(rng, n, size, gap, bounds) for n, size, gap, bounds in
             zip(image.shape, slices.size, slices.gap, slices.field, strict=True)]  # fmt: skip
    image = image * _shading(rng, image.shape)
    for axis in np.argsort([-s for s in slices.size]):
        image = along(pairs[axis][0], image, int(axis))
    if rng.random() < 0.3:
        image = _blur(image, float(rng.uniform(0.2, 0.6)))
    image = _ghost(rng, image) if rng.random() < 0.2 else image
    image = _noisy(rng, law, image)
    for axis in np.argsort(slices.size):
        image = along(pairs[axis][1], image, int(axis))
    inside = np.zeros(image.shape, bool)
    inside[tuple(slice(a, b) for a, b in slices.field)] = True
    return normalise(_toned(rng, image), inside), inside


def _shading(rng: np.random.Generator, shape: tuple[int, ...]) -> F:
    strength = rng.uniform(0, 0.5)
    out = np.ones((1, 1, 1), np.float32)
    for axis, n in enumerate(shape):
        x = np.linspace(-1, 1, n)
        wave = rng.normal(0, strength) * x + rng.normal(0, strength / 2) * x**2
        view = [1, 1, 1]
        view[axis] = n
        out = out * np.exp(wave).astype(np.float32).reshape(view)
    return out


def _blur(image: F, width: float) -> F:
    """A three-point blur in the two finest axes."""
    for axis in sorted(range(3), key=lambda k: -image.shape[k])[:2]:
        near = np.pad(image, [(1, 1) if k == axis else (0, 0) for k in range(3)], mode="edge")
        n = image.shape[axis]
        sides = np.take(near, range(n), axis) + np.take(near, range(2, n + 2), axis)
        image = (1 - width) * image + width / 2 * sides
    return image


def _ghost(rng: np.random.Generator, image: F) -> F:
    axis = int(rng.integers(0, 3))
    shift = int(rng.integers(2, max(3, image.shape[axis] // 2)))
    return np.asarray(image + rng.uniform(0.02, 0.12) * np.roll(image, shift, axis), np.float32)


def _noisy(rng: np.random.Generator, law: Law, image: F) -> F:
    top = float(np.percentile(image[::2, ::2, ::2], 95)) + 1e-6
    amount = top * float(rng.uniform(0, 1) ** 2 * 0.12)
    first = rng.standard_normal(image.shape, dtype=np.float32) * amount
    if law.noise == "correlated":
        return _blur(first, 0.5) * 1.4 + image
    second = rng.standard_normal(image.shape, dtype=np.float32) * amount
    return np.asarray(np.sqrt((image + first) ** 2 + second**2), np.float32)


def _toned(rng: np.random.Generator, image: F) -> F:
    top = float(image.max()) + 1e-6
    return np.asarray(top * (np.clip(image, 0, None) / top) ** float(np.exp(rng.normal(0, 0.25))), np.float32)


def normalise(image: F, inside: NDArray[Any]) -> F:
    """Brightness within the field to mean 0 and spread 1, its brightest thousandth cut off; 0 outside the field."""
    values = image[inside]
    low, high = np.percentile(values[:: max(1, len(values) // 20000)], (0.2, 99.7))
    clipped = np.clip(image, low, high)
    kept = clipped[inside]
    return np.where(inside, (clipped - kept.mean()) / (kept.std() + 1e-6), 0).astype(np.float32)
