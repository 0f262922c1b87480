"""A lesion that stands out of the cord on one side is exophytic; one that swells the cord evenly is not."""

from __future__ import annotations

import numpy as np
import pytest
from findings import spines
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal.findings.exophytic import stand_out

CODE = "exophytic"
LEAST_SQUARES = np.linalg.lstsq


def test_an_even_swelling_is_not_exophytic_and_outside_the_cord_nothing_is_said() -> None:
    assert spines.seen(spines.case("inside"), CODE).state == "absent"
    assert "does not lie within the cord" in spines.gap(spines.case("outside"), CODE)


def test_an_ellipse_stands_out_nowhere_and_a_bump_does() -> None:
    grid = np.stack(np.meshgrid(np.arange(-12, 12, 0.4), np.arange(-12, 12, 0.4)), axis=-1).reshape(-1, 2)
    cord = (grid[:, 0] / 6.5) ** 2 + (grid[:, 1] / 4.5) ** 2 < 1
    bump = cord | (np.hypot(grid[:, 0] - 6, grid[:, 1]) < 4.5)
    assert stand_out(*grid[cord].T)[0] < 0.1
    share, turn = stand_out(*grid[bump].T)
    assert share > stand_out(*grid[cord].T)[0] + 0.05
    assert abs(turn) < 0.8


def test_a_bulge_out_of_the_cord_is_seen() -> None:
    spine = spines.with_blobs(
        Spine(),
        Blob(1, (0, 0, 0), (5, 4, 9), spines.TUMOUR, within="cord"),
        Blob(1, (6.5, 0, 0), (3.8, 3.5, 6), spines.TUMOUR),
    )
    finding = spines.seen(spines.reading_of(spine), CODE)
    assert spines.value(finding) > 0.25


def test_an_outline_seen_from_one_side_alone_still_has_its_ellipse() -> None:
    grid = np.stack(np.meshgrid(np.arange(2, 12, 0.4), np.arange(-12, 12, 0.4)), axis=-1).reshape(-1, 2)
    lump = grid[np.hypot(grid[:, 0] - 6, grid[:, 1]) < 4]
    ring = np.concatenate([lump[np.abs(lump[:, 1]) > 1.5], lump[lump[:, 0] > 8]])
    assert np.isfinite(stand_out(*ring.T)[0])


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.sets(st.integers(0, 23), min_size=1), st.floats(-6, 6), st.integers(0, 1000))
def test_whatever_is_missing_of_an_outline_no_fit_meets_a_number_that_is_none(
    held: set[int], aside: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    turn = np.concatenate([(-np.pi + (n + rng.random(9)) * np.pi / 12) for n in held])
    reach = np.sqrt(rng.random(turn.size)) * 6
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.linalg, "lstsq", _only_finite)
        share, at = stand_out(reach * np.cos(turn) + aside, 0.7 * reach * np.sin(turn))
    assert np.isfinite([share, at]).all()


def _only_finite(terms: NDArray[np.float64], told: NDArray[np.float64], rcond: None) -> object:
    assert np.isfinite(terms).all()
    assert np.isfinite(told).all()
    return LEAST_SQUARES(terms, told, rcond=rcond)
