"""What several series say, brought together."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.records import Grid, Volume
from thecal.segmentation.composition import Voice, compose, part_of, weight_of, window

GRID = Grid((9, 11, 7), np.diag([2.0, 2.0, 2.0, 1.0]))


def voice(probability: float, told: float = 1.0, weight: float = 0.5, grid: Grid = GRID) -> Voice:
    values = [Volume(np.full(grid.shape, value, dtype=np.float32), grid.affine) for value in (probability, told)]
    return Voice(values[0], values[1], np.eye(4), weight)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.floats(0.03, 0.97))
def test_one_series_alone_is_believed_as_it_speaks(probability: float) -> None:
    assert compose(GRID, [voice(probability)])[0][4, 5, 3] == pytest.approx(probability, abs=1e-3)


def test_agreement_sharpens_and_discord_softens() -> None:
    alone = compose(GRID, [voice(0.8)])[0][4, 5, 3]
    assert compose(GRID, [voice(0.8), voice(0.8)])[0][4, 5, 3] > alone
    assert compose(GRID, [voice(0.8), voice(0.2)])[0][4, 5, 3] == pytest.approx(0.5, abs=1e-3)


def test_the_finer_series_has_the_louder_word() -> None:
    assert compose(GRID, [voice(0.8, weight=1.0), voice(0.2, weight=0.3)])[0][4, 5, 3] > 0.5
    fine, thick = phantoms.grid(spacing=(1, 1, 1)), phantoms.grid(spacing=(0.6, 0.6, 6.0))
    assert weight_of(fine) > weight_of(thick)


def test_where_nothing_was_looked_at_nothing_is_said() -> None:
    together, seen = compose(GRID, [voice(0.9, told=0.0)])
    assert not seen.any()
    assert not together.any()


def test_silence_adds_nothing_when_a_prior_is_told() -> None:
    assert compose(GRID, [voice(0.15), voice(0.15)], prior=0.15)[0][4, 5, 3] == pytest.approx(0.15, abs=1e-3)


def test_the_window_holds_what_was_drawn_and_its_grid_lies_there() -> None:
    reference = Grid((40, 40, 40), np.diag([2.0, 2.0, 2.0, 1.0]))
    values = np.zeros(reference.shape, dtype=np.float32)
    values[10:14, 20:23, 5:30] = 1
    said = Volume(values, reference.affine)
    box = window(reference, [Voice(said, said, np.eye(4), 1.0)])
    assert box is not None
    assert box[0].start <= 10 < 14 <= box[0].stop <= 18
    part = part_of(reference, box)
    assert np.allclose(part.affine[:3, 3], [2.0 * each.start for each in box])


def test_nothing_drawn_has_no_window() -> None:
    assert window(GRID, [voice(0.0)]) is None
