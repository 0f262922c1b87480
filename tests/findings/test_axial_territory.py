"""Change of the cord in one territory of its cross-section is told from that in another."""

from __future__ import annotations

import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import axial_territory

WIDE = Spine(cord_radii=(9.0, 8.0), sac_radii=(13.0, 12.0))
AXIAL = phantoms.grid((53, 49, 17), (0.8, 0.8, 3.0), "RPS", (3.0, -2.0, 4.0))
CHANGED = {"T2w": 1.6}
# Where each territory's change is drawn: centre and radii in mm, across and front to back.
PLACES = {
    "central_grey": ((0.0, 0.0, 0.0), (5.2, 4.4, 9.0)),
    "dorsal_columns": ((0.0, -4.4, 0.0), (3.0, 3.4, 9.0)),
    "lateral": ((5.6, -0.4, 0.0), (3.2, 4.0, 9.0)),
    "dorsal_subpial": ((0.0, -6.0, 0.0), (6.7, 4.0, 9.0)),
    "holocord": ((0.0, 0.0, 0.0), (8.6, 7.6, 9.0)),
}


@pytest.mark.parametrize("state", list(PLACES))
def test_each_territory_is_recovered(state: str) -> None:
    spine = spines.with_blobs(WIDE, Blob(7, *PLACES[state], CHANGED, within="cord"))
    finding = asked.seen(axial_territory, spine, ("T2w",), grids={"T2w": AXIAL})
    assert finding.state == state
    assert spines.value(finding) > 70


def test_both_anterior_horns_are_told_from_the_centre() -> None:
    horns = [Blob(7, (side * 3.0, 1.6, 0.0), (2.0, 2.6, 9.0), CHANGED, within="cord") for side in (-1, 1)]
    finding = asked.seen(axial_territory, spines.with_blobs(WIDE, *horns), ("T2w",), grids={"T2w": AXIAL})
    assert finding.state == "anterior_horns"


def test_from_the_side_it_is_less_sure() -> None:
    spine = spines.with_blobs(WIDE, Blob(7, *PLACES["dorsal_columns"], CHANGED, within="cord"))
    across = asked.seen(axial_territory, spine, ("T2w",), grids={"T2w": AXIAL})
    along = asked.seen(axial_territory, spine, ("T2w",))
    assert across.probabilities is not None
    assert along.probabilities is not None
    assert max(along.probabilities.values()) < max(across.probabilities.values())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("inside", "the lesion is a mass, which pushes the territories about"),
        ("outside", "the lesion does not lie within the cord"),
    ],
)
def test_what_is_no_change_of_the_cord_has_no_territory(name: str, why: str) -> None:
    assert asked.gap(axial_territory, spines.CASES[name], ("T2w",)) == why


def test_without_t2w_or_cord_it_is_not_assessed() -> None:
    spine = spines.with_blobs(WIDE, Blob(7, *PLACES["lateral"], CHANGED, within="cord"))
    assert asked.gap(axial_territory, spine, ("T1w",)) == "no T2w or fat-suppressed T2w or STIR"
    why = asked.gap(axial_territory, spine, ("T2w",), change=lambda maps: spines.without(maps, 1))
    assert why == "the spinal cord was not drawn"
