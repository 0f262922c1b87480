from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differential.models import knowledge
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.differential.opinions import gather_opinions, weigh_opinions
from thecal.differential.quantities import judged_lengths, judged_mixture

RULES = {"judged_strength_at_most": 12, "agreement_worth": 0.1, "agreed_strength": [2, 40]}
STATES = ("absent", "present")


def cell(*present: float, n: float = 8) -> dict[str, Any]:
    """A judged cell with one to three opinions on how often a sign is present."""
    names = ("p", "again", "third")
    return {"n": n, **{name: {"absent": 1 - p, "present": p} for name, p in zip(names, present, strict=False)}}


def test_opinions_are_averaged_and_a_missing_one_is_flat() -> None:
    asked = gather_opinions([cell(0.1, 0.2, 0.6), cell(0.4), None], STATES)
    assert asked.mean[:, 1] == pytest.approx([0.3, 0.4, 0.5])
    assert asked.count.tolist() == [3, 1, 1]


def test_agreement_is_the_strength_of_a_dirichlet_whose_draws_differ_as_much() -> None:
    rng, strength = np.random.default_rng(11), 60.0
    drawn = rng.beta(0.4 * strength, 0.6 * strength, (2000, 3))
    asked = gather_opinions([cell(*row) for row in drawn], STATES)
    assert np.median(asked.agreement) == pytest.approx(strength, rel=0.25)


def test_opinions_that_agree_are_worth_more_patients_within_limits() -> None:
    cells = [cell(0.3, 0.3, 0.3), cell(0.3, 0.32, 0.35), cell(0.1, 0.4, 0.8)]
    worth = weigh_opinions(cells, gather_opinions(cells, STATES), {**RULES, "agreement_worth": 1.0})
    assert 40 >= worth[0] > worth[1] > worth[2] >= 2


def test_a_lone_opinion_is_worth_what_was_stated_with_it_up_to_the_limit() -> None:
    cells = [cell(0.3, n=5), cell(0.3, n=50), None]
    assert weigh_opinions(cells, gather_opinions(cells, STATES), RULES).tolist() == [5, 12, 1]


@given(st.permutations([0.05, 0.2, 0.7]))
@settings(derandomize=True, deadline=None)
def test_the_order_of_the_opinions_is_nothing(order: list[float]) -> None:
    told, other = gather_opinions([cell(*order)], STATES), gather_opinions([cell(0.05, 0.2, 0.7)], STATES)
    assert told.mean == pytest.approx(other.mean)
    assert told.agreement == pytest.approx(other.agreement)


def test_numbers_hold_every_opinion() -> None:
    ages = judged_mixture({"mixture": [[1, 40, 10]], "again": [[1, 50, 10]], "third": [[0.5, 10, 5], [0.5, 60, 8]]})
    assert sum(weight for weight, _, _ in ages) == pytest.approx(1)
    assert len(ages) == 4
    ((_, middle, sd),) = judged_lengths({"lognormal": [2, 0.5], "again": [2, 0.5], "third": [8, 0.5]})
    assert np.log(2) < middle < np.log(8)
    assert sd > 0.5


def test_every_leaf_was_asked_as_often_as_the_others_about_each_finding() -> None:
    vocabulary, judged = knowledge().vocabulary, knowledge().judgement
    sums = {"nmosd_or_mogad", "epidural_abscess_or_haematoma"}
    for code, term in vocabulary.findings.items():
        if term.kind == "state":
            cells = [judged[entity]["findings"][code] for entity in vocabulary.entities if entity not in sums]
            assert len(set(gather_opinions(cells, term.states).count.tolist())) == 1, code
