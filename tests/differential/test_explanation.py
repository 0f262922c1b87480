from __future__ import annotations

import numpy as np
import pytest
from differential.models import CAP_CASE, case_of, knowledge, model, probabilities

from thecal.differential import compare, foresee, gather_signs, rank, rank_all, turns, weigh_cases
from thecal.differential.explanation import Signs, log_odds
from thecal.differential.questions import Turn
from thecal.differential.trees import Downward, send_down
from thecal.differential.weighing import Case


def down(case: Case) -> Downward:
    weighed = weigh_cases([case], model())
    return send_down(weighed.sheet, weighed.up, model())


def signs(case: Case) -> Signs:
    return gather_signs([case], weigh_cases([case], model()), down(case), model())[0]


def test_a_weight_is_what_the_finding_changes_in_the_log_odds() -> None:
    case = case_of(CAP_CASE)
    told, full = signs(case), probabilities(case, model())
    for code in CAP_CASE:
        if code == "age_years":
            continue
        less = probabilities({other: value for other, value in case.items() if other != code}, model())
        assert told.of(code) == pytest.approx(log_odds(np.log(full)) - log_odds(np.log(less)), abs=1e-6)


def test_cases_side_by_side_come_out_as_each_alone() -> None:
    cases = [
        case_of(CAP_CASE),
        case_of({}),
        case_of({"cap_sign": "absent", "leptomeningeal_site": "roots"}),
        case_of(CAP_CASE),
    ]
    together = rank_all(cases, model(), list("abcd"), [None] * 4)
    for one, case, name in zip(together, cases, "abcd", strict=True):
        alone = rank(case, model(), name)
        assert [c.entity for c in one.candidates] == [c.entity for c in alone.candidates]
        assert np.allclose([c.interval for c in one.candidates], [c.interval for c in alone.candidates], atol=1e-4)
        assert [(e.finding, e.entity) for e in one.evidence] == [(e.finding, e.entity) for e in alone.evidence]
        assert [q.finding for q in one.ask_next] == [q.finding for q in alone.ask_next]
        assert (one.alerts, one.notes, one.unused) == (alone.alerts, alone.notes, alone.unused)


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
    own = signs(case)
    one = {e.finding: e.weight for e in compare(case, own, "ependymoma", "pilocytic_astrocytoma", model())}
    other = {e.finding: e.weight for e in compare(case, own, "pilocytic_astrocytoma", "ependymoma", model())}
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
    before = probabilities(case, model())
    turn = first_turn(case)
    states = model().nodes[turn.finding].states
    known = {**case, turn.finding: np.array([float(state == turn.state) for state in states])}
    row = model().index(turn.first)
    assert int(before[:-1].argmax()) != row
    assert probabilities(known, model())[row] > before[row]


def first_turn(case: Case) -> Turn:
    probability = weigh_cases([case], model()).probability
    ahead, leader = foresee(probability, down(case), model()), int(probability[:-1, 0].argmax())
    return turns(case, ahead.chance[:, 0], ahead.first[:, 0], model(), leader)[0]


def test_forecasts_of_a_case_agree_with_weighing_each_state() -> None:
    case = case_of({"enhancement": "marked", "level": "cervical", "cap_sign": "present"})
    ahead = down(case)
    for code in ("compartment", "haemorrhage", "axial_position", "onset", "second_compartment"):
        states = [{**case, code: state} for state in np.eye(len(model().nodes[code].states))]
        joint = np.exp(weigh_cases(states, model()).likelihood)
        expected = joint / joint.sum(axis=1, keepdims=True)
        assert ahead.rates[:, model().columns[code], 0] == pytest.approx(expected, rel=1e-5, abs=1e-7)
