"""Lesions are paired by level, and nothing is called new where levels are not named."""

from dataclasses import replace

import pytest
from examples import FIRST_UID, IDENTITY, SECOND_UID, lesions, reading, report

from thecal.comparison import compare, refuse_other_patient
from thecal.records import CallWrong, Identity, Lesion, Reading, Report


def earlier_with(*found: Lesion) -> Report:
    base = report()
    return replace(base, reading=replace(base.reading, reading_id="reading-0", lesions=found))


def now_with(*found: Lesion) -> Reading:
    return replace(reading(), lesions=found)


FIRST, SECOND = lesions()
LOWER = replace(SECOND, levels=("T8",))


def test_a_lesion_at_the_same_levels_is_a_pair_with_its_change_of_volume() -> None:
    then = replace(FIRST, tracking_uid="2.25.90", volume_mm3=2100.0)
    found = compare(now_with(FIRST), IDENTITY, earlier_with(then))
    (match,) = found.matches
    assert (match.kind, match.earlier_uid, match.tracking_uid) == ("pair", "2.25.90", FIRST_UID)
    assert match.change is not None
    assert match.change.value == pytest.approx(10.0)
    assert match.repeatability is None


def test_lesions_without_a_partner_are_new_or_vanished() -> None:
    then = replace(FIRST, tracking_uid="2.25.90")
    found = compare(now_with(LOWER), IDENTITY, earlier_with(then))
    assert {(m.kind, m.earlier_uid, m.tracking_uid) for m in found.matches} == {
        ("vanished", "2.25.90", None),
        ("new", None, SECOND_UID),
    }


def test_another_compartment_at_the_same_level_is_no_pair() -> None:
    outside = replace(FIRST, compartment={"intradural_extramedullary": 1.0})
    kinds = {match.kind for match in compare(now_with(outside), IDENTITY, earlier_with(FIRST)).matches}
    assert kinds == {"new", "vanished"}


def test_without_named_levels_nothing_is_called_new() -> None:
    found = compare(now_with(SECOND), IDENTITY, earlier_with(FIRST))
    assert found.matches == ()
    assert "not paired" in found.note


def test_a_study_that_does_not_say_who_the_patient_is_is_told() -> None:
    assert "who the patient is" in compare(now_with(FIRST), Identity(), earlier_with(FIRST)).note


def test_another_patient_is_refused_without_naming_anybody() -> None:
    with pytest.raises(CallWrong) as refusal:
        refuse_other_patient(replace(IDENTITY, patient_id="SIM-2"), IDENTITY)
    assert "another patient id" in str(refusal.value)
    assert "SIM" not in str(refusal.value)
    refuse_other_patient(Identity(), IDENTITY)
