"""Each artefact does what it is named for, along its own axis, and nothing once it is switched off."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from thecal.simulation import simulate
from thecal.simulation.artefacts import (
    FAT_SHIFT_PPM,
    NAMES,
    NONE,
    Artefacts,
    bloom,
    distort,
    draw_artefacts,
    fold,
    gulp,
    move,
    pulse,
    shift_fat,
)


def _spot(shape: tuple[int, int, int] = (37, 53, 5), at: tuple[int, int, int] = (17, 26, 2)) -> NDArray[np.float32]:
    image = np.zeros(shape, np.float32)
    image[at] = 100.0
    return image


def test_fat_is_displaced_by_its_frequency_over_the_bandwidth() -> None:
    hertz_per_pixel = FAT_SHIFT_PPM * 1e-6 * 42.577e6 * 3.0 / 3
    moved = shift_fat(_spot(), 1, hertz_per_pixel, 3.0)
    assert np.argwhere(moved == moved.max()).tolist() == [[17, 29, 2]]
    half = shift_fat(_spot(), 0, hertz_per_pixel * 2, 3.0)
    assert half[18, 26, 2] == pytest.approx(50, abs=0.1)
    assert half[19, 26, 2] == pytest.approx(50, abs=0.1)
    assert np.array_equal(shift_fat(_spot(), 0, 0.0, 3.0), _spot())


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("spoil", [pulse, gulp])
def test_what_moves_while_phase_is_encoded_leaves_traces_along_that_axis_alone(axis: int, spoil) -> None:  # type: ignore[no-untyped-def]
    image = _spot()
    spoiled = spoil(image, image, axis, 0.3, np.random.default_rng(1))
    trace = np.delete(np.moveaxis(spoiled, axis, 0)[:, 26 if axis == 0 else 17, 2], 17 if axis == 0 else 26)
    assert trace.max() > 2.0
    elsewhere = spoiled.copy()
    elsewhere[(slice(None), 26, 2) if axis == 0 else (17, slice(None), 2)] = 0
    assert elsewhere.max() < 1e-3


def test_a_pulse_makes_two_ghosts_at_equal_distance() -> None:
    image = _spot()
    spoiled = pulse(image, image, 0, 0.2, np.random.default_rng(3))
    line = spoiled[:, 26, 2].copy()
    line[17] = 0
    centred = np.roll(line, 18 - 17)
    assert np.allclose(centred, centred[::-1], atol=0.35 * centred.max())
    assert (centred > 0.5 * centred.max()).sum() <= 4


def test_a_patient_who_lies_still_is_not_blurred_and_one_who_moves_is() -> None:
    image = np.zeros((37, 53, 5), np.float32)
    image[10:25, 20:40] = 1.0
    assert np.allclose(move(image, 1, 0.0, np.random.default_rng(2)), image, atol=1e-5)
    moved = move(image, 1, 3.0, np.random.default_rng(2))
    assert np.abs(moved - image).max() > 0.2


def test_blood_blooms_beyond_itself_and_more_the_later_the_echo() -> None:
    image, share = np.full((37, 53, 5), 10.0, np.float32), _spot() / 200
    early, late = (bloom(image, share, (0.6, 0.9), echo_s, 3.0) for echo_s in (0.005, 0.02))
    assert late[17, 26, 2] < early[17, 26, 2] < 10
    assert late[18, 26, 2] < 0.9 * 10
    assert late[25, 26, 2] == pytest.approx(10, rel=0.01)
    assert late[17, 26, 3] == 10


def test_signal_from_outside_folds_in_on_the_other_side() -> None:
    image = _spot(at=(1, 26, 2))
    folded = fold(image, (4, 0), 0.5)
    assert folded.shape == (29, 53, 5)
    assert np.argwhere(folded == folded.max()).tolist() == [[26, 26, 2]]
    assert folded.max() == pytest.approx(50)
    assert np.array_equal(fold(image, (0, 0), 0.5), image)


def test_metal_takes_signal_away_and_gradient_echo_loses_more() -> None:
    image, metal = np.full((37, 53, 5), 1.0, np.float32), np.zeros((37, 53, 5), np.float32)
    metal[16:20, 24:28, 2] = 1
    spin, gradient = (distort(image, metal, 0, (1.0, 1.0, 3.0), strength) for strength in (1.0, 3.0))
    lost = [int((made[:, :, 2] < 0.5).sum()) for made in (spin, gradient)]
    assert 16 < lost[0] < lost[1]
    assert np.array_equal(distort(image, metal, 0, (1.0, 1.0, 3.0), 0.0), image)
    assert np.array_equal(distort(image, np.zeros_like(metal), 0, (1.0, 1.0, 3.0), 1.0), image)


def test_every_artefact_is_drawn_now_and_then_and_can_be_switched_off() -> None:
    drawn = [draw_artefacts(np.random.default_rng(seed)) for seed in range(400)]
    for name in NAMES:
        assert any(getattr(one, name) > 0 for one in drawn), name
        assert getattr(drawn[0].without(name), name) == 0
    assert np.mean([one.motion_mm > 0 for one in drawn]) == pytest.approx(0.12, abs=0.05)


@pytest.mark.parametrize("name", ["motion_mm", "swallowing", "pulsation", "bandwidth_hz", "wrap", "ringing", "bias"])
def test_an_artefact_changes_the_image_and_leaves_the_truth(name: str) -> None:
    strong = {"motion_mm": 4.0, "bandwidth_hz": 100.0, "bias": 1.5}.get(name, 0.9)
    clean, spoiled = (
        simulate("healthy", 1, protocol="tiny", region="cervical", artefacts=kind)
        for kind in (NONE, Artefacts(**{name: strong}))
    )
    pairs = list(zip(clean.study.series, spoiled.study.series, strict=True))
    assert any(
        one.volume is not None and two.volume is not None and one.volume.digest != two.volume.digest
        for one, two in pairs
    )
    differing = clean.anatomy.volume.voxels != spoiled.anatomy.volume.voxels
    assert differing.mean() < 0.002
    assert {one.volume.shape for one, _ in pairs if one.volume} == {two.volume.shape for _, two in pairs if two.volume}


def test_a_patient_who_moves_between_series_keeps_truth_and_image_together() -> None:
    phantom = simulate("lipoma", 3, protocol="tiny", artefacts=Artefacts(moved_mm=6.0), signs={"level": "thoracic"})
    for key in ("acq-sag_T1w", "acq-sag_ce-gadolinium_T1w"):
        volume = phantom.study.find(key).volume
        assert volume is not None
        anatomy, lesion = (labels.volume.voxels for labels in phantom.by_series[key])
        assert volume.voxels[lesion == 2].mean() > 1.3 * volume.voxels[anatomy == 1].mean()
