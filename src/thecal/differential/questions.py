"""What each finding not yet assessed is likely to show, and what it would be worth to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

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
    table, starts = _side_by_side(code, model)
    beliefs = (outer[:, :, None] * table).sum(axis=1)
    ends = [*starts[1:], table.shape[2]]
    for child, first, last in zip(children, starts, ends, strict=True):
        if child in seen:
            own, below = model.nodes[child].table, seen[child]
            spoken = np.maximum((own * below[:, None, :]).sum(axis=2), 1e-300)
            beliefs[:, first:last] = ((outer / spoken)[:, :, None] * own).sum(axis=1) * below
    whole = np.maximum(np.add.reduceat(beliefs, starts, axis=1), 1e-300)
    place = into.columns[children[0]][0]
    widths = np.diff([*starts, table.shape[2]])
    into.rates[:, place : place + table.shape[2]] = beliefs / np.repeat(whole, widths, axis=1)
    number = into.findings.index(children[0])
    into.exists[:, number : number + len(children)] = np.minimum(whole / mass, 1.0)
    for child, first, last in zip(children, starts, ends, strict=True):
        _descend(child, beliefs[:, first:last], seen, model, into)


def _side_by_side(code: str, model: Model) -> tuple[Array, list[int]]:
    """The tables of a finding's children in one array, and each child's first column; made once."""
    key = f"children of {code}"
    if key not in model.memory:
        tables = [model.nodes[child].table for child in model.children[code]]
        starts = np.cumsum([0, *(table.shape[2] for table in tables[:-1])]).tolist()
        model.memory[key] = np.concatenate(tables, axis=2), starts
    told = model.memory[key]
    assert isinstance(told, tuple)
    return told


def ask(case: Case, probability: Array, ahead: Forecast, model: Model, at_most: int = 8) -> tuple[Question, ...]:
    """The findings not assessed that would tell the entities apart best: expected information in bits, and what acquires them."""
    acquire = model.settings["acquire"]
    among = probability[:, None] * ahead.exists
    share = np.maximum(among.sum(axis=0), 1e-300)
    weight = (among / share)[:, ahead.owner]
    rates = np.maximum(ahead.rates, 1e-12)
    overall = np.maximum((weight * rates).sum(axis=0), 1e-12)
    by_column = (weight * rates * np.log2(rates / overall)).sum(axis=0)
    bits = share * np.bincount(ahead.owner, by_column, len(ahead.findings))
    worth = [
        Question(code, round(max(float(value), 0.0), 4), acquire[code])
        for code, value in zip(ahead.findings, bits, strict=True)
        if code in acquire and code not in case
    ]
    worth.sort(key=lambda question: (-question.expected_information_bits, question.finding))
    return tuple(worth[:at_most])


def turns(case: Case, probability: Array, ahead: Forecast, model: Model, at_least: float = 0.02) -> tuple[Turn, ...]:
    """What would change the order: states of findings not assessed that would put another entity first, likeliest first."""
    leader = int(np.argmax(probability[:-1]))
    joint = (probability[:, None] * ahead.exists)[:, ahead.owner] * ahead.rates
    first, chance = joint[:-1].argmax(axis=0), joint.sum(axis=0)
    found = []
    for column in np.flatnonzero((first != leader) & (chance >= at_least)):
        code = ahead.findings[int(ahead.owner[column])]
        if code in model.settings["acquire"] and code not in case:
            state = model.nodes[code].states[int(column) - ahead.columns[code][0]]
            found.append(Turn(code, state, model.entities[int(first[column])], float(chance[column])))
    return tuple(sorted(found, key=lambda turn: (-turn.probability, turn.finding))[:8])
