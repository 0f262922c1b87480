"""Oedema is change of the cord beyond the lesion; longer than the lesion it is extensive."""

from __future__ import annotations

import pytest
from findings import spines


@pytest.mark.parametrize(
    ("name", "state"),
    [("core", "absent"), ("limited oedema", "limited"), ("extensive oedema", "extensive"), ("undrawn oedema", "extensive"),
     ("cysts", "absent"), ("free", "absent"), ("pressed and changed", "limited")],
)  # fmt: skip
def test_the_degree_is_recovered(name: str, state: str) -> None:
    assert spines.seen(spines.case(name), "oedema").state == state


def test_its_length_beyond_the_lesion_is_measured() -> None:
    assert spines.value(spines.seen(spines.case("limited oedema"), "oedema")) == pytest.approx(32 - 18, abs=3)
    assert spines.value(spines.seen(spines.case("extensive oedema"), "oedema")) == pytest.approx(60 - 18, abs=5)


def test_change_of_the_cord_that_is_the_lesion_is_no_oedema() -> None:
    assert spines.seen(spines.case("plaque"), "oedema").state == "absent"


def test_without_t2w_it_is_not_assessed() -> None:
    assert (
        spines.gap(spines.case("limited oedema", ("T1w", "T1w_ce")), "oedema") == "no T2w or fat-suppressed T2w or STIR"
    )
