"""The level follows from labelled vertebrae, from the cord's tip, or from the region that the series shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from findings import spines
from phantoms import Spine

from thecal.findings.level import by_count, by_region
from thecal.findings.levels import NAMES
from thecal.records import Finding, Reading


def _reading(spine: Spine, region: dict[str, float] | None = None, *, labels: bool = True) -> Reading:
    placed = spines.study(spine, ("T2w",))
    maps = spines.truth(spine, placed)
    if not labels:
        maps = spines.without(maps, *range(11, 101))
    if region is not None:
        maps = replace(maps, region={"acq-sag_T2w": region})
    return spines.read(placed, maps)


@pytest.mark.parametrize(
    ("top", "z", "state", "name"),
    [
        (11, 44.0, "craniocervical", "C1"), (13, 0.0, "cervical", "C5"), (23, 0.0, "thoracic", "T5"), (31, 0.0, "conus", "L1"),
        (41, 0.0, "cauda_equina", "L3"),
    ],
)  # fmt: skip
def test_each_region_is_recovered_from_labels(top: int, z: float, state: str, name: str) -> None:
    spine = spines.with_blobs(Spine(top_level=top), replace(spines.CORE, centre=(0, 0, z * 0.9)))
    finding = spines.seen(_reading(spine), "level")
    assert finding.state == state
    assert f"at {name} " in finding.method


def test_the_count_of_vertebrae_is_exact_along_the_spine() -> None:
    for z in (-30.0, 7.0):
        spine = spines.with_blobs(Spine(top_level=23), replace(spines.CORE, centre=(0, 0, z)))
        assert spines.value(spines.seen(_reading(spine), "level")) == pytest.approx(10 + (44 - z) / 22, abs=0.12)


def test_the_tip_of_the_cord_parts_conus_from_cauda_equina() -> None:
    low = Spine(top_level=33 - 2, cord_ends_at=-10.0, top_z=44)
    above = spines.with_blobs(low, replace(spines.CORE, centre=(0, 0, 5), radii=(4, 3, 6)))
    below = spines.with_blobs(low, replace(spines.CORE, centre=(0, 0, -27), radii=(4, 3, 6), within="csf"))
    first, second = spines.seen(_reading(above), "level"), spines.seen(_reading(below), "level")
    assert first.state == "conus"
    assert "tip" in first.method
    assert second.state == "cauda_equina"


def test_without_labels_the_region_speaks_and_without_either_nothing_does() -> None:
    spine = spines.CASES["core"]
    told = spines.seen(_reading(spine, {"cervical": 0.9, "thoracic": 0.1}, labels=False), "level")
    assert told.state == "cervical"
    assert spines.gap(_reading(spine, labels=False), "level") == "no vertebra could be named"


def test_a_level_near_a_border_is_shared_by_both_regions() -> None:
    shares = by_count(7.5, None)
    assert shares["cervical"] == pytest.approx(shares["thoracic"], abs=0.02)
    assert sum(shares.values()) == pytest.approx(1)
    assert sum(by_region({"lumbar": 0.5, "sacral": 0.5}, None).values()) == pytest.approx(1)


def test_every_level_has_a_most_probable_region() -> None:
    states = [max(shares, key=shares.__getitem__) for count in range(1, 26) if (shares := by_count(float(count), None))]
    assert (
        states == ["craniocervical"] * 2 + ["cervical"] * 5 + ["thoracic"] * 11 + ["conus"] * 2 + ["cauda_equina"] * 5
    )
    assert len(NAMES) == 27


def test_the_level_points_at_the_lesion() -> None:
    finding = spines.seen(spines.case("outside"), "level")
    assert isinstance(finding, Finding)
    assert finding.where is not None
    assert finding.where.z == pytest.approx(5, abs=3)
