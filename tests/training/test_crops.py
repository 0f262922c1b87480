"""Crops to learn from: what is painted is what the truth says, in every contrast, and a seed decides all of it."""

from __future__ import annotations

import numpy as np
import pytest

from training.acquisition import acquire, draw_slices, normalise
from training.contrast import SEQUENCES, draw_signals
from training.crops import draw_pair
from training.painting import BODY, CORD, SAC, TISSUES, Painter, T
from training.spine import FIRST, S_MM, SECOND, Spine, bump, draw_spine


def spine_with_cord(seed: int) -> Spine:
    return draw_spine(np.random.default_rng(seed), SECOND)


def painted(spine: Spine, z: float, spacing: float = 1.0, seed: int = 3) -> Painter:
    centre = np.array([np.interp(z, S_MM, spine.x), np.interp(z, S_MM, spine.y), z])
    painter = Painter(np.random.default_rng(seed), SECOND, spine, (53, 47, 37), spacing, np.eye(3), 1.0, centre)
    painter.paint()
    return painter


def test_the_same_seed_paints_the_same_crop_and_another_does_not() -> None:
    one, same, other = (draw_pair((5, n), FIRST, 32) for n in (1, 1, 2))
    assert np.array_equal(one[0][0], same[0][0])
    assert np.array_equal(one[1], same[1])
    assert not np.array_equal(one[0][0], other[0][0])


def test_two_contrasts_of_a_painting_share_its_truth_and_differ_in_brightness() -> None:
    images, truth, counts, _ = draw_pair((5, 4), FIRST, 32)
    assert truth.shape == images[0].shape == counts[1].shape == (32, 32, 32)
    assert np.abs(images[0] - images[1]).max() > 0.5


@pytest.mark.parametrize("seed", [2, 3, 5, 7])
def test_a_cord_lies_within_its_sac_and_keeps_its_area(seed: int) -> None:
    spine = spine_with_cord(seed)
    z = float(spine.low[2])
    truth = painted(spine, z).scene.truth.reshape(53, 47, 37)
    middle = truth[:, :, 18]
    k = int(np.argmin(np.abs(S_MM - z)))
    half_a, half_b = spine.profiles["cord_a"][k], spine.profiles["cord_b"][k]
    assert (middle == CORD).sum() == pytest.approx(np.pi * half_a * half_b, rel=0.35)
    assert (middle == SAC).any()
    assert (truth == BODY).any()


def test_below_the_conus_there_is_sac_without_cord() -> None:
    spine = spine_with_cord(11)
    truth = painted(spine, spine.conus - 45).scene.truth
    assert (truth == SAC).any()
    assert not (truth == CORD).any()


def test_a_lesion_inside_the_cord_stays_cord_in_the_truth() -> None:
    spine = spine_with_cord(13)
    z = float(spine.low[2])
    lesion = {"kind": "mass", "middle": z, "half": 14.0, "swell": 0.0, "reach": 1.0, "fill": 0.8, "u": 0.0, "v": 0.0}
    plain = painted(spine, z)
    spine.numbers["lesions"].append(lesion)
    with_lesion = painted(spine, z)
    drawn = {layer[2] for layer in with_lesion.scene.layers}
    assert T["tumour"] in drawn
    assert (with_lesion.scene.truth == CORD).sum() == (plain.scene.truth == CORD).sum()


def test_every_sequence_gives_every_tissue_a_signal_and_air_none() -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(120):
        signal, name = draw_signals(rng, SECOND)
        seen.add(name)
        assert signal.shape == (len(TISSUES),)
        assert np.isfinite(signal).all()
        if name != "random":
            assert signal[T["air"]] == 0
    assert seen == {*SEQUENCES, "random"}


def test_csf_is_brighter_than_cord_on_t2_and_darker_on_t1() -> None:
    rng = np.random.default_rng(4)
    for _ in range(80):
        signal, name = draw_signals(rng, SECOND)
        if name == "T2w":
            assert signal[T["csf"]] > signal[T["white"]]
        if name == "T1w":
            assert signal[T["csf"]] < signal[T["white"]]


def test_acquisition_keeps_an_edge_in_its_place() -> None:
    image = np.zeros((40, 36, 44), np.float32)
    image[:, 18:] = 1.0
    rng = np.random.default_rng(9)
    crossings = []
    for _ in range(30):
        made, inside = acquire(rng, FIRST, image + 0.2, draw_slices(rng, (40, 36, 44), 1.0))
        if inside[20, 12:24, 22].all():
            profile = np.median(made[15:25, :, 17:27], axis=(0, 2))
            half = (profile[4:8].mean() + profile[28:32].mean()) / 2
            crossings.append(float(np.interp(half, profile[12:24], np.arange(12, 24))))
    assert np.median(crossings) == pytest.approx(17.5, abs=0.35)


def test_outside_the_field_stands_nothing() -> None:
    image = np.random.default_rng(2).normal(5, 2, (20, 21, 22)).astype(np.float32)
    inside = np.zeros(image.shape, bool)
    inside[3:, :, 2:19] = True
    made = normalise(image, inside)
    assert (made[~inside] == 0).all()
    assert made[inside].mean() == pytest.approx(0, abs=1e-4)


def test_a_bump_has_half_its_height_at_its_half_width() -> None:
    hill = bump(-50.0, 12.0)
    assert float(np.interp(-38.0, S_MM, hill)) == pytest.approx(0.5, abs=0.01)
