from __future__ import annotations

import copy
from typing import Any

import numpy as np
from differential.models import knowledge

from thecal.differential.pooling import judge, pour, stack_series
from thecal.differential.series import read_counts
from thecal.differential.worlds import cover, redraw_cell


def text(**changes: float) -> dict[str, Any]:
    """The knowledge's text, with some settings of the intervals changed."""
    settings = copy.deepcopy(dict(knowledge().text["differential"]))
    settings["intervals"].update(changes)
    return {**knowledge().text, "differential": settings}


def test_intervals_hold_what_they_promise_in_worlds_drawn_from_the_whole_hierarchy() -> None:
    """Rates, the studies about them, base rates and patients are drawn anew; 90 % intervals hold 88 to 92 times in 100."""
    told, vocabulary = text(), knowledge().vocabulary
    inside = np.concatenate([cover(told, vocabulary, world, 40) for world in range(8)])
    assert len(inside) > 1000
    assert 0.88 <= inside.mean() <= 0.92


def test_intervals_from_three_draws_would_not_hold() -> None:
    """The check above can fail."""
    vocabulary = knowledge().vocabulary
    blind = np.concatenate([cover(text(draws=3), vocabulary, world, 40) for world in range(2)])
    assert blind.mean() < 0.8


def test_a_world_redraws_the_studies_about_its_own_truth() -> None:
    vocabulary, told = knowledge().vocabulary, knowledge().text
    rules = told["differential"]["pooling"]
    bases = judge(told["judgement"], rules, vocabulary)
    stacks = stack_series(read_counts(told["evidence"]), bases, rules, vocabulary)
    rng, errors, blind = np.random.default_rng(3), [], []
    counted = np.unique(stacks["enhancement"].leaf)
    for _ in range(60):
        truth, seen = redraw_cell(bases["enhancement"], stacks["enhancement"], rules, rng)
        errors.append(np.abs(truth.mean - seen.mean)[counted].mean())
        blind.append(np.abs(truth.mean - bases["enhancement"].mean)[counted].mean())
    assert np.mean(errors) < 0.85 * np.mean(blind)
    assert np.allclose(pour(bases["enhancement"], stacks["enhancement"], rules).strength, seen.strength, rtol=1e-6)
