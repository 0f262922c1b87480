"""The report composed: order, sentences, and truth about what was not done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report import reports

from thecal.records import (
    PATIENT,
    AlignedStudy,
    Comparison,
    Finding,
    Hole,
    Lesion,
    NotAssessed,
    ProtocolCheck,
    Provenance,
    Reading,
    Report,
    Study,
)
from thecal.records.form import from_data, to_data

ALIGNED = reports.aligned()
BARE = Provenance("0.1.0", "2026-03-04T10:00:00+00:00")


def test_an_intramedullary_lesion_is_told_as_a_radiologist_tells_it() -> None:
    assert reports.report().impression[0] == (
        "Lesion 1: intramedullary lesion at C4–C6, 34 mm (2.5 segments), T1 isointense, T2 hyperintense, marked homogeneous "
        "enhancement; cord expanded, well-defined margins, probable cap sign."
    )


def test_low_confidence_is_said_and_what_was_not_assessed_is_not_called_absent() -> None:
    second = reports.report().impression[1]
    assert "Low confidence" in second
    assert "enhancement not assessed" in second
    assert "no enhancement" not in second


def test_a_sign_is_absent_in_words_only_where_it_was_found_absent_and_with_its_probability() -> None:
    gone = ("enhancement", "cord_expansion", "enhancement_pattern")
    kept = tuple(
        one for one in reports.reading().findings if (one.code, one.subject) not in {(c, reports.UID) for c in gone}
    )
    absent = (
        reports.measured("enhancement", reports.UID, absent=0.81, mild=0.19),
        reports.measured("cord_expansion", reports.UID, absent=0.77, present=0.23),
    )
    said = reports.report(reading=replace(reports.reading(), findings=(*kept, *absent))).impression[0]
    assert "no enhancement (81\u202f%)" in said
    assert "cord not expanded (77\u202f%)" in said
    assert "syrinx" not in said
    silent = reports.report(reading=replace(reports.reading(), findings=kept)).impression[0]
    assert "enhancement" not in silent
    assert "expanded" not in silent


def test_the_largest_lesion_comes_first_and_the_sixth_is_counted() -> None:
    one = reports.lesions()[0]
    many = tuple(
        replace(one, tracking_uid=f"2.25.{n}", instance=n, volume_mm3=100.0 + n, levels=(f"T{n}",)) for n in range(1, 8)
    )
    said = reports.report(reading=replace(reports.reading(), lesions=many)).impression
    assert "at T7" in said[0]
    assert said[5].startswith("2 more lesions")


def test_a_report_of_nothing_says_that_nothing_was_assessed() -> None:
    made = reports.report(
        aligned=AlignedStudy(Study(()), None), protocol=ProtocolCheck(), reading=Reading("r"), differentials=(), holes=(),
        comparison=None, figures=(), provenance=BARE,
    )  # fmt: skip
    assert made.impression[0].startswith("Nothing was assessed")
    assert made.emergencies == ()
    assert made.differentials[0].candidates == ()
    assert made.differentials[0].reason


def test_a_failed_search_is_not_a_search_that_found_nothing() -> None:
    made = reports.report(reading=Reading("r"), holes=(Hole("segment", "out of memory", "where lesions lie"),))
    assert "because a stage failed" in made.impression[0]
    assert "segmentation failed" in made.impression[-1]


def test_every_hole_is_named_in_the_impression() -> None:
    holes = (Hole("align", "no overlap", "refined placement"), Hole("cap_sign", "broke", "the cap sign"))
    said = " ".join(reports.report(holes=holes).impression)
    assert "alignment failed" in said
    assert "Cap sign failed" in said


@pytest.mark.parametrize("basis", ["stated", "measured", "corrected"])
def test_cauda_equina_syndrome_is_an_emergency_however_it_is_known(basis: str) -> None:
    present = Finding("cauda_equina_syndrome", PATIENT, basis, {"absent": 0.0, "present": 1.0})  # type: ignore[arg-type]
    made = reports.report(reading=replace(reports.reading(), findings=(present,)))
    assert [alert.code for alert in made.emergencies] == ["cauda_equina_syndrome"]


@pytest.mark.parametrize(
    ("probabilities", "flagged"),
    [
        ({"deformed": 0.6, "contact": 0.4}, True),
        ({"deformed_with_t2_change": 1.0}, True),
        ({"deformed": 0.3, "deformed_with_t2_change": 0.3, "contact": 0.4}, True),
        ({"contact": 0.9, "deformed": 0.1}, False),
        ({"absent": 1.0}, False),
    ],
)
def test_a_deformed_cord_is_an_emergency(probabilities: dict[str, float], flagged: bool) -> None:
    pressed = Finding("cord_compression", reports.UID, "measured", probabilities)
    made = reports.report(reading=replace(reports.reading(), findings=(pressed,)))
    assert [alert.code for alert in made.emergencies] == (["cord_compression"] if flagged else [])
    if flagged:
        assert "at lesion 1" in made.emergencies[0].message


def test_cauda_equina_syndrome_comes_before_compression() -> None:
    found = (
        Finding("cord_compression", reports.UID, "measured", {"deformed": 1.0}),
        Finding("cauda_equina_syndrome", PATIENT, "stated", {"present": 1.0}),
    )
    made = reports.report(reading=replace(reports.reading(), findings=found))
    assert [alert.code for alert in made.emergencies] == ["cauda_equina_syndrome", "cord_compression"]


def test_next_imaging_puts_what_a_question_cannot_do_without_first() -> None:
    from thecal.records import Issue

    issues = (
        Issue("intramedullary_tumour/susceptibility", "info", "No T2* series."),
        Issue("leptomeningeal_disease/contrast_missing", "error", "No T1 after contrast."),
    )
    wanted = reports.report(protocol=ProtocolCheck(issues, {})).next_imaging
    assert wanted[0].startswith("Sagittal fat-suppressed T1 of the whole spine after contrast")
    assert "expected gain 0.31 bits" in wanted[1]
    assert wanted[-1].startswith("T2* series through the lesion")


def test_two_questions_that_want_the_same_series_make_one_line() -> None:
    from thecal.records import Issue

    twin = replace(reports.RULES[1], question="vascular_lesion")
    issues = (
        Issue("intramedullary_tumour/susceptibility", "info", "-"),
        Issue("vascular_lesion/susceptibility", "info", "-"),
    )
    wanted = reports.report(protocol=ProtocolCheck(issues, {}), rules=(*reports.RULES, twin)).next_imaging
    assert [line for line in wanted if line.startswith("T2* series")] == [
        "T2* series through the lesion. For: tumour in the cord, vascular lesion."
    ]


def test_a_proven_diagnosis_makes_it_a_follow_up() -> None:
    proven = Finding("proven_diagnosis", PATIENT, "stated", {"ependymoma": 1.0})
    made = reports.report(reading=replace(reports.reading(), findings=(proven,)))
    assert any("Proven diagnosis: Spinal ependymoma" in line for line in made.impression)


def test_a_lesion_of_unknown_place_and_level_is_told_as_such() -> None:
    bare = Lesion("2.25.3", 1, 0.9, {}, reports.lesions()[0].where, 100.0)
    assert reports.report(reading=Reading("r", lesions=(bare,))).impression[0] == (
        "Unplaced lesion at a level that could not be told."
    )


def test_a_comparison_with_an_undated_study_is_told() -> None:
    earlier = Comparison("reading-0", None, reports.comparison().matches)
    said = " ".join(reports.report(comparison=earlier).impression)
    assert "date not stated" in said
    assert "within the repeatability" in said


def test_a_gap_in_the_reading_stays_a_gap() -> None:
    gaps = tuple(gap for gap in reports.report().reading.not_assessed if isinstance(gap, NotAssessed))
    assert set(gaps) == set(reports.reading().not_assessed)


def test_the_report_returns_from_its_json_form_unchanged() -> None:
    made = reports.report()
    assert from_data(Report, to_data(made)) == made


@settings(derandomize=True, deadline=None, max_examples=25)
@given(st.permutations(range(len(reports.reading().findings))))
def test_the_order_of_the_findings_is_nothing(order: list[int]) -> None:
    made = reports.reading()
    shuffled = replace(made, findings=tuple(made.findings[index] for index in order))
    assert reports.report(reading=shuffled, aligned=ALIGNED).impression == reports.report(aligned=ALIGNED).impression


def test_names_of_entities_sources_and_articles_travel_with_the_report() -> None:
    told = reports.report().words
    assert told["entity.ependymoma"] == "Spinal ependymoma"
    assert "Kobayashi" in told["source.kobayashi2018"]
    assert told["article.ependymoma"] == "Spinal ependymoma"
