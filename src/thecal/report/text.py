"""report.txt: plain text for dictation systems, in the order of the report; nothing is folded, no line is broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from thecal.records import PATIENT, Report
from thecal.report import rankings, views
from thecal.report.wording import Wording, wording_of

FILE = "report.txt"


def render(report: Report) -> bytes:
    """The report as paragraphs under headings in capitals; UTF-8, one statement a line."""
    wording = wording_of(report)
    say = wording.say
    blocks: list[tuple[str, Sequence[str]]] = []
    if report.emergencies:
        blocks.append((say("section.emergency"), [alert.message for alert in report.emergencies]))
    blocks.append((f"{say('document.title')} - {views.banner(report, wording)}", _opening(report, wording)))
    if not report.emergencies:
        blocks.append((say("section.emergency"), views.no_emergency(report, wording)))
    blocks += [
        (say("section.impression"), report.impression),
        (say("section.technique"), _technique(report, wording)),
        (say("section.findings"), _findings(report, wording)),
        (say("section.differential"), _differential(report, wording)),
        (
            say("section.not_assessed"),
            _pairs(views.not_assessed(report, wording)) or [views.nothing_missing(report, wording)],
        ),
        (say("section.next_imaging"), report.next_imaging or [views.nothing_asked(report, wording)]),
        (say("section.comparison"), views.comparison(report, wording)),
        (say("section.holes"), _pairs(views.holes(report, wording))),
        (say("section.methods"), _methods(report, wording)),
        (say("section.articles"), [f"{title}: {command}" for _, title, command in rankings.articles(report, wording)]),
        ("", [views.banner(report, wording)]),
    ]
    parts = ["\n".join(filter(None, (heading.upper(), *lines))) for heading, lines in blocks if lines]
    return ("\n\n".join(parts) + "\n").replace("\u202f", " ").encode()


def _opening(report: Report, wording: Wording) -> list[str]:
    status = f"{views.status(report, wording)}. {wording.say('document.not_a_device')}"
    return [status, *_pairs(views.patient(report, wording))]


def _technique(report: Report, wording: Wording) -> list[str]:
    say = wording.say
    lines = [", ".join(filter(None, row[:3] + row[5:6] + row[8:])) for row in views.series_rows(report, wording)]
    lines = lines or [say("technique.no_series")]
    lines += [say("technique.unread", what=one.what, why=one.why) for one in report.unread]
    questions = views.questions(report, wording)
    lines += [f"{one.name}: {one.label}. {' '.join(one.reasons)}".rstrip() for one in questions]
    if not questions:
        lines.append(say("technique.not_checked"))
    lines += views.flaws(report)
    if report.protocol.not_stated:
        lines.append(say("technique.not_stated", list=", ".join(report.protocol.not_stated)))
    return lines


def _findings(report: Report, wording: Wording) -> list[str]:
    say = wording.say
    lines: list[str] = []
    for lesion in views.lesions(report, wording):
        lines += [f"{lesion.heading}. {lesion.sentence}", *_pairs(lesion.facts)]
        lines += [
            *_rows(lesion.corrected, say("findings.corrected")),
            *_rows(lesion.measured, say("findings.measured")),
        ]
    lines = lines or [say("findings.none")]
    context = _pairs(views.context(report, wording))
    lines += [f"{say('findings.context')}: {', '.join(context)}"] if context else []
    for basis in ("corrected", "measured"):
        lines += _rows(views.rows(report, PATIENT, basis, wording), say(f"findings.{basis}"))
    return [*lines, *views.withdrawn(report, wording)]


def _rows(rows: Iterable[views.Row], heading: str) -> list[str]:
    return [f"{heading}: {_row(row)}" for row in rows]


def _row(row: views.Row) -> str:
    certainty = f" ({row.certainty})" if row.certainty else ""
    measured = f"; {row.number}" if row.number else ""
    note = f"; {row.note}" if row.note else ""
    return f"{row.sign}: {row.result}{certainty}{measured}{note}"


def _differential(report: Report, wording: Wording) -> list[str]:
    lines: list[str] = []
    for one in rankings.differentials(report, wording):
        told = "; ".join(f"{view.name} {view.told} ({view.interval})" for view in one.shown)
        lines.append(f"{one.heading}: {one.reason or f'{told}; {one.rest_told}'.rstrip('; ')}")
    return [*lines, *rankings.alerts(report)]


def _methods(report: Report, wording: Wording) -> list[str]:
    made = report.provenance
    first = wording.say("methods.software", version=made.version, made_at=made.made_at)
    return [first, *_pairs(views.methods(report, wording))]


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{label}: {value}" for label, value in pairs]
