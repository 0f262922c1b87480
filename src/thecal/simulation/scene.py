"""What a lesion is painted on and made of: the scene, its tissues, and how it takes up contrast."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.simulation.canal import Root
from thecal.simulation.canvas import Field, Mask, Noise, Sheet
from thecal.simulation.physics import Palette, gadolinium_for
from thecal.simulation.signs import Case
from thecal.simulation.spine import Profile, Spine

# Codes of contract/labels.md.
ENHANCING, SOLID, OEDEMA, TUMOUR_CYST, BLOOD, COATING, CORD_CHANGE = 1, 2, 3, 4, 5, 6, 7
OUTER_CYST, EXTRADURAL, POLAR_CYST, SYRINX = 9, 10, 11, 12
# Relaxation times of a lesion against cord, by the word a reader would use; judged.
T1_FACTOR = {"hypointense": 1.6, "isointense": 1.0, "hyperintense": 0.42}
T2_SECONDS = {"hypointense": 0.044, "isointense": 0.076, "hyperintense": 0.135}
OPPOSITE = {"t1_signal": ("hypointense", "hyperintense"), "t2_signal": ("hyperintense", "hypointense")}


Depth = NDArray[np.floating[Any]]


@dataclass(eq=False)
class Scene:
    """The sheets, the spine and the palette of one phantom, with its roots."""

    spine: Spine
    body: Sheet
    canal: Sheet
    palette: Palette
    rng: np.random.Generator
    roots: list[Root] = field(default_factory=list)

    def noise(self, width_mm: float) -> Noise:
        """A new random field over the whole scene."""
        span = (float(self.canal.s[0]), float(self.canal.s[-1]))
        return Noise(self.rng, width_mm, (-40, 40), (-50, 70), span)

    @property
    def sheets(self) -> tuple[Sheet, Sheet]:
        """Body first, canal second."""
        return self.body, self.canal


@dataclass(frozen=True)
class Focus:
    """One separate lesion of a case: its number, its middle along the canal and half its length, in mm; a scale for its girth."""

    case: Case
    instance: int
    s: float
    half_mm: float
    girth: float = 1.0

    @property
    def low(self) -> float:
        """Lower end."""
        return self.s - self.half_mm

    @property
    def high(self) -> float:
        """Upper end."""
        return self.s + self.half_mm

    def hump(self, s: Profile, ease_mm: float) -> Profile:
        """1 along the lesion, falling smoothly to 0 over ease_mm beyond its ends."""
        beyond = np.maximum(np.abs(s - self.s) - self.half_mm, 0) / ease_mm
        return np.asarray(np.where(beyond < 1, 0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0, 1)), 0.0))


def add_tissues(palette: Palette, case: Case, like: str = "tumour_solid") -> tuple[int, int, int, int]:
    """The lesion's substance four ways: enhancing and not, and both again for the other half of a mixed signal."""
    cord = palette.tissues[palette["grey_matter"]]
    gadolinium = gadolinium_for(case.signs.get("enhancement", "absent"))
    made: list[int] = []
    for second in (False, True):
        t1, t2 = (_state(case, sign, second) for sign in ("t1_signal", "t2_signal"))
        if case.is_("fat_signal") and case.archetype == "nodule":
            made += [palette["fat"], palette["fat"]]
            continue
        for share in (1.0, 0.06):
            made.append(
                palette.add(
                    f"lesion_{len(palette.names)}",
                    like,
                    t1_s=cord.t1_s * T1_FACTOR[t1],
                    t2_s=T2_SECONDS[t2],
                    t2star_s=T2_SECONDS[t2] * 0.45,
                    gadolinium=gadolinium * share,
                )
            )
    return made[0], made[1], made[2], made[3]


def _state(case: Case, sign: str, second: bool) -> str:
    state = case.signs.get(sign, "isointense")
    if state == "mixed":
        return OPPOSITE[sign][1 if second else 0]
    return state


def fill(sheet: Sheet, where: Mask, depth: Depth, focus: Focus, tissues: tuple[int, int, int, int], lumps: Noise,
         code: int | None = None) -> None:  # fmt: skip
    """Fills a lesion: its enhancement pattern decides where contrast goes. depth is 1 at its wall and 0 at its heart.

    code is the lesion code where enhancement does not decide it; else 1 where it enhances and 2 where it does not.
    """
    case = focus.case
    field_ = lumps.over(sheet)
    bright = enhances(sheet, depth, focus, field_) & where
    mixed = (
        field_ > 0.25 if "mixed" in (case.signs.get("t1_signal"), case.signs.get("t2_signal")) else np.zeros_like(where)
    )
    for half, (enhancing, plain) in ((~mixed, tissues[:2]), (mixed, tissues[2:])):
        sheet.put(where & half & bright, enhancing, None, ENHANCING if code is None else code, focus.instance)
        sheet.put(where & half & ~bright, plain, None, SOLID if code is None else code, focus.instance)


def enhances(sheet: Sheet, depth: Depth, focus: Focus, lumps: Field) -> Mask:
    """Where a lesion takes up contrast, by its pattern."""
    case = focus.case
    pattern = case.signs.get("enhancement_pattern", "homogeneous")
    if case.signs.get("enhancement", "absent") == "absent":
        return np.zeros(sheet.tissue.shape, bool)
    u, _, s = sheet.axes
    everywhere = np.ones(sheet.tissue.shape, bool)
    rim = depth > 0.62
    masks: dict[str, Mask | NDArray[Any]] = {
        "heterogeneous": lumps > -0.45, "patchy": lumps > 0.55, "ring": rim, "open_ring": rim & ((u > -1.0) | (s > focus.s)),
        "linear": depth > 0.70, "transverse_band": np.abs(s - focus.s) < 2.5,
    }  # fmt: skip
    return everywhere & masks.get(pattern, everywhere)
