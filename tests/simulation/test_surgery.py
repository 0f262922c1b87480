"""What operations leave is painted where they were done, and who was not operated on has none of it."""

from __future__ import annotations

import numpy as np
import pytest

from thecal.simulation import simulate
from thecal.simulation.canvas import Sheet, new_sheet
from thecal.simulation.numbering import USUAL, numbered
from thecal.simulation.physics import Palette
from thecal.simulation.spine import VERTEBRA_CODES, Spine, draw_spine
from thecal.simulation.surgery import Operation, draw_operation, operation_rate, paint_operation
from thecal.simulation.vertebra import paint_vertebrae


def _painted(done: Operation | None) -> tuple[Sheet, Spine, Palette]:
    usual = numbered("usual")
    spine = draw_spine(np.random.default_rng(3), age=50, female=False, step_mm=1.0, numbering=usual, operated=False)
    spine.operation = done
    middle, palette = spine.level("L4").middle, Palette(3.0)
    sheet = new_sheet((-48, 48), (-64, 70), (middle - 70, middle + 70), (2.0, 1.5, 1.5), palette["muscle"])
    paint_vertebrae(sheet, spine, palette, np.random.default_rng(1), palette["marrow"])
    paint_operation(sheet, spine, palette)
    return sheet, spine, palette


def test_screws_and_rods_are_metal_beside_the_canal_and_never_in_it() -> None:
    sheet, spine, palette = _painted(Operation("screws", ("L3", "L4", "L5")))
    metal = sheet.tissue == palette["metal"]
    assert metal.sum() > 200
    half = float(np.interp(spine.level("L4").middle, spine.s, spine.canal.a))
    beside = metal[:, np.abs(sheet.v) < 6]
    assert np.abs(sheet.u)[beside.any(axis=(1, 2))].min() > half - 2.5
    bare, _, _ = _painted(None)
    assert not (bare.tissue == palette["metal"]).any()


def test_a_laminectomy_takes_the_arch_and_leaves_scar() -> None:
    before, spine, palette = _painted(None)
    after, _, _ = _painted(Operation("laminectomy", ("L4",), fluid=True))
    level = spine.level("L4")
    back = float(np.interp(level.middle, spine.s, spine.canal.v - spine.canal.b))
    arch = [
        int(((sheet.anatomy == VERTEBRA_CODES["L4"]) & (sheet.axes[1] < back) & (np.abs(sheet.axes[0]) < 8)).sum())
        for sheet in (before, after)
    ]
    assert arch[1] < 0.35 * arch[0]
    assert (after.tissue == palette["scar"]).sum() > 100
    assert (after.tissue == palette["csf"]).sum() > (before.tissue == palette["csf"]).sum()


def test_operations_come_with_age_and_where_they_are_told() -> None:
    def drawn(age: float, told: bool | None = None) -> list[Operation | None]:
        return [draw_operation(np.random.default_rng(n), age, USUAL, told) for n in range(400)]

    assert not any(drawn(5.0, False))
    assert all(drawn(30.0, True))
    share = np.mean([done is not None for done in drawn(75.0)])
    assert share == pytest.approx(operation_rate(75.0), abs=0.03)
    assert all(done is None or set(done.names) <= set(USUAL) for done in drawn(60.0, True))


def test_an_operation_that_is_told_is_in_the_context() -> None:
    phantom = simulate("meningioma", 1, protocol="tiny", signs={"prior_spine_surgery": "present"})
    assert phantom.context["prior_spine_surgery"] == "present"
