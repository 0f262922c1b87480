"""Diseased spines to learn from: what no sequence shows does not count, and only contrast agent parts the two T1w."""

from __future__ import annotations

import numpy as np
import pytest

from training.contrast import VALUES
from training.lesions import KINDS, SLOTS, K, _signals, _visible, draw_case, draw_disease
from training.painting import DISEASED, TISSUES, T
from training.spine import FIRST, SECOND


def test_a_seed_decides_a_whole_case() -> None:
    one, same = (draw_case((5, 3), FIRST, 32)[0] for _ in range(2))
    for number in range(3):
        assert np.array_equal(one[number], same[number])


@pytest.mark.parametrize("seed", range(4))
def test_slots_that_were_not_acquired_are_empty_and_said_to_be(seed: int) -> None:
    for image, kinds, counts in draw_case((6, seed), SECOND, 32):
        assert image.shape == (2 * len(SLOTS), 32, 32, 32)
        assert kinds.shape == counts.shape == (32, 32, 32)
        for number in range(len(SLOTS)):
            assert image[number].any() == bool(image[len(SLOTS) + number].all())


def test_every_diseased_tissue_is_of_some_kind_and_no_healthy_one() -> None:
    _, kinds = draw_disease(np.random.default_rng(2))
    assert {TISSUES[k] for k in np.flatnonzero(kinds)} == set(DISEASED)
    assert kinds.max() < len(KINDS)


def test_enhancement_parts_the_two_t1w_and_nothing_else_does() -> None:
    values = VALUES.copy()
    values[:, 6] = 0.0
    values[T["mass"], 6] = 1.0
    for seed in range(10):
        signals = _signals(np.random.default_rng(seed), values)
        gain = signals["T1w_ce"] / np.maximum(signals["T1w"], 1e-6)
        others = np.delete(gain, [T[name] for name in ("mass", "fat", "fat2", "air")])
        assert gain[T["mass"]] > 1.1 * others.max()
        assert np.ptp(others) < 1e-6


def test_without_contrast_tumour_is_only_tumour_and_coating_does_not_count() -> None:
    truth = np.array([K["enhancing"], K["solid"], K["coating"], K["oedema"]], np.uint8).reshape(1, 2, 2)
    kinds, shown = _visible(truth, {"T1w_ce": False, "T2w": True, "T2w_fs": False})
    assert kinds.ravel()[:2].tolist() == [K["solid"], K["solid"]]
    assert shown.ravel().tolist() == [True, True, False, True]
    _, shown = _visible(truth, {"T1w_ce": True, "T2w": False, "T2w_fs": False})
    assert shown.ravel().tolist() == [True, True, True, False]
