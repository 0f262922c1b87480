"""Published counts and declared judgement become rates.

Each entity and finding has a Dirichlet. Its base is judgement, worth its stated strength in patients; its data are the counts,
each series weighed by its grades and by how far series of that kind differ from one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import lgamma, log
from typing import Any

import numpy as np

from thecal.differential.structure import Array, Link, conditional_rates, parents_first, read_links
from thecal.records import EvidenceCount, NumberRate, Rate, Rates, Vocabulary


@dataclass(frozen=True)
class Series:
    """One published series of one entity: how many patients had each state of one finding."""

    entity: str
    finding: str
    source: str
    counts: Array
    told: tuple[bool, ...]
    of: int
    weight: float


SUMS = frozenset({"nmosd_or_mogad", "epidural_abscess_or_haematoma"})
"""Entities that are only the sum of their children; ependymoma and high-grade astrocytoma are 'the rest' of theirs too."""


def leaves(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The entities a ranking names: all but those that are nothing but the sum of their children."""
    return tuple(code for code in vocabulary.entities if code not in SUMS)


def members(code: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The leaves whose probabilities sum to an entity's or a parent's."""
    own = (code,) if code in leaves(vocabulary) else ()
    return own + tuple(leaf for child in vocabulary.children(code) for leaf in members(child, vocabulary))


def read_counts(evidence: Mapping[str, Any]) -> tuple[EvidenceCount, ...]:
    """Every count of the evidence files, with the weight its grades give it; rows of weight 0 stay, to be shown."""
    return tuple(
        EvidenceCount(
            code, row["finding"], row["state"], row["n"], row["of"], row["source"], row.get("where", ""),
            float(row["weight"]), row.get("note", ""),
        )
        for code, told in sorted(evidence.items())
        for row in told.get("counts", ())
    )  # fmt: skip


def gather_series(counts: Iterable[EvidenceCount], vocabulary: Vocabulary) -> tuple[Series, ...]:
    """Rows of one source, entity and finding as one series of their least weight; rows of weight 0 are left out."""
    groups: dict[tuple[str, str, str], list[EvidenceCount]] = {}
    for row in counts:
        if row.weight > 0:
            groups.setdefault((row.entity, row.finding, row.source), []).append(row)
    return tuple(_series(rows, vocabulary.findings[finding].states) for (_, finding, _), rows in groups.items())


def _series(rows: list[EvidenceCount], states: tuple[str, ...]) -> Series:
    counts = np.zeros(len(states))
    for row in rows:
        counts[states.index(row.state)] = max(counts[states.index(row.state)], row.n)
    told = tuple(any(row.state == state for row in rows) for state in states)
    first = rows[0]
    of = max(row.of for row in rows)
    return Series(first.entity, first.finding, first.source, counts, told, of, min(row.weight for row in rows))


def complete(series: Series, base: Array, scope: bool = False) -> Array:
    """A series' patients by state, summing to its patients.

    Patients of states it does not tell are shared out among those states as judgement would; states told of more patients
    than there are (they overlap) are scaled down; where all states are told, only the told patients count. With scope, a
    state that a series neither tells nor leaves patients for is one it had no class for: it keeps its judged share.
    """
    told = np.array(series.told)
    total = float(series.counts.sum())
    if total and (told.all() or series.of <= total):
        filled: Array = series.counts * min(1.0, series.of / total)
        lacking = np.where(told, 0.0, base) if scope else np.zeros(len(base))
        scoped: Array = filled * (1 - lacking.sum()) + lacking * filled.sum()
        return scoped
    rest = np.where(told, 0.0, np.maximum(base, 1e-6))
    shared: Array = series.counts + (series.of - total) * rest / max(float(rest.sum()), 1e-12)
    return shared


def worth(patients: float, spread: float, weight: float, at_most: float) -> float:
    """How many independent patients a series is worth, given the spread between series and its grade."""
    return weight * min(patients / (1 + (patients - 1) * spread), at_most)


def find_spread(cells: Mapping[tuple[str, str], list[Array]], candidates: Iterable[float], thin: float) -> float:
    """The between-study spread that makes the series of a family most likely, over cells with three series or more."""
    told = [series for series in cells.values() if len(series) >= 3]
    if len(told) < 3:
        return thin
    return max(candidates, key=lambda spread: sum(_marginal(series, spread) for series in told))


def _marginal(series: list[Array], spread: float) -> float:
    """Log marginal likelihood of series under a Dirichlet-multinomial about their common mean."""
    total = np.sum(series, axis=0) + 0.5
    alpha = (1 / spread - 1) * total / total.sum()
    whole = float(alpha.sum())
    value = 0.0
    for counts in series:
        value += lgamma(whole) - lgamma(whole + float(counts.sum()))
        value += sum(lgamma(a + c) - lgamma(a) for a, c in zip(alpha.tolist(), counts.tolist(), strict=True))
    return value


def pool(
    evidence: Iterable[EvidenceCount],
    numbers: Mapping[str, Any],
    judgement: Mapping[str, Any],
    base_rates: Iterable[Mapping[str, str]],
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
    digest: str = "",
    without: frozenset[str] = frozenset(),
    judged: bool = True,
) -> Rates:
    """Rates of every leaf entity and finding, from published counts pooled on a base of judgement.

    numbers (published means) and judgement are the files' contents by entity; without names sources to leave out;
    with judged False the base is flat and weak, so that counts stand alone (an ablation).
    """
    counts = tuple(row for row in evidence if row.source not in without)
    base = _bases(judgement, settings, vocabulary, judged)
    cells = _pool_cells(counts, base, settings, vocabulary)
    links = read_links(settings, vocabulary)
    return Rates(
        states=_state_rates(cells, counts, links, vocabulary),
        numbers=_number_rates(numbers, judgement, settings, vocabulary, without),
        base_rates=join_base_rates(base_rates, settings),
        digest=digest,
    )


def pool_text(text: Mapping[str, Any], vocabulary: Vocabulary, without: frozenset[str] = frozenset()) -> Rates:
    """The rates that the knowledge's text gives, some sources left out if asked."""
    numbers = {entity: told.get("numbers", ()) for entity, told in text["evidence"].items()}
    return pool(
        read_counts(text["evidence"]), numbers, text["judgement"], text["base_rates"], text["differential"], vocabulary,
        str(text.get("digest", "")), without,
    )  # fmt: skip


Cell = tuple[Array, float, float]
"""Mean by state, strength in patients, and the counted share of that strength."""


def _bases(
    judgement: Mapping[str, Any], settings: Mapping[str, Any], vocabulary: Vocabulary, judged: bool
) -> dict[tuple[str, str], tuple[Array, float]]:
    names, bases = leaves(vocabulary), {}
    cap = float(settings["pooling"]["judged_strength_at_most"])
    later = float(settings["pooling"]["second_opinion_share"])
    for code, term in vocabulary.findings.items():
        if term.kind != "state":
            continue
        cells = [judgement[entity]["findings"].get(code) if judged else None for entity in names]
        means = np.array([_opinion(told, term.states, later) for told in cells]) + 1e-4
        means /= means.sum(axis=1, keepdims=True)
        for entity, mean, told in zip(names, means, cells, strict=True):
            bases[entity, code] = mean, min(float(told["n"]), cap) if told else 1.0
    return _draw_to_group(bases, float(settings["pooling"]["drawn_to_group"]), vocabulary) if judged else bases


def _opinion(told: Mapping[str, Any] | None, states: tuple[str, ...], later: float) -> list[float]:
    """Two opinions on a finding, the second with its share; flat where there is none."""
    if told is None:
        return [1 / len(states)] * len(states)
    first = told["p"]
    second = told.get("again", first)
    if second is first or later == 1:
        return [second.get(state, 0.0) for state in states]
    return [(1 - later) * first.get(state, 0.0) + later * second.get(state, 0.0) for state in states]


def _draw_to_group(
    bases: dict[tuple[str, str], tuple[Array, float]], share: float, vocabulary: Vocabulary
) -> dict[tuple[str, str], tuple[Array, float]]:
    """Each judgement drawn a share of the way, in log odds, towards its group's mean: a lone opinion errs more than many."""
    names = tuple(dict.fromkeys(entity for entity, _ in bases))
    groups = [vocabulary.entities[entity].group for entity in names]
    same = np.array([[one == other for other in groups] for one in groups], float)
    same /= same.sum(axis=1, keepdims=True)
    drawn = {}
    for code in dict.fromkeys(code for _, code in bases):
        means = np.array([bases[entity, code][0] for entity in names])
        moved = np.exp((1 - share) * np.log(means) + share * np.log(same @ means))
        moved /= moved.sum(axis=1, keepdims=True)
        drawn.update({(entity, code): (moved[row], bases[entity, code][1]) for row, entity in enumerate(names)})
    return drawn


def _pool_cells(
    counts: Iterable[EvidenceCount],
    bases: Mapping[tuple[str, str], tuple[Array, float]],
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
) -> dict[tuple[str, str], Cell]:
    rules = settings["pooling"]
    series_of: dict[tuple[str, str], list[tuple[Array, float]]] = {}
    leaves_of = {code: members(code, vocabulary) for code in (*vocabulary.entities, *vocabulary.parents)}
    for series in gather_series(counts, vocabulary):
        whole = leaves_of[series.entity]
        own = series.entity in whole
        for leaf in (series.entity,) if own else whole:
            weight = series.weight * (1.0 if own else float(rules["parent_weight"]))
            filled = complete(series, bases[leaf, series.finding][0], series.finding in rules["classes_differ"])
            series_of.setdefault((leaf, series.finding), []).append((filled, weight))
    spreads, trust = _spreads(series_of, rules, vocabulary), float(rules["series_trust"])
    cells = {}
    for key, (mean, strength) in bases.items():
        found = series_of.get(key)
        if not found:
            cells[key] = mean, strength, 0.0
            continue
        kept = strength * float(rules["judged_share_kept_where_counted"])
        alpha = kept * mean
        for filled, weight in found:
            patients = float(filled.sum())
            if patients > 0:
                alpha = (
                    alpha + trust * worth(patients, spreads[key[1]], weight, rules["study_at_most"]) * filled / patients
                )
        whole_strength = float(alpha.sum())
        cells[key] = alpha / whole_strength, whole_strength, 1 - kept / whole_strength
    return cells


def _spreads(
    series_of: Mapping[tuple[str, str], list[tuple[Array, float]]], rules: Mapping[str, Any], vocabulary: Vocabulary
) -> dict[str, float]:
    """The between-study spread of each finding, estimated for its family from series of weight 0.5 or more."""
    families = {code: name for name, codes in rules["families"].items() for code in codes}
    cells: dict[str, dict[tuple[str, str], list[Array]]] = {}
    for key, found in series_of.items():
        family = families.get(key[1], "shape")
        cells.setdefault(family, {})[key] = [filled for filled, weight in found if weight >= 0.5 and filled.sum() > 0]
    thin = float(rules["spread_when_thin"])
    spread = {name: find_spread(own, rules["prior_spread"], thin) for name, own in cells.items()}
    return {code: spread.get(families.get(code, "shape"), thin) for code in vocabulary.findings}


def _state_rates(
    cells: Mapping[tuple[str, str], Cell],
    counts: tuple[EvidenceCount, ...],
    links: Mapping[str, Link],
    vocabulary: Vocabulary,
) -> tuple[Rate, ...]:
    names = leaves(vocabulary)
    codes = tuple(code for code, term in vocabulary.findings.items() if term.kind == "state")
    rows: dict[tuple[str, str], list[EvidenceCount]] = {}
    leaves_of = {
        code: (code,) if code in names else members(code, vocabulary) for code in {row.entity for row in counts}
    }
    for row in counts:
        for leaf in leaves_of[row.entity]:
            rows.setdefault((leaf, row.finding), []).append(row)
    means = {code: np.array([cells[entity, code][0] for entity in names]) for code in codes}
    rates = []
    for code in parents_first(codes, {child: link.parent for child, link in links.items()}):
        states, link = vocabulary.findings[code].states, links.get(code)
        tables = conditional_rates(means[link.parent], means[code], link) if link else None
        for place, entity in enumerate(names):
            _, strength, counted = cells[entity, code]
            within: dict[str, dict[str, float]] = {}
            if link is not None and tables is not None:
                outer = vocabulary.findings[link.parent].states
                within = {
                    outer[p]: dict(zip(states, tables[place, p].tolist(), strict=True))
                    for p in range(len(outer))
                    if link.defined[p]
                }
            rates.append(
                Rate(
                    entity=entity,
                    finding=code,
                    mean=dict(zip(states, means[code][place].tolist(), strict=True)),
                    strength=strength,
                    counted=counted,
                    counts=tuple(rows.get((entity, code), ())),
                    given=link.parent if link else None,
                    within=within,
                )
            )
    return tuple(rates)


def _number_rates(
    numbers: Mapping[str, Any],
    judgement: Mapping[str, Any],
    settings: Mapping[str, Any],
    vocabulary: Vocabulary,
    without: frozenset[str],
) -> tuple[NumberRate, ...]:
    rates = []
    for entity in leaves(vocabulary):
        for code, told in judgement[entity]["numbers"].items():
            is_log = "lognormal" in told
            later = float(settings["pooling"]["second_opinion_share"]) if "again" in told else 0.0
            components = _judged_lengths(told, later) if is_log else _judged_mixture(told, later)
            rows = [
                row
                for row in numbers.get(entity, ())
                if row["finding"] == code and row["weight"] > 0 and row["source"] not in without and "n" in row
            ]
            rates.append(_shifted(entity, code, components, float(told["n"]), rows, is_log, settings["pooling"]))
    return tuple(rates)


def _judged_lengths(told: Mapping[str, Any], later: float) -> tuple[tuple[float, float, float], ...]:
    """A log-normal between two opinions of median and spread, wide enough to hold both."""
    shares = np.array([1 - later, later])
    opinions = [told["lognormal"], told.get("again", told["lognormal"])]
    middles = np.log([float(middle) for middle, _ in opinions])
    middle = float(shares @ middles)
    variance = float(shares @ (np.array([float(sd) for _, sd in opinions]) ** 2 + (middles - middle) ** 2))
    return ((1.0, middle, float(np.sqrt(variance))),)


def _judged_mixture(told: Mapping[str, Any], later: float) -> tuple[tuple[float, float, float], ...]:
    """A mixture of normals that holds both opinions."""
    opinions = ((1 - later, told["mixture"]), (later, told.get("again", ())))
    return tuple((share * float(w), float(m), float(s)) for share, one in opinions if share > 0 for w, m, s in one)


def _shifted(
    entity: str,
    code: str,
    components: tuple[tuple[float, float, float], ...],
    judged_n: float,
    rows: list[Mapping[str, Any]],
    is_log: bool,
    rules: Mapping[str, Any],
) -> NumberRate:
    """A judged distribution moved towards the published means, by how many patients each side is worth.

    A published mean of lengths lies above their median, which is what a log-normal is moved by.
    """
    middle = sum(weight * mean for weight, mean, _ in components)
    skew = 0.5 * sum(weight * sd * sd for weight, _, sd in components) if is_log else 0.0
    kept = min(judged_n, float(rules["judged_strength_at_most"]))
    kept *= float(rules["judged_share_kept_where_counted"]) if rows else 1.0
    pull, strength = 0.0, kept
    for row in rows:
        value = log(float(row["mean"])) - skew if is_log else float(row["mean"])
        weight = float(row["weight"]) * float(rules["series_trust"])
        patients = worth(float(row["n"]), float(rules["spread_when_thin"]), weight, rules["study_at_most"])
        pull += patients * (value - middle)
        strength += patients
    shift = pull / strength
    moved = tuple((weight, mean + shift, sd) for weight, mean, sd in components)
    return NumberRate(entity, code, moved, strength, is_log, tuple(row["source"] for row in rows))


def join_base_rates(rows: Iterable[Mapping[str, str]], settings: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Base rates per `setting/band` over all leaves, summing to 1: the half's share times that within the half."""
    joined: dict[str, dict[str, float]] = {}
    for row in rows:
        setting, band = row["setting"], row["age_band"]
        inside = float(settings["base_rates"]["intramedullary_share"][setting][band])
        half = inside if row["half"] == "intramedullary" else 1 - inside
        joined.setdefault(f"{setting}/{band}", {})[row["entity"]] = half * float(row["share"])
    for shares in joined.values():
        whole = sum(shares.values())
        for entity in shares:
            shares[entity] /= whole
    return joined
