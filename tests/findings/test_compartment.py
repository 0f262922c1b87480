"""The compartment follows from where cord and dura were drawn, and from the segmenter's own word."""

from __future__ import annotations

from dataclasses import replace

import phantoms
import pytest
from findings import spines

from thecal.records import Compartment, Segmentation


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("inside", "intramedullary"), ("outside", "intradural_extramedullary"), ("epidural", "extradural"),
        ("plaque", "intramedullary"),
    ],
)  # fmt: skip
def test_each_compartment_is_recovered(name: str, state: str) -> None:
    finding = spines.seen(spines.case(name), "compartment")
    assert finding.state == state
    assert finding.probabilities is not None
    assert finding.probabilities[state] > 0.9


def test_the_share_within_the_cord_is_measured() -> None:
    assert spines.value(spines.seen(spines.case("inside"), "compartment")) == pytest.approx(100, abs=3)
    assert spines.value(spines.seen(spines.case("outside"), "compartment")) == pytest.approx(0, abs=3)


def _told(compartment: dict[Compartment, float], *, drawn: bool) -> Segmentation:
    placed = spines.study(spines.INSIDE, ("T2w",))
    maps = phantoms.truth(spines.INSIDE, placed)
    lesion = replace(maps.lesions[0], compartment=compartment)
    maps = replace(maps, lesions=(lesion,))
    if drawn:
        return maps
    empty = {
        key: replace(one, volume=replace(one.volume, voxels=0 * one.volume.voxels)) for key, one in maps.anatomy.items()
    }
    return replace(maps, anatomy=empty, composed_anatomy=None)


def test_where_the_segmenter_differs_the_finding_is_unsure() -> None:
    maps = _told({"extradural": 1.0}, drawn=True)
    finding = spines.seen(spines.read(spines.study(spines.INSIDE, ("T2w",)), maps), "compartment")
    assert finding.probabilities is not None
    assert finding.probabilities["intramedullary"] == pytest.approx(0.5, abs=0.05)
    assert finding.probabilities["extradural"] == pytest.approx(0.5, abs=0.05)


def test_without_cord_and_sac_the_segmenter_alone_is_heard_or_nothing_is_said() -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    heard = spines.read(placed, _told({"intramedullary": 0.8, "extradural": 0.2}, drawn=False))
    assert spines.seen(heard, "compartment").state == "intramedullary"
    assert "drawn" in spines.gap(spines.read(placed, _told({}, drawn=False)), "compartment")
