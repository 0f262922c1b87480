"""Where a lesion lies across the canal and across the cord."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from findings import spines
from phantoms import Blob, Spine


@pytest.mark.parametrize(
    ("name", "state"), [("outside", "ventral"), ("touching", "dorsal"), ("right", "lateral"), ("free", "lateral")]
)
def test_the_side_of_the_cord_is_recovered(name: str, state: str) -> None:
    finding = spines.seen(spines.case(name), "canal_position")
    assert finding.state == state
    assert finding.probabilities is not None
    assert finding.probabilities[state] > 0.8


def test_below_the_cord_the_sac_takes_its_place() -> None:
    spine = spines.with_blobs(Spine(cord_ends_at=30.0), Blob(1, (0, -5, -10), (4, 2.5, 6), spines.NODULE, within="csf"))
    assert spines.seen(spines.reading_of(spine, ("T2w",)), "canal_position").state == "dorsal"


def test_a_lesion_around_the_cord_lies_on_no_side() -> None:
    assert "around the cord" in spines.gap(spines.case("coat"), "canal_position")


def test_a_lesion_within_the_cord_has_no_side_of_the_canal_and_one_outside_no_place_in_the_cord() -> None:
    assert spines.gap(spines.case("inside"), "canal_position") == "the lesion lies within the cord"
    assert spines.gap(spines.case("outside"), "axial_position") == "the lesion does not lie within the cord"


@pytest.mark.parametrize(
    ("name", "state"), [("inside", "central"), ("linear", "eccentric"), ("plaque", "eccentric"), ("sharp", "central")]
)
def test_the_place_within_the_cord_is_recovered(name: str, state: str) -> None:
    assert spines.seen(spines.case(name), "axial_position").state == state


def test_the_distance_from_the_middle_is_measured() -> None:
    finding = spines.seen(spines.case("linear"), "axial_position")
    assert spines.value(finding) == pytest.approx(3 / 4.5, abs=0.12)


def test_a_lesion_beside_the_cord_that_its_own_series_drew_is_not_assessed_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Other series of a study may place the lesion within the cord.
    monkeypatch.setattr("thecal.findings.within_cord.share_within", lambda *_: 0.9)
    placed = spines.study(spines.INSIDE, ("T2w",))
    maps = spines.truth(spines.INSIDE, placed)
    anatomy = {}
    for key, one in maps.anatomy.items():
        hollow = (maps.lesion[key].volume.voxels > 0) & (one.volume.voxels == 1)
        voxels = np.where(hollow, 2, one.volume.voxels).astype(np.int16)
        anatomy[key] = replace(one, volume=replace(one.volume, voxels=voxels))
    reading = spines.read(placed, replace(maps, anatomy=anatomy))
    assert "no part of the lesion lies in the cord" in spines.gap(reading, "axial_position")
