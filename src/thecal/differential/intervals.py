"""90 % intervals of the probabilities: what is not known of the rates, drawn many times.

They cover the counts, the strength of judgement, the spread between studies (through the series' worth) and the base rates'
own uncertainty. They do not cover a wrong structure, a wrongly coded finding, or an entity missing from the list.
Draws are kept in seven digits, which is enough and twice as fast. Arrays are entities × cases × draws.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.random import Generator, default_rng

from thecal.differential.model import Model, density_at
from thecal.differential.structure import Array
from thecal.differential.trees import Downward
from thecal.differential.weighing import Case, Number, Weighed, numbers_of, posterior

COVERS = "counts, the strength of judgement, the spread between studies, and the base rates; nothing else"
REMEMBERED = 400
"""Draws of numbers kept in memory; each is entities × draws."""


def generator(name: str) -> Generator:
    """A source of random numbers that is always the same for one name, so that an order of findings changes nothing."""
    return default_rng(zlib.crc32(name.encode()))


def state_draws(codes: Iterable[str], model: Model) -> Array:
    """Log ratio of drawn to stated rates: entities × columns × draws, filled for the findings asked for."""
    if "state draws" not in model.memory:
        shape = (len(model.entities), model.width, int(model.settings["intervals"]["draws"]))
        model.memory["state draws"] = np.zeros(shape, np.float32), set()
    ratios, known = model.memory["state draws"]
    for code in codes:
        if code not in known:
            ratios[:, model.columns[code]] = _draw_states(code, model)
            known.add(code)
    told: Array = ratios
    return told


def _draw_states(code: str, model: Model) -> Array:
    node, share = model.nodes[code], float(model.settings["caution"]["contamination"])
    mean = node.own.mean(axis=0)
    own = np.concatenate([node.own, mean[None]])
    alpha = np.maximum(own * node.strength[:, None], 1e-3).astype(np.float32)
    shape = (int(model.settings["intervals"]["draws"]), *alpha.shape)
    gamma = np.maximum(generator(code).standard_gamma(alpha, shape, np.float32), 1e-12)
    drawn = (1 - share) * gamma / gamma.sum(axis=2, keepdims=True) + share * mean
    ratio: Array = np.log(drawn / node.plain)
    return np.moveaxis(ratio, 0, 2)


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
    """Posterior probabilities under each draw of the rates: entities × cases × draws."""
    moved = _moved(weighed, down, model)
    for place, case in enumerate(cases):
        for code, number in numbers_of(case, model).items():
            moved[:, place] += number_draws(code, number, model)
    base = weighed.log_prior[:, :, None].astype(np.float32) + prior_draws(model)[:, None]
    return posterior(base, weighed.likelihood[:, :, None].astype(np.float32) + moved, model)


def _moved(weighed: Weighed, down: Downward, model: Model) -> Array:
    """What each draw changes in the log likelihood of the assessed signs.

    A state that was seen counts by the log ratio of its rate. Where the state is not sure (a soft sign, an unassessed
    parent), the ratios count by how likely each state is, to first order.
    """
    sheet, active = weighed.sheet, weighed.up.active
    ratios = state_draws(active, model)
    moved: Array = np.zeros((len(model.entities), sheet.size, ratios.shape[2]), np.float32)
    seen, unsure = [], []
    for code, there in active.items():
        told = sheet.told.get(code)
        sure = (np.count_nonzero(told, axis=0) == 1) & there if told is not None else np.zeros(sheet.size, bool)
        belief = down.rates[:, model.columns[code]]
        seen.append((belief * sure, ratios[:, model.columns[code]]))
        if np.any(there & ~sure):
            unsure.append((belief * (there & ~sure), np.expm1(ratios[:, model.columns[code]])))
    for parts in (seen, unsure):
        if parts:
            weight = np.concatenate([part for part, _ in parts], axis=1).transpose(0, 2, 1)
            moved += weight @ np.concatenate([ratio for _, ratio in parts], axis=1)
    return moved


def ninety(draws: Array, probability: Array) -> Array:
    """The 5 % and 95 % points of the draws, widened where the stated probability lies outside: entities × cases × 2."""
    aside = round(0.05 * (draws.shape[2] + 1)) - 1
    ordered = np.sort(draws, axis=2)
    low, high = ordered[:, :, aside], ordered[:, :, -1 - aside]
    return np.stack([np.minimum(low, probability), np.maximum(high, probability)], axis=2)
