"""How the painted body becomes an image: the spine bent in the scanner, thick slices, signal, coil, resolution, noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from thecal.records import Grid
from thecal.records.geometry import transform_points
from thecal.simulation.canvas import CLEAR, Sheet
from thecal.simulation.spine import Spine

TABLE_MM = 2.0
KNOT = 5


@dataclass(frozen=True, eq=False)
class Bend:
    """Where a point of the patient lies in the straightened spine: tables over y and z, TABLE_MM apart.

    to_body (4 × 4) carries scanner mm to the mm of the spine's curve. along, ahead and sideways hold s, v and the curve's x.
    """

    to_body: NDArray[np.float64]
    origin: tuple[float, float]
    along: NDArray[np.float32]
    ahead: NDArray[np.float32]
    sideways: NDArray[np.float32]

    def straighten(
        self, points: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """u, v, s of scanner points (3, …)."""
        turn, shift = self.to_body[:3, :3].astype(np.float32), self.to_body[:3, 3].astype(np.float32)
        x, y, z = (sum(turn[row, axis] * points[axis] for axis in range(3)) + shift[row] for row in range(3))
        place = np.stack([y - np.float32(self.origin[0]), z - np.float32(self.origin[1])]) / np.float32(TABLE_MM)
        s, v, bend = (
            ndimage.map_coordinates(table, place, order=1, mode="nearest")
            for table in (self.along, self.ahead, self.sideways)
        )
        return x - bend, v, s


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
    tables = (np.asarray(table, dtype=np.float32) for table in (s, v, np.interp(s, spine.s, x)))
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


def place_samples(count: int, thickness: float) -> NDArray[np.float64]:
    """Offsets of samples within a voxel, in voxels (count, 3): spread evenly over the slice, scattered in plane."""
    golden = np.array([0.7548776662, 0.5698402910])
    order = np.arange(count)
    plane = ((0.5 + order[:, None] * golden) % 1) - 0.5
    through = ((order + (count + 1) // 2) % count + 0.5) / count - 0.5
    offsets = np.column_stack([plane, through * thickness])
    return np.asarray(np.vstack([np.zeros((1, 3)), offsets[1:]]) if count % 2 else offsets)


def cut(grid: Grid, bend: Bend, body: Sheet, canal: Sheet, samples: int, filled: float) -> Slab:
    """Looks up what lies in every voxel of a grid whose last axis runs across slices; filled is thickness over slice distance."""
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
    return Slab(grid, tissue, truth[0], truth[1], truth[2], front)


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
    best = np.zeros(layers.shape[1:], np.uint8)
    votes = np.full(layers.shape[1:], 0, np.int16)
    # A zero holds only if more than half of the samples say so.
    votes[(layers == 0).sum(0) * 2 > len(layers)] = len(layers)
    for code in np.flatnonzero(np.bincount(layers.ravel(), minlength=256)):
        if code == 0:
            continue
        count = (layers == code).sum(0).astype(np.int16)
        wins = count > votes
        best[wins], votes[wins] = code, count[wins]
    return best


def expose(
    slab: Slab, signals: NDArray[np.float32], rng: np.random.Generator, *, texture: NDArray[np.float32],
    saturate_mm: float | None, noise: float,
) -> NDArray[np.int16]:  # fmt: skip
    """One image of a slab: mean signal of each voxel, coil, finite resolution, Rician noise, as whole numbers.

    saturate_mm is how far in front of the canal a saturation band begins; noise the standard deviation against the brightest.
    """
    image = np.zeros(slab.grid.shape, np.float32)
    for layer in slab.tissue:
        image += signals[layer]
    image /= np.float32(len(slab.tissue))
    image *= texture
    if saturate_mm is not None:
        image *= 1 - 0.9 / (1 + np.exp(-(slab.front_mm - np.float32(saturate_mm)) / np.float32(4.0)))
    image *= _coil(slab, rng)
    image = _resolve(image, 0.82)
    top = float(np.percentile(image[::3, ::3], 99.0))
    sigma = np.float32(noise * top)
    real = image + sigma * rng.standard_normal(image.shape, dtype=np.float32)
    other = sigma * rng.standard_normal(image.shape, dtype=np.float32)
    scale = np.float32(rng.uniform(600, 1400) / top)
    return np.asarray(np.rint(np.hypot(real, other) * scale), dtype=np.int16)


def _coil(slab: Slab, rng: np.random.Generator) -> NDArray[np.float32]:
    """Sensitivity of a spine coil after the scanner's own correction: a little brighter behind, weaker at the ends."""
    columns, rows, slices = slab.grid.shape
    height = np.linspace(
        -1, 1, rows if abs(slab.grid.affine[2, 1]) > abs(slab.grid.affine[2, 2]) else slices, dtype=np.float32
    )
    ends = 1 - 0.35 * np.abs(height) ** 6
    lumps = rng.standard_normal((4, 4, 3)).astype(np.float32) * np.float32(0.10)
    for axis, count in enumerate((columns, rows, slices)):
        place = np.linspace(0, lumps.shape[axis] - 1.001, count)
        shape = [1, 1, 1]
        shape[axis] = count
        share = (place % 1).astype(np.float32).reshape(shape)
        first = place.astype(int)
        lumps = np.take(lumps, first, axis) * (1 - share) + np.take(lumps, first + 1, axis) * share
    depth = np.exp(-np.clip(slab.front_mm + 30, 0, 160) / np.float32(rng.uniform(110, 280)))
    along = (
        ends[None, :, None]
        if len(height) == rows and abs(slab.grid.affine[2, 1]) > abs(slab.grid.affine[2, 2])
        else ends[None, None, :]
    )
    return np.asarray(depth * along * (1 + lumps), dtype=np.float32)


def _resolve(image: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Cuts k-space in plane to a share of the matrix, softly: blur, and a trace of ringing at sharp edges."""
    spectrum = fft.rfft2(image, axes=(0, 1))
    for axis, count in ((0, image.shape[0]), (1, image.shape[1])):
        frequency = np.abs(fft.fftfreq(count) if axis == 0 else fft.rfftfreq(count)) * 2
        keep = np.clip((share + 0.12 - frequency) / 0.12, 0, 1).astype(np.float32)
        shape = [1, 1, 1]
        shape[axis] = len(keep)
        spectrum *= keep.reshape(shape)
    return np.asarray(np.maximum(fft.irfft2(spectrum, s=image.shape[:2], axes=(0, 1)), 0), dtype=np.float32)


def draw_texture(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Unevenness within every tissue, the same in all series of one grid."""
    raw = rng.standard_normal(shape, dtype=np.float32)
    soft = ndimage.gaussian_filter(raw, (1.4, 1.4, 0.4))
    return np.asarray(np.clip(1 + 0.06 * soft / soft.std(), 0.8, 1.2), dtype=np.float32)
