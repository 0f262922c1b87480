"""A spine built from formulas: cord, sac, vertebrae, discs and lesions of known size, drawn on any grid in any sequence.

Millimetres are RAS. The cord runs along z with a gentle bend; lesions are ellipsoids placed relative to the cord's centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from thecal.records import AlignedStudy, Grid, LabelMap, Lesion, Place, Role, Segmentation, Series, Study, Volume
from thecal.records.geometry import plane_of, resample, slice_axis_of, transform_points, voxel_to_mm

AIR, MUSCLE, FAT, BONE, DISC, CSF, CORD = range(7)
LESION = 100
SIGNALS: Mapping[str, tuple[float, ...]] = {
    #            air  muscle  fat   bone  disc  csf    cord
    "T1w": (0.0, 360.0, 900.0, 520.0, 340.0, 150.0, 400.0),
    "T1w_ce": (0.0, 400.0, 930.0, 560.0, 350.0, 155.0, 408.0),
    "T2w": (0.0, 130.0, 620.0, 380.0, 480.0, 1000.0, 320.0),
    "T2w_fs": (0.0, 140.0, 60.0, 90.0, 420.0, 1050.0, 330.0),
    "T2starw": (0.0, 250.0, 420.0, 120.0, 330.0, 800.0, 380.0),
    "ADC": (0.0, 1.2, 0.2, 0.4, 1.4, 2.9, 0.9),
}
LESION_NAMES = {
    0: "background", 1: "enhancing tumour", 2: "solid tumour", 3: "oedema", 4: "tumoral cyst", 5: "haemorrhage",
    6: "leptomeningeal enhancement", 7: "cord T2 change", 8: "tumour, enhancement not assessed", 9: "extramedullary cyst",
    10: "extradural lesion", 11: "polar cyst", 12: "syrinx",
}  # fmt: skip
LEVELS = (*range(11, 18), *range(21, 33), *range(41, 46), 50)
DISC_BELOW = {
    **{12 + n: 63 + n for n in range(5)}, 17: 71, **{21 + n: 72 + n for n in range(11)}, 32: 91,
    **{41 + n: 92 + n for n in range(4)}, 45: 100,
}  # fmt: skip


@dataclass(frozen=True)
class Blob:
    """An ellipsoid of lesion tissue: centre and radii in mm (x, y relative to the cord's centre, z absolute), signal as a
    ratio to cord by role. inner > 0 makes it a shell, hollow out to that share of its radii; gap_degrees opens it above;
    within keeps it to the cord or to the CSF; fuzz blurs its edge over that share of its radii to either side."""

    code: int
    centre: tuple[float, float, float]
    radii: tuple[float, float, float]
    ratio: Mapping[str, float] = field(default_factory=dict)
    inner: float = 0.0
    instance: int = 1
    within: str = ""
    gap_degrees: float = 0.0
    fuzz: float = 0.0

    def holds(self, local: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points (…, 3), relative to the cord's centre in x and y, lie in the blob."""
        offset = (local - np.array(self.centre)) / np.array(self.radii)
        reach = np.linalg.norm(offset, axis=-1)
        if self.fuzz:
            reach = reach + self.fuzz * (2 * _scatter(local) - 1)
        inside = (reach <= 1) & (reach >= self.inner)
        if self.gap_degrees:
            inside &= np.abs(np.degrees(np.arctan2(offset[..., 1], offset[..., 2]))) > self.gap_degrees / 2
        return np.asarray(inside)


def _scatter(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A number from 0 to 1 for each point that looks random and is always the same."""
    return np.asarray(np.sin(points @ np.array([127.1, 311.7, 74.7])) * 43758.5453 % 1)


@dataclass(frozen=True)
class Spine:
    """The patient: sizes in mm, what lies in the cord, and how it is bent, swollen or squeezed.

    swell and squeeze are (z, half length, factor): the cord's area, or its front-to-back diameter, times factor there.
    """

    cord_radii: tuple[float, float] = (6.5, 4.5)
    sac_radii: tuple[float, float] = (11.0, 9.0)
    cord_ends_at: float = -1e9
    bend_mm: float = 3.0
    pitch_mm: float = 22.0
    disc_mm: float = 5.0
    top_level: int = 23
    top_z: float = 44.0
    swell: tuple[float, float, float] | None = None
    squeeze: tuple[float, float, float] | None = None
    blobs: tuple[Blob, ...] = ()
    coil_bias: float = 0.0

    def centre(self, z: ArrayLike) -> NDArray[np.float64]:
        """x and y of the cord's centre at height z."""
        height = np.asarray(z, dtype=np.float64)
        return np.stack([0.4 * self.bend_mm * np.cos(height / 37), self.bend_mm * np.sin(height / 55)], axis=-1)

    def cord(self, local: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie in the cord."""
        a, b = (np.full(local.shape[:-1], r) for r in self.cord_radii)
        for bump, both in ((self.swell, True), (self.squeeze, False)):
            if bump is not None:
                shape = np.clip(1.5 - np.abs(local[..., 2] - bump[0]) / bump[1], 0, 0.5) * 2
                factor = 1 + (bump[2] - 1) * shape
                a, b = (a * np.sqrt(factor), b * np.sqrt(factor)) if both else (a, b * factor)
        inside = (local[..., 0] / a) ** 2 + (local[..., 1] / b) ** 2 <= 1
        return np.asarray(inside & (local[..., 2] >= self.cord_ends_at))

    def sac(self, local: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie inside the dura."""
        return np.asarray(((local[..., :2] / np.array(self.sac_radii)) ** 2).sum(axis=-1) <= 1)

    def column(self, local: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int_]]:
        """Which points lie in a vertebral body or a disc, and the number of the vertebra counted from the top level."""
        depth = (self.top_z + self.pitch_mm / 2 - local[..., 2]) / self.pitch_mm
        number = np.floor(depth).astype(int)
        front = local[..., 1] - self.sac_radii[1]
        block = (front > 2) & (front < 26) & (np.abs(local[..., 0]) < 17)
        disc = block & (np.abs(depth - np.round(depth)) * self.pitch_mm < self.disc_mm / 2)
        return block & ~disc, disc, number

    def _local(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        local = points.copy()
        local[..., :2] -= self.centre(points[..., 2])
        return local

    def tissue(self, points: NDArray[np.float64]) -> NDArray[np.int16]:
        """The tissue at RAS mm points: a tissue constant, or LESION + the blob's number."""
        local = self._local(points)
        bone, disc, _ = self.column(local)
        out = np.full(points.shape[:-1], MUSCLE, dtype=np.int16)
        out[np.hypot(local[..., 0], local[..., 1]) > 48] = AIR
        out[(local[..., 1] < -self.sac_radii[1]) & (local[..., 1] > -24) & (np.abs(local[..., 0]) < 7)] = FAT
        out[bone], out[disc] = BONE, DISC
        cord = self.cord(local)
        out[self.sac(local)], out[cord] = CSF, CORD
        for number, blob in enumerate(self.blobs):
            out[self._in_blob(blob, local, cord)] = LESION + number
        return out

    def _in_blob(self, blob: Blob, local: NDArray[np.float64], cord: NDArray[np.bool_]) -> NDArray[np.bool_]:
        held = blob.holds(local)
        if blob.within == "cord":
            return held & cord
        if blob.within == "csf":
            return held & self.sac(local) & ~cord
        return held

    def labels(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
        """Anatomy, lesion and instance codes at RAS mm points."""
        local = self._local(points)
        bone, disc, number = self.column(local)
        anatomy = np.zeros(points.shape[:-1], dtype=np.int16)
        first = LEVELS.index(self.top_level)
        for index in np.unique(number[bone | disc]):
            if 0 <= first + index < len(LEVELS):
                anatomy[bone & (number == index)] = LEVELS[first + index]
        depth = np.round((self.top_z + self.pitch_mm / 2 - local[..., 2]) / self.pitch_mm).astype(int)
        for index in np.unique(depth[disc]):
            if 0 < first + index <= len(LEVELS):
                anatomy[disc & (depth == index)] = DISC_BELOW.get(LEVELS[first + index - 1], 0)
        cord = self.cord(local)
        anatomy[self.sac(local)], anatomy[cord] = 2, 1
        lesion, instance = np.zeros_like(anatomy), np.zeros_like(anatomy)
        for blob in self.blobs:
            inside = self._in_blob(replace(blob, fuzz=0.0), local, cord)
            lesion[inside], instance[inside] = blob.code, blob.instance
        return anatomy, lesion, instance


def rotation(degrees_xyz: tuple[float, float, float]) -> NDArray[np.float64]:
    """Rotation matrix (3 × 3) about x, then y, then z."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_euler("xyz", degrees_xyz, degrees=True).as_matrix())


def motion(
    shift_mm: tuple[float, float, float] = (0, 0, 0), degrees_xyz: tuple[float, float, float] = (0, 0, 0)
) -> NDArray[np.float64]:
    """A rigid motion (4 × 4) about the origin."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation(degrees_xyz), shift_mm
    return matrix


def grid(
    shape: tuple[int, int, int] = (37, 53, 29),
    spacing: tuple[float, float, float] = (1.5, 2.0, 1.2),
    axes: str = "PSR",
    tilt: tuple[float, float, float] = (4.0, -3.0, 5.0),
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Grid:
    """An oblique grid centred on a point; axes names where i, j, k run (`PSR`: posterior, superior, right)."""
    steps = {"R": (1, 0, 0), "L": (-1, 0, 0), "A": (0, 1, 0), "P": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
    affine = np.eye(4)
    affine[:3, :3] = rotation(tilt) @ np.array([steps[letter] for letter in axes], dtype=float).T * np.array(spacing)
    affine[:3, 3] = np.array(centre) - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def points_of(on: Grid) -> NDArray[np.float64]:
    """The mm position of every voxel centre (i, j, k, 3)."""
    return voxel_to_mm(on, np.stack(np.meshgrid(*(np.arange(n) for n in on.shape), indexing="ij"), axis=-1))


def draw(
    spine: Spine, on: Grid, role: str, *, moved: NDArray[np.float64] | None = None, noise: float = 0.0, seed: int = 0,
    samples: int = 2, gain: float = 1.0, inverted: bool = False,
) -> Volume:  # fmt: skip
    """The image of the spine in one sequence. moved carries the grid's mm to the patient's (he moved between series);
    noise is a share of the cord's signal."""
    levels = SIGNALS[role]
    table = np.zeros(LESION + len(spine.blobs))
    table[: len(levels)] = levels
    for number, blob in enumerate(spine.blobs):
        table[LESION + number] = levels[CORD] * blob.ratio.get(role, 1.0)
    if inverted:
        table = table.max() * 0.8 - 0.6 * table
    carry = np.eye(4) if moved is None else moved
    image = np.mean([table[tissue] for tissue in _tissues(spine, on, carry, samples)], axis=0)
    if spine.coil_bias:
        image = image * np.exp(spine.coil_bias * transform_points(carry, points_of(on))[..., 2] / 100)
    random = np.random.default_rng(seed)
    return Volume(
        (gain * (image + noise * levels[CORD] * random.standard_normal(on.shape))).astype(np.float32), on.affine
    )


_drawn: dict[object, list[NDArray[np.int16]]] = {}


def _tissues(spine: Spine, on: Grid, carry: NDArray[np.float64], samples: int) -> list[NDArray[np.int16]]:
    """The tissue at evenly spread points of every voxel; the last few are kept, for the sequences of one study share them."""
    key = (repr(spine), on.shape, on.affine.tobytes(), carry.tobytes(), samples)
    if key not in _drawn:
        offsets = (np.arange(samples) + 0.5) / samples - 0.5
        shifts = np.stack(np.meshgrid(offsets, offsets, offsets, indexing="ij"), axis=-1).reshape(-1, 3)
        places = (transform_points(carry, points_of(on) + on.affine[:3, :3] @ shift) for shift in shifts)
        while len(_drawn) >= 4:
            _drawn.pop(next(iter(_drawn)))
        _drawn[key] = [spine.tissue(place) for place in places]
    return _drawn[key]


def series(
    spine: Spine, role: Role, on: Grid | None = None, *, key: str | None = None, frame: str | None = "1.2.3",
    moved: NDArray[np.float64] | None = None, noise: float = 0.02, seed: int = 0, samples: int = 2, gain: float = 1.0,
    inverted: bool = False,
) -> Series:  # fmt: skip
    """One series of the phantom."""
    where = on or grid()
    volume = draw(
        spine, where, role, moved=moved, noise=noise, seed=seed, samples=samples, gain=gain, inverted=inverted
    )
    axis = slice_axis_of(where)
    return Series(key or f"acq-sag_{role}", role, 1.0, "header", plane_of(where, axis), volume, slice_axis=axis,
                  frame_of_reference_uid=frame)  # fmt: skip


def aligned(*images: Series, to_reference: Mapping[str, NDArray[np.float64]] | None = None) -> AlignedStudy:
    """A study placed by its headers, or by to_reference, on the grid of its first series."""
    volume = images[0].volume
    assert volume is not None
    places = {one.key: (to_reference or {}).get(one.key, np.eye(4)) for one in images}
    return AlignedStudy(Study(images), volume.grid, places, dict.fromkeys(places, 0.0), dict.fromkeys(places, False))


def truth(spine: Spine, study: AlignedStudy, *, confidence: float = 0.97) -> Segmentation:
    """The Segmentation that knows the phantom: label maps at voxel centres in every series and on the reference grid."""
    assert study.reference is not None
    anatomy, lesion = {}, {}
    for one in study.study.images():
        assert one.volume is not None
        maps = spine.labels(transform_points(study.to_reference[one.key], points_of(one.volume.grid)))
        anatomy[one.key] = _map(maps[0], one.volume.grid, {}, one.key)
        lesion[one.key] = _map(maps[1], one.volume.grid, LESION_NAMES, one.key)
    whole = spine.labels(points_of(study.reference))
    composed = [_map(array, study.reference, LESION_NAMES, None) for array in whole]
    return Segmentation(
        anatomy, lesion, {}, composed[0], composed[1], composed[2],
        lesions=_lesions(spine, study, whole[2], confidence), lesion_threshold=0.5,
    )  # fmt: skip


def _map(codes: NDArray[np.int16], on: Grid, names: Mapping[int, str], key: str | None) -> LabelMap:
    return LabelMap(Volume(codes, on.affine), names, key, "truth")


def _lesions(spine: Spine, study: AlignedStudy, instances: NDArray[np.int16], confidence: float) -> tuple[Lesion, ...]:
    assert study.reference is not None
    found = []
    first = study.study.images()[0]
    back = np.linalg.inv(study.to_reference[first.key])
    for number in sorted({blob.instance for blob in spine.blobs}):
        mine = instances == number
        if not mine.any():
            continue
        centre = transform_points(back, points_of(study.reference)[mine].mean(axis=0))
        found.append(
            Lesion(f"2.25.{number}", number, confidence, {}, Place(first.key, *(float(x) for x in centre)),
                   float(mine.sum() * study.reference.voxel_volume_mm3),
                   tuple(sorted({blob.code for blob in spine.blobs if blob.instance == number})), (first.key,))
        )  # fmt: skip
    return tuple(found)


def turned(study: AlignedStudy, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> AlignedStudy:
    """The same study with every series' array axes permuted and flipped, the affines with them."""
    return replace(study, study=replace(study.study, series=tuple(
        replace(one, volume=turn(one.volume, order, flips),
                slice_axis=None if one.slice_axis is None else order.index(one.slice_axis))
        for one in study.study.series if one.volume is not None
    )))  # fmt: skip


def turn(volume: Volume, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Volume:
    """The same image with its array axes permuted, then flipped, and its affine to match."""
    step = np.zeros((4, 4))
    step[3, 3] = 1
    voxels = np.transpose(volume.voxels, order)
    for new, old in enumerate(order):
        step[old, new] = -1 if flips[new] else 1
        step[old, 3] = volume.shape[old] - 1 if flips[new] else 0
    voxels = voxels[tuple(slice(None, None, -1 if flip else 1) for flip in flips)]
    return Volume(np.ascontiguousarray(voxels), volume.affine @ step)


def turned_maps(maps: Segmentation, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Segmentation:
    """The segmentation that belongs to the turned study; the composed maps stay on the reference grid."""

    def all_of(some: Mapping[str, LabelMap]) -> dict[str, LabelMap]:
        return {key: replace(one, volume=turn(one.volume, order, flips)) for key, one in some.items()}

    return replace(maps, anatomy=all_of(maps.anatomy), lesion=all_of(maps.lesion))


def regrid(volume: Volume, on: Grid) -> Volume:
    """The image resampled onto another grid over the same place."""
    return resample(volume, on)
