"""Roots in the middle of the sac, spread out, or on its wall, below a cord that ends in view."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from findings import spines
from phantoms import Blob, Spine

NERVE = {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 1.0}
LIT = {**NERVE, "T1w_ce": 2.2}
TALL = phantoms.grid((37, 59, 19), (1.1, 2.2, 1.5))


def _tail(radius_mm: float, girth_mm: float, ratio: dict[str, float], count: int = 10) -> Spine:
    """A sac without cord below z = 35, with straight roots at a distance from its middle."""
    turns = 2 * np.pi * (np.arange(count) + 0.5) / count
    roots = tuple(
        Blob(
            0, (radius_mm * np.cos(t), 0.85 * radius_mm * np.sin(t), 0), (girth_mm, girth_mm, 400), ratio, within="csf"
        )
        for t in turns
    )
    return Spine(cord_ends_at=35.0, bend_mm=0.0, blobs=roots)


@pytest.mark.parametrize(("radius", "state"), [(2.5, "central"), (6.8, "absent")])
def test_where_the_roots_lie_is_told(radius: float, state: str) -> None:
    reading = spines.reading_of(_tail(radius, 0.9, NERVE), spines.FULL, grids=dict.fromkeys(spines.FULL, TALL))
    assert spines.seen(reading, "nerve_root_clumping").state == state


@pytest.mark.parametrize(("girth", "state"), [(0.8, "absent"), (1.9, "present")])
def test_thick_roots_take_more_room(girth: float, state: str) -> None:
    reading = spines.reading_of(_tail(6.0, girth, NERVE), spines.FULL, grids=dict.fromkeys(spines.FULL, TALL))
    assert spines.seen(reading, "nerve_root_thickening").state == state


@pytest.mark.parametrize(("ratio", "state"), [(NERVE, "absent"), (LIT, "both")])
def test_roots_that_gain_signal_enhance(ratio: dict[str, float], state: str) -> None:
    reading = spines.reading_of(_tail(6.0, 1.2, ratio), spines.FULL, grids=dict.fromkeys(spines.FULL, TALL))
    assert spines.seen(reading, "nerve_root_enhancement").state == state


def test_where_the_cord_does_not_end_in_view_nothing_is_said_of_roots() -> None:
    for code in ("nerve_root_clumping", "nerve_root_thickening"):
        assert "end of the cord is not in view" in spines.gap(spines.case("healthy"), code)
