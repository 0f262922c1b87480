"""Why: what each finding says for and against an entity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.trees import Downward
from thecal.differential.weighing import PRIOR_ONLY, Case, Number, Weighed, number_likelihood, trust_in_signs
from thecal.records import Evidence

LEAST = 0.02
"""A weight below this (in logits) moves nothing that could be seen."""


@dataclass(frozen=True, eq=False)
class Signs:
    """The assessed signs of one case: what each adds to all the others in log likelihood, and its rate as seen, by entity.

    Arrays are entities × signs; weights is by how much a sign changes an entity's log odds, all other signs given.
    """

    codes: tuple[str, ...]
    added: Array
    rates: Array
    weights: Array

    def of(self, code: str) -> Array:
        """One sign's weights."""
        told: Array = self.weights[:, self.codes.index(code)]
        return told


def gather_signs(cases: Sequence[Case], weighed: Weighed, down: Downward, model: Model) -> list[Signs]:
    """The signs of each case, weighed."""
    codes, owners, added, rates = [], [], [], []
    for place, case in enumerate(cases):
        for code, told in case.items():
            if code in PRIOR_ONLY:
                continue
            if isinstance(told, Number):
                added.append(number_likelihood(code, told, model))
                rates.append(np.ones(len(model.entities)))
            else:
                added.append(down.added[code][:, place])
                rates.append(model.nodes[code].plain @ told)
            codes.append(code)
            owners.append(place)
    if not codes:
        empty = np.zeros((len(model.entities), 0))
        return [Signs((), empty, empty, empty) for _ in cases]
    ends = np.searchsorted(owners, np.arange(len(cases) + 1)).tolist()
    together, seen = np.array(added).T, np.array(rates).T
    score = weighed.log_prior + trust_in_signs(model) * weighed.likelihood
    weights = log_odds(score)[:, owners] - log_odds(score[:, owners] - trust_in_signs(model) * together)
    return [
        Signs(tuple(codes[start:end]), together[:, start:end], seen[:, start:end], weights[:, start:end])
        for start, end in pairwise(ends)
    ]


def log_odds(score: Array) -> Array:
    """Log odds of each entity (first axis) against all others, from log scores; further axes are kept."""
    weight = np.exp(score - score.max(axis=0))
    rest = weight.sum(axis=0) - weight
    odds: Array = np.log(np.maximum(weight, 1e-300)) - np.log(np.maximum(rest, 1e-300))
    return odds


def tell(case: Case, signs: Signs, entities: Iterable[str], model: Model) -> tuple[Evidence, ...]:
    """What was found for and against the named entities, heaviest first within each, with its counts and sources."""
    told: list[Evidence] = []
    states = [state_of(code, case, model) for code in signs.codes]
    for entity in entities:
        row = model.index(entity)
        weights = signs.weights[row]
        order = np.argsort(-np.abs(weights), kind="stable").tolist()
        own = weights.tolist()
        told += [
            _evidence(signs.codes[place], states[place], entity, row, own[place], model)
            for place in order
            if abs(own[place]) >= LEAST
        ]
    return tuple(told)


def state_of(code: str, case: Case, model: Model) -> str:
    """The state that is shown: the most probable one, or the number."""
    told = case[code]
    if isinstance(told, Number):
        return f"{told.value:g}"
    return model.nodes[code].states[int(told.argmax())]


def _evidence(code: str, state: str, entity: str, row: int, weight: float, model: Model) -> Evidence:
    counts = model.counts.get((entity, code, state), ())
    counted = model.counted[code][row] if code in model.nodes else 0.0
    return Evidence(code, state, entity, weight, counts, weight * (1 - counted))


def compare(case: Case, signs: Signs, first: str, second: str, model: Model) -> tuple[Evidence, ...]:
    """Why the first entity and not the second: each finding's log likelihood ratio between the two, heaviest first."""
    row = model.index(first)
    ratios = trust_in_signs(model) * (signs.added[row] - signs.added[model.index(second)])
    ordered = sorted(zip(ratios.tolist(), signs.codes, strict=True), key=lambda one: -abs(one[0]))
    return tuple(
        _evidence(code, state_of(code, case, model), first, row, ratio, model)
        for ratio, code in ordered
        if abs(ratio) >= LEAST
    )


LEADING, RARE = 0.05, 0.1
"""Entities from this probability lead; a sign below this rate in each of them is rare there. Judgement."""


def fits_nothing(signs: Signs, probability: Array) -> tuple[str, ...]:
    """Findings that no leading entity explains: rare in each of them, and rarer than in entities at large."""
    named = probability[:-1]
    leading = np.flatnonzero(named >= min(LEADING, float(named.max())))
    odd = signs.rates[leading].max(axis=0) < np.minimum(RARE, signs.rates.mean(axis=0))
    return tuple(code for code, is_odd in zip(signs.codes, odd.tolist(), strict=True) if is_odd)
