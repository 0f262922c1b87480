"""Rates laid out as arrays, ready to weigh a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import erf, sqrt
from typing import Any

import numpy as np

from thecal.differential.pooling import Cell, Pooled, members
from thecal.differential.structure import Array
from thecal.records import CallWrong, NumberRate, Rates, Vocabulary

NONE = "none_of_these"


@dataclass(frozen=True, eq=False)
class Node:
    """One finding: its rates over entities (rows, none_of_these last), within its parent's states where it has a parent.

    table is entities × states, or entities × parent states × states; it is what cases are weighed with. own are the entities'
    rates before contamination (leaves only), plain after it; strength (patients) and counted share are those of own.
    """

    code: str
    states: tuple[str, ...]
    parent: str | None
    table: Array
    own: Array
    plain: Array
    strength: Array
    counted: Array


@dataclass(frozen=True, eq=False)
class Density:
    """How a number is distributed in each entity: mixture weights, means and sds (entities × components), natural log if log."""

    code: str
    weights: Array
    means: Array
    sds: Array
    strength: Array
    log: bool
    range: tuple[float, float]
    uniform: float
    sources: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Model:
    """Everything a case is weighed with."""

    entities: tuple[str, ...]
    nodes: Mapping[str, Node]
    children: Mapping[str, tuple[str, ...]]
    densities: Mapping[str, Density]
    base_rates: Mapping[str, Array]
    band_share: Mapping[str, Array]
    members: Mapping[str, tuple[int, ...]]
    vocabulary: Vocabulary
    settings: Mapping[str, Any]
    pooled: Pooled
    kind: str
    judged_aggressive: Mapping[str, float]
    outcomes: Mapping[str, Any]
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def rates(self) -> Rates:
        """The rates the model was laid out from."""
        return self.pooled.rates

    @cached_property
    def counts(self) -> Mapping[tuple[str, str, str], tuple[tuple[int, int, str], ...]]:
        """The counts that weigh, as (n, of, source), by entity, finding and state."""
        told: dict[tuple[str, str, str], list[tuple[int, int, str]]] = {}
        for (entity, finding), rows in self.pooled.rows.items():
            for row in rows:
                if row.weight > 0:
                    told.setdefault((entity, finding, row.state), []).append((row.n, row.of, row.source))
        return {key: tuple(rows) for key, rows in told.items()}

    @cached_property
    def columns(self) -> Mapping[str, slice]:
        """The columns of each finding where all states of all findings stand side by side."""
        ends = np.cumsum([len(node.states) for node in self.nodes.values()]).tolist()
        starts = [0, *ends[:-1]]
        return {code: slice(start, end) for code, start, end in zip(self.nodes, starts, ends, strict=True)}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Each entity's row."""
        return {entity: row for row, entity in enumerate(self.entities)}

    @cached_property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Each finding with those above it, up to the root of its tree."""
        paths: dict[str, tuple[str, ...]] = {}
        for code, node in self.nodes.items():
            paths[code] = (code, *(paths[node.parent] if node.parent else ()))
        return paths

    @cached_property
    def counted(self) -> Mapping[str, list[float]]:
        """The counted share of each finding's rate, by entity's row."""
        return {code: node.counted.tolist() for code, node in self.nodes.items()}

    @cached_property
    def seen(self) -> Mapping[tuple[str, str], Array]:
        """The likelihood by state of a finding whose state is sure."""
        return {
            (code, state): one
            for code, node in self.nodes.items()
            for state, one in zip(node.states, np.eye(len(node.states)), strict=True)
        }

    @cached_property
    def aggressive(self) -> Array:
        """How much of each entity is high-grade or malignant, by row; empty without judgement."""
        return np.array([self.judged_aggressive.get(entity, 0.0) for entity in self.entities if self.judged_aggressive])

    @cached_property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(node.states) for node in self.nodes.values())

    def index(self, entity: str) -> int:
        """An entity's row."""
        return self.place[entity]

    def rows(self, code: str) -> tuple[int, ...]:
        """The rows whose probabilities sum to an entity's or a parent's."""
        return self.members[code] if code in self.members else (self.index(code),)


RANGES = {
    "age_years": (0.0, 100.0),
    "length_segments": (0.2, 24.0),
    "t2_length_segments": (0.2, 24.0),
    "time_to_nadir_hours": (0.05, 20000.0),
    "days_since_lumbar_puncture": (0.0, 365.0),
}


def lay_out(
    pooled: Pooled,
    settings: Mapping[str, Any],
    base_rates: str = "clinical",
    judgement: Mapping[str, Any] | None = None,
    outcomes: Mapping[str, Any] | None = None,
) -> Model:
    """The model of pooled rates: caution (contamination, undefined signs) and none_of_these worked in."""
    if base_rates not in ("clinical", "published", "uniform"):
        raise CallWrong("base rates", expected="clinical, published or uniform", found=base_rates)
    entities, vocabulary, caution = pooled.entities, pooled.vocabulary, settings["caution"]
    densities = {code: _density(code, pooled.numbers, entities, caution) for code in _numbers(pooled.numbers)}
    children: dict[str, list[str]] = {}
    for code, cell in pooled.cells.items():
        if cell.parent:
            children.setdefault(cell.parent, []).append(code)
    base = {
        key: np.array([shares.get(entity, 0.0) for entity in entities]) for key, shares in pooled.base_rates.items()
    }
    return Model(
        entities=(*entities, NONE),
        nodes={code: lay_node(code, cell, vocabulary, caution) for code, cell in pooled.cells.items()},
        children={code: tuple(own) for code, own in children.items()},
        densities=densities,
        base_rates=base,
        band_share=_band_shares(densities["age_years"], float(settings["base_rates"]["child_below_years"])),
        members={
            code: tuple(entities.index(leaf) for leaf in members(code, vocabulary) if leaf in entities)
            for code in {**vocabulary.parents, **vocabulary.entities}
            if vocabulary.children(code)
        },
        vocabulary=vocabulary,
        settings=settings,
        pooled=pooled,
        kind=base_rates,
        judged_aggressive={entity: float(told["aggressive"]) for entity, told in (judgement or {}).items()},
        outcomes=outcomes or {},
    )


def lay_node(code: str, cell: Cell, vocabulary: Vocabulary, caution: Mapping[str, Any]) -> Node:
    """One finding's rates with caution worked in."""
    states = vocabulary.findings[code].states
    share, mean = float(caution["contamination"]), cell.mean.mean(axis=0)
    plain = (1 - share) * cell.mean + share * mean
    table = plain
    if cell.within is not None:
        defined = cell.within.sum(axis=2, keepdims=True) > 0
        cautious = (1 - share) * cell.within + share * cell.within.mean(axis=0)
        table = np.where(defined, cautious, float(caution["undefined"]) * mean)
    error = reading_error(len(states), float(caution["reading_error"].get(code, 0.0)))
    return Node(
        code, states, cell.parent, _with_none(table @ error), cell.mean @ error, _with_none(plain @ error),
        np.append(cell.strength, cell.strength.mean()), np.append(cell.counted, 0.0),
    )  # fmt: skip


def reading_error(states: int, share: float) -> Array:
    """How often a state is read as its neighbour: states × states, rows sum to 1."""
    matrix = np.eye(states)
    for row in range(states):
        beside = [column for column in (row - 1, row + 1) if 0 <= column < states]
        for column in beside:
            matrix[row, column] += share / len(beside)
            matrix[row, row] -= share / len(beside)
    return matrix


def _with_none(table: Array) -> Array:
    """The table with a last row for none_of_these: an entity not on the list shows what entities show on average."""
    return np.concatenate([table, table.mean(axis=0, keepdims=True)])


def _numbers(numbers: Iterable[NumberRate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rate.finding for rate in numbers))


def _density(
    code: str, numbers: Iterable[NumberRate], entities: tuple[str, ...], caution: Mapping[str, Any]
) -> Density:
    """The distributions of a number; none_of_these and entities without one are flat."""
    by_entity = {rate.entity: rate for rate in numbers if rate.finding == code}
    width = max(len(rate.components) for rate in by_entity.values())
    is_log = any(rate.log for rate in by_entity.values())
    rows = len(entities) + 1
    weights, means, sds = np.zeros((rows, width)), np.zeros((rows, width)), np.ones((rows, width))
    strength, sources = np.full(rows, 1.0), []
    for row, entity in enumerate(entities):
        rate = by_entity.get(entity)
        sources.append(rate.sources if rate else ())
        if rate is None:
            continue
        strength[row] = rate.strength
        for place, (weight, mean, sd) in enumerate(rate.components):
            at_least = 0.0 if is_log else float(caution["age_sd_at_least"])
            weights[row, place], means[row, place], sds[row, place] = weight, mean, max(sd, at_least)
    known = np.array([entity in by_entity for entity in entities])
    weights[-1, 0], means[-1, 0] = 1.0, _average(means, weights)[:-1][known].mean()
    sds[-1, 0] = np.sqrt(_average(means, weights)[:-1][known].var() + (sds[:-1][known][:, 0] ** 2).mean())
    low, high = RANGES[code]
    return Density(
        code, weights, means, sds, strength, is_log, (low, high), float(caution["number_uniform"]), (*sources, ())
    )


def _average(values: Array, weights: Array) -> Array:
    averaged: Array = (values * weights).sum(axis=1)
    return averaged


def mass_of_whole_number(density: Density, value: float) -> Array:
    """The probability, in every entity, that a length rounds to a whole number of segments (below 1.5 counts as 1)."""
    low, high = density.range
    edges = np.log([low / 10 if value <= 1 else value - 0.5, value + 0.5])
    z = (edges[:, None, None] - density.means) / density.sds
    below = 0.5 * (1 + np.vectorize(erf)(z / sqrt(2)))
    shaped = (density.weights * (below[1] - below[0])).sum(axis=-1)
    flat = (edges[1] - max(edges[0], np.log(low))) / np.log(high / low)
    known = density.weights.sum(axis=1) > 0
    mass: Array = np.where(known, (1 - density.uniform) * shaped + density.uniform * flat, flat)
    return mass


def density_at(density: Density, value: float, value_sd: float = 0.0, shift: Array | float = 0.0) -> Array:
    """The density of a number in every entity; value_sd widens it by the uncertainty of the measurement.

    shift moves the means: an array whose last axes are entities × 1, for draws.
    """
    low, high = density.range
    inside = min(max(value, low), high)
    x, scale = (np.log(max(inside, 1e-3)), max(inside, 1e-3)) if density.log else (inside, 1.0)
    sds = np.sqrt(density.sds**2 + (value_sd / scale) ** 2)
    z = (x - density.means - shift) / sds
    shaped = (density.weights * np.exp(-0.5 * z * z) / (sds * np.sqrt(2 * np.pi))).sum(axis=-1) / scale
    flat = 1 / (inside * np.log(high / max(low, 1e-3))) if density.log else 1 / (high - low)
    known = density.weights.sum(axis=1) > 0
    mixed: Array = np.where(known, (1 - density.uniform) * shaped + density.uniform * flat, flat)
    return mixed


def _band_shares(age: Density, boundary: float) -> dict[str, Array]:
    """The share of each entity's ages below and above the boundary, so that age weighs only within its band."""
    low, high = age.range
    cdf = np.vectorize(lambda z: 0.5 * (1 + erf(z / sqrt(2))))
    below = (age.weights * cdf((boundary - age.means) / age.sds)).sum(axis=1)
    child = (1 - age.uniform) * below + age.uniform * (boundary - low) / (high - low)
    return {"child": child, "adult": 1 - child}
