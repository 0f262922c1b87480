from __future__ import annotations

import copy
from typing import Any

import pytest
from differential.models import CAP_CASE, case_of, knowledge, model, probabilities

from thecal.differential import lay_out, pool_knowledge, rank, weigh_cases
from thecal.differential.reliance import find_reliance
from thecal.differential.trees import send_down
from thecal.records import EvidenceCount

CASE = {"compartment": "intradural_extramedullary", "level": "thoracic", "calcification": "present", "sex": "male"}


def heavy_text() -> dict[str, Any]:
    """The knowledge with one paper that says much, and says it loudly: calcification in 300 of 300 schwannomas."""
    text = copy.deepcopy(dict(knowledge().text))
    text["differential"]["pooling"].update(study_at_most=400, series_trust=1.0)
    row = {"finding": "calcification", "state": "present", "n": 300, "of": 300, "source": "loud2026", "weight": 1.0}
    text["evidence"]["schwannoma"]["counts"].append(row)
    return text


def test_a_paper_on_which_much_rests_is_named_and_its_weight_is_about_right() -> None:
    text = heavy_text()
    told = lay_out(pool_knowledge(text, knowledge().vocabulary), text["differential"])
    without = lay_out(pool_knowledge(text, knowledge().vocabulary, frozenset({"loud2026"})), text["differential"])
    case = case_of(CASE)
    weighed = weigh_cases([case], told)
    rests = find_reliance([case], weighed, send_down(weighed.sheet, weighed.up, told), told)[0]
    assert rests is not None
    assert (rests.source, rests.entity) == ("loud2026", "schwannoma")
    row = told.index("schwannoma")
    assert rests.probability - probabilities(case, without)[row] > 0.25
    assert rests.without == pytest.approx(probabilities(case, without)[row], abs=0.05)
    assert any("much rests on loud2026" in note for note in rank(case, told).notes)


def test_no_paper_is_named_where_none_moves_the_answer_far() -> None:
    assert not any("much rests on" in note for note in rank(case_of(CAP_CASE), model()).notes)


@pytest.mark.parametrize(
    "findings", [CAP_CASE, CASE, {"compartment": "extradural", "onset": "acute", "anticoagulation": "present"}]
)
def test_leaving_any_paper_out_moves_no_first_place_by_a_quarter_unsaid(findings: dict[str, Any]) -> None:
    case, told = case_of(findings), model()
    before = probabilities(case, told)
    first = int(before[:-1].argmax())
    said = " ".join(rank(case, told).notes)
    for source in sorted(speaking(findings, told.pooled.counts)):
        less = lay_out(pool_knowledge(knowledge().text, knowledge().vocabulary, frozenset({source})), told.settings)
        assert abs(probabilities(case, less)[first] - before[first]) <= 0.25 or source in said


def speaking(findings: dict[str, Any], counts: tuple[EvidenceCount, ...]) -> set[str]:
    """Every ninth paper that speaks of a case's findings."""
    return set(sorted({row.source for row in counts if row.finding in findings and row.weight > 0})[::9])
