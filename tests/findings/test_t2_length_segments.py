"""All change of the cord on T2w is measured, drawn or not; cavities are no part of it."""

from __future__ import annotations

import pytest
from findings import spines

PITCH = 22.0


@pytest.mark.parametrize(
    ("name", "length_mm"),
    [
        ("core", 18.0), ("limited oedema", 32.0), ("extensive oedema", 60.0), ("plaque", 18.0), ("cysts", 18.0),
        ("undrawn syrinx", 18.0),
    ],
)  # fmt: skip
def test_the_known_length_is_recovered(name: str, length_mm: float) -> None:
    finding = spines.seen(spines.case(name), "t2_length_segments")
    assert finding.value == pytest.approx(length_mm / PITCH, abs=max(2.0, 0.1 * length_mm) / PITCH)


def test_oedema_that_was_not_drawn_is_found_on_the_image() -> None:
    finding = spines.seen(spines.case("undrawn oedema"), "t2_length_segments")
    assert finding.value == pytest.approx(60 / PITCH, rel=0.15)


def test_a_lesion_that_leaves_the_cord_alone_has_no_such_length() -> None:
    assert spines.gap(spines.case("free"), "t2_length_segments") == "no change of the cord was found"
