"""Adequacy of the examination: the rules, asked of a study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from thecal.protocol.conditions import Truth, failing, holds
from thecal.records import Issue, ProtocolCheck, Rule, Study

EVERY = "every"
Answer = Literal["yes", "limited", "no"]
_ANSWER: dict[str, Answer] = {"info": "yes", "warning": "limited", "error": "no"}
_WORST: tuple[Answer, ...] = ("yes", "limited", "no")


def check(study: Study, rules: tuple[Rule, ...]) -> ProtocolCheck:
    """What the examination lacks for which question, and what no header tells.

    An issue's code is `question/rule`; `every/rule` bears on all questions. What must hold and is not known counts as failed:
    the issue then says that it is not stated. A rule whose own condition is not known does not apply.
    A question is answerable (`yes`), `limited` by a warning, or not answerable (`no`) by an error; a flaw of one series limits
    nothing while an unflawed one of the same role and plane stands beside it.
    """
    issues: list[Issue] = []
    not_stated: list[str] = []
    for rule in rules:
        if holds(rule.applies, study) is not True or (truth := holds(rule.must, study)) is True:
            continue
        found = _issues(rule, truth, study)
        issues += found
        if truth is None and "not_stated" in rule.must:
            not_stated.append(str(rule.must["not_stated"]["what"]))
    questions = dict.fromkeys(rule.question for rule in rules if rule.question != EVERY)
    answerable = {question: _answer(question, issues, study) for question in questions}
    return ProtocolCheck((*study.issues, *issues), answerable, tuple(dict.fromkeys(not_stated)))


def _issues(rule: Rule, truth: Truth, study: Study) -> list[Issue]:
    issue = Issue(f"{rule.question}/{rule.code}", rule.severity, _message(rule, truth))
    flawed = failing(rule.must, study)
    return [replace(issue, message=_message(rule, one), series_key=series.key) for series, one in flawed] or [issue]


def _message(rule: Rule, truth: Truth) -> str:
    told = rule.must.get("not_stated")
    return str(told["message"]) if truth is None and told else rule.message


def _answer(question: str, issues: Iterable[Issue], study: Study) -> Answer:
    bearing = [
        _ANSWER[issue.severity]
        for issue in issues
        if issue.code.startswith(f"{question}/")
        or (issue.code.startswith(f"{EVERY}/") and not _spared(issue, issues, study))
    ]
    return max(bearing, key=_WORST.index, default="yes")


def _spared(issue: Issue, issues: Iterable[Issue], study: Study) -> bool:
    """Whether an unflawed series of the same role and plane stands in for the flawed one."""
    if issue.series_key is None:
        return False
    flawed = {other.series_key for other in issues if other.severity != "info" and other.code.startswith(f"{EVERY}/")}
    this = study.find(issue.series_key)
    return any(
        other.key not in flawed and (other.role, other.plane) == (this.role, this.plane) for other in study.images()
    )
