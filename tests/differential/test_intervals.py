from __future__ import annotations

from dataclasses import replace

import numpy as np
from differential.models import CAP_CASE, case_of, model

from thecal.differential import rank


def width(strength: float) -> float:
    """The interval's width of the leader when every rate is worth more or fewer patients."""
    told = model()
    nodes = {code: replace(node, strength=node.strength * strength) for code, node in told.nodes.items()}
    first = rank(case_of(CAP_CASE), replace(told, nodes=nodes, memory={})).candidates[0]
    return first.interval[1] - first.interval[0]


def test_more_counts_make_a_narrower_interval() -> None:
    assert width(30) < width(3) < width(0.5)


def test_intervals_hold_the_probability_and_stay_within_0_and_1() -> None:
    for candidate in rank(case_of(CAP_CASE), model()).candidates:
        low, high = candidate.interval
        assert 0 <= low <= candidate.probability <= high <= 1


def test_intervals_are_the_same_each_time_and_in_every_order() -> None:
    told = model()
    one = rank(case_of(CAP_CASE), replace(told, memory={}))
    other = rank(case_of(dict(reversed(CAP_CASE.items()))), replace(told, memory={}))
    assert np.allclose([c.interval for c in one.candidates], [c.interval for c in other.candidates], atol=1e-5)


def test_intervals_hold_what_they_promise_on_data_drawn_from_the_model() -> None:
    """Rates drawn from what is known give posteriors that the 90 % interval of a simple question holds 88 to 92 times in 100."""
    told = model()
    rng, inside = np.random.default_rng(11), []
    case = case_of({"enhancement": "marked", "compartment": "intramedullary"})
    known = rank(case, told)
    interval = {c.entity: c.interval for c in known.candidates}
    spread = told.settings["intervals"]["base_rate_log_sd"]
    share = told.settings["caution"]["contamination"]
    trust = told.settings["calibration"]["weight_of_signs"]
    prior = np.log(np.array([known.prior[entity] for entity in told.entities]))
    for _ in range(400):
        score = prior + rng.standard_normal(len(prior)) * spread
        for code, place in (("enhancement", 2), ("compartment", 0)):
            node = told.nodes[code]
            gamma = np.maximum(rng.standard_gamma(np.maximum(node.plain * node.strength[:, None], 1e-3)), 1e-12)
            drawn = (1 - share) * gamma / gamma.sum(axis=1, keepdims=True) + share * node.plain.mean(axis=0)
            base = (1 - share) * node.plain + share * node.plain.mean(axis=0)
            score = score + trust * (np.log(node.table[:, place]) + np.log(drawn[:, place] / base[:, place]))
        exact = np.exp(score - score.max())
        exact /= exact.sum()
        for row, entity in enumerate(told.entities):
            if exact[row] >= 0.005:
                inside.append(interval[entity][0] <= exact[row] <= interval[entity][1])
    assert 0.86 <= np.mean(inside) <= 0.94
