"""90 % intervals of the probabilities: what is not known of the rates, drawn many times.

They cover the counts, the strength of judgement, the spread between studies (through the series' worth) and the base rates'
own uncertainty. They do not cover a wrong structure, a wrongly coded finding, or an entity missing from the list.
Draws are kept in seven digits, which is enough and twice as fast. Arrays are cases × entities × draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.random import SFC64, Generator

from thecal.differential.model import Model, density_at
from thecal.differential.structure import Array
from thecal.differential.trees import Downward
from thecal.differential.weighing import Case, Number, Weighed, numbers_of, trust_in_signs

COVERS = "counts, the strength of judgement, the spread between studies, and the base rates; nothing else"
REMEMBERED = 400
"""Draws of numbers kept in memory; each is entities × draws."""


def generator(name: str) -> Generator:
    """A source of random numbers that is always the same for one name, so that an order of findings changes nothing.

    SFC64, because it draws a third faster than NumPy's default, and the draws are most of what makes a model ready.
    """
    return Generator(SFC64(zlib.crc32(name.encode())))


def state_draws(code: str, model: Model) -> tuple[Array, Array]:
    """Log ratio of drawn to stated rates of a finding, states × entities × draws, and the ratio less 1."""
    known: dict[str, tuple[Array, Array]] = model.memory.setdefault("state draws", {})
    if code not in known:
        known[code] = _draw_states(code, model)
    return known[code]


def _draw_states(code: str, model: Model) -> tuple[Array, Array]:
    node, share = model.nodes[code], float(model.settings["caution"]["contamination"])
    mean = node.own.mean(axis=0)
    own = np.concatenate([node.own, mean[None]])
    alpha = np.maximum(own * node.strength[:, None], 1e-3).astype(np.float32)
    shape = (int(model.settings["intervals"]["draws"]), *alpha.shape)
    gamma = np.maximum(generator(code).standard_gamma(alpha, shape, np.float32), 1e-12)
    drawn = (1 - share) * gamma / gamma.sum(axis=2, keepdims=True) + share * mean
    ratio = np.ascontiguousarray((drawn / node.plain).transpose(2, 1, 0), np.float32)
    return np.log(ratio), ratio - 1


def number_draws(code: str, told: Number, model: Model) -> Array:
    """Log ratio of drawn to stated density of a number: entities × draws."""
    density = model.densities[code]
    known: dict[tuple[str, float, float], Array] = model.memory.setdefault("number draws", {})
    key = (code, told.value, told.sd)
    if key in known:
        return known[key]
    shifts = model.memory.setdefault("shifts", {})
    if code not in shifts:
        draws = int(model.settings["intervals"]["draws"])
        spread = np.sqrt((density.weights * density.sds**2).sum(axis=1) / np.maximum(density.strength, 1))
        shifts[code] = generator(f"{code}:shift").standard_normal((draws, len(spread))) * spread
    drawn = density_at(density, told.value, told.sd, shifts[code][:, :, None])
    ratio = (np.log(drawn) - np.log(density_at(density, told.value, told.sd))).astype(np.float32).T
    if len(known) < REMEMBERED:
        known[key] = ratio
    return ratio


def prior_draws(model: Model) -> Array:
    """Log ratio of drawn to stated base rates: entities × draws."""
    if "prior" not in model.memory:
        rules, base = model.settings["intervals"], model.settings["base_rates"]
        power = {"clinical": 1.0, "published": float(base["published_power"]), "uniform": 0.0}[model.kind]
        shape = (len(model.entities), int(rules["draws"]))
        model.memory["prior"] = generator("prior").standard_normal(shape, np.float32) * np.float32(
            float(rules["base_rate_log_sd"]) * power
        )
    told: Array = model.memory["prior"]
    return told


def draw_posteriors(cases: Sequence[Case], weighed: Weighed, down: Downward, model: Model) -> Array:
    """Posterior probabilities under each draw of the rates: cases × entities × draws."""
    score = _moved(weighed, down, model)
    for place, case in enumerate(cases):
        for code, number in numbers_of(case, model).items():
            score[place] += number_draws(code, number, model)
    score *= trust_in_signs(model)
    score += (weighed.log_prior + trust_in_signs(model) * weighed.likelihood).T.astype(np.float32)[:, :, None]
    score += prior_draws(model)
    score -= score.max(axis=1, keepdims=True)
    np.exp(score, out=score)
    score /= score.sum(axis=1, keepdims=True)
    return score


def _moved(weighed: Weighed, down: Downward, model: Model) -> Array:
    """What each draw changes in the log likelihood of the assessed signs.

    A state that was seen counts by the log ratio of its rate. Where the state is not sure (a soft sign, an unassessed
    parent), the ratios count by how likely each state is, to first order.
    """
    sheet, shape = weighed.sheet, prior_draws(model).shape
    moved: Array = np.zeros((sheet.size, *shape), np.float32)
    for code, there in weighed.up.active.items():
        log_ratio, excess = state_draws(code, model)
        told, belief = sheet.told.get(code), down.rates[:, model.columns[code]]
        sure = np.count_nonzero(told, axis=0) == 1 if told is not None else np.zeros(sheet.size, bool)
        seen = told.argmax(axis=0).tolist() if told is not None else ()
        for place in np.flatnonzero(there).tolist():
            if sure[place]:
                moved[place] += log_ratio[seen[place]]
            else:
                moved[place] += (excess * belief[:, :, place].T[:, :, None]).sum(axis=0)
    return moved


def ninety(draws: Array, probability: Array) -> Array:
    """The 5 % and 95 % points of the draws, widened where the stated probability (cases × entities) lies outside.

    Cases × entities × 2.
    """
    aside = round(0.05 * (draws.shape[2] + 1)) - 1
    ordered = np.sort(draws, axis=2)
    low, high = ordered[:, :, aside], ordered[:, :, -1 - aside]
    return np.stack([np.minimum(low, probability), np.maximum(high, probability)], axis=2)
