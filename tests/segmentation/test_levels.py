"""Discs found along the column, and when they may be named."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from segmentation.spines import FINE, HEALTHY

from thecal.records import Region
from thecal.segmentation import segment
from thecal.segmentation.codes import ANATOMY, DISCS, LEVEL_NAMES, LEVELS
from thecal.segmentation.column import Column, choose, trace
from thecal.segmentation.drawing import NO_TUBE, draw
from thecal.segmentation.levels import HEIGHT_MM, Naming, name
from thecal.segmentation.outline import RAYS, Tube
from thecal.segmentation.vertebrae import painter


def column_of(lowest: str, uppermost: str, size: float = 1.0, above_mm: float = 12.0) -> Column:
    """A straight column with the discs below `lowest` up to below `uppermost`."""
    first, last = LEVEL_NAMES.index(lowest), LEVEL_NAMES.index(uppermost)
    heights = [HEIGHT_MM[LEVEL_NAMES[level]] * size for level in range(first, last, -1)]
    discs = 10 + np.concatenate([[0.0], np.cumsum(heights)])
    z = np.arange(0.0, discs[-1] + above_mm)
    forward = np.tile([1.0, 0.0], (len(z), 1))
    return Column(np.zeros_like(z), np.zeros_like(z), z, forward, discs, np.full(len(discs), 0.8))


def tube(low: float, high: float) -> Tube:
    z = np.arange(low, high)
    return Tube(z * 0, z * 0, z, np.full((len(z), RAYS), 5.0), np.ones(len(z)), np.full((len(z), RAYS), 5.0))


@pytest.mark.parametrize("size", [0.9, 1.0, 1.12])
def test_a_whole_spine_is_numbered_by_its_heights_and_ends(size: float) -> None:
    column = column_of("L5", "C2", size, above_mm=30)
    tip = float(column.discs[5] - 10)
    naming = name(column, tube(tip, column.z[-1]), tube(0, column.z[-1]), ())
    assert naming.told
    assert LEVEL_NAMES[naming.levels[0]] == "L5"
    assert LEVEL_NAMES[naming.levels[-1]] == "C2"


def test_a_thoracic_piece_without_an_anchor_gets_no_names_but_a_region() -> None:
    column = column_of("T9", "T4")
    naming = name(column, tube(0, column.z[-1]), tube(0, column.z[-1]), ())
    assert not naming.told
    assert "anchor" in naming.why_not
    assert max(naming.region, key=lambda region: naming.region[region]) == "thoracic"
    assert sum(naming.region.values()) == pytest.approx(1)


def test_too_few_discs_are_not_named_and_words_give_the_region() -> None:
    regions: tuple[Region, ...] = ("cervical",)
    naming = name(column_of("C4", "C3"), NO_TUBE, NO_TUBE, regions)
    assert not naming.told
    assert naming.region == {"cervical": 1.0}


def test_discs_of_a_phantom_are_found_where_they_lie() -> None:
    series = phantoms.series(HEALTHY, "T2w", phantoms.grid((61, 83, 47), (1.4, 1.5, 1.2), "PSR", tilt=(0, 0, 0)))
    drawing = draw(series)
    column = trace(drawing.frame, drawing.sac)
    assert column is not None
    heights = drawing.frame.to_world(column.place(column.discs, 12.0))[:, 2]
    true = HEALTHY.top_z + HEALTHY.pitch_mm / 2 - HEALTHY.pitch_mm * np.arange(0, 7)
    off = [float(np.abs(true - height).min()) for height in heights]
    assert sum(each < 2.0 for each in off) >= 4
    assert max(off) < 5.0  # the last may lie half outside the field


def test_an_even_column_has_no_discs() -> None:
    assert len(choose(np.zeros(200))) == 0


def test_named_bodies_and_discs_are_painted_between_each_other() -> None:
    column = column_of("L5", "L2")
    levels = tuple(LEVEL_NAMES.index(level) for level in ("L5", "L4", "L3", "L2"))
    paint = painter(column, Naming(levels, 1.0))
    middle = (column.discs[1] + column.discs[2]) / 2
    codes = paint.at(
        np.array([[0.0, 12.0, middle], [0.0, 12.0, column.discs[1]], [0.0, -5.0, middle], [60.0, 12.0, middle]])
    )
    assert codes.tolist() == [44, DISCS["L4"], 0, 0]


def test_levels_without_an_anchor_are_not_told_in_the_segmentation() -> None:
    made = segment(phantoms.aligned(phantoms.series(HEALTHY, "T2w", FINE, key="only")))
    assert any(gap.code == "levels" for gap in made.not_told)
    assert set(np.unique(made.anatomy["only"].volume.voxels)) <= {0, 1, 2}


def test_codes_are_those_of_the_label_contract() -> None:
    assert dict(LEVELS)["C1"] == 11
    assert dict(LEVELS)["T12"] == 32
    assert dict(LEVELS)["L5"] == 45
    assert (DISCS["C2"], DISCS["C7"], DISCS["T12"], DISCS["L5"]) == (63, 71, 91, 100)
    assert ANATOMY[63] == "disc C2-C3"
    assert ANATOMY[100] == "disc L5-S1"
