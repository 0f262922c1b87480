"""Normal cord is the measure of signal: shading is taken out, and what is no cord is not used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from findings import spines
from numpy.typing import NDArray

from thecal.findings.cord_signal import looks_like_cord, normal_cord
from thecal.findings.views import View, look
from thecal.records import AlignedStudy, Segmentation

PLACED = spines.study(spines.INSIDE, ("T2w", "T1w"))
MAPS = spines.truth(spines.INSIDE, PLACED)


def _view(placed: AlignedStudy = PLACED, maps: Segmentation = MAPS, key: str = "acq-sag_T1w") -> View:
    return look(placed, maps, key)


def _shaded(profile: NDArray[np.float64]) -> AlignedStudy:
    """The study under a coil whose sensitivity changes along the patient."""
    series = []
    for one in PLACED.study.series:
        assert one.volume is not None
        voxels = (one.volume.voxels * profile[None, :, None]).astype(np.float32)
        series.append(replace(one, volume=replace(one.volume, voxels=voxels)))
    return replace(PLACED, study=replace(PLACED.study, series=tuple(series)))


@pytest.mark.parametrize("key", ["acq-sag_T1w", "acq-sag_T2w"])
def test_a_coil_that_fades_at_both_ends_leaves_the_ratio_as_it_is(key: str) -> None:
    place = np.linspace(-1, 1, 53)
    placed = _shaded(1 - 0.45 * place**2)
    lesion = MAPS.lesions[0]
    view = _view(placed, key=key)
    normal = normal_cord(view, lesion)
    assert normal is not None
    ratio = float(np.median(normal.ratios(view)[view.of(lesion)]))
    assert ratio == pytest.approx({"acq-sag_T1w": 0.8, "acq-sag_T2w": 1.8}[key], rel=0.1)


def test_cord_looks_like_cord_and_csf_does_not() -> None:
    assert looks_like_cord(_view())
    assert looks_like_cord(_view(key="acq-sag_T2w"))
    swapped = {}
    for key, one in MAPS.anatomy.items():
        codes = np.choose(np.clip(one.volume.voxels, 0, 3), [0, 2, 1, 3]).astype(np.int16)
        swapped[key] = replace(one, volume=replace(one.volume, voxels=codes))
    wrong = replace(MAPS, anatomy=swapped)
    assert not looks_like_cord(_view(maps=wrong))
    assert normal_cord(_view(maps=wrong), MAPS.lesions[0]) is None


def test_the_spread_of_single_voxels_is_the_noise_that_was_put_in() -> None:
    placed = spines.study(spines.INSIDE, ("T1w",), noise=0.05)
    view = _view(placed, spines.truth(spines.INSIDE, placed))
    normal = normal_cord(view, MAPS.lesions[0])
    assert normal is not None
    assert normal.noise == pytest.approx(0.05, rel=0.35)


def test_an_undrawn_cavity_is_not_taken_for_normal_cord() -> None:
    placed = spines.study(spines.INSIDE, ("T1w",), noise=0.02)
    maps = spines.truth(spines.INSIDE, placed)
    plain, lesion = normal_cord(_view(placed, maps), maps.lesions[0]), maps.lesions[0]
    assert plain is not None
    key = "acq-sag_T1w"
    cord = maps.anatomy[key].volume.voxels == 1
    height = np.flatnonzero(cord.any(axis=(0, 2)))
    # All but the ends of the cord is a cavity that nobody drew.
    hollow = np.zeros_like(cord)
    hollow[:, height[: int(0.6 * len(height))]] = True
    one = placed.study.images()[0]
    assert one.volume is not None
    voxels = np.where(hollow & cord, one.volume.voxels * 0.45, one.volume.voxels).astype(np.float32)
    spoiled = replace(
        placed, study=replace(placed.study, series=(replace(one, volume=replace(one.volume, voxels=voxels)),))
    )
    normal = normal_cord(_view(spoiled, maps), lesion)
    assert normal is not None
    assert normal.level == pytest.approx(plain.level, abs=0.1)
