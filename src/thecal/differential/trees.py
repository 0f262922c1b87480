"""Messages between findings that depend on one another, for many cases side by side.

Every array here has entities first and cases last. A tree's findings pass what was assessed up to the root (its likelihood in
every entity) and back down (what each finding adds, given all others, and what each is likely to show where it was not assessed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.differential.model import Model
from thecal.differential.structure import Array

Flags = NDArray[np.bool_]
LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Sheet:
    """What was assessed in each of many cases: likelihood by state (states × cases, ones where silent), and in which cases."""

    size: int
    told: Mapping[str, Array]
    assessed: Mapping[str, Flags]


@dataclass(frozen=True, eq=False)
class Upward:
    """What was assessed at and below each finding (entities × states × cases), what it says of its parent's states, and where."""

    below: Mapping[str, Array]
    message: Mapping[str, Array]
    active: Mapping[str, Flags]


@dataclass(frozen=True, eq=False)
class Downward:
    """After both passes: each finding's states given all that was assessed, and what each assessed one adds to the others.

    rates is entities × columns × cases (a column for each state of each finding, as `Model.columns` says); exists is the
    probability that the finding is defined, entities × findings × cases; added is a log likelihood, entities × cases.
    """

    rates: Array
    exists: Array
    added: Mapping[str, Array]


def lay_sheet(cases: Iterable[Mapping[str, Array]]) -> Sheet:
    """Cases (likelihood by state, by finding) side by side."""
    rows = list(cases)
    told: dict[str, Array] = {}
    assessed: dict[str, Flags] = {}
    for place, case in enumerate(rows):
        for code, likelihood in case.items():
            if code not in told:
                told[code] = np.ones((len(likelihood), len(rows)))
                assessed[code] = np.zeros(len(rows), bool)
            told[code][:, place] = likelihood
            assessed[code][place] = True
    return Sheet(len(rows), told, assessed)


def send_up(sheet: Sheet, model: Model) -> Upward:
    """The upward pass over every finding on the way from an assessed one to its root."""
    touched = {step for code in sheet.told for step in model.paths[code]}
    below: dict[str, Array] = {}
    message: dict[str, Array] = {}
    active: dict[str, Flags] = {}
    for code in reversed([code for code in model.nodes if code in touched]):
        node = model.nodes[code]
        own = sheet.told.get(code)
        here = np.ones((1, len(node.states), sheet.size)) if own is None else own[None]
        there = sheet.assessed.get(code, np.zeros(sheet.size, bool))
        for child in model.children.get(code, ()):
            if child in touched:
                here, there = here * message[child], there | active[child]
        below[code], active[code] = here, there
        if node.parent:
            message[code] = np.where(there, node.table @ here, 1.0)
    return Upward(below, message, active)


def tree_likelihoods(up: Upward, model: Model) -> dict[str, Array]:
    """Log likelihood of each tree's assessed findings, by its root: entities × cases, 0 where nothing in it was assessed."""
    told = {}
    for code, below in up.below.items():
        if model.nodes[code].parent is None:
            whole = (model.nodes[code].table[:, None, :] @ below)[:, 0, :]
            told[code] = np.where(up.active[code], np.log(np.maximum(whole, LEAST)), 0.0)
    return told


def send_down(sheet: Sheet, up: Upward, model: Model) -> Downward:
    """The downward pass; trees in which nothing was assessed are as the model holds them."""
    quiet = idle(model)
    down = Downward(np.repeat(quiet.rates, sheet.size, axis=2), np.repeat(quiet.exists, sheet.size, axis=2), {})
    added: dict[str, Array] = {}
    for code in up.below:
        if model.nodes[code].parent is None:
            _descend(code, sheet, up, model, down, added)
    return Downward(down.rates, down.exists, added)


def idle(model: Model) -> Downward:
    """Every finding's rates when nothing was assessed, made once."""
    if "idle" not in model.memory:
        told = Downward(
            np.zeros((len(model.entities), model.width, 1), np.float32),
            np.ones((len(model.entities), len(model.nodes), 1)),
            {},
        )
        for code, node in model.nodes.items():
            if node.parent is None:
                _descend(code, Sheet(1, {}, {}), Upward({}, {}, {}), model, told, {})
        model.memory["idle"] = told
    known: Downward = model.memory["idle"]
    return known


def _descend(root: str, sheet: Sheet, up: Upward, model: Model, into: Downward, added: dict[str, Array]) -> None:
    """Walks one tree from its root, writing rates, existence and what each assessed finding adds."""
    place = {code: number for number, code in enumerate(model.nodes)}
    one = np.ones((1, 1, 1))
    waiting = [(root, one, model.nodes[root].table[:, :, None])]
    while waiting:
        code, through, above = waiting.pop()
        told = sheet.told.get(code)
        here = above if told is None else above * told[None]
        children = model.children.get(code, ())
        loud = [child for child in children if child in up.message]
        others = _all_but_each([up.message[child] for child in loud])
        full = here * others[-1]
        mass = np.maximum(full.sum(axis=1), LEAST)
        into.rates[:, model.columns[code]] = full / mass[:, None]
        into.exists[:, place[code]] = np.minimum(
            np.where(_active(code, up, sheet), 1.0, mass / through.sum(axis=1)), 1.0
        )
        if told is not None:
            added[code] = _adds(mass, through, above * others[-1], loud, up)
        for child in children:
            rest = here * others[loud.index(child)] if child in loud else full
            waiting.append((child, rest, model.nodes[child].table.transpose(0, 2, 1) @ rest))


def _active(code: str, up: Upward, sheet: Sheet) -> Flags:
    return up.active.get(code, np.zeros(sheet.size, bool))


def _adds(mass: Array, through: Array, silent: Array, loud: list[str], up: Upward) -> Array:
    """What a finding adds: its tree's log likelihood less that without it (and without its branch, if it was alone there)."""
    spoken = np.zeros(mass.shape[-1], bool)
    for child in loud:
        spoken = spoken | up.active[child]
    without = np.where(spoken, silent.sum(axis=1), through.sum(axis=1))
    told: Array = np.log(mass) - np.log(np.maximum(without, LEAST))
    return told


def _all_but_each(messages: list[Array]) -> list[Array]:
    """For each message the product of all others; last, the product of all."""
    one = np.ones((1, 1, 1))
    before, after = [one], [one]
    for message in messages:
        before.append(before[-1] * message)
    for message in reversed(messages):
        after.append(after[-1] * message)
    count = len(messages)
    return [*(before[place] * after[count - 1 - place] for place in range(count)), before[-1]]
