"""What is told of the person becomes findings; what the vocabulary does not know is refused with the nearest words."""

from __future__ import annotations

from typing import Any

import pytest
from findings.spines import VOCABULARY

from thecal.findings import state
from thecal.records import KnowledgeInvalid


def test_a_told_state_is_certain_and_a_told_number_is_kept() -> None:
    sex, age = state({"sex": "female", "age_years": "45"}, VOCABULARY)
    assert sex.probabilities == {"female": 1.0}
    assert sex.basis == "stated"
    assert sex.subject == "patient"
    assert age.value == 45.0


def test_told_probabilities_are_kept() -> None:
    (told,) = state({"known_primary": {"solid_cancer": 0.7, "none": 0.3}}, VOCABULARY)
    assert told.probabilities == {"solid_cancer": 0.7, "none": 0.3}


def test_a_proven_diagnosis_may_be_an_entity_or_a_parent() -> None:
    assert state({"proven_diagnosis": "meningioma"}, VOCABULARY)[0].state == "meningioma"
    assert state({"proven_diagnosis": "astrocytoma"}, VOCABULARY)[0].state == "astrocytoma"


@pytest.mark.parametrize(
    ("context", "nearest"),
    [
        ({"age_year": 45}, "age_years"),
        ({"sex": "femal"}, "female"),
        ({"proven_diagnosis": "meningeoma"}, "meningioma"),
        ({"age_years": -3}, "a number from 0 to 120"),
        ({"age_years": float("nan")}, "a number"),
        ({"age_years": True}, "a number"),
        ({"days_since_lumbar_puncture": -1}, "a number from 0 up"),
        ({"sex": {"female": 0.4, "male": 0.4}}, "sum to 1"),
        ({"sex": {"female": 1.4, "male": -0.4}}, "from 0 to 1"),
    ],
)
def test_what_the_vocabulary_does_not_know_is_refused(context: dict[str, Any], nearest: str) -> None:
    with pytest.raises(KnowledgeInvalid) as refusal:
        state(context, VOCABULARY)
    assert nearest in str(refusal.value)
    assert next(iter(context)) in str(refusal.value)
