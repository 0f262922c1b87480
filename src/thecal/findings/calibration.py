"""What a measured state has meant: probabilities corrected by how often each measured state was each true one.

A card per finding (`cards/<code>.json`) was made on simulated studies with one segmenter's outlines, and names both. Findings
without one are widened by the general card (`cards/general.json`): how often the measured states of all signs were right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from thecal.records import Finding, Reading, Segmentation

# Before any was counted, a measured state is taken for the true one in this share of the cases (or the card's own, counted over
# all signs), which is worth so many cases (both by the log loss of develop studies, each corrected by the others).
TRUST, WORTH = 0.95, 6.0
# With outlines by another hand than the card's this share of what is known is taken back (judged).
STRANGE = 0.15
# The card of every finding that has none of its own.
GENERAL = "general"
# States that say there is nothing; they are right far more often than those that say there is something.
QUIET = ("absent", "none", "single", "well_defined")


@dataclass(frozen=True)
class Card:
    """How one finding's measured states have related to the true ones.

    counts holds, by measured state, how many studies (in parts, as probable) had each true state; base how often each state was
    true; sd_factor, of a number, by what factor its stated standard deviations fell short. segmenter and weights_digest say who
    drew the outlines, simulator which simulator made the studies, generators which of its ways to shape a lesion; trust how often
    measured states of all signs were right, those that say there is nothing ("quiet") and the others ("loud"). before and after
    are the log loss and the distance of stated from seen frequency: as measured, and corrected by the other studies.
    """

    code: str
    segmenter: str
    weights_digest: str
    simulator: str
    generators: tuple[str, ...]
    studies: int
    base: Mapping[str, float]
    counts: Mapping[str, Mapping[str, float]]
    sd_factor: float | None = None
    before: Mapping[str, float] | None = None
    after: Mapping[str, float] | None = None
    trust: Mapping[str, float] | None = None


@cache
def load_cards() -> Mapping[str, Card]:
    """The cards that come with the findings, by code."""
    folder = resources.files("thecal.findings").joinpath("cards")
    if not folder.is_dir():
        return {}
    texts = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".json")]
    cards = (read(text) for text in texts)
    return {card.code: card for card in cards}


def read(text: str) -> Card:
    """A card from its JSON."""
    told = json.loads(text)
    return Card(**{**told, "generators": tuple(told["generators"])})


def correct(probabilities: Mapping[str, float], card: Card) -> dict[str, float]:
    """Probabilities by true state: those of the measured states, each spread over what it has turned out to be."""
    out = dict.fromkeys(probabilities, 0.0)
    for measured, share in probabilities.items():
        for state, p in meaning(measured, tuple(probabilities), card).items():
            out[state] += share * p
    total = sum(out.values())
    return {state: p / total for state, p in out.items()}


def meaning(measured: str, states: Iterable[str], card: Card) -> dict[str, float]:
    """How probable each true state is when one was measured: counts, and what was taken for granted before any.

    A state that was never true was never missed either: it keeps the share it had before any was counted.
    """
    names = tuple(states)
    trust = (card.trust or {}).get("quiet" if measured in QUIET else "loud", TRUST)
    rest = sum(card.base.get(state, 0.0) for state in names if state != measured)
    seen = card.counts.get(measured, {})
    prior = {
        state: trust if state == measured else (1 - trust) * _share(card.base.get(state, 0.0), rest, len(names) - 1)
        for state in names
    }
    held = {state: prior[state] for state in names if state != measured and state not in card.base}
    count = {state: WORTH * prior[state] + seen.get(state, 0.0) for state in names if state not in held}
    part = (1 - sum(held.values())) / sum(count.values())
    return held | {state: n * part for state, n in count.items()}


def _share(part: float, whole: float, among: int) -> float:
    """A share of a whole with a little for what was never seen."""
    return 0.8 * (part / whole if whole > 0 else 1 / among) + 0.2 / among


def calibrate(reading: Reading, segmentation: Segmentation, cards: Mapping[str, Card]) -> Reading:
    """A reading whose measured findings are corrected by their cards, or else by the general one.

    Where the outlines were drawn by another segmenter, or other weights, than the card names, the finding is widened, and its
    method says so.
    """
    drawn = {(one.segmenter, one.weights_digest) for one in segmentation.lesion.values()}
    drawn = drawn or {(one.segmenter, one.weights_digest) for one in segmentation.anatomy.values()}
    return replace(reading, findings=tuple(_carded(one, cards, drawn) for one in reading.findings))


def _carded(finding: Finding, cards: Mapping[str, Card], drawn: set[tuple[str, str]]) -> Finding:
    card = cards.get(finding.code) or cards.get(GENERAL)
    return finding if card is None or finding.basis != "measured" else calibrated(finding, card, drawn)


def calibrated(finding: Finding, card: Card, drawn: set[tuple[str, str]]) -> Finding:
    """A finding corrected by its card; widened where (segmenter, digest of its weights) of what was drawn are others."""
    known = drawn <= {(card.segmenter, card.weights_digest)}
    words = f"; calibrated on {card.studies} simulated studies" + (" of all signs" if card.code == GENERAL else "")
    if not known:
        words += f" outlined by {card.segmenter}, not by this segmenter: widened"
    if finding.probabilities is None:
        factor = (card.sd_factor or 1.0) * (1.0 if known else 1 + STRANGE)
        sd = None if finding.value_sd is None else round(finding.value_sd * factor, 3)
        return replace(finding, value_sd=sd, method=finding.method + words)
    corrected = correct(finding.probabilities, card)
    if not known:
        base = {state: _share(card.base.get(state, 0.0), 1.0, len(corrected)) for state in corrected}
        total = sum(base.values())
        corrected = {state: (1 - STRANGE) * p + STRANGE * base[state] / total for state, p in corrected.items()}
    return replace(finding, probabilities=corrected, method=finding.method + words)
