"""Images of one anatomy: slices gather what they should, contrast is the sequence's, and torch makes the same of it as NumPy."""

from __future__ import annotations

import ast
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from thecal.simulation import crop
from thecal.simulation.arrays import interpolate, spread
from thecal.simulation.artefacts import NONE, gulp
from thecal.simulation.physics import Palette
from thecal.simulation.scanner import RESOLUTION, _resolve, magnitude, mix

SHAPE = (26, 30, 22)


def _tissue(palette: Palette, samples: int = 3) -> NDArray[np.uint8]:
    """A cord with blood in it, in its water, within fat; a little different at each sample."""
    i, j, k = (np.arange(count, dtype=float).reshape(shape) for count, shape in
               zip(SHAPE, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True))  # fmt: skip
    layers = []
    for n in range(samples):
        away = np.hypot(i - 12 + 0.3 * n, j - 15) + 0.1 * k
        codes = np.select(
            [away < 1, away < 4, away < 7],
            [palette[name] for name in ("haemosiderin", "white_matter", "csf")],
            palette["fat"],
        )
        layers.append(codes.astype(np.uint8))
    return np.stack(layers)


def _normal(seed: int) -> crop.Normal:
    rng = np.random.default_rng(seed)
    return lambda shape: rng.standard_normal(shape, dtype=np.float32)


def _handed(torch: Any, seed: int) -> crop.Normal:
    """The same noise as a tensor."""
    draw = _normal(seed)
    return lambda shape: torch.from_numpy(draw(shape))


def _takes(seed: int, palette: Palette) -> list[crop.Take]:
    return crop.draw_takes(np.random.default_rng(seed), palette, crop.ROLES, SHAPE, 1.0)


def test_a_seed_decides_every_image_of_a_crop() -> None:
    palette = Palette(3.0)
    tissue, texture = _tissue(palette), crop.roughen(_normal(1)(SHAPE))
    one, same = (crop.expose(tissue, _takes(4, palette)[2], texture, _normal(7)) for _ in range(2))
    assert one.shape == SHAPE
    assert np.array_equal(one, same)
    assert not np.allclose(one, crop.expose(tissue, _takes(4, palette)[0], texture, _normal(7)), rtol=0.05)


def test_places_within_a_voxel_are_looked_up_where_they_lie() -> None:
    cells = np.arange(12 * 9 * 7, dtype=np.uint16).reshape(12, 9, 7)
    to_cells = np.eye(4)
    to_cells[:3, 3] = (2, 1, 3)
    found = crop.sample(cells, to_cells, (5, 4, 3), np.array([[0, 0, 0], [0.6, 0, -0.6]]))
    assert np.array_equal(found[0], cells[2:7, 1:5, 3:6])
    assert np.array_equal(found[1], cells[3:8, 1:5, 2:5])


def test_beyond_a_block_its_last_cells_go_on() -> None:
    cells = np.zeros((4, 4, 4), np.uint8)
    cells[3] = 9
    found = crop.sample(cells, np.eye(4), (8, 4, 4), np.zeros((1, 3)))
    assert (found[0][3:] == 9).all()


@pytest.mark.parametrize("ringing", [0.16, 0.04])
def test_k_space_cut_by_a_matrix_is_k_space_cut_by_transforms(ringing: float) -> None:
    # On a ground that keeps what rings above zero, where magnitudes are cut.
    image = np.ones((96, 8, 1), np.float32)
    image[30:61] = 2.0
    matrix = crop.cut_k_space(np.arange(96.0), 96, 1.0, ringing)
    by_matrix = np.tensordot(matrix, image, (1, 0))
    assert np.abs(by_matrix - _resolve(image, RESOLUTION, ringing)).max() < 0.02


def test_slices_average_what_they_cover_and_gaps_are_not_seen() -> None:
    matrix = crop.average(np.array([1.5, 6.5]), 10, 4.0)
    assert matrix.sum(axis=1) == pytest.approx([1, 1])
    assert matrix[0, :5] == pytest.approx([0.25, 0.25, 0.25, 0.25, 0])
    assert matrix[:, 4] == pytest.approx([0, 0])


@pytest.mark.parametrize("seed", range(8))
def test_every_drawn_matrix_keeps_an_even_image_even(seed: int) -> None:
    slices = crop.draw_slices(np.random.default_rng(seed), SHAPE, 1.0, 0.1)
    for there, back in zip(slices.there, slices.back, strict=True):
        assert there.sum(axis=1) == pytest.approx(np.ones(len(there)), abs=1e-4)
        assert back.sum(axis=1) == pytest.approx(np.ones(len(back)), abs=1e-5)
    assert crop.see(slices, SHAPE).any()


def test_contrast_agent_alone_parts_t1w_before_and_after() -> None:
    palette = Palette(3.0)
    for seed in range(6):
        timings = crop.draw_timings(np.random.default_rng(seed), 3.0)
        before, after = (palette.split(timings[role])[0] for role in ("T1w", "T1w_ce"))
        plain = np.array([tissue.gadolinium == 0 for tissue in palette.tissues])
        assert after[plain] == pytest.approx(before[plain])
        assert after[palette["venous_plexus"]] > 1.1 * before[palette["venous_plexus"]]


def test_csf_is_bright_on_t2w_and_dark_on_t1w() -> None:
    palette = Palette(1.5)
    tissue, texture = _tissue(palette), np.ones(SHAPE, np.float32)
    made = dict(
        zip(crop.ROLES, (crop.expose(tissue, take, texture, _normal(2)) for take in _takes(11, palette)), strict=True)
    )
    cord, water = np.s_[12, 17, 4:18], np.s_[12, 21, 4:18]
    assert made["T2w"][water].mean() > made["T2w"][cord].mean()
    assert made["T1w"][water].mean() < made["T1w"][cord].mean()


def test_a_lattice_is_spread_from_its_first_knot_to_its_last() -> None:
    lattice = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    wide = spread(lattice, np.zeros((5, 3, 3), np.float32))
    assert wide[0, 0, 0] == 0
    assert wide[-1, -1, -1] == 7
    assert wide[2, 1, 1] == pytest.approx(3.5)
    assert interpolate(np.array([-1.0, 0.25, 9.0]), 3) == pytest.approx(
        np.array([[1, 0, 0], [0.75, 0.25, 0], [0, 0, 1]])
    )


@pytest.mark.parametrize("seed", range(10))
def test_torch_makes_of_the_same_noise_the_same_images(seed: int) -> None:
    torch: Any = pytest.importorskip("torch")
    palette = Palette(3.0)
    tissue, white = _tissue(palette), _normal(seed)(SHAPE)
    texture, soft = crop.roughen(white), crop.roughen(torch.from_numpy(white))
    assert soft.numpy() == pytest.approx(texture, abs=1e-5)
    for take in _takes(seed, palette):
        with_numpy = crop.expose(tissue, take, texture, _normal(seed))
        with_torch = crop.expose(torch.from_numpy(tissue), take, soft, _handed(torch, seed))
        assert np.abs(with_torch.numpy() - with_numpy).max() < 2e-5 * max(with_numpy.max(), 1)


def test_torch_looks_up_the_same_places_and_spoils_alike() -> None:
    torch: Any = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 200, (31, 23, 27)).astype(np.uint8)
    to_cells = np.eye(4) + np.pad(rng.normal(0, 0.2, (3, 4)), ((0, 1), (0, 0)))
    offsets = rng.uniform(-0.5, 0.5, (3, 3))
    there = crop.sample(torch.from_numpy(cells), to_cells, (17, 19, 13), offsets)
    assert np.array_equal(there.numpy(), crop.sample(cells, to_cells, (17, 19, 13), offsets))
    image = rng.uniform(0, 1, (17, 19, 13)).astype(np.float32)
    jumped = gulp(image, image, 1, 0.2, np.random.default_rng(1))
    same = gulp(torch.from_numpy(image), torch.from_numpy(image), 1, 0.2, np.random.default_rng(1))
    assert same.numpy() == pytest.approx(jumped, abs=1e-5)


def test_both_libraries_mix_samples_by_their_shares() -> None:
    palette = Palette(3.0)
    signals = palette.split(crop.draw_timings(np.random.default_rng(0), 3.0)["T2w"])
    layers = np.array([[[[palette["csf"]]]], [[[palette["fat"]]]]], np.uint8)
    water, fat = mix(layers, signals)
    assert water[0, 0, 0] == pytest.approx(signals[0, palette["csf"]] / 2)
    assert fat[0, 0, 0] == pytest.approx(signals[1, palette["fat"]] / 2)


def test_noise_without_signal_has_the_mean_that_rayleigh_gives_it() -> None:
    normal = _normal(6)
    made = magnitude(np.zeros((60, 60, 20), np.float32), np.float32(2.0), (normal((60, 60, 20)), normal((60, 60, 20))))
    assert made.mean() == pytest.approx(2 * np.sqrt(np.pi / 2), rel=0.01)


def test_without_artefacts_an_even_crop_stays_even() -> None:
    palette = Palette(3.0)
    tissue = np.full((2, *SHAPE), palette["csf"], np.uint8)
    for take in _takes(5, palette):
        still = replace(take, spoiled=NONE, coil=np.ones((2, 2, 2), np.float32), noise=0.0)
        image = crop.expose(tissue, still, np.ones(SHAPE, np.float32), _normal(1))
        assert np.ptp(image) < 1e-3 * image.max()


def test_no_module_of_the_simulator_imports_torch() -> None:
    for module in resources.files("thecal.simulation").iterdir():
        if module.name.endswith(".py"):
            tree = ast.parse(module.read_text(encoding="utf-8"))
            named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
            named += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
            assert not [name for name in named if name.partition(".")[0] == "torch"], module.name
