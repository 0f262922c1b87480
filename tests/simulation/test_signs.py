"""Which signs a case shows: drawn jointly, fixed by the caller, refused where they cannot be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from thecal.records import CallWrong, NumberRate, Rate, Rates
from thecal.simulation.chances import Chance, Coupling, draw
from thecal.simulation.limits import Form, find_undrawable
from thecal.simulation.signs import IMAGING, Case, draw_case, entity_codes

# Haemorrhage in 30 of 100, a cap in half of those; never without.
RATES = Rates(
    (
        Rate("ependymoma", "sex", {"female": 0.5, "male": 0.5}, 10, 1.0),
        Rate("ependymoma", "compartment", {"intramedullary": 1.0, "extradural": 0.0}, 10, 1.0),
        Rate("ependymoma", "level", {"cervical": 0.6, "thoracic": 0.4}, 10, 1.0),
        Rate("ependymoma", "haemorrhage", {"absent": 0.7, "present": 0.3}, 10, 1.0),
        Rate("ependymoma", "cap_sign", {"absent": 0.85, "present": 0.15}, 10, 1.0, (), "haemorrhage",
             {"absent": {"absent": 1.0, "present": 0.0}, "present": {"absent": 0.5, "present": 0.5}}),
        Rate("ependymoma", "enhancement", {"absent": 0.2, "marked": 0.8}, 10, 1.0),
        Rate("ependymoma", "enhancement_pattern", {"ring": 0.4, "homogeneous": 0.6}, 10, 1.0, (), "enhancement",
             {"marked": {"ring": 0.4, "homogeneous": 0.6}}),
        Rate("ependymoma", "known_primary", {"none": 0.9, "solid_cancer": 0.1}, 10, 1.0),
    ),
    (NumberRate("ependymoma", "age_years", ((1.0, 40.0, 10.0),), 10),),
)  # fmt: skip


def cases(count: int = 400, **fixed: str) -> list[Case]:
    return [draw_case("ependymoma", np.random.default_rng([4, seed]), fixed, RATES) for seed in range(count)]


def share(drawn: list[Case], sign: str, state: str) -> float:
    return float(np.mean([case.drawn.get(sign) == state for case in drawn]))


def test_frequencies_are_those_of_the_rates_within_three_standard_errors() -> None:
    drawn = cases()
    for sign, state, rate in (
        ("haemorrhage", "present", 0.3),
        ("level", "cervical", 0.6),
        ("known_primary", "none", 0.9),
    ):
        assert share(drawn, sign, state) == pytest.approx(rate, abs=3 * (rate * (1 - rate) / len(drawn)) ** 0.5)
    assert np.mean([case.age for case in drawn]) == pytest.approx(40, abs=1.5)


def test_a_cap_is_drawn_only_with_haemorrhage_and_then_in_half() -> None:
    drawn = cases()
    bled = [case for case in drawn if case.drawn["haemorrhage"] == "present"]
    assert share(bled, "cap_sign", "present") == pytest.approx(0.5, abs=0.15)
    assert not any(case.drawn["cap_sign"] == "present" for case in drawn if case not in bled)


def test_a_sign_does_not_exist_where_its_parent_rules_it_out() -> None:
    for case in cases(100):
        assert ("enhancement_pattern" in case.drawn) == (case.drawn["enhancement"] == "marked")


def test_a_fixed_cap_brings_its_haemorrhage_and_leaves_the_rest_as_often_as_it_was() -> None:
    drawn = cases(cap_sign="present")
    assert share(drawn, "haemorrhage", "present") == 1.0
    assert share(drawn, "level", "cervical") == pytest.approx(0.6, abs=0.08)


def test_signs_that_exclude_each_other_are_refused_with_the_reason() -> None:
    with pytest.raises(CallWrong, match="cannot be where haemorrhage is absent"):
        cases(1, cap_sign="present", haemorrhage="absent")
    with pytest.raises(CallWrong, match="told only where enhancement is mild or marked"):
        cases(1, enhancement="absent", enhancement_pattern="ring")


def test_coupled_signs_keep_their_own_rates_and_go_together() -> None:
    chances = (Chance("one", {"yes": 0.3, "no": 0.7}), Chance("two", {"absent": 0.6, "present": 0.4}))
    together = Coupling({"one": (("yes",), ("no",)), "two": (("present",), ("absent",))})
    drawn = [draw(chances, {}, np.random.default_rng([1, seed]), [together]) for seed in range(500)]
    counts = Counter((states["one"], states["two"]) for states in drawn)
    assert sum(n for (one, _), n in counts.items() if one == "yes") == pytest.approx(150, abs=32)
    assert sum(n for (_, two), n in counts.items() if two == "present") == pytest.approx(200, abs=35)
    assert counts["yes", "absent"] == 0


def test_what_no_image_can_show_is_told_with_its_reason() -> None:
    drawn = {"compartment": "extradural", "cord_expansion": "present", "brain_lesion": "absent", "syrinx": "present"}
    told = find_undrawable(drawn, Form("epidural", "thoracic"))
    assert set(told) == {"cord_expansion", "brain_lesion"}
    assert all(len(reason) > 10 for reason in told.values())


def test_without_rates_every_entity_is_drawn_with_every_quiet_sign() -> None:
    for entity in entity_codes()[1:]:
        case = draw_case(entity, np.random.default_rng(2))
        assert {"haemorrhage", "oedema", "calcification", "second_compartment"} <= set(case.drawn)
        assert set(case.signs) & set(case.undrawable) == set()
    assert {"cap_sign", "canal_position", "brain_lesion", "length_segments"} <= set(IMAGING)


def test_an_entity_that_sums_others_is_drawn_as_one_of_them() -> None:
    drawn = {draw_case("nmosd_or_mogad", np.random.default_rng(seed)).entity for seed in range(12)}
    assert drawn == {"nmosd", "mogad"}
