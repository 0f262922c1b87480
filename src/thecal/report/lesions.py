"""Lesions as a reader sees them: a line in the table, a sentence, the signs measured and corrected, the key images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from thecal.records import Change, Figure, Finding, Lesion, NotAssessed, Place, Report
from thecal.report.sentences import compartment_of, lesion_sentence, level_of
from thecal.report.wording import LOW, NARROW, Wording, capital, listed, percent, whole

Pairs = tuple[tuple[str, str], ...]
# A sign this near to its lesion's centre is shown without a place of its own.
NEAR_MM = 5.0


@dataclass(frozen=True)
class Row:
    """One sign in a table: what was seen, how surely, the number behind it, how and where."""

    code: str
    sign: str
    result: str
    certainty: str
    number: str
    method: str
    where: str
    low: bool
    note: str = ""


@dataclass(frozen=True)
class LesionView:
    """One lesion: its sentence, its facts, its signs measured and corrected, its images."""

    anchor: str
    instance: int
    heading: str
    level: str
    sentence: str
    facts: Pairs
    measured: tuple[Row, ...]
    corrected: tuple[Row, ...]
    figures: tuple[Figure, ...]
    cells: Pairs = ()


@dataclass(frozen=True)
class SignTable:
    """Signs of several lesions side by side: the lesions' headings, and for each sign what was seen of each lesion."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Row | None, ...]], ...]


# How many lesions stand side by side on paper.
BESIDE = 4
# The columns of the table of lesions, beside number and level.
COLUMNS = ("compartment", "length", "volume", "t2_signal", "enhancement", "first", "confidence")


def lesions(report: Report, wording: Wording) -> tuple[LesionView, ...]:
    """The lesions in cranio-caudal order."""
    ordered = sorted(report.reading.lesions, key=lambda lesion: lesion.instance)
    return tuple(_lesion(lesion, report, wording) for lesion in ordered)


def sign_tables(views: Sequence[LesionView]) -> tuple[SignTable, ...]:
    """The signs of the lesions side by side, a few lesions to a table."""
    measured = [view for view in views if view.measured or view.corrected]
    parts = [measured[at : at + BESIDE] for at in range(0, len(measured), BESIDE)]
    return tuple(_sign_table(part) for part in parts)


def _sign_table(views: Sequence[LesionView]) -> SignTable:
    found = [{row.sign: row for row in (*view.measured, *view.corrected)} for view in views]
    signs = dict.fromkeys(sign for one in found for sign in one)
    return SignTable(
        tuple(view.heading for view in views), tuple((sign, tuple(one.get(sign) for one in found)) for sign in signs)
    )


def each_method_once(views: Sequence[LesionView]) -> tuple[Row, ...]:
    """A row for each sign, of the first lesion on which it was measured."""
    once: dict[str, Row] = {}
    for row in (row for view in views for row in view.measured):
        once.setdefault(row.sign, row)
    return tuple(once.values())


def rows(report: Report, subject: str, basis: str, wording: Wording) -> tuple[Row, ...]:
    """The findings of a subject that were measured, corrected or stated."""
    found = [finding for finding in report.reading.of(subject) if finding.basis == basis]
    changes = {change.target: change for change in report.reading.changes}
    centre = next((lesion.where for lesion in report.reading.lesions if lesion.tracking_uid == subject), None)
    return tuple(_row(finding, changes.get(f"{subject}/{finding.code}"), centre, wording) for finding in found)


def withdrawn(report: Report, wording: Wording) -> tuple[str, ...]:
    """Corrections after which nothing stands: what was removed, by whom."""
    gone = [one for one in report.reading.changes if not (one.of_maps or isinstance(one.after, Finding))]
    return tuple(f"{_target(change, report, wording)}: {_was(change, wording)}" for change in gone)


def _lesion(lesion: Lesion, report: Report, wording: Wording) -> LesionView:
    level = capital(level_of(lesion, report.reading, wording))
    facts = (
        ("levels", level),
        ("volume", _volume(lesion, wording)),
        ("confidence", percent(lesion.confidence)),
        ("where", _place(lesion.where, wording)),
        ("seen_on", listed(lesion.series_keys)),
    )
    return LesionView(
        anchor=f"lesion-{lesion.instance}",
        instance=lesion.instance,
        heading=wording.say("lesion.heading", instance=lesion.instance),
        level=level,
        sentence=lesion_sentence(lesion, report.reading, wording),
        facts=tuple((wording.say(f"lesion.{key}"), value) for key, value in facts if value),
        measured=rows(report, lesion.tracking_uid, "measured", wording),
        corrected=rows(report, lesion.tracking_uid, "corrected", wording),
        figures=tuple(figure for figure in report.figures if figure.name.startswith(f"lesion-{lesion.instance}-")),
        cells=_cells(lesion, report, wording),
    )


def _cells(lesion: Lesion, report: Report, wording: Wording) -> Pairs:
    """The lesion's line in the table: each column's heading and what stands there."""
    told = {
        "compartment": compartment_of(lesion, report.reading, wording, kind="state"),
        "length": _length(lesion, report, wording),
        "volume": _volume(lesion, wording),
        "t2_signal": _told("t2_signal", lesion, report, wording),
        "enhancement": _told("enhancement", lesion, report, wording),
        "first": _first(lesion, report, wording),
        "confidence": percent(lesion.confidence),
    }
    return tuple((wording.say(f"lesion.column_{name}"), told[name]) for name in COLUMNS)


def _volume(lesion: Lesion, wording: Wording) -> str:
    return f"{wording.number(lesion.volume_mm3 / 1000)}{NARROW}ml"


def _length(lesion: Lesion, report: Report, wording: Wording) -> str:
    """The length in mm and in segments, or that it was not assessed."""
    found = report.reading.find("length_segments", lesion.tracking_uid)
    if not isinstance(found, Finding) or found.value is None:
        return _told("length_segments", lesion, report, wording)
    segments = wording.say("lesion.segments", segments=wording.number(found.value))
    if found.measurement is None or found.measurement.unit != "mm":
        return segments
    return f"{wording.say('lesion.mm', mm=wording.number(found.measurement.value))}, {segments}"


def _told(code: str, lesion: Lesion, report: Report, wording: Wording) -> str:
    """A sign's state, that it was not assessed, or a dash where nothing was said of it."""
    found = report.reading.find(code, lesion.tracking_uid)
    if isinstance(found, NotAssessed):
        return wording.say("lesion.gap")
    return "–" if found is None else wording.state(found)


def _first(lesion: Lesion, report: Report, wording: Wording) -> str:
    """The entity that leads the lesion's own ranking."""
    own = next((one for one in report.differentials if one.subject == lesion.tracking_uid), None)
    if own is None or not own.candidates:
        return "–"
    first = max(own.candidates, key=lambda candidate: candidate.probability)
    return f"{capital(wording.name('entity', first.entity))} {percent(first.probability)}"


def _row(finding: Finding, change: Change | None, centre: Place | None, wording: Wording) -> Row:
    unit = wording.unit(wording.words.get(f"unit_of.{finding.code}")) if finding.probabilities is None else ""
    certainty = _certainty(finding, wording)
    surest = max(finding.probabilities.values()) if finding.probabilities else 1.0
    measured = finding.measurement
    return Row(
        code=finding.code,
        sign=wording.finding(finding.code),
        result=f"{wording.state(finding)} {unit}".strip(),
        certainty=certainty,
        number=""
        if measured is None
        else f"{wording.number(measured.value, measured.sd)} {wording.unit(measured.unit)}".strip(),
        method=wording.heard(finding.method),
        where=_where(finding, centre, wording),
        low=surest < LOW,
        note="" if change is None or finding.basis != "corrected" else _was(change, wording),
    )


def _where(finding: Finding, centre: Place | None, wording: Wording) -> str:
    """The series a sign was seen on, and the place where that is not the lesion's own."""
    place = finding.where
    if place is None:
        return ""
    apart = centre is None or math.dist((place.x, place.y, place.z), (centre.x, centre.y, centre.z)) > NEAR_MM
    return _place(place, wording) if apart else wording.say("lesion.shown_on", series=place.series_key)


def _certainty(finding: Finding, wording: Wording) -> str:
    if finding.probabilities is None or finding.basis != "measured":
        return ""
    state = finding.state
    others = sorted(
        ((p, name) for name, p in finding.probabilities.items() if name != state and p >= 0.05), reverse=True
    )
    rest = [f"{wording.state_name(finding.code, name)} {percent(p)}" for p, name in others]
    return " · ".join((percent(finding.probabilities[state or ""]), *rest))


def _was(change: Change, wording: Wording) -> str:
    before = wording.state(change.before) if isinstance(change.before, Finding) else wording.say("findings.removed")
    why = wording.say("findings.why", why=change.why) if change.why else ""
    by = wording.say("findings.by", by=change.by, at=change.at[:10], why=why)
    return f"{wording.say('findings.was', before=before)}, {by}"


def _target(change: Change, report: Report, wording: Wording) -> str:
    subject, code = change.target.rsplit("/", 1)
    return f"{whom([subject], report, wording)}, {wording.finding(code)}"


def whom(subjects: Sequence[str], report: Report, wording: Wording) -> str:
    """`the patient, lesions 1, 2`: whom something is said of."""
    numbers = [str(lesion.instance) for lesion in report.reading.lesions if lesion.tracking_uid in subjects]
    names = [wording.say("not_assessed.patient")] if len(numbers) < len(subjects) else []
    if numbers:
        key = "lesion" if len(numbers) == 1 else "lesions"
        names.append(wording.say(f"not_assessed.{key}", instance=numbers[0], instances=listed(numbers)))
    return listed(names)


def _place(place: Place, wording: Wording) -> str:
    return wording.say("lesion.place", x=whole(place.x), y=whole(place.y), z=whole(place.z), series=place.series_key)
