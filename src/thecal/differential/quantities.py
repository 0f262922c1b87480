"""Ages and lengths: judged distributions, moved by published means."""

from __future__ import annotations

from collections.abc import Mapping
from math import log
from typing import Any

import numpy as np

from thecal.differential.opinions import opinions_of
from thecal.differential.series import worth
from thecal.records import NumberRate

Components = tuple[tuple[float, float, float], ...]
"""Weight, mean and sd of each part of a mixture."""


def number_rates(
    numbers: Mapping[str, Any],
    judgement: Mapping[str, Any],
    rules: Mapping[str, Any],
    entities: tuple[str, ...],
    without: frozenset[str] = frozenset(),
) -> tuple[NumberRate, ...]:
    """The distribution of every number in every entity; without names sources to leave out."""
    rates = []
    for entity in entities:
        for code, told in judgement[entity]["numbers"].items():
            is_log = "lognormal" in told
            components = judged_lengths(told) if is_log else judged_mixture(told)
            rows = [
                row
                for row in numbers.get(entity, ())
                if row["finding"] == code and row["weight"] > 0 and row["source"] not in without and "n" in row
            ]
            rates.append(shift(entity, code, components, float(told["n"]), rows, is_log, rules))
    return tuple(rates)


def judged_lengths(told: Mapping[str, Any]) -> Components:
    """A log-normal amid the opinions of median and spread, wide enough to hold all."""
    opinions = np.array(opinions_of(told, "lognormal"), float)
    middles = np.log(opinions[:, 0])
    return ((1.0, float(middles.mean()), float(np.sqrt((opinions[:, 1] ** 2).mean() + middles.var()))),)


def judged_mixture(told: Mapping[str, Any]) -> Components:
    """A mixture of normals that holds all opinions."""
    opinions = opinions_of(told, "mixture")
    return tuple((float(w) / len(opinions), float(m), float(s)) for one in opinions for w, m, s in one)


def shift(
    entity: str,
    code: str,
    components: Components,
    judged_n: float,
    rows: list[Mapping[str, Any]],
    is_log: bool,
    rules: Mapping[str, Any],
) -> NumberRate:
    """A judged distribution moved towards the published means, by how many patients each side is worth.

    A published mean of lengths lies above their median, which is what a log-normal is moved by.
    """
    middle = sum(weight * mean for weight, mean, _ in components)
    skew = 0.5 * sum(weight * sd * sd for weight, _, sd in components) if is_log else 0.0
    kept = min(judged_n, float(rules["judged_strength_at_most"]))
    kept *= float(rules["judged_share_kept_where_counted"]) if rows else 1.0
    pull, strength = 0.0, kept
    for row in rows:
        value = log(float(row["mean"])) - skew if is_log else float(row["mean"])
        weight = float(row["weight"]) * float(rules["series_trust"])
        patients = float(
            worth(float(row["n"]), float(rules["spread_when_thin"]), weight, float(rules["study_at_most"]))
        )
        pull += patients * (value - middle)
        strength += patients
    moved = tuple((weight, mean + pull / strength, sd) for weight, mean, sd in components)
    return NumberRate(entity, code, moved, strength, is_log, tuple(row["source"] for row in rows))
