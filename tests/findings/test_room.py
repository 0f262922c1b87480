"""The reading as a whole: every sign is said or said not to be assessed, whatever the order of the voxels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import phantoms
import pytest
from findings import spines
from hypothesis import given, settings
from hypothesis import strategies as st

import thecal.findings as room
from thecal.findings import room as rows
from thecal.findings.stated import PERSON
from thecal.records import PATIENT, Finding, NotAssessed, Segmentation

# Signs that a coarse image, or one in another plane, may leave unassessed: a centre apart from its rim, the cord's surface, the
# whole canal or several vertebrae in view.
NEEDS_FINE_VOXELS = ("target_sign", "canal_stenosis", "siderosis_or_subarachnoid_blood", "vertebral_lesion")
CODES = {module.CODE for module in room.MODULES}
PLACED = spines.study(spines.INSIDE)
TRUTH = phantoms.truth(spines.INSIDE, PLACED)
EXPECTED = spines.case("inside")


def test_the_tuple_the_folder_and_the_vocabulary_agree() -> None:
    folder = {path.stem for path in Path(room.__file__).parent.glob("*.py")}
    assert folder & set(spines.VOCABULARY.findings) == CODES
    for module in room.MODULES:
        assert module.__name__.rsplit(".", 1)[1] == module.CODE
        assert module.SUBJECT in ("lesion", "patient")


def test_what_is_told_and_what_is_of_the_patient_stands_in_the_vocabulary() -> None:
    assert set(PERSON) | set(rows.OF_THE_PATIENT) <= set(spines.VOCABULARY.findings)
    assert not set(PERSON) & (CODES | set(rows.OF_THE_PATIENT))
    assert len(room.MODULES) == len(CODES)


def test_every_imaging_sign_is_said_or_said_not_to_be_assessed() -> None:
    for name in ("inside", "healthy"):
        reading = spines.case(name)
        everything: tuple[Finding | NotAssessed, ...] = (*reading.findings, *reading.not_assessed)
        pairs = [(one.code, one.subject) for one in everything]
        assert {code for code, _ in pairs} == set(spines.VOCABULARY.findings) - set(PERSON)
        assert len(pairs) == len(set(pairs))


def test_states_and_units_are_those_of_the_vocabulary() -> None:
    for name in ("inside", "outside", "coat", "cysts"):
        for finding in spines.case(name).findings:
            term = spines.VOCABULARY.findings[finding.code]
            assert (finding.value is not None) == (term.kind == "number")
            if finding.probabilities is not None:
                assert set(finding.probabilities) <= set(term.states)
                assert sum(finding.probabilities.values()) == pytest.approx(1)
                assert all(0 <= p <= 1 for p in finding.probabilities.values())


def test_each_finding_points_at_a_place_of_a_series_and_says_how() -> None:
    for finding in spines.case("inside").findings:
        assert finding.where is not None
        assert finding.where.series_key in PLACED.to_reference
        assert finding.method
        assert finding.basis == "measured"
        if finding.subject != PATIENT:
            assert np.hypot(finding.where.x, finding.where.y) < 20
            assert abs(finding.where.z) < 20


def test_a_study_without_lesion_has_no_sign_of_one() -> None:
    reading = spines.case("healthy")
    lesion_codes = {module.CODE for module in room.MODULES if module.SUBJECT == "lesion"}
    assert not {one.code for one in reading.findings} & lesion_codes
    assert all(one.reason == "no lesion was called" for one in reading.not_assessed if one.code in lesion_codes)


def test_an_empty_segmentation_is_read_without_a_hole() -> None:
    placed = spines.study(spines.INSIDE)
    assert spines.read(placed, Segmentation()).findings == ()


def test_a_module_that_breaks_down_leaves_a_hole_and_the_rest_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    module = next(one for one in room.MODULES if one.CODE == "t2_signal")

    def break_down(*_: object) -> Finding:
        raise ZeroDivisionError("no cord")

    monkeypatch.setattr(module, "measure", break_down)
    reading, holes = room.measure(placed, phantoms.truth(spines.INSIDE, placed), spines.VOCABULARY, reading_id="r")
    assert [hole.stage for hole in holes] == ["measure t2_signal"]
    assert spines.gap(reading, "t2_signal") == "its measurement failed"
    assert spines.seen(reading, "compartment").state == "intramedullary"


def test_missing_sequences_are_named() -> None:
    reading = spines.case("inside", ("T2w",))
    assert spines.gap(reading, "t1_signal") == "no T1w before contrast"
    reading = spines.case("inside", ("T2w", "T1w"))
    assert spines.gap(reading, "enhancement") == "no post-contrast T1w"
    assert spines.gap(reading, "enhancement_pattern") == "no post-contrast T1w"


def test_a_series_beside_the_lesion_does_not_speak_for_it() -> None:
    away = phantoms.grid(centre=(0, 0, -130))
    reading = spines.reading_of(spines.INSIDE, grids={"T1w_ce": away})
    assert spines.gap(reading, "enhancement") == "post-contrast T1w does not cover the lesion"


def test_an_unsure_role_does_not_count() -> None:
    placed = spines.study(spines.INSIDE)
    unsure = tuple(replace(one, role_confidence=0.3) if one.role == "T1w_ce" else one for one in placed.study.series)
    doubtful = replace(placed, study=replace(placed.study, series=unsure))
    reading = spines.read(doubtful, phantoms.truth(spines.INSIDE, doubtful))
    assert spines.gap(reading, "enhancement") == "no series is surely post-contrast T1w"


@settings(max_examples=4, derandomize=True, deadline=None)
@given(st.permutations((0, 1, 2)), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_order_of_the_voxels_is_nothing(order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> None:
    reading = spines.read(phantoms.turned(PLACED, order, flips), phantoms.turned_maps(TRUTH, order, flips))
    assert {(one.code, one.reason) for one in reading.not_assessed} == {
        (o.code, o.reason) for o in EXPECTED.not_assessed
    }
    for finding in reading.findings:
        before = spines.seen(EXPECTED, finding.code)
        assert finding.probabilities == pytest.approx(before.probabilities, abs=1e-4)
        assert finding.value == pytest.approx(before.value, abs=1e-4)
        assert finding.measurement is not None
        assert before.measurement is not None
        assert finding.measurement.value == pytest.approx(before.measurement.value, abs=1e-3)


@pytest.mark.parametrize("spacing", [(1.2, 1.5, 1.0), (1.8, 2.4, 1.6), (1.0, 1.6, 3.3)])
def test_other_voxels_give_the_same_states(spacing: tuple[float, float, float]) -> None:
    shape = (round(55 / spacing[0]), round(106 / spacing[1]), round(35 / spacing[2]))
    grid = phantoms.grid(shape, spacing)
    reading = spines.reading_of(spines.INSIDE, grids=dict.fromkeys(spines.FULL, grid))
    for finding in EXPECTED.findings:
        if finding.code in NEEDS_FINE_VOXELS and isinstance(spines.sign(reading, finding.code), NotAssessed):
            continue
        other = spines.seen(reading, finding.code)
        assert other.state == finding.state
        if finding.value is not None:
            assert other.value == pytest.approx(32 / 22, rel=0.1)


def test_an_axial_series_tells_the_same_as_a_sagittal_one() -> None:
    grid = phantoms.grid((53, 43, 25), (0.9, 1.1, 4.0), "LPS", (3, 2, 4))
    reading = spines.reading_of(spines.INSIDE, grids=dict.fromkeys(spines.FULL, grid))
    for finding in EXPECTED.findings:
        if finding.code in NEEDS_FINE_VOXELS and isinstance(spines.sign(reading, finding.code), NotAssessed):
            continue
        other = spines.seen(reading, finding.code)
        assert other.state == finding.state
        if finding.value is not None:
            assert other.value == pytest.approx(finding.value, abs=4.0 / 22)


def test_motion_between_series_is_taken_out_by_the_transforms() -> None:
    pose = phantoms.motion((2.0, -3.0, 4.0), (2, -1, 3))
    placed = spines.study(spines.INSIDE, moved={"T1w_ce": pose})
    reading = spines.read(placed, phantoms.truth(spines.INSIDE, placed))
    for code in ("enhancement", "enhancement_pattern"):
        assert spines.seen(reading, code).state == spines.seen(EXPECTED, code).state
    gain = spines.value(spines.seen(reading, "enhancement"))
    assert gain == pytest.approx(spines.value(spines.seen(EXPECTED, "enhancement")), rel=0.1)


def test_maps_on_one_series_serve_the_others() -> None:
    only = replace(
        TRUTH, anatomy={"acq-sag_T2w": TRUTH.anatomy["acq-sag_T2w"]}, lesion={"acq-sag_T2w": TRUTH.lesion["acq-sag_T2w"]},
        composed_anatomy=None, composed_lesion=None, composed_instances=None,
    )  # fmt: skip
    reading = spines.read(PLACED, only)
    for finding in EXPECTED.findings:
        assert spines.seen(reading, finding.code).state == finding.state


def test_a_study_without_contrast_says_nothing_of_enhancement() -> None:
    for name in ("inside", "outside", "healthy"):
        reading = spines.case(name, ("T2w", "T1w"))
        assert not [one for one in reading.findings if "enhance" in one.code or "leptomeningeal" in one.code]
        for code in ("enhancement", "enhancement_pattern", "leptomeningeal_pattern"):
            assert isinstance(spines.sign(reading, code), NotAssessed)


def test_lesion_signs_of_two_lesions_stand_apart() -> None:
    spine = phantoms.Spine(
        blobs=(
            phantoms.Blob(1, (0, 0, 25), (4, 3, 6), spines.TUMOUR, within="cord"),
            phantoms.Blob(
                2, (0, 6.5, -25), (5, 3, 7), {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 1.0}, within="csf", instance=2
            ),
        )
    )
    reading = spines.reading_of(spine)
    assert spines.seen(reading, "compartment", 1).state == "intramedullary"
    assert spines.seen(reading, "compartment", 2).state == "intradural_extramedullary"
    assert spines.seen(reading, "enhancement", 1).state == "marked"
    assert spines.seen(reading, "enhancement", 2).state == "absent"
    assert reading.find("lesion_count", PATIENT) is not None
