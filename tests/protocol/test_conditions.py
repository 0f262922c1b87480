"""The condition language: three-valued, and refusing what it does not know."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protocol.studies import series

from thecal.protocol.conditions import every, holds, negate, some
from thecal.records import KnowledgeInvalid, Study

TRUTHS = st.sampled_from([True, False, None])
STUDY = Study((series("T2w"), series("T1w", fat_suppressed=None)), context={"age_years": 41.0})


@settings(derandomize=True, deadline=None)
@given(st.lists(TRUTHS, max_size=5))
def test_not_every_is_some_not(truths: list[bool | None]) -> None:
    assert negate(every(truths)) == some(negate(truth) for truth in truths)


@settings(derandomize=True, deadline=None)
@given(st.lists(TRUTHS, max_size=5))
def test_learning_what_was_unknown_never_overturns_an_answer(truths: list[bool | None]) -> None:
    answer = every(truths)
    for guess in (True, False):
        learned = every(guess if truth is None else truth for truth in truths)
        assert answer is None or learned == answer


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({"series": {"role": "T2w"}}, True),
        ({"series": {"role": ["dwi", "T1w"]}}, True),
        ({"series": {"role": "dwi"}}, False),
        ({"series": {"role": "T1w", "fat_suppressed": True}}, None),
        ({"series": {"modality": "mr"}, "at_least": 2}, True),
        ({"series": {"modality": "mr"}, "at_least": 3}, False),
        ({"not": {"series": {"role": "dwi"}}}, True),
        ({"any": [{"series": {"role": "dwi"}}, {"series": {"role": "T1w", "fat_suppressed": True}}]}, None),
        ({"context": {"age_years": {"min": 18}}}, True),
        ({"context": {"known_primary": "solid_cancer"}}, None),
        ({"each": {"of": {"modality": "mr"}, "must": {"fat_suppressed": False}}}, None),
        ({"each": {"of": {"modality": "mr"}, "must": {"fat_suppressed": False}, "if_known": True}}, True),
        ({"always": True}, True),
    ],
)
def test_a_condition_holds_fails_or_is_not_known(condition: dict[str, object], truth: bool | None) -> None:
    assert holds(condition, STUDY) is truth


@pytest.mark.parametrize("condition", [{"sereis": {"role": "T2w"}}, {"series": {"echo": 3}}])
def test_a_word_the_language_does_not_have_is_refused(condition: dict[str, object]) -> None:
    with pytest.raises(KnowledgeInvalid, match="condition language"):
        holds(condition, STUDY)
