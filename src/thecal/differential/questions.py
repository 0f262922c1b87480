"""What each finding not yet assessed is likely to show, and what it would be worth to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.weighing import Case, roots_of, upward
from thecal.records import Question


@dataclass(frozen=True, eq=False)
class Forecast:
    """The findings' rates in every entity, given what was assessed.

    rates is entities × columns, a column for each state of each finding; exists is entities × findings, the probability that
    the finding is defined there; columns gives each finding's first column and the one after its last.
    """

    findings: tuple[str, ...]
    columns: Mapping[str, tuple[int, int]]
    owner: Array
    rates: Array
    exists: Array

    def of(self, code: str) -> Array:
        """One finding's rates, entities × states."""
        first, last = self.columns[code]
        one: Array = self.rates[:, first:last]
        return one


@dataclass(frozen=True)
class Turn:
    """A finding not yet assessed that would put another entity first, and how likely that state is now."""

    finding: str
    state: str
    first: str
    probability: float


def forecast(case: Case, model: Model) -> Forecast:
    """The forecast of a case; trees in which nothing was assessed are as the model holds them."""
    idle = _idle(model)
    trees = roots_of(case, model)
    if not trees:
        return idle
    rates, exists = idle.rates.copy(), idle.exists.copy()
    ahead = Forecast(idle.findings, idle.columns, idle.owner, rates, exists)
    for root, tree in trees.items():
        if root in model.children:
            _walk(root, tree, case, model, ahead)
    return ahead


def _idle(model: Model) -> Forecast:
    """The forecast when nothing was assessed, made once. Children of one finding stand beside one another."""
    if "idle" not in model.memory:
        findings = tuple(_siblings_together(model))
        widths = [len(model.nodes[code].states) for code in findings]
        ends = np.cumsum(widths)
        columns = {code: (int(end) - width, int(end)) for code, width, end in zip(findings, widths, ends, strict=True)}
        rates, exists = np.zeros((len(model.entities), int(ends[-1]))), np.ones((len(model.entities), len(findings)))
        idle = Forecast(findings, columns, np.repeat(np.arange(len(findings)), widths), rates, exists)
        for code, node in model.nodes.items():
            if node.parent is None:
                _walk(code, set(), {}, model, idle)
        model.memory["idle"] = idle
    told = model.memory["idle"]
    assert isinstance(told, Forecast)
    return told


def _siblings_together(model: Model) -> list[str]:
    roots = [code for code, node in model.nodes.items() if node.parent is None]
    ordered, waiting = list(roots), list(roots)
    while waiting:
        own = model.children.get(waiting.pop(0), ())
        ordered.extend(own)
        waiting.extend(own)
    return ordered


def _walk(root: str, tree: set[str], case: Case, model: Model, into: Forecast) -> None:
    """Rates and existence of every finding of one tree, from its root down, written into the forecast."""
    node = model.nodes[root]
    seen: dict[str, Array] = {}
    belief = node.table * (upward(root, tree, case, model, seen) if root in tree else 1.0)
    belief = belief / np.maximum(belief.sum(axis=1, keepdims=True), 1e-300)
    into.rates[:, slice(*into.columns[root])] = belief
    _descend(root, belief, seen, model, into)


def _descend(code: str, outer: Array, seen: Mapping[str, Array], model: Model, into: Forecast) -> None:
    """The children's beliefs from their parent's: outer is entities × parent states, all that was assessed counted in."""
    children = model.children.get(code, ())
    if not children:
        return
    mass = np.maximum(outer.sum(axis=1), 1e-300)[:, None]
    side = _side_by_side(code, model)
    beliefs = (outer[:, :, None] * side.table).sum(axis=1)
    for child, first, last in side.children:
        if child in seen:
            own, below = model.nodes[child].table, seen[child]
            spoken = np.maximum((own * below[:, None, :]).sum(axis=2), 1e-300)
            beliefs[:, first:last] = ((outer / spoken)[:, :, None] * own).sum(axis=1) * below
    whole = np.maximum(np.add.reduceat(beliefs, side.starts, axis=1), 1e-300)
    place = into.columns[children[0]][0]
    into.rates[:, place : place + len(side.owner)] = beliefs / whole[:, side.owner]
    number = into.findings.index(children[0])
    into.exists[:, number : number + len(children)] = np.minimum(whole / mass, 1.0)
    for child, first, last in side.children:
        if child in model.children:
            _descend(child, beliefs[:, first:last], seen, model, into)


@dataclass(frozen=True, eq=False)
class _Side:
    """The tables of a finding's children in one array; each child with its columns."""

    table: Array
    starts: NDArray[np.intp]
    owner: NDArray[np.intp]
    children: tuple[tuple[str, int, int], ...]


def _side_by_side(code: str, model: Model) -> _Side:
    """The children of a finding side by side, put together once."""
    key = f"children of {code}"
    if key not in model.memory:
        names = model.children[code]
        widths = [model.nodes[child].table.shape[2] for child in names]
        ends = np.cumsum(widths).tolist()
        starts = [end - width for end, width in zip(ends, widths, strict=True)]
        model.memory[key] = _Side(
            np.concatenate([model.nodes[child].table for child in names], axis=2),
            np.array(starts),
            np.repeat(np.arange(len(names)), widths),
            tuple(zip(names, starts, ends, strict=True)),
        )
    told = model.memory[key]
    assert isinstance(told, _Side)
    return told


def expect(probability: Array, ahead: Forecast) -> Array:
    """How likely each entity goes with each state of each finding: entities × columns."""
    joint: Array = (probability[:, None] * ahead.exists)[:, ahead.owner] * ahead.rates
    return joint


SHOWN = 8


def ask(case: Case, joint: Array, ahead: Forecast, model: Model, at_most: int = SHOWN) -> tuple[Question, ...]:
    """The findings not assessed that would tell the entities apart best, in bits, and what acquires them."""
    acquire = model.settings["acquire"]
    chance = np.maximum(joint.sum(axis=0), 1e-12)
    share = np.bincount(ahead.owner, chance, len(ahead.findings))
    by_column = (joint * np.log2(np.maximum(ahead.rates, 1e-12))).sum(axis=0)
    by_column -= chance * np.log2(chance / share[ahead.owner])
    bits = np.bincount(ahead.owner, by_column, len(ahead.findings))
    worth = [
        (-round(value, 4), code) for code, value in zip(ahead.findings, bits.tolist(), strict=True) if code in acquire
    ]
    best = [(max(-value, 0.0), code) for value, code in sorted(worth) if code not in case][:at_most]
    return tuple(Question(code, value, acquire[code]) for value, code in best)


def turns(
    case: Case, joint: Array, ahead: Forecast, model: Model, leader: int, at_least: float = 0.02
) -> tuple[Turn, ...]:
    """What would change the order: states not assessed that would put another entity than the leader first."""
    first, chance = joint[:-1].argmax(axis=0), joint.sum(axis=0)
    turning = np.flatnonzero((first != leader) & (chance >= at_least))
    found: list[Turn] = []
    for column in turning[np.argsort(-chance[turning], kind="stable")].tolist():
        code = ahead.findings[ahead.owner[column]]
        if code in model.settings["acquire"] and code not in case:
            state = model.nodes[code].states[column - ahead.columns[code][0]]
            found.append(Turn(code, state, model.entities[first[column]], float(chance[column])))
        if len(found) == SHOWN:
            break
    return tuple(found)
