"""Published counts as an article shows them: in a sentence, as an entity's table, and as a sign's gamut."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from thecal.atlas import wording
from thecal.records import EvidenceCount

LISTED_SERIES = 3
TOLD_WEIGHT = 0.5
_Z90 = 1.645
_NARROWED = re.compile(r"\bS[234]:")
_MEDIAN = re.compile(r"\bmedian\b")
_MEAN_AGE = re.compile(r"\b([Mm])ean age\b")
_PERCENT = re.compile(r"pct=([\d.-]+)")


@dataclass(frozen=True)
class Share:
    """In how many of the patients looked at an entity showed a state of a sign, over all series that count."""

    entity: str
    finding: str
    state: str
    rows: tuple[EvidenceCount, ...]
    whys: Mapping[EvidenceCount, str] = field(default_factory=dict)

    @property
    def told(self) -> tuple[EvidenceCount, ...]:
        """The series a sentence tells: those of at least half weight, else all."""
        return tuple(row for row in self.rows if row.weight >= TOLD_WEIGHT) or self.rows

    def why(self, row: EvidenceCount) -> str:
        """The reasons of a series' grades."""
        return self.whys.get(row, "")

    @property
    def positive(self) -> int:
        """Patients with the state, added over the series."""
        return sum(row.n for row in self.rows)

    @property
    def total(self) -> int:
        """Patients looked at, added over the series."""
        return sum(row.of for row in self.rows)

    @property
    def rate(self) -> float:
        """Share of patients with the state, each series by its weight."""
        return sum(row.weight * row.n for row in self.rows) / sum(row.weight * row.of for row in self.rows)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the series, the largest first."""
        return tuple(dict.fromkeys(row.source for row in self.rows))

    @property
    def interval(self) -> tuple[float, float]:
        """The 90 % interval (Wilson) of the weighted share: a series of little weight widens it as few patients do."""
        number = sum(row.weight * row.of for row in self.rows)
        middle = self.rate + _Z90**2 / (2 * number)
        spread = _Z90 * sqrt(self.rate * (1 - self.rate) / number + _Z90**2 / (4 * number**2))
        scale = 1 + _Z90**2 / number
        return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)

    @property
    def lower_bound(self) -> float:
        """Lower end of the interval; orders a gamut so that few patients weigh little."""
        return self.interval[0]


@dataclass(frozen=True)
class Remark:
    """What sources say of a state of a sign in an entity without counting it: their notes and keys."""

    entity: str
    finding: str
    state: str
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def shares(
    counts: Iterable[EvidenceCount], whys: Mapping[EvidenceCount, str] | None = None
) -> Mapping[tuple[str, str, str], Share]:
    """Every counted state by entity, finding and state; rows graded zero are left out. whys: the reasons of their grades."""
    grouped: dict[tuple[str, str, str], list[EvidenceCount]] = defaultdict(list)
    for row in counts:
        if row.weight > 0:
            grouped[row.entity, row.finding, row.state].append(row)
    return {
        key: Share(*key, tuple(sorted(rows, key=lambda row: (-row.of, row.source))), whys or {})
        for key, rows in grouped.items()
    }


def gamut(known: Mapping[tuple[str, str, str], Share], finding: str, state: str) -> tuple[Share, ...]:
    """The entities in which a state of a sign was counted, the surest first."""
    found = [share for (_, code, told), share in known.items() if (code, told) == (finding, state) and share.positive]
    return tuple(sorted(found, key=lambda share: (-share.lower_bound, share.entity)))


def remarks(
    statements: Mapping[str, Iterable[Mapping[str, Any]]], known: Mapping[tuple[str, str, str], Share], finding: str,
    state: str,
) -> tuple[Remark, ...]:  # fmt: skip
    """The entities in which a state of a sign was described and never counted, the most often described first."""
    found = []
    for entity, rows in statements.items():
        said = [row for row in rows if (row["finding"], row.get("state")) == (finding, state)]
        share = known.get((entity, finding, state))
        if said and not (share and share.positive):
            notes = (_PERCENT.sub(r"\1 %", row.get("note", "")) for row in said)
            sources = tuple(dict.fromkeys(row["source"] for row in said))
            found.append(Remark(entity, finding, state, tuple(dict.fromkeys(filter(None, notes))), sources))
    return tuple(sorted(found, key=lambda one: (-len(one.sources), one.entity)))


def say(share: Share, heard: str = "") -> str:
    """The counts in words: each of up to three series with its unit and what narrows it, else their range and the largest.

    What the sentence around says already (heard) is not said again.
    """
    rows = share.told
    if len(rows) <= LISTED_SERIES:
        return _joined(_each(rows, share, heard))
    rates = sorted(100 * row.n / row.of for row in rows)
    part = ", some of a subgroup or selected" if any(_NARROWED.search(share.why(row)) for row in rows) else ""
    largest = _each(rows[:1], share, heard)[0].replace(" (", "; ").rstrip(")")
    return f"{rates[0]:.0f} to {rates[-1]:.0f} % in {len(rows)} series{part} (the largest: {largest})"


def say_sources(share: Share) -> tuple[str, ...]:
    """Keys of the series that say() tells."""
    return tuple(dict.fromkeys(row.source for row in share.told))


def _each(rows: tuple[EvidenceCount, ...], share: Share, heard: str) -> list[str]:
    """Each series in words; a noun that the next series shares is told there."""
    nouns = [wording.unit(row.note, share.why(row)) for row in rows]
    asides = [_unheard(wording.asides(row.state, row.note, share.why(row)), heard) for row in rows]
    after = [*nouns[1:], ""]
    return [
        f"{row.n} of {row.of}" + (f" {noun} ({aside})" if aside else f" {noun}" if noun != following else "")
        for row, noun, aside, following in zip(rows, nouns, asides, after, strict=True)
    ]


def _unheard(asides: tuple[str, ...], heard: str) -> str:
    return ", ".join(aside for aside in asides if aside.lower() not in heard.lower())


def say_ages(rows: Iterable[Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Published mean or median ages, or their range, with the keys of their sources; without keys where none is known."""
    known = _ages(rows)
    means = [float(row["mean"]) for row in known]
    keys = tuple(dict.fromkeys(row["source"] for row in known))
    if len(means) > LISTED_SERIES:
        part = ", some of a subgroup or selected" if any(_NARROWED.search(row.get("why", "")) for row in known) else ""
        return f"{min(means):.3g} to {max(means):.3g} years in {len(means)} series{part}", keys
    asides = [", ".join(wording.asides("", row.get("note", ""), row.get("why", ""))) for row in known]
    said = [f"{mean:.3g}" + (f" ({aside})" if aside else "") for mean, aside in zip(means, asides, strict=True)]
    return _joined(said) + " years", keys


def name_ages(words: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """The words before published ages: 'mean age' is 'mean or median age' where a series gives its median."""
    medians = any(_MEDIAN.search(f"{row.get('note', '')} {row.get('why', '')}") for row in _ages(rows))
    return _MEAN_AGE.sub(r"\1ean or median age", words) if medians else words


def _ages(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows of ages that count, the largest series first."""
    known = [row for row in rows if row["finding"] == "age_years" and row.get("weight", 1) > 0]
    return sorted(known, key=lambda row: (-(row.get("n") or 0), row["source"]))


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
