from __future__ import annotations

import numpy as np
from differential.models import knowledge, model

from thecal.differential.structure import Link, conditional_rates, parents_first, read_links


def test_a_dependence_keeps_the_rates_of_both_findings() -> None:
    rng = np.random.default_rng(2)
    parent, child = rng.dirichlet(np.ones(3), 7), rng.dirichlet(np.ones(4), 7)
    odds = np.ones((3, 4))
    odds[0, 1], odds[2, 3] = 5.0, 0.1
    table = conditional_rates(parent, child, Link("b", "a", (True, True, True), odds))
    assert np.allclose(table.sum(axis=2), 1)
    assert np.allclose(np.einsum("ep,eps->es", parent, table), child, atol=1e-4)
    assert np.all(table[:, 0, 1] > child[:, 1])


def test_a_finding_has_no_rates_where_it_is_undefined() -> None:
    parent, child = np.full((2, 3), 1 / 3), np.array([[0.2, 0.8], [0.6, 0.4]])
    table = conditional_rates(parent, child, Link("b", "a", (False, True, True), np.ones((3, 2))))
    assert np.all(table[:, 0] == 0)
    assert np.allclose(table[:, 1], child)


def test_there_is_no_cap_sign_without_haemorrhage() -> None:
    rates = [rate for rate in model().rates.states if rate.finding == "cap_sign"]
    assert rates
    assert all(rate.given == "haemorrhage" for rate in rates)
    assert all(rate.within["absent"]["present"] < 1e-6 for rate in rates)


def test_an_enhancement_pattern_exists_only_where_there_is_enhancement() -> None:
    rate = next(rate for rate in model().rates.states if rate.finding == "enhancement_pattern")
    assert set(rate.within) == {"mild", "marked"}


def test_parents_stand_before_their_children() -> None:
    links = read_links(knowledge().text["differential"], knowledge().vocabulary)
    parents = {child: link.parent for child, link in links.items()}
    order = parents_first(tuple(reversed(list(knowledge().vocabulary.findings))), parents)
    assert all(order.index(link.parent) < order.index(child) for child, link in links.items())
