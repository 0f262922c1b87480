"""One series in its own grid, with what was drawn carried onto it: the view in which a sign is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import AlignedStudy, Grid, LabelMap, Lesion, Place, Plane, Role, Segmentation, Series
from thecal.records.geometry import mm_to_voxel, resample, transform_points, voxel_to_mm

CORD, SAC, EPIDURAL = 1, 2, 3
# Lesion codes: what is solid, what is change of the cord that is itself the lesion, what is cavity.
SOLID = (1, 2, 8, 10)
ENHANCING, EXTRADURAL = 1, 10
CORD_CHANGE = (7,)
EXTRAMEDULLARY_CYST = (9,)
TUMORAL_CYST, HAEMORRHAGE, OEDEMA, COATING, POLAR_CYST, SYRINX = 4, 5, 3, 6, 11, 12
# The role of a series counts from this confidence on.
SURE_ROLE = 0.5
# What lies within this of cord, sac and lesions is kept of an image.
MARGIN_MM = 30.0
# A voxel drawn as lesion belongs to the nearest instance within this.
INSTANCE_REACH_MM = 15.0
# Voxels are averaged with their neighbours along axes no coarser than this.
THIN_MM = 2.2

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """A series, cut to the surroundings of the spine, with the label maps in the same voxels.

    values float32; anatomy and tissue the codes of the label maps, instance the lesion's number, all in the series' own
    grid; affine takes the cut's voxels to the series' mm; to_reference carries those mm to the reference's.
    """

    series: Series
    values: NDArray[np.float32]
    anatomy: NDArray[np.int16]
    tissue: NDArray[np.int16]
    instance: NDArray[np.int16]
    affine: Points
    to_reference: Points

    @property
    def grid(self) -> Grid:
        """The grid of the cut."""
        a, b, c = self.values.shape
        return Grid((a, b, c), self.affine)

    @property
    def cord(self) -> Mask:
        """The cord, lesions inside it included."""
        return np.asarray(self.anatomy == CORD)

    @property
    def in_dura(self) -> Mask:
        """Everything inside the dura: cord, sac and what lies in them."""
        return np.asarray((self.anatomy == CORD) | (self.anatomy == SAC))

    def mm(self, mask: Mask) -> Points:
        """Positions (n, 3) of a mask's voxels, in the series' mm."""
        # The same as np.argwhere, several times as fast on a mask of few voxels.
        return voxel_to_mm(self.grid, np.stack(np.unravel_index(np.flatnonzero(mask), mask.shape), axis=-1))

    def of(self, lesion: Lesion, codes: tuple[int, ...] | None = None) -> Mask:
        """The voxels of a lesion, or of some of its tissues."""
        out = np.zeros(self.instance.shape, dtype=bool)
        if (place := self._places.get(lesion.instance)) is not None:
            tissue = self.tissue[place]
            mine = (self.instance[place] == lesion.instance) & (tissue > 0)
            out[place] = mine if codes is None else mine & np.isin(tissue, codes)
        return out

    @cached_property
    def _places(self) -> dict[int, tuple[slice, ...]]:
        """The box that holds each lesion, by its number."""
        found = ndimage.find_objects(self.instance)
        return {number: place for number, place in enumerate(found, 1) if place is not None}

    def body(self, lesion: Lesion) -> Mask:
        """The part that stands for the lesion: what is solid; else changed cord; else cyst; else whatever was drawn of it.

        Oedema, polar cysts and syrinx are left out wherever anything else was drawn.
        """
        for codes in (SOLID, CORD_CHANGE, EXTRAMEDULLARY_CYST, (COATING,), (TUMORAL_CYST, HAEMORRHAGE)):
            part = self.of(lesion, codes)
            if part.any():
                return part
        return self.of(lesion)

    def tumour(self, lesion: Lesion) -> Mask:
        """The lesion as a whole: its body with the cysts and the blood inside it; oedema, polar cysts and syrinx left out."""
        return self.body(lesion) | self.of(lesion, (*CORD_CHANGE, TUMORAL_CYST, HAEMORRHAGE))

    def core(self, lesion: Lesion) -> Mask:
        """The lesion as its length is given: what is solid with the cysts in it, and cysts outside the cord; else its body."""
        part = self.of(lesion, (*SOLID, *CORD_CHANGE, *EXTRAMEDULLARY_CYST, TUMORAL_CYST))
        return part if part.any() else self.body(lesion)

    def around(self, mask: Mask, margin_mm: float = 8.0) -> View:
        """The view cut to the surroundings of a mask."""
        reach = np.ceil(margin_mm / self.grid.spacing_mm).astype(int)
        cut = box(mask, reach)
        affine = self.affine.copy()
        affine[:3, 3] = voxel_to_mm(self.grid, np.array([part.start for part in cut]))
        return replace(
            self, values=self.values[cut], anatomy=self.anatomy[cut], tissue=self.tissue[cut], instance=self.instance[cut],
            affine=affine,
        )  # fmt: skip

    def place(self, points: Points) -> Place:
        """The middle of some points, moved onto the nearest of them, as a place on this series."""
        middle = points.mean(axis=0)
        nearest = points[int(np.argmin(np.linalg.norm(points - middle, axis=1)))]
        return Place(self.series.key, float(nearest[0]), float(nearest[1]), float(nearest[2]))

    def reference_mm(self, points: Points) -> Points:
        """Points of this series in the reference's mm."""
        return transform_points(self.to_reference, points)


_KEPT: list[Callable[[], None]] = []
P = ParamSpec("P")
R = TypeVar("R")


def kept(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keeps what a function made of the same inputs until `forget`."""

    def keep(work: Callable[P, R]) -> Callable[P, R]:
        made = lru_cache(maxsize=maxsize)(work)
        _KEPT.append(made.cache_clear)
        return cast("Callable[P, R]", made)

    return keep


@kept(maxsize=24)
def look(aligned: AlignedStudy, segmentation: Segmentation, key: str) -> View:
    """The view of one series. Maps drawn on the series are used as they are; others are carried onto it, nearest voxel."""
    series = aligned.study.find(key)
    assert series.volume is not None
    to_reference = np.asarray(aligned.to_reference.get(key, np.eye(4)))
    grid = series.volume.grid
    anatomy = carried(segmentation.anatomy, segmentation.composed_anatomy, aligned, key)
    if not (anatomy == CORD).any() and segmentation.composed_anatomy is not None:
        anatomy = carried({}, segmentation.composed_anatomy, aligned, key)
    tissue = carried(segmentation.lesion, segmentation.composed_lesion, aligned, key)
    composed = segmentation.composed_instances
    instance = np.zeros(grid.shape, np.int16)
    if composed is not None:
        instance = resample(composed.volume, grid, to_reference, order=0).voxels.astype(np.int16)
    cut = _cut(anatomy, tissue, grid)
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, np.array([part.start for part in cut]))
    own = Grid(tissue[cut].shape, affine)
    numbers = _number(tissue[cut], instance[cut], own, segmentation.lesions, aligned, to_reference)
    values = np.nan_to_num(series.volume.voxels[cut].astype(np.float32))
    return View(series, values, anatomy[cut], tissue[cut], numbers, affine, to_reference)


def forget() -> None:
    """Lets go of what was kept, views among it."""
    for clear in _KEPT:
        clear()


def carried(
    maps: Mapping[str, LabelMap], composed: LabelMap | None, aligned: AlignedStudy, key: str
) -> NDArray[np.int16]:
    """The codes on one series' grid: from its own map, else the composed one, else from the other series' maps."""
    volume = aligned.study.find(key).volume
    assert volume is not None
    if key in maps and maps[key].volume.grid.same_as(volume.grid):
        return np.asarray(maps[key].volume.voxels, dtype=np.int16)
    to_reference = np.asarray(aligned.to_reference.get(key, np.eye(4)))
    if composed is not None:
        return np.asarray(resample(composed.volume, volume.grid, to_reference, order=0).voxels, dtype=np.int16)
    out = np.zeros(volume.shape, np.int16)
    for other in sorted(maps):
        across = np.linalg.inv(aligned.to_reference.get(other, np.eye(4))) @ to_reference
        codes = resample(maps[other].volume, volume.grid, across, order=0).voxels
        out = np.where(out == 0, codes, out).astype(np.int16)
    return out


def _cut(anatomy: NDArray[np.int16], tissue: NDArray[np.int16], grid: Grid) -> tuple[slice, ...]:
    kept = np.isin(anatomy, (CORD, SAC, EPIDURAL)) | (tissue > 0)
    if not kept.any():
        return tuple(slice(0, n) for n in grid.shape)
    return box(kept, np.ceil(MARGIN_MM / grid.spacing_mm).astype(int))


def box(mask: Mask, reach: NDArray[np.int_]) -> tuple[slice, ...]:
    """The slices that hold a mask and reach so many voxels beyond it, within the array."""
    cut = []
    for axis in range(3):
        held = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        cut.append(slice(max(0, int(held[0]) - reach[axis]), min(mask.shape[axis], int(held[-1]) + reach[axis] + 1)))
    return tuple(cut)


def _number(
    tissue: NDArray[np.int16], instance: NDArray[np.int16], grid: Grid, lesions: tuple[Lesion, ...],
    aligned: AlignedStudy, to_reference: Points,
) -> NDArray[np.int16]:  # fmt: skip
    """The lesion's number for each voxel drawn as lesion: the composed map's, else the nearest numbered voxel's or lesion's."""
    drawn = tissue > 0
    out = np.where(drawn, instance, 0).astype(np.int16)
    lost = drawn & (out == 0)
    if not lost.any() or not lesions:
        return out
    if len(lesions) == 1:
        out[drawn] = lesions[0].instance
        return out
    if (instance > 0).any():
        # No voxel farther off than the reach has a say: the rest of the view is left out.
        cut = box(lost, np.ceil(INSTANCE_REACH_MM / grid.spacing_mm).astype(int))
        known, found = instance[cut], out[cut]
        if (known > 0).any():
            away, nearest = ndimage.distance_transform_edt(known == 0, sampling=grid.spacing_mm, return_indices=True)
            near = lost[cut] & (away <= INSTANCE_REACH_MM)
            found[near] = known[tuple(part[near] for part in nearest)]
        return out
    centres = np.array([reference_point(aligned, lesion.where) for lesion in lesions])
    points = transform_points(to_reference, voxel_to_mm(grid, np.argwhere(lost)))
    closest = np.linalg.norm(points[:, None] - centres[None], axis=-1).argmin(axis=1)
    out[lost] = np.array([lesion.instance for lesion in lesions])[closest]
    return out


def reference_point(aligned: AlignedStudy, place: Place) -> Points:
    """A place on a series in the reference's mm."""
    return transform_points(aligned.to_reference.get(place.series_key, np.eye(4)), [place.x, place.y, place.z])


def shows(aligned: AlignedStudy, series: Series, place: Place) -> bool:
    """Whether the place of one series lies in another's field of view."""
    assert series.volume is not None
    back = np.linalg.inv(aligned.to_reference.get(series.key, np.eye(4)))
    index = mm_to_voxel(series.volume, transform_points(back, reference_point(aligned, place)))
    return bool(np.all(index > -1) and np.all(index < np.array(series.volume.shape)))


def usable(aligned: AlignedStudy, roles: tuple[Role, ...], lesion: Lesion | None) -> tuple[Series, ...]:
    """The series of some roles, sure of their role, that show the lesion (or any, without one); best first."""
    fits = [one for role in roles for one in aligned.pick(role) if one.role_confidence >= SURE_ROLE]
    return tuple(one for one in fits if lesion is None or shows(aligned, one, lesion.where))


def best(
    aligned: AlignedStudy, segmentation: Segmentation, roles: tuple[Role, ...], lesion: Lesion | None,
    planes: tuple[Plane, ...] = ("sagittal", "volumetric", "coronal", "oblique", "axial"),
) -> View | None:  # fmt: skip
    """The view of the best usable series: by role in the order given, then by plane; for a lesion, one it was drawn on."""
    fits = usable(aligned, roles, lesion)
    order = sorted(fits, key=lambda one: (roles.index(one.role), planes.index(one.plane) if one.plane in planes else 9))
    for one in order:
        view = look(aligned, segmentation, one.key)
        if lesion is None or view.of(lesion).any():
            return view
    return None


def averaged(view: View, values: NDArray[np.floating[Any]], mask: Mask) -> tuple[NDArray[np.float64], float]:
    """Values of a mask's voxels, each the mean with its neighbours inside the mask (not across thick slices), and the
    number of voxels that such a mean rests on."""
    cut = box(mask, np.ones(3, dtype=int))
    near, part = mask[cut], values[cut]
    size = [3 if step <= THIN_MM else 1 for step in view.grid.spacing_mm]
    weight = ndimage.uniform_filter(near.astype(np.float64), size, mode="constant")
    total = ndimage.uniform_filter(np.where(near, part, 0).astype(np.float64), size, mode="constant")
    return np.asarray(total[near] / weight[near]), float(np.median(weight[near]) * np.prod(size))


def inner(mask: Mask, least: int = 20) -> tuple[Mask, bool]:
    """A mask without its rim, where partial volume lies; whether that left enough voxels (else the whole mask)."""
    if not mask.any():
        return mask, False
    cut = box(mask, np.ones(3, dtype=int))
    core = np.zeros_like(mask)
    core[cut] = ndimage.binary_erosion(mask[cut], border_value=1)
    if np.count_nonzero(core) >= least:
        return core, True
    return mask, False


def grown(view: View, mask: Mask, reach_mm: float) -> Mask:
    """A mask grown by a distance along each voxel axis, by at least a voxel."""
    out = np.zeros(mask.shape, dtype=bool)
    if not mask.any():
        return out
    reach = [max(1, round(reach_mm / step)) for step in view.grid.spacing_mm]
    cut = box(mask, np.array(reach))  # beyond it nothing grows
    part = mask[cut].astype(np.uint8)
    for axis, count in enumerate(reach):
        part = ndimage.maximum_filter1d(part, 2 * count + 1, axis=axis, mode="constant")
    out[cut] = part > 0
    return out
