"""What a reader sees of a report, section by section, as words: HTML and plain text both lay this out.

Nothing is decided here but what stands first and what is folded away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from thecal.records import Figure, Issue, Report, SeriesLine
from thecal.report.lesions import whom
from thecal.report.sentences import comparison_lines
from thecal.report.wording import LOW, Wording, capital, listed, percent

Pairs = tuple[tuple[str, str], ...]
NEXT_SHOWN = 6
UNMEASURED = "not measured by this version"


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
    told = [
        (name, wording.words.get(f"patient.sex_{value}", value) if name == "patient_sex" else value)
        for name, value in told
    ]
    return tuple((wording.say(f"patient.{name}"), _printed(name, value) or unknown) for name, value in told)


def no_emergency(report: Report, wording: Wording) -> tuple[str, ...]:
    """What stands where no emergency was flagged."""
    gaps = [gap for gap in report.reading.not_assessed if gap.code == "cord_compression"]
    said = dict.fromkeys(
        wording.say("emergency.cord_compression_not_assessed", reason=wording.heard(gap.reason).rstrip("."))
        for gap in gaps
    )
    return (wording.say("emergency.none"), *said)


def questions(report: Report, wording: Wording) -> tuple[QuestionView, ...]:
    """The questions to the examination, the worst answered first, and what bears on all of them."""
    order = {"no": 0, "limited": 1, "yes": 2}
    views = [
        QuestionView(
            capital(wording.name("question", question)),
            answer,
            wording.say(f"technique.answer_{answer}"),
            _reasons(report, question, wording),
        )
        for question, answer in report.protocol.answerable.items()
    ]
    return tuple(sorted(views, key=lambda view: order[view.answer]))


def flaws(report: Report, wording: Wording) -> tuple[str, ...]:
    """Issues that bear on no single question: flaws of series and of the examination itself."""
    general = (issue for issue in report.protocol.issues if issue.code.split("/")[0] not in report.protocol.answerable)
    return _texts(general, wording)


def not_stated(report: Report, wording: Wording) -> str:
    """What no header states."""
    return listed(map(wording.heard, report.protocol.not_stated))


def unread(report: Report, wording: Wording) -> tuple[str, ...]:
    """What was found and not read, and why."""
    return tuple(wording.say("technique.unread", what=one.what, why=wording.heard(one.why)) for one in report.unread)


def series_rows(report: Report, wording: Wording) -> tuple[tuple[str, ...], ...]:
    """One row a series: key, kind, plane, voxel, matrix, levels, fat suppression, placement, description."""
    return tuple(_series_row(line, wording) for line in report.series)


def short(caption: str) -> str:
    """A caption's first sentence; the whole caption is the picture's text for who cannot see it."""
    return caption.partition(". ")[0].rstrip(".")


def general_figures(report: Report) -> tuple[Figure, ...]:
    """Images that belong to no single lesion."""
    return tuple(figure for figure in report.figures if not figure.name.startswith("lesion-"))


def context(report: Report, wording: Wording) -> Pairs:
    """What was told with the examination."""
    return tuple((wording.finding(code), _value(code, value, wording)) for code, value in report.context.items())


def not_assessed(report: Report, wording: Wording) -> Pairs:
    """Reason by reason, what was looked for and not assessed, of whom."""
    return _by_reason(report, wording, unmeasured=False)


def unmeasured(report: Report, wording: Wording) -> Pairs:
    """What this version does not look for."""
    return _by_reason(report, wording, unmeasured=True)


def _by_reason(report: Report, wording: Wording, *, unmeasured: bool) -> Pairs:
    by_reason: dict[str, dict[str, list[str]]] = {}
    for gap in report.reading.not_assessed:
        if (gap.reason == UNMEASURED) is unmeasured:
            by_reason.setdefault(gap.reason, {}).setdefault(gap.subject, []).append(wording.finding(gap.code))
    told = sorted(by_reason.items(), key=lambda item: -sum(map(len, item[1].values())))
    return tuple((capital(wording.heard(reason)), _gaps(subjects, report, wording)) for reason, subjects in told)


def _gaps(subjects: Mapping[str, Sequence[str]], report: Report, wording: Wording) -> str:
    """`lesions 1, 2: cap sign, haemorrhage; the patient: …`: lesions that lack the same signs stand together."""
    together: dict[tuple[str, ...], list[str]] = {}
    for subject, names in subjects.items():
        together.setdefault(tuple(names), []).append(subject)
    return "; ".join(f"{whom(subjects, report, wording)}: {listed(names)}" for names, subjects in together.items())


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
    note = (wording.heard(report.comparison.note),) if report.comparison.note else ()
    return (wording.say("comparison.earlier", date=date), *(f"{capital(line)}." for line in lines), *note)


def holes(report: Report, wording: Wording) -> Pairs:
    """The stages that failed: what is missing, and why."""
    said = [
        (hole.stage, wording.say("holes.line", missing=wording.heard(hole.missing), why=hole.why))
        for hole in report.holes
    ]
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
        "seconds": listed(
            f"{wording.stage(stage)} {wording.decimal(format(seconds, '.1f'))} s"
            for stage, seconds in made.seconds.items()
        ),
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
    """Preliminary, approved or amended, and by whom."""
    told = wording.say(f"document.{report.status}")
    return f"{told}: {report.approved_by}" if report.approved_by else told


def banner(report: Report, wording: Wording) -> str:
    """What stands on every page: that nobody has approved this, until somebody has."""
    return wording.say("document.research" if report.status == "preliminary" else f"document.{report.status}")


def _reasons(report: Report, question: str, wording: Wording) -> tuple[str, ...]:
    return _texts((issue for issue in report.protocol.issues if issue.code.startswith(f"{question}/")), wording)


def _texts(issues: Iterable[Issue], wording: Wording) -> tuple[str, ...]:
    """Each message once, with the series it was said of."""
    keys: dict[str, list[str]] = {}
    for issue in issues:
        series = keys.setdefault(issue.message, [])
        if issue.series_key:
            series.append(issue.series_key)
    told = ((wording.heard(message), series) for message, series in keys.items())
    return tuple(f"{message} [{listed(series)}]" if series else message for message, series in told)


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
        unknown if line.spacing_mm is None else " × ".join(wording.decimal(f"{step:.2g}") for step in line.spacing_mm),
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
    return wording.say(f"technique.{key}", mm=wording.decimal(f"{line.residual_mm:.1f}"))


def _value(code: str, value: str | float, wording: Wording) -> str:
    if isinstance(value, str):
        kind = "entity" if code == "proven_diagnosis" else "state"
        return wording.name(kind, value) if kind == "entity" else wording.state_name(code, value)
    return f"{wording.number(value)} {wording.unit(wording.words.get(f'unit_of.{code}'))}".strip()


def _printed(name: str, value: str | None) -> str:
    """A DICOM person name with spaces for carets, a DICOM date with hyphens."""
    told = (value or "").strip()
    if name == "patient_name":
        return " ".join(part for part in told.split("^") if part)
    if name.endswith("date") and len(told) == 8 and told.isdigit():
        return f"{told[:4]}-{told[4:6]}-{told[6:]}"
    return told
