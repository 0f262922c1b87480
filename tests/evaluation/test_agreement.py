"""Kappa, sensitivity, specificity and limits of agreement recover worked numbers; what was not assessed is counted apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.evaluation import Case, agreements, spreads
from thecal.evaluation.agreement import Agreement, Share
from thecal.records import Term, Vocabulary

VOCABULARY = Vocabulary(
    findings={
        "cap_sign": Term("cap_sign", "state", ("absent", "present")),
        "margins": Term("margins", "state", ("well_defined", "ill_defined")),
        "oedema": Term("oedema", "state", ("absent", "limited", "extensive")),
        "length_segments": Term("length_segments", "number", unit="vertebral segments"),
    },
    entities={},
    parents={},
)


def pairs(code: str, *told: tuple[str | float | None, str | float | None, int]) -> list[tuple[Case, Case]]:
    return [({code: ours}, {code: theirs}) for ours, theirs, times in told for _ in range(times)]


def only(found: tuple[Agreement, ...]) -> Agreement:
    (one,) = found
    return one


WORKED = pairs(
    "cap_sign",
    ("present", "present", 20),
    ("present", "absent", 5),
    ("absent", "present", 10),
    ("absent", "absent", 15),
)


def test_kappa_of_the_worked_example() -> None:
    # Observed 35 of 50 = 0.7; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5; kappa 0.4.
    one = only(agreements(WORKED, VOCABULARY))
    assert (one.both, one.agreed) == (50, 35)
    assert one.kappa == pytest.approx(0.4)


def test_sensitivity_and_specificity_take_theirs_as_the_reference() -> None:
    one = only(agreements(WORKED, VOCABULARY))
    assert one.sensitivity == Share(20, 30)
    assert one.specificity == Share(15, 20)


def test_wilson_s_interval_of_known_shares() -> None:
    assert Share(8, 10).interval == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert Share(0, 10).interval == pytest.approx((0.0, 0.2775), abs=1e-4)
    assert (Share(0, 0).value, Share(0, 0).interval) == (None, None)


def test_a_finding_of_several_states_counts_any_but_the_negative_as_there() -> None:
    told = pairs("oedema", ("limited", "extensive", 3), ("absent", "limited", 1), ("absent", "absent", 2))
    one = only(agreements(told, VOCABULARY))
    assert (one.agreed, one.sensitivity, one.specificity) == (2, Share(3, 4), Share(2, 2))


def test_a_finding_without_a_negative_state_has_no_sensitivity() -> None:
    one = only(agreements(pairs("margins", ("well_defined", "ill_defined", 2)), VOCABULARY))
    assert (one.sensitivity, one.specificity, one.kappa) == (None, None, 0.0)


def test_what_was_not_assessed_is_apart_and_never_absent() -> None:
    told = pairs("cap_sign", ("present", "present", 4), (None, "present", 3), ("absent", None, 2), (None, None, 1))
    one = only(agreements([*told, ({}, {"cap_sign": "present"})], VOCABULARY))
    assert (one.both, one.ours_open, one.theirs_open, one.both_open) == (4, 4, 2, 1)
    assert one.sensitivity == Share(4, 4)
    assert one.kappa is None  # both always said present: chance alone would agree


def test_a_finding_that_one_side_never_speaks_of_is_left_out() -> None:
    assert agreements([({"cap_sign": "present"}, {"margins": "ill_defined"})], VOCABULARY) == ()


def test_limits_of_agreement_of_known_differences() -> None:
    (one,) = spreads(pairs("length_segments", (3.0, 2.0, 1), (5.0, 4.0, 1), (2.0, 4.0, 1), (None, 1.0, 1)), VOCABULARY)
    assert one.differences == (1.0, 1.0, -2.0)
    assert one.mean == pytest.approx(0.0)
    assert one.limits == pytest.approx((-3.3948, 3.3948), abs=1e-3)  # sd of 1, 1, -2 is 1.732
    assert (one.ours_open, one.unit) == (1, "vertebral segments")


@settings(derandomize=True, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from(["absent", "limited", "extensive"])] * 2), min_size=1, max_size=40))
def test_order_is_nothing_and_swapping_sides_leaves_kappa(told: list[tuple[str, str]]) -> None:
    forth: list[tuple[Case, Case]] = [({"oedema": one}, {"oedema": other}) for one, other in told]
    back = [(theirs, ours) for ours, theirs in reversed(forth)]
    one, other = only(agreements(forth, VOCABULARY)), only(agreements(back, VOCABULARY))
    assert one.kappa == pytest.approx(other.kappa)
    assert one.kappa is None or -1 <= one.kappa <= 1
