from __future__ import annotations

from differential.models import model

from thecal.differential import observe, rank_reading
from thecal.differential.weighing import Number
from thecal.records import Finding, Lesion, Place, Reading


def lesion(uid: str, volume: float) -> Lesion:
    return Lesion(uid, 1, 0.9, {"intramedullary": 1.0}, Place("T2w", 0, 0, 0), volume)


def stated(code: str, state: str, subject: str = "patient") -> Finding:
    return Finding(code, subject, "stated", {state: 1.0})


def test_a_normal_spine_gets_no_list_of_tumours() -> None:
    told = rank_reading(Reading("r", findings=(stated("sex", "male"),)), model())
    assert len(told) == 1
    assert told[0].candidates == ()
    assert told[0].reason


def test_a_leptomeningeal_pattern_without_a_lesion_is_ranked() -> None:
    told = rank_reading(Reading("r", findings=(stated("leptomeningeal_pattern", "diffuse"),)), model())
    assert told[0].candidates


def test_the_patients_case_is_the_patients_findings_and_the_largest_lesions() -> None:
    findings = (
        stated("sex", "male"),
        stated("enhancement", "marked", "small"),
        stated("enhancement", "absent", "large"),
    )
    told = rank_reading(Reading("r", lesions=(lesion("small", 10), lesion("large", 900)), findings=findings), model())
    by_subject = {one.subject: one for one in told}
    assert set(by_subject) == {"patient", "small", "large"}
    assert by_subject["patient"].candidates == by_subject["large"].candidates
    assert by_subject["small"].candidates != by_subject["large"].candidates


def test_an_uncertain_length_weighs_less_than_a_certain_one() -> None:
    case = observe((Finding("length_segments", "patient", "measured", value=9.3, value_sd=4.0),), model())
    told = case["length_segments"]
    assert isinstance(told, Number)
    assert told.sd == 4.0


def test_a_finding_that_no_rate_speaks_of_is_left_out() -> None:
    assert observe((Finding("proven_diagnosis", "patient", "stated", {"ependymoma": 1.0}),), model()) == {}


def test_a_setting_moves_the_base_rates_and_is_said_to_weigh_nothing_as_a_sign() -> None:
    told = rank_reading(
        Reading("r", lesions=(lesion("a", 10),), findings=(stated("setting", "emergency"), stated("sex", "male"))),
        model(),
    )[0]
    assert "setting" in told.unused
    assert "setting" not in {one.finding for one in told.evidence}
