"""Rates laid out as arrays, ready to weigh a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import erf, sqrt
from typing import Any

import numpy as np

from thecal.differential.pooling import leaves, members
from thecal.differential.structure import Array, parents_first
from thecal.records import CallWrong, NumberRate, Rate, Rates, Vocabulary

NONE = "none_of_these"


@dataclass(frozen=True, eq=False)
class Node:
    """One finding: its rates over entities (rows, none_of_these last), within its parent's states where it has a parent.

    table is entities × states, or entities × parent states × states with zeros where the finding is undefined;
    plain the entities' own rates; strength (patients) and counted share are those of the plain rates.
    """

    code: str
    states: tuple[str, ...]
    parent: str | None
    table: Array
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
    rates: Rates
    kind: str
    counts: Mapping[tuple[str, str, str], tuple[tuple[int, int, str], ...]]
    aggressive: Mapping[str, float]
    outcomes: Mapping[str, Any]
    draws: dict[str, Array] = field(default_factory=dict)
    memory: dict[str, object] = field(default_factory=dict)

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
    rates: Rates,
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
    base_rates: str = "clinical",
    judgement: Mapping[str, Any] | None = None,
    outcomes: Mapping[str, Any] | None = None,
) -> Model:
    """The model of a set of rates: caution (contamination, undefined signs) and none_of_these worked in."""
    if base_rates not in ("clinical", "published", "uniform"):
        raise CallWrong("base rates", expected="clinical, published or uniform", found=base_rates)
    entities = leaves(vocabulary)
    caution = settings["caution"]
    nodes = _nodes(rates.states, entities, vocabulary, caution)
    densities = {code: _density(code, rates.numbers, entities, caution) for code in _numbers(rates.numbers)}
    children: dict[str, list[str]] = {}
    for node in nodes.values():
        if node.parent:
            children.setdefault(node.parent, []).append(node.code)
    base = {key: np.array([shares.get(entity, 0.0) for entity in entities]) for key, shares in rates.base_rates.items()}
    everyone = {**vocabulary.parents, **vocabulary.entities}
    return Model(
        entities=(*entities, NONE),
        nodes=nodes,
        children={code: tuple(own) for code, own in children.items()},
        densities=densities,
        base_rates=base,
        band_share=_band_shares(densities["age_years"], float(settings["base_rates"]["child_below_years"])),
        members={
            code: tuple(entities.index(leaf) for leaf in members(code, vocabulary))
            for code in everyone
            if vocabulary.children(code)
        },
        vocabulary=vocabulary,
        settings=settings,
        rates=rates,
        kind=base_rates,
        counts=_by_state(rates.states),
        aggressive={entity: float(told["aggressive"]) for entity, told in (judgement or {}).items()},
        outcomes=outcomes or {},
    )


def _by_state(states: Iterable[Rate]) -> dict[tuple[str, str, str], tuple[tuple[int, int, str], ...]]:
    """The counts that weigh, as (n, of, source), by entity, finding and state."""
    told: dict[tuple[str, str, str], list[tuple[int, int, str]]] = {}
    for rate in states:
        for row in rate.counts:
            if row.weight > 0:
                told.setdefault((rate.entity, row.finding, row.state), []).append((row.n, row.of, row.source))
    return {key: tuple(rows) for key, rows in told.items()}


def _nodes(
    states: Iterable[Rate], entities: tuple[str, ...], vocabulary: Vocabulary, caution: Mapping[str, Any]
) -> dict[str, Node]:
    by_code: dict[str, list[Rate]] = {}
    for rate in states:
        by_code.setdefault(rate.finding, []).append(rate)
    links = {code: own[0].given for code, own in by_code.items() if own[0].given is not None}
    order = parents_first(tuple(by_code), links)
    return {code: _node(code, by_code[code], entities, vocabulary, caution) for code in order}


def _node(
    code: str, rates: list[Rate], entities: tuple[str, ...], vocabulary: Vocabulary, caution: Mapping[str, Any]
) -> Node:
    states = vocabulary.findings[code].states
    by_entity = {rate.entity: rate for rate in rates}
    own = [by_entity[entity] for entity in entities]
    plain = np.array([[rate.mean[state] for state in states] for rate in own])
    mean = plain.mean(axis=0)
    share = float(caution["contamination"])
    flat = float(caution["none_flatness"])
    parent = own[0].given
    if parent is None:
        table = _with_none((1 - share) * plain + share * mean, flat)
    else:
        outer = vocabulary.findings[parent].states
        raw = np.array([[[rate.within.get(p, {}).get(state, 0.0) for state in states] for p in outer] for rate in own])
        defined = raw.sum(axis=2, keepdims=True) > 0
        average = raw.mean(axis=0)
        table = np.where(defined, (1 - share) * raw + share * average, float(caution["undefined"]) * mean)
        table = _with_none(table, flat)
    error = reading_error(len(states), float(caution["reading_error"].get(code, 0.0)))
    table, plain, mean = table @ error, plain @ error, mean @ error
    strength = np.array([rate.strength for rate in own])
    counted = np.array([rate.counted for rate in own])
    return Node(
        code,
        states,
        parent,
        table,
        _with_none((1 - share) * plain + share * mean, flat),
        np.append(strength, strength.mean()),
        np.append(counted, 0.0),
    )


def reading_error(states: int, share: float) -> Array:
    """How often a state is read as its neighbour: states × states, rows sum to 1."""
    matrix = np.eye(states)
    for row in range(states):
        beside = [column for column in (row - 1, row + 1) if 0 <= column < states]
        for column in beside:
            matrix[row, column] += share / len(beside)
            matrix[row, row] -= share / len(beside)
    return matrix


def _with_none(table: Array, flatness: float) -> Array:
    """The table with a last row for none_of_these: what any entity might show, flattened."""
    average = table.mean(axis=0)
    flattened = average**flatness
    flattened *= average.sum(axis=-1, keepdims=True) / flattened.sum(axis=-1, keepdims=True)
    return np.concatenate([table, flattened[None]])


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
