"""Which findings depend on which, and the conditional rates that follow.

Findings stand in trees: a child (the enhancement pattern) is read within each state of its parent (enhancement).
Where a child exists only in some states of its parent, it is undefined in the others; elsewhere judged odds, shared by
all entities, say which states go together, and each entity keeps its own rates of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.records import KnowledgeInvalid, Vocabulary

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Link:
    """One dependence: child given parent, defined in some of the parent's states, with odds by (parent state, child state)."""

    child: str
    parent: str
    defined: tuple[bool, ...]
    odds: Array


def read_links(settings: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Link]:
    """The dependences of `differential.yaml`, by child; an unknown finding or state is refused."""
    links = {}
    for child, told in settings["dependence"].items():
        parent = told["parent"]
        rows, columns = _states(vocabulary, parent), _states(vocabulary, child)
        odds = np.ones((len(rows), len(columns)))
        for row, by_column in told.get("odds", {}).items():
            for column, factor in by_column.items():
                odds[_place(rows, row, child), _place(columns, column, child)] = factor
        names = told.get("defined", rows)
        links[child] = Link(child, parent, tuple(name in names for name in rows), odds)
    return links


def _states(vocabulary: Vocabulary, code: str) -> tuple[str, ...]:
    if code not in vocabulary.findings:
        raise KnowledgeInvalid("differential.yaml: dependence", expected="a finding of the vocabulary", found=code)
    return vocabulary.findings[code].states


def _place(states: tuple[str, ...], state: str, child: str) -> int:
    if state not in states:
        raise KnowledgeInvalid(f"differential.yaml: dependence of {child}", expected=" or ".join(states), found=state)
    return states.index(state)


def parents_first(findings: tuple[str, ...], parents: Mapping[str, str]) -> tuple[str, ...]:
    """The findings in an order in which every parent stands before its children."""
    placed: list[str] = []

    def place(code: str) -> None:
        if code in placed:
            return
        if code in parents:
            place(parents[code])
        placed.append(code)

    for code in findings:
        place(code)
    return tuple(placed)


def conditional_rates(parent: Array, child: Array, link: Link) -> Array:
    """The child's rates within each state of its parent, entities × parent states × child states.

    parent and child are the entities' own rates (entities × states). Rows sum to 1; a state in which the child is undefined
    keeps a row of zeros. Found by iterative proportional fitting of the odds to both rates, so neither rate changes
    (where a structural zero makes both impossible, the parent's rate is kept).
    """
    defined = np.array(link.defined)
    weights = np.where(defined, parent, 0.0)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    table = np.broadcast_to(link.odds, (len(parent), *link.odds.shape)) * weights[:, :, None]
    if np.any(link.odds != 1.0):
        table = _fit(table, weights, child)
        rows = table.sum(axis=2, keepdims=True)
        table = np.where(rows > 1e-12, table / np.maximum(rows, 1e-300), child[:, None, :])
    else:
        table = np.repeat(child[:, None, :], parent.shape[1], axis=1)
    return np.where(defined[None, :, None], table, 0.0)


CLOSE = 1e-5
"""Rates this close to the entity's own, as a share of them, are kept."""


def _fit(table: Array, rows: Array, columns: Array, rounds: int = 40) -> Array:
    for _ in range(rounds):
        off = columns / np.maximum(table.sum(axis=1), 1e-300)
        if np.abs(off - 1).max() < CLOSE:
            break
        table = table * off[:, None, :]
        table = table * (rows / np.maximum(table.sum(axis=2), 1e-300))[:, :, None]
    return table
