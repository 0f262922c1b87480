"""Spines with lesions whose signs are known, and the reading of them, shared by the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import phantoms
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal import findings, knowledge
from thecal.records import AlignedStudy, Finding, Grid, NotAssessed, Reading, Segmentation

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
