"""Length in segments: parts of a level count in part, and what is not the lesion does not count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from findings import spines

PITCH = 22.0


@pytest.mark.parametrize(
    ("name", "length_mm"),
    [
        ("inside", 32.0),
        ("outside", 18.0),
        ("cysts", 18.0),
        ("extensive oedema", 18.0),
        ("plaque", 18.0),
        ("epidural", 24.0),
    ],
)
def test_the_known_length_is_recovered(name: str, length_mm: float) -> None:
    finding = spines.seen(spines.case(name), "length_segments")
    assert finding.value == pytest.approx(length_mm / PITCH, abs=max(2.0, 0.1 * length_mm) / PITCH)
    assert spines.value(finding) == pytest.approx(length_mm, abs=max(2.0, 0.1 * length_mm))
    assert finding.value_sd is not None
    assert 0.02 < finding.value_sd < 0.3


def test_without_two_labelled_vertebrae_it_is_not_assessed() -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    maps = spines.without(spines.truth(spines.INSIDE, placed), *range(11, 24), *range(25, 101))
    assert spines.gap(spines.read(placed, maps), "length_segments") == "fewer than two vertebrae are labelled"


def test_a_speck_far_away_does_not_lengthen_a_lesion() -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    maps = spines.truth(spines.INSIDE, placed)
    voxels = maps.lesion["acq-sag_T2w"].volume.voxels.copy()
    cord = np.argwhere(maps.anatomy["acq-sag_T2w"].volume.voxels == 1)
    voxels[tuple(cord[cord[:, 1].argmax()])] = 1
    one = maps.lesion["acq-sag_T2w"]
    speckled = replace(maps, lesion={"acq-sag_T2w": replace(one, volume=replace(one.volume, voxels=voxels))})
    finding = spines.seen(spines.read(placed, speckled), "length_segments")
    assert finding.value == pytest.approx(32 / PITCH, rel=0.1)
