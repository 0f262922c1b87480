"""Drawn spines: levels in order, the cord within the sac, sizes near the norms."""

from __future__ import annotations

import numpy as np
import pytest

from thecal.simulation.numbering import ONE_FEWER, ONE_MORE, PEOPLE, USUAL, draw_numbering, numbered
from thecal.simulation.sizes import CORD_AREA, SAC_AREA
from thecal.simulation.spine import DISC_CODES, DISC_NAMES, VERTEBRA_CODES, draw_spine


def test_levels_follow_each_other_without_gaps() -> None:
    spine = draw_spine(np.random.default_rng(1), age=40, female=True, step_mm=0.5, numbering=numbered("usual"))
    assert [level.name for level in spine.levels] == list(USUAL)
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


def test_cord_and_canal_areas_have_mean_and_spread_of_the_norms() -> None:
    spines = [
        draw_spine(np.random.default_rng(seed), age=45, female=bool(seed % 2), step_mm=2.0) for seed in range(100)
    ]
    canal = {name: SAC_AREA[name] for name in ("C3", "C7", "T3")}
    cord = {name: value for name, value in CORD_AREA.items() if name != "T12"}
    for norms, which in ((cord, "cord"), (canal, "sac")):
        for name, (mean, spread) in norms.items():
            areas = [spine.at(getattr(spine, which).area, spine.level(name).middle) for spine in spines]
            assert np.mean(areas) == pytest.approx(mean, abs=0.25 * spread), (which, name)
            assert np.std(areas) == pytest.approx(spread, rel=0.3), (which, name)


def test_counts_of_vertebrae_come_at_their_published_rates() -> None:
    drawn = [draw_numbering(np.random.default_rng(seed)).kind for seed in range(3000)]
    assert sum(kind in ("T11", "L4") for kind in drawn) / 3000 == pytest.approx(ONE_FEWER / PEOPLE, abs=0.02)
    assert sum(kind in ("T13", "L6") for kind in drawn) / 3000 == pytest.approx(ONE_MORE / PEOPLE, abs=0.015)


@pytest.mark.parametrize(("kind", "discs"), [
    ("usual", {"T11": 82, "T12": 91, "L4": 95, "L5": 100}), ("T11", {"T11": 91, "L1": 92, "L5": 100}),
    ("L4", {"T12": 91, "L4": 100}), ("T13", {"T12": 83, "T13": 91, "L5": 100}), ("L6", {"L5": 96, "L6": 100}),
])  # fmt: skip
def test_discs_of_unusual_spines_have_the_codes_of_the_contract(kind: str, discs: dict[str, int]) -> None:
    spine = draw_spine(np.random.default_rng(4), age=40, female=False, step_mm=2.0, numbering=numbered(kind))
    assert {name: spine.disc_code(name) for name in discs} == discs
    assert all(spine.disc_code(name) in DISC_NAMES for name in discs)
    assert spine.level("T12").name == ("T11" if kind == "T11" else "T12")


def test_a_curve_to_the_side_has_the_angle_it_is_told_to_have() -> None:
    for seed in range(12):
        spine = draw_spine(np.random.default_rng(seed), age=75, female=True, step_mm=1.0)
        slope = np.degrees(np.arctan(np.gradient(spine.sideways, spine.s)))
        assert np.ptp(slope) >= 0.75 * spine.cobb_deg
        assert spine.cobb_deg < 46


def test_worn_discs_narrow_the_canal_with_age_and_children_are_small() -> None:
    def narrowest(age: float) -> float:
        spines = [draw_spine(np.random.default_rng(seed), age=age, female=True, step_mm=1.0) for seed in range(25)]
        return float(np.mean([min(s.at(s.sac.b, s.level(n).disc_low) for n in ("C5", "L4")) for s in spines]))

    assert narrowest(80) < narrowest(25)
    baby, adult = (draw_spine(np.random.default_rng(1), age=age, female=True, step_mm=1.0) for age in (0.1, 30))
    assert baby.levels[0].high < 0.55 * adult.levels[0].high
    assert baby.at(baby.cord.area, baby.level("C4").middle) < 0.45 * adult.at(adult.cord.area, adult.level("C4").middle)


def test_the_conus_ends_between_t12_and_l2() -> None:
    for seed in range(30):
        spine = draw_spine(np.random.default_rng(seed), age=50, female=False, step_mm=1.0, numbering=numbered("usual"))
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
