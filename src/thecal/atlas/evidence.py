"""Published counts as an article shows them: in a sentence, as an entity's table, and as a sign's gamut."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from thecal.records import EvidenceCount

LISTED_SERIES = 3
_Z90 = 1.645
_PERCENT = re.compile(r"pct=([\d.-]+)")


@dataclass(frozen=True)
class Share:
    """In how many of the patients looked at an entity showed a state of a sign, over all series that count."""

    entity: str
    finding: str
    state: str
    rows: tuple[EvidenceCount, ...]

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
    def lower_bound(self) -> float:
        """Lower end of the 90 % interval (Wilson) of the weighted share; orders a gamut so that few patients weigh little."""
        number = sum(row.weight * row.of for row in self.rows)
        spread = _Z90 * sqrt(self.rate * (1 - self.rate) / number + _Z90**2 / (4 * number**2))
        return max(0.0, (self.rate + _Z90**2 / (2 * number) - spread) / (1 + _Z90**2 / number))


@dataclass(frozen=True)
class Remark:
    """What sources say of a state of a sign in an entity without counting it: their notes and keys."""

    entity: str
    finding: str
    state: str
    notes: tuple[str, ...]
    sources: tuple[str, ...]


def shares(counts: Iterable[EvidenceCount]) -> Mapping[tuple[str, str, str], Share]:
    """Every counted state by entity, finding and state; rows graded zero are left out."""
    grouped: dict[tuple[str, str, str], list[EvidenceCount]] = defaultdict(list)
    for row in counts:
        if row.weight > 0:
            grouped[row.entity, row.finding, row.state].append(row)
    return {
        key: Share(*key, tuple(sorted(rows, key=lambda row: (-row.of, row.source)))) for key, rows in grouped.items()
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


def say(share: Share) -> str:
    """The counts in words: each of up to three series, else their sum with the lowest and highest share."""
    if len(share.rows) <= LISTED_SERIES:
        return _joined([f"{row.n} of {row.of}" for row in share.rows]) + " patients"
    rates = sorted(row.n / row.of for row in share.rows)
    return (
        f"{share.positive} of {share.total} patients in {len(share.rows)} series "
        f"({rates[0]:.0%} to {rates[-1]:.0%})".replace("%", " %")
    )


def say_ages(rows: Iterable[Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Published mean ages, or their range, with the keys of their sources; without keys where none is known."""
    known = [row for row in rows if row["finding"] == "age_years" and row.get("weight", 1) > 0]
    known.sort(key=lambda row: (-(row.get("n") or 0), row["source"]))
    means = [float(row["mean"]) for row in known]
    keys = tuple(dict.fromkeys(row["source"] for row in known))
    if len(means) > LISTED_SERIES:
        return f"{min(means):.3g} to {max(means):.3g} years in {len(means)} series", keys
    return _joined([f"{mean:.3g}" for mean in means]) + " years", keys


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
