"""How good the differential is on published proven cases, and where its figures come from.

    python benchmarks/differential.py CASES.jsonl                 the figures quoted, ablation, calibration, per entity and group
    python benchmarks/differential.py CASES.jsonl --plot P.png    the same, with the reliability plot
    python benchmarks/differential.py CASES.jsonl --fit           the fitted numbers, by five-fold cross-validation
    python benchmarks/differential.py CASES.jsonl --sources       leave one source out
    python benchmarks/differential.py CASES.jsonl --speed         seconds to load, for one case and for ten thousand
    python benchmarks/differential.py --judgement                 how near each opinion comes to the published counts (no cases)
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
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))

from differential_scores import (  # type: ignore[import-not-found,unused-ignore]
    MEASURES,
    Rows,
    Set,
    bootstrap,
    describe_calibration,
    measure,
    plot_reliability,
    ranks,
    read_set,
)

from thecal.differential import Model, lay_out, prepare, rank_case, run_batch, to_case, weigh_cases
from thecal.differential.pooling import pool_arrays
from thecal.differential.series import read_counts
from thecal.differential.weighing import Case
from thecal.knowledge import load

Array = NDArray[Any]

KNOWLEDGE = load()
VOCABULARY = KNOWLEDGE.vocabulary
GRID = {
    "published_power": (0.2, 0.3, 0.4, 0.5, 0.6),
    "series_trust": (0.25, 0.5, 1.0),
    "weight_of_signs": (0.8, 0.9, 1.0, 1.1, 1.2),
}
FOLDS = 5


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
    pooled = pool_arrays(
        read_counts(evidence) if counts else (),
        KNOWLEDGE.numbers if counts else {},
        KNOWLEDGE.judgement,
        KNOWLEDGE.base_rates,
        told,
        VOCABULARY,
        without=without,
        judged=judged,
    )
    return lay_out(pooled, told, kind, KNOWLEDGE.judgement, KNOWLEDGE.text["outcomes"])


@dataclass(frozen=True)
class Scores:
    """Log base rates (clinical) and log likelihoods of every case, cases × entities."""

    base: Array
    likelihood: Array


def scores_of(cases: list[Case], model: Model) -> Scores:
    """What every case says, before any fitted number comes in."""
    weighed = weigh_cases(cases, model)
    return Scores(weighed.log_prior.T, weighed.likelihood.T)


def probabilities(scores: Scores, power: float, weight: float) -> Array:
    """Posterior probabilities: base rates to a power (none_of_these keeps its share), the signs by their weight."""
    named = scores.base[:, :-1] * power
    named = named - np.log(np.exp(named).sum(axis=1, keepdims=True)) + np.log1p(-np.exp(scores.base[:, -1:]))
    score = np.concatenate([named, scores.base[:, -1:]], axis=1) + weight * scores.likelihood
    probability: Array = np.exp(score - score.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return probability


Choice = dict[str, float]
ENOUGH = 0.01
"""Log losses this close cannot be told apart with so few cases; then the published counts get the larger say, and the signs
a weight nearer 1."""


def fit(scores: Mapping[float, Scores], rows: Rows, picked: Array) -> Choice:
    """The grid point with the least log loss on the picked cases; within ENOUGH of it, the plainest."""
    own_rows = [rows[i] for i in np.flatnonzero(picked)]
    tried = []
    for trust, told in scores.items():
        own = Scores(told.base[picked], told.likelihood[picked])
        for power, weight in product(GRID["published_power"], GRID["weight_of_signs"]):
            _, chance = ranks(probabilities(own, power, weight), own_rows)
            tried.append((float(-np.log(chance).mean()), trust, (power, trust, weight)))
    least = min(loss for loss, _, _ in tried)
    most = max(trust for loss, trust, _ in tried if loss <= least + ENOUGH)
    close = [(loss, point) for loss, trust, point in tried if trust == most and loss <= least + ENOUGH]
    _, _, best = min((abs(point[-1] - 1), loss, point) for loss, point in close)
    return dict(zip(GRID, best, strict=True))


def cross_validate(cases: list[Case], rows: Rows, without: frozenset[str]) -> tuple[Array, list[Choice], Choice]:
    """Out-of-fold probabilities, what each fold chose, and the choice on all cases."""
    scores = {
        trust: scores_of(cases, model_of(settings(series_trust=trust), "clinical", without=without))
        for trust in GRID["series_trust"]
    }
    fold, chosen = np.random.default_rng(7).permutation(len(cases)) % FOLDS, []
    out = np.zeros_like(next(iter(scores.values())).base)
    for number in range(FOLDS):
        told = fit(scores, rows, fold != number)
        chosen.append(told)
        one = scores[told["series_trust"]]
        out[fold == number] = probabilities(one, told["published_power"], told["weight_of_signs"])[fold == number]
    return out, chosen, fit(scores, rows, np.ones(len(cases), bool))


def overlapping(data: Set) -> frozenset[str]:
    """Sources of the evidence that are themselves one of the cases (by address or title); left out of every figure."""

    def plain(text: str) -> str:
        bare = text.lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
        return "".join(letter for letter in bare if letter.isalnum())

    told = {plain(str(source.url or "")): key for key, source in KNOWLEDGE.sources.items() if source.url}
    told |= {plain(source.title): key for key, source in KNOWLEDGE.sources.items() if source.title}
    return frozenset(told[plain(text)] for one in data.origins for text in one if plain(text) in told)


def ablation(cases: list[Case], power: float, without: frozenset[str]) -> dict[str, Array]:
    """Probabilities of each step with nothing fitted but the exponent of the base rates, which all steps share."""
    plain = settings(series_trust=1.0, weight_of_signs=1.0)
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
    even = np.mean(list(model.base_rates.values()), axis=0)
    weight = np.array([even[list(model.rows(code))].sum() / data.diagnoses.count(code) for code in data.diagnoses])
    scaled: Array = weight / weight.mean()
    return scaled


def line(name: str, told: Mapping[str, float]) -> str:
    """One row of the table of figures."""
    return f"{name:38s} " + " ".join(f"{told[key]:8.3f}" for key in MEASURES)


def report(data: Set, plot: Path | None) -> None:
    """Prints every quoted figure."""
    model = prepare(KNOWLEDGE.text, VOCABULARY, "clinical")
    cases, rows, without = [to_case(one, model) for one in data.findings], rows_of(data, model), overlapping(data)
    power, weight = (
        settings()[part][name] for part, name in (("base_rates", "published_power"), ("calibration", "weight_of_signs"))
    )
    print(
        f"{len(cases)} cases; left out as sources because they are cases here: {', '.join(sorted(without)) or 'none'}"
    )
    print(f"{'':38s} " + " ".join(f"{key:>8s}" for key in MEASURES))
    for name, probability in ablation(cases, power, without).items():
        print(line(name, measure(probability, rows)))
    out, chosen, whole = cross_validate(cases, rows, without)
    print(line("+ calibration, nested, out of fold", measure(out, rows)))
    shipped = {}
    for kind in ("published", "clinical", "uniform"):
        shipped[kind] = weigh_cases(cases, model_of(settings(), kind, without=without)).probability.T
        print(line(f"as shipped, {kind}", measure(shipped[kind], rows)))
    print("fitted numbers (exponent, trust in series, weight of signs), by fold:")
    print("  ", "; ".join(str(tuple(told.values())) for told in chosen), "; all cases:", tuple(whole.values()))
    print(f"   in use: exponent {power}, weight of signs {weight}")
    for name, (low, high) in bootstrap(shipped["published"], rows).items():
        print(f"  published {name}: 95 % interval {low:.3f} to {high:.3f}")
    for kind, probability in shipped.items():
        even = incidence_weights(data, model) if kind == "clinical" else np.ones(len(rows))
        print(f"  calibration {kind}: {describe_calibration(probability, rows, even)}")
    print(
        f"  none_of_these when the diagnosis is hidden, against all cases: AUC {hidden_area(shipped['published'], rows):.3f}"
    )
    tables(data, shipped["published"], rows)
    if plot:
        plot_reliability(shipped["published"], rows, plot)


def rows_of(data: Set, model: Model) -> Rows:
    """The columns of each case's diagnosis."""
    return [list(model.rows(code)) for code in data.diagnoses]


def hidden_area(probability: Array, rows: Rows) -> float:
    """How often none_of_these is larger for a case whose diagnosis is taken off the list than for a case with the whole list."""
    hidden = np.array([one[-1] / (1 - one[own].sum()) for one, own in zip(probability, rows, strict=True)])
    return float((hidden[:, None] > probability[:, -1]).mean())


def tables(data: Set, probability: Array, rows: Rows) -> None:
    """Prints the figures of each group and entity."""
    rank, chance = ranks(probability, rows)
    groups = [str(VOCABULARY.entities[code].group) if code in VOCABULARY.entities else code for code in data.diagnoses]
    for title, names in (("group", groups), ("entity", data.diagnoses)):
        print(f"per {title}: cases, top-1, top-3, mean probability")
        for name in sorted(set(names)):
            own = np.array(names) == name
            first, three = (rank[own] <= 1).mean(), (rank[own] <= 3).mean()
            print(f"  {name:44s} {own.sum():3d} {first:.2f} {three:.2f} {chance[own].mean():.2f}")


def leave_one_out(data: Set) -> None:
    """How far any one paper moves a case's leading probability, and whether the explanation names the papers that move it far."""
    whole = prepare(KNOWLEDGE.text, VOCABULARY, "published")
    cases = [to_case(findings, whole) for findings in data.findings]
    before = weigh_cases(cases, whole).probability
    place = before.argmax(axis=0), np.arange(len(cases))
    rows = [
        row
        for part in KNOWLEDGE.text["evidence"].values()
        for name in ("counts", "numbers")
        for row in part.get(name, ())
    ]
    used = sorted({row["source"] for row in rows if row["weight"] > 0})
    moves = []
    for source in used:
        after = weigh_cases(cases, model_of(settings(), "published", without=frozenset({source}))).probability
        moves += [(float(move), source, case) for case, move in enumerate(np.abs(after - before)[place])]
    moves.sort(reverse=True)
    print(f"{len(used)} sources left out one by one; largest changes of a leading probability:")
    for move, source, case in moves[:10]:
        told = rank_case({"findings": data.findings[case]}, whole)
        named = any(source == one[2] for evidence in told.evidence for one in evidence.counts)
        print(
            f"  {move:.3f}  without {source}, case {data.names[case]}; the explanation names it: {'yes' if named else 'no'}"
        )
    print(f"changes above 0.25: {sum(move > 0.25 for move, _, _ in moves)}")


def speed(path: Path) -> None:
    """Seconds to load, for one case with everything, and for ten thousand that differ."""
    start, clock = time.perf_counter(), time.process_time()
    knowledge = load()
    model = prepare(knowledge.text, knowledge.vocabulary, "clinical")
    print(f"load and prepare: {time.perf_counter() - start:.3f} s ({time.process_time() - clock:.3f} s of one core)")
    lines = [row for row in path.read_text(encoding="utf-8").splitlines() if row.strip()]
    for name, some in (("the first case", lines[:1]), ("one case", lines)):
        start, clock = time.perf_counter(), time.process_time()
        for row in some:
            run_batch(row, ".json", model)
        wall, core = time.perf_counter() - start, time.process_time() - clock
        print(f"{name}, all included: {wall / len(some) * 1000:.1f} ms ({core / len(some) * 1000:.1f} ms of one core)")
    many = "\n".join(vary(lines[number % len(lines)], number) for number in range(10000))
    start, clock = time.perf_counter(), time.process_time()
    run_batch(many, ".jsonl", model)
    print(f"10,000 cases: {time.perf_counter() - start:.1f} s ({time.process_time() - clock:.1f} s of one core)")


def vary(row: str, number: int) -> str:
    """A case as a line, with another age and one finding left out, so that few of ten thousand are alike."""
    case = json.loads(row)
    findings = {**case["findings"], "age_years": number * 37 % 90 + 1}
    findings.pop(list(findings)[number // 131 % len(findings)])
    return json.dumps({"id": number, "findings": findings})


def main() -> None:
    """Runs what was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", type=Path)
    parser.add_argument("--plot", type=Path, help="where the reliability plot goes")
    for name in ("fit", "sources", "speed", "self", "hidden", "judgement"):
        parser.add_argument(f"--{name}", action="store_true")
    call = parser.parse_args()
    if call.judgement:
        from differential_judgement import judge_opinions  # type: ignore[import-not-found,unused-ignore]

        judge_opinions()
    elif call.self or call.hidden:
        from differential_simulated import hide_each, judge_self  # type: ignore[import-not-found,unused-ignore]

        (judge_self if call.self else hide_each)()
    elif call.cases is None:
        parser.error("the cases to score are missing")
    elif call.speed:
        speed(call.cases)
    elif call.sources:
        leave_one_out(read_set(call.cases))
    elif call.fit:
        data, model = read_set(call.cases), prepare(KNOWLEDGE.text, VOCABULARY, "clinical")
        cases = [to_case(findings, model) for findings in data.findings]
        _, chosen, whole = cross_validate(cases, rows_of(data, model), overlapping(data))
        print(*(f"fold: {told}" for told in chosen), f"all cases: {whole}", sep="\n")
    else:
        report(read_set(call.cases), call.plot)


if __name__ == "__main__":
    main()
