"""What each finding not yet assessed is likely to show, and what it would be worth to know it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.trees import Downward
from thecal.differential.weighing import Case
from thecal.records import Question

SHOWN = 8
LIKELY = 0.02
"""States less likely than this are no turn worth naming. Judgement."""


@dataclass(frozen=True)
class Turn:
    """A finding not yet assessed that would put another entity first, and how likely that state is now."""

    finding: str
    state: str
    first: str
    probability: float


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the unassessed findings may show in each of many cases.

    chance is the probability of each state (columns × cases, as `Model.columns` says), first the entity that state would put
    first, bits what each finding is expected to tell (findings × cases).
    """

    chance: Array
    first: NDArray[np.intp]
    bits: Array


def foresee(probability: Array, down: Downward, model: Model) -> Outcomes:
    """The possible outcomes of every finding, from the probabilities of the entities and the findings' rates in them."""
    starts = [columns.start for columns in model.columns.values()]
    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, down.rates.shape[1]]))
    share = (probability[:, None, :] * down.exists).astype(np.float32)
    joint = share[:, owner] * down.rates
    chance = np.maximum(joint.sum(axis=0), 1e-12)
    told = (joint * np.log2(np.maximum(down.rates, 1e-12))).sum(axis=0)
    whole = np.add.reduceat(chance, starts, axis=0)
    bits = np.add.reduceat(told - chance * np.log2(chance / whole[owner]), starts, axis=0)
    return Outcomes(chance, joint[:-1].argmax(axis=0), np.maximum(bits, 0.0))


def ask(case: Case, bits: Array, model: Model, at_most: int = SHOWN) -> tuple[Question, ...]:
    """The findings not assessed that would tell the entities apart best, in bits, and what acquires them."""
    codes, rows = _acquirable(model)
    worth = np.round(bits[rows], 4)
    found: list[Question] = []
    for place in np.argsort(-worth, kind="stable").tolist():
        if codes[place] not in case:
            found.append(Question(codes[place], round(float(worth[place]), 4), model.settings["acquire"][codes[place]]))
        if len(found) == at_most:
            break
    return tuple(found)


def _acquirable(model: Model) -> tuple[list[str], list[int]]:
    """The findings something can acquire, by name, and their places among all findings."""
    if "acquirable" not in model.memory:
        places = {code: place for place, code in enumerate(model.nodes)}
        codes = sorted(code for code in model.nodes if code in model.settings["acquire"])
        model.memory["acquirable"] = codes, [places[code] for code in codes]
    told: tuple[list[str], list[int]] = model.memory["acquirable"]
    return told


def turns(case: Case, chance: Array, first: NDArray[np.intp], model: Model, leader: int) -> tuple[Turn, ...]:
    """What would change the order: states not assessed that would put another entity than the leader first."""
    turning = np.flatnonzero((first != leader) & (chance >= LIKELY))
    places = _places(model)
    found: list[Turn] = []
    for column in turning[np.argsort(-chance[turning], kind="stable")].tolist():
        code, state = places[column]
        if code in model.settings["acquire"] and code not in case:
            found.append(Turn(code, state, model.entities[first[column]], float(chance[column])))
        if len(found) == SHOWN:
            break
    return tuple(found)


def _places(model: Model) -> list[tuple[str, str]]:
    """The finding and state of each column."""
    if "places" not in model.memory:
        model.memory["places"] = [(code, state) for code, node in model.nodes.items() for state in node.states]
    told: list[tuple[str, str]] = model.memory["places"]
    return told
