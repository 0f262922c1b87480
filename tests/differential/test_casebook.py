from __future__ import annotations

import json
from typing import Any

import pytest
from differential.models import CAP_CASE, knowledge, model

from thecal.differential import check_case, rank_case, run_batch, to_line
from thecal.records import KnowledgeInvalid


def refused(findings: Any) -> str:
    with pytest.raises(KnowledgeInvalid) as error:
        check_case({"findings": findings}, knowledge().vocabulary, "line 3")
    return str(error.value)


def test_an_unknown_code_names_the_line_the_code_and_the_nearest() -> None:
    message = refused({"hemorrhage": "present"})
    assert "line 3" in message
    assert "'hemorrhage'" in message
    assert "haemorrhage" in message


def test_a_wrong_state_names_the_valid_ones() -> None:
    assert "female or male" in refused({"sex": "femal"})


@pytest.mark.parametrize("age", [300, -1, "forty", True, float("nan")])
def test_a_number_out_of_range_or_no_number_is_refused(age: Any) -> None:
    assert "age_years" in refused({"age_years": age})


def test_a_pattern_where_enhancement_is_absent_is_refused() -> None:
    assert "enhancement_pattern" in refused({"enhancement": "absent", "enhancement_pattern": "ring"})
    assert "enhancement_pattern" in refused({"enhancement": {"absent": 1.0}, "enhancement_pattern": "ring"})


def test_a_cap_sign_where_haemorrhage_is_absent_is_refused_but_its_absence_is_not() -> None:
    assert "cap_sign" in refused({"haemorrhage": "absent", "cap_sign": "present"})
    check_case({"findings": {"haemorrhage": "absent", "cap_sign": "absent"}}, knowledge().vocabulary)


def test_probabilities_must_sum_to_one() -> None:
    assert "sum to 1" in refused({"sex": {"female": 0.7, "male": 0.7}})


@pytest.mark.parametrize("case", [[], 3, None, {"id": 1}, {"findings": []}])
def test_what_is_no_case_is_refused(case: Any) -> None:
    with pytest.raises(KnowledgeInvalid):
        check_case(case, knowledge().vocabulary)


def test_in_a_batch_the_other_lines_still_come_out() -> None:
    good = json.dumps({"id": "a", "findings": CAP_CASE, "note": "ignored"})
    text = "\n".join([good, '{"id": "b", "findings": {"sexx": "male"}}', "not json", "", good.replace('"a"', '"c"')])
    lines, faults = run_batch(text, ".jsonl", model())
    assert [json.loads(line)["id"] for line in lines] == ["a", "c"]
    assert len(faults) == 2
    assert faults[0].startswith("line 2")
    assert faults[1].startswith("line 3")


def test_a_single_case_file_is_one_case() -> None:
    lines, faults = run_batch(json.dumps({"id": "one", "findings": CAP_CASE}, indent=2), ".json", model())
    assert not faults
    assert json.loads(lines[0])["id"] == "one"


def test_an_empty_file_says_so() -> None:
    assert run_batch("", ".jsonl", model()) == ([], ["expected at least one case, found none."])


def test_the_line_holds_every_leaf_and_none_of_these_and_sums_to_one() -> None:
    told = to_line("a", rank_case({"findings": CAP_CASE}, model()))
    ranking = {one["entity"]: one["probability"] for one in told["ranking"]}
    assert set(ranking) == set(model().entities)
    assert sum(ranking.values()) == pytest.approx(1, abs=1e-6)
    assert next(iter(ranking)) == "ependymoma"
    cap = next(one for one in told["evidence"] if one["finding"] == "cap_sign" and one["entity"] == "ependymoma")
    assert cap["weight"] > 0
    assert [17, 59, "kobayashi2018"] in cap["counts"]
    assert json.loads(json.dumps(told)) == told


def test_soft_findings_near_certainty_weigh_like_hard_ones_and_uncertain_ones_less() -> None:
    def chance(sign: Any) -> float:
        told = rank_case({"findings": {**CAP_CASE, "cap_sign": sign}}, model())
        return next(one.probability for one in told.candidates if one.entity == "ependymoma")

    hard, sure, unsure = (
        chance("present"),
        chance({"absent": 0.001, "present": 0.999}),
        chance({"absent": 0.5, "present": 0.5}),
    )
    assert sure == pytest.approx(hard, abs=0.02)
    assert unsure < sure


def test_a_finding_no_rate_speaks_of_is_said_to_be_unused() -> None:
    told = rank_case({"findings": {**CAP_CASE, "days_since_lumbar_puncture": 3}}, model())
    assert "days_since_lumbar_puncture" in told.unused


def test_a_table_is_for_reading() -> None:
    lines, _ = run_batch(json.dumps({"id": "one", "findings": CAP_CASE}), ".json", model(), "table")
    assert "ependymoma" in lines[0]
    assert "kobayashi2018" in lines[0]
