"""One sign asked of one phantom, and drawings that the plain spine lacks: CT, the epidural space, a narrowed sac."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType

import numpy as np
import phantoms
from findings import spines
from numpy.typing import NDArray
from phantoms import Spine

from thecal.findings import needs
from thecal.records import AlignedStudy, Finding, Grid, LabelMap, NotAssessed, Segmentation, Series, Volume
from thecal.records.geometry import slice_axis_of, transform_points

# Hounsfield units of air, muscle, fat, bone, disc, CSF and cord.
DENSITIES = (-1000.0, 55.0, -90.0, 450.0, 80.0, 8.0, 38.0)
EPIDURAL = 3
Local = NDArray[np.float64]


def ask(
    module: ModuleType, aligned: AlignedStudy, maps: Segmentation, instance: int | None = 1
) -> Finding | NotAssessed:
    """What a module says of a lesion (of the patient, without an instance), as the room asks it."""
    lesion = next((one for one in maps.lesions if one.instance == instance), None)
    why = needs.missing(module.NEEDS, aligned, maps, lesion)
    if why is not None:
        return NotAssessed(module.CODE, lesion.tracking_uid if lesion else "patient", why)
    said: Finding | NotAssessed = module.measure(aligned, maps, lesion)
    return said


def seen(
    module: ModuleType, spine: Spine, roles: tuple[str, ...], *, grids: Mapping[str, Grid] | None = None,
    instance: int | None = 1, change: Callable[[Segmentation], Segmentation] = lambda maps: maps,
) -> Finding:  # fmt: skip
    """A sign that must have been assessed; change alters the phantom's own maps first."""
    said = told(module, spine, roles, grids=grids, instance=instance, change=change)
    assert isinstance(said, Finding), said
    assert said.where is not None
    return said


def gap(
    module: ModuleType, spine: Spine, roles: tuple[str, ...], *, grids: Mapping[str, Grid] | None = None,
    instance: int | None = 1, change: Callable[[Segmentation], Segmentation] = lambda maps: maps,
) -> str:  # fmt: skip
    """Why a sign was not assessed, which it must not have been."""
    said = told(module, spine, roles, grids=grids, instance=instance, change=change)
    assert isinstance(said, NotAssessed), said
    return said.reason


def told(
    module: ModuleType, spine: Spine, roles: tuple[str, ...], *, grids: Mapping[str, Grid] | None,
    instance: int | None, change: Callable[[Segmentation], Segmentation],
) -> Finding | NotAssessed:  # fmt: skip
    """What a module says of a phantom with the maps of its truth."""
    placed = spines.study(spine, roles, grids=grids)
    return ask(module, placed, change(phantoms.truth(spine, placed)), instance)


def ct(spine: Spine, densities: Sequence[float], on: Grid | None = None, *, key: str = "acq-ax_ct") -> Series:
    """The spine on CT; densities are those of its blobs, in Hounsfield units."""
    where = on or phantoms.grid()
    table = np.zeros(phantoms.LESION + len(spine.blobs))
    table[: len(DENSITIES)] = DENSITIES
    table[phantoms.LESION :] = densities
    noise = np.random.default_rng(7).standard_normal(where.shape)
    voxels = (table[spine.tissue(phantoms.points_of(where))] + 4 * noise).astype(np.float32)
    axis = slice_axis_of(where)
    return Series(
        key, "ct", 1.0, "header", "axial", Volume(voxels, where.affine), slice_axis=axis, frame_of_reference_uid="1.2.3"
    )


def redrawn(
    spine: Spine, maps: Segmentation, paint: Callable[[NDArray[np.int16], Local], NDArray[np.int16]]
) -> Segmentation:
    """Maps whose anatomy is painted anew: paint takes codes and places (x and y from the cord's centre, z) in mm.

    Only for series that lie in the patient's own mm.
    """

    def anew(one: LabelMap) -> LabelMap:
        places = transform_points(np.eye(4), phantoms.points_of(one.volume.grid))
        local = places.copy()
        local[..., :2] -= spine.centre(places[..., 2])
        codes = paint(one.volume.voxels.copy().astype(np.int16), local)
        return replace(one, volume=replace(one.volume, voxels=codes))

    composed = None if maps.composed_anatomy is None else anew(maps.composed_anatomy)
    return replace(maps, anatomy={key: anew(one) for key, one in maps.anatomy.items()}, composed_anatomy=composed)


def within(local: Local, radii: tuple[float, float], scale: NDArray[np.float64] | float = 1.0) -> NDArray[np.bool_]:
    """Which places lie in an ellipse around the cord's centre; scale may differ from place to place."""
    return np.asarray(np.hypot(local[..., 0] / radii[0], local[..., 1] / radii[1]) <= scale)
