"""report.txt: plain text for dictation systems: short lines, and the sections in the order a radiologist dictates them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from thecal.records import PATIENT, Report
from thecal.report import lesions, outlook, rankings, views
from thecal.report.wording import Wording, wording_of

FILE = "report.txt"
WIDTH = 76


def render(report: Report) -> bytes:
    """Sections under headings in capitals, one statement a paragraph, no line longer than 76 characters; UTF-8."""
    wording = wording_of(report)
    whole = [(heading, _lines(_edited(report, name) or told)) for name, heading, told in blocks(report, wording)]
    parts = ["\n".join(filter(None, (heading.upper(), *lines))) for heading, lines in whole if lines]
    return ("\n\n".join(parts) + "\n").encode()


def _edited(report: Report, name: str) -> list[str]:
    """A reader's own words for a section, a paragraph each; none where it was left as it is."""
    return [line.strip() for line in report.edited.get(name, "").splitlines() if line.strip()]


def blocks(report: Report, wording: Wording) -> Iterable[tuple[str, str, Sequence[str]]]:
    """Name, heading and statements of each section: emergency, examination, history, comparison, technique, findings,
    impression, and what rests on them. Without a name where a reader is not to edit it."""
    say = wording.say
    if report.emergencies:
        yield "emergency", say("section.emergency"), [alert.message for alert in report.emergencies]
    yield "", f"{say('document.title')} - {views.banner(report, wording)}", _opening(report, wording)
    if not report.emergencies:
        yield "emergency", say("section.emergency"), views.no_emergency(report, wording)
    yield "", say("differential.alerts"), rankings.alerts(report, wording)
    yield "clinical", say("section.history"), [f"{name}: {value}" for name, value in views.context(report, wording)]
    yield "comparison", say("section.comparison"), views.comparison(report, wording) or [say("comparison.no_earlier")]
    yield "technique", say("section.technique"), _technique(report, wording)
    yield "findings", say("section.findings"), _findings(report, wording)
    gaps = _pairs((*views.not_assessed(report, wording), *views.unmeasured(report, wording)))
    yield "not_assessed", say("section.not_assessed"), gaps or [views.nothing_missing(report, wording)]
    yield "impression", say("section.impression"), report.impression
    yield "differential", say("section.differential"), _differential(report, wording)
    yield "outlook", say("section.outlook"), _outlook(report, wording)
    yield "next_imaging", say("section.next_imaging"), report.next_imaging or [views.nothing_asked(report, wording)]
    yield "", say("section.holes"), _pairs(views.holes(report, wording))
    yield "", say("section.methods"), _methods(report, wording)
    yield "", "", [views.banner(report, wording)]


def _lines(told: Iterable[str]) -> list[str]:
    """Each statement broken into short lines, those after the first set in."""
    whole = list(told)
    hanging = "  " if len(whole) > 1 else ""
    return [
        line.replace("\u202f", " ")
        for text in whole
        for line in textwrap.wrap(text, WIDTH, subsequent_indent=hanging, break_long_words=True, break_on_hyphens=False)
    ]


def _opening(report: Report, wording: Wording) -> list[str]:
    status = f"{views.status(report, wording)}. {wording.say('document.not_a_device')}"
    return [status, *_pairs(views.patient(report, wording))]


def _technique(report: Report, wording: Wording) -> list[str]:
    say = wording.say
    lines = [", ".join(filter(None, row[:3] + row[5:6] + row[8:])) for row in views.series_rows(report, wording)]
    lines = lines or [say("technique.no_series")]
    lines += views.unread(report, wording)
    questions = views.questions(report, wording)
    lines += [f"{one.name}: {one.label}. {' '.join(one.reasons)}".rstrip() for one in questions]
    if not questions:
        lines.append(say("technique.not_checked"))
    lines += views.flaws(report, wording)
    if report.protocol.not_stated:
        lines.append(say("technique.not_stated", list=views.not_stated(report, wording)))
    return lines


def _findings(report: Report, wording: Wording) -> list[str]:
    say = wording.say
    lines: list[str] = []
    for lesion in lesions.lesions(report, wording):
        facts = "; ".join(f"{label} {value}" for label, value in lesion.facts)
        lines += [f"{lesion.heading}: {lesion.sentence}", f"{facts}."]
        lines += [
            *_rows(lesion.corrected, say("findings.corrected")),
            *_rows(lesion.measured, say("findings.measured")),
        ]
    lines = lines or [say("findings.none")]
    for basis in ("corrected", "measured"):
        lines += _rows(lesions.rows(report, PATIENT, basis, wording), say(f"findings.{basis}"))
    return [*lines, *lesions.withdrawn(report, wording)]


def _rows(rows: Sequence[lesions.Row], heading: str) -> list[str]:
    """The signs of one kind as one paragraph."""
    return [f"{heading}: {'; '.join(map(_row, rows))}."] if rows else []


def _row(row: lesions.Row) -> str:
    certainty = f" ({row.certainty})" if row.certainty else ""
    measured = f", {row.number}" if row.number else ""
    note = f", {row.note}" if row.note else ""
    return f"{row.sign} {row.result}{certainty}{measured}{note}"


def _differential(report: Report, wording: Wording) -> list[str]:
    lines: list[str] = []
    for one in rankings.differentials(report, wording):
        told = "; ".join(f"{view.name} {view.told} ({view.interval})" for view in one.shown)
        lines.append(f"{one.heading}: {one.reason or f'{told}; {one.rest_told}'.rstrip('; ')}")
        if one.contrast is not None:
            signs = "; ".join(f"{sign.sign} {sign.ratio}" for sign in one.contrast.for_first)
            lines.append(f"{one.contrast.heading}: {signs or wording.say('differential.nothing')}.")
    return lines


def _outlook(report: Report, wording: Wording) -> list[str]:
    return [
        f"{one.heading}: {statement}" for one in outlook.outlooks(report, wording) for statement, _ in one.statements
    ]


def _methods(report: Report, wording: Wording) -> list[str]:
    made = report.provenance
    first = wording.say("methods.software", version=made.version, made_at=made.made_at)
    return [first, *_pairs(views.methods(report, wording))]


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{label}: {value}" for label, value in pairs]
