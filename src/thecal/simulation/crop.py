"""A crop of one anatomy, imaged as often as wanted: any sequence, slices, coil, artefacts and noise, on NumPy or on torch.

What is drawn is drawn in NumPy and small (Take); what is done to voxels is written once for arrays of either library and happens
where the tissues lie. Crops run right, front, up; their voxels are cubes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thecal.records import Role
from thecal.simulation.arrays import Array, along, interpolate, like, look_up, namespace_of, spread, whole
from thecal.simulation.artefacts import Artefacts, bloom, draw_artefacts, move, pulse, shift_fat
from thecal.simulation.physics import Palette, Sequence
from thecal.simulation.scanner import RESOLUTION, edge_of, magnitude, mix, weigh

Matrix = NDArray[np.float32]
Shape = tuple[int, int, int]
ROLES: tuple[Role, ...] = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw", "dwi")
# What pulsates with the heart.
FLOWING = ("csf", "csf_flow", "blood", "slow_blood")
# Axis across slices (none: a volume), how often, and how thick they are, in mm; judged, as wide as scanners of the world are set.
PLANES: tuple[tuple[int | None, float, tuple[float, float]], ...] = (
    (None, 0.33, (0.6, 1.3)), (0, 0.33, (2.0, 5.0)), (2, 0.31, (2.0, 9.0)), (1, 0.03, (2.0, 5.0)),
)  # fmt: skip
IN_PLANE_MM, GAPS = (0.5, 1.2), (0.0, 0.1, 0.2, 0.5)
# How often the field of view ends within the crop at either end of an axis, and how far in at most.
FIELD_ENDS, FIELD_LOSS = 0.2, 0.25


def sample(cells: Array, to_cells: NDArray[np.float64], shape: Shape, offsets: NDArray[np.float64]) -> Array:
    """What a painted block (i, j, k) holds at so many places within every voxel of a crop: (n, *shape).

    to_cells (4 × 4) carries voxels of the crop to cells of the block; offsets (n, 3) are in voxels. Beyond the block its last
    cells go on.
    """
    xp = namespace_of(cells)
    layers = []
    for offset in offsets:
        flat = None
        for row, count in zip(to_cells, cells.shape, strict=False):
            parts = [row[axis] * (np.arange(length) + offset[axis]) for axis, length in enumerate(shape)]
            parts[0] = parts[0] + row[3] + 0.5
            x, y, z = (like(part.astype(np.float32), cells) for part in parts)
            index = xp.clip(whole(x[:, None, None] + y[:, None] + z), 0, count - 1)
            flat = index if flat is None else flat * count + index
        layers.append(look_up(cells.reshape(-1), flat))
    return xp.stack(layers)


@dataclass(frozen=True, eq=False)
class Slices:
    """How native voxels gather a crop's voxels, and how those are interpolated back: a matrix each for the two axes in plane and
    the one across slices, which is the crop's axis across. seen tells along the same three what the field of view holds.
    """

    across: int
    there: tuple[Matrix, Matrix, Matrix]
    back: tuple[Matrix, Matrix, Matrix]
    seen: tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]

    @property
    def native(self) -> Shape:
        """How many native voxels there are in plane and across."""
        i, j, k = (len(matrix) for matrix in self.there)
        return i, j, k


def draw_slices(rng: np.random.Generator, shape: Shape, spacing_mm: float, edge: float) -> Slices:
    """Slices of any plane and thickness; edge is how softly k-space ends, as a share of it."""
    number = int(rng.choice(len(PLANES), p=[share for _, share, _ in PLANES]))
    plane, _, bounds = PLANES[number]
    thick = float(rng.uniform(*bounds)) / spacing_mm
    gap = 0.0 if plane is None else thick * float(rng.choice(GAPS))
    fine = max(float(rng.uniform(*IN_PLANE_MM)) / spacing_mm, 1.0)
    across = 2 if plane is None else plane
    order = [axis for axis in range(3) if axis != across] + [across]
    there, back, seen = [], [], []
    for axis in order:
        count = shape[axis]
        size, away = (thick, gap) if axis == across else (fine, 0.0)
        first, last = _draw_field(rng, count)
        start = first - 0.5 + size / 2 + (float(rng.uniform(0, min(size + away, 4))) if size > 1 else 0.0)
        centres = np.arange(start, max(last + 0.5 - size / 2, start + size + away) + 1e-6, size + away)
        there.append(average(centres, count, size) if axis == across else cut_k_space(centres, count, size, edge))
        back.append(interpolate((np.arange(count) - centres[0]) / (size + away), len(centres)))
        seen.append((np.arange(count) >= first) & (np.arange(count) <= last))
    return Slices(across, tuple(there), tuple(back), tuple(seen))  # type: ignore[arg-type]


def _draw_field(rng: np.random.Generator, count: int) -> tuple[int, int]:
    first, last = (int(rng.uniform(0, FIELD_LOSS) * count) * (rng.random() < FIELD_ENDS) for _ in range(2))
    return first, count - 1 - last


def average(centres: NDArray[np.float64], count: int, size: float) -> Matrix:
    """Slices of a size at these places as averages of count voxels."""
    voxel = np.arange(count)
    upper = np.minimum(voxel + 0.5, centres[:, None] + size / 2)
    cover = np.maximum(upper - np.maximum(voxel - 0.5, centres[:, None] - size / 2), 0)
    return np.asarray(cover / np.maximum(cover.sum(axis=1, keepdims=True), 1e-6), dtype=np.float32)


def cut_k_space(centres: NDArray[np.float64], count: int, size: float, edge: float) -> Matrix:
    """Native voxels of a size at these places as a scanner with a k-space of RESOLUTION sees count voxels: blur and ringing.

    A window of k-space that falls linearly over edge is the overlap of two boxes, and two boxes are two sinc functions.
    """
    away = np.arange(count) - centres[:, None]
    blur = np.sinc(min(RESOLUTION / size, 1.0) * away) * np.sinc(edge / (2 * size) * away)
    return np.asarray(blur / blur.sum(axis=1, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Take:
    """How one image of a crop is taken: signals of water and fat by tissue, slices, and what the scanner and the patient add.

    phase is the axis in plane along which phase is encoded; coil a coarse lattice of sensitivity; noise the standard deviation
    against the brightest; flowing 1 for tissues that pulsate, disturbing what they do to the field; seed decides artefacts.
    """

    sequence: Sequence
    signals: NDArray[np.float32]
    field_t: float
    slices: Slices
    spoiled: Artefacts
    coil: NDArray[np.float32]
    noise: float
    phase: int
    flowing: NDArray[np.float32]
    disturbing: NDArray[np.float32]
    spacing_mm: float
    seed: int


def draw_takes(
    rng: np.random.Generator, palette: Palette, roles: tuple[Role, ...], shape: Shape, spacing_mm: float
) -> list[Take]:
    """One image for each role, all in the same slices of the same study; T1w before and after contrast share their timing."""
    spoiled = draw_artefacts(rng)
    slices = draw_slices(rng, shape, spacing_mm, edge_of(spoiled.ringing))
    flowing = np.zeros(len(palette.names), np.float32)
    flowing[palette.numbers(FLOWING)] = 1
    timings = draw_timings(rng, palette.field_t)
    noise = float(rng.uniform(0.005, 0.06))
    return [
        Take(timings[role], palette.split(timings[role]), palette.field_t, slices, spoiled, draw_coil(rng, spoiled.bias),
             noise * float(rng.uniform(0.7, 1.4)), int(rng.integers(2)), flowing, palette.disturbing(), spacing_mm,
             int(rng.integers(2**31)))
        for role in roles
    ]  # fmt: skip


def draw_timings(rng: np.random.Generator, field_t: float) -> dict[Role, Sequence]:
    """A sequence for every role, its times drawn as widely as scanners are set; judged."""
    between = rng.uniform
    before = Sequence(float(between(0.35, 0.9)), float(between(0.007, 0.022)))
    nulled = (0.222 if field_t == 3.0 else 0.18) * float(between(0.92, 1.08))
    stir = Sequence(float(between(2.5, 6.0)), float(between(0.025, 0.09)), nulled)
    bright = Sequence(float(between(1.5, 6.0)), float(between(0.06, 0.16)))
    diffusion = Sequence(float(between(2.5, 7.0)), float(between(0.05, 0.10)), b_value=float(between(300, 1100)))
    gradient = Sequence(
        float(between(0.1, 0.9)), float(between(0.008, 0.028)), None, float(between(10, 40)), refocused=False
    )
    return {
        "T1w": before, "T1w_ce": replace(before, contrast=True, fat_suppressed=bool(rng.random() < 0.4)), "T2w": bright,
        "T2w_fs": stir if rng.random() < 0.6 else replace(bright, fat_suppressed=True), "T2starw": gradient,
        "dwi": replace(diffusion, fat_suppressed=True),
    }  # fmt: skip


def draw_coil(rng: np.random.Generator, bias: float) -> NDArray[np.float32]:
    """Sensitivity over a crop: weaker to the front, uneven, and weaker towards an end of the coil."""
    lumps = 1 + 0.1 * bias * rng.standard_normal((4, 5, 5))
    depth = np.exp(-np.linspace(0, 128, 5) / float(rng.uniform(70, 280)) * bias)
    height = np.abs(np.linspace(float(rng.uniform(-1.0, -0.2)), float(rng.uniform(0.2, 1.0)), 5))
    ends = 1 - 0.35 * bias * height**6
    return np.asarray(np.clip(lumps, 0.3, None) * depth[:, None] * ends, dtype=np.float32)


Normal = Callable[[Shape], Array]


def roughen(white: Array) -> Array:
    """Unevenness within every tissue, about 1, from white noise of a crop's shape: the same in all images of an anatomy."""
    soft = white
    for axis, count in enumerate(white.shape):
        away = np.arange(count) - np.arange(count)[:, None]
        soft = along(np.exp(-((away / 1.4) ** 2) / 2).astype(np.float32), soft, axis)
    return namespace_of(white).clip(1 + 0.06 * soft / (soft * soft).mean() ** 0.5, 0.8, 1.2)


def expose(tissue: Array, take: Take, texture: Array, normal: Normal) -> Array:
    """An image of a crop whose tissues (n, *shape) are known, on their device, interpolated back from its slices to the crop.

    texture comes from roughen; normal gives white noise of a shape, twice for each image.
    """
    xp, slices, spoiled = namespace_of(tissue), take.slices, take.spoiled
    layers = xp.moveaxis(tissue, slices.across + 1, 3)
    water, fat = mix(layers, take.signals)
    image = water + shift_fat(fat, 1 - take.phase, spoiled.bandwidth_hz, take.field_t)
    image = image * xp.moveaxis(texture * spread(take.coil, texture), slices.across, 2)
    if not take.sequence.refocused:
        share, spacing = weigh(layers, take.disturbing), (take.spacing_mm, take.spacing_mm)
        image = bloom(image, share, spacing, take.sequence.echo_time_s, take.field_t)
    image = _spoil(image, layers[0], take)
    # What shrinks the image most comes first.
    for axis in (2, 0, 1):
        image = along(slices.there[axis], image, axis)
    image = xp.clip(image, 0, None)
    top = xp.quantile(image[::3, ::3].reshape(-1), 0.99)
    image = magnitude(image, take.noise * top, (normal(slices.native), normal(slices.native)))
    for axis in (0, 1, 2):
        image = along(slices.back[axis], image, axis)
    return xp.moveaxis(image, 2, slices.across)


def _spoil(image: Array, middle: Array, take: Take) -> Array:
    """What the patient does meanwhile: CSF and blood pulsate, and now and then he moves."""
    rng, spoiled = np.random.default_rng(take.seed), take.spoiled
    if spoiled.pulsation:
        flowing = look_up(like(take.flowing, image), middle)
        image = pulse(image, image * flowing, take.phase, spoiled.pulsation, rng)
    if spoiled.motion_mm:
        image = move(image, take.phase, spoiled.motion_mm, rng)
    return image


def see(slices: Slices, shape: Shape) -> NDArray[np.bool_]:
    """Where a crop lies within the field of view."""
    i, j, k = slices.seen
    inside = np.moveaxis(i[:, None, None] & j[:, None] & k, 2, slices.across)
    assert inside.shape == shape
    return inside
