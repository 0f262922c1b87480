"""What a reader sees of a report, section by section, as words: HTML and plain text both lay this out.

Nothing is decided here but what stands first and what is folded away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thecal.records import (
    Change,
    Figure,
    Finding,
    Issue,
    Lesion,
    Place,
    Report,
    SeriesLine,
)
from thecal.report.sentences import comparison_lines, lesion_sentence, level_of
from thecal.report.wording import LOW, Wording, capital, listed, number, percent, whole

Pairs = tuple[tuple[str, str], ...]
NEXT_SHOWN = 6
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
    heading: str
    sentence: str
    facts: Pairs
    measured: tuple[Row, ...]
    corrected: tuple[Row, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class QuestionView:
    """One question to the examination: answerable or not, and what limits it."""

    name: str
    answer: str
    label: str
    reasons: tuple[str, ...]


def patient(report: Report, wording: Wording) -> Pairs:
    """Who was examined, as the images state it."""
    identity = report.identity
    fields = ("patient_name", "patient_id", "patient_birth_date", "patient_sex", "accession_number")
    told = [(name, getattr(identity, name)) for name in fields]
    told.append(("study_date", report.acquired_on or identity.study_date))
    told.append(("study_description", identity.study_description))
    unknown = wording.say("patient.unknown")
    return tuple((wording.say(f"patient.{name}"), _printed(name, value) or unknown) for name, value in told)


def no_emergency(report: Report, wording: Wording) -> tuple[str, ...]:
    """What stands where no emergency was flagged."""
    gaps = [gap for gap in report.reading.not_assessed if gap.code == "cord_compression"]
    said = dict.fromkeys(
        wording.say("emergency.cord_compression_not_assessed", reason=gap.reason.rstrip(".")) for gap in gaps
    )
    return (wording.say("emergency.none"), *said)


def questions(report: Report, wording: Wording) -> tuple[QuestionView, ...]:
    """The questions to the examination, the worst answered first, and what bears on all of them."""
    order = {"no": 0, "limited": 1, "yes": 2}
    views = [
        QuestionView(
            wording.name("question", question),
            answer,
            wording.say(f"technique.answer_{answer}"),
            _reasons(report, question),
        )
        for question, answer in report.protocol.answerable.items()
    ]
    return tuple(sorted(views, key=lambda view: order[view.answer]))


def flaws(report: Report) -> tuple[str, ...]:
    """Issues that bear on no single question: flaws of series and of the examination itself."""
    return _texts(
        issue for issue in report.protocol.issues if issue.code.split("/")[0] not in report.protocol.answerable
    )


def series_rows(report: Report, wording: Wording) -> tuple[tuple[str, ...], ...]:
    """One row a series: key, kind, plane, voxel, matrix, levels, fat suppression, placement, description."""
    return tuple(_series_row(line, wording) for line in report.series)


def lesions(report: Report, wording: Wording) -> tuple[LesionView, ...]:
    """The lesions in cranio-caudal order."""
    ordered = sorted(report.reading.lesions, key=lambda lesion: lesion.instance)
    return tuple(_lesion(lesion, report, wording) for lesion in ordered)


def general_figures(report: Report) -> tuple[Figure, ...]:
    """Images that belong to no single lesion."""
    return tuple(figure for figure in report.figures if not figure.name.startswith("lesion-"))


def rows(report: Report, subject: str, basis: str, wording: Wording) -> tuple[Row, ...]:
    """The findings of a subject that were measured, corrected or stated."""
    found = [finding for finding in report.reading.of(subject) if finding.basis == basis]
    changes = {change.target: change for change in report.reading.changes}
    centre = next((lesion.where for lesion in report.reading.lesions if lesion.tracking_uid == subject), None)
    return tuple(_row(finding, changes.get(f"{subject}/{finding.code}"), centre, wording) for finding in found)


def context(report: Report, wording: Wording) -> Pairs:
    """What was told with the examination."""
    return tuple((wording.finding(code), _value(code, value, wording)) for code, value in report.context.items())


def withdrawn(report: Report, wording: Wording) -> tuple[str, ...]:
    """Corrections after which nothing stands: what was removed, by whom."""
    gone = [change for change in report.reading.changes if not isinstance(change.after, Finding)]
    return tuple(f"{_target(change, report, wording)}: {_was(change, wording)}" for change in gone)


def not_assessed(report: Report, wording: Wording) -> tuple[tuple[str, str], ...]:
    """Reason by reason, what was not assessed of whom."""
    by_reason: dict[str, dict[str, list[str]]] = {}
    for gap in report.reading.not_assessed:
        by_reason.setdefault(gap.reason, {}).setdefault(gap.subject, []).append(wording.finding(gap.code))
    return tuple((capital(reason), _gaps(subjects, report, wording)) for reason, subjects in by_reason.items())


def _gaps(subjects: Mapping[str, Sequence[str]], report: Report, wording: Wording) -> str:
    """`lesions 1, 2: cap sign, haemorrhage; the patient: …`: lesions that lack the same signs stand together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for subject, names in subjects.items():
        together.setdefault(tuple(names), []).append(subject)
    return "; ".join(f"{_subjects(whom, report, wording)}: {listed(names)}" for names, whom in together.items())


def _subjects(subjects: Sequence[str], report: Report, wording: Wording) -> str:
    numbers = [str(lesion.instance) for lesion in report.reading.lesions if lesion.tracking_uid in subjects]
    names = [wording.say("not_assessed.patient")] if len(numbers) < len(subjects) else []
    if numbers:
        key = "lesion" if len(numbers) == 1 else "lesions"
        names.append(wording.say(f"not_assessed.{key}", instance=numbers[0], instances=listed(numbers)))
    return listed(names)


def nothing_missing(report: Report, wording: Wording) -> str:
    """What stands where no gap is listed: that nothing was left out, or that nothing was looked for."""
    looked = any(finding.basis != "stated" for finding in report.reading.findings)
    return wording.say("not_assessed.none" if looked else "not_assessed.nothing")


def nothing_asked(report: Report, wording: Wording) -> str:
    """What stands where no further imaging is asked for."""
    return wording.say("next_imaging.none" if report.protocol.answerable else "next_imaging.not_checked")


def comparison(report: Report, wording: Wording) -> tuple[str, ...]:
    """What became of each lesion; empty without an earlier study."""
    if report.comparison is None:
        return ()
    date = report.comparison.earlier_acquired_on or wording.say("comparison.unknown_date")
    lines = comparison_lines(report.comparison, report.reading, wording) or (wording.say("comparison.none"),)
    note = (report.comparison.note,) if report.comparison.note else ()
    return (wording.say("comparison.earlier", date=date), *(f"{capital(line)}." for line in lines), *note)


def holes(report: Report, wording: Wording) -> Pairs:
    """The stages that failed: what is missing, and why."""
    said = [(hole.stage, wording.say("holes.line", missing=hole.missing, why=hole.why)) for hole in report.holes]
    return tuple((capital(wording.stage(stage)), line) for stage, line in said)


def methods(report: Report, wording: Wording) -> Pairs:
    """What made the report: versions, digests, times."""
    made = report.provenance
    no_weights = wording.say("methods.no_weights")
    told = {
        "knowledge": made.knowledge_digest[:16],
        "segmenters": listed(f"{name} ({digest[:16] or no_weights})" for name, digest in made.segmenters.items()),
        "libraries": listed(f"{name} {version}" for name, version in made.libraries.items()),
        "inputs": listed(f"{key} {digest[:16]}" for key, digest in made.inputs.items()),
        "seconds": listed(f"{wording.stage(stage)} {seconds:.1f} s" for stage, seconds in made.seconds.items()),
        "reading": listed((report.reading.reading_id[:16], (report.reading.parent_id or "")[:16])),
    }
    return tuple((wording.say(f"methods.{key}"), value) for key, value in told.items() if value)


def sources(report: Report) -> Pairs:
    """The publications cited, by key."""
    return tuple((key.removeprefix("source."), text) for key, text in report.words.items() if key.startswith("source."))


def mark(report: Report) -> str:
    """Whose report this is, for the head of every page."""
    date = report.acquired_on or ""
    return " · ".join(filter(None, (report.identity.patient_id, date, f"thecal {report.provenance.version}")))


def status(report: Report, wording: Wording) -> str:
    """Preliminary, approved or amended."""
    return wording.say(f"document.{report.status}")


def banner(report: Report, wording: Wording) -> str:
    """What stands on every page: that nobody has approved this, until somebody has."""
    return wording.say("document.research" if report.status == "preliminary" else f"document.{report.status}")


def _reasons(report: Report, question: str) -> tuple[str, ...]:
    return _texts(issue for issue in report.protocol.issues if issue.code.startswith(f"{question}/"))


def _texts(issues: Iterable[Issue]) -> tuple[str, ...]:
    """Each message once, with the series it was said of."""
    keys: dict[str, list[str]] = {}
    for issue in issues:
        series = keys.setdefault(issue.message, [])
        if issue.series_key:
            series.append(issue.series_key)
    return tuple(f"{message} [{listed(series)}]" if series else message for message, series in keys.items())


def _series_row(line: SeriesLine, wording: Wording) -> tuple[str, ...]:
    unknown = wording.say("technique.unknown")
    role = wording.name("role", line.role)
    if line.role_confidence < LOW:
        basis = wording.name("role_basis", line.role_basis)
        role = wording.say("technique.confidence", role=role, probability=percent(line.role_confidence), basis=basis)
    fat = (
        unknown
        if line.fat_suppressed is None
        else wording.say(f"technique.fat_{'yes' if line.fat_suppressed else 'no'}")
    )
    return (
        line.key,
        role,
        wording.name("plane", line.plane),
        unknown if line.spacing_mm is None else " × ".join(f"{step:.2g}" for step in line.spacing_mm),
        unknown if line.shape is None else " × ".join(str(count) for count in line.shape),
        listed(wording.name("region", region) for region in line.regions) or unknown,
        fat,
        _placement(line, wording),
        line.description or "",
    )


def _placement(line: SeriesLine, wording: Wording) -> str:
    if line.residual_mm is None:
        return wording.say("technique.placed_header") if line.shape else wording.say("technique.unknown")
    key = "placed_refined" if line.refined else "placed_residual"
    return wording.say(f"technique.{key}", mm=f"{line.residual_mm:.1f}")


def _lesion(lesion: Lesion, report: Report, wording: Wording) -> LesionView:
    facts = (
        ("levels", capital(level_of(lesion, report.reading, wording))),
        ("volume", f"{number(lesion.volume_mm3 / 1000)} ml"),
        ("confidence", percent(lesion.confidence)),
        ("where", _place(lesion.where, wording)),
        ("seen_on", listed(lesion.series_keys)),
    )
    return LesionView(
        anchor=f"lesion-{lesion.instance}",
        heading=wording.say("lesion.heading", instance=lesion.instance),
        sentence=lesion_sentence(lesion, report.reading, wording),
        facts=tuple((wording.say(f"lesion.{key}"), value) for key, value in facts if value),
        measured=rows(report, lesion.tracking_uid, "measured", wording),
        corrected=rows(report, lesion.tracking_uid, "corrected", wording),
        figures=tuple(figure for figure in report.figures if figure.name.startswith(f"lesion-{lesion.instance}-")),
    )


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
        else f"{number(measured.value, measured.sd)} {wording.unit(measured.unit)}".strip(),
        method=finding.method,
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
    rest = [f"{wording.name('state', name)} {percent(p)}" for p, name in others]
    return " · ".join((percent(finding.probabilities[state or ""]), *rest))


def _was(change: Change, wording: Wording) -> str:
    before = wording.state(change.before) if isinstance(change.before, Finding) else wording.say("findings.removed")
    why = wording.say("findings.why", why=change.why) if change.why else ""
    by = wording.say("findings.by", by=change.by, at=change.at[:10], why=why)
    return f"{wording.say('findings.was', before=before)}, {by}"


def _target(change: Change, report: Report, wording: Wording) -> str:
    subject, code = change.target.rsplit("/", 1)
    return f"{_subjects([subject], report, wording)}, {wording.finding(code)}"


def _place(place: Place, wording: Wording) -> str:
    return wording.say("lesion.place", x=whole(place.x), y=whole(place.y), z=whole(place.z), series=place.series_key)


def _value(code: str, value: str | float, wording: Wording) -> str:
    if isinstance(value, str):
        kind = "entity" if code == "proven_diagnosis" else "state"
        return wording.name(kind, value)
    return f"{number(value)} {wording.unit(wording.words.get(f'unit_of.{code}'))}".strip()


def _printed(name: str, value: str | None) -> str:
    """A DICOM person name with spaces for carets, a DICOM date with hyphens."""
    told = (value or "").strip()
    if name == "patient_name":
        return " ".join(part for part in told.split("^") if part)
    if name.endswith("date") and len(told) == 8 and told.isdigit():
        return f"{told[:4]}-{told[4:6]}-{told[6:]}"
    return told
