from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from differential.models import CAP_CASE, case_of, changed, knowledge, model, probabilities
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.differential.weighing import Number, prior

CODES = [code for code, node in model().nodes.items() if code != "setting"]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    picked = draw(st.lists(st.sampled_from(CODES), min_size=1, max_size=9, unique=True))
    told: dict[str, Any] = {code: draw(st.sampled_from(model().nodes[code].states)) for code in picked}
    if draw(st.booleans()):
        told["age_years"] = draw(st.integers(0, 95))
    return told


@given(cases(), st.randoms(use_true_random=False))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_the_order_of_findings_is_nothing_and_probabilities_sum_to_one(told: dict[str, Any], random: Any) -> None:
    shuffled = list(told.items())
    random.shuffle(shuffled)
    one, other = probabilities(case_of(told), model()), probabilities(case_of(dict(shuffled)), model())
    assert one.sum() == pytest.approx(1)
    assert one == pytest.approx(other, rel=1e-9)


@given(cases(), st.sampled_from(CODES))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_a_finding_not_assessed_moves_nothing(told: dict[str, Any], code: str) -> None:
    told.pop(code, None)
    flat = {**case_of(told), code: np.ones(len(model().nodes[code].states))}
    if model().nodes[code].parent is None:
        assert probabilities(flat, model()) == pytest.approx(probabilities(case_of(told), model()), rel=1e-9)


def test_history_asked_and_negative_differs_from_history_not_stated() -> None:
    silent = probabilities(case_of({"compartment": "intramedullary"}), model())
    asked = probabilities(case_of({"compartment": "intramedullary", "known_primary": "none"}), model())
    row = model().index("intramedullary_metastasis")
    assert asked[row] < silent[row] / 2


def test_age_counts_once() -> None:
    """With age the only finding, entities keep the base rates of the band on average over the band's ages."""
    told = model()
    ages = np.arange(18.5, 100)
    density = np.array([probabilities({"age_years": Number(float(age))}, told) for age in ages])
    base = prior({"age_years": Number(40.0)}, told)
    meningioma = told.index("meningioma")
    assert density[:, meningioma].min() < base[meningioma] < density[:, meningioma].max()


def test_an_unassessed_enhancement_is_implied_by_its_pattern() -> None:
    pattern = probabilities(case_of({"enhancement_pattern": "homogeneous"}), model())
    cavernoma = model().index("cavernous_malformation")
    assert pattern[cavernoma] < prior({}, model())[cavernoma]


def test_none_of_these_gains_when_nothing_fits() -> None:
    odd = {
        "compartment": "extradural",
        "cord_expansion": "present",
        "fat_signal": "present",
        "t1_signal": "hypointense",
        "rim_flame_sign": "present",
        "dysraphism": "present",
        "flow_voids": "present",
        "bone_destruction": "present",
    }
    odd_share, usual_share = (probabilities(case_of(told), model())[-1] for told in (odd, CAP_CASE))
    assert usual_share < prior({}, model())[-1] < odd_share
    assert odd_share > 5 * usual_share


def test_uniform_base_rates_let_the_signs_speak_alone() -> None:
    share = prior({}, model("uniform"))[:-1]
    assert share.std() < 1e-12
    clinical, published = prior({}, model())[:-1], prior({}, model("published"))[:-1]
    assert clinical.max() / clinical.min() > published.max() / published.min() > 1


def test_the_posterior_agrees_with_an_exact_engine() -> None:
    gum = pytest.importorskip("pyagrum")
    told = changed("clinical", weight_of_signs=1.0)
    picked = (
        "compartment",
        "level",
        "axial_position",
        "onset",
        "haemorrhage",
        "cap_sign",
        "enhancement",
        "enhancement_pattern",
        "oedema",
    )
    net = gum.BayesNet("differential")
    net.add(gum.LabelizedVariable("entity", "", list(told.entities)))
    net.cpt("entity").fillWith((prior({}, told)).tolist())
    for code in picked:
        node = told.nodes[code]
        net.add(gum.LabelizedVariable(code, "", [*node.states, "undefined"]))
        net.addArc("entity", code)
        if node.parent:
            net.addArc(node.parent, code)
        for row, entity in enumerate(told.entities):
            if node.parent is None:
                net.cpt(code)[{"entity": entity}] = [*node.table[row], max(0.0, 1 - node.table[row].sum())]
                continue
            for place, state in enumerate(told.nodes[node.parent].states):
                chances = node.table[row, place]
                net.cpt(code)[{"entity": entity, node.parent: state}] = [*chances, max(0.0, 1 - chances.sum())]
            net.cpt(code)[{"entity": entity, node.parent: "undefined"}] = [*np.zeros(len(node.states)), 1.0]
    for case in (
        {"compartment": "intramedullary", "axial_position": "central", "cap_sign": "present", "enhancement": "marked"},
        {"level": "cauda_equina", "onset": "acute", "enhancement_pattern": "ring", "oedema": "extensive"},
        {"haemorrhage": "present", "axial_position": "eccentric", "enhancement": "absent"},
    ):
        engine = gum.LazyPropagation(net)
        engine.setEvidence(case)
        engine.makeInference()
        exact = engine.posterior("entity").toarray()
        assert probabilities(case_of(case), told) == pytest.approx(exact, abs=1e-6)


def test_what_cannot_be_leaves_the_base_rates() -> None:
    told = probabilities(case_of({"haemorrhage": "absent", "cap_sign": "present"}), model())
    assert np.isfinite(told).all()
    assert told.sum() == pytest.approx(1)


def test_a_parents_probability_is_its_childrens() -> None:
    told = probabilities(case_of(CAP_CASE), model())
    rows = list(model().rows("ependymoma"))
    assert told[rows].sum() > 0.3
    assert knowledge().vocabulary.entities["ependymoma_mycn_amplified"].parent == "ependymoma"
