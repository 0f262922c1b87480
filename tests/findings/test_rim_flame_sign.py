"""A pole that gains more than the rest is a flame."""

from __future__ import annotations

from findings import spines
from phantoms import Blob

CODE = "rim_flame_sign"
EVEN = {"T2w": 1.6, "T1w": 0.9, "T1w_ce": 1.5}


def test_a_brighter_pole_of_a_cord_lesion_is_a_flame() -> None:
    flame = Blob(1, (0, 0, 11), (5, 4, 4), {**EVEN, "T1w_ce": 2.6}, within="cord")
    spine = spines.with_blobs(spines.WIDE, Blob(1, (0, 0, 0), (6, 5, 14), EVEN, within="cord"), flame)
    finding = spines.seen(spines.reading_of(spine), CODE)
    assert finding.state == "present"
    assert finding.where is not None
    assert finding.where.z > 4


def test_even_enhancement_has_none() -> None:
    assert spines.seen(spines.case("inside"), CODE).state == "absent"


def test_outside_the_cord_there_is_none_and_without_enhancement_nothing_is_said() -> None:
    assert spines.seen(spines.case("outside"), CODE).state == "absent"
    assert spines.gap(spines.case("plaque"), CODE) == "the lesion does not enhance"
