"""What spoils an MR image: the patient moves, swallows, breathes; CSF pulses; fat shifts; what lies outside folds in; metal.

Every artefact is a number that 0 switches off. Arrays run over (i, j, slice); phase is the axis (0 or 1) of phase encoding.
Fat shift, blooming, pulsation, swallowing and motion take arrays of NumPy and of torch; metal and what folds in, those of NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from thecal.simulation.arrays import Array, like, namespace_of, transforms_of

Image = NDArray[np.float32]
# Fat precesses slower than water by so much. Source: hood_1999
FAT_SHIFT_PPM = 3.5
LARMOR_HZ_PER_T = 42.577e6
# Studies with significant motion: 7.5 % of out-patients', 29.4 % of others'. Source: andre_2015
MOTION_RATE = 0.12
# Reach of blooming in mm, and its strength per second and tesla; judged.
BLOOM_MM, BLOOM = 1.0, 160.0


@dataclass(frozen=True)
class Artefacts:
    """How strong each artefact of a study is; one that is 0 does not occur.

    motion_mm how far the patient moves during a series, moved_mm between series; swallowing, pulsation, breathing as shares of
    the signal that moves; bandwidth_hz a pixel's (0: no chemical shift); wrap the share of what lies outside that folds in;
    metal how far its field reaches (1: titanium, spin echo); ringing how abruptly k-space ends (1: at once); bias how uneven
    the coil is (1: as usual); gaps whether slices keep their distance (0: they touch).
    """

    motion_mm: float = 0.0
    moved_mm: float = 0.0
    swallowing: float = 0.0
    pulsation: float = 0.0
    breathing: float = 0.0
    bandwidth_hz: float = 0.0
    wrap: float = 0.0
    metal: float = 0.0
    ringing: float = 0.0
    bias: float = 0.0
    gaps: float = 1.0

    def without(self, *names: str) -> Artefacts:
        """The same but for these, which are switched off."""
        return replace(self, **dict.fromkeys(names, 0.0))


NONE = Artefacts()
NAMES = tuple(field.name for field in fields(Artefacts))


def draw_artefacts(rng: np.random.Generator) -> Artefacts:
    """What happens in an ordinary study; motion at its published rate, the others judged."""

    def sometimes(rate: float, low: float, high: float) -> float:
        happens, size = rng.random() < rate, float(rng.uniform(low, high))
        return size if happens else 0.0

    return Artefacts(
        motion_mm=sometimes(MOTION_RATE, 0.5, 2.5), moved_mm=sometimes(0.25, 0.2, 1.2), swallowing=sometimes(0.3, 0.05, 0.3),
        pulsation=sometimes(0.5, 0.03, 0.15), breathing=sometimes(0.4, 0.03, 0.15), bandwidth_hz=float(rng.uniform(130, 400)),
        wrap=sometimes(0.05, 0.15, 0.5), metal=float(rng.uniform(0.7, 1.6)), ringing=float(rng.uniform(0.0, 0.9)),
        bias=float(rng.uniform(0.6, 1.4)),
    )  # fmt: skip


def shift_fat(fat: Array, axis: int, bandwidth_hz: float, field_t: float) -> Array:
    """The fat's image displaced along the read direction by its frequency over the bandwidth of a pixel."""
    if bandwidth_hz <= 0:
        return fat
    pixels = FAT_SHIFT_PPM * 1e-6 * LARMOR_HZ_PER_T * field_t / bandwidth_hz
    whole, part = int(np.floor(pixels)), np.float32(pixels % 1)
    roll = namespace_of(fat).roll
    return (1 - part) * roll(fat, whole, axis) + part * roll(fat, whole + 1, axis)


def pulse(image: Array, part: Array, axis: int, share: float, rng: np.random.Generator) -> Array:
    """Ghosts of a part whose signal comes and goes regularly while phase is encoded: copies at even distances."""
    count = image.shape[axis]
    per_line = float(rng.uniform(0.06, 0.45))
    wave = share * np.cos(2 * np.pi * per_line * np.arange(count) + rng.uniform(0, 2 * np.pi))
    return _modulated(image, part, axis, wave)


def gulp(image: Array, part: Array, axis: int, share: float, rng: np.random.Generator) -> Array:
    """Streaks from a part that jumps now and then while phase is encoded."""
    count = image.shape[axis]
    jumps = np.zeros(count)
    for _ in range(int(rng.integers(2, 6))):
        start = int(rng.integers(0, count))
        jumps[start : start + int(rng.integers(2, max(count // 16, 3)))] += rng.normal(0, 4 * share)
    return _modulated(image, part, axis, jumps + share * 0.5 * rng.standard_normal(count))


def _modulated(image: Array, part: Array, axis: int, wave: NDArray[np.floating[Any]]) -> Array:
    """The image whose part is weighted by 1 + wave along k-space, its lines in the order of fftfreq."""
    shape = [1, 1, 1]
    shape[axis] = len(wave)
    transforms = transforms_of(part)
    lines = transforms.fft(part, None, axis) * like(wave.astype(np.float32).reshape(shape), part)
    return namespace_of(image).abs(image + transforms.ifft(lines, None, axis))


def move(image: Array, phase: int, distance_px: float, rng: np.random.Generator) -> Array:
    """A patient who shifts while phase is encoded: lines acquired after a shift carry another phase."""
    count, read = image.shape[phase], 1 - phase
    order = fft.fftshift(np.arange(count))
    path = np.zeros((2, count))
    for _ in range(int(rng.integers(1, 4))):
        start = int(rng.uniform(0.1, 0.95) * count)
        path[:, order[start:]] += rng.normal(0, distance_px / 1.7, (2, 1))
    path += 0.15 * distance_px * np.cumsum(rng.standard_normal((2, count)), axis=1) / np.sqrt(count)
    along, across = fft.fftfreq(count), fft.fftfreq(image.shape[read])
    turn = np.exp(-2j * np.pi * (along * path[0])[:, None] - 2j * np.pi * path[1][:, None] * across[None, :])
    turn = turn.astype(np.complex64)[:, :, None]
    if phase == 1:
        turn = np.swapaxes(turn, 0, 1)
    transforms = transforms_of(image)
    lines = transforms.fft2(image, None, (0, 1)) * like(turn, image)
    return namespace_of(image).abs(transforms.ifft2(lines, None, (0, 1)))


def bloom(image: Array, share: Array, spacing_mm: tuple[float, float], echo_s: float, field_t: float) -> Array:
    """Gradient echo: signal is lost not in blood and chalk alone but around them, the more the later the echo.

    share is how much of each voxel disturbs the field; it reaches BLOOM_MM beyond, in plane.
    """
    roll, cloud = namespace_of(image).roll, share
    for axis, spacing in enumerate(spacing_mm):
        # Each pass widens by half a squared voxel.
        for _ in range(max(round(2 * (BLOOM_MM / spacing) ** 2), 1)):
            cloud = 0.5 * cloud + 0.25 * (roll(cloud, 1, axis) + roll(cloud, -1, axis))
    return image * namespace_of(image).exp(-BLOOM * echo_s * field_t * cloud)


def distort(image: Image, metal: Image, read: int, spacing_mm: tuple[float, float, float], strength: float) -> Image:
    """Around metal signal is lost, and beside that displaced along the read direction, piled up and thinned out.

    metal is the share of each voxel that is metal; strength 1 is titanium under spin echo, gradient echo about 3.
    """
    if strength <= 0 or not metal.any():
        return image
    widths = [3.0 * (0.7 + 0.3 * strength) / spacing for spacing in spacing_mm]
    cloud = ndimage.gaussian_filter(metal, widths)
    cloud *= np.float32(strength / max(float(cloud.max()), 1e-6))
    steep = np.gradient(cloud, axis=read)
    place = [np.arange(count, dtype=np.float32).reshape([-1 if axis == own else 1 for own in range(3)])
             for axis, count in enumerate(image.shape)]  # fmt: skip
    slices = np.flatnonzero(cloud.max(axis=(0, 1)) > 0.02)
    bent = image.copy()
    reach = np.float32(4.0 / spacing_mm[read])
    for k in slices:
        at = [np.broadcast_to(place[axis][:, :, 0], image.shape[:2]) for axis in range(2)]
        at[read] = at[read] - reach * cloud[:, :, k]
        piled = np.clip(1 + reach * steep[:, :, k], 0.3, 3.0)
        bent[:, :, k] = ndimage.map_coordinates(image[:, :, k], at, order=1, mode="nearest") * piled
    return np.asarray(bent * (1 - 1 / (1 + np.exp(-(cloud - 0.28) / 0.05))), dtype=np.float32)


def fold(image: Image, margin: tuple[int, int], share: float) -> Image:
    """Cuts the margin (voxels on both sides of axes 0 and 1) off and lays a share of it over the other side."""
    for axis, pad in enumerate(margin):
        if pad:
            low, middle, high = np.split(image, [pad, image.shape[axis] - pad], axis)
            image = middle.copy()
            tail: list[slice] = [slice(None)] * 3
            head: list[slice] = [slice(None)] * 3
            tail[axis], head[axis] = slice(-pad, None), slice(0, pad)
            image[tuple(tail)] += np.float32(share) * low
            image[tuple(head)] += np.float32(share) * high
    return image
