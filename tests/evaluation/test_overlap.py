"""Overlap and distance of two drawings recover what was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from thecal.evaluation import ANY, compare, detect
from thecal.evaluation.overlap import dice, hd95_mm
from thecal.records import LabelMap, Volume

SHAPE = (37, 53, 29)
OBLIQUE = np.array([[0.0, 0.1, 3.3, -20.0], [0.8, 0.05, 0.2, -60.0], [-0.05, 0.79, 0.1, 400.0], [0.0, 0.0, 0.0, 1.0]])
SPACING = np.linalg.norm(OBLIQUE[:3, :3], axis=0)


def box(low: tuple[int, int, int], high: tuple[int, int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


def label_map(*boxes: tuple[int, NDArray[np.bool_]]) -> LabelMap:
    voxels = np.zeros(SHAPE, dtype=np.int16)
    for label, mask in boxes:
        voxels[mask] = label
    return LabelMap(Volume(voxels, OBLIQUE), {}, None, "")


HERE, BESIDE = box((10, 10, 10), (20, 20, 20)), box((13, 10, 10), (23, 20, 20))


def test_the_same_drawing_twice_agrees_wholly() -> None:
    assert dice(HERE, HERE) == 1
    assert hd95_mm(HERE, HERE, SPACING) == 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_shifted_box_lies_as_far_apart_as_it_was_moved(axis: int) -> None:
    moved = np.roll(HERE, 3, axis=axis)
    assert dice(HERE, moved) == pytest.approx(0.7)
    assert hd95_mm(HERE, moved, SPACING) == pytest.approx(3 * SPACING[axis])


def test_one_drawing_of_two_shares_nothing_and_has_no_distance() -> None:
    nothing = np.zeros(SHAPE, dtype=bool)
    assert (dice(HERE, nothing), dice(nothing, nothing)) == (0, None)
    assert hd95_mm(HERE, nothing, SPACING) is None


def test_a_few_stray_voxels_do_not_rule_the_distance() -> None:
    stray = HERE.copy()
    stray[35, 50, 28] = True
    assert hd95_mm(stray, HERE, SPACING) == 0


def test_a_box_at_the_edge_has_its_surface_there() -> None:
    edge = box((0, 0, 0), (5, 5, 5))
    assert hd95_mm(edge, np.roll(edge, 2, axis=0), SPACING) == pytest.approx(2 * SPACING[0])


def test_labels_are_compared_each_and_together() -> None:
    ours = label_map((1, HERE), (3, box((25, 10, 10), (27, 20, 20))))
    theirs = label_map((1, BESIDE))
    every, first, third = compare(ours, theirs, {1: "tumour"})
    assert (every.label, every.name, first.name, third.name) == (ANY, "any label", "tumour", "label 3")
    assert first.dice == pytest.approx(0.7)
    assert (third.dice, third.hd95_mm) == (0, None)
    voxel = ours.volume.grid.voxel_volume_mm3
    assert first.ours_mm3 == pytest.approx(1000 * voxel)
    assert every.difference_mm3 == pytest.approx(200 * voxel)


def test_lesions_are_found_missed_or_without_counterpart() -> None:
    far, other = box((30, 40, 2), (33, 44, 5)), box((2, 40, 20), (5, 44, 23))
    found = detect(label_map((1, BESIDE), (8, far)), label_map((1, HERE), (2, other)))
    assert (found.found, found.theirs, found.false) == (1, 2, 1)


def test_which_way_the_comparison_runs_changes_neither_dice_nor_distance() -> None:
    one = compare(label_map((1, HERE)), label_map((1, BESIDE)), {})[0]
    other = compare(label_map((1, BESIDE)), label_map((1, HERE)), {})[0]
    assert (one.dice, one.hd95_mm) == (other.dice, other.hd95_mm)
