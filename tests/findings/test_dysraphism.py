"""An arch that did not close shows beside closed ones; where no arches were drawn nothing is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import phantoms
import pytest
from findings import asked, spines
from numpy.typing import NDArray
from phantoms import Spine

from thecal.findings import dysraphism
from thecal.records import Segmentation

SPINE = Spine(bend_mm=0.0)
DEEP = phantoms.grid((61, 67, 17), (1.5, 2.0, 2.0))
GRIDS = {"T2w": DEEP}


def _arched(*open_at: int, height_mm: float = 11.0) -> Callable[[Segmentation], Segmentation]:
    """Arches behind the sac at every vertebra but the open ones (counted from the top level), of a height in the midline."""

    def paint(codes: NDArray[np.int16], local: asked.Local) -> NDArray[np.int16]:
        _, _, number = SPINE.column(local)
        middle = SPINE.top_z - number * SPINE.pitch_mm
        behind = (local[..., 1] < -SPINE.sac_radii[1] - 1) & (local[..., 1] > -SPINE.sac_radii[1] - 12)
        arch = behind & (np.abs(local[..., 2] - middle) < height_mm / 2) & (np.abs(local[..., 0]) < 9)
        arch &= ~(np.isin(number, open_at) & (np.abs(local[..., 0]) < 5))
        levels = np.array(phantoms.LEVELS)[phantoms.LEVELS.index(SPINE.top_level) + np.clip(number, -3, 8)]
        codes[arch & (codes == 0)] = levels[arch & (codes == 0)]
        return codes

    return lambda maps: asked.redrawn(SPINE, maps, paint)


def test_closed_arches_are_measured() -> None:
    finding = asked.seen(dysraphism, SPINE, ("T2w",), grids=GRIDS, instance=None, change=_arched())
    assert finding.state == "absent"
    assert spines.value(finding) == pytest.approx(11, abs=2)


def test_an_open_arch_is_seen_and_pointed_at() -> None:
    finding = asked.seen(dysraphism, SPINE, ("T2w",), grids=GRIDS, instance=None, change=_arched(2))
    assert finding.state == "present"
    assert spines.value(finding) == 0
    assert finding.where is not None
    assert finding.where.z == pytest.approx(SPINE.top_z - 2 * SPINE.pitch_mm, abs=8)
    assert finding.where.y < 0
    assert "T5" in finding.method


def test_a_low_arch_is_left_open() -> None:
    finding = asked.seen(dysraphism, SPINE, ("T2w",), grids=GRIDS, instance=None, change=_arched(height_mm=6.0))
    assert finding.probabilities is not None
    assert max(finding.probabilities.values()) < 0.98


def test_where_arches_were_not_drawn_nothing_is_said() -> None:
    why = "the arches of the vertebrae were not drawn"
    assert asked.gap(dysraphism, SPINE, ("T2w",), grids=GRIDS, instance=None) == why
    most_open = _arched(1, 2, 3)
    assert asked.gap(dysraphism, SPINE, ("T2w",), grids=GRIDS, instance=None, change=most_open) == why


def test_without_sac_or_levels_it_is_not_assessed() -> None:
    for codes, why in (
        ((2,), "the thecal sac was not drawn"),
        (range(11, 101), "fewer than two vertebrae are labelled"),
    ):
        bare = asked.gap(
            dysraphism,
            SPINE,
            ("T2w",),
            grids=GRIDS,
            instance=None,
            change=lambda maps, c=codes: spines.without(maps, *c),  # type: ignore[misc]
        )
        assert bare == why
