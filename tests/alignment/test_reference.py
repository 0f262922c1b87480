"""Which image the others are placed against, and how far its grid reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import phantoms
import pytest
from numpy.typing import NDArray

from thecal.alignment.reference import overlap, pick_reference, span
from thecal.records import Grid, Role, Series, Study
from thecal.records.geometry import mm_to_voxel

SAGITTAL = phantoms.grid((9, 37, 53), (3.5, 1.5, 2.0), "RPS")
AXIAL = phantoms.grid((53, 37, 9), (1.1, 1.2, 6.0), "RAS", (2, 1, 3))


def one(role: Role, grid: Grid, key: str) -> Series:
    return replace(phantoms.series(phantoms.Spine(), "T2w", grid, key=key, samples=1), role=role)


def test_the_sagittal_t2w_is_the_reference() -> None:
    study = Study((one("T1w", SAGITTAL, "a"), one("T2w", AXIAL, "b"), one("T2w", SAGITTAL, "c")))
    chosen = pick_reference(study)
    assert chosen is not None
    assert chosen.key == "c"


def test_without_a_sagittal_t2w_the_best_sagittal_image_is() -> None:
    study = Study((one("T2w", AXIAL, "a"), one("T1w_ce", SAGITTAL, "b"), one("T1w", SAGITTAL, "c")))
    chosen = pick_reference(study)
    assert chosen is not None
    assert chosen.key == "c"


def test_without_sagittal_images_the_best_image_is() -> None:
    study = Study((one("localizer", SAGITTAL, "a"), one("T1w", AXIAL, "b"), one("T2w", AXIAL, "c")))
    chosen = pick_reference(study)
    assert chosen is not None
    assert chosen.key == "c"


def test_the_grid_holds_the_other_station_on_the_reference_lattice() -> None:
    upper, lower = one("T2w", SAGITTAL, "u"), one("T2w", replace(SAGITTAL, affine=_down(SAGITTAL.affine, 80)), "l")
    whole = span(upper, Study((upper, lower)))
    assert whole.shape[2] > SAGITTAL.shape[2]
    corner = mm_to_voxel(SAGITTAL, whole.affine[:3, 3])
    assert np.allclose(corner, np.round(corner), atol=1e-6)
    assert np.allclose(whole.affine[:3, :3], SAGITTAL.affine[:3, :3])


def test_a_wide_axial_block_does_not_widen_the_grid() -> None:
    wide = phantoms.grid((153, 137, 9), (1.1, 1.2, 6.0), "RAS", (0, 0, 0))
    assert span(one("T2w", SAGITTAL, "s"), Study((one("T2w", SAGITTAL, "s"), one("T1w", wide, "a")))).same_as(SAGITTAL)


def test_overlap_tells_content_and_share() -> None:
    content, share = overlap(SAGITTAL, SAGITTAL)
    assert share == pytest.approx(1, abs=0.15)
    assert content == pytest.approx(9 * 3.5 * 37 * 1.5 * 53 * 2 / 1000, rel=0.15)
    assert overlap(SAGITTAL, replace(SAGITTAL, affine=_down(SAGITTAL.affine, 500)))[0] == 0


def _down(affine: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    moved = affine.copy()
    moved[2, 3] -= by
    return moved
