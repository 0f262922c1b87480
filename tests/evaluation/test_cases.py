"""A case in any of its forms is read the same way, and what is wrong with one is told in words."""

from __future__ import annotations

from typing import Any

import pytest

from thecal.evaluation import case_of
from thecal.records import Entity, KnowledgeInvalid, Term, Vocabulary

VOCABULARY = Vocabulary(
    findings={
        "cap_sign": Term("cap_sign", "state", ("absent", "present")),
        "margins": Term("margins", "state", ("well_defined", "ill_defined")),
        "length_segments": Term("length_segments", "number", unit="vertebral segments"),
        "proven_diagnosis": Term("proven_diagnosis", "entity"),
    },
    entities={"ependymoma": Entity("ependymoma", "Spinal ependymoma")},
    parents={},
)


def lesion(instance: int, *findings: Any) -> dict[str, Any]:
    return {"instance": instance, "findings": list(findings)}


RESULT = {
    "patient": [{"finding": "cap_sign", "state": "absent"}],
    "lesions": [
        lesion(1, {"finding": "margins", "state": "ill_defined"}, {"finding": "length_segments", "value": 2.5}),
        lesion(2, {"finding": "margins", "not_assessed": "no axial series"}),
    ],
}


def case(told: Any, number: int | None = None) -> dict[str, Any]:
    return case_of(told, VOCABULARY, "case.json", number)


def test_a_result_gives_the_patient_with_the_chosen_lesion() -> None:
    assert case(RESULT, 1) == {"cap_sign": "absent", "margins": "ill_defined", "length_segments": 2.5}
    assert case(RESULT, 2) == {"cap_sign": "absent", "margins": None}


def test_an_only_lesion_needs_no_number() -> None:
    told = {**RESULT, "lesions": RESULT["lesions"][:1]}
    assert case(told)["margins"] == "ill_defined"


@pytest.mark.parametrize("wrap", [True, False])
def test_plain_findings_come_with_or_without_their_key(wrap: bool) -> None:
    told: Any = {"cap_sign": "present", "length_segments": "3", "proven_diagnosis": "ependymoma", "margins": None}
    expected = {"cap_sign": "present", "length_segments": 3.0, "proven_diagnosis": "ependymoma", "margins": None}
    assert case({"findings": told, "id": "x"} if wrap else told) == expected


def test_probabilities_stand_for_the_most_probable_state() -> None:
    assert case({"cap_sign": {"absent": 0.4, "present": 0.6}}) == {"cap_sign": "present"}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"cap_sgn": "present"}, "Nearest: cap_sign"),
        ({"cap_sign": "presen"}, "Nearest: present"),
        ({"length_segments": "long"}, "a number for length_segments"),
        ({"proven_diagnosis": "ependimoma"}, "Nearest: ependymoma"),
        ([1, 2], "expected an object of findings, found list"),
        ({"findings": [1]}, "findings as an object of codes"),
        ({"patient": {}, "lesions": []}, "a list of findings"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_nearest(told: Any, words: str) -> None:
    with pytest.raises(KnowledgeInvalid, match=words):
        case(told)


def test_several_lesions_need_to_be_told_apart() -> None:
    with pytest.raises(KnowledgeInvalid, match="--lesion"):
        case(RESULT)
    with pytest.raises(KnowledgeInvalid, match="expected lesion 7, found lesions 1, 2"):
        case(RESULT, 7)
