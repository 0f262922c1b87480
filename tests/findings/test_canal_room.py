"""Neighbours of a place along the spine, and the sections they are taken from."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from findings import spines
from phantoms import Spine

from thecal.findings.canal_room import beside, room_of

ALONG = np.arange(0.0, 90.0, 3.0)


def test_both_sides_count_the_same_however_many_they_are() -> None:
    values = np.where(ALONG < 40, 10.0, 20.0)
    found = beside(values, ALONG, 40.0, 5.0, 20.0)
    assert found is not None
    assert found[0] == pytest.approx(15.0)
    assert found[1] > 0


def test_a_single_neighbour_is_none() -> None:
    assert beside(np.ones(2), np.array([0.0, 3.0]), -4.0, 5.0, 20.0) is None
    assert beside(np.ones(0), np.zeros(0), 0.0, 5.0, 20.0) is None


def test_the_sac_of_a_known_size_is_recovered_and_one_too_short_is_none() -> None:
    spine = Spine(bend_mm=0.0)
    placed = spines.study(spine, ("T2w",))
    room = room_of(placed, phantoms.truth(spine, placed))
    assert room is not None
    assert float(np.median(room.sac.depth)) == pytest.approx(18.0, rel=0.06)
    assert float(np.median(room.sac.area)) == pytest.approx(np.pi * 11 * 9, rel=0.06)
    assert room.canal is None
    short = spines.study(spine, ("T2w",), grids={"T2w": phantoms.grid((37, 25, 29), (1.5, 2.0, 1.2))})
    assert room_of(short, phantoms.truth(spine, short)) is None
