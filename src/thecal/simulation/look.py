"""A painted scene as an inspector looks at it: its largest lesion, what it is made of, where it lies."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from thecal.simulation.canvas import Mask, Sheet
from thecal.simulation.scene import (
    BLOOD,
    CORD_CHANGE,
    ENHANCING,
    EXTRADURAL,
    OUTER_CYST,
    SOLID,
    TUMOUR_CYST,
    Focus,
    Scene,
)
from thecal.simulation.substance import T2, cord_signal

SOLIDS = (ENHANCING, SOLID, CORD_CHANGE, EXTRADURAL, OUTER_CYST)
CORE = (*SOLIDS, TUMOUR_CYST)
# Cord area against its own before the lesion, and change of its shape, from which a reader would say so; judged.
EXPANDED, DEFORMED = 1.15, 1.15
CONTACT_MM = 1.0
# Fluid left in front of and behind a cord in a narrow canal, below which they touch.
NARROW_MM = 1.5
# Share of a lesion's cells with three neighbours of six or fewer, from which its wall is frayed.
FRAYED = 0.14
FEW = 8


class Look:
    """The painted scene around its largest lesion."""

    def __init__(self, scene: Scene, foci: list[Focus]) -> None:
        self.scene, self.foci = scene, foci
        self.main = max(foci, key=lambda focus: focus.half_mm)
        self.near = scene.canal.crop(s=(self.main.low - 12, self.main.high + 12))
        self.palette = scene.palette

    def is_(self, sheet: Sheet, *names: str) -> Mask:
        """Where these tissues lie."""
        known = [self.palette[name] for name in names if name in self.palette.names]
        return np.isin(sheet.tissue, known)

    def own(self, sheet: Sheet, *codes: int) -> Mask:
        """Where the main lesion has these codes."""
        return np.asarray(np.isin(sheet.lesion, codes) & (sheet.instance == self.main.instance))

    @cached_property
    def solid(self) -> NDArray[np.uint8]:
        """Tissue of every solid cell of the main lesion, in cells of the canal's size."""
        fine, coarse = (float(np.prod(sheet.spacing)) for sheet in (self.scene.canal, self.scene.body))
        found = [sheet.tissue[self.own(sheet, *SOLIDS)] for sheet in self.scene.sheets]
        return np.concatenate([np.repeat(found[0], max(round(coarse / fine), 1)), found[1]])

    @cached_property
    def whole(self) -> Mask:
        """The main lesion with its cysts and blood, near it in the canal."""
        return self.own(self.near, *CORE, BLOOD)

    def relative(self, name: str) -> float:
        """A tissue's T2 signal against cord."""
        return float(self.palette.signals(T2)[self.palette[name]]) / cord_signal(self.palette, T2)


def gadolinium(look: Look) -> NDArray[np.float64]:
    """Gadolinium of every tissue by number, 0 for the rest."""
    held = np.zeros(256)
    held[: len(look.palette.tissues)] = [tissue.gadolinium for tissue in look.palette.tissues]
    return held


def span(look: Look, codes: tuple[int, ...], instance: int) -> tuple[float, float] | None:
    """Lowest and highest place along the canal where a lesion has these codes."""
    reach: list[float] = []
    for sheet in look.scene.sheets:
        found = np.isin(sheet.lesion, codes) & (sheet.instance == instance)
        along = np.flatnonzero(found.sum(axis=(0, 1)) > 1)
        if along.size:
            half = (sheet.s[1] - sheet.s[0]) / 2
            reach += [float(sheet.s[along[0]] - half), float(sheet.s[along[-1]] + half)]
    return (min(reach), max(reach)) if reach else None
