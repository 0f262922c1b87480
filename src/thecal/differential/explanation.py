"""Why: what each finding says for and against an entity, and what would say more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.weighing import (
    PRIOR_ONLY,
    Case,
    Number,
    number_likelihood,
    roots_of,
    temperature,
    tree_likelihood,
    upward,
)
from thecal.records import Evidence, Question

LEAST = 0.02
"""A weight below this (in logits) moves nothing that could be seen."""


@dataclass(frozen=True)
class Turn:
    """A finding not yet assessed that would put another entity first, and how likely that state is now."""

    finding: str
    state: str
    first: str
    probability: float


def shares(case: Case, model: Model, parts: Mapping[str, Array]) -> dict[str, Array]:
    """Log likelihood that each finding adds to all the others, by finding: entities. What it says given the rest."""
    trees = roots_of(case, model)
    added = {}
    for code in case:
        if code in PRIOR_ONLY:
            continue
        if isinstance(case[code], Number):
            added[code] = np.log(number_likelihood(code, case, model))
            continue
        root = next(root for root, tree in trees.items() if code in tree)
        rest = {other: told for other, told in case.items() if other in trees[root] and other != code}
        without = roots_of(rest, model).get(root)
        base = np.log(tree_likelihood(root, without, rest, model)) if without else 0.0
        added[code] = parts[root] - base
    return added


def log_odds(score: Array) -> Array:
    """Log odds of each entity against all others, from log scores."""
    top = score.max()
    weight = np.exp(score - top)
    rest = weight.sum() - weight
    odds: Array = np.log(np.maximum(weight, 1e-300)) - np.log(np.maximum(rest, 1e-300))
    return odds


def weigh(case: Case, added: Mapping[str, Array], score: Array, model: Model) -> dict[str, Array]:
    """The weight of each finding: by how much it changes each entity's log odds, all other findings given."""
    trust = temperature(len(added), model)
    with_all = log_odds(score)
    return {code: with_all - log_odds(score - trust * part) for code, part in added.items()}


def tell(case: Case, weights: Mapping[str, Array], entities: Iterable[str], model: Model) -> tuple[Evidence, ...]:
    """What was found for and against the named entities, heaviest first within each, with its counts and sources."""
    told = []
    for entity in entities:
        row = model.index(entity)
        for code in sorted(weights, key=lambda code: -abs(weights[code][row])):
            if abs(weights[code][row]) >= LEAST:
                told.append(_evidence(code, case, entity, float(weights[code][row]), model))
    return tuple(told)


def state_of(code: str, case: Case, model: Model) -> str:
    """The state that is shown: the most probable one, or the number."""
    told = case[code]
    if isinstance(told, Number):
        return f"{told.value:g}"
    return model.nodes[code].states[int(np.argmax(told))]


def _evidence(code: str, case: Case, entity: str, weight: float, model: Model) -> Evidence:
    state = state_of(code, case, model)
    counts = tuple(
        (row.n, row.of, row.source)
        for row in model.counts.get((entity, code), ()) if row.state == state and row.weight > 0
    )
    counted = float(model.nodes[code].counted[model.index(entity)]) if code in model.nodes else 0.0
    return Evidence(code, state, entity, weight, counts, judged=weight * (1 - counted))


def compare(case: Case, added: Mapping[str, Array], first: str, second: str, model: Model) -> tuple[Evidence, ...]:
    """Why the first entity and not the second: each finding's log likelihood ratio between the two, heaviest first."""
    trust = temperature(len(added), model)
    ratios = {code: trust * float(part[model.index(first)] - part[model.index(second)]) for code, part in added.items()}
    ordered = sorted(ratios, key=lambda code: -abs(ratios[code]))
    return tuple(_evidence(code, case, first, ratios[code], model) for code in ordered if abs(ratios[code]) >= LEAST)


def fits_nothing(case: Case, probability: Array, model: Model, among: int = 5) -> tuple[str, ...]:
    """Findings that none of the first entities explains: rarer in each of them than one in ten, and than in the others."""
    first = np.argsort(-probability[:-1], kind="stable")[:among]
    odd = []
    for code, told in case.items():
        if code in PRIOR_ONLY or isinstance(told, Number):
            continue
        node = model.nodes[code]
        rate = (node.plain * told).sum(axis=1)
        if rate[first].max() < 0.1 and rate[first].max() < rate[:-1].mean():
            odd.append(code)
    return tuple(odd)


def predict(case: Case, probability: Array, model: Model) -> dict[str, tuple[Array, Array]]:
    """For every finding not assessed: its rates in each entity given the case, and each entity's probability that it exists.

    Rates are entities × states; a finding is read where it is defined.
    """
    trees = roots_of(case, model)
    beliefs: dict[str, Array] = {}
    told: dict[str, tuple[Array, Array]] = {}
    members = {code for tree in trees.values() for code in tree}
    for code, node in model.nodes.items():
        if node.parent is None:
            belief = node.table * (upward(code, trees[code], case, model) if code in trees else 1.0)
        else:
            outer = beliefs[node.parent]
            if code in members:
                below = upward(code, members, case, model)
                spoken = np.maximum(np.einsum("eps,es->ep", node.table, below), 1e-300)
                belief = np.einsum("ep,eps->es", outer / spoken, node.table) * below
            else:
                belief = np.einsum("ep,eps->es", outer, node.table)
        whole = belief.sum(axis=1, keepdims=True)
        if code not in case and code not in PRIOR_ONLY:
            told[code] = belief / np.maximum(whole, 1e-300), np.minimum(whole[:, 0] / _mass(node.parent, beliefs), 1.0)
        beliefs[code] = belief / np.maximum(whole, 1e-300) if node.parent is None else belief
    return told


def _mass(parent: str | None, beliefs: Mapping[str, Array]) -> Array | float:
    if parent is None:
        return 1.0
    mass: Array = np.maximum(beliefs[parent].sum(axis=1), 1e-300)
    return mass


def ask(case: Case, probability: Array, model: Model, at_most: int = 8) -> tuple[Question, ...]:
    """The findings not assessed that would tell the entities apart best: expected information in bits, and what acquires them."""
    acquire = model.settings["acquire"]
    worth = []
    for code, (rates, exists) in predict(case, probability, model).items():
        if code not in acquire:
            continue
        among = probability * exists
        share = float(among.sum())
        weight = among / max(share, 1e-300)
        overall = weight @ rates
        bits = float((weight[:, None] * rates * np.log2(np.maximum(rates, 1e-12) / np.maximum(overall, 1e-12))).sum())
        worth.append(Question(code, round(max(share * bits, 0.0), 4), acquire[code]))
    worth.sort(key=lambda question: (-question.expected_information_bits, question.finding))
    return tuple(worth[:at_most])


def turns(case: Case, probability: Array, model: Model, at_least: float = 0.02) -> tuple[Turn, ...]:
    """What would change the order: states of findings not assessed that would put another entity first, likeliest first."""
    leader = int(np.argmax(probability[:-1]))
    found = []
    for code, (rates, exists) in predict(case, probability, model).items():
        if code not in model.settings["acquire"]:
            continue
        joint = (probability * exists)[:, None] * rates
        for place, state in enumerate(model.nodes[code].states):
            first = int(np.argmax(joint[:-1, place]))
            chance = float(joint[:, place].sum())
            if first != leader and chance >= at_least:
                found.append(Turn(code, state, model.entities[first], chance))
    return tuple(sorted(found, key=lambda turn: (-turn.probability, turn.finding))[:8])
