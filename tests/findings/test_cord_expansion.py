"""The cord at a lesion is compared with the cord beside it."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob, Spine


@pytest.mark.parametrize(("factor", "state"), [(1.0, "absent"), (1.6, "present"), (2.2, "present")])
def test_the_known_widening_is_recovered(factor: float, state: str) -> None:
    spine = spines.with_blobs(Spine(swell=(0, 18, factor)), Blob(8, (0, 0, 0), (4, 3, 16), spines.SOLID, within="cord"))
    finding = spines.seen(spines.reading_of(spine, ("T2w",)), "cord_expansion")
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(factor, rel=0.1)


def test_a_cord_pressed_thin_is_not_expanded() -> None:
    finding = spines.seen(spines.case("outside"), "cord_expansion")
    assert finding.state == "absent"
    assert spines.value(finding) < 0.8


def test_without_normal_cord_in_view_it_is_not_assessed() -> None:
    filled = spines.with_blobs(Spine(), Blob(8, (0, 0, 0), (30, 30, 300), spines.SOLID, within="cord"))
    assert "norms" in spines.gap(spines.reading_of(filled, ("T2w",)), "cord_expansion")


def test_normal_cord_on_one_side_is_enough_and_less_sure() -> None:
    spine = spines.with_blobs(Spine(swell=(50, 18, 1.6)), Blob(8, (0, 0, 40), (4, 3, 24), spines.SOLID, within="cord"))
    finding = spines.seen(spines.reading_of(spine, ("T2w",)), "cord_expansion")
    assert finding.state == "present"
    assert "one side" in finding.method
    assert finding.measurement is not None
    assert (finding.measurement.sd or 0) > 0.08
