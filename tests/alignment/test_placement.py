"""Series are placed in one space: by headers, and better where the images say so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import phantoms
import pytest
from numpy.typing import NDArray

from thecal.alignment import align
from thecal.records import AlignedStudy, Grid, Role, Study
from thecal.records.geometry import transform_points

Triple = tuple[float, float, float]
SPINE = phantoms.Spine(
    blobs=(phantoms.Blob(1, (0, 0, 5), (5, 4, 12), {"T2w": 1.8, "T1w": 0.8, "T1w_ce": 1.7}, within="cord"),)
)
SAGITTAL = phantoms.grid((37, 53, 29), (1.5, 2.0, 1.5), "PSR")
AXIAL = phantoms.grid((53, 47, 19), (1.1, 1.2, 4.0), "RAS", (2, 1, 3))
STILL = phantoms.series(SPINE, "T2w", SAGITTAL)


def error_mm(placed: AlignedStudy, key: str, truth: NDArray[np.float64]) -> float:
    """How far the placement is off at most along the spine."""
    spine = np.array([[0.0, 0.0, z] for z in range(-40, 41, 10)])
    apart = transform_points(placed.to_reference[key], spine) - transform_points(truth, spine)
    return float(np.linalg.norm(apart, axis=-1).max())


@pytest.mark.parametrize(
    ("role", "grid", "shift", "turn", "inverted"),
    [
        ("T1w", SAGITTAL, (1.0, -3.0, 4.0), (0, 0, 0), False),
        ("T1w_ce", SAGITTAL, (2.0, -1.0, 3.0), (2, -1, 3), False),
        ("T2w", AXIAL, (-3.0, 2.0, 2.0), (2, 1, -3), False),
        ("T2w_fs", phantoms.grid((53, 37, 29), (2.0, 1.5, 1.4), "ILA", (-3, 2, 6)), (-1.0, 2.0, 3.0), (1, 2, 0), True),
    ],
)
def test_a_known_motion_is_recovered_at_the_spine(
    role: Role, grid: Grid, shift: Triple, turn: Triple, inverted: bool
) -> None:
    moved = phantoms.motion(shift, turn)
    other = phantoms.series(
        SPINE, role, grid, key="moved", moved=moved, noise=0.05, seed=4, inverted=inverted, gain=3.0
    )
    placed = align(Study((STILL, other)))
    residual = placed.residual_mm["moved"]
    assert placed.refined["moved"]
    assert error_mm(placed, "moved", moved) < 0.3
    assert residual is not None
    assert residual < 0.6


@pytest.mark.parametrize(("role", "grid"), [("T1w", SAGITTAL), ("T2w", AXIAL), ("T1w_ce", AXIAL)])
def test_a_study_without_motion_is_not_made_worse(role: Role, grid: Grid) -> None:
    placed = align(Study((STILL, phantoms.series(SPINE, role, grid, key="same", noise=0.05, seed=5))))
    assert error_mm(placed, "same", np.eye(4)) < 0.2
    residual = placed.residual_mm["same"]
    assert residual is not None
    assert residual < 0.6


def test_placing_twice_gives_the_same_numbers() -> None:
    study = Study((STILL, phantoms.series(SPINE, "T1w", SAGITTAL, moved=phantoms.motion((1, 2, -2)))))
    first, second = align(study), align(study)
    assert np.array_equal(first.to_reference["acq-sag_T1w"], second.to_reference["acq-sag_T1w"])
    assert first.residual_mm == second.residual_mm


def test_an_implausible_motion_is_refused_and_the_residual_says_so() -> None:
    far = phantoms.series(SPINE, "T2w", SAGITTAL, key="far", moved=phantoms.motion((3, 17, 3)))
    placed = align(Study((STILL, far)))
    assert not placed.refined["far"]
    residual = placed.residual_mm["far"]
    assert residual is None or residual > 5


def test_a_series_without_overlap_keeps_its_header_and_has_no_residual() -> None:
    lower = phantoms.series(
        SPINE, "T2w", phantoms.grid((37, 53, 29), (1.5, 2.0, 1.5), centre=(0, 0, -150)), key="lower"
    )
    placed = align(Study((STILL, lower)))
    assert np.array_equal(placed.to_reference["lower"], np.eye(4))
    assert placed.residual_mm["lower"] is None
    assert not placed.refined["lower"]


def test_noise_that_shows_no_spine_is_not_matched() -> None:
    assert STILL.volume is not None
    random = np.random.default_rng(1).normal(300, 50, STILL.volume.shape).astype(np.float32)
    noise = replace(STILL, key="noise", role="T1w", volume=replace(STILL.volume, voxels=random))
    placed = align(Study((STILL, noise)))
    assert not placed.refined["noise"]
    assert placed.residual_mm["noise"] is None


def test_another_frame_of_reference_is_moved_only_by_the_images() -> None:
    moved = phantoms.motion((0, 3, -2))
    other = phantoms.series(SPINE, "T1w", SAGITTAL, key="other", moved=moved, frame="9.9")
    apart = phantoms.series(
        SPINE, "T1w", phantoms.grid((37, 53, 29), centre=(0, 0, 200)), key="apart", frame="9.8", samples=1
    )
    placed = align(Study((STILL, other, apart)))
    assert placed.refined["other"]
    assert error_mm(placed, "other", moved) < 0.3
    assert placed.residual_mm["apart"] is None
    assert placed.reference is not None
    assert placed.reference.same_as(SAGITTAL)


def test_a_study_of_one_series_is_its_own_reference() -> None:
    placed = align(Study((STILL,)))
    assert placed.reference is not None
    assert placed.reference.same_as(SAGITTAL)
    assert placed.residual_mm == {STILL.key: 0.0}
    assert placed.refined == {STILL.key: False}


def test_a_study_without_images_has_no_reference() -> None:
    placed = align(Study((replace(STILL, volume=None, role="radiograph"),)))
    assert placed.reference is None
    assert placed.to_reference == {}


def test_voxels_are_left_as_they_are() -> None:
    other = phantoms.series(SPINE, "T1w", SAGITTAL, moved=phantoms.motion((1, 2, -2)))
    assert other.volume is not None
    before = other.volume.digest
    placed = align(Study((STILL, other)))
    kept = placed.study.find(other.key).volume
    assert kept is other.volume
    assert kept.digest == before


def test_importing_the_room_does_not_load_simpleitk() -> None:
    code = "import sys, thecal.alignment; sys.exit('SimpleITK' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )
