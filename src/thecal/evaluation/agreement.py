"""How far two readings agree on the findings of the same cases.

For findings with states: the table of both, Cohen's kappa and, with theirs as the reference, sensitivity and specificity with
Wilson's 95 % intervals. For numbers: the mean difference and the limits within which 95 % of differences are expected to lie.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev

from thecal.evaluation.cases import Case
from thecal.records import Vocabulary

# States that say there is nothing of it; any other state says there is.
NEGATIVE = ("absent", "none")
Z = 1.959964  # of the normal distribution, for 95 %


@dataclass(frozen=True)
class Share:
    """n of `of`, with Wilson's 95 % interval."""

    n: int
    of: int

    @property
    def value(self) -> float | None:
        """The share; None of nothing."""
        return self.n / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval; None of nothing."""
        if not self.of:
            return None
        p, squared = self.n / self.of, Z * Z
        middle = (p + squared / (2 * self.of)) / (1 + squared / self.of)
        half = Z * math.sqrt(p * (1 - p) / self.of + squared / (4 * self.of**2)) / (1 + squared / self.of)
        return (max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True)
class Agreement:
    """One finding with states over all cases.

    table counts (ours, theirs) where both assessed it; ours_open, theirs_open and both_open count the cases in which only ours,
    only theirs or neither said a state. sensitivity and specificity are None for findings without a negative state.
    """

    code: str
    table: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ours_open: int = 0
    theirs_open: int = 0
    both_open: int = 0
    sensitivity: Share | None = None
    specificity: Share | None = None

    @property
    def both(self) -> int:
        """Cases in which both assessed it."""
        return sum(self.table.values())

    @property
    def agreed(self) -> int:
        """Cases in which both said the same."""
        return sum(count for (ours, theirs), count in self.table.items() if ours == theirs)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa, unweighted; None where chance alone would agree in every case."""
        if not self.both:
            return None
        ours: Counter[str] = Counter()
        theirs: Counter[str] = Counter()
        for (one, other), count in self.table.items():
            ours[one] += count
            theirs[other] += count
        chance = sum(ours[state] * theirs[state] for state in ours) / self.both**2
        return None if chance == 1 else (self.agreed / self.both - chance) / (1 - chance)


@dataclass(frozen=True)
class Spread:
    """One finding that is a number: differences of ours less theirs, in its unit, where both assessed it."""

    code: str
    unit: str
    differences: tuple[float, ...]
    ours_open: int = 0
    theirs_open: int = 0

    @property
    def mean(self) -> float | None:
        """Mean difference."""
        return fmean(self.differences) if self.differences else None

    @property
    def limits(self) -> tuple[float, float] | None:
        """Mean difference less and plus 1.96 standard deviations; None of fewer than two cases."""
        if len(self.differences) < 2:
            return None
        mean, half = fmean(self.differences), Z * stdev(self.differences)
        return (mean - half, mean + half)


def agreements(pairs: Sequence[tuple[Case, Case]], vocabulary: Vocabulary) -> tuple[Agreement, ...]:
    """Every finding with states that both sides speak of somewhere, in the vocabulary's order; pairs are (ours, theirs)."""
    codes = [code for code, term in vocabulary.findings.items() if term.kind != "number" and _spoken(pairs, code)]
    return tuple(_agreement(code, pairs, vocabulary.findings[code].states) for code in codes)


def _spoken(pairs: Sequence[tuple[Case, Case]], code: str) -> bool:
    return any(code in ours for ours, _ in pairs) and any(code in theirs for _, theirs in pairs)


def _agreement(code: str, pairs: Sequence[tuple[Case, Case]], states: Sequence[str]) -> Agreement:
    said = [(ours.get(code), theirs.get(code)) for ours, theirs in pairs]
    table = Counter((str(one), str(other)) for one, other in said if one is not None and other is not None)
    negative = next((state for state in NEGATIVE if state in states), None)
    return Agreement(
        code,
        dict(table),
        ours_open=sum(one is None and other is not None for one, other in said),
        theirs_open=sum(one is not None and other is None for one, other in said),
        both_open=sum(one is None and other is None for one, other in said),
        sensitivity=_share(table, negative, there=True) if negative else None,
        specificity=_share(table, negative, there=False) if negative else None,
    )


def _share(table: Mapping[tuple[str, str], int], negative: str, *, there: bool) -> Share:
    """Of the cases in which theirs says it is there (or not), those in which ours says so too."""
    of = {pair: count for pair, count in table.items() if (pair[1] != negative) is there}
    return Share(sum(count for (ours, _), count in of.items() if (ours != negative) is there), sum(of.values()))


def spreads(pairs: Sequence[tuple[Case, Case]], vocabulary: Vocabulary) -> tuple[Spread, ...]:
    """Every finding that is a number and that both sides speak of somewhere."""
    made = []
    for code, term in vocabulary.findings.items():
        if term.kind == "number" and _spoken(pairs, code):
            said = [(ours.get(code), theirs.get(code)) for ours, theirs in pairs]
            both = tuple(float(one) - float(other) for one, other in said if one is not None and other is not None)
            ours_open = sum(one is None and other is not None for one, other in said)
            theirs_open = sum(one is not None and other is None for one, other in said)
            made.append(Spread(code, term.unit or "1", both, ours_open, theirs_open))
    return tuple(made)
