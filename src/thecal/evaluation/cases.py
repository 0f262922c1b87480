"""The findings of one case, from any of the forms they are written in, checked against the vocabulary.

A case is our findings.json, or `{"findings": {code: state or number}}` with or without the outer key.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from thecal.records import KnowledgeInvalid, Term, Vocabulary

# A state, a number, or None where it was not assessed; a code that is missing was not spoken of.
Case = Mapping[str, str | float | None]


def case_of(told: Any, vocabulary: Vocabulary, where: str, lesion: int | None = None) -> dict[str, str | float | None]:
    """The case in a file's content: what is said of the patient, with what is said of one lesion.

    Raises KnowledgeInvalid for an unknown code or state, with the nearest known ones, and where several lesions stand unnamed.
    """
    if not isinstance(told, Mapping):
        raise KnowledgeInvalid(where, expected="an object of findings", found=type(told).__name__)
    if "patient" in told or "lesions" in told:
        rows = [*_rows(told.get("patient", []), where), *_of_lesion(told.get("lesions", []), lesion, where)]
        pairs: dict[str, Any] = {row.get("finding", ""): _said(row) for row in rows}
    else:
        inner = told.get("findings", told)
        if not isinstance(inner, Mapping):
            raise KnowledgeInvalid(where, expected="findings as an object of codes", found=type(inner).__name__)
        pairs = dict(inner)
    return {code: _checked(code, value, vocabulary, where) for code, value in pairs.items()}


def _rows(told: Any, where: str) -> list[Mapping[str, Any]]:
    if not (isinstance(told, list) and all(isinstance(row, Mapping) for row in told)):
        raise KnowledgeInvalid(where, expected="a list of findings", found=type(told).__name__)
    return told


def _of_lesion(told: Any, lesion: int | None, where: str) -> list[Mapping[str, Any]]:
    """The findings of the lesion that was named, or of the only one."""
    lesions = _rows(told, where)
    if not lesions:
        return []
    numbers = [one.get("instance") for one in lesions]
    if lesion is None and len(lesions) > 1:
        raise KnowledgeInvalid(
            where, expected="one lesion, or the number of one", found=f"lesions {', '.join(map(str, numbers))}",
            remedy="Say which with --lesion.",
        )  # fmt: skip
    chosen = lesions[0] if lesion is None else next((one for one in lesions if one.get("instance") == lesion), None)
    if chosen is None:
        raise KnowledgeInvalid(where, expected=f"lesion {lesion}", found=f"lesions {', '.join(map(str, numbers))}")
    return _rows(chosen.get("findings", []), where)


def _said(row: Mapping[str, Any]) -> Any:
    return None if "not_assessed" in row else row.get("state", row.get("value"))


def _checked(code: str, value: Any, vocabulary: Vocabulary, where: str) -> str | float | None:
    """A state or number that the vocabulary knows; probabilities by state stand for the most probable."""
    term = vocabulary.findings.get(code)
    if term is None:
        raise _unknown(where, "a finding's code", code, vocabulary.findings)
    if isinstance(value, Mapping) and value:
        value = max(sorted(value), key=lambda state: float(value[state]))
    if value is None or value == "not_assessed":
        return None
    if term.kind == "number":
        return _number(term, value, where)
    known = vocabulary.entities if term.kind == "entity" else term.states
    if value not in known:
        raise _unknown(where, f"a state of {code}", str(value), known)
    return str(value)


def _number(term: Term, value: Any, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise KnowledgeInvalid(where, expected=f"a number for {term.code}", found=repr(value)) from error


def _unknown(where: str, expected: str, found: str, known: Collection[str]) -> KnowledgeInvalid:
    near = difflib.get_close_matches(found, list(known), n=3, cutoff=0.5)
    remedy = f"Nearest: {', '.join(near)}." if near else f"Known: {_some(known)}."
    return KnowledgeInvalid(where, expected=expected, found=repr(found), remedy=remedy)


def _some(known: Iterable[str], most: int = 8) -> str:
    names = list(known)
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")
