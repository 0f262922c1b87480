"""The differential on cases drawn from its own tables: consistency with itself, never accuracy.

Run through `benchmarks/differential.py --self` and `--hidden`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.differential import Model, prepare, weigh_case
from thecal.differential.intervals import draw_posteriors, ninety
from thecal.differential.model import NONE, Density, Node
from thecal.differential.weighing import Case, Number, prior
from thecal.knowledge import load

Array = NDArray[Any]

KNOWLEDGE = load()
DRAWN = 600
SIGNS = 10
"""Assessed findings per simulated case."""


def plain_model() -> Model:
    """The model as shipped, but with the signs at the weight the tables give them, so that exact inference is what it does."""
    settings = json.loads(json.dumps(KNOWLEDGE.text["differential"]))
    settings["calibration"]["weight_of_signs"] = 1.0
    return prepare({**KNOWLEDGE.text, "differential": settings}, KNOWLEDGE.vocabulary, "clinical")


def draw_number(density: Density, row: int, rng: np.random.Generator) -> float:
    """A number of one entity."""
    low, high = density.range
    if density.weights[row].sum() == 0 or rng.random() < density.uniform:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))) if density.log else rng.uniform(low, high))
    place = rng.choice(len(density.weights[row]), p=density.weights[row] / density.weights[row].sum())
    value = rng.normal(density.means[row, place], density.sds[row, place])
    return float(np.clip(np.exp(value) if density.log else value, low, high))


def draw_states(model: Model, row: int, rng: np.random.Generator) -> dict[str, int]:
    """All state findings of a patient with one entity, parents first; undefined ones are missing."""
    states: dict[str, int] = {}
    for code, node in model.nodes.items():
        if node.parent is None:
            chances = node.table[row]
        elif node.parent in states:
            chances = node.table[row, states[node.parent]]
        else:
            continue
        whole = chances.sum()
        if rng.random() < whole:
            states[code] = int(rng.choice(len(chances), p=chances / whole))
    return states


def draw_case(model: Model, rng: np.random.Generator, base: Array) -> tuple[int, Case]:
    """A patient and the findings that were assessed: some of all, whichever they are."""
    row = int(rng.choice(len(base), p=base))
    states = draw_states(model, row, rng)
    usable = [code for code in states if code not in ("setting", "mri_contraindicated")]
    picked = rng.choice(usable, min(SIGNS, len(usable)), replace=False)
    case: dict[str, Array | Number] = {code: np.eye(len(model.nodes[code].states))[states[code]] for code in picked}
    return row, case


def judge_self() -> None:
    """How often the truth is first, stated against seen, and the coverage of the intervals."""
    model = plain_model()
    rng = np.random.default_rng(5)
    base = prior({}, model)
    hits, stated = [], []
    for _ in range(DRAWN):
        row, case = draw_case(model, rng, base)
        probability = weigh_case(case, model).probability
        hits.append(int(probability.argmax()) == row)
        stated.append(float(probability.max()))
    print(f"{DRAWN} cases of {SIGNS} findings drawn from the model's own tables (self-consistency, not accuracy):")
    print(f"  first is the truth in {np.mean(hits):.3f}; the exact posterior promises {np.mean(stated):.3f}")
    print(f"  coverage of 90 % intervals: {coverage(model, rng):.3f}")


def redraw(node: Node, model: Model, rng: np.random.Generator) -> Node:
    """A finding's rates as they might truly be, drawn from what is known of them."""
    alpha = np.maximum(node.plain * node.strength[:, None], 1e-3)
    drawn = np.maximum(rng.standard_gamma(alpha), 1e-12)
    drawn /= drawn.sum(axis=1, keepdims=True)
    share = float(model.settings["caution"]["contamination"])
    mean = node.plain.mean(axis=0)
    mixed = (1 - share) * drawn + share * mean
    ratio = mixed / ((1 - share) * node.plain + share * mean)
    if node.parent is None:
        table = node.table * ratio
        return replace(node, table=table / table.sum(axis=1, keepdims=True), plain=mixed)
    whole = node.table.sum(axis=2, keepdims=True)
    table = node.table * ratio[:, None, :]
    return replace(node, table=table / np.maximum(table.sum(axis=2, keepdims=True), 1e-300) * whole, plain=mixed)


def coverage(model: Model, rng: np.random.Generator, worlds: int = 100, cases: int = 12) -> float:
    """Share of 90 % intervals that hold the probability under the true rates, over worlds drawn from what is known."""
    base, inside = prior({}, model), []
    spread = float(model.settings["intervals"]["base_rate_log_sd"])
    for _ in range(worlds):
        world = replace(
            model, nodes={code: redraw(node, model, rng) for code, node in model.nodes.items()}, memory={}, draws={}
        )
        shift = np.exp(rng.standard_normal(len(base)) * spread)
        true_base = base * shift / (base * shift).sum()
        for _ in range(cases):
            _, case = draw_case(world, rng, true_base)
            known, truth = weigh_case(case, model), weigh_case(case, world)
            true = np.exp(truth.log_prior) * shift
            likelihood = np.sum(list(truth.parts.values()), axis=0)
            score = np.log(true) + likelihood
            exact = np.exp(score - score.max())
            exact /= exact.sum()
            told = np.sum(list(known.parts.values()), axis=0)
            bounds = ninety(draw_posteriors(case, known.log_prior, told, model), known.probability)
            shown = known.probability >= 0.02
            inside += ((bounds[shown, 0] <= exact[shown]) & (exact[shown] <= bounds[shown, 1])).tolist()
    return float(np.mean(inside))


def hide_each() -> None:
    """How well none_of_these tells cases of an entity that is taken out of the list from cases of the others."""
    model = plain_model()
    rng, base = np.random.default_rng(9), prior({}, model)
    base = np.where(np.array(model.entities) == NONE, 0, base**0.3)
    pairs = []
    for row in range(len(base) - 1):
        kept = np.ones(len(base), bool)
        kept[row] = False
        for _ in range(8):
            hidden, other = np.zeros(len(base)), base * kept
            hidden[row] = 1
            pair = []
            for share in (hidden, other / other.sum()):
                _, case = draw_case(model, rng, share)
                weighed = weigh_case(case, model).probability * kept
                pair.append(float(weighed[-1] / weighed.sum()))
            pairs.append(pair)
    hidden, others = np.array(pairs).T
    area = float(np.mean(hidden[:, None] > others[None, :]) + 0.5 * np.mean(hidden[:, None] == others[None, :]))
    print(
        f"none_of_these, each entity hidden in turn: AUC {area:.3f} ({len(pairs)} hidden cases against as many others)"
    )
