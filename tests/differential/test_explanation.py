from __future__ import annotations

import numpy as np
import pytest
from differential.models import CAP_CASE, case_of, knowledge, model

from thecal.differential import compare, rank, turns, weigh_case
from thecal.differential.explanation import log_odds, shares, weigh
from thecal.differential.questions import expect, forecast
from thecal.differential.weighing import trust_in_signs


def test_a_weight_is_what_the_finding_changes_in_the_log_odds() -> None:
    told, case = model(), case_of(CAP_CASE)
    full = weigh_case(case, told)
    added = shares(case, told, full.parts)
    score = full.log_prior + trust_in_signs(told) * np.sum(list(full.parts.values()), axis=0)
    weights = weigh(added, score, told)
    for code in CAP_CASE:
        less = weigh_case({other: value for other, value in case.items() if other != code}, told)
        if code == "age_years":
            continue
        before = log_odds(np.log(less.probability))
        assert weights[code] == pytest.approx(log_odds(np.log(full.probability)) - before, abs=1e-6)


def test_every_count_shown_traces_to_a_row_and_every_source_is_known() -> None:
    rows = {
        (entity, row["finding"], row["state"], row["n"], row["of"], row["source"])
        for entity, told in knowledge().text["evidence"].items()
        for row in told.get("counts", ())
    }
    parents = {"astrocytoma", "leptomeningeal_metastases", "nmosd_or_mogad", "epidural_abscess_or_haematoma"}
    seen = 0
    for rate in model().rates.states:
        for count in rate.counts:
            seen += 1
            assert (count.entity, count.finding, count.state, count.n, count.of, count.source) in rows
            assert count.entity == rate.entity or count.entity in parents
            assert count.source in knowledge().sources
    assert seen > 1000
    for number in model().rates.numbers:
        assert set(number.sources) <= set(knowledge().sources)


def test_evidence_without_counts_is_judgement_whole() -> None:
    for evidence in rank(case_of(CAP_CASE), model()).evidence:
        if not evidence.counts and evidence.finding not in ("age_years", "length_segments"):
            own = next(r for r in model().rates.states if (r.entity, r.finding) == (evidence.entity, evidence.finding))
            assert own.counted > 0 or evidence.judged == pytest.approx(evidence.weight)


def test_comparing_two_entities_turns_sign_when_they_are_exchanged() -> None:
    case = case_of(CAP_CASE)
    added = shares(case, model(), weigh_case(case, model()).parts)
    one = {e.finding: e.weight for e in compare(case, added, "ependymoma", "pilocytic_astrocytoma", model())}
    other = {e.finding: e.weight for e in compare(case, added, "pilocytic_astrocytoma", "ependymoma", model())}
    assert one["cap_sign"] > 0
    assert one == pytest.approx({code: -weight for code, weight in other.items()})


def test_a_finding_that_fits_nothing_is_named() -> None:
    told = rank(case_of({**CAP_CASE, "foraminal_extension": "present"}), model())
    assert "foraminal extension fits none of the leading entities" in told.notes


def test_what_is_asked_next_was_not_assessed_and_names_what_acquires_it() -> None:
    told = rank(case_of(CAP_CASE), model())
    bits = [question.expected_information_bits for question in told.ask_next]
    assert bits == sorted(bits, reverse=True)
    assert not {question.finding for question in told.ask_next} & CAP_CASE.keys()
    assert all(question.how for question in told.ask_next)


def test_contrast_is_asked_for_when_there_was_none() -> None:
    told = rank(
        case_of({"compartment": "intradural_extramedullary", "level": "cauda_equina", "age_years": 60}), model()
    )
    assert any("contrast" in question.how for question in told.ask_next[:5])


def test_a_turn_puts_the_entity_first_that_it_names() -> None:
    case = case_of({"compartment": "intramedullary", "level": "cervical", "age_years": 35})
    first = weigh_case(case, model())
    ahead = forecast(case, model())
    leader = int(first.probability[:-1].argmax())
    turn = turns(case, expect(first.probability, ahead), ahead, model(), leader)[0]
    states = model().nodes[turn.finding].states
    known = {**case, turn.finding: np.array([float(state == turn.state) for state in states])}
    changed = weigh_case(known, model())
    assert model().entities[int(first.probability[:-1].argmax())] != turn.first
    assert changed.probability[model().index(turn.first)] > first.probability[model().index(turn.first)]


def test_forecasts_of_a_case_agree_with_weighing_each_state() -> None:
    case = case_of({"enhancement": "marked", "level": "cervical", "cap_sign": "present"})
    ahead = forecast(case, model())
    for code in ("compartment", "haemorrhage", "axial_position", "onset"):
        node = model().nodes[code]
        joint = np.array([
            np.exp(sum(weigh_case({**case, code: state}, model()).parts.values())) for state in np.eye(len(node.states))
        ]).T  # fmt: skip
        assert ahead.of(code) == pytest.approx(joint / joint.sum(axis=1, keepdims=True), rel=1e-6, abs=1e-9)
