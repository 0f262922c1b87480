"""The area that all roots take up together, and the tail of the sac it is measured in."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import nerve_root_thickening
from thecal.findings.roots import cord_end, roots_of, tail_of

FINE = phantoms.grid((41, 59, 31), (0.8, 2.2, 0.8))
GRIDS = {"T2w": FINE}


def _tail(girth_mm: float, *more: Blob) -> Spine:
    turns = 2 * np.pi * (np.arange(10) + 0.5) / 10
    roots = tuple(
        Blob(0, (6.0 * np.cos(t), 5.1 * np.sin(t), 0), (girth_mm, girth_mm, 900), {"T2w": 1.0}, within="csf")
        for t in turns
    )
    return Spine(cord_ends_at=35.0, bend_mm=0.0, blobs=(*roots, *more))


@pytest.mark.parametrize(("girth", "state"), [(0.8, "absent"), (1.7, "present")])
def test_the_area_of_all_roots_is_recovered(girth: float, state: str) -> None:
    finding = asked.seen(nerve_root_thickening, _tail(girth), ("T2w",), grids=GRIDS, instance=None)
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(10 * np.pi * girth**2, rel=0.3)


def test_a_lesion_in_the_sac_is_not_counted_as_root() -> None:
    mass = Blob(1, (0, 0, -20), (8, 7, 8), {"T2w": 1.0}, within="csf")
    finding = asked.seen(nerve_root_thickening, _tail(0.8, mass), ("T2w",), grids=GRIDS, instance=None)
    assert finding.state == "absent"


def test_the_end_of_the_cord_is_found_and_the_tail_begins_below_it() -> None:
    spine = _tail(1.0)
    placed = spines.study(spine, ("T2w",), grids=GRIDS)
    maps = phantoms.truth(spine, placed)
    end = cord_end(placed, maps)
    assert end is not None
    assert end[2] == pytest.approx(35, abs=3)
    found = tail_of(placed, maps, "acq-sag_T2w")
    assert found is not None
    assert found.view.mm(found.inside)[:, 2].max() < 35 - 10
    roots = roots_of(placed, maps)
    assert roots is not None
    assert np.all((roots.share >= 0) & (roots.share <= 1))


def test_where_the_cord_does_not_end_in_view_or_without_t2w_nothing_is_said() -> None:
    why = asked.gap(nerve_root_thickening, Spine(), ("T2w",), instance=None)
    assert why == "the thecal sac below the end of the cord is not in view"
    assert asked.gap(nerve_root_thickening, Spine(), ("T1w",), instance=None) == "no T2w"
