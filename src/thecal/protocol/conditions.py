"""The condition language of the protocol rules: three-valued, over the series of a study.

A condition is a mapping; all its keys must hold. A value is compared with a fact of a series as a word (equal), a list
(one of), `{min, max}` (within) or `{stated: true}` (told at all). What is not known is neither true nor false: None.

    all, any: [condition …]           not: condition
    series: {fact: value …}           at least one series fits; `at_least: n` beside it asks for n
    each: {of: {…}, must: {…}}        every series that fits `of` fits `must`; `if_known: true` passes over what is not known
    covered: {by: {…}, regions: […]}  the series that fit `by` cover all the regions between them
    context: {code: value …}          what was stated of the person
    always: true
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from thecal.protocol.facts import Fact, fact_of
from thecal.records import KnowledgeInvalid, Series, Study

Truth: TypeAlias = bool | None
Condition: TypeAlias = Mapping[str, Any]


def holds(condition: Condition, study: Study) -> Truth:
    """Whether a condition holds of the study: yes, no, or not known.

    Raises KnowledgeInvalid for a key or fact the language does not have.
    """
    try:
        return every(_KEYS[key](value, condition, study) for key, value in condition.items() if key not in _BESIDE)
    except KeyError as error:
        raise KnowledgeInvalid(
            "protocol rule", expected="a word of the condition language", found=str(error)
        ) from error


def fits(series: Series, wanted: Condition) -> Truth:
    """Whether a series has all the facts wanted of it."""
    return every(_agrees(fact_of(series, name), value) for name, value in wanted.items())


def failing(condition: Condition, study: Study) -> tuple[tuple[Series, Truth], ...]:
    """The series of an `each` condition that do not fit, with False or None for each; empty for other conditions."""
    each = condition.get("each")
    if each is None:
        return ()
    found = [(series, fits(series, each["must"])) for series in study.series if fits(series, each["of"]) is True]
    passed = (True, None) if each.get("if_known") else (True,)
    return tuple((series, truth) for series, truth in found if truth not in passed)


def every(truths: Iterable[Truth]) -> Truth:
    """True if all are true, False if one is false, else not known."""
    seen = set(truths)
    return False if False in seen else None if None in seen else True


def some(truths: Iterable[Truth]) -> Truth:
    """True if one is true, False if all are false, else not known."""
    seen = set(truths)
    return True if True in seen else None if None in seen else False


def negate(truth: Truth) -> Truth:
    """The opposite; what is not known stays so."""
    return None if truth is None else not truth


def _agrees(fact: Fact, value: Any) -> Truth:
    if fact is None:
        return None
    if isinstance(value, Mapping):
        if "stated" in value:
            return True
        number = float(fact)  # type: ignore[arg-type]
        return bool(value.get("min", number) <= number <= value.get("max", number))
    wanted = value if isinstance(value, (list, tuple)) else (value,)
    return any(one in wanted for one in (fact if isinstance(fact, tuple) else (fact,)))


def _series(wanted: Condition, condition: Condition, study: Study) -> Truth:
    truths = [fits(series, wanted) for series in study.series]
    least = int(condition.get("at_least", 1))
    if truths.count(True) >= least:
        return True
    return None if truths.count(True) + truths.count(None) >= least else False


def _each(_: Condition, condition: Condition, study: Study) -> Truth:
    return every(truth for _, truth in failing(condition, study))


def _covered(told: Condition, _: Condition, study: Study) -> Truth:
    by = [series for series in study.series if fits(series, told["by"]) is True]
    if set(told["regions"]) <= {region for series in by for region in series.regions}:
        return True
    return None if any(not series.regions for series in by) else False


def _context(told: Condition, _: Condition, study: Study) -> Truth:
    return every(_agrees(study.context.get(code), value) for code, value in told.items())


_KEYS: Mapping[str, Callable[[Any, Condition, Study], Truth]] = {
    "all": lambda told, _, study: every(holds(one, study) for one in told),
    "any": lambda told, _, study: some(holds(one, study) for one in told),
    "not": lambda told, _, study: negate(holds(told, study)),
    "series": _series,
    "each": _each,
    "covered": _covered,
    "context": _context,
    "always": lambda told, _, __: bool(told),
}
_BESIDE = ("at_least", "not_stated")
