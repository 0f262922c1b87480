"""Published counts and declared judgement become rates.

Each entity and finding has a Dirichlet. Its base is judgement, worth its stated strength in patients; its data are the counts,
each series weighed by its grades and by how far series of that kind differ from one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from thecal.differential.opinions import gather_opinions, weigh_opinions
from thecal.differential.quantities import number_rates
from thecal.differential.series import Stack, find_spreads, gather_series, read_counts, stack, weigh_series
from thecal.differential.structure import Array, conditional_rates, parents_first, read_links
from thecal.records import EvidenceCount, NumberRate, Rate, Rates, Vocabulary

SUMS = frozenset({"nmosd_or_mogad", "epidural_abscess_or_haematoma"})
"""Entities that are only the sum of their children; ependymoma and high-grade astrocytoma are 'the rest' of theirs too."""


def leaves(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The entities a ranking names: all but those that are nothing but the sum of their children."""
    return tuple(code for code in vocabulary.entities if code not in SUMS)


def members(code: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The leaves whose probabilities sum to an entity's or a parent's."""
    own = (code,) if code in vocabulary.entities and code not in SUMS else ()
    return own + tuple(leaf for child in vocabulary.children(code) for leaf in members(child, vocabulary))


@dataclass(frozen=True, eq=False)
class Base:
    """Judgement of one finding: rates (entities × states) and how many patients each is worth."""

    mean: Array
    strength: Array


@dataclass(frozen=True, eq=False)
class Cell:
    """One finding in every entity: its rates (entities × states), their worth in patients and the share of it that is counted.

    within holds the rates in each of the parent finding's states, entities × parent states × states, zero where undefined.
    """

    mean: Array
    strength: Array
    counted: Array
    parent: str | None = None
    within: Array | None = None


@dataclass(frozen=True, eq=False)
class Pooled:
    """Rates of every leaf entity and finding as arrays, findings in an order that has parents first."""

    entities: tuple[str, ...]
    cells: Mapping[str, Cell]
    stacks: Mapping[str, Stack]
    numbers: tuple[NumberRate, ...]
    base_rates: Mapping[str, Mapping[str, float]]
    counts: tuple[EvidenceCount, ...]
    vocabulary: Vocabulary
    digest: str = ""

    @cached_property
    def rows(self) -> Mapping[tuple[str, str], tuple[EvidenceCount, ...]]:
        """The counts that speak of each leaf and finding, a parent's under each of its leaves."""
        told: dict[tuple[str, str], list[EvidenceCount]] = {}
        leaves_of = {code: _own_leaves(code, self.vocabulary) for code in {row.entity for row in self.counts}}
        for row in self.counts:
            for leaf in leaves_of[row.entity]:
                told.setdefault((leaf, row.finding), []).append(row)
        return {key: tuple(rows) for key, rows in told.items()}

    @cached_property
    def rates(self) -> Rates:
        """The rates as a record."""
        states = tuple(rate for code in self.cells for rate in self._rates_of(code))
        return Rates(states, self.numbers, self.base_rates, self.digest)

    def _rates_of(self, code: str) -> Iterable[Rate]:
        cell, states = self.cells[code], self.vocabulary.findings[code].states
        outer = self.vocabulary.findings[cell.parent].states if cell.parent else ()
        for place, entity in enumerate(self.entities):
            within = {
                name: dict(zip(states, row, strict=True))
                for name, row in zip(outer, cell.within[place].tolist() if cell.within is not None else (), strict=True)
                if any(row)
            }
            yield Rate(
                entity, code, dict(zip(states, cell.mean[place].tolist(), strict=True)), float(cell.strength[place]),
                float(cell.counted[place]), self.rows.get((entity, code), ()), cell.parent, within,
            )  # fmt: skip


def _own_leaves(code: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The leaves that a row of evidence speaks of: the entity itself, or a parent's members."""
    return (code,) if code in vocabulary.entities and code not in SUMS else members(code, vocabulary)


def pool(
    evidence: Iterable[EvidenceCount],
    numbers: Mapping[str, Any],
    judgement: Mapping[str, Any],
    base_rates: Iterable[Mapping[str, str]],
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
    digest: str = "",
) -> Rates:
    """Rates of every leaf entity and finding, from published counts pooled on a base of judgement.

    numbers (published means) and judgement are the files' contents by entity.
    """
    return pool_arrays(evidence, numbers, judgement, base_rates, settings, vocabulary, digest).rates


def pool_arrays(
    evidence: Iterable[EvidenceCount],
    numbers: Mapping[str, Any],
    judgement: Mapping[str, Any],
    base_rates: Iterable[Mapping[str, str]],
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
    digest: str = "",
    without: frozenset[str] = frozenset(),
    judged: bool = True,
) -> Pooled:
    """What `pool` makes, as arrays.

    without names sources to leave out; with judged False the base is flat and weak, so that counts stand alone (an ablation).
    """
    counts = tuple(row for row in evidence if row.source not in without)
    rules, entities = settings["pooling"], leaves(vocabulary)
    bases = judge(judgement, rules, vocabulary, judged)
    stacks = stack_series(counts, bases, rules, vocabulary)
    cells = {code: pour(base, stacks.get(code), rules) for code, base in bases.items()}
    return Pooled(
        entities, link(cells, settings, vocabulary), stacks, number_rates(numbers, judgement, rules, entities, without),
        join_base_rates(base_rates, settings), counts, vocabulary, digest,
    )  # fmt: skip


def pool_text(text: Mapping[str, Any], vocabulary: Vocabulary) -> Rates:
    """The rates that the knowledge's text gives."""
    return pool_knowledge(text, vocabulary).rates


def pool_knowledge(text: Mapping[str, Any], vocabulary: Vocabulary, without: frozenset[str] = frozenset()) -> Pooled:
    """What `pool_text` makes, as arrays; some sources left out if asked."""
    numbers = {entity: told.get("numbers", ()) for entity, told in text["evidence"].items()}
    return pool_arrays(
        read_counts(text["evidence"]), numbers, text["judgement"], text["base_rates"], text["differential"], vocabulary,
        str(text.get("digest", "")), without,
    )  # fmt: skip


def judge(
    judgement: Mapping[str, Any], rules: Mapping[str, Any], vocabulary: Vocabulary, judged: bool = True
) -> dict[str, Base]:
    """Declared judgement of every finding, each entity drawn a share of the way towards its group."""
    names, bases = leaves(vocabulary), {}
    groups = [vocabulary.entities[entity].group for entity in names]
    same = np.array([[one == other for other in groups] for one in groups], float)
    same /= same.sum(axis=1, keepdims=True)
    share = float(rules["drawn_to_group"])
    for code, term in vocabulary.findings.items():
        if term.kind != "state":
            continue
        cells = [judgement[entity]["findings"].get(code) if judged else None for entity in names]
        asked = gather_opinions(cells, term.states)
        mean = asked.mean + 1e-4
        mean /= mean.sum(axis=1, keepdims=True)
        bases[code] = Base(_draw(mean, same, share) if judged else mean, weigh_opinions(cells, asked, rules))
    return bases


def _draw(mean: Array, same: Array, share: float) -> Array:
    """Each judgement drawn a share of the way, in log odds, towards its group's mean: a lone opinion errs more than many."""
    moved: Array = np.exp((1 - share) * np.log(mean) + share * np.log(same @ mean))
    moved /= moved.sum(axis=1, keepdims=True)
    return moved


def stack_series(
    counts: Iterable[EvidenceCount], bases: Mapping[str, Base], rules: Mapping[str, Any], vocabulary: Vocabulary
) -> dict[str, Stack]:
    """The series of every finding, each with what it is worth."""
    place = {entity: row for row, entity in enumerate(leaves(vocabulary))}
    leaves_of = {
        code: tuple(place[leaf] for leaf in _own_leaves(code, vocabulary))
        for code in (*vocabulary.entities, *vocabulary.parents)
    }
    stacks = {
        code: stack(code, series, bases[code].mean, leaves_of, rules, vocabulary)
        for code, series in gather_series(counts).items()
    }
    spreads = find_spreads(stacks, rules, vocabulary.findings)
    return {code: weigh_series(told, spreads[code], rules) for code, told in stacks.items()}


def pour(base: Base, told: Stack | None, rules: Mapping[str, Any]) -> Cell:
    """The rates of one finding: judgement, and the series poured in by their worth."""
    if told is None:
        return Cell(base.mean, base.strength, np.zeros(len(base.mean)))
    seen = np.zeros(len(base.mean), bool)
    seen[told.leaf] = True
    kept = base.strength * np.where(seen, float(rules["judged_share_kept_where_counted"]), 1.0)
    alpha = kept[:, None] * base.mean
    np.add.at(alpha, told.leaf, (told.worth / np.maximum(told.patients, 1e-12))[:, None] * told.filled)
    strength = alpha.sum(axis=1)
    return Cell(alpha / strength[:, None], strength, 1 - kept / strength)


def link(cells: Mapping[str, Cell], settings: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Cell]:
    """The cells in an order that has parents first, each with its rates in its parent's states."""
    links = read_links(settings, vocabulary)
    linked = {}
    for code in parents_first(tuple(cells), {child: one.parent for child, one in links.items()}):
        cell, one = cells[code], links.get(code)
        within = conditional_rates(cells[one.parent].mean, cell.mean, one) if one else None
        linked[code] = Cell(cell.mean, cell.strength, cell.counted, one.parent if one else None, within)
    return linked


def join_base_rates(rows: Iterable[Mapping[str, str]], settings: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Base rates per `setting/band` over all leaves, summing to 1: the half's share times that within the half.

    Within a half an entity's share is the geometric mean of the table's two opinions, because shares differ by factors.
    """
    halves: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in rows:
        own = halves.setdefault((row["setting"], row["age_band"], row["half"]), {})
        own[row["entity"]] = sqrt(float(row["share"]) * float(row["second"]))
    joined: dict[str, dict[str, float]] = {}
    for (setting, band, half), shares in halves.items():
        inside = float(settings["base_rates"]["intramedullary_share"][setting][band])
        part = (inside if half == "intramedullary" else 1 - inside) / sum(shares.values())
        joined.setdefault(f"{setting}/{band}", {}).update({entity: part * share for entity, share in shares.items()})
    return joined
