"""90 % intervals of the probabilities: what is not known of the rates, drawn many times.

They cover the counts, the strength of judgement, the spread between studies (through the series' worth) and the base rates' own
uncertainty. They do not cover a wrong structure, a wrongly coded finding, or an entity missing from the list.
"""

from __future__ import annotations

import zlib

import numpy as np

from thecal.differential.model import Model, density_at
from thecal.differential.structure import Array
from thecal.differential.weighing import PRIOR_ONLY, Case, Number, posterior

COVERS = "counts, the strength of judgement, the spread between studies, and the base rates; nothing else"


def generator(name: str) -> np.random.Generator:
    """A source of random numbers that is always the same for one name, so that an order of findings changes nothing."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def state_draws(code: str, model: Model) -> Array:
    """Log ratio of drawn to mean rates of a finding: draws × entities × states, none_of_these last and drawn like the others."""
    if code not in model.draws:
        node = model.nodes[code]
        alpha = np.maximum(node.plain * node.strength[:, None], 1e-3)
        draws = int(model.settings["intervals"]["draws"])
        gamma = np.maximum(generator(code).standard_gamma(alpha, (draws, *alpha.shape)), 1e-12)
        drawn = gamma / gamma.sum(axis=2, keepdims=True)
        share = float(model.settings["caution"]["contamination"])
        mean = node.plain.mean(axis=0)
        model.draws[code] = np.log((1 - share) * drawn + share * mean) - np.log((1 - share) * node.plain + share * mean)
    return model.draws[code]


def number_draws(code: str, told: Number, model: Model) -> Array:
    """Log ratio of drawn to mean density of a number: draws × entities."""
    density = model.densities[code]
    key = f"{code}:shift"
    if key not in model.draws:
        draws = int(model.settings["intervals"]["draws"])
        spread = np.sqrt((density.weights * density.sds**2).sum(axis=1) / np.maximum(density.strength, 1))
        model.draws[key] = generator(key).standard_normal((draws, len(spread))) * spread
    drawn = density_at(density, told.value, told.sd, model.draws[key][:, :, None])
    ratio: Array = np.log(drawn) - np.log(density_at(density, told.value, told.sd))
    return ratio


def prior_draws(model: Model) -> Array:
    """Log ratio of drawn to stated base rates: draws × entities."""
    if "prior" not in model.draws:
        rules = model.settings["intervals"]
        power = {"clinical": 1.0, "published": float(model.settings["base_rates"]["published_power"]), "uniform": 0.0}[model.kind]
        shape = (int(rules["draws"]), len(model.entities))
        model.draws["prior"] = generator("prior").standard_normal(shape) * float(rules["base_rate_log_sd"]) * power
    return model.draws["prior"]


def draw_posteriors(case: Case, log_prior: Array, log_likelihood: Array, findings: int, model: Model) -> Array:
    """Posterior probabilities under each draw of the rates: draws × entities."""
    moved = np.zeros_like(prior_draws(model))
    for code, told in case.items():
        if code in PRIOR_ONLY:
            continue
        if isinstance(told, Number):
            moved = moved + number_draws(code, told, model)
        else:
            moved = moved + _seen(state_draws(code, model), told, model.nodes[code].plain)
    return posterior(log_prior + prior_draws(model), log_likelihood + moved, findings, model)


def _seen(ratios: Array, told: Array, plain: Array) -> Array:
    """The log ratio for what was seen: of one state, or of several weighed by how likely each is."""
    seen = np.flatnonzero(told)
    if len(seen) == 1:
        one: Array = ratios[:, :, seen[0]]
        return one
    share = plain * told
    soft: Array = np.log((np.exp(ratios) * share).sum(axis=2) / share.sum(axis=1))
    return soft


def ninety(draws: Array, probability: Array) -> Array:
    """The 5 % and 95 % points of the draws, entities × 2, widened where the stated probability lies outside."""
    ordered = np.sort(draws, axis=0)
    last = len(ordered) - 1
    low, high = ordered[round(0.05 * last)], ordered[round(0.95 * last)]
    return np.stack([np.minimum(low, probability), np.maximum(high, probability)], axis=1)
