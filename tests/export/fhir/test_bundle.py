"""The Bundle says what the report says, in FHIR R4's own terms, and a validator of R4 finds nothing wrong with it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import fhirkit
import pytest
from report import reports

from thecal.export import fhir
from thecal.knowledge import load
from thecal.records import PATIENT, Differential, Identity, Reading, Report, SourceImage, Study

MR = "1.2.840.10008.5.1.4.1.1.4"
PDF = b"%PDF-1.7 of nothing"


def study_from_dicom() -> Study:
    """The worked study, with the identifiers that DICOM would have given it."""
    made = reports.study()
    place = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.0, 1.0))
    series = tuple(
        replace(
            one,
            series_instance_uid=f"2.25.10{number}",
            sop_instance_uids=(f"2.25.20{number}1", f"2.25.20{number}2"),
            source_images=tuple(SourceImage(MR, f"2.25.20{number}{k}", None, *place) for k in (1, 2)),
        )
        for number, one in enumerate(made.series)
    )
    return replace(made, series=series)


@cache
def codes() -> Any:
    return load().codes


def told(report: Report | None = None, study: Study | None = None, **documents: bytes) -> Any:
    pdf = documents or {"application/pdf": PDF}
    return json.loads(fhir.render(report or reports.report(), study or study_from_dicom(), codes(), pdf))


def of(bundle: Any, kind: str) -> list[Any]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind]


def about(bundle: Any, code: str) -> list[Any]:
    """The observations of one finding."""
    return [one for one in of(bundle, "Observation") if one["code"]["coding"][0]["code"] == code]


def faults(bundle: Any) -> list[str]:
    return [str(issue) for issue in fhirkit.validate(bundle)]


def test_a_validator_of_r4_finds_nothing_wrong() -> None:
    assert faults(told()) == []


def test_the_validator_would_see_a_fault() -> None:
    bundle = told()
    of(bundle, "DiagnosticReport")[0]["mood"] = "hopeful"
    del of(bundle, "RiskAssessment")[0]["subject"]
    assert len(faults(bundle)) == 2


@pytest.mark.parametrize(
    "report",
    [
        reports.report(identity=Identity()),
        reports.report(reading=Reading("empty"), differentials=(), comparison=None, figures=()),
        reports.report(differentials=(Differential(PATIENT, reason="nothing was called"),)),
    ],
    ids=["unnamed", "empty", "unranked"],
)
def test_a_report_with_little_in_it_is_valid_too(report: Report) -> None:
    assert faults(told(report, reports.study())) == []


def test_the_report_is_preliminary_and_concludes_in_words_alone() -> None:
    (report,) = of(told(), "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert "conclusionCode" not in report
    assert all(line in report["conclusion"].replace(" ", " ") for line in _lines(reports.report()))
    assert {one["status"] for kind in ("Observation", "RiskAssessment") for one in of(told(), kind)} == {"preliminary"}


def _lines(report: Report) -> list[str]:
    return [line.replace("\u202f", " ") for line in report.impression]


def test_an_approved_report_is_final() -> None:
    (report,) = of(told(reports.report(status="approved")), "DiagnosticReport")
    assert report["status"] == "final"


def test_every_reference_leads_to_a_resource_of_the_bundle() -> None:
    bundle = told()
    known = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(known) == len(bundle["entry"])
    assert set(_references(bundle)) <= known
    assert all(entry["fullUrl"] == f"urn:uuid:{entry['resource']['id']}" for entry in bundle["entry"])


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [one for part in value.values() for one in _references(part)]
    return [one for part in value for one in _references(part)] if isinstance(value, list) else []


def test_every_observation_is_reached_from_the_report() -> None:
    bundle = told()
    by_url = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    (report,) = of(bundle, "DiagnosticReport")
    reached = {one["reference"] for one in report["result"]}
    reached |= {one["reference"] for url in list(reached) for one in by_url[url].get("hasMember", ())}
    assert {url for url, told in by_url.items() if told["resourceType"] == "Observation"} == reached


def test_a_finding_carries_its_state_its_probabilities_and_the_number_behind_it() -> None:
    (finding,) = about(told(), "cap_sign")
    assert finding["valueCodeableConcept"]["coding"][0]["code"] == "present"
    assert {"system": "http://snomed.info/sct", "code": "52101004", "display": "Present"} in finding[
        "valueCodeableConcept"
    ]["coding"]
    shares = {part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"] for part in finding["component"]}
    assert shares == {"present": 0.75, "absent": 0.25}
    assert finding["method"] == {"text": "signal against normal cord"}
    (length,) = about(told(), "length_segments")
    assert (length["valueQuantity"]["value"], length["valueQuantity"]["code"]) == (2.5, "{vertebral_segments}")
    assert {part["valueQuantity"]["code"] for part in length["component"]} == {"mm", "{vertebral_segments}"}


def test_what_was_not_assessed_has_a_reason_and_no_value() -> None:
    gaps = [one for one in of(told(), "Observation") if "dataAbsentReason" in one]
    assert len(gaps) == len(reports.reading().not_assessed)
    for gap in gaps:
        assert not any(key.startswith("value") for key in gap)
        assert gap["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    (compression,) = about(told(), "cord_compression")
    assert compression["dataAbsentReason"]["text"] == "Not assessed: no axial T2 at the level"


def test_a_lesion_keeps_its_tracking_uid_its_place_and_its_volume() -> None:
    bundle = told()
    places = {one["identifier"][0]["value"]: one for one in of(bundle, "BodyStructure")}
    assert set(places) == {f"urn:oid:{reports.UID}", f"urn:oid:{reports.OTHER_UID}"}
    first = places[f"urn:oid:{reports.UID}"]
    assert {"system": "http://snomed.info/sct", "code": "2748008", "display": "Spinal cord"} in first["location"][
        "coding"
    ]
    assert [level["coding"][0]["code"] for level in first["locationQualifier"]] == ["C4", "C5", "C6"]
    volumes = [one["valueQuantity"] for one in about(bundle, "volume")]
    assert [(one["value"], one["code"]) for one in volumes] == [(1353.0, "mm3"), (210.0, "mm3")]


def test_only_codes_that_mean_the_same_stand_beside_ours() -> None:
    (ranking, *_) = [one for one in of(told(), "RiskAssessment") if one["prediction"]]
    outcome = {one["outcome"]["coding"][0]["code"]: one["outcome"]["coding"][1:] for one in ranking["prediction"]}
    assert {one["code"] for one in outcome["ependymoma"]} == {"9391/3", "1186904005"}
    assert {one["code"] for one in outcome["meningioma"]} == {"9530/0"}
    assert outcome["none_of_these"] == []


def test_the_ranking_is_in_per_cent_with_its_interval_and_sums_to_a_hundred() -> None:
    rankings = of(told(), "RiskAssessment")
    assert len(rankings) == 2
    for ranking in rankings:
        first = ranking["prediction"][0]
        assert first["probabilityDecimal"] == 71.0
        assert first["rationale"].startswith("90 % interval 0.580 to 0.820")
        assert sum(one["probabilityDecimal"] for one in ranking["prediction"]) == pytest.approx(100.0)
        assert ranking["basis"]


def test_a_subject_without_a_ranking_says_why() -> None:
    report = reports.report(differentials=(Differential(PATIENT, reason="no lesion was called"),))
    (ranking,) = of(told(report), "RiskAssessment")
    assert "prediction" not in ranking
    assert ranking["note"][0]["text"]


def test_the_patient_and_the_examination_are_those_of_the_source() -> None:
    bundle = told()
    (patient,) = of(bundle, "Patient")
    assert patient["name"][0] == {"text": "Erika Muster", "family": "Muster", "given": ["Erika"]}
    assert (patient["birthDate"], patient["gender"], patient["identifier"][0]["value"]) == (
        "1981-02-03",
        "female",
        "SIM-1",
    )
    (study,) = of(bundle, "ImagingStudy")
    assert study["identifier"][0] == {"use": "official", "system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}
    assert [one["uid"] for one in study["series"]] == [f"2.25.10{k}" for k in range(4)]
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (4, 8)
    assert study["series"][0]["instance"][0] == {
        "uid": "2.25.2001", "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{MR}"},
    }  # fmt: skip


def test_images_without_dicom_identifiers_name_no_series() -> None:
    (study,) = of(told(study=reports.study()), "ImagingStudy")
    assert "series" not in study
    assert study["numberOfSeries"] == 4


def test_the_pdf_is_attached_whole_with_its_size_and_hash() -> None:
    (report,) = of(told(), "DiagnosticReport")
    (form,) = report["presentedForm"]
    assert form["contentType"] == "application/pdf"
    assert base64.b64decode(form["data"]) == PDF
    assert form["size"] == len(PDF)
    assert base64.b64decode(form["hash"]) == hashlib.sha1(PDF, usedforsecurity=False).digest()


def test_where_it_comes_from_names_images_software_and_the_reader_who_corrected_it() -> None:
    (made,) = of(told(), "Provenance")
    assert [agent["who"].get("display") for agent in made["agent"]] == [None, "A. Reader"]
    assert any("identifier" in entity["what"] for entity in made["entity"])
    assert (
        len(made["target"])
        == Counter(
            entry["resource"]["resourceType"] in ("DiagnosticReport", "Observation", "RiskAssessment")
            for entry in told()["entry"]
        )[True]
    )


def test_the_same_reading_gives_the_same_bytes_and_another_other_identifiers() -> None:
    report = reports.report()
    assert fhir.render(report, study_from_dicom(), codes(), {}) == fhir.render(report, study_from_dicom(), codes(), {})
    other = reports.report(reading=replace(reports.reading(), reading_id="reading-3"))
    assert told(other)["id"] != told(report)["id"]
