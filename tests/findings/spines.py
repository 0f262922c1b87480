"""Spines with lesions whose signs are known, and the reading of them, shared by the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import phantoms
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal import findings, knowledge
from thecal.records import AlignedStudy, Finding, Grid, LabelMap, NotAssessed, Reading, Segmentation

VOCABULARY = knowledge.load().vocabulary
FULL = ("T2w", "T1w", "T1w_ce")
TUMOUR: Mapping[str, float] = {"T2w": 1.8, "T1w": 0.8, "T1w_ce": 1.8}
CYST: Mapping[str, float] = {"T2w": 2.6, "T1w": 0.45, "T1w_ce": 0.45}
WIDE = Spine(cord_radii=(9.0, 8.0), sac_radii=(13.0, 12.0))
INSIDE = Spine(swell=(0, 18, 1.6), blobs=(Blob(1, (0, 0, 0), (5, 4, 16), TUMOUR, within="cord"),))
OUTSIDE = Spine(
    squeeze=(5, 10, 0.6),
    blobs=(Blob(1, (0, 6.5, 5), (5, 3, 9), {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 2.2}, within="csf"),),
)


def study(
    spine: Spine, roles: tuple[str, ...] = FULL, *, grids: Mapping[str, Grid] | None = None,
    moved: Mapping[str, NDArray[np.float64]] | None = None, noise: float = 0.03,
) -> AlignedStudy:  # fmt: skip
    """A phantom study placed in one space; moved says how the patient moved before a series, and is known to the placement."""
    images = [
        phantoms.series(spine, role, (grids or {}).get(role), seed=n + 1, noise=noise, moved=(moved or {}).get(role))  # type: ignore[arg-type]
        for n, role in enumerate(roles)
    ]
    return phantoms.aligned(*images, to_reference={f"acq-sag_{role}": pose for role, pose in (moved or {}).items()})


def read(aligned: AlignedStudy, segmentation: Segmentation) -> Reading:
    """The reading of a study; a module that broke down fails the test."""
    reading, holes = findings.measure(aligned, segmentation, VOCABULARY, reading_id="r")
    assert not holes
    return reading


def reading_of(spine: Spine, roles: tuple[str, ...] = FULL, *, grids: Mapping[str, Grid] | None = None) -> Reading:
    """The reading of a phantom with the truth's own maps."""
    placed = study(spine, roles, grids=grids)
    return read(placed, phantoms.truth(spine, placed))


def sign(reading: Reading, code: str, instance: int = 1) -> Finding | NotAssessed:
    """A sign of a lesion, or of the patient where it is the patient's."""
    found = reading.find(code, f"2.25.{instance}") or reading.find(code, "patient")
    assert found is not None, f"{code} is silent"
    return found


def seen(reading: Reading, code: str, instance: int = 1) -> Finding:
    """A sign that must have been assessed."""
    found = sign(reading, code, instance)
    assert isinstance(found, Finding), found
    return found


def gap(reading: Reading, code: str, instance: int = 1) -> str:
    """Why a sign was not assessed, which it must not have been."""
    found = sign(reading, code, instance)
    assert isinstance(found, NotAssessed), found
    return found.reason


def value(finding: Finding) -> float:
    """The measurement behind a finding."""
    assert finding.measurement is not None
    return finding.measurement.value


def with_blobs(spine: Spine, *blobs: Blob) -> Spine:
    """The spine with other lesions."""
    return replace(spine, blobs=blobs)


# Spines by name, each read once for all tests that ask of it.
SOLID: Mapping[str, float] = {"T2w": 1.6, "T1w": 0.9, "T1w_ce": 2.0}
PLAIN: Mapping[str, float] = {"T2w": 1.6, "T1w": 0.9, "T1w_ce": 0.9}
SWOLLEN: Mapping[str, float] = {"T2w": 1.6, "T1w": 0.95, "T1w_ce": 0.95}
NODULE: Mapping[str, float] = {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 2.2}
COAT = Blob(6, (0, 0, 0), (8.2, 6.2, 35), {"T2w": 2.0, "T1w": 0.6, "T1w_ce": 1.4}, within="csf")
CORE = Blob(1, (0, 0, 0), (5, 4, 9), SOLID, within="cord")
NODULES = (
    Blob(1, (0, 6.5, 25), (4, 2.5, 5), NODULE, within="csf"),
    Blob(1, (0, -6.5, -20), (4, 2.5, 5), NODULE, within="csf", instance=2),
)
CASES: Mapping[str, Spine] = {
    "healthy": Spine(),
    "inside": INSIDE,
    "outside": OUTSIDE,
    "core": with_blobs(Spine(), CORE),
    "homogeneous": INSIDE,
    "heterogeneous": with_blobs(
        WIDE, Blob(1, (0, 0, 0), (7, 6, 18), {**SOLID, "T1w_ce": 1.3}, within="cord"),
        Blob(1, (0, 0, 9), (7, 6, 8), {**SOLID, "T1w_ce": 2.2}, within="cord"),
    ),
    "ring": with_blobs(
        WIDE, Blob(4, (0, 0, 0), (7, 6, 13), CYST, within="cord"),
        Blob(1, (0, 0, 0), (7, 6, 13), SOLID, inner=0.65, within="cord"),
    ),
    "open_ring": with_blobs(
        WIDE, Blob(4, (0, 0, 0), (7, 6, 13), CYST, within="cord"),
        Blob(1, (0, 0, 0), (7, 6, 13), SOLID, inner=0.65, within="cord", gap_degrees=150),
    ),
    "mural_nodule": with_blobs(
        WIDE, Blob(4, (0, 0, 0), (7, 6, 16), CYST, within="cord"), Blob(1, (2, -3, 4), (3.5, 3, 4), SOLID, within="cord")
    ),
    "patchy": with_blobs(
        WIDE, Blob(2, (0, 0, 0), (7, 6, 18), PLAIN, within="cord"),
        *(Blob(1, at, (3.5, 3, 3.5), SOLID, within="cord") for at in ((3, 0, 10), (-3, 1, 0), (2, -2, -10))),
    ),
    "linear": with_blobs(Spine(), Blob(1, (0, -3, 0), (2, 2, 25), SOLID, within="cord")),
    "transverse_band": with_blobs(
        WIDE, Blob(7, (0, 0, 0), (8, 7, 20), PLAIN, within="cord"), Blob(1, (0, 0, 2), (8.5, 7.5, 3), SOLID, within="cord")
    ),
    "limited oedema": with_blobs(Spine(), Blob(3, (0, 0, 0), (5, 4, 16), SWOLLEN, within="cord"), CORE),
    "extensive oedema": with_blobs(Spine(), Blob(3, (0, 0, 0), (5, 4, 30), SWOLLEN, within="cord"), CORE),
    "undrawn oedema": with_blobs(Spine(), Blob(0, (0, 0, 0), (5, 4, 30), SWOLLEN, within="cord"), CORE),
    "plaque": with_blobs(Spine(), Blob(7, (2.5, -1.5, 0), (3, 2.5, 9), PLAIN, within="cord")),
    "cysts": with_blobs(
        WIDE, Blob(1, (0, 0, 0), (6, 5, 9), SOLID, within="cord"), Blob(11, (0, 0, 15), (4, 3, 6), CYST, within="cord"),
        Blob(12, (0, 0, -30), (3, 3, 20), CYST, within="cord"),
    ),
    "undrawn cyst": with_blobs(
        WIDE, Blob(1, (0, 0, 0), (6, 5, 9), SOLID, within="cord"), Blob(0, (0, 0, 15), (4, 3, 6), CYST, within="cord")
    ),
    "undrawn syrinx": with_blobs(
        WIDE, Blob(1, (0, 0, 20), (6, 5, 9), SOLID, within="cord"), Blob(0, (0, 0, -20), (4, 3, 20), CYST, within="cord")
    ),
    "free": with_blobs(Spine(sac_radii=(14, 12)), Blob(1, (11, 0, 0), (2.5, 3, 5), NODULE, within="csf")),
    "touching": with_blobs(Spine(), Blob(1, (0, -6.5, 0), (4, 2.5, 5), NODULE, within="csf")),
    "pressed and changed": with_blobs(
        Spine(squeeze=(0, 10, 0.6)), Blob(1, (0, -6.5, 0), (5, 3, 9), NODULE, within="csf"),
        Blob(3, (0, 0, 0), (5, 2.5, 7), {"T2w": 1.7}, within="cord"),
    ),
    "right": with_blobs(Spine(), Blob(1, (8.5, 0, 0), (2, 5, 6), NODULE, within="csf")),
    "dumbbell": with_blobs(Spine(), Blob(1, (12, 0, 0), (8, 5, 7), SOLID)),
    "epidural": with_blobs(Spine(), Blob(10, (0, -13, 0), (6, 3, 12), NODULE)),
    "blurred": with_blobs(WIDE, Blob(1, (0, 0, 0), (5, 5, 14), SOLID, within="cord", fuzz=0.6)),
    "sharp": with_blobs(WIDE, Blob(1, (0, 0, 0), (5, 5, 14), SOLID, within="cord")),
    "coat": with_blobs(Spine(), COAT),
    "nodules": with_blobs(Spine(), *NODULES),
    "coat and nodules": with_blobs(Spine(), replace(COAT, instance=3), *NODULES),
}  # fmt: skip


@cache
def case(name: str, roles: tuple[str, ...] = FULL) -> Reading:
    """The reading of a named spine."""
    return reading_of(CASES[name], roles)


def truth(spine: Spine, aligned: AlignedStudy) -> Segmentation:
    """The phantom's own maps."""
    return phantoms.truth(spine, aligned)


def without(maps: Segmentation, *codes: int) -> Segmentation:
    """A segmentation that lacks some structures of the anatomy."""

    def less(one: LabelMap) -> LabelMap:
        voxels = np.where(np.isin(one.volume.voxels, codes), 0, one.volume.voxels).astype(np.int16)
        return replace(one, volume=replace(one.volume, voxels=voxels))

    composed = None if maps.composed_anatomy is None else less(maps.composed_anatomy)
    return replace(maps, anatomy={key: less(one) for key, one in maps.anatomy.items()}, composed_anatomy=composed)
