"""A part of a lesion in another compartment is seen, and a rim drawn too wide is not taken for one."""

from __future__ import annotations

import phantoms
import pytest
from findings import spines
from phantoms import Blob, Spine


@pytest.mark.parametrize("name", ["inside", "outside", "epidural", "free"])
def test_a_lesion_in_one_compartment_has_no_second(name: str) -> None:
    assert spines.seen(spines.case(name), "second_compartment").state == "none"


def test_a_lesion_across_the_dura_has_a_second_compartment() -> None:
    finding = spines.seen(spines.case("dumbbell"), "second_compartment")
    assert finding.state == "intradural_extramedullary"
    assert spines.value(finding) > 20


def test_growth_past_the_foramen_is_paraspinal() -> None:
    spine = spines.with_blobs(Spine(), Blob(1, (20, 0, 0), (14, 5, 7), spines.SOLID))
    wide = phantoms.grid((37, 53, 43), (1.5, 2.0, 1.6), "PSR", (2, -2, 3), (10, 0, 0))
    finding = spines.seen(spines.reading_of(spine, ("T2w",), grids={"T2w": wide}), "second_compartment")
    assert finding.state in ("extradural", "paraspinal")
    assert spines.value(finding) > 20


def test_a_lesion_in_the_vertebra_is_not_beside_the_spine() -> None:
    spine = spines.with_blobs(Spine(), Blob(10, (0, 20, 0), (10, 6, 7), spines.NODULE))
    assert spines.seen(spines.reading_of(spine, ("T2w",)), "second_compartment").state == "none"


def test_without_the_sac_it_is_not_assessed() -> None:
    placed = spines.study(spines.OUTSIDE, ("T2w",))
    maps = spines.without(spines.truth(spines.OUTSIDE, placed), 2)
    assert spines.gap(spines.read(placed, maps), "second_compartment") == "the thecal sac was not drawn"
