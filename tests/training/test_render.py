"""Crops rendered in torch: examples of the shapes the tasks take, truth in their classes, a seed that decides all of it."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from thecal.simulation.physics import Palette
from training import bank
from training.lesions import CLASSES, INPUTS
from training.painting import BODY, CORD, DISC, SAC, SACRUM

torch: Any = pytest.importorskip("torch")
render: Any = importlib.import_module("training.render")


def _block() -> bank.Block:
    """A cord in its sac with a lesion, and a body before them."""
    palette = Palette(3.0)
    i, j = np.arange(bank.CELLS[0])[:, None, None] - 96, np.arange(bank.CELLS[1])[None, :, None] - 96
    away = np.hypot(i, j) + np.zeros(bank.CELLS)
    anatomy = np.select([away < 8, away < 14, (j > 16) & (j < 50) & (np.abs(i) < 30)], [1, 2, 44], 0).astype(np.uint8)
    names = {0: "fat", 1: "white_matter", 2: "csf", 44: "marrow"}
    tissue = np.zeros(bank.CELLS, np.uint8)
    for code, name in names.items():
        tissue[anatomy == code] = palette[name]
    lesion = np.where((away < 5) & (np.abs(np.arange(bank.CELLS[2]) - 117) < 12), np.uint8(1), np.uint8(0))
    return bank.Block("ependymoma", tissue, anatomy, lesion, palette)


def test_a_seed_decides_both_images_and_their_truth() -> None:
    block = _block()
    one, same, other = (render.draw_pair(block, (3, n), (32, 32, 32)) for n in (1, 1, 2))
    for mine, again in zip(one, same, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(mine, again, strict=True))
    assert not torch.equal(one[0][0], other[0][0])
    for image, truth, counts in one:
        assert image.shape == (1, 32, 32, 32)
        assert truth.shape == counts.shape == (32, 32, 32)
        assert not image[0][~counts].any()


def test_every_code_of_the_simulator_has_its_class() -> None:
    codes = torch.tensor([0, 1, 2, 3, 11, 46, 50, 63, 100, bank.ARCH], dtype=torch.uint8)
    assert render.classes_of(codes).tolist() == [0, CORD, SAC, 0, BODY, BODY, SACRUM, DISC, DISC, 0]


@pytest.mark.parametrize("seed", range(4))
def test_slots_are_empty_or_full_and_a_lesion_is_seen(seed: int) -> None:
    out, told, counts = render.draw_case(_block(), (5, seed), (32, 32, 48))
    assert out.shape == (len(INPUTS), 32, 32, 48)
    there = {name for number, name in enumerate(INPUTS) if out[number].any()}
    assert there & {"T2w", "T1w_ce"}
    assert ("gain" in there) == ({"T1w", "T1w_ce"} <= there)
    names = {CLASSES[k] for k in told.unique().tolist()}
    assert names <= {"background", "cord", "sac", "enhancing in cord", "solid in cord"}
    assert "cord" in names
    assert counts.any()


def test_brightness_is_set_within_the_field_and_nothing_stands_outside() -> None:
    image = torch.from_numpy(np.random.default_rng(1).normal(5, 2, (20, 21, 22)).astype(np.float32))
    inside = torch.zeros(image.shape, dtype=torch.bool)
    inside[3:] = True
    made = render.normalise(image, inside)
    assert not made[:3].any()
    assert float(made[3:].mean()) == pytest.approx(0, abs=1e-3)
    assert float(made[3:].std()) == pytest.approx(1, abs=0.01)
