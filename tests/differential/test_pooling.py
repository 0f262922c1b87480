from __future__ import annotations

from math import lgamma
from typing import Any

import numpy as np
import pytest
from differential.models import knowledge, model

from thecal.differential.pooling import leaves, members
from thecal.differential.series import complete, find_spread, gather_series, log_gamma, worth
from thecal.records import EvidenceCount


def fill(counts: list[float], told: list[bool], of: int, base: list[float], scope: bool = False) -> Any:
    """One series filled up."""
    return complete(np.array([counts]), np.array([told]), np.array([float(of)]), np.array([base]), scope)[0]


def test_patients_of_untold_states_go_where_judgement_puts_them() -> None:
    filled = fill([4, 0, 0], [True, False, False], 24, [0.1, 0.3, 0.6])
    assert filled == pytest.approx([4, 20 / 3, 40 / 3])


def test_a_state_told_of_nobody_is_absent_in_all() -> None:
    filled = fill([0, 0, 0], [True, False, False], 24, [0.2, 0.4, 0.4])
    assert filled[0] == 0
    assert filled.sum() == pytest.approx(24)


def test_overlapping_states_are_scaled_to_the_patients_there_are() -> None:
    assert fill([20, 20, 10], [True] * 3, 25, [1 / 3] * 3).sum() == pytest.approx(25)


def test_a_class_a_series_lacks_keeps_its_judged_share() -> None:
    filled = fill([12, 0, 8], [True, False, True], 20, [0.5, 0.1, 0.4], scope=True)
    assert filled.sum() == pytest.approx(20)
    assert filled[1] == pytest.approx(2)


def test_ten_patients_more_weigh_less_in_a_large_series_and_no_series_weighs_more_than_allowed() -> None:
    assert worth(12, 0.1, 1, 20) - worth(2, 0.1, 1, 20) > worth(310, 0.1, 1, 20) - worth(300, 0.1, 1, 20)
    assert worth(10_000, 0.001, 1, 20) == 20
    assert worth(50, 0.1, 0.5, 20) == worth(50, 0.1, 1, 20) / 2


def test_rows_of_weight_zero_are_not_pooled() -> None:
    rows = [EvidenceCount("ependymoma", "sex", "male", 9, 9, "selected", weight=0.0)]
    assert gather_series(rows) == {}


def test_a_parent_is_the_sum_of_its_members() -> None:
    vocabulary = knowledge().vocabulary
    assert set(members("nmosd_or_mogad", vocabulary)) == {"nmosd", "mogad"}
    assert set(members("astrocytoma", vocabulary)) >= {"pilocytic_astrocytoma", "diffuse_midline_glioma_h3k27"}
    assert "nmosd_or_mogad" not in leaves(vocabulary)


def test_base_rates_of_every_setting_and_band_sum_to_one_over_all_leaves() -> None:
    for shares in model().rates.base_rates.values():
        assert set(shares) == set(leaves(knowledge().vocabulary))
        assert sum(shares.values()) == pytest.approx(1)


def test_a_counted_cell_says_how_much_of_it_is_counted() -> None:
    rates = {(rate.entity, rate.finding): rate for rate in model().rates.states}
    counted, judged = rates["ependymoma", "cap_sign"], rates["paraganglioma", "choline_raised"]
    assert 0 < counted.counted < 1
    assert counted.counts
    assert judged.counted == 0


def test_series_that_differ_more_have_a_larger_spread() -> None:
    rng = np.random.default_rng(4)
    for spread in (0.03, 0.3):
        rates = rng.beta(0.4 * (1 / spread - 1), 0.6 * (1 / spread - 1), (40, 5))
        cells = [np.stack([seen, 40 - seen], axis=1) for seen in rng.binomial(40, rates).astype(float)]
        assert find_spread(cells, (0.03, 0.1, 0.3)) == spread


def test_the_logarithm_of_the_gamma_function_is_right() -> None:
    x = np.array([0.01, 0.3, 1.0, 2.5, 17.0, 400.0])
    assert log_gamma(x) == pytest.approx([lgamma(value) for value in x], abs=1e-8)
