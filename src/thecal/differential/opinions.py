"""Several opinions on one finding: their mean, and how many patients they are worth by how well they agree.

Opinions of one origin share most of their errors: where they differ little they are still not worth many patients. How many was
measured on published counts (`benchmarks/differential.py --judgement`), never on cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thecal.differential.structure import Array

NAMES = ("p", "again", "third")
"""The elicitations of a judgement file, in the order in which they were made."""
SOFTENED = 0.02
"""Opinions this near are not told apart: 1 % and none are the same opinion."""


@dataclass(frozen=True, eq=False)
class Opinions:
    """What was judged of one finding: mean rates (entities × states), how many opinions, and the strength of their agreement.

    agreement is in patients: of that strength is the Dirichlet whose draws would differ as the opinions do; 0 for a lone opinion.
    """

    mean: Array
    count: Array
    agreement: Array


def opinions_of(told: Mapping[str, Any], first: str = "p") -> list[Any]:
    """The opinions on one cell; first names the earliest (`p`, or a number's `mixture` or `lognormal`)."""
    return [told[name] for name in (first, *NAMES[1:]) if name in told]


def gather_opinions(cells: Sequence[Mapping[str, Any] | None], states: tuple[str, ...]) -> Opinions:
    """The opinions on one finding in every entity; flat where there is none."""
    flat, silent = dict.fromkeys(states, 1.0), dict[str, float]()
    own = [opinions_of(cell) if cell else [flat] for cell in cells]
    count = np.array([len(one) for one in own], float)
    padded = [opinion for one in own for opinion in (*one, *(silent,) * (len(NAMES) - len(one)))]
    listed = [opinion.get(state, 0.0) for opinion in padded for state in states]
    told = np.array(listed).reshape(len(cells), len(NAMES), len(states))
    told /= np.maximum(told.sum(axis=2, keepdims=True), 1e-12)
    mean: Array = told.sum(axis=1) / count[:, None]
    return Opinions(mean, count, _agree(told, mean, count))


def _agree(told: Array, mean: Array, count: Array) -> Array:
    """Agreement by entity: three opinions say little of their own spread, so half of it is that of all entities."""
    room = 1 - (((1 - SOFTENED) * mean + SOFTENED / told.shape[2]) ** 2).sum(axis=1)
    there = np.arange(told.shape[1]) < count[:, None]
    apart = ((told - mean[:, None]) ** 2).sum(axis=2) * there
    spread = (1 - SOFTENED) ** 2 * apart.sum(axis=1) / np.maximum(count - 1, 1)
    several = count > 1
    if not several.any():
        return np.zeros(len(count))
    share = 0.5 * spread / room + 0.5 * spread[several].sum() / room[several].sum()
    agreement: Array = np.where(several, 1 / np.maximum(share, 1e-6) - 1, 0.0)
    return agreement


def weigh_opinions(cells: Sequence[Mapping[str, Any] | None], asked: Opinions, rules: Mapping[str, Any]) -> Array:
    """How many patients each judgement is worth: by agreement where there are several opinions, else what was stated with it."""
    most = float(rules["judged_strength_at_most"])
    stated = np.array([min(float(cell["n"]), most) if cell else 1.0 for cell in cells])
    low, high = rules["agreed_strength"]
    agreed = np.clip(float(rules["agreement_worth"]) * asked.agreement, float(low), float(high))
    strength: Array = np.where(asked.count > 1, agreed, stated)
    return strength
