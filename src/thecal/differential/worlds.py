"""Other worlds that the same knowledge allows: true rates, studies and patients drawn anew, to see whether intervals hold.

A world's true rates are drawn about judgement; each published series has its own rates about the truth, as far as its worth says
such series differ, and counts its own patients. What would be pooled there is then judged by what is true there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from thecal.differential.intervals import draw_posteriors, ninety
from thecal.differential.model import Density, Model, lay_out
from thecal.differential.pooling import Base, Cell, Pooled, judge, link, pool_knowledge, pour, stack_series
from thecal.differential.series import Stack
from thecal.differential.structure import Array
from thecal.differential.trees import Flags, send_down
from thecal.differential.weighing import PRIOR_ONLY, Case, Number, posterior, prior, weigh_cases
from thecal.records import NumberRate, Vocabulary

SIGNS = 10
"""Assessed findings per drawn patient, beside age."""


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
        if node.parent is not None and node.parent not in states:
            continue
        chances = node.table[row] if node.parent is None else node.table[row, states[node.parent]]
        whole = chances.sum()
        if rng.random() < whole:
            states[code] = int(rng.choice(len(chances), p=chances / whole))
    return states


def draw_case(model: Model, rng: np.random.Generator, base: Array, age: bool = False) -> tuple[int, Case]:
    """A patient and the findings that were assessed: some of all, whichever they are, and the age if asked for."""
    row = int(rng.choice(len(base), p=base))
    states = draw_states(model, row, rng)
    usable = [code for code in states if code not in PRIOR_ONLY]
    picked = rng.choice(usable, min(SIGNS, len(usable)), replace=False)
    case: dict[str, Array | Number] = {code: np.eye(len(model.nodes[code].states))[states[code]] for code in picked}
    if age:
        case["age_years"] = Number(round(draw_number(model.densities["age_years"], row, rng)))
    return row, case


def redraw_cell(
    base: Base, told: Stack | None, rules: Mapping[str, Any], rng: np.random.Generator
) -> tuple[Cell, Cell]:
    """One finding in another world: its true rates, and what would be pooled there from its series."""
    known = pour(base, told, rules)
    kept = known.strength * (1 - known.counted)
    truth = _dirichlet(kept[:, None] * base.mean, rng)
    if told is None:
        return replace(known, mean=truth), known
    patients, worth = np.maximum(np.rint(told.patients), 1), np.maximum(told.worth, 1e-9)
    spread = np.clip((patients / worth - 1) / np.maximum(patients - 1, 1e-9), 1e-6, 1 - 1e-6)
    own = _dirichlet((1 / spread - 1)[:, None] * truth[told.leaf], rng)
    counted = np.array([rng.multinomial(int(n), row / row.sum()) for n, row in zip(patients, own, strict=True)], float)
    seen = replace(told, filled=counted, patients=counted.sum(axis=1))
    return replace(known, mean=truth), pour(base, seen, rules)


def _dirichlet(alpha: Array, rng: np.random.Generator) -> Array:
    gamma = np.maximum(rng.standard_gamma(np.maximum(alpha, 1e-6)), 1e-12)
    drawn: Array = gamma / gamma.sum(axis=1, keepdims=True)
    return drawn


def redraw(text: Mapping[str, Any], vocabulary: Vocabulary, rng: np.random.Generator) -> tuple[Pooled, Pooled]:
    """Another world: its true rates, and the rates that would be pooled there."""
    pooled, settings = pool_knowledge(text, vocabulary), text["differential"]
    rules = settings["pooling"]
    bases = judge(text["judgement"], rules, vocabulary)
    stacks = stack_series(pooled.counts, bases, rules, vocabulary)
    cells = {code: redraw_cell(base, stacks.get(code), rules, rng) for code, base in bases.items()}
    truth = {code: one for code, (one, _) in cells.items()}
    known = {code: other for code, (_, other) in cells.items()}
    return (
        replace(pooled, cells=link(truth, settings, vocabulary), numbers=_redraw_numbers(pooled, rng)),
        replace(pooled, cells=link(known, settings, vocabulary)),
    )


def _redraw_numbers(pooled: Pooled, rng: np.random.Generator) -> tuple[NumberRate, ...]:
    """True distributions of the numbers, each moved as far as its worth in patients leaves open."""
    moved = []
    for rate in pooled.numbers:
        sd = np.sqrt(sum(weight * sd * sd for weight, _, sd in rate.components) / max(rate.strength, 1))
        shift = rng.normal(0, sd)
        moved.append(replace(rate, components=tuple((w, m + shift, s) for w, m, s in rate.components)))
    return tuple(moved)


def cover(
    text: Mapping[str, Any], vocabulary: Vocabulary, seed: int, count: int, from_truth: bool = True, least: float = 0.02
) -> Flags:
    """In another world: which true posteriors of at least `least` (as stated there) lie within the stated 90 % intervals.

    Patients are drawn from the true rates, or from the pooled ones; base rates are off by as much as the settings say.
    """
    rng, settings = np.random.default_rng([13, seed]), text["differential"]
    truth, known = redraw(text, vocabulary, rng)
    world, model = lay_out(truth, settings), lay_out(known, settings)
    source = world if from_truth else model
    cases = [draw_case(source, rng, prior({}, model), age=True)[1] for _ in range(count)]
    weighed, true = weigh_cases(cases, model), weigh_cases(cases, world)
    off = rng.standard_normal(len(model.entities))[:, None] * float(settings["intervals"]["base_rate_log_sd"])
    exact = posterior(weighed.log_prior + off, true.likelihood, model)
    draws = draw_posteriors(cases, weighed, send_down(weighed.sheet, weighed.up, model), model)
    stated, true_share = weighed.probability.T, exact.T
    bounds = ninety(draws, stated)
    inside: Flags = (bounds[..., 0] <= true_share) & (true_share <= bounds[..., 1])
    return inside[stated >= least]
