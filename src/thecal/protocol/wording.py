"""The protocol check in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from thecal.protocol.facts import fact_of
from thecal.records import Issue, ProtocolCheck, Rule, Series, Study

_ANSWER = {"yes": "can be answered", "limited": "can be answered in part", "no": "cannot be answered"}


def describe(study: Study, check: ProtocolCheck, rules: Sequence[Rule] = ()) -> str:
    """What was acquired, what is missing for which question, why it matters, and, with the rules, what to acquire."""
    acquire = {f"{rule.question}/{rule.code}": rule.acquire for rule in rules}
    lines = ["Acquired", *(f"  {_series(series)}" for series in study.series)]
    lines += [f"  not read: {unread.what} ({unread.why})" for unread in study.unread]
    if not study.series:
        lines.append("  nothing that could be read as an image")
    for question, answer in check.answerable.items():
        lines += ["", f"{_words(question)}: {_ANSWER[answer]}", *_issues(check.issues, question, acquire)]
    beside = [issue for issue in check.issues if issue.code.split("/")[0] not in check.answerable]
    if beside:
        lines += ["", "Every question", *(line for issue in beside for line in _issue(issue, acquire))]
    if check.not_stated:
        lines += ["", f"Not stated in any header: {', '.join(check.not_stated)}"]
    return "\n".join(lines)


def _issues(issues: Iterable[Issue], question: str, acquire: dict[str, str]) -> list[str]:
    return [line for issue in issues if issue.code.startswith(f"{question}/") for line in _issue(issue, acquire)]


def _issue(issue: Issue, acquire: dict[str, str]) -> list[str]:
    where = f" [{issue.series_key}]" if issue.series_key else ""
    lines = [f"  - {issue.message}{where}"]
    return [*lines, f"    acquire: {acquire[issue.code]}"] if acquire.get(issue.code) else lines


def _series(series: Series) -> str:
    parts = [series.key, series.role, series.plane]
    thickness = fact_of(series, "slice_thickness_mm")
    if isinstance(thickness, float):
        parts.append(f"{thickness:.1f} mm")
    parts.append("fat-suppressed" if fact_of(series, "fat_suppressed") else "")
    parts.append(", ".join(series.regions) or "levels not told")
    if series.role_confidence < 0.5:
        parts.append("kind told with low confidence")
    return " · ".join(part for part in parts if part)


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()
