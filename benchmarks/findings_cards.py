"""Calibration cards from measured rows: how often each measured state was each true one on the develop studies."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

import thecal.findings
from thecal.findings.calibration import GENERAL, QUIET, TRUST, WORTH, Card, calibrated, correct, load_cards
from thecal.records import Finding

Row = dict[str, str]
FOLDER = Path(thecal.findings.__file__).parent / "cards"
# No card is made from fewer studies.
LEAST_STUDIES = 8


def fit(rows: Sequence[Row], segmenter: str, weights_digest: str, simulator: str) -> Iterator[Card]:
    """A card for every finding that was assessed often enough, and the general one for the others."""
    by_finding: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row["not_shown"] and (row["probabilities"] or row["value"]):
            by_finding[row["finding"]].append(row)
    every = [row for mine in by_finding.values() for row in mine]
    general = Card(GENERAL, segmenter, weights_digest, simulator, _generators(every),
                   len({(row["entity"], row["seed"]) for row in every}), {}, {}, trust=_trust(every))  # fmt: skip
    numbers = [row for row in every if row["value"]]
    yield replace(general, sd_factor=_numbers(general, numbers).sd_factor) if numbers else general
    for code, mine in sorted(by_finding.items()):
        if len(mine) >= LEAST_STUDIES:
            plain = replace(general, code=code, generators=_generators(mine), studies=len(mine))
            yield _numbers(plain, mine) if mine[0]["value"] else _states(plain, mine)


def _generators(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(sorted({row["generator"] for row in rows}))


def _trust(rows: Sequence[Row]) -> dict[str, float]:
    """How often measured states were right, over all signs: those that say there is nothing, and the others."""
    right = {"quiet": WORTH * TRUST, "loud": WORTH * TRUST}
    seen = {"quiet": WORTH, "loud": WORTH}
    for row in rows:
        for state, p in json.loads(row["probabilities"] or "{}").items():
            kind = "quiet" if state in QUIET else "loud"
            seen[kind] += p
            right[kind] += p * (state == row["truth"])
    return {kind: round(right[kind] / seen[kind], 4) for kind in seen}


def _numbers(card: Card, rows: Sequence[Row]) -> Card:
    """A number's standard deviation widened or narrowed so that its 90 % intervals hold the truth nine times in ten."""
    off = np.array([abs(float(row["value"]) - float(row["truth"])) / max(float(row["sd"]), 1e-6) for row in rows])
    needed = float(np.quantile(off, 0.9)) / 1.645
    factor = float(np.exp((len(off) * np.log(max(needed, 0.2))) / (len(off) + WORTH)))
    return replace(card, sd_factor=round(factor, 3), before={"held": round(float(np.mean(off <= 1.645)), 3)},
                   after={"held": round(float(np.mean(off <= 1.645 * factor)), 3)})  # fmt: skip


def _states(card: Card, rows: Sequence[Row]) -> Card:
    told = [(json.loads(row["probabilities"]), row["truth"]) for row in rows]
    whole = _counted(card, told)
    # Each study is corrected by what the others showed.
    apart = [
        (correct(chances, _counted(card, told[:n] + told[n + 1 :])), truth) for n, (chances, truth) in enumerate(told)
    ]
    return replace(whole, before=_score(told), after=_score(apart))


def _counted(card: Card, told: Sequence[tuple[Mapping[str, float], str]]) -> Card:
    counts: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    base: dict[str, float] = defaultdict(float)
    for chances, truth in told:
        base[truth] += 1 / len(told)
        for state, p in chances.items():
            counts[state][truth] += p
    return replace(card, base={s: round(p, 4) for s, p in sorted(base.items())},
                   counts={s: {t: round(n, 3) for t, n in sorted(row.items())} for s, row in sorted(counts.items())})  # fmt: skip


def _score(told: Sequence[tuple[Mapping[str, float], str]]) -> dict[str, float]:
    loss, off = calibration(told)
    return {"log_loss": round(loss, 3), "off": round(off, 3)}


def calibration(told: Sequence[tuple[Mapping[str, float], str]]) -> tuple[float, float]:
    """Log loss of the true state, and how far the stated probability of the shown state lies from how often it is right (in five
    bands, weighted by their size)."""
    loss = -float(np.mean([np.log(max(chances.get(truth, 0.0), 1e-3)) for chances, truth in told]))
    top = np.array([max(chances.values()) for chances, _ in told])
    hit = np.array([max(sorted(chances), key=chances.__getitem__) == truth for chances, truth in told])
    band = np.clip((top * 5).astype(int), 0, 4)
    gaps = [
        (abs(float(top[band == n].mean() - hit[band == n].mean())), float(np.mean(band == n))) for n in np.unique(band)
    ]
    return loss, sum(gap * share for gap, share in gaps)


def write(cards: Iterator[Card]) -> int:
    """Writes each card as its finding's file in place of those before; returns how many."""
    texts = {card.code: json.dumps(asdict(card), indent=1, sort_keys=True, ensure_ascii=False) for card in cards}
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for code, text in texts.items():
        (FOLDER / f"{code}.json").write_text(text + "\n", encoding="utf-8")
    return len(texts)


def corrected(rows: Sequence[Row]) -> list[Row]:
    """Rows as they read once their findings are calibrated by the cards that stand."""
    cards, out = load_cards(), []
    for row in rows:
        card = cards.get(row["finding"]) or cards.get(GENERAL)
        if card is None or not (row["probabilities"] or row["value"]):
            out.append(row)
            continue
        chances = json.loads(row["probabilities"]) if row["probabilities"] else None
        if chances is not None:
            total = sum(chances.values())
            chances = {state: p / total for state, p in chances.items()}
        value = (float(row["value"]), float(row["sd"])) if row["value"] else (None, None)
        raw = Finding(row["finding"], "", "measured", chances, *value)
        told = calibrated(raw, card, {(row["segmenter"], row["weights_digest"])})
        changed = dict(row)
        if told.probabilities is not None:
            changed |= {"state": told.state or "", "probabilities": json.dumps(dict(told.probabilities))}
        else:
            changed["sd"] = str(told.value_sd)
        out.append(changed)
    return out
