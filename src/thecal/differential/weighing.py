"""How likely a case's findings are in each entity, and what follows for the entities.

A case here is what was assessed: a probability by state or a number by finding code. What was not assessed is not in it,
and moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thecal.differential.model import Model, density_at, mass_of_whole_number
from thecal.differential.structure import Array
from thecal.differential.trees import Sheet, Upward, lay_sheet, send_up, tree_likelihoods

PRIOR_ONLY = frozenset({"setting", "proven_diagnosis", "mri_contraindicated", "days_since_lumbar_puncture"})
"""Findings that choose base rates or frame the question, and weigh nothing as signs."""


@dataclass(frozen=True, eq=False)
class Number:
    """A number that was assessed, with its standard deviation."""

    value: float
    sd: float = 0.0


Case = Mapping[str, "Array | Number"]
"""Likelihood by state (hard: one 1 among zeros), or a number, by finding code."""


REMEMBERED = 2000
"""Likelihoods of numbers kept in memory; ages and whole segments come again and again."""


def number_likelihood(code: str, told: Number, model: Model) -> Array:
    """Log density of an assessed number in every entity; age within its band, because the base rates hold the band.

    A length given in whole segments is taken as rounded.
    """
    known: dict[tuple[str, float, float], Array] = model.memory.setdefault("numbers", {})
    key = (code, told.value, told.sd)
    if key in known:
        return known[key]
    density = model.densities[code]
    if told.sd == 0 and told.value == int(told.value) >= 1 and code.endswith("_segments"):
        dense = mass_of_whole_number(density, told.value)
    else:
        dense = density_at(density, told.value, told.sd)
    if code == "age_years":
        dense = dense / model.band_share[age_band(told.value, model)]
    if len(known) < REMEMBERED:
        known[key] = np.log(dense)
    logged: Array = np.log(dense)
    return logged


def age_band(age: float, model: Model) -> str:
    """The age band of the base rates."""
    return "child" if age < float(model.settings["base_rates"]["child_below_years"]) else "adult"


@dataclass(frozen=True, eq=False)
class Weighed:
    """Cases weighed side by side: base rates, what their signs say and the probabilities, entities × cases."""

    sheet: Sheet
    up: Upward
    log_prior: Array
    likelihood: Array
    probability: Array


def weigh_cases(cases: Sequence[Case], model: Model) -> Weighed:
    """The probabilities of every entity for each case."""
    sheet = lay_sheet([_signs(case, model) for case in cases])
    up = send_up(sheet, model)
    likelihood = np.zeros((len(model.entities), len(cases)))
    for told in tree_likelihoods(up, model).values():
        likelihood += told
    for place, case in enumerate(cases):
        for code, number in numbers_of(case, model).items():
            likelihood[:, place] += number_likelihood(code, number, model)
    log_prior = np.log(np.maximum(np.array([prior(case, model) for case in cases]).T, 1e-300))
    return Weighed(sheet, up, log_prior, likelihood, posterior(log_prior, likelihood, model))


def _signs(case: Case, model: Model) -> dict[str, Array]:
    return {
        code: told
        for code, told in case.items()
        if not isinstance(told, Number) and code in model.nodes and code not in PRIOR_ONLY
    }


def numbers_of(case: Case, model: Model) -> dict[str, Number]:
    """The assessed numbers that weigh."""
    return {
        code: told
        for code, told in case.items()
        if isinstance(told, Number) and code in model.densities and code not in PRIOR_ONLY
    }


def prior(case: Case, model: Model) -> Array:
    """Base rates of every entity before any sign: clinical, published (clinical to a power) or uniform.

    The age band and the setting choose the table; unstated ones are mixed. none_of_these keeps its own share.
    """
    rules, kind = model.settings["base_rates"], model.kind
    none = float(rules["none_of_these"])
    rows = len(model.entities) - 1
    if kind == "uniform":
        return np.append(np.full(rows, (1 - none) / rows), none)
    settings = _setting_shares(case, model)
    bands = _band_shares(case, model)
    mixed = sum(
        weight * share * model.base_rates[f"{setting}/{band}"]
        for setting, weight in settings.items()
        for band, share in bands.items()
    )
    raised = np.asarray(mixed) ** (float(rules["published_power"]) if kind == "published" else 1.0)
    return np.append((1 - none) * raised / raised.sum(), none)


def _setting_shares(case: Case, model: Model) -> dict[str, float]:
    tables = model.settings["base_rates"]["settings"]
    told = case.get("setting")
    if told is None or isinstance(told, Number):
        return {name: float(share) for name, share in tables["unstated"].items()}
    shares: dict[str, float] = {}
    for state, probability in zip(model.vocabulary.findings["setting"].states, told, strict=True):
        for name, share in tables[state].items():
            shares[name] = shares.get(name, 0.0) + float(probability) * float(share)
    return shares


def _band_shares(case: Case, model: Model) -> dict[str, float]:
    told = case.get("age_years")
    if isinstance(told, Number):
        return {age_band(told.value, model): 1.0}
    child = float(model.settings["base_rates"]["child_share_when_age_is_unstated"])
    return {"child": child, "adult": 1 - child}


def trust_in_signs(model: Model) -> float:
    """How far the signs' weight is trusted as it stands; fitted, 1 when the model is as sure as it should be."""
    return float(model.settings["calibration"]["weight_of_signs"])


def posterior(log_prior: Array, log_likelihood: Array, model: Model) -> Array:
    """Probabilities of every entity (first axis); further axes (cases, draws) are kept."""
    score = log_prior + trust_in_signs(model) * log_likelihood
    probability: Array = np.exp(score - score.max(axis=0))
    probability /= probability.sum(axis=0)
    return probability
