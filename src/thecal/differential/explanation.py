"""Why: what each finding says for and against an entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.weighing import (
    PRIOR_ONLY,
    Case,
    Number,
    roots_of,
    tree_likelihood,
    trust_in_signs,
)
from thecal.records import Evidence

LEAST = 0.02
"""A weight below this (in logits) moves nothing that could be seen."""


def shares(case: Case, model: Model, parts: Mapping[str, Array]) -> dict[str, Array]:
    """Log likelihood that each finding adds to all the others, by finding: entities. What it says given the rest."""
    trees = roots_of(case, model)
    added = {}
    for code in case:
        if code in PRIOR_ONLY:
            continue
        if isinstance(case[code], Number):
            added[code] = parts[code]
            continue
        root = next(root for root, tree in trees.items() if code in tree)
        rest = {other: told for other, told in case.items() if other in trees[root] and other != code}
        without = roots_of(rest, model).get(root)
        base = np.log(np.maximum(tree_likelihood(root, without, rest, model), 1e-300)) if without else 0.0
        added[code] = parts[root] - base
    return added


def log_odds(score: Array) -> Array:
    """Log odds of each entity against all others, from log scores; leading axes are kept."""
    weight = np.exp(score - score.max(axis=-1, keepdims=True))
    rest = weight.sum(axis=-1, keepdims=True) - weight
    odds: Array = np.log(np.maximum(weight, 1e-300)) - np.log(np.maximum(rest, 1e-300))
    return odds


def weigh(added: Mapping[str, Array], score: Array, model: Model) -> dict[str, Array]:
    """The weight of each finding: by how much it changes each entity's log odds, all other findings given."""
    if not added:
        return {}
    without = log_odds(score - trust_in_signs(model) * np.array(list(added.values())))
    return dict(zip(added, log_odds(score) - without, strict=True))


def tell(case: Case, weights: Mapping[str, Array], entities: Iterable[str], model: Model) -> tuple[Evidence, ...]:
    """What was found for and against the named entities, heaviest first within each, with its counts and sources."""
    told = []
    states = {code: state_of(code, case, model) for code in weights}
    for entity in entities:
        own = {code: float(weight[model.index(entity)]) for code, weight in weights.items()}
        for code in sorted(own, key=lambda code: -abs(own[code])):
            if abs(own[code]) >= LEAST:
                told.append(_evidence(code, states[code], entity, own[code], model))
    return tuple(told)


def state_of(code: str, case: Case, model: Model) -> str:
    """The state that is shown: the most probable one, or the number."""
    told = case[code]
    if isinstance(told, Number):
        return f"{told.value:g}"
    return model.nodes[code].states[int(np.argmax(told))]


def _evidence(code: str, state: str, entity: str, weight: float, model: Model) -> Evidence:
    counts = model.counts.get((entity, code, state), ())
    counted = float(model.nodes[code].counted[model.index(entity)]) if code in model.nodes else 0.0
    return Evidence(code, state, entity, weight, counts, judged=weight * (1 - counted))


def compare(case: Case, added: Mapping[str, Array], first: str, second: str, model: Model) -> tuple[Evidence, ...]:
    """Why the first entity and not the second: each finding's log likelihood ratio between the two, heaviest first."""
    trust = trust_in_signs(model)
    ratios = {code: trust * float(part[model.index(first)] - part[model.index(second)]) for code, part in added.items()}
    ordered = sorted(ratios, key=lambda code: -abs(ratios[code]))
    states = {code: state_of(code, case, model) for code in ordered}
    return tuple(
        _evidence(code, states[code], first, ratios[code], model) for code in ordered if abs(ratios[code]) >= LEAST
    )


LEADING, RARE = 0.05, 0.1
"""Entities from this probability lead; a sign below this rate in each of them is rare there. Judgement."""


def fits_nothing(case: Case, probability: Array, model: Model) -> tuple[str, ...]:
    """Findings that no leading entity explains: rare in each of them, and rarer than in entities at large."""
    named = probability[:-1]
    leading = np.flatnonzero(named >= min(LEADING, float(named.max())))
    odd = []
    for code, told in case.items():
        if code in PRIOR_ONLY or isinstance(told, Number):
            continue
        rate = model.nodes[code].plain @ told
        if rate[leading].max() < min(RARE, float(rate.mean())):
            odd.append(code)
    return tuple(odd)
