"""90 % intervals of the probabilities: what is not known of the rates, drawn many times.

They cover the counts, the strength of judgement, the spread between studies (through the series' worth) and the base rates'
own uncertainty. They do not cover a wrong structure, a wrongly coded finding, or an entity missing from the list.
Draws are kept in seven digits, which is enough and twice as fast.
"""

from __future__ import annotations

import zlib

import numpy as np

from thecal.differential.model import Model, density_at
from thecal.differential.structure import Array
from thecal.differential.weighing import PRIOR_ONLY, Case, Number, posterior, roots_of, upward

COVERS = "counts, the strength of judgement, the spread between studies, and the base rates; nothing else"


REMEMBERED = 400
"""Array kept in memory; each is 200 × entities."""


def generator(name: str) -> np.random.Generator:
    """A source of random numbers that is always the same for one name, so that an order of findings changes nothing."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def state_draws(code: str, model: Model) -> Array:
    """Log ratio of drawn to mean rates of a finding: states × draws × entities, none_of_these last."""
    if code not in model.draws:
        node = model.nodes[code]
        alpha = np.maximum(node.plain * node.strength[:, None], 1e-3)
        draws = int(model.settings["intervals"]["draws"])
        gamma = np.maximum(generator(code).standard_gamma(alpha, (draws, *alpha.shape)), 1e-12)
        drawn = gamma / gamma.sum(axis=2, keepdims=True)
        share = float(model.settings["caution"]["contamination"])
        mean = node.plain.mean(axis=0)
        ratio = np.log((1 - share) * drawn + share * mean) - np.log((1 - share) * node.plain + share * mean)
        model.draws[code] = np.ascontiguousarray(np.moveaxis(ratio, 2, 0), dtype=np.float32)
    return model.draws[code]


def number_draws(code: str, told: Number, model: Model) -> Array:
    """Log ratio of drawn to mean density of a number: draws × entities."""
    density = model.densities[code]
    told_key = f"{code}:{told.value}:{told.sd}"
    if told_key in model.draws:
        return model.draws[told_key]
    key = f"{code}:shift"
    if key not in model.draws:
        draws = int(model.settings["intervals"]["draws"])
        spread = np.sqrt((density.weights * density.sds**2).sum(axis=1) / np.maximum(density.strength, 1))
        model.draws[key] = generator(key).standard_normal((draws, len(spread))) * spread
    drawn = density_at(density, told.value, told.sd, model.draws[key][:, :, None])
    ratio = (np.log(drawn) - np.log(density_at(density, told.value, told.sd))).astype(np.float32)
    if len(model.draws) < REMEMBERED:
        model.draws[told_key] = ratio
    return ratio


def prior_draws(model: Model) -> Array:
    """Log ratio of drawn to stated base rates: draws × entities."""
    if "prior" not in model.draws:
        rules = model.settings["intervals"]
        power = {"clinical": 1.0, "published": float(model.settings["base_rates"]["published_power"]), "uniform": 0.0}[
            model.kind
        ]
        shape = (int(rules["draws"]), len(model.entities))
        model.draws["prior"] = generator("prior").standard_normal(shape, np.float32) * np.float32(
            float(rules["base_rate_log_sd"]) * power
        )
    return model.draws["prior"]


def draw_posteriors(case: Case, log_prior: Array, log_likelihood: Array, model: Model) -> Array:
    """Posterior probabilities under each draw of the rates: draws × entities."""
    moved: Array = np.zeros_like(prior_draws(model))
    for code, told in case.items():
        if code in PRIOR_ONLY:
            continue
        if isinstance(told, Number):
            moved += number_draws(code, told, model)
        else:
            moved += _seen(state_draws(code, model), told, model.nodes[code].plain)
    for root, tree in roots_of(case, model).items():
        moved += _unassessed(root, tree, case, model)
    return posterior(
        log_prior.astype(np.float32) + prior_draws(model), log_likelihood.astype(np.float32) + moved, model
    )


def _unassessed(root: str, tree: set[str], case: Case, model: Model) -> Array:
    """What is not known of the rates of unassessed findings above assessed ones, to first order."""
    below: dict[str, Array] = {}
    upward(root, tree, case, model, below)
    moved: Array = np.zeros_like(prior_draws(model))
    for code in tree - case.keys():
        share = model.nodes[code].plain * below[code]
        share = (share / share.sum(axis=1, keepdims=True)).T.astype(np.float32)
        moved += (state_draws(code, model) * share[:, None, :]).sum(axis=0)
    return moved


def _seen(ratios: Array, told: Array, plain: Array) -> Array:
    """The log ratio for what was seen: of one state, or of several weighed by how likely each is."""
    seen = np.flatnonzero(told)
    if len(seen) == 1:
        one: Array = ratios[seen[0]]
        return one
    share = (plain * told).T[:, None, :]
    soft: Array = np.log((np.exp(ratios) * share).sum(axis=0) / share.sum(axis=0)).astype(np.float32)
    return soft


def ninety(draws: Array, probability: Array) -> Array:
    """The 5 % and 95 % points of the draws, entities × 2, widened where the stated probability lies outside."""
    aside = round(0.05 * (len(draws) + 1)) - 1
    places = (aside, len(draws) - 1 - aside)
    ordered = np.partition(np.ascontiguousarray(draws.T), places, axis=1)
    low, high = ordered[:, places[0]], ordered[:, places[1]]
    return np.stack([np.minimum(low, probability), np.maximum(high, probability)], axis=1)
