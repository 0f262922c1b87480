"""fhir/bundle.json: the report as a Bundle of FHIR R4 (4.0.1) resources.

The Bundle is a collection: it states and asks for nothing to be stored. DiagnosticReport.status stays preliminary until a
named reader approves, and there is no conclusionCode: what is ranked stands in RiskAssessments. HL7's guide for mapping DICOM SR
to FHIR and IHE's imaging report profiles were followed where they speak of R4; conformance to them is not claimed.

Source: fhir_r4, hl7_dicom_sr_fhir, ihe_imr
"""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from thecal.export.fhir import images, persons
from thecal.export.fhir.assessments import assessments
from thecal.export.fhir.elements import Json, Naming, coded, compact, date, narrative, plain
from thecal.export.fhir.observations import STATUS, observations
from thecal.records import PATIENT, Report, Study

FILE = "bundle.json"
LOINC = "http://loinc.org"
SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
NAMESPACE = uuid.UUID("c42b8241-227d-5544-beb7-42fa981478f7")


def render(report: Report, study: Study, codes: Mapping[str, Any], documents: Mapping[str, bytes]) -> bytes:
    """The Bundle as JSON. documents are the report's own forms by media type (application/pdf …), attached as they are."""
    told = bundle(report, study, codes, documents)
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def bundle(report: Report, study: Study, codes: Mapping[str, Any], documents: Mapping[str, bytes]) -> Json:
    """The Bundle as plain data; the same reading gives the same identifiers."""
    root = uuid.uuid5(NAMESPACE, f"{report.study_instance_uid}/{report.reading.reading_id}/{report.status}")
    naming = Naming(root, report.words, codes)
    seen = [(("observation", *parts), told) for parts, told in observations(report, naming)]
    lesions = sorted(report.reading.lesions, key=lambda one: one.instance)
    resources: list[tuple[tuple[str, ...], Json]] = [
        (("report",), _diagnostic_report(report, naming, documents)),
        (("patient",), persons.patient(report.identity)),
        (("study",), images.imaging_study(report, study, naming)),
        (("device",), persons.device(report.provenance)),
        *((("body", lesion.tracking_uid), images.body_structure(lesion, naming)) for lesion in lesions),
        *seen,
        *((("ranking", subject), told) for subject, told in assessments(report, naming)),
    ]
    targets = [naming.full_url(*parts) for parts, told in resources if told["resourceType"] in TARGETS]
    resources.append((("provenance",), persons.provenance(report, naming, targets)))
    return {
        "resourceType": "Bundle",
        "id": str(root),
        "identifier": {"system": "urn:ietf:rfc:3986", "value": root.urn},
        "type": "collection",
        "timestamp": report.provenance.made_at,
        "entry": [_entry(naming.full_url(*parts), told) for parts, told in resources],
    }


TARGETS = ("DiagnosticReport", "Observation", "RiskAssessment")


def _entry(full_url: str, told: Json) -> Json:
    kind = {"resourceType": told["resourceType"], "id": full_url.removeprefix("urn:uuid:")}
    return {"fullUrl": full_url, "resource": plain({**kind, **told})}


def _diagnostic_report(report: Report, naming: Naming, documents: Mapping[str, bytes]) -> Json:
    """The report itself: what it is, whose, of what, its results and its conclusion in sentences."""
    urgent = [alert.message for alert in report.emergencies]
    conclusion = "\n".join((*urgent, *report.impression))
    subjects = [("observation", "lesion", lesion.tracking_uid) for lesion in report.reading.lesions]
    told = [finding.code for finding in report.reading.of(PATIENT)]
    told += [gap.code for gap in report.reading.not_assessed if gap.subject == PATIENT]
    results = [*(("observation", PATIENT, code) for code in told), *subjects]
    return compact({
        "resourceType": "DiagnosticReport",
        "language": naming.words.get("language", "en"),
        "text": narrative(conclusion or "No impression"),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": naming.full_url("report")}],
        "status": STATUS[report.status],
        "category": [coded(SECTION, "RAD", "Radiology")],
        "code": {**coded(LOINC, "18748-4", "Diagnostic imaging study"), "text": naming.words.get("document.title", "Spinal MRI")},
        "subject": naming.reference("patient"),
        "effectiveDateTime": date(report.acquired_on),
        "issued": report.provenance.made_at,
        "result": [naming.reference(*parts) for parts in results],
        "imagingStudy": [naming.reference("study")],
        "conclusion": conclusion,
        "presentedForm": _attachments(report, documents, naming.words),
    })  # fmt: skip


def _attachments(report: Report, documents: Mapping[str, bytes], words: Mapping[str, str]) -> Sequence[Json]:
    return [
        {
            "contentType": kind,
            "language": words.get("language", "en"),
            "data": base64.b64encode(content).decode(),
            "size": len(content),
            "hash": base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode(),
            "title": words.get("document.title", "Spinal MRI"),
            "creation": report.provenance.made_at,
        }
        for kind, content in documents.items()
    ]
