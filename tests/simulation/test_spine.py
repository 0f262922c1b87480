"""Drawn spines: levels in order, the cord within the sac, sizes near the norms."""

from __future__ import annotations

import numpy as np
import pytest

from thecal.simulation.spine import CORD_AREA, DISC_CODES, NAMES, VERTEBRA_CODES, draw_spine


def test_levels_follow_each_other_without_gaps() -> None:
    spine = draw_spine(np.random.default_rng(1), age=40, female=True, step_mm=0.5)
    assert [level.name for level in spine.levels] == list(NAMES)
    for upper, lower in zip(spine.levels, spine.levels[1:], strict=False):
        assert upper.disc_low == pytest.approx(lower.high)
        assert spine.level_at(upper.middle) == upper.name
    assert spine.segments_between(spine.level("T4").disc_low, spine.level("T2").high) == pytest.approx(3.0)


def test_the_cord_lies_in_the_sac_and_the_sac_in_the_canal() -> None:
    for seed in range(20):
        spine = draw_spine(np.random.default_rng(seed), age=5 + 4 * seed, female=bool(seed % 2), step_mm=1.0)
        cord, sac, canal = spine.cord, spine.sac, spine.canal
        here = cord.area > 5
        assert (np.abs(cord.v - sac.v) + cord.b <= sac.b + 1e-6)[here].all()
        assert (cord.a < sac.a)[here].all()
        assert (sac.b <= canal.b + 1e-6).all()


def test_cord_areas_stay_near_the_norms() -> None:
    spines = [
        draw_spine(np.random.default_rng(seed), age=45, female=bool(seed % 2), step_mm=1.0) for seed in range(120)
    ]
    for name, (mean, spread) in CORD_AREA.items():
        if name == "T12":
            continue
        areas = [spine.at(spine.cord.area, spine.level(name).middle) for spine in spines]
        assert np.mean(areas) == pytest.approx(mean, abs=0.4 * spread), name
        assert np.std(areas) == pytest.approx(spread, rel=0.4), name


def test_the_conus_ends_between_t12_and_l2() -> None:
    for seed in range(30):
        spine = draw_spine(np.random.default_rng(seed), age=50, female=False, step_mm=1.0)
        assert spine.level_at(spine.conus_tip) in ("T12", "L1", "L2")
        assert spine.level_at(spine.sac_end) in ("S1", "S2", "S3")


def test_codes_are_those_of_the_contract() -> None:
    assert (VERTEBRA_CODES["C2"], VERTEBRA_CODES["T12"], VERTEBRA_CODES["L5"], VERTEBRA_CODES["S1"]) == (12, 32, 45, 50)
    assert [DISC_CODES[name] for name in ("C2", "C6", "C7", "T11", "T12", "L1", "L4", "L5")] == [
        63,
        67,
        71,
        82,
        91,
        92,
        95,
        100,
    ]
