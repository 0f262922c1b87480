"""What a reader draws, erases, names and sets by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import phantoms
import pytest
from findings.spines import study
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal import corrections
from thecal.records import AlignedStudy, CallWrong, Change, Drawn, Edit, Finding, Grid, Named, Segmentation
from thecal.records.geometry import transform_points, voxel_to_mm

SPINE = Spine(
    blobs=(
        Blob(1, (0, 0, 20), (4, 4, 9), {"T2w": 1.8, "T1w_ce": 1.8}, within="cord"),
        Blob(1, (0, 7, -20), (4, 3, 7), {"T2w": 1.0, "T1w_ce": 2.2}, instance=2, within="csf"),
    )
)


@cache
def case() -> tuple[AlignedStudy, Segmentation]:
    aligned = study(SPINE, ("T2w", "T1w_ce"))
    return aligned, phantoms.truth(SPINE, aligned)


def reference() -> Grid:
    grid = case()[0].reference
    assert grid is not None
    return grid


def place_of(number: int) -> NDArray[np.intp]:
    composed = case()[1].composed_instances
    assert composed is not None
    return np.flatnonzero(composed.volume.voxels.ravel(order="F") == number)


def drawn(*edits: Edit, undoes: int | None = None, at: str = "t1") -> Change:
    return Change("map/lesion", None, Drawn(edits, undoes), "A. Reader", at)


def after(*changes: Change) -> Segmentation:
    state = corrections.as_measured(case()[1])
    for change in corrections.effective(changes):
        state = corrections.redraw(state, case()[0], change)
    return state.segmentation


def runs(places: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    return corrections.runs_of(np.sort(places))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.sets(st.integers(0, 400)))
def test_runs_and_places_are_one_another(places: set[int]) -> None:
    held = np.array(sorted(places), np.intp)
    assert corrections.indices(corrections.runs_of(held), 401).tolist() == held.tolist()


def test_runs_beyond_the_grid_are_refused() -> None:
    with pytest.raises(CallWrong):
        corrections.indices([(395, 7)], 401)


def test_a_drawn_voxel_bears_its_tissue_and_its_lesion_and_the_series_own_map_follows() -> None:
    beside = place_of(1) + 1
    made = after(drawn(Edit(4, 1, runs(np.setdiff1d(beside, place_of(1))))))
    assert made.composed_lesion is not None
    assert made.composed_instances is not None
    new = np.setdiff1d(beside, place_of(1))
    assert set(made.composed_lesion.volume.voxels.ravel(order="F")[new].tolist()) == {4}
    assert set(made.composed_instances.volume.voxels.ravel(order="F")[new].tolist()) == {1}
    own = made.lesion["acq-sag_T2w"].volume.voxels.ravel(order="F")[new]
    assert set(own.tolist()) == {4}
    first = made.lesions[0]
    assert first.volume_mm3 > case()[1].lesions[0].volume_mm3
    assert first.tissues == (1, 4)
    assert first.confidence == 1.0


def test_a_lesion_that_is_not_touched_stays_as_it_was() -> None:
    made = after(drawn(Edit(0, 0, runs(place_of(1)))))
    assert made.lesions == (case()[1].lesions[1],)


def test_an_erased_lesion_is_gone_and_comes_back_as_the_same_when_it_is_drawn_again() -> None:
    erase, again = drawn(Edit(0, 0, runs(place_of(2)))), drawn(Edit(1, 2, runs(place_of(2))), at="t2")
    assert [one.instance for one in after(erase).lesions] == [1]
    assert after(erase, again).lesions[1].tracking_uid == case()[1].lesions[1].tracking_uid


def test_what_is_undone_at_once_is_as_if_it_had_never_been_drawn() -> None:
    erase = drawn(Edit(0, 0, runs(place_of(2))))
    undo = drawn(Edit(1, 2, runs(place_of(2))), undoes=1, at="t2")
    assert after(erase, undo) is case()[1]


def test_what_is_undone_later_is_drawn_back() -> None:
    first, second = drawn(Edit(0, 0, runs(place_of(2)))), drawn(Edit(4, 1, runs(place_of(1)[:5])), at="t2")
    undo = drawn(Edit(1, 2, runs(place_of(2))), undoes=1, at="t3")
    made = after(first, second, undo)
    assert [one.instance for one in made.lesions] == [1, 2]
    assert made.lesions[0].tissues == (1, 4)


def test_the_opposite_of_a_drawing_takes_it_back() -> None:
    edit = Edit(4, 1, ((int(place_of(1)[0]) - 3, 12), (int(place_of(2)[0]), 4)))
    back = corrections.opposite(case()[1], reference(), Drawn((edit,)))
    made = after(drawn(edit), drawn(*back.edits, at="t2"))
    for name in ("composed_lesion", "composed_instances"):
        assert np.array_equal(getattr(made, name).volume.voxels, getattr(case()[1], name).volume.voxels)


def test_a_new_number_is_a_new_lesion_with_a_place_a_compartment_and_levels() -> None:
    composed = case()[1].composed_anatomy
    assert composed is not None
    cord = np.argwhere(composed.volume.voxels == 1)
    middle = cord[len(cord) // 2]
    near = np.abs(cord - middle).max(axis=1) <= 1
    flat = np.ravel_multi_index(tuple(cord[near].T), composed.volume.shape, order="F")
    made = after(drawn(Edit(2, 7, runs(flat))))
    lesion = made.lesions[-1]
    assert lesion.instance == 7
    assert lesion.tracking_uid.startswith("2.25.")
    assert max(lesion.compartment, key=lambda one: lesion.compartment[one]) == "intramedullary"
    assert len(lesion.levels) >= 1
    series = case()[0].study.find(lesion.where.series_key)
    assert series.volume is not None
    shown = transform_points(case()[0].to_reference[series.key], [lesion.where.x, lesion.where.y, lesion.where.z])
    assert np.linalg.norm(shown - voxel_to_mm(reference(), middle)) < 8


def test_naming_one_vertebra_renames_all_and_their_discs() -> None:
    composed = case()[1].composed_anatomy
    assert composed is not None
    codes = [int(code) for code in np.unique(composed.volume.voxels) if 21 <= code <= 32]
    middle = np.argwhere(composed.volume.voxels == codes[1]).mean(axis=0)
    point = voxel_to_mm(reference(), middle)
    name = f"T{codes[1] - 20 + 2}"
    named = Change("map/anatomy", None, Named((point[0], point[1], point[2]), name), "A. Reader", "t1")
    made = after(named)
    assert made.composed_anatomy is not None
    for code in codes[1:]:
        moved = made.composed_anatomy.volume.voxels[composed.volume.voxels == code]
        assert set(moved.tolist()) == {code + 2}
    own = made.anatomy["acq-sag_T2w"].volume.voxels
    assert set(own[case()[1].anatomy["acq-sag_T2w"].volume.voxels == codes[1]].tolist()) == {codes[1] + 2}
    assert (own == 1).sum() == (case()[1].anatomy["acq-sag_T2w"].volume.voxels == 1).sum()


def test_the_last_thoracic_vertebra_is_followed_by_the_first_lumbar_and_its_disc() -> None:
    order = ["T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1"]
    table = corrections._table((order, 1))
    assert table[[31, 32, 41, 45, 50]].tolist() == [32, 41, 42, 50, 0]
    assert table[[82, 91, 92, 100]].tolist() == [91, 92, 93, 0]
    with_l6 = corrections._table(([*order[:-1], "L6", "S1"], 1))
    assert with_l6[[45, 96, 46]].tolist() == [46, 100, 50]


def test_without_labelled_vertebrae_no_level_can_be_named() -> None:
    bare = corrections.as_measured(Segmentation())
    with pytest.raises(CallWrong, match="vertebrae"):
        corrections.redraw(bare, case()[0], Change("map/anatomy", None, Named((0, 0, 0), "T7"), "A", "t"))


def test_a_sign_of_an_erased_lesion_goes_with_it() -> None:
    from thecal.records import Reading

    finding = Finding("margins", "2.25.9", "corrected", {"well_defined": 1.0})
    change = Change("2.25.9/margins", None, finding, "A. Reader", "t1")
    reading = corrections.correct(Reading("r"), [change], "s")
    assert reading.findings == ()
    assert reading.changes == (change,)


def test_a_drawing_touches_its_lesion_and_no_far_one_and_naming_a_vertebra_touches_all() -> None:
    before = case()[1]
    one, two = (lesion.tracking_uid for lesion in before.lesions)
    composed = before.composed_instances
    assert composed is not None
    height = voxel_to_mm(reference(), np.argwhere(composed.volume.voxels == 1))[:, 2]
    inside = np.argwhere(composed.volume.voxels == 1)
    top = inside[height > np.quantile(height, 0.8)]
    flat = np.ravel_multi_index(tuple(top.T), composed.volume.shape, order="F")
    assert corrections.touched(before, before) == frozenset()
    assert corrections.touched(before, after(drawn(Edit(0, 0, runs(flat))))) == frozenset({one})
    assert corrections.touched(before, after(drawn(Edit(0, 0, runs(place_of(1)))))) == frozenset()
    beside = drawn(Edit(3, 1, runs(place_of(2)[:5] - 1)))
    assert corrections.touched(before, after(beside)) == frozenset({one, two})
    named = Change("map/anatomy", None, Named((0.0, -20.0, 0.0), "T6"), "A. Reader", "t1")
    assert corrections.touched(before, after(named)) is None
