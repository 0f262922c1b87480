"""From numbers to probabilities: they sum to one, are never certain, and follow the measurement."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.findings import belief

numbers = st.floats(-50, 50, allow_nan=False)


@settings(derandomize=True, deadline=None)
@given(numbers, st.tuples(numbers, numbers), st.tuples(st.floats(0, 20), st.floats(0, 20)))
def test_ordered_states_sum_to_one_and_none_is_certain(
    value: float, cuts: tuple[float, float], sds: tuple[float, float]
) -> None:
    shares = belief.ordered(("low", "middle", "high"), value, tuple(sorted(cuts)), sds)
    assert sum(shares.values()) == pytest.approx(1)
    assert all(0 < share < 1 for share in shares.values())


@settings(derandomize=True, deadline=None)
@given(numbers, numbers, numbers, st.floats(0.1, 20))
def test_a_larger_value_is_more_probably_above(one: float, other: float, cut: float, sd: float) -> None:
    low, high = sorted((one, other))
    assert belief.above(low, cut, sd) <= belief.above(high, cut, sd)


def test_on_the_cut_both_sides_are_as_probable() -> None:
    assert belief.above(1.2, 1.2, 0.1) == pytest.approx(0.5)
    assert belief.yes_no(0.5) == pytest.approx({"absent": 0.5, "present": 0.5})


def test_nothing_known_is_spread_evenly() -> None:
    assert belief.weighed({"a": 0.0, "b": 0.0}) == pytest.approx({"a": 0.5, "b": 0.5})
