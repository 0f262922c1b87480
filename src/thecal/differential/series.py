"""Published series: patients by state of one finding, and how many independent patients a series is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.differential.structure import Array
from thecal.records import EvidenceCount, Vocabulary


@dataclass(frozen=True, eq=False)
class Stack:
    """The series that speak of one finding, one row each: the leaf's row, source, patients by state (filled), weight.

    A parent's series stands once under each of its leaves, at the weight a parent's row has there. worth is how many
    independent patients a row is worth; 0 until the spread between series is known.
    """

    leaf: NDArray[np.intp]
    source: tuple[str, ...]
    filled: Array
    patients: Array
    weight: Array
    worth: Array


def read_counts(evidence: Mapping[str, Any]) -> tuple[EvidenceCount, ...]:
    """Every count of the evidence files, with the weight its grades give it; rows of weight 0 stay, to be shown."""
    return tuple(
        EvidenceCount(
            code, row["finding"], row["state"], row["n"], row["of"], row["source"], row.get("where", ""),
            float(row["weight"]), row.get("note", ""),
        )
        for code, told in sorted(evidence.items())
        for row in told.get("counts", ())
    )  # fmt: skip


def gather_series(counts: Iterable[EvidenceCount]) -> dict[str, list[list[EvidenceCount]]]:
    """Rows of one source, entity and finding as one series, by finding; rows of weight 0 are left out."""
    groups: dict[tuple[str, str, str], list[EvidenceCount]] = {}
    for row in counts:
        if row.weight > 0:
            groups.setdefault((row.finding, row.entity, row.source), []).append(row)
    told: dict[str, list[list[EvidenceCount]]] = {}
    for (finding, _, _), rows in groups.items():
        told.setdefault(finding, []).append(rows)
    return told


def stack(
    code: str,
    series: list[list[EvidenceCount]],
    bases: Array,
    leaves_of: Mapping[str, tuple[int, ...]],
    rules: Mapping[str, Any],
    vocabulary: Vocabulary,
) -> Stack:
    """The series of one finding; bases (entities × states) is judgement, by which untold patients are shared out."""
    states = vocabulary.findings[code].states
    place = {state: column for column, state in enumerate(states)}
    leaf, sources, rows, told, of, weight = [], [], [], [], [], []
    for one in series:
        counts, known = [0.0] * len(states), [False] * len(states)
        for row in one:
            column = place[row.state]
            counts[column], known[column] = max(counts[column], row.n), True
        own = leaves_of[one[0].entity]
        least = min(row.weight for row in one) * (1.0 if len(own) == 1 else float(rules["parent_weight"]))
        for row_of in own:
            leaf.append(row_of)
            sources.append(one[0].source)
            rows.append(counts)
            told.append(known)
            of.append(max(row.of for row in one))
            weight.append(least)
    where = np.array(leaf)
    filled = complete(
        np.array(rows), np.array(told), np.array(of, float), bases[where], code in rules["classes_differ"]
    )
    return Stack(where, tuple(sources), filled, filled.sum(axis=1), np.array(weight), np.zeros(len(leaf)))


def complete(counts: Array, told: Array, of: Array, base: Array, scope: bool = False) -> Array:
    """Each series' patients by state, summing to its patients: series × states.

    Patients of states it does not tell are shared out among those states as judgement (base) would; states told of more
    patients than there are (they overlap) are scaled down; where all states are told, only the told patients count. With scope, a
    state that a series neither tells nor leaves patients for is one it had no class for: it keeps its judged share.
    """
    total = counts.sum(axis=1)
    whole = (total > 0) & (told.all(axis=1) | (of <= total))
    scaled = counts * np.minimum(1.0, of / np.maximum(total, 1e-12))[:, None]
    if scope:
        lacking = np.where(told, 0.0, base)
        share = lacking.sum(axis=1, keepdims=True)
        scaled = scaled * (1 - share) + lacking * scaled.sum(axis=1, keepdims=True)
    rest = np.where(told, 0.0, np.maximum(base, 1e-6))
    rest = rest / np.maximum(rest.sum(axis=1, keepdims=True), 1e-12)
    filled: Array = np.where(whole[:, None], scaled, counts + (of - total)[:, None] * rest)
    return filled


def weigh_series(told: Stack, spread: float, rules: Mapping[str, Any]) -> Stack:
    """The stack with what each series is worth, given the spread between series of its kind."""
    patients = worth(told.patients, spread, told.weight, float(rules["study_at_most"]))
    return replace(told, worth=float(rules["series_trust"]) * patients)


def worth(patients: Any, spread: float, weight: Any, at_most: float) -> Any:
    """How many independent patients a series is worth, given the spread between series and its grade."""
    return weight * np.minimum(patients / (1 + (np.maximum(patients, 1) - 1) * spread), at_most)


def find_spreads(stacks: Mapping[str, Stack], rules: Mapping[str, Any], codes: Iterable[str]) -> dict[str, float]:
    """The between-study spread of each finding, estimated for its family from series of weight 0.5 or more."""
    families = {code: name for name, own in rules["families"].items() for code in own}
    cells: dict[str, list[Array]] = {}
    for code, told in stacks.items():
        usable = (told.weight >= 0.5) & (told.patients > 0)
        for leaf in sorted(set(told.leaf[usable].tolist())):
            own = told.filled[usable & (told.leaf == leaf)]
            if len(own) >= 3:
                cells.setdefault(families.get(code, "shape"), []).append(own)
    thin = float(rules["spread_when_thin"])
    found = {name: find_spread(own, rules["prior_spread"]) for name, own in cells.items() if len(own) >= 3}
    return {code: found.get(families.get(code, "shape"), thin) for code in codes}


def find_spread(cells: list[Array], candidates: Iterable[float]) -> float:
    """The between-study spread that makes the series (series × states, a cell each) most likely about their cells' means."""
    tried = np.array(list(candidates))
    likelihood = np.zeros(len(tried))
    for counts in cells:
        share = counts.sum(axis=0) + 0.5
        alpha = (1 / tried - 1)[:, None] * share / share.sum()
        whole = alpha.sum(axis=1)
        patients = counts.sum(axis=1)
        terms = log_gamma(alpha[:, None, :] + counts).sum(axis=(1, 2)) - len(counts) * log_gamma(alpha).sum(axis=1)
        likelihood += len(counts) * log_gamma(whole) - log_gamma(whole[:, None] + patients).sum(axis=1) + terms
    return float(tried[np.argmax(likelihood)])


def log_gamma(x: Array) -> Array:
    """The logarithm of the gamma function (Stirling's series six steps up), so that SciPy need not be loaded for it."""
    steps = np.ones_like(x)
    for step in range(6):
        steps = steps * (x + step)
    y = x + 6
    series = 1 / (12 * y) - 1 / (360 * y**3) + 1 / (1260 * y**5)
    told: Array = (y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series - np.log(steps)
    return told
