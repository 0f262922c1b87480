"""Image quality on phantoms whose flaws are known."""

from __future__ import annotations

import numpy as np
import pytest
from protocol.studies import body, series

from thecal.protocol.quality import ghosting, signal_to_noise, slice_disagreement
from thecal.records import Series, Volume


def of(volume: Volume) -> Series:
    return series("T2w", volume=volume)


@pytest.mark.parametrize("noise", [10.0, 20.0, 40.0, 60.0])
def test_signal_to_noise_is_that_of_the_phantom_within_a_sixth(noise: float) -> None:
    measured = signal_to_noise(of(body(noise=noise)))
    assert measured == pytest.approx(300 / noise, rel=1 / 6)


@pytest.mark.parametrize("strength", [0.2, 0.3, 0.4])
def test_a_ghost_beside_the_body_is_measured(strength: float) -> None:
    clean = body()
    ghosted = Volume(clean.voxels + strength * np.roll(clean.voxels, 55, axis=1), clean.affine)
    assert ghosting(of(ghosted)) == pytest.approx(strength, rel=0.4)


def test_neither_noise_nor_dark_tissue_at_the_border_is_a_ghost() -> None:
    clean = body()
    dark = clean.voxels.copy()
    dark[:, :, :30] += 60 + 25 * np.sin(np.arange(118)[:, None] / 6) * np.cos(np.arange(30) / 4)
    assert ghosting(of(clean)) == 0
    assert ghosting(of(body(noise=40))) == 0
    assert ghosting(of(Volume(dark, clean.affine))) == 0


def test_ghosting_is_not_measured_without_air() -> None:
    clean = body()
    inner = Volume(clean.voxels[:, 45:75, 45:95], clean.affine)
    assert ghosting(of(inner)) is None


def test_ghosting_is_not_measured_where_the_scanner_set_the_air_to_zero() -> None:
    clean = body()
    assert ghosting(of(Volume(np.where(clean.voxels < 100, 0, clean.voxels), clean.affine))) is None


def test_movement_between_interleaved_slices_is_found_and_a_still_patient_is_not_accused() -> None:
    clean = body(slices=15)
    moved = clean.voxels.copy()
    moved[1::2] = np.roll(moved[1::2], 6, axis=2)
    assert slice_disagreement(of(clean)) == 0
    assert (slice_disagreement(of(Volume(moved, clean.affine))) or 0) > 0.8


def test_quality_does_not_depend_on_the_order_of_the_axes() -> None:
    clean = body()
    turned = Volume(np.moveaxis(clean.voxels, 0, 2), clean.affine[:, [1, 2, 0, 3]])
    other = Series("x", "T2w", 1, "header", "sagittal", turned, slice_axis=2)
    assert signal_to_noise(other) == pytest.approx(signal_to_noise(of(clean)))
    assert ghosting(other) == pytest.approx(ghosting(of(clean)))


def test_nothing_is_measured_on_what_is_no_magnitude_image_of_mr() -> None:
    flat = Volume(np.zeros((7, 33, 29), np.int16), np.eye(4))
    negative = Volume(body().voxels - 1000, np.eye(4))
    for one in (of(flat), of(negative), series("ct", volume=body()), series("T2w")):
        assert signal_to_noise(one) is None
        assert ghosting(one) is None
