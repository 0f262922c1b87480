"""Adequacy of the examination, rule by rule, as the text has them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from protocol.studies import WHOLE, body, full_study, rules, series, without

from thecal.protocol import check
from thecal.records import ProtocolCheck, Study

RULES = rules()


def codes(found: ProtocolCheck) -> set[str]:
    return {issue.code for issue in found.issues}


def test_a_full_study_answers_all_but_what_no_header_tells() -> None:
    found = check(full_study(), RULES)
    assert found.answerable == {
        "cystic_lesion": "yes", "extradural_lesion": "yes", "inflammatory_lesion": "yes", "vascular_lesion": "yes",
        "intramedullary_tumour": "yes", "intradural_extramedullary_tumour": "yes", "leptomeningeal_disease": "limited",
    }  # fmt: skip
    assert found.not_stated == ("contrast dose per kilogram", "delay from injection to acquisition")


@pytest.mark.parametrize("role", ["radiograph", "ct", "ct_myelogram"])
def test_radiographs_and_ct_cannot_exclude_leptomeningeal_disease_and_say_what_to_acquire(role: Any) -> None:
    found = check(Study((series(role, "axial"),)), RULES)
    assert found.answerable["leptomeningeal_disease"] == "no"
    (issue,) = [issue for issue in found.issues if issue.code == "leptomeningeal_disease/mri_missing"]
    assert "MRI is required" in issue.message
    (rule,) = [rule for rule in RULES if (rule.question, rule.code) == ("leptomeningeal_disease", "mri_missing")]
    assert "fat-suppressed T1" in rule.acquire


def test_an_unenhanced_study_may_look_normal_and_asks_for_contrast() -> None:
    found = check(without(full_study(), "T1w_ce"), RULES)
    assert found.answerable["leptomeningeal_disease"] == "no"
    (issue,) = [issue for issue in found.issues if issue.code == "leptomeningeal_disease/contrast_missing"]
    assert "may look normal" in issue.message


@pytest.mark.parametrize("left_out", WHOLE)
def test_a_level_left_out_after_contrast_makes_leptomeningeal_disease_unanswerable(left_out: str) -> None:
    part = tuple(region for region in WHOLE if region != left_out)
    study = without(full_study(), "T1w_ce")
    study = replace(study, series=(*study.series, series("T1w_ce", regions=part)))
    found = check(study, RULES)
    assert found.answerable["leptomeningeal_disease"] == "no"
    assert "leptomeningeal_disease/spine_not_covered" in codes(found)


def test_stations_cover_the_spine_between_them() -> None:
    study = without(full_study(), "T1w_ce")
    upper = series("T1w_ce", key="chunk-1_T1w", regions=("brain", "cervical", "thoracic"))
    lower = series("T1w_ce", key="chunk-2_T1w", regions=("thoracic", "lumbar", "sacral"))
    found = check(replace(study, series=(*study.series, upper, lower)), RULES)
    assert found.answerable["leptomeningeal_disease"] == "limited"
    assert "leptomeningeal_disease/spine_not_covered" not in codes(found)


def test_coverage_that_is_not_known_is_never_taken_for_full() -> None:
    study = without(full_study(), "T1w_ce")
    found = check(replace(study, series=(*study.series, series("T1w_ce", regions=()))), RULES)
    assert found.answerable["leptomeningeal_disease"] == "no"
    assert "coverage of the enhanced T1" in found.not_stated


def test_dose_and_delay_are_not_stated_rather_than_adequate() -> None:
    found = check(full_study(), RULES)
    messages = {issue.code.split("/")[1]: issue.message for issue in found.issues}
    assert "not stated" in messages["contrast_dose"]
    assert "not stated" in messages["contrast_delay"]


@pytest.mark.parametrize(("start", "failed"), [("101500", True), ("100930.5", False), ("10:05:00", False)])
def test_a_delay_in_the_header_is_measured_against_ten_minutes(start: str, failed: bool) -> None:
    times = {"contrast_bolus_start_time": start, "acquisition_time": "102000.00"}
    found = check(Study((series("T1w_ce", acquisition=times),)), RULES)
    assert ("leptomeningeal_disease/contrast_delay" in codes(found)) is failed
    assert "delay from injection to acquisition" not in found.not_stated


def test_an_injection_after_the_acquisition_tells_no_delay() -> None:
    times = {"contrast_bolus_start_time": "235500", "acquisition_time": "000500"}
    assert (
        "delay from injection to acquisition" in check(Study((series("T1w_ce", acquisition=times),)), RULES).not_stated
    )


@pytest.mark.parametrize(("thickness", "failed"), [(3.0, False), (4.0, True)])
def test_spine_slices_above_three_millimetres_are_named(thickness: float, failed: bool) -> None:
    thick = series("T1w_ce", acquisition={"slice_thickness_mm": thickness})
    found = check(Study((thick,)), RULES)
    named = {issue.series_key for issue in found.issues if issue.code == "leptomeningeal_disease/slice_thickness"}
    assert named == ({thick.key} if failed else set())


def test_without_a_header_the_distance_between_slices_stands_for_their_thickness() -> None:
    bare = series("T1w_ce", acquisition={"slice_thickness_mm": None}, volume=body())
    assert "leptomeningeal_disease/slice_thickness" in codes(check(Study((bare,)), RULES))


def test_unknown_fat_suppression_is_not_stated() -> None:
    found = check(Study((series("T1w_ce", fat_suppressed=None),)), RULES)
    assert "fat suppression of the enhanced T1" in found.not_stated


def test_ct_leaves_open_what_lies_in_the_cord() -> None:
    found = check(Study((series("ct", "axial"),)), RULES)
    (issue,) = [issue for issue in found.issues if issue.code == "intramedullary_tumour/mri_missing"]
    assert "calcification" in issue.message
    assert "leaves open" in issue.message
    assert found.answerable["intramedullary_tumour"] == "no"


def test_a_ct_myelogram_is_accepted_with_its_limits() -> None:
    found = check(Study((series("ct_myelogram", "axial"),)), RULES)
    assert found.answerable["intradural_extramedullary_tumour"] == "limited"
    assert "intradural_extramedullary_tumour/ct_myelogram_only" in codes(found)


def test_where_mri_is_contraindicated_a_ct_myelogram_is_asked_for() -> None:
    study = Study((series("ct", "axial"),), context={"mri_contraindicated": "present"})
    assert "every/mri_contraindicated" in codes(check(study, RULES))
    assert "every/mri_contraindicated" not in codes(check(replace(study, context={}), RULES))


def test_one_plane_is_not_several() -> None:
    found = check(Study((series("T2w"), series("T1w"), series("T1w_ce"))), RULES)
    assert "intramedullary_tumour/axial_plane" in codes(found)
    assert found.answerable["intramedullary_tumour"] == "limited"


def test_a_volume_acquired_in_three_dimensions_serves_every_plane() -> None:
    found = check(Study((series("T2w", "volumetric"), series("T1w"), series("T1w_ce"))), RULES)
    assert not codes(found) & {"intramedullary_tumour/axial_plane", "intramedullary_tumour/sagittal_t2"}


def test_missing_sequences_are_named_question_by_question() -> None:
    found = check(Study((series("T2w"),)), RULES)
    assert {"cystic_lesion/diffusion", "vascular_lesion/susceptibility", "inflammatory_lesion/axial_t2"} <= codes(found)


def test_an_empty_study_answers_nothing() -> None:
    assert set(check(Study(()), RULES).answerable.values()) == {"no"}


def test_a_flaw_of_one_series_limits_no_question_while_a_sound_one_stands_beside_it() -> None:
    noisy = series("T2w", key="run-1_T2w", volume=body(noise=120))
    sound = series("T2w", key="run-2_T2w", volume=body())
    alone = check(Study((noisy, series("T1w"), series("T1w_ce"), series("T2w", "axial"))), RULES)
    beside = check(Study((noisy, sound, series("T1w"), series("T1w_ce"), series("T2w", "axial"))), RULES)
    assert {issue.series_key for issue in beside.issues if issue.code == "every/low_signal"} == {noisy.key}
    assert alone.answerable["intramedullary_tumour"] == "limited"
    assert beside.answerable["intramedullary_tumour"] == "yes"


def test_issues_of_the_study_itself_are_kept() -> None:
    from thecal.records import Issue

    own = Issue("missing_slices", "warning", "Two slices are missing.", "T2w")
    assert check(Study((series("T2w"),), issues=(own,)), RULES).issues[0] == own
