"""The axis follows the cord, and sections across it have their true size."""

from __future__ import annotations

from typing import cast

import numpy as np
import phantoms
import pytest
from findings import spines

from thecal.findings.axis import Axis, along_map, axis_of, extent, sections
from thecal.findings.views import look

PLACED = spines.study(spines.INSIDE, ("T2w",))
VIEW = look(PLACED, spines.truth(spines.INSIDE, PLACED), "acq-sag_T2w")
AXIS = cast("Axis", axis_of(VIEW))


def test_the_axis_runs_through_the_middle_of_the_cord() -> None:
    inside = AXIS.nodes[(AXIS.along >= AXIS.low) & (AXIS.along <= AXIS.high)]
    off = inside[:, :2] - spines.INSIDE.centre(inside[:, 2])
    assert np.abs(off[5:-5]).max() < 0.8


def test_front_and_right_are_those_of_the_patient() -> None:
    node = AXIS.nodes[len(AXIS.nodes) // 2]
    along, right, front = AXIS.locate(node + np.array([[5.0, 0, 0], [0, 4.0, 0]]))
    assert right[0] == pytest.approx(5, abs=0.1)
    assert front[1] == pytest.approx(4, abs=0.1)
    assert np.abs(front[0]) < 0.3
    assert along[0] == pytest.approx(along[1], abs=0.5)


def test_sections_have_the_area_and_the_widths_of_the_cord() -> None:
    placed = spines.study(phantoms.Spine(), ("T2w",))
    view = look(placed, spines.truth(phantoms.Spine(), placed), "acq-sag_T2w")
    axis = axis_of(view)
    assert axis is not None
    cord = sections(view, axis, view.cord)
    middle = slice(4, -4)
    assert np.median(cord.area[middle]) == pytest.approx(np.pi * 6.5 * 4.5, rel=0.04)
    assert np.median(cord.width[middle]) == pytest.approx(13, rel=0.05)
    assert np.median(cord.depth[middle]) == pytest.approx(9, rel=0.05)


def test_the_map_along_the_axis_agrees_with_the_axis() -> None:
    everywhere = along_map(VIEW, AXIS)
    here = np.argwhere(VIEW.in_dura)[::97]
    exact = AXIS.locate(phantoms.points_of(VIEW.grid)[tuple(here.T)])[0]
    assert np.abs(everywhere[tuple(here.T)] - exact).max() < 0.4


def test_the_extent_of_a_lesion_is_its_length() -> None:
    low, high = extent(VIEW, AXIS, VIEW.tissue > 0)
    assert high - low == pytest.approx(32, abs=2.5)


def test_without_enough_of_cord_and_sac_there_is_no_axis() -> None:
    bare = spines.without(spines.truth(spines.INSIDE, PLACED), 1, 2)
    assert axis_of(look(PLACED, bare, "acq-sag_T2w")) is None
