"""Vertebrae are counted from labels, whichever are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import phantoms
import pytest
from findings import spines

from thecal.findings.levels import levels_of
from thecal.records import AlignedStudy

PLACED = spines.study(phantoms.Spine(), ("T2w",))
MAPS = spines.truth(phantoms.Spine(), PLACED)
CANAL = np.array([[0.0, 0.0, z] for z in (-33.0, -11.0, 0.0, 22.0)])
COUNTS = [10 + (44 - z) / 22 for z in CANAL[:, 2]]


@pytest.mark.parametrize("missing", [(), tuple(range(63, 101)), (24, 74), (25,)])
def test_the_count_is_the_same_from_discs_and_from_vertebrae(missing: tuple[int, ...]) -> None:
    levels = levels_of(PLACED, spines.without(MAPS, *missing))
    assert levels is not None
    assert levels.at(CANAL) == pytest.approx(COUNTS, abs=0.12)
    assert levels.name(12.2) == "T5"


def test_labels_of_a_moved_series_are_carried_to_the_reference() -> None:
    pose = phantoms.motion((0, 0, 22.0))
    moved = AlignedStudy(PLACED.study, PLACED.reference, {"acq-sag_T2w": pose}, {}, {})
    levels = levels_of(moved, replace(MAPS, composed_anatomy=None))
    assert levels is not None
    assert levels.at(CANAL + np.array([0, 0, 22.0])) == pytest.approx(COUNTS, abs=0.12)


def test_one_vertebra_is_too_few() -> None:
    keep = {25}
    assert levels_of(PLACED, spines.without(MAPS, *(code for code in range(11, 101) if code not in keep))) is None
