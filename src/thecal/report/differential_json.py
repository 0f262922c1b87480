"""differential.json: the ranking of the patient and of each lesion, the evidence, what to ask next, and alerts."""

from __future__ import annotations

import json
from typing import Any

from thecal.records import PATIENT, Alert, Differential, Evidence, Report

FILE = "differential.json"


def render(report: Report) -> bytes:
    """`{"ranking", "lesions", "evidence", "ask_next", "alerts"}`, with `reason` where the ranking is empty."""
    by_subject = {differential.subject: differential for differential in report.differentials}
    patient = by_subject.get(PATIENT, Differential(PATIENT, reason="nothing was ranked"))
    told: dict[str, Any] = {"ranking": ranking(patient)}
    if not patient.candidates:
        told["reason"] = patient.reason
    told["lesions"] = [
        {
            "instance": lesion.instance,
            "tracking_uid": lesion.tracking_uid,
            "ranking": ranking(by_subject[lesion.tracking_uid]),
        }
        for lesion in sorted(report.reading.lesions, key=lambda one: one.instance)
        if lesion.tracking_uid in by_subject
    ]
    told["evidence"] = [_evidence(evidence) for evidence in patient.evidence]
    told["ask_next"] = [
        {"finding": one.finding, "expected_information_bits": one.expected_information_bits, "how": one.how}
        for one in patient.ask_next
    ]
    told["alerts"] = [_alert(alert) for alert in _alerts(report, patient)]
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def ranking(differential: Differential) -> list[dict[str, Any]]:
    """Every entity with its probability and interval, most probable first."""
    ordered = sorted(differential.candidates, key=lambda candidate: (-candidate.probability, candidate.entity))
    return [{"entity": one.entity, "probability": one.probability, "interval": list(one.interval)} for one in ordered]


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "finding": evidence.finding,
        "state": evidence.state,
        "entity": evidence.entity,
        "weight": evidence.weight,
        "counts": [list(count) for count in evidence.counts],
    }


def _alerts(report: Report, patient: Differential) -> list[Alert]:
    """The report's emergencies first, then the ranking's alerts, each code once."""
    told: dict[str, Alert] = {}
    for alert in (*report.emergencies, *sorted(patient.alerts, key=lambda one: one.urgency)):
        told.setdefault(alert.code, alert)
    return list(told.values())


def _alert(alert: Alert) -> dict[str, Any]:
    told: dict[str, Any] = {"code": alert.code, "message": alert.message, "urgency": alert.urgency}
    return told if alert.entity is None else {**told, "entity": alert.entity}
