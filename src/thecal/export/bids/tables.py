"""Findings and participants as tables, with the dictionaries that say what each column means."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from thecal.records import PATIENT, Finding, NotAssessed, Report, Term, Vocabulary

NONE, NOT_ASSESSED = "n/a", "not_assessed"
FINDING_COLUMNS: Mapping[str, str] = {
    "participant_id": "Whom the finding is of",
    "session_id": "The examination, where a participant has several",
    "lesion": "Display number of the lesion, from the head down; n/a for findings of the participant",
    "tracking_uid": "The lesion's identity over time",
    "finding": "Code of the finding in thecal's vocabulary",
    "state": "Its most probable state; n/a for numbers and where it was not assessed",
    "probability": "Probability of that state, 0 to 1",
    "value": "Its number, for findings that are numbers",
    "value_sd": "Standard deviation of that number",
    "unit": "Unit of value and value_sd",
    "measured": "The number that a state was judged from",
    "measured_unit": "Unit of measured",
    "basis": "How it is known",
    "series": "Series in which to look",
    "x": "Where to look, to the right, in scanner coordinates (RAS)",
    "y": "Where to look, to the front",
    "z": "Where to look, to the head",
    "not_assessed": "Why the finding was not assessed; n/a where it was. Not assessed is neither present nor absent",
    "method": "How it was measured",
}
PARTICIPANT_COLUMNS: Mapping[str, Any] = {
    "participant_id": {"Description": "The participant's label"},
    "age": {"Description": "Age at the examination, as stated", "Units": "year"},
    "sex": {"Description": "Sex, as stated", "Levels": {"female": "female", "male": "male"}},
}
BASES = {"measured": "from the images", "stated": "told with the examination", "corrected": "by a reader"}


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as tab-separated values; what is missing stands as n/a."""
    text = io.StringIO()
    writer = csv.DictWriter(
        text, columns, restval=NONE, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar=None
    )
    writer.writeheader()
    writer.writerows({key: _cell(row.get(key)) for key in columns} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NONE
    told = f"{value:.6g}" if isinstance(value, float) else str(value)
    return " ".join(told.replace('"', "'").split())


def read(content: bytes) -> list[dict[str, str]]:
    """The rows of such a table."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE))


def findings(report: Report, participant: str, session: str | None) -> Iterator[dict[str, Any]]:
    """A row for each finding of the participant and of each lesion, and for each that was not assessed."""
    numbers = {lesion.tracking_uid: lesion.instance for lesion in report.reading.lesions}
    everything: tuple[Finding | NotAssessed, ...] = (*report.reading.findings, *report.reading.not_assessed)
    for one in sorted(everything, key=lambda one: (numbers.get(one.subject, 0), one.code)):
        whose = {
            "participant_id": participant,
            "session_id": session,
            "lesion": numbers.get(one.subject),
            "tracking_uid": None if one.subject == PATIENT else one.subject,
            "finding": one.code,
        }
        yield {**whose, **(_finding(one, report) if isinstance(one, Finding) else {"not_assessed": one.reason})}


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    told: dict[str, Any] = {"basis": finding.basis, "method": finding.method}
    if finding.probabilities is None:
        unit = report.words.get(f"unit_of.{finding.code}")
        told |= {"value": finding.value, "value_sd": finding.value_sd, "unit": unit}
    else:
        told |= {"state": finding.state, "probability": finding.probabilities[finding.state or ""]}
    if (measured := finding.measurement) is not None:
        told |= {"measured": measured.value, "measured_unit": measured.unit}
    if (place := finding.where) is not None:
        told |= {"series": place.series_key, "x": place.x, "y": place.y, "z": place.z}
    return told


def finding_dictionary(vocabulary: Vocabulary) -> bytes:
    """What the columns of the long table mean, with every finding and state of the vocabulary."""
    states = {state for term in vocabulary.findings.values() for state in term.states}
    told: dict[str, Any] = {column: {"Description": text} for column, text in FINDING_COLUMNS.items()}
    told["finding"]["Levels"] = {code: _meaning(term) for code, term in vocabulary.findings.items()}
    told["state"]["Levels"] = {state: state.replace("_", " ") for state in sorted(states)}
    told["basis"]["Levels"] = BASES
    return _json(told | {axis: {**told[axis], "Units": "mm"} for axis in ("x", "y", "z")})


def case_row(report: Report, participant: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """The participant's case in one row: their own findings and those of the largest lesion, a column each."""
    index = report.reading.index_lesion()
    subjects = (PATIENT, *((index.tracking_uid,) if index else ()))
    row: dict[str, Any] = {"participant_id": participant}
    states = {code for code, term in vocabulary.findings.items() if term.kind != "number"}
    gaps = (gap.code for gap in report.reading.not_assessed if gap.subject in subjects)
    row |= {code: NOT_ASSESSED for code in gaps if code in states}
    for subject in subjects:
        row |= {found.code: found.state or found.value for found in report.reading.of(subject)}
    return row


def case_columns(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The columns of a case: whose it is, then every finding of the vocabulary."""
    return ("participant_id", *vocabulary.findings)


def case_dictionary(vocabulary: Vocabulary, version: str) -> bytes:
    """What the columns of a case mean: each finding's definition, its states or its unit."""
    about = {"Description": f"Radiological findings of the spine, read by thecal {version}; research, not approved"}
    columns = {code: _column(term) for code, term in vocabulary.findings.items()}
    return _json({"MeasurementToolMetadata": about, "participant_id": PARTICIPANT_COLUMNS["participant_id"], **columns})


def _column(term: Term) -> dict[str, Any]:
    told: dict[str, Any] = {"Description": _meaning(term)}
    if term.kind == "number":
        return {**told, "Units": term.unit or "1"}
    states = {state: state.replace("_", " ") for state in term.states}
    return {**told, "Levels": {**states, NOT_ASSESSED: "not looked at, or could not be: neither present nor absent"}}


def _meaning(term: Term) -> str:
    return term.note or term.code.replace("_", " ")


def participant_row(report: Report, participant: str) -> dict[str, Any]:
    """The participant's age and sex, where they were stated."""
    told: dict[str, Any] = {"participant_id": participant}
    for column, code in (("age", "age_years"), ("sex", "sex")):
        value = report.context.get(code)
        told |= {column: value} if value is not None else {}
    return told


def participant_dictionary() -> bytes:
    """What the columns of the participants mean."""
    return _json(PARTICIPANT_COLUMNS)


def _json(told: Mapping[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
