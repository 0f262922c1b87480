"""Simulated signs against the knowledge, and painted signs against drawn ones.

    python benchmarks/simulated_signs.py                       # 300 draws per entity, findings only: every cell's frequency
    python benchmarks/simulated_signs.py --painted [--entities a b …] [--each 2] [--generator first]

The first compares, for every entity and sign, how often each state was drawn with the knowledge's rate: overall and within
each state of the sign it depends on. The second fixes each state of each sign in turn, paints, and measures the sheets.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, kstest, norm

from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.records import CallWrong, NumberRate, Rates
from thecal.simulation import entity_codes, patient
from thecal.simulation.inspection import INSPECTORS, inspect
from thecal.simulation.protocols import PROTOCOLS
from thecal.simulation.signs import Case, draw_case
from thecal.simulation.spine import draw_spine

Array = NDArray[np.float64]
DISCOVERIES = 0.01
# Painted by default: one entity for each way of growing.
ARCHETYPES = ("ependymoma", "multiple_sclerosis", "schwannoma", "leptomeningeal_metastases_solid", "arachnoid_cyst",
              "epidural_lymphoma_or_myeloma", "vertebral_metastasis_epidural", "disc_sequestration", "subdural_haematoma",
              "compressive_myelopathy", "arachnoid_web_or_cord_herniation")  # fmt: skip


def main() -> None:
    """Prints the comparison that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--painted", action="store_true")
    parser.add_argument("--entities", nargs="*", default=list(ARCHETYPES))
    parser.add_argument("--each", type=int, default=1)
    parser.add_argument("--generator", default="first")
    given = parser.parse_args()
    knowledge = load()
    rates = pool_text(knowledge.text, knowledge.vocabulary)
    if given.painted:
        compare_painted(rates, given.entities, given.each, given.generator)
    else:
        compare_drawn(rates, given.draws)


def compare_drawn(rates: Rates, draws: int) -> None:
    """Every cell's frequency against its rate, the false discovery rate held at 1 % over all cells together."""
    names = [code for code in entity_codes() if any(rate.entity == code for rate in rates.states)]
    tests: list[tuple[float, str]] = []
    control: list[tuple[float, str]] = []
    for entity, other in zip(names, [*names[1:], names[0]], strict=True):
        seeds = ([7, seed, *entity.encode()] for seed in range(draws))
        cases = [draw_case(entity, np.random.default_rng(seed), None, rates) for seed in seeds]
        tests += [*_cells(entity, cases, rates), *_numbers(entity, cases, rates)]
        control += _cells(other, cases, rates)
    rejected = _reject(tests)
    joint = sum("|" in name for _, name in tests)
    print(
        f"{len(names)} entities, {draws} draws each: {len(tests)} cells, {joint} of them within a state of another sign"
    )
    print(f"rejected at a false discovery rate of {DISCOVERIES:.0%}: {len(rejected)}")
    for p, name in rejected:
        print(f"  {name}: p {p:.2g}")
    print(
        f"smallest p {min(tests)[0]:.2g} ({min(tests)[1]}); share of p below 0.05: {np.mean([p < 0.05 for p, _ in tests]):.3f}"
    )
    print(
        f"control, each entity's draws against the next entity's rates: {len(_reject(control))} of {len(control)} rejected"
    )
    hidden = Counter(code for entity in names for code in _undrawable(entity, rates))
    print("drawn signs that no image of their case can show, mean number a case by sign:")
    print("  " + ", ".join(f"{code} {count / len(names) / 40:.3f}" for code, count in hidden.most_common()))


def _reject(tests: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """The tests that fail with the share of false alarms among them held (Benjamini and Hochberg)."""
    ordered = sorted(tests)
    cuts = DISCOVERIES * np.arange(1, len(ordered) + 1) / len(ordered)
    below = [place for place, (p, _) in enumerate(ordered) if p <= cuts[place]]
    return ordered[: below[-1] + 1] if below else []


def _undrawable(entity: str, rates: Rates) -> list[str]:
    cases = (draw_case(entity, np.random.default_rng([8, seed]), None, rates) for seed in range(40))
    return [code for case in cases for code in case.undrawable]


def _cells(entity: str, cases: list[Case], rates: Rates) -> Iterator[tuple[float, str]]:
    for rate in rates.states:
        if rate.entity != entity:
            continue
        if rate.given is None:
            yield from _compare(f"{entity}.{rate.finding}", [case.drawn[rate.finding] for case in cases], rate.mean)
            continue
        for outer, table in rate.within.items():
            found = [case.drawn[rate.finding] for case in cases if case.drawn.get(rate.given) == outer]
            if found:
                yield from _compare(f"{entity}.{rate.finding}|{rate.given}={outer}", found, table)
        missing = [case for case in cases if case.drawn.get(rate.given) not in rate.within]
        if any(rate.finding in case.drawn for case in missing):
            yield 0.0, f"{entity}.{rate.finding} where {rate.given} leaves it undefined"


def _compare(name: str, found: list[str], table: Mapping[str, float]) -> Iterator[tuple[float, str]]:
    counts = Counter(found)
    for state, share in table.items():
        p = binomtest(counts[state], len(found), min(max(float(share), 0.0), 1.0)).pvalue
        yield float(p), f"{name}={state}: {counts[state]} of {len(found)}, knowledge {share:.3f}"


def _numbers(entity: str, cases: list[Case], rates: Rates) -> Iterator[tuple[float, str]]:
    taken: dict[str, tuple[Callable[[Case], float], float, float]] = {
        "age_years": (lambda case: case.age, 0, 95),
        "length_segments": (lambda case: case.length_segments, 0.25, 18),
    }
    for rate in rates.numbers:
        if rate.entity == entity and rate.finding in taken:
            get, low, high = taken[rate.finding]
            values = [get(case) for case in cases]
            test: Any = kstest(values, _cdf(rate, low, high))
            yield float(test.pvalue), f"{entity}.{rate.finding}"


def _cdf(rate: NumberRate, low: float, high: float) -> Callable[[object], Array]:
    shares = np.array([component[0] for component in rate.components])
    shares = shares / shares.sum()

    def plain(values: object) -> Array:
        at = np.log(np.maximum(np.asarray(values, float), 1e-9)) if rate.log else np.asarray(values, float)
        parts = [w * norm.cdf(at, mean, spread) for w, (_, mean, spread) in zip(shares, rate.components, strict=True)]
        return np.asarray(np.sum(parts, axis=0))

    first, last = plain([low])[0], plain([high])[0]
    return lambda values: np.clip((plain(values) - first) / (last - first), 0, 1)


def compare_painted(rates: Rates, entities: list[str], each: int, generator: str) -> None:
    """Fixes each state of each sign in some entities, paints, measures every sign, counts where painted and drawn agree."""
    agreed: dict[tuple[str, str], list[bool]] = defaultdict(list)
    wrong: list[str] = []
    for code, state, names in _states(rates, entities):
        painted = 0
        for seed, entity in enumerate(names):
            if painted == each:
                break
            try:
                drawn, told = _paint(entity, {code: state}, seed, rates, generator)
            except CallWrong:
                continue
            painted += 1
            for sign, seen in told.items():
                if (wanted := drawn.signs.get(sign)) is not None:
                    agreed[sign, wanted].append(seen == wanted)
                    if seen != wanted:
                        wrong.append(f"{entity} seed {seed} {code}={state}: {sign} drawn {wanted}, painted {seen}")
        if not painted:
            wrong.append(f"{code}={state}: refused in all of {', '.join(names)}")
    for (sign, state), hits in sorted(agreed.items()):
        print(f"{sign:34s} {state:26s} {sum(hits):4d} of {len(hits):4d}{'' if all(hits) else '  !'}")
    every = [hit for hits in agreed.values() for hit in hits]
    print(f"all signs: {sum(every)} of {len(every)} agree ({np.mean(every):.4f})")
    for line in wrong:
        print("  " + line)


def _states(rates: Rates, entities: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Every state of every sign that is painted, with the entities where it is drawn, the likeliest first."""
    for code in INSPECTORS:
        rows = [rate for rate in rates.states if rate.finding == code and rate.entity in entities]
        for state in rows[0].mean:
            often = {rate.entity: rate.mean.get(state, 0.0) for rate in rows}
            yield code, state, [name for name in sorted(often, key=lambda name: -often[name]) if often[name] > 1e-3]


# Coarser than a study, so that many are painted in a short time.
PLAN = replace(PROTOCOLS["sagittal_only"], cell_mm=2.0, canal_mm=0.5,
               series=tuple(replace(series, matrix=230) for series in PROTOCOLS["sagittal_only"].series))  # fmt: skip


def _paint(
    entity: str, fixed: dict[str, str | float], seed: int, rates: Rates, generator: str
) -> tuple[Case, dict[str, str]]:
    rng = np.random.default_rng([seed, *entity.encode(), *next(iter(fixed)).encode(), len(str(fixed))])
    case = draw_case(entity, rng, fixed, rates)
    spine = draw_spine(rng, age=max(case.age, 12.0), female=case.female, step_mm=0.5, operated=False)
    foci = patient.place_foci(case, spine, PLAN, rng)
    centre = patient.centre_of(patient.region_of(case, foci, spine), foci, spine)
    scene, foci = patient.paint(case, spine, foci, rng, PLAN, centre, 3.0, generator)
    return case, inspect(scene, foci)


if __name__ == "__main__":
    main()
