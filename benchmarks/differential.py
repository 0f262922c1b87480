"""How good the differential is on published proven cases, and where its figures come from.

    python benchmarks/differential.py CASES.jsonl                 the figures quoted, ablation, reliability, per entity
    python benchmarks/differential.py CASES.jsonl --fit           the fitted numbers, by five-fold cross-validation
    python benchmarks/differential.py CASES.jsonl --sources       leave one source out
    python benchmarks/differential.py CASES.jsonl --speed         seconds for one case and for ten thousand
    python benchmarks/differential.py --self                      self-consistency and coverage of the intervals (simulated cases)
    python benchmarks/differential.py --hidden                    none_of_these, by hiding each entity in turn (simulated cases)

Case reports favour the unusual: no figure here is an accuracy in the clinic.
"""

from __future__ import annotations

import argparse
import copy
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.differential import Model, lay_out, pool, prepare, run_batch, to_case
from thecal.differential.pooling import read_counts
from thecal.differential.weighing import Case, log_likelihoods, prior
from thecal.knowledge import load

Array = NDArray[Any]

KNOWLEDGE = load()
VOCABULARY = KNOWLEDGE.vocabulary
GRID = {
    "published_power": (0.2, 0.3, 0.4, 0.5, 0.6),
    "second_opinion_share": (0.25, 0.5, 0.75, 1.0),
    "series_trust": (0.25, 0.5, 1.0),
    "weight_of_signs": (0.8, 0.9, 1.0, 1.1, 1.2),
}
FOLDS = 5


@dataclass(frozen=True)
class Set:
    """The cases to score, each with the rows of its diagnosis."""

    names: tuple[str, ...]
    diagnoses: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]
    origins: tuple[tuple[str, str], ...]


def read_set(path: Path) -> Set:
    """Coded cases with their proven diagnosis."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    origins = tuple(
        (str(r.get("source", {}).get("url") or ""), str(r.get("source", {}).get("title") or "")) for r in rows
    )
    return Set(
        tuple(r["id"] for r in rows), tuple(r["diagnosis"] for r in rows), tuple(r["findings"] for r in rows), origins
    )


def settings(**changes: float) -> dict[str, Any]:
    """The settings of the knowledge, some numbers changed."""
    told = copy.deepcopy(dict(KNOWLEDGE.text["differential"]))
    for name, value in changes.items():
        section = next(part for part in told.values() if isinstance(part, dict) and name in part)
        section[name] = value
    return told


def model_of(
    told: Mapping[str, Any], kind: str, counts: bool = True, judged: bool = True, without: frozenset[str] = frozenset()
) -> Model:
    """A model from parts of the knowledge."""
    evidence = KNOWLEDGE.text["evidence"]
    numbers = {entity: part.get("numbers", ()) for entity, part in evidence.items()} if counts else {}
    rates = pool(
        read_counts(evidence) if counts else (),
        numbers,
        KNOWLEDGE.judgement,
        KNOWLEDGE.base_rates,
        told,
        VOCABULARY,
        "",
        without,
        judged,
    )
    return lay_out(rates, told, VOCABULARY, kind)


@dataclass(frozen=True)
class Scores:
    """Log base rates (clinical) and log likelihoods of every case, cases × entities."""

    base: Array
    likelihood: Array


def scores_of(cases: list[Case], model: Model) -> Scores:
    """What every case says, before any fitted number comes in."""
    base = np.array([np.log(np.maximum(prior(case, model), 1e-300)) for case in cases])
    parts = [log_likelihoods(case, model) for case in cases]
    likelihood = np.array([np.sum(list(part.values()), axis=0) if part else np.zeros(base.shape[1]) for part in parts])
    return Scores(base, likelihood)


def probabilities(scores: Scores, power: float, weight: float) -> Array:
    """Posterior probabilities: base rates to a power (none_of_these keeps its share), the signs by their weight."""
    named = scores.base[:, :-1] * power
    named = named - np.log(np.exp(named).sum(axis=1, keepdims=True)) + np.log1p(-np.exp(scores.base[:, -1:]))
    raised = np.concatenate([named, scores.base[:, -1:]], axis=1)
    score = raised + weight * scores.likelihood
    probability: Array = np.exp(score - score.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return probability


def ranks(probability: Array, rows: list[list[int]]) -> tuple[Array, Array]:
    """The rank of each diagnosis (children count towards a parent) and its probability."""
    rank, chance = [], []
    for one, own in zip(probability, rows, strict=True):
        chance.append(one[own].sum())
        rank.append(1 + int((np.delete(one, own) > chance[-1]).sum()))
    return np.array(rank), np.array(chance)


def brier(probability: Array, rows: list[list[int]]) -> Array:
    """Squared distance of each case's probabilities from the truth; a diagnosis's own rows are summed."""
    return np.array(
        [
            (np.delete(one, own) ** 2).sum() + (1 - one[own].sum()) ** 2
            for one, own in zip(probability, rows, strict=True)
        ]
    )


MEASURES: dict[str, Callable[[Array, Array, Array], float]] = {
    "top-1": lambda rank, _, __: float((rank <= 1).mean()),
    "top-3": lambda rank, _, __: float((rank <= 3).mean()),
    "top-5": lambda rank, _, __: float((rank <= 5).mean()),
    "MRR": lambda rank, _, __: float((1 / rank).mean()),
    "log loss": lambda _, chance, __: float(-np.log(chance).mean()),
    "Brier": lambda _, __, square: float(square.mean()),
}


def measure(probability: Array, rows: list[list[int]]) -> dict[str, float]:
    """All measures of a set of probabilities."""
    rank, chance = ranks(probability, rows)
    square = brier(probability, rows)
    return {name: one(rank, chance, square) for name, one in MEASURES.items()}


def bootstrap(probability: Array, rows: list[list[int]], rounds: int = 2000) -> dict[str, tuple[float, float]]:
    """95 % intervals of all measures over the drawing of cases."""
    rank, chance = ranks(probability, rows)
    square, rng = brier(probability, rows), np.random.default_rng(0)
    drawn: dict[str, list[float]] = {name: [] for name in MEASURES}
    for _ in range(rounds):
        picked = rng.integers(0, len(rank), len(rank))
        for name, one in MEASURES.items():
            drawn[name].append(one(rank[picked], chance[picked], square[picked]))
    return {name: (float(np.percentile(v, 2.5)), float(np.percentile(v, 97.5))) for name, v in drawn.items()}


def calibrate(probability: Array, rows: list[list[int]], weight: Array) -> tuple[float, float]:
    """Slope and intercept of a logistic regression of 'is the diagnosis' on the log odds, over cases × entities."""
    x = np.log(np.clip(probability, 1e-6, 1 - 1e-6)) - np.log1p(-np.clip(probability, 1e-6, 1 - 1e-6))
    y = np.zeros_like(x)
    for one, own in enumerate(rows):
        best = own[int(np.argmax(probability[one, own]))]
        y[one, best] = 1
    design = np.stack([np.ones(x.size), x.ravel()], axis=1)
    w, target, beta = np.repeat(weight, x.shape[1]), y.ravel(), np.array([0.0, 1.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ beta))
        slope = design * (w * p * (1 - p))[:, None]
        step = np.linalg.solve(design.T @ slope + 1e-9 * np.eye(2), design.T @ (w * (target - p)))
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return float(beta[1]), float(beta[0])


def calibration_interval(
    probability: Array, rows: list[list[int]], weight: Array, rounds: int = 300
) -> list[tuple[float, float]]:
    """95 % bootstrap intervals of slope and intercept."""
    rng, drawn = np.random.default_rng(1), []
    for _ in range(rounds):
        picked = rng.integers(0, len(rows), len(rows))
        drawn.append(calibrate(probability[picked], [rows[i] for i in picked], weight[picked]))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [(float(low[0]), float(high[0])), (float(low[1]), float(high[1]))]


def folds(count: int) -> Array:
    """Which of five folds each case is in."""
    return np.random.default_rng(7).permutation(count) % FOLDS


Choice = dict[str, float]


ENOUGH = 0.01
"""Log losses this close cannot be told apart with so few cases; then the published counts get the larger say, and the signs
a weight nearer 1."""


def fit(scores: Mapping[tuple[float, float], Scores], rows: list[list[int]], picked: Array) -> Choice:
    """The grid point with the least log loss on the picked cases; within ENOUGH of it, the plainest."""
    own_rows = [rows[i] for i in np.flatnonzero(picked)]
    tried = []
    for (share, trust), told in scores.items():
        own = Scores(told.base[picked], told.likelihood[picked])
        for power, weight in product(GRID["published_power"], GRID["weight_of_signs"]):
            _, chance = ranks(probabilities(own, power, weight), own_rows)
            tried.append((float(-np.log(chance).mean()), trust, (power, share, trust, weight)))
    least = min(loss for loss, _, _ in tried)
    most = max(trust for loss, trust, _ in tried if loss <= least + ENOUGH)
    close = [(loss, point) for loss, trust, point in tried if trust == most and loss <= least + ENOUGH]
    _, _, best = min((abs(point[-1] - 1), loss, point) for loss, point in close)
    return dict(zip(("published_power", "second_opinion_share", "series_trust", "weight_of_signs"), best, strict=True))


def cross_validate(
    cases: list[Case], rows: list[list[int]], without: frozenset[str]
) -> tuple[Array, list[Choice], Choice]:
    """Out-of-fold probabilities, what each fold chose, and the choice on all cases."""
    scores = {
        (share, trust): scores_of(
            cases, model_of(settings(second_opinion_share=share, series_trust=trust), "clinical", without=without)
        )
        for share, trust in product(GRID["second_opinion_share"], GRID["series_trust"])
    }
    fold, chosen = folds(len(cases)), []
    out = np.zeros_like(next(iter(scores.values())).base)
    for number in range(FOLDS):
        told = fit(scores, rows, fold != number)
        chosen.append(told)
        one = scores[told["second_opinion_share"], told["series_trust"]]
        out[fold == number] = probabilities(one, told["published_power"], told["weight_of_signs"])[fold == number]
    return out, chosen, fit(scores, rows, np.ones(len(cases), bool))


def overlapping(data: Set) -> frozenset[str]:
    """Sources of the evidence that are themselves one of the cases (by address or title); left out of every figure."""

    def plain(text: str) -> str:
        return "".join(
            ch
            for ch in text.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
            if ch.isalnum()
        )

    told = {plain(str(source.url or "")) or key: key for key, source in KNOWLEDGE.sources.items()}
    told |= {plain(source.title): key for key, source in KNOWLEDGE.sources.items()}
    return frozenset(told[plain(text)] for one in data.origins for text in one if plain(text) in told)


def ablation(cases: list[Case], power: float, without: frozenset[str]) -> dict[str, Array]:
    """Probabilities of each step with nothing fitted but the exponent of the base rates, which all steps share."""
    plain = settings(second_opinion_share=0.5, series_trust=1.0, weight_of_signs=1.0)
    flat = {**plain, "dependence": {}}
    steps = {
        "naive Bayes on counts": model_of(flat, "clinical", judged=False, without=without),
        "+ judgement": model_of(flat, "clinical", without=without),
        "+ structure": model_of(plain, "clinical", without=without),
        "(judgement and structure, no counts)": model_of(plain, "clinical", counts=False),
    }
    base = scores_of(cases, steps["+ structure"])
    told = {"base rates only": probabilities(Scores(base.base, np.zeros_like(base.likelihood)), power, 1.0)}
    return told | {name: probabilities(scores_of(cases, model), power, 1.0) for name, model in steps.items()}


def incidence_weights(data: Set, model: Model) -> Array:
    """Each case's weight so that the diagnoses weigh as their clinical base rates do."""
    share = {code: data.diagnoses.count(code) for code in set(data.diagnoses)}
    even = np.mean(list(model.base_rates.values()), axis=0)
    weight = np.array([even[list(model.rows(code))].sum() / share[code] for code in data.diagnoses])
    even_weight: Array = weight / weight.mean()
    return even_weight


def line(name: str, told: Mapping[str, float]) -> str:
    """One row of the table of figures."""
    return f"{name:36s} " + " ".join(f"{told[key]:8.3f}" for key in MEASURES)


def report(data: Set, plot: Path | None) -> None:
    """Prints every quoted figure."""
    model = prepare(KNOWLEDGE.text, VOCABULARY, "clinical")
    cases = [to_case(findings, model) for findings in data.findings]
    rows = [list(model.rows(code)) for code in data.diagnoses]
    own = {
        name: next(part[name] for part in settings().values() if isinstance(part, dict) and name in part)
        for name in GRID
    }
    print(f"{len(cases)} cases; fitted numbers in use: {own}")
    print(f"{'':36s} " + " ".join(f"{key:>8s}" for key in MEASURES))
    without = overlapping(data)
    print(f"left out as sources because they are cases here: {', '.join(sorted(without)) or 'none'}")
    for name, probability in ablation(cases, own["published_power"], without).items():
        print(line(name, measure(probability, rows)))
    out, chosen, _ = cross_validate(cases, rows, without)
    print(line("+ calibration, out of fold", measure(out, rows)))
    print("  folds chose:", "; ".join(str(tuple(told.values())) for told in chosen))
    shipped = {}
    for kind in ("published", "clinical", "uniform"):
        scores = scores_of(cases, model_of(settings(), kind, without=without))
        shipped[kind] = probabilities(scores, 1.0, own["weight_of_signs"])
        print(line(f"as shipped, {kind}", measure(shipped[kind], rows)))
    for name, (low, high) in bootstrap(shipped["published"], rows).items():
        print(f"  published {name}: 95 % interval {low:.3f} to {high:.3f}")
    for kind, probability in shipped.items():
        weight = incidence_weights(data, model) if kind == "clinical" else np.ones(len(rows))
        slope, intercept = calibrate(probability, rows, weight)
        bounds = calibration_interval(probability, rows, weight)
        print(
            f"  calibration {kind}: slope {slope:.2f} ({bounds[0][0]:.2f} to {bounds[0][1]:.2f}), "
            f"intercept {intercept:.2f} ({bounds[1][0]:.2f} to {bounds[1][1]:.2f})"
        )
    _tables(data, shipped["published"], rows)
    if plot:
        _reliability(shipped["published"], rows, plot)


def _tables(data: Set, probability: Array, rows: list[list[int]]) -> None:
    rank, chance = ranks(probability, rows)
    group = np.array([VOCABULARY.entities[code].group for code in data.diagnoses])
    print("per group: cases, top-1, top-3, mean probability")
    for name in sorted(set(group)):
        own = group == name
        print(
            f"  {name:36s} {own.sum():3d} {(rank[own] <= 1).mean():.2f} {(rank[own] <= 3).mean():.2f} {chance[own].mean():.2f}"
        )
    print("per entity: cases, top-1, top-3, mean probability")
    for code in sorted(set(data.diagnoses)):
        own = np.array(data.diagnoses) == code
        print(
            f"  {code:44s} {own.sum():3d} {(rank[own] <= 1).mean():.2f} {(rank[own] <= 3).mean():.2f} {chance[own].mean():.2f}"
        )


def _reliability(probability: Array, rows: list[list[int]], plot: Path) -> None:
    """Draws observed against stated probability, by bins of the stated one."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    hit = np.zeros_like(probability)
    for one, own in enumerate(rows):
        hit[one, own[int(np.argmax(probability[one, own]))]] = 1
    edges = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0])
    place = np.digitize(probability.ravel(), edges[1:-1])
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7")
    for bin_ in range(len(edges) - 1):
        own = place == bin_
        if own.sum():
            stated, seen = probability.ravel()[own].mean(), hit.ravel()[own].mean()
            error = 1.96 * np.sqrt(max(seen * (1 - seen), 1e-4) / own.sum())
            axes.errorbar(stated, seen, yerr=error, fmt="o", color="C0")
    axes.set(xlabel="stated probability", ylabel="share that was the diagnosis", title="published base rates")
    figure.savefig(plot, dpi=120, bbox_inches="tight")
    print(f"reliability plot: {plot}")


def leave_one_out(data: Set) -> None:
    """How far any one paper moves a case's leading probability, and whether the explanation names it."""
    whole = prepare(KNOWLEDGE.text, VOCABULARY, "published")
    cases = [to_case(findings, whole) for findings in data.findings]
    told = settings()
    weight = told["calibration"]["weight_of_signs"]
    before = probabilities(scores_of(cases, whole), 1.0, weight)
    first = before.argmax(axis=1)
    used = {row.source for row in read_counts(KNOWLEDGE.text["evidence"]) if row.weight > 0}
    used |= {
        row["source"]
        for part in KNOWLEDGE.text["evidence"].values()
        for row in part.get("numbers", ())
        if row["weight"] > 0
    }
    moves = []
    for source in sorted(used):
        model = model_of(told, "published", without=frozenset({source}))
        after = probabilities(scores_of(cases, model), 1.0, weight)
        shift = np.abs(after - before)[np.arange(len(cases)), first]
        moves += [(float(value), source, name) for value, name in zip(shift, data.names, strict=True)]
    moves.sort(reverse=True)
    print(f"{len(used)} sources left out one by one; largest change of a leading probability:")
    for value, source, name in moves[:10]:
        print(f"  {value:.3f}  without {source}, case {name}")
    print(f"changes above 0.25: {sum(value > 0.25 for value, _, _ in moves)}")


def speed(path: Path) -> None:
    """Seconds to load, for one case with everything, and for ten thousand cases."""
    start = time.perf_counter()
    knowledge = load()
    model = prepare(knowledge.text, knowledge.vocabulary, "clinical")
    print(f"load and prepare: {time.perf_counter() - start:.3f} s")
    lines = [row for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]
    run_batch(lines[0], ".json", model)
    start = time.perf_counter()
    for row in lines:
        run_batch(row, ".json", model)
    print(f"one case, intervals and explanation included: {(time.perf_counter() - start) / len(lines) * 1000:.1f} ms")
    many = (lines * (10000 // len(lines) + 1))[:10000]
    start, clock = time.perf_counter(), time.process_time()
    run_batch("\n".join(many), ".jsonl", model)
    print(f"10,000 cases: {time.perf_counter() - start:.1f} s ({time.process_time() - clock:.1f} s of one core)")


def main() -> None:
    """Runs what was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("--plot", type=Path, help="where the reliability plot goes")
    for name in ("fit", "sources", "speed", "self", "hidden"):
        parser.add_argument(f"--{name}", action="store_true")
    call = parser.parse_args()
    if call.self or call.hidden:
        sys.path.insert(0, str(Path(__file__).parent))
        from differential_simulated import hide_each, judge_self  # type: ignore[import-not-found,unused-ignore]

        (judge_self if call.self else hide_each)()
        return
    data = read_set(call.cases)
    if call.fit:
        model = prepare(KNOWLEDGE.text, VOCABULARY, "clinical")
        cases = [to_case(findings, model) for findings in data.findings]
        rows = [list(model.rows(code)) for code in data.diagnoses]
        _, chosen, whole = cross_validate(cases, rows, overlapping(data))
        for told in chosen:
            print("fold:", told)
        print("all cases:", whole)
    elif call.sources:
        leave_one_out(data)
    elif call.speed:
        speed(call.cases)
    else:
        report(data, call.plot)


if __name__ == "__main__":
    main()
