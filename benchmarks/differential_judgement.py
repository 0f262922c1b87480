"""Judgement held against published counts: how near each opinion comes, and how many patients a judgement is worth.

Run through `benchmarks/differential.py --judgement`. No case is used here; `agreement_worth` and `agreed_strength` of
`knowledge/differential.yaml` were set by it. The first two elicitations saw the counts, the third did not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from thecal.differential.opinions import NAMES, gather_opinions, opinions_of
from thecal.differential.pooling import leaves
from thecal.differential.series import read_counts
from thecal.knowledge import load

Array = NDArray[np.floating]
BETWEEN_STUDIES = 0.03
"""The spread between studies that the counts themselves show in most families of findings."""
NEAR_CERTAIN = 0.01
"""Nobody is more certain than this: rates are kept this far from 0 and 1."""
WORTHS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 30, 50, 100, 300)


@dataclass(frozen=True)
class Held:
    """Counts of the better grades beside what was judged of them, one row each; opinions are rows × elicitations."""

    seen: Array
    of: Array
    opinions: Array
    agreement: Array
    stated: Array

    def only(self, rows: NDArray[np.bool_]) -> Held:
        """Some of the rows."""
        return Held(self.seen[rows], self.of[rows], self.opinions[rows], self.agreement[rows], self.stated[rows])


def hold() -> Held:
    """Counts weighing half or more, of five patients or more, where all three opinions stand."""
    knowledge = load()
    names, vocabulary = leaves(knowledge.vocabulary), knowledge.vocabulary
    judged = {
        code: [knowledge.judgement[entity]["findings"][code] for entity in names]
        for code, term in vocabulary.findings.items()
        if term.kind == "state"
    }
    asked = {code: gather_opinions(cells, vocabulary.findings[code].states) for code, cells in judged.items()}
    rows = []
    for row in read_counts(knowledge.text["evidence"]):
        if row.entity not in names or row.weight < 0.5 or row.of < 5:
            continue
        place = names.index(row.entity)
        own = opinions_of(judged[row.finding][place])
        if len(own) == len(NAMES):
            told = [NEAR_CERTAIN + (1 - 2 * NEAR_CERTAIN) * one.get(row.state, 0.0) for one in own]
            agreement = asked[row.finding].agreement[place]
            rows.append([row.n, row.of, agreement, judged[row.finding][place]["n"], *told])
    told_of = np.array(rows, float)
    return Held(told_of[:, 0], told_of[:, 1], told_of[:, 4:], told_of[:, 2], told_of[:, 3])


def log_likelihood(held: Held, rate: Array, worth: Array | float) -> float:
    """How likely the counts are about a rate worth so many patients, series differing among themselves as well."""
    off = 1 / (worth + 1)
    whole = 1 / (off + BETWEEN_STUDIES - off * BETWEEN_STUDIES) - 1
    a, b = rate * whole, (1 - rate) * whole
    return float((betaln(a + held.seen, b + held.of - held.seen) - betaln(a, b)).sum())


def find_worth(held: Held, rate: Array) -> tuple[int, int, int]:
    """The worth in patients that makes the counts likeliest, and the least and most that are not much less likely (95 %)."""
    told = np.array([log_likelihood(held, rate, float(worth)) for worth in WORTHS])
    close = [worth for worth, one in zip(WORTHS, told, strict=True) if one > told.max() - 1.92]
    return WORTHS[int(told.argmax())], min(close), max(close)


def judge_opinions() -> None:
    """Prints what the settings of judgement rest on."""
    held = hold()
    print(
        f"{len(held.seen)} counts of weight 0.5 or more with three opinions; log likelihood about each at 12 patients:"
    )
    rates = {f"elicitation {name!r}": held.opinions[:, place] for place, name in enumerate(NAMES)}
    rates["mean of three"] = held.opinions.mean(axis=1)
    for name, rate in rates.items():
        print(f"  {name:22s} {log_likelihood(held, rate, 12.0):.1f}; worth in patients {find_worth(held, rate)}")
    mean, blind = rates["mean of three"], held.opinions[:, -1]
    edges = np.quantile(held.agreement, np.linspace(0, 1, 6))
    print("worth in patients (least, most) by the agreement of the three: of their mean; of the blind third alone")
    for low, high in pairwise(edges):
        rows = (held.agreement >= low) & (held.agreement <= high)
        own = held.only(rows)
        print(f"  agreement {low:5.0f} to {high:5.0f}: {find_worth(own, mean[rows])}; {find_worth(own, blind[rows])}")
    rules: dict[str, Callable[[Held], Array]] = {
        "12 patients each": lambda one: np.full(len(one.seen), 12.0),
        "as stated, at most 12": lambda one: np.minimum(one.stated, 12.0),
    }
    for share in (0.05, 0.1, 0.2, 0.5, 1.0):
        rules[f"{share:g} of the agreement"] = lambda one, share=share: np.clip(share * one.agreement, 2, 40)  # type: ignore[misc]
    print("log likelihood of the counts under rules for the worth: mean of three; the blind third")
    for name, rule in rules.items():
        worth = rule(held)
        print(f"  {name:24s} {log_likelihood(held, mean, worth):.1f}; {log_likelihood(held, blind, worth):.1f}")
