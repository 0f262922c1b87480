"""What a lesion is made of: tissues whose brightness against normal cord is what the drawn signs say, and where contrast goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.simulation.canvas import Field, Mask, Sheet
from thecal.simulation.generators import RandomField
from thecal.simulation.physics import Palette, Sequence, gadolinium_for, signal
from thecal.simulation.scene import ENHANCING, SOLID, Focus, Scene
from thecal.simulation.signs import Case

# The sequences on which a lesion's brightness against cord is set.
T1, T2 = Sequence(0.62, 0.0105, None, 140.0), Sequence(3.6, 0.102, None, 150.0)
# Signal against normal cord in which each word is drawn; within a tenth is isointense. Judged.
SPANS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "t1_signal": {"hypointense": (0.62, 0.84), "isointense": (0.95, 1.05), "hyperintense": (1.28, 1.9)},
    "t2_signal": {"hypointense": (0.45, 0.80), "isointense": (0.95, 1.05), "hyperintense": (1.35, 2.3)},
}  # fmt: skip
OPPOSITE = {"t1_signal": ("hypointense", "hyperintense"), "t2_signal": ("hyperintense", "hypointense")}
# Diffusion of a lesion in 1e-3 mm²/s, by whether it is restricted (below cord's); judged.
DIFFUSION = {"present": (0.42, 0.62), "absent": (1.05, 1.6)}
GREY_SHARE = 0.2
# Share of a lesion's volume that enhances, by pattern; what is not named is shaped below.
ENHANCED_SHARE = {"homogeneous": 1.0, "heterogeneous": 0.68, "patchy": 0.28}
# How far enhancement's edge frays, against the spread of its lumps, and by what share a rim's depth varies; judged.
EDGE, WALL = 0.7, 0.08


@dataclass(frozen=True)
class Substance:
    """A lesion's tissues by number: enhancing and not, and both again for the other half of a mixed signal."""

    enhancing: int
    plain: int
    other_enhancing: int
    other_plain: int


@dataclass(frozen=True, eq=False)
class Body:
    """A lesion's solid part as painted, on one sheet: where, its depth (0 at the heart, 1 on the wall), the room around it."""

    sheet: Sheet
    focus: Focus
    inside: Mask
    depth: Field
    room: Mask
    code: int | None = None

    def frame(self) -> tuple[Field, Field, Field]:
        """Coordinates −1 to 1 over the lesion's extent, right, front and up."""
        places = np.argwhere(self.inside)
        low, high = (places.min(0), places.max(0)) if places.size else (np.zeros(3, int), np.ones(3, int))
        axes = []
        for axis, values in enumerate((self.sheet.u, self.sheet.v, self.sheet.s)):
            first, last = float(values[low[axis]]), float(values[min(high[axis], len(values) - 1)])
            shape = [1, 1, 1]
            shape[axis] = len(values)
            half = max((last - first) / 2, 1.0)
            axes.append(((values - (first + last) / 2) / half).astype(np.float32).reshape(shape))
        return axes[0], axes[1], axes[2]


def cord_signal(palette: Palette, sequence: Sequence) -> float:
    """Signal of normal cord: white matter with its share of grey."""
    fat = palette.tissues[palette["fat"]]
    white, grey = (
        signal(palette.tissues[palette[name]], fat, sequence, palette.field_t)
        for name in ("white_matter", "grey_matter")
    )
    return (1 - GREY_SHARE) * white + GREY_SHARE * grey


def times_for(palette: Palette, on_t1: float, on_t2: float, density: float) -> tuple[float, float]:
    """T1 and T2 in s with which a tissue of that proton density has these signals against cord on T1 and T2."""
    wanted_1, wanted_2 = on_t1 * cord_signal(palette, T1), on_t2 * cord_signal(palette, T2)
    t1_s, t2_s = 0.9, 0.08
    for _ in range(12):
        late = np.clip(wanted_2 / (density * (1 - np.exp(-T2.repetition_time_s / t1_s))), 1e-4, 0.97)
        t2_s = float(-T2.echo_time_s / np.log(late))
        early = np.clip(wanted_1 / (density * np.exp(-T1.echo_time_s / t2_s)), 1e-4, 0.985)
        t1_s = float(-T1.repetition_time_s / np.log(1 - early))
    return t1_s, t2_s


def substance_of(scene: Scene, case: Case) -> Substance:
    """The case's tissues, made once for a scene."""
    palette = scene.palette
    if "lesion_enhancing" not in palette.names:
        density = float(palette.tissues[palette["white_matter"]].proton_density) * 1.03
        gadolinium = gadolinium_for(case.signs.get("enhancement", "absent")) * float(scene.rng.uniform(0.85, 1.2))
        diffusion = float(scene.rng.uniform(*DIFFUSION[case.signs.get("restricted_diffusion", "absent")]))
        for name, second in (("lesion", False), ("lesion_other", True)):
            ratios = [
                float(scene.rng.uniform(*SPANS[sign][_state(case, sign, second)]))
                for sign in ("t1_signal", "t2_signal")
            ]
            t1_s, t2_s = times_for(palette, ratios[0], ratios[1], density)
            for word, share in (("enhancing", 1.0), ("plain", 0.03)):
                palette.add(f"{name}_{word}", "tumour_solid", t1_s=t1_s, t2_s=t2_s, t2star_s=0.45 * t2_s, adc=diffusion,
                            proton_density=density, gadolinium=gadolinium * share)  # fmt: skip
    names = ("lesion_enhancing", "lesion_plain", "lesion_other_enhancing", "lesion_other_plain")
    return Substance(*(palette[name] for name in names))


def _state(case: Case, sign: str, second: bool) -> str:
    state = case.signs.get(sign, "isointense" if sign == "t1_signal" else "hyperintense")
    return OPPOSITE[sign][1 if second else 0] if state == "mixed" else state


def fluid_of(scene: Scene, case: Case, like: str) -> int:
    """The filling of a cyst: the tissue it is like, changed where the drawn signs say otherwise."""
    palette = scene.palette
    if "lesion_fluid" not in palette.names:
        fat, base = palette.tissues[palette["fat"]], palette.tissues[palette[like]]
        ratios = [signal(base, fat, each, palette.field_t) / cord_signal(palette, each) for each in (T1, T2)]
        for place, sign in enumerate(("t1_signal", "t2_signal")):
            state = case.signs.get(sign)
            if state is not None and state in SPANS[sign] and word_for(ratios[place]) != state:
                ratios[place] = float(scene.rng.uniform(*SPANS[sign][state]))
        density = base.proton_density
        t1_s, t2_s = times_for(palette, ratios[0], ratios[1], density)
        held = case.signs.get("restricted_diffusion")
        diffusion = float(scene.rng.uniform(*DIFFUSION["present"])) if held == "present" else max(base.adc, 1.2)
        palette.add("lesion_fluid", like, t1_s=t1_s, t2_s=t2_s, t2star_s=0.4 * t2_s, adc=diffusion)
    return palette["lesion_fluid"]


def word_for(ratio: float) -> str:
    """Darker than, like or brighter than cord: like it within a tenth."""
    return "hypointense" if ratio < 0.9 else "hyperintense" if ratio > 1.1 else "isointense"


def fill(body: Body, scene: Scene, lumps: RandomField) -> None:
    """Fills a lesion: its enhancement pattern decides where contrast goes; a mixed signal is half one and half the other."""
    case, sheet, where = body.focus.case, body.sheet, body.inside
    if not where.any():
        return
    field_ = lumps.over(sheet)
    bright = enhances(body, field_) & where
    tissues = substance_of(scene, case)
    mixed = np.zeros_like(where)
    if "mixed" in (case.signs.get("t1_signal"), case.signs.get("t2_signal")):
        other = scene.noise(2.6).over(sheet)
        mixed = other > np.quantile(other[where], 0.5)
    for half, (enhancing, plain) in ((~mixed, (tissues.enhancing, tissues.plain)),
                                     (mixed, (tissues.other_enhancing, tissues.other_plain))):  # fmt: skip
        sheet.put(
            where & half & bright, enhancing, None, ENHANCING if body.code is None else body.code, body.focus.instance
        )
        sheet.put(where & half & ~bright, plain, None, SOLID if body.code is None else body.code, body.focus.instance)


def enhances(body: Body, lumps: Field) -> Mask:
    """Where a lesion takes up contrast, by its pattern."""
    case, sheet = body.focus.case, body.sheet
    pattern = case.signs.get("enhancement_pattern", "homogeneous")
    everywhere = np.ones(sheet.tissue.shape, bool)
    # Contrast agent has no sharp border: at the edge of what takes it up, cells do so by chance.
    chance = body.focus.own_rng(1).random(sheet.tissue.shape, dtype=np.float32) - np.float32(0.5)
    if case.signs.get("enhancement", "absent") == "absent":
        return ~everywhere
    if pattern in ENHANCED_SHARE:
        share = ENHANCED_SHARE[pattern]
        loose = lumps + EDGE * chance
        return everywhere if share == 1.0 else np.asarray(loose > np.quantile(loose[body.inside], 1 - share))
    # A wall is thicker here and thinner there.
    uneven = body.depth * (1 + WALL * np.clip(lumps, -1.5, 1.5) + 0.5 * WALL * chance)
    rim = uneven > np.quantile(uneven[body.inside], 0.5 if pattern != "linear" else 0.72)
    x, _, z = body.frame()
    masks: dict[str, NDArray[Any]] = {
        "ring": rim, "open_ring": rim & ((x > -0.35) | (np.abs(z) > 0.8)), "linear": rim & (np.abs(x) > 0.15),
        "transverse_band": np.abs(z) < np.clip(2.2 / max(body.focus.half_mm, 1.0), 0.12, 0.4),
        "mural_nodule": nodule_in(body),
    }  # fmt: skip
    return np.asarray(everywhere & masks.get(pattern, everywhere))


def nodule_in(body: Body) -> Mask:
    """A small nodule on the wall of a lesion."""
    x, y, z = body.frame()
    side = 1.0 if body.focus.instance % 2 else -1.0
    return np.asarray(((x - 0.5 * side) / 0.48) ** 2 + ((y + 0.2) / 0.55) ** 2 + ((z - 0.15) / 0.45) ** 2 < 1)
