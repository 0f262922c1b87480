"""Signal equations against what they come to by hand, and the table of tissues."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest
import yaml

from thecal.records import CallWrong
from thecal.simulation.physics import Palette, Sequence, Tissue, load_tissues, signal

FAT = Tissue(0.38, 0.14, 0.02, 0.9, 0, 1.0, 0)
WATER = Tissue(1.0, 0.1, 0.03, 0.8, 1, 0.0, 0.5)


def test_spin_echo_follows_its_equation() -> None:
    expected = 0.8 * (1 - np.exp(-0.6)) * np.exp(-0.1)
    assert signal(WATER, FAT, Sequence(0.6, 0.01), 3.0) == pytest.approx(expected)


def test_an_inversion_at_the_right_time_nulls_a_tissue() -> None:
    null = float(np.log(2 / (1 + np.exp(-4.0))))
    assert signal(WATER, FAT, Sequence(4.0, 0.01, null), 3.0) == pytest.approx(0, abs=1e-9)


def test_gradient_echo_follows_t2star_and_flip_angle() -> None:
    sequence = Sequence(0.5, 0.015, None, 30.0, refocused=False)
    recovery = np.exp(-0.5)
    expected = 0.8 * 0.5 * (1 - recovery) / (1 - np.cos(np.pi / 6) * recovery) * np.exp(-0.5)
    assert signal(WATER, FAT, sequence, 3.0) == pytest.approx(expected)


def test_gadolinium_shortens_t1_by_its_relaxivity() -> None:
    plain, enhanced = (signal(WATER, FAT, Sequence(0.6, 0.0, contrast=given), 3.0) for given in (False, True))
    assert plain == pytest.approx(0.8 * (1 - np.exp(-0.6)))
    assert enhanced == pytest.approx(0.8 * (1 - np.exp(-0.6 * (1 + 4.97 * 0.5))))


def test_fat_suppression_removes_fat_and_leaves_water() -> None:
    for tissue, expected in ((FAT, 0.06), (WATER, 1.0)):
        kept = signal(tissue, FAT, Sequence(0.6, 0.01, fat_suppressed=True), 3.0) / signal(
            tissue, FAT, Sequence(0.6, 0.01), 3.0
        )
        assert kept == pytest.approx(expected)


def test_every_number_names_its_source() -> None:
    table = yaml.safe_load(resources.files("thecal.simulation").joinpath("tissues.yaml").read_text(encoding="utf-8"))
    for name, row in table["tissues"].items():
        assert set(row) == {"t1", "t2", "t2star", "pd", "adc", "fat", "gd"}, name
        for values in row.values():
            assert values[-1] == "judged" or values[-1] in table["sources"], name


def test_t1_is_no_longer_at_the_lower_field_and_other_fields_are_refused() -> None:
    high, low = load_tissues(3.0), load_tissues(1.5)
    assert all(low[name].t1_s <= high[name].t1_s for name in high)
    with pytest.raises(CallWrong, match=r"1\.5 or 3"):
        load_tissues(7.0)


def test_contrast_orders_tissues_as_a_reader_expects() -> None:
    palette = Palette(3.0)
    t2 = dict(zip(palette.names, palette.signals(Sequence(3.6, 0.1)), strict=True))
    t1 = dict(zip(palette.names, palette.signals(Sequence(0.62, 0.0105)), strict=True))
    assert t2["csf"] > t2["oedema"] > t2["grey_matter"] > t2["haemosiderin"]
    assert t1["fat"] > t1["marrow"] > t1["disc_nucleus"]
    assert t1["white_matter"] > t1["muscle"] * 0.9 > t1["csf"]
    assert t1["methaemoglobin"] > t1["white_matter"]
