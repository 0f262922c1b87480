"""A dark pole is a cap; a dark ring, a speck and a plain tumour are not."""

from __future__ import annotations

import pytest
from findings import darkness, spines

CODE = "cap_sign"


def test_a_dark_pole_is_a_cap_and_its_place_lies_there() -> None:
    finding = spines.seen(darkness.case("cap"), CODE)
    assert finding.state == "present"
    assert finding.where is not None
    assert finding.where.z > 8
    assert "upper" in finding.method


@pytest.mark.parametrize("name", ["plain", "speck", "fat"])
def test_without_a_dark_pole_there_is_no_cap(name: str) -> None:
    assert spines.seen(darkness.case(name), CODE).state == "absent"


def test_a_ring_takes_in_the_poles_and_leaves_the_cap_open() -> None:
    assert "ring" in spines.gap(darkness.case("ring"), CODE)


def test_t2w_stands_in_for_t2star_and_is_less_exact() -> None:
    with_star, without = (spines.seen(darkness.case("cap", roles), CODE) for roles in (darkness.ROLES, spines.FULL))
    assert without.state == "present"
    assert with_star.measurement is not None
    assert without.measurement is not None
    assert (without.measurement.sd or 0) > (with_star.measurement.sd or 0)


def test_cap_sign_is_not_assessed_without_t2() -> None:
    assert spines.gap(darkness.case("cap", ("T1w", "T1w_ce")), CODE) == "no T2*w or T2w"
