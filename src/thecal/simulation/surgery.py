"""What an operation on the spine leaves: removed arches with scar or fluid, screws with rods, a cage with its plate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from thecal.simulation.canvas import Sheet
from thecal.simulation.physics import Palette

if TYPE_CHECKING:
    from thecal.simulation.spine import Level, Spine

KINDS = ("laminectomy", "screws", "cage")
RODS_MM, SCREW_MM = 2.8, 2.6


@dataclass(frozen=True)
class Operation:
    """What was done, from the uppermost to the lowest vertebra; fluid where a pocket of it stayed behind."""

    kind: str
    names: tuple[str, ...]
    fluid: bool = False


def operation_rate(age: float) -> float:
    """How many of those who come to spine MRI were operated on there; judged."""
    return float(np.interp(age, [0, 18, 30, 60, 90], [0.0, 0.005, 0.015, 0.05, 0.06]))


def draw_operation(
    rng: np.random.Generator, age: float, names: tuple[str, ...], operated: bool | None = None
) -> Operation | None:
    """An operation at the rate of that age, or surely one (or none) where operated is told."""
    draw, kind = float(rng.random()), str(rng.choice(KINDS, p=[0.45, 0.3, 0.25]))
    neck, count, fluid = rng.random() < (0.8 if kind == "cage" else 0.25), int(rng.integers(1, 4)), rng.random() < 0.3
    if not (draw < operation_rate(age) if operated is None else operated):
        return None
    if kind == "cage":
        return Operation(kind, ("C5", "C6") if neck else tuple(name for name in ("L4", "L5") if name in names))
    first = names.index("C4" if neck else "L3") + int(rng.integers(0, 2))
    return Operation(kind, names[first : min(first + max(count, 2), names.index("S1") + 1)], bool(fluid))


def paint_operation(sheet: Sheet, spine: Spine, palette: Palette) -> None:
    """Paints what the operation left on the body's sheet."""
    done = spine.operation
    if done is None:
        return
    levels = [spine.level(name) for name in done.names]
    if done.kind == "laminectomy" or (done.kind == "screws" and done.fluid):
        _remove_arches(sheet, spine, palette, levels, done.fluid)
    if done.kind == "screws":
        _paint_screws(sheet, spine, palette, levels)
    if done.kind == "cage":
        _paint_cage(sheet, spine, palette, levels)


def _remove_arches(sheet: Sheet, spine: Spine, palette: Palette, levels: list[Level], fluid: bool) -> None:
    low, high = levels[-1].low - 8 * spine.scale, levels[0].high - 4
    part = sheet.crop(u=(-20, 20), v=(-64, 4), s=(low, high))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    back = np.interp(part.s, spine.s, spine.canal.v - spine.canal.b).astype(np.float32)
    wide = spine.scale * np.clip(12 - 0.28 * (back - v), 2.0, 11.0)
    gone = (np.abs(u) < wide) & (v < back + 1) & (part.anatomy != 0)
    middle, half = (low + high) / 2, (high - low) / 2
    tract = (np.abs(u) < wide * 0.7) & (v < back) & (np.abs(s - middle) < half * (1 - 0.004 * (back - v)))
    # The tract heals unevenly.
    uneven = 1.5 * np.sin(0.35 * s + 0.2 * v) + 1.2 * np.sin(0.5 * v + 0.4 * u)
    tract = tract & (np.abs(u) + uneven < wide * 0.7)
    part.put(gone | tract, palette["scar"], 0)
    if fluid:
        pocket = (u / (8 * spine.scale)) ** 2 + ((v - back + 13) / 9) ** 2 + ((s - middle) / (0.7 * half)) ** 2
        part.put(pocket < 1, palette["csf"], 0)


def _paint_screws(sheet: Sheet, spine: Spine, palette: Palette, levels: list[Level]) -> None:
    metal = palette["metal"]
    part = sheet.crop(u=(-40, 40), v=(-50, 60), s=(levels[-1].low - 6, levels[0].high + 6))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    for level in levels:
        half_a, back, wall = (
            spine.at(p, level.middle) for p in (spine.canal.a, spine.canal.v - spine.canal.b, spine.body_wall())
        )
        place = level.low + 0.68 * (level.high - level.low)
        tip = wall + 1.3 * spine.at(spine.body_depth, level.middle)
        lean = np.abs(u) - (half_a + 3.5) + 0.18 * np.maximum(v, 0)
        screw = (lean**2 + (s - place) ** 2 < SCREW_MM**2) & (v > back - 10) & (v < tip)
        part.put(screw, metal, 0)
        head = ((np.abs(u) - half_a - 4) / 4.5) ** 2 + ((v - back + 10) / 5) ** 2 + ((s - place) / 5) ** 2
        part.put(head < 1, metal, 0)
    half_a = float(np.mean([spine.at(spine.canal.a, level.middle) for level in levels]))
    behind = np.interp(part.s, spine.s, spine.canal.v - spine.canal.b).astype(np.float32)
    rod = (np.abs(u) - half_a - 4) ** 2 + (v - behind + 11) ** 2 < RODS_MM**2
    part.put(rod & (s > levels[-1].low) & (s < levels[0].high), metal, 0)


def _paint_cage(sheet: Sheet, spine: Spine, palette: Palette, levels: list[Level]) -> None:
    upper, lower = levels[0], levels[-1]
    part = sheet.crop(u=(-30, 30), v=(-5, 70), s=(lower.low, upper.high))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    middle, half = (upper.low + upper.disc_low) / 2, (upper.low - upper.disc_low) / 2
    wall, depth = (spine.at(p, middle) for p in (spine.body_wall(), spine.body_depth))
    across, deep = 0.6 * spine.at(spine.body_width, middle), np.abs(v - wall - depth)
    box = (np.abs(u) < across) & (deep < 0.7 * depth) & (np.abs(s - middle) < half + 0.5)
    part.put(box, palette["bone"])
    part.put(box & (np.abs(u) < 0.6 * across) & (deep < 0.4 * depth), palette["marrow"])
    if upper.name[0] == "C":
        front = wall + 2 * depth
        plate = (np.abs(u) < 8) & (v > front - 0.5) & (v < front + 2.2)
        part.put(plate & (s > lower.low + 3) & (s < upper.high - 3), palette["metal"], 0)
        for level in (upper, lower):
            screw = (
                ((np.abs(u) - 5) ** 2 + (s - level.middle) ** 2 < 1.7**2) & (v > front - 1.3 * depth) & (v < front + 2)
            )
            part.put(screw, palette["metal"], 0)
