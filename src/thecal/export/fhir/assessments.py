"""What it may be, as a RiskAssessment for the patient and for each lesion.

RiskAssessment.probability is a percentage in R4; the 90 % interval and the counts behind stand in the rationale.
"""

from __future__ import annotations

from collections.abc import Iterator

from thecal.export.fhir import elements
from thecal.export.fhir.elements import Json, Naming, compact, narrative
from thecal.export.fhir.observations import STATUS
from thecal.records import PATIENT, Candidate, Differential, Report

REASONS = 3


def assessments(report: Report, naming: Naming) -> Iterator[tuple[str, Json]]:
    """A ranking a subject; one without candidates says why there is none."""
    lesions = {lesion.tracking_uid: lesion for lesion in report.reading.lesions}
    for one in report.differentials:
        if one.subject == PATIENT or one.subject in lesions:
            yield one.subject, _assessment(report, one, naming)


def _assessment(report: Report, one: Differential, naming: Naming) -> Json:
    ranked = sorted(one.candidates, key=lambda candidate: (-candidate.probability, candidate.entity))
    used = {evidence.finding for evidence in one.evidence}
    index = report.reading.index_lesion()
    # The lesion that speaks for the patient gives its findings to the patient's ranking.
    subjects = {PATIENT, one.subject} | ({index.tracking_uid} if one.subject == PATIENT and index else set())
    basis = [
        naming.reference("observation", finding.subject, finding.code)
        for finding in report.reading.findings
        if finding.code in used and finding.subject in subjects
    ]
    first = (
        f"{naming.name('entity', ranked[0].entity)}, {ranked[0].probability:.2f}" if ranked else one.reason or "none"
    )
    return compact({
        "resourceType": "RiskAssessment",
        "text": narrative(f"Differential diagnosis, most probable first: {first}"),
        "status": STATUS[report.status],
        "method": {"text": "Bayesian ranking of published counts and declared judgement; 90 % intervals"},
        "code": elements.concept("differential", "Differential diagnosis from imaging"),
        "subject": naming.reference("patient"),
        "occurrenceDateTime": elements.date(report.acquired_on),
        "performer": naming.reference("device"),
        "basis": basis,
        "prediction": [_prediction(one, candidate, naming) for candidate in ranked],
        "note": [{"text": told} for told in (one.reason, *one.notes) if told],
    })  # fmt: skip


def _prediction(one: Differential, candidate: Candidate, naming: Naming) -> Json:
    low, high = candidate.interval
    reasons = sorted(
        (evidence for evidence in one.evidence if evidence.entity == candidate.entity),
        key=lambda said: -abs(said.weight),
    )
    told = [
        f"{naming.name('finding', said.finding)} {naming.name('state', said.state)} (weight {said.weight:+.1f})"
        for said in reasons[:REASONS]
    ]
    rationale = f"90 % interval {low:.3f} to {high:.3f}" + (f"; {', '.join(told)}" if told else "")
    return {
        "outcome": naming.concept("entities", candidate.entity),
        "probabilityDecimal": round(100 * candidate.probability, 2),
        "rationale": rationale,
    }
