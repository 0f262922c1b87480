"""A lesion beside the canal reaches the foramen; one within the dura does not."""

from __future__ import annotations

from findings import spines

CODE = "foraminal_extension"


def test_a_dumbbell_reaches_through_the_foramen() -> None:
    finding = spines.seen(spines.case("dumbbell"), CODE)
    assert finding.state == "present"
    assert finding.where is not None
    assert finding.where.x > 12


def test_a_lesion_within_the_dura_or_the_cord_does_not() -> None:
    for name in ("outside", "inside"):
        assert spines.seen(spines.case(name), CODE).state == "absent"
        assert spines.value(spines.seen(spines.case(name), CODE)) == 0
