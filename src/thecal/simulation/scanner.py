"""How the painted body becomes an image: the spine bent in the scanner, thick slices, signal, coil, resolution, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from thecal.records import Grid
from thecal.records.geometry import transform_points
from thecal.simulation import artefacts
from thecal.simulation.arrays import Array, like, look_up, namespace_of, spread
from thecal.simulation.artefacts import Artefacts
from thecal.simulation.canvas import CLEAR, Sheet
from thecal.simulation.spine import Spine

TABLE_MM = 2.0
KNOT = 5
# Share of k-space in plane that is acquired, as a share of the matrix.
RESOLUTION = 0.86


@dataclass(frozen=True, eq=False)
class Bend:
    """Where a point of the patient lies in the straightened spine: tables over y and z, TABLE_MM apart.

    to_body (4 × 4) carries scanner mm to the mm of the spine's curve. along, ahead and sideways hold s, v and the curve's x;
    slope how steeply the curve leaves for the side, twist how far the vertebrae are turned about it, in radians.
    """

    to_body: NDArray[np.float64]
    origin: tuple[float, float]
    along: NDArray[np.float32]
    ahead: NDArray[np.float32]
    sideways: NDArray[np.float32]
    slope: NDArray[np.float32]
    twist: NDArray[np.float32]

    def straighten(
        self, points: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """u, v, s of scanner points (3, …)."""
        turn, shift = self.to_body[:3, :3].astype(np.float32), self.to_body[:3, 3].astype(np.float32)
        x, y, z = (sum(turn[row, axis] * points[axis] for axis in range(3)) + shift[row] for row in range(3))
        place = np.stack([y - np.float32(self.origin[0]), z - np.float32(self.origin[1])]) / np.float32(TABLE_MM)
        s, v, bend, slope, twist = (
            ndimage.map_coordinates(table, place, order=1, mode="nearest")
            for table in (self.along, self.ahead, self.sideways, self.slope, self.twist)
        )
        u = x - bend
        # A curve to the side tilts the plane of each vertebra.
        s = s + slope * u
        cos, sin = np.cos(twist), np.sin(twist)
        return u * cos + v * sin, v * cos - u * sin, s


def bend_of(spine: Spine, centre_s: float, to_body: NDArray[np.float64], reach_mm: float) -> Bend:
    """Tables for the part of the spine within reach_mm of a place along the canal, which comes to lie at the origin."""
    curve = spine.curve()
    middle = np.array([np.interp(centre_s, spine.s, row) for row in curve])
    x, y, z = curve - middle[:, None]
    low = -reach_mm
    axis = np.arange(low, reach_mm + TABLE_MM, TABLE_MM)
    py, pz = np.meshgrid(axis, axis, indexing="ij")
    s = np.interp(pz, z, spine.s)
    for _ in range(8):
        here_y, here_z, lean = (np.interp(s, spine.s, row) for row in (y, z, spine.lean))
        s = s + 0.8 * ((py - here_y) * np.sin(lean) + (pz - here_z) * np.cos(lean))
        s = np.clip(s, spine.s[0], spine.s[-1])
    here_y, here_z, lean = (np.interp(s, spine.s, row) for row in (y, z, spine.lean))
    v = (py - here_y) * np.cos(lean) - (pz - here_z) * np.sin(lean)
    # Beyond the ends of the spine the canal simply goes on.
    s = s + (py - here_y) * np.sin(lean) + (pz - here_z) * np.cos(lean)
    slope = np.gradient(x, spine.s)
    profiles = (np.interp(s, spine.s, profile) for profile in (x, slope, spine.twist))
    tables = (np.asarray(table, dtype=np.float32) for table in (s, v, *profiles))
    return Bend(to_body, (low, low), *tables)


@dataclass(frozen=True, eq=False)
class Slab:
    """The tissues that each voxel of a grid holds: samples of shape (n, i, j, k), the first at its centre."""

    grid: Grid
    tissue: NDArray[np.uint8]
    anatomy: NDArray[np.uint8]
    lesion: NDArray[np.uint8]
    instance: NDArray[np.uint8]
    front_mm: NDArray[np.float32]
    margin: tuple[int, int] = (0, 0)

    def core(self) -> Slab:
        """The part that the image shows: without the margin from which signal folds in."""
        if not any(self.margin):
            return self
        cut_i, cut_j = (slice(pad, -pad or None) for pad in self.margin)
        affine = self.grid.affine.copy()
        affine[:3, 3] += affine[:3, :2] @ np.array(self.margin, float)
        tissue = self.tissue[:, cut_i, cut_j]
        anatomy, lesion, instance = (layer[cut_i, cut_j] for layer in (self.anatomy, self.lesion, self.instance))
        front = self.front_mm[cut_i, cut_j]
        return Slab(Grid(anatomy.shape, affine), tissue, anatomy, lesion, instance, front)


def widen(grid: Grid, margin: tuple[int, int]) -> Grid:
    """The grid with so many voxels more on both sides of its first two axes."""
    affine = grid.affine.copy()
    affine[:3, 3] -= affine[:3, :2] @ np.array(margin, float)
    return Grid((grid.shape[0] + 2 * margin[0], grid.shape[1] + 2 * margin[1], grid.shape[2]), affine)


def place_samples(count: int, thickness: float) -> NDArray[np.float64]:
    """Offsets of samples within a voxel, in voxels (count, 3): spread evenly over the slice, scattered in plane."""
    golden = np.array([0.7548776662, 0.5698402910])
    order = np.arange(count)
    plane = ((0.5 + order[:, None] * golden) % 1) - 0.5
    through = ((order + (count + 1) // 2) % count + 0.5) / count - 0.5
    offsets = np.column_stack([plane, through * thickness])
    return np.asarray(np.vstack([np.zeros((1, 3)), offsets[1:]]) if count % 2 else offsets)


def cut(
    grid: Grid, bend: Bend, body: Sheet, canal: Sheet, samples: int, filled: float, margin: tuple[int, int] = (0, 0)
) -> Slab:
    """Looks up what lies in every voxel of a grid whose last axis runs across slices; filled is thickness over slice distance.

    margin tells how many voxels on both sides of the first two axes lie beyond the image.
    """
    offsets = place_samples(samples, filled)
    columns, rows, slices = grid.shape
    tissue = np.empty((samples, *grid.shape), np.uint8)
    truth = [np.zeros(grid.shape, np.uint8) for _ in range(3)]
    front = np.empty(grid.shape, np.float32)
    # The bend is smooth: it is worked out on a coarser lattice of the slice and interpolated.
    i, j = np.meshgrid(
        *(np.arange(0, count + KNOT, KNOT, dtype=np.float64) for count in (columns, rows)), indexing="ij"
    )
    for k in range(slices):
        found = []
        for number, offset in enumerate(offsets):
            points = transform_points(
                grid.affine, np.stack([i + offset[0], j + offset[1], np.full_like(i, k + offset[2])], axis=-1)
            )
            u, v, s = (
                _stretch(_stretch(coarse, columns, 0), rows, 1)
                for coarse in bend.straighten(np.moveaxis(points, -1, 0).astype(np.float32))
            )
            values = _look_up(u, v, s, body, canal)
            tissue[number, :, :, k] = values[0]
            found.append(values[1:])
            if number == 0:
                front[:, :, k] = v
        for kept, layers in zip(truth, zip(*found, strict=True), strict=True):
            kept[:, :, k] = _majority(np.stack(layers))
    return Slab(grid, tissue, truth[0], truth[1], truth[2], front, margin)


def _stretch(coarse: NDArray[np.float32], count: int, axis: int) -> NDArray[np.float32]:
    """Values on every KNOT-th voxel of an axis, interpolated to all of them."""
    first, rest = np.divmod(np.arange(count), KNOT)
    share = (rest / np.float32(KNOT)).astype(np.float32).reshape([-1, 1] if axis == 0 else [1, -1])
    near, far = np.take(coarse, first, axis), np.take(coarse, first + 1, axis)
    return np.asarray(near + (far - near) * share)


def _look_up(
    u: NDArray[np.float32], v: NDArray[np.float32], s: NDArray[np.float32], body: Sheet, canal: Sheet
) -> list[NDArray[np.uint8]]:
    coarse = _flat_index(u, v, s, body)
    layers = [layer.ravel()[coarse] for layer in (body.tissue, body.anatomy, body.lesion, body.instance)]
    near = (u > canal.u[0]) & (u < canal.u[-1]) & (v > canal.v[0]) & (v < canal.v[-1])
    fine = _flat_index(u[near], v[near], s[near], canal)
    inside = canal.tissue.ravel()[fine] != CLEAR
    where = np.flatnonzero(near.ravel())[inside]
    for layer, own in zip(layers, (canal.tissue, canal.anatomy, canal.lesion, canal.instance), strict=True):
        layer.ravel()[where] = own.ravel()[fine[inside]]
    return layers


def _flat_index(
    u: NDArray[np.float32], v: NDArray[np.float32], s: NDArray[np.float32], sheet: Sheet
) -> NDArray[np.int32]:
    flat: NDArray[np.int32] | None = None
    for values, axis in ((u, sheet.u), (v, sheet.v), (s, sheet.s)):
        step = np.float32(axis[1] - axis[0])
        index = ((values - (axis[0] - step / 2)) / step).astype(np.int32)
        np.clip(index, 0, len(axis) - 1, out=index)
        flat = index if flat is None else flat * np.int32(len(axis)) + index
    assert flat is not None
    return flat


def _majority(layers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The commonest code of each voxel; where half is nothing, the other half's commonest."""
    best = layers[0].copy()
    unsure = (layers != best).any(axis=0)
    # Most voxels hold one code alone; the others are counted.
    split = layers[:, unsure]
    chosen, votes = np.zeros(split.shape[1], np.uint8), np.zeros(split.shape[1], np.int16)
    # A zero holds only if more than half of the samples say so.
    votes[(split == 0).sum(0) * 2 > len(split)] = len(split)
    for code in np.flatnonzero(np.bincount(split.ravel(), minlength=256)):
        if code == 0:
            continue
        count = (split == code).sum(0).astype(np.int16)
        wins = count > votes
        chosen[wins], votes[wins] = code, count[wins]
    best[unsure] = chosen
    return np.asarray(best)


@dataclass(frozen=True)
class Exposure:
    """How one series is taken: phase is the axis of phase encoding; saturate_mm how far in front of the canal a saturation
    band begins; noise the standard deviation against the brightest.

    metal and flowing are the numbers of metal and of what pulsates; disturbing how strongly each tissue disturbs the field;
    throat_mm how far in front the throat begins.
    """

    signals: NDArray[np.float32]
    field_t: float
    phase: int
    saturate_mm: float | None
    noise: float
    echo_s: float
    refocused: bool
    metal: int
    disturbing: NDArray[np.float32]
    flowing: NDArray[np.intp]
    throat_mm: float | None = None
    breathes: bool = False


def expose(
    slab: Slab, how: Exposure, spoiled: Artefacts, rng: np.random.Generator, texture: NDArray[np.float32]
) -> NDArray[np.int16]:
    """One image of a slab: mean signal of each voxel, artefacts, coil, finite resolution, Rician noise, as whole numbers."""
    water, fat = mix(slab.tissue, how.signals)
    image = water + artefacts.shift_fat(fat, 1 - how.phase, spoiled.bandwidth_hz, how.field_t)
    image *= texture
    if how.saturate_mm is not None:
        image *= 1 - 0.9 / (1 + np.exp(-(slab.front_mm - np.float32(how.saturate_mm)) / np.float32(4.0)))
    image *= _coil(slab, rng, spoiled.bias)
    image = _spoil(image, slab, how, spoiled, rng)
    image = artefacts.fold(image, slab.margin, spoiled.wrap)
    image = _resolve(image, RESOLUTION, edge_of(spoiled.ringing))
    top = float(np.percentile(image[::3, ::3], 99.0))
    sigma = np.float32(how.noise * top)
    first, second = (rng.standard_normal(image.shape, dtype=np.float32) for _ in range(2))
    scale = np.float32(rng.uniform(600, 1400) / top)
    return np.asarray(np.rint(magnitude(image, sigma, (first, second)) * scale), dtype=np.int16)


def edge_of(ringing: float) -> float:
    """How wide the edge of k-space is over which its weight falls, as a share of the matrix: narrower for more ringing."""
    return 0.16 - 0.14 * min(ringing, 1.0)


def mix(layers: Array, signals: NDArray[np.float32]) -> tuple[Array, Array]:
    """Signal of water and of fat in every voxel from its samples (n, i, j, k), of NumPy or of torch.

    Both are looked up at once, as the parts of a complex number.
    """
    table = like((signals[0] + 1j * signals[1]).astype(np.complex64) / np.float32(len(layers)), layers)
    image = look_up(table, layers[0])
    for layer in layers[1:]:
        image += look_up(table, layer)
    return image.real, image.imag


def weigh(layers: Array, weights: NDArray[np.float32]) -> Array:
    """Mean of a weight of tissues over each voxel's samples."""
    table = like(weights / np.float32(len(layers)), layers)
    return sum(look_up(table, layer) for layer in layers)


def magnitude(image: Array, sigma: Array, noise: tuple[Array, Array]) -> Array:
    """The length of a signal with noise in both channels: Rician."""
    return namespace_of(image).hypot(image + sigma * noise[0], sigma * noise[1])


def _spoil(
    image: NDArray[np.float32], slab: Slab, how: Exposure, spoiled: Artefacts, rng: np.random.Generator
) -> NDArray[np.float32]:
    """What happens to the image while it is taken."""
    own = rng.spawn(1)[0]
    if not how.refocused:
        share = weigh(slab.tissue, how.disturbing)
        if share.any():
            image = artefacts.bloom(image, share, _spacing(slab.grid)[:2], how.echo_s, how.field_t)
    if spoiled.metal and bool((slab.tissue == how.metal).any()):
        share = np.asarray((slab.tissue == how.metal).mean(0), dtype=np.float32)
        strength = spoiled.metal * (1.0 if how.refocused else 3.0) * how.field_t / 3.0
        image = artefacts.distort(image, share, 1 - how.phase, _spacing(slab.grid), strength)
    if spoiled.pulsation:
        flowing = np.isin(slab.tissue[0], how.flowing)
        image = artefacts.pulse(image, image * flowing, how.phase, spoiled.pulsation, own)
    if spoiled.swallowing and how.throat_mm is not None:
        ahead = 1 / (1 + np.exp(-(slab.front_mm - np.float32(how.throat_mm)) / np.float32(3.0)))
        image = artefacts.gulp(image, image * ahead, how.phase, spoiled.swallowing, own)
    if spoiled.breathing and how.breathes:
        ahead = np.clip((slab.front_mm - 40) / 60, 0, 1)
        image = artefacts.pulse(image, image * ahead, how.phase, spoiled.breathing, own)
    if spoiled.motion_mm and own.random() < 0.6:
        image = artefacts.move(image, how.phase, spoiled.motion_mm / _spacing(slab.grid)[how.phase], own)
    return image


def _spacing(grid: Grid) -> tuple[float, float, float]:
    first, second, third = (float(x) for x in np.linalg.norm(grid.affine[:3, :3], axis=0))
    return first, second, third


def _coil(slab: Slab, rng: np.random.Generator, bias: float) -> NDArray[np.float32]:
    """Sensitivity of a spine coil after the scanner's own correction: a little brighter behind, weaker at the ends."""
    _, rows, slices = slab.grid.shape
    upright = abs(slab.grid.affine[2, 1]) > abs(slab.grid.affine[2, 2])
    height = np.linspace(-1, 1, rows if upright else slices, dtype=np.float32)
    ends = 1 - 0.35 * bias * np.abs(height) ** 6
    lumps = rng.standard_normal((4, 4, 3)).astype(np.float32) * np.float32(0.10 * bias)
    reach = float(rng.uniform(70, 280)) / max(bias, 1e-3)
    depth = np.exp(-np.clip(slab.front_mm + 30, 0, 160) / np.float32(reach))
    along = ends[None, :, None] if upright else ends[None, None, :]
    return np.asarray(depth * along * (1 + spread(lumps, depth)), dtype=np.float32)


def _resolve(image: NDArray[np.float32], share: float, edge: float) -> NDArray[np.float32]:
    """Cuts k-space in plane to a share of the matrix: blur, and ringing at sharp edges, more the narrower the window's edge."""
    spectrum = fft.rfft2(image, axes=(0, 1))
    for axis, count in ((0, image.shape[0]), (1, image.shape[1])):
        frequency = np.abs(fft.fftfreq(count) if axis == 0 else fft.rfftfreq(count)) * 2
        keep = np.clip((share + edge / 2 - frequency) / edge, 0, 1).astype(np.float32)
        shape = [1, 1, 1]
        shape[axis] = len(keep)
        spectrum *= keep.reshape(shape)
    return np.asarray(np.maximum(fft.irfft2(spectrum, s=image.shape[:2], axes=(0, 1)), 0), dtype=np.float32)
