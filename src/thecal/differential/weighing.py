"""How likely a case's findings are in each entity, and what follows for the entities.

A case here is what was assessed: a probability by state or a number by finding code. What was not assessed is not in it,
and moves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from thecal.differential.model import Model, Node, density_at, mass_of_whole_number
from thecal.differential.structure import Array

PRIOR_ONLY = frozenset({"setting", "proven_diagnosis", "mri_contraindicated", "days_since_lumbar_puncture"})
"""Findings that choose base rates or frame the question, and weigh nothing as signs."""


@dataclass(frozen=True, eq=False)
class Number:
    """A number that was assessed, with its standard deviation."""

    value: float
    sd: float = 0.0


Case = Mapping[str, "Array | Number"]
"""Likelihood by state (hard: one 1 among zeros), or a number, by finding code."""


def roots_of(case: Case, model: Model) -> dict[str, set[str]]:
    """The trees that hold assessed findings: by root, every finding on the way from it to an assessed one."""
    trees: dict[str, set[str]] = {}
    for code in case:
        if code not in model.nodes or code in PRIOR_ONLY:
            continue
        path = model.paths[code]
        trees.setdefault(path[-1], set()).update(path)
    return trees


def upward(code: str, tree: set[str], case: Case, model: Model, seen: dict[str, Array] | None = None) -> Array:
    """Likelihood of what was assessed at and below a finding, by entity and the finding's state.

    seen keeps what was worked out on the way, by finding, for a caller that walks the tree again.
    """
    told = case.get(code)
    assert not isinstance(told, Number)
    below: Array = np.ones((1, len(model.nodes[code].states))) if told is None else told[None, :]
    for child in model.children.get(code, ()):
        if child in tree:
            below = below * message(model.nodes[child], upward(child, tree, case, model, seen))
    if seen is not None:
        seen[code] = below
    return below


def message(node: Node, below: Array) -> Array:
    """What a child says of its parent's states: entities × parent states."""
    said: Array = (node.table * below[:, None, :]).sum(axis=2)
    return said


def tree_likelihood(root: str, tree: set[str], case: Case, model: Model) -> Array:
    """Likelihood of one tree's assessed findings in every entity."""
    whole: Array = (model.nodes[root].table * upward(root, tree, case, model)).sum(axis=1)
    return whole


REMEMBERED = 2000
"""Likelihoods of numbers kept in memory; ages and whole segments come again and again."""


def number_likelihood(code: str, told: Number, model: Model) -> Array:
    """Density of an assessed number in every entity; age within its band, because the base rates hold the band.

    A length given in whole segments is taken as rounded.
    """
    key = f"likelihood of {code} {told.value} {told.sd}"
    known = model.draws.get(key)
    if known is not None:
        return known
    density = model.densities[code]
    if told.sd == 0 and told.value == int(told.value) >= 1 and code.endswith("_segments"):
        dense = mass_of_whole_number(density, told.value)
    else:
        dense = density_at(density, told.value, told.sd)
    if code == "age_years":
        dense = dense / model.band_share[age_band(told.value, model)]
    if len(model.draws) < REMEMBERED:
        model.draws[key] = dense
    return dense


def age_band(age: float, model: Model) -> str:
    """The age band of the base rates."""
    return "child" if age < float(model.settings["base_rates"]["child_below_years"]) else "adult"


def log_likelihoods(case: Case, model: Model) -> dict[str, Array]:
    """Log likelihood in every entity, by tree (named after its root) and number."""
    parts = {
        root: np.log(np.maximum(tree_likelihood(root, tree, case, model), 1e-300))
        for root, tree in roots_of(case, model).items()
    }
    for code, told in case.items():
        if isinstance(told, Number) and code in model.densities and code not in PRIOR_ONLY:
            parts[code] = np.log(number_likelihood(code, told, model))
    return parts


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
    """Probabilities of every entity; leading axes (draws) are kept."""
    score = log_prior + trust_in_signs(model) * log_likelihood
    probability: Array = np.exp(score - score.max(axis=-1, keepdims=True))
    probability /= probability.sum(axis=-1, keepdims=True)
    return probability
