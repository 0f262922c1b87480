"""Coded cases in, the JSON lines of a differential out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from thecal.differential.model import RANGES, Model
from thecal.differential.ranking import rank_all, soft
from thecal.differential.structure import Array
from thecal.differential.weighing import Case, Number
from thecal.records import PATIENT, Differential, KnowledgeInvalid, Vocabulary

LIMITS = {
    **RANGES,
    "age_years": (0.0, 120.0),
    "length_segments": (0.0, 26.0),
    "t2_length_segments": (0.0, 26.0),
    "time_to_nadir_hours": (0.0, 20000.0),
    "days_since_lumbar_puncture": (0.0, 36500.0),
}
"""What a number may be; a spine has 26 movable and fused segments at most."""
NEEDS = {
    "enhancement_pattern": ("enhancement", "absent"),
    "rim_flame_sign": ("enhancement", "absent"),
    "leptomeningeal_site": ("leptomeningeal_pattern", "none"),
    "known_primary_site": ("known_primary", "none"),
    "flow_void_site": ("flow_voids", "absent"),
    "cap_sign": ("haemorrhage", "absent"),
    "haemosiderin_ring": ("haemorrhage", "absent"),
}
"""Signs that cannot be there where another is not: (that other, the state that forbids)."""


def check_case(case: Any, vocabulary: Vocabulary, where: str = "case") -> Mapping[str, Any]:
    """The findings of a coded case, if every code, state and number is one the vocabulary allows.

    Raises KnowledgeInvalid naming the place, the code and the nearest valid ones.
    """
    if not isinstance(case, Mapping):
        raise KnowledgeInvalid(where, expected='a case: {"id": …, "findings": {…}}', found=_short(case))
    findings = case.get("findings")
    if not isinstance(findings, Mapping):
        raise KnowledgeInvalid(where, expected="findings: {code: state}", found=_short(findings))
    for code, told in findings.items():
        if code not in vocabulary.findings:
            raise KnowledgeInvalid(
                where, expected="a finding of the vocabulary", found=repr(code), remedy=_near(code, vocabulary.findings)
            )
        _check_value(code, told, vocabulary, where)
    for code, (other, state) in NEEDS.items():
        if code in findings and _surely(findings.get(other), state) and not _surely(findings[code], "absent"):
            raise KnowledgeInvalid(
                where,
                expected=f"no {code} where {other} is {state}",
                found=f"{code}: {_short(findings[code])}",
                remedy=f"Leave {code} out or correct {other}.",
            )
    return findings


def _check_value(code: str, told: Any, vocabulary: Vocabulary, where: str) -> None:
    term = vocabulary.findings[code]
    if term.kind == "number":
        _check_number(code, told, where)
    elif term.kind == "entity":
        known = (*vocabulary.entities, *vocabulary.parents)
        if told not in known:
            raise KnowledgeInvalid(
                f"{where}: {code}", expected="an entity", found=_short(told), remedy=_near(told, known)
            )
    elif isinstance(told, Mapping):
        for state in told:
            _check_state(code, state, term.states, where)
        _check_probabilities(code, told, where)
    else:
        _check_state(code, told, term.states, where)


def _check_number(code: str, told: Any, where: str) -> None:
    low, high = LIMITS.get(code, (-np.inf, np.inf))
    if isinstance(told, bool) or not isinstance(told, int | float) or not np.isfinite(told):
        raise KnowledgeInvalid(f"{where}: {code}", expected="a number", found=_short(told))
    if not low <= told <= high:
        raise KnowledgeInvalid(f"{where}: {code}", expected=f"a number from {low:g} to {high:g}", found=_short(told))


def _check_state(code: str, state: Any, states: tuple[str, ...], where: str) -> None:
    if state not in states:
        raise KnowledgeInvalid(
            f"{where}: {code}", expected=" or ".join(states), found=_short(state), remedy=_near(state, states)
        )


def _check_probabilities(code: str, told: Mapping[str, Any], where: str) -> None:
    values = list(told.values())
    good = all(isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 for value in values)
    if not good or abs(sum(values) - 1) > 0.01:
        raise KnowledgeInvalid(
            f"{where}: {code}", expected="probabilities from 0 to 1 that sum to 1", found=_short(dict(told))
        )


def _surely(told: Any, state: str) -> bool:
    return told == state or (isinstance(told, Mapping) and float(told.get(state, 0.0)) >= 0.999)


def _near(word: Any, known: Any) -> str:
    near = get_close_matches(str(word), list(known), 3, 0.5)
    return f"Nearest: {', '.join(near)}." if near else ""


def _short(told: Any) -> str:
    text = json.dumps(told, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:77]}…"


def to_case(findings: Mapping[str, Any], model: Model) -> Case:
    """Checked findings as a case that can be weighed."""
    case: dict[str, Array | Number] = {}
    for code, told in findings.items():
        if code in model.densities:
            case[code] = Number(float(told))
        elif code in model.nodes:
            case[code] = soft(code, told, model) if isinstance(told, Mapping) else model.seen[code, told]
    return case


def rank_case(case: Any, model: Model, where: str = "case") -> Differential:
    """The differential of one coded case; refused as `check_case` refuses."""
    return _rank_checked([check_case(case, model.vocabulary, where)], model)[0]


def _rank_checked(told: Sequence[Mapping[str, Any]], model: Model) -> list[Differential]:
    """The differentials of checked cases, side by side."""
    cases = [to_case(findings, model) for findings in told]
    proven = [findings.get("proven_diagnosis") for findings in told]
    ranked = rank_all(cases, model, [PATIENT] * len(cases), proven)
    silent = [findings.keys() - case.keys() - {"proven_diagnosis"} for findings, case in zip(told, cases, strict=True)]
    return [
        replace(one, unused=tuple(sorted({*one.unused, *idle}))) if idle else one
        for one, idle in zip(ranked, silent, strict=True)
    ]


def to_line(name: Any, differential: Differential) -> dict[str, Any]:
    """A differential as the JSON line of `thecal differential`; probabilities to seven decimals, weights to three."""
    ranked, evidence = differential.candidates, differential.evidence
    shares = _rounded([(one.probability, *one.interval) for one in ranked], 7)
    weights = _rounded([(one.weight, one.judged) for one in evidence], 3)
    return {
        "id": name,
        "ranking": [
            {"entity": one.entity, "probability": share, "interval": interval}
            for one, (share, *interval) in zip(ranked, shares, strict=True)
        ],
        "parents": {code: round(share, 7) for code, share in differential.parents.items()},
        "evidence": [
            {
                "finding": one.finding,
                "state": one.state,
                "entity": one.entity,
                "weight": weight,
                "judged": judged,
                "counts": [list(count) for count in one.counts],
            }
            for one, (weight, judged) in zip(evidence, weights, strict=True)
        ],
        "ask_next": [
            {"finding": one.finding, "expected_information_bits": one.expected_information_bits, "how": one.how}
            for one in differential.ask_next
        ],
        "alerts": [
            {"code": one.code, "message": one.message, "urgency": one.urgency, "entity": one.entity}
            for one in differential.alerts
        ],
        "outlook": [
            {
                "code": one.code,
                "statement": one.statement,
                "value": one.value,
                "counts": [list(count) for count in one.counts],
                "reasons": list(one.reasons),
            }
            for one in differential.outlook
        ],
        "unused": list(differential.unused),
        "notes": list(differential.notes),
    }


def _rounded(rows: list[tuple[float, ...]], digits: int) -> list[list[float]]:
    rounded: list[list[float]] = np.round(rows, digits).tolist()
    return rounded


WRITE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
SIDE_BY_SIDE = 64
"""Cases of a batch that are weighed together; more gain nothing."""


def run_batch(text: str, suffix: str, model: Model, form: str = "jsonl") -> tuple[list[str], list[str]]:
    """Every case of a `.json` or `.jsonl` text: the lines that came out, and what was wrong with the others."""
    good, faults = [], []
    for where, name, case in _cases(text, suffix):
        try:
            if isinstance(case, KnowledgeInvalid):
                raise case
            good.append((name, check_case(case, model.vocabulary, where)))
        except KnowledgeInvalid as fault:
            faults.append(str(fault))
    lines = []
    for start in range(0, len(good), SIDE_BY_SIDE):
        part = good[start : start + SIDE_BY_SIDE]
        for (name, _), differential in zip(part, _rank_checked([told for _, told in part], model), strict=True):
            told = to_line(name, differential)
            lines.append(_table(told) if form == "table" else WRITE(told))
    if not lines and not faults:
        faults.append("expected at least one case, found none.")
    return lines, faults


def _cases(text: str, suffix: str) -> Iterator[tuple[str, Any, Any]]:
    """Each case with its place and id; what cannot be read comes as the fault to report."""
    rows = (
        [("case", text)]
        if suffix == ".json"
        else [(f"line {number}", row) for number, row in enumerate(text.splitlines(), 1) if row.strip()]
    )
    for where, row in rows:
        try:
            case = json.loads(row)
        except json.JSONDecodeError as error:
            yield where, None, KnowledgeInvalid(where, expected="JSON", found=f"{error.msg} at column {error.colno}")
            continue
        yield where, case.get("id", where) if isinstance(case, Mapping) else where, case


def _table(told: Mapping[str, Any]) -> str:
    """The first ten entities with the reasons of the first, for a terminal."""
    rows = [f"{told['id']}"]
    for one in told["ranking"][:10]:
        low, high = one["interval"]
        rows.append(f"  {one['probability']:6.1%}  {low:6.1%} to {high:6.1%}  {one['entity']}")
    first = next((one["entity"] for one in told["ranking"] if one["entity"] != "none_of_these"), "")
    for one in told["evidence"]:
        if one["entity"] == first:
            counts = ", ".join(f"{n} of {of} ({source})" for n, of, source in one["counts"][:3])
            rows.append(f"    {one['weight']:+5.2f}  {one['finding']} {one['state']}  {counts or 'judgement'}")
    rows += [
        f"    ask: {one['finding']} ({one['how']}), {one['expected_information_bits']:.2f} bits"
        for one in told["ask_next"][:3]
    ]
    rows += [f"    alert: {one['message']}" for one in told["alerts"]]
    return "\n".join(rows)
