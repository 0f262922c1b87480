"""Spines whose lesions hold or wear old blood, vessels, fat or chalk, shared by the tests of those signs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from findings import spines
from phantoms import Blob, Spine

from thecal.records import Reading

ROLES = ("T2w", "T1w", "T1w_ce", "T2starw", "T2w_fs")
TUMOUR: Mapping[str, float] = {"T2w": 1.7, "T1w": 0.9, "T1w_ce": 1.8, "T2starw": 1.5, "T2w_fs": 1.6}
# Haemosiderin keeps some T1w signal; a vessel and chalk keep none.
IRON: Mapping[str, float] = {"T2w": 0.1, "T1w": 0.55, "T1w_ce": 0.55, "T2starw": 0.05, "T2w_fs": 0.1}
VOID: Mapping[str, float] = {"T2w": 0.05, "T1w": 0.05, "T1w_ce": 0.05, "T2starw": 0.05, "T2w_fs": 0.05}
FAT: Mapping[str, float] = {"T2w": 2.0, "T1w": 2.2, "T1w_ce": 2.2, "T2starw": 1.3, "T2w_fs": 0.18}
MASS = Blob(1, (0, 0, 0), (6, 5, 14), TUMOUR, within="cord")
WIDE = Spine(cord_radii=(9.0, 8.0), sac_radii=(13.0, 12.0))
BLOODY: Mapping[str, Spine] = {
    "plain": spines.with_blobs(WIDE, MASS),
    "cap": spines.with_blobs(WIDE, MASS, Blob(5, (0, 0, 14.5), (5.5, 4.5, 3.5), IRON, within="cord")),
    "ring": spines.with_blobs(WIDE, MASS, Blob(5, (0, 0, 0), (8, 7, 17), IRON, inner=0.72, within="cord")),
    "speck": spines.with_blobs(WIDE, MASS, Blob(5, (2, 0, 2), (3, 3, 4), IRON, within="cord")),
    "void": spines.with_blobs(WIDE, MASS, Blob(1, (1, 0, 0), (2.6, 2.6, 9), VOID, within="cord")),
    "fat": spines.with_blobs(WIDE, MASS, Blob(2, (1, 0, 3), (3.5, 3.5, 6), FAT, within="cord")),
    "target": spines.with_blobs(
        WIDE, Blob(1, (0, 0, 0), (8, 7, 12), TUMOUR), Blob(1, (0, 0, 0), (4.4, 4.0, 7), {**TUMOUR, "T2w": 0.9})
    ),
}  # fmt: skip


@cache
def case(name: str, roles: tuple[str, ...] = ROLES) -> Reading:
    """The reading of one of these spines."""
    return spines.reading_of(BLOODY[name], roles)
