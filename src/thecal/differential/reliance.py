"""How much of an answer rests on one paper: what the first entity's probability would be without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.differential.model import Model, reading_error
from thecal.differential.structure import Array
from thecal.differential.trees import Downward
from thecal.differential.weighing import PRIOR_ONLY, Case, Number, Weighed, trust_in_signs

MUCH = 0.2
"""A change of the first entity's probability from which the paper is named. Judgement."""


@dataclass(frozen=True, eq=False)
class Influence:
    """What leaving each series of one finding out would change: log ratio of its entity's rates, series × states."""

    entity: NDArray[np.intp]
    source: NDArray[np.intp]
    change: Array


@dataclass(frozen=True)
class Reliance:
    """A paper without which the first entity's probability would be another."""

    source: str
    entity: str
    probability: float
    without: float


def influence(code: str, model: Model) -> Influence | None:
    """The influence of each series on one finding's rates; None where nothing was counted. Made once."""
    known: dict[str, Influence | None] = model.memory.setdefault("influence", {})
    if code not in known:
        known[code] = _influence(code, model)
    return known[code]


def _influence(code: str, model: Model) -> Influence | None:
    told, node = model.pooled.stacks.get(code), model.nodes[code]
    if told is None:
        return None
    cell, caution = model.pooled.cells[code], model.settings["caution"]
    seen = told.filled / np.maximum(told.patients, 1e-12)[:, None]
    left = cell.strength[told.leaf, None] * cell.mean[told.leaf] - told.worth[:, None] * seen
    left = np.maximum(left, 1e-9)
    error = reading_error(len(node.states), float(caution["reading_error"].get(code, 0.0)))
    share = float(caution["contamination"])
    rates = (1 - share) * (left / left.sum(axis=1, keepdims=True)) @ error + share * node.own.mean(axis=0)
    numbers: dict[str, int] = model.memory.setdefault("source numbers", {})
    source = np.array([numbers.setdefault(key, len(numbers)) for key in told.source])
    return Influence(told.leaf, source, np.log(rates / node.plain[told.leaf]))


def find_reliance(cases: Sequence[Case], weighed: Weighed, down: Downward, model: Model) -> list[Reliance | None]:
    """For each case the paper that moves its first entity most, where it moves it much.

    To first order: dependences, spreads and published means of numbers stay as they are with the paper.
    """
    return [_of_case(case, place, weighed, down, model) for place, case in enumerate(cases)]


def _of_case(case: Case, place: int, weighed: Weighed, down: Downward, model: Model) -> Reliance | None:
    codes = [code for code, told in case.items() if not isinstance(told, Number) and code not in PRIOR_ONLY]
    parts = [
        (own, down.rates[:, model.columns[code], place])
        for code in codes
        if (own := influence(code, model)) is not None
    ]
    if not parts:
        return None
    numbers: dict[str, int] = model.memory["source numbers"]
    shape = len(numbers), len(model.entities)
    cells = np.concatenate([own.source * shape[1] + own.entity for own, _ in parts])
    changes = np.concatenate([(own.change * belief[own.entity]).sum(axis=1) for own, belief in parts])
    moved = np.bincount(cells, changes, shape[0] * shape[1]).reshape(shape)
    far = np.flatnonzero(
        np.ptp(moved, axis=1) * trust_in_signs(model) >= 4 * MUCH
    )  # log odds move a probability by a quarter
    if not len(far):
        return None
    before = weighed.probability[:, place]
    after = before * np.exp(trust_in_signs(model) * moved[far])
    after /= after.sum(axis=1, keepdims=True)
    first = int(before[:-1].argmax())
    worst = int(np.abs(after[:, first] - before[first]).argmax())
    if abs(after[worst, first] - before[first]) < MUCH:
        return None
    return Reliance(list(numbers)[far[worst]], model.entities[first], float(before[first]), float(after[worst, first]))
