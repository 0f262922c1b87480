"""Discs wear as they do in people without complaints."""

from __future__ import annotations

import numpy as np
import pytest

from thecal.simulation.numbering import numbered
from thecal.simulation.wear import BULGING_MM, DEGENERATE, Disc, draw_discs


def _people(age: float, half_joined: bool = False) -> list[dict[str, Disc]]:
    usual = numbered("usual", half_joined)
    return [draw_discs(np.random.default_rng([int(age), seed]), age, usual) for seed in range(300)]


@pytest.mark.parametrize(
    ("age", "degenerate", "bulging"), [(20, 0.37, 0.30), (40, 0.68, 0.50), (60, 0.88, 0.69), (80, 0.96, 0.84)]
)
def test_lumbar_discs_are_worn_as_often_as_published(age: int, degenerate: float, bulging: float) -> None:
    lumbar = [[disc for name, disc in discs.items() if name[0] == "L"] for discs in _people(age)]
    assert np.mean([max(d.state for d in row) > DEGENERATE for row in lumbar]) == pytest.approx(degenerate, abs=0.12)
    assert np.mean([max(d.bulge_mm for d in row) > BULGING_MM for row in lumbar]) == pytest.approx(bulging, abs=0.15)


def test_a_child_has_sound_discs_and_a_worn_disc_is_flat() -> None:
    assert np.mean([disc.state for discs in _people(5) for disc in discs.values()]) < 0.1
    old = [disc for discs in _people(80) for disc in discs.values()]
    assert np.corrcoef([disc.state for disc in old], [disc.height for disc in old])[0, 1] < -0.8
    assert all(disc.endplate == "none" for disc in old if disc.state < DEGENERATE)


def test_a_half_joined_vertebra_spares_the_disc_below_it() -> None:
    joined = [discs["L5"] for discs in _people(60, half_joined=True)]
    free = [discs["L5"] for discs in _people(60)]
    assert np.mean([d.state for d in joined]) < 0.5 * np.mean([d.state for d in free])
    assert all(disc.height < 0.5 and disc.bulge_mm == 0 for disc in joined)
