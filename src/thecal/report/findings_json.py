"""findings.json: every finding of the patient and of each lesion, and what was not assessed."""

from __future__ import annotations

import json
from typing import Any

from thecal.records import PATIENT, Finding, NotAssessed, Reading, Report

FILE = "findings.json"


def render(report: Report) -> bytes:
    """`{"patient": […], "lesions": [{"instance", "tracking_uid", "findings"}]}`."""
    reading = report.reading
    lesions = [
        {
            "instance": lesion.instance,
            "tracking_uid": lesion.tracking_uid,
            "findings": _findings(reading, lesion.tracking_uid),
        }
        for lesion in sorted(reading.lesions, key=lambda one: one.instance)
    ]
    told = {"patient": _findings(reading, PATIENT), "lesions": lesions}
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _findings(reading: Reading, subject: str) -> list[dict[str, Any]]:
    seen = [_finding(finding) for finding in reading.of(subject)]
    return seen + [_gap(gap) for gap in reading.not_assessed if gap.subject == subject]


def _finding(finding: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"finding": finding.code}
    if finding.probabilities is None:
        told["value"] = finding.value
        if finding.value_sd is not None:
            told["value_sd"] = finding.value_sd
    else:
        told["state"] = finding.state
        told["probabilities"] = dict(finding.probabilities)
    told["basis"] = finding.basis
    if (measured := finding.measurement) is not None:
        sd = {} if measured.sd is None else {"sd": measured.sd}
        told["measurement"] = {"value": measured.value, "unit": measured.unit, **sd}
    if (place := finding.where) is not None:
        told["series"] = place.series_key
        told["where"] = [place.x, place.y, place.z]
    if finding.method:
        told["method"] = finding.method
    return told


def _gap(gap: NotAssessed) -> dict[str, Any]:
    return {"finding": gap.code, "not_assessed": gap.reason}
