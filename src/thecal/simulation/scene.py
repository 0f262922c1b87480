"""What a lesion is painted on: the scene, and where one separate lesion lies."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from thecal.simulation.canal import Root
from thecal.simulation.canvas import Field, Sheet
from thecal.simulation.generators import Generator, RandomField
from thecal.simulation.physics import Palette
from thecal.simulation.signs import Case
from thecal.simulation.spine import Profile, Spine, Tube

# Codes of contract/labels.md.
ENHANCING, SOLID, OEDEMA, TUMOUR_CYST, BLOOD, COATING, CORD_CHANGE = 1, 2, 3, 4, 5, 6, 7
OUTER_CYST, EXTRADURAL, POLAR_CYST, SYRINX = 9, 10, 11, 12


@dataclass(eq=False)
class Scene:
    """The sheets, the spine and the palette of one phantom, with its roots; usual_canal is the canal before any lesion."""

    spine: Spine
    body: Sheet
    canal: Sheet
    palette: Palette
    rng: np.random.Generator
    generator: Generator
    roots: list[Root] = field(default_factory=list)
    usual_canal: Tube | None = None

    def noise(self, width_mm: float) -> RandomField:
        """A new random field over the whole scene."""
        span = (float(self.canal.s[0]), float(self.canal.s[-1]))
        return self.generator.noise(width_mm, (-40, 40), (-50, 70), span)

    def radius(self, x: Field, y: Field, z: Field) -> Field:
        """Distance from a lesion's heart, 1 on its wall, as this phantom's generator shapes it."""
        return self.generator.radius(x, y, z)

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

    def own_rng(self, use: int) -> np.random.Generator:
        """Random numbers that belong to this lesion for one use, whatever else has been drawn."""
        return np.random.default_rng([use, self.instance, int(abs(self.s) * 1000)])

    def hump(self, s: Profile, ease_mm: float) -> Profile:
        """1 along the lesion, falling smoothly to 0 over ease_mm beyond its ends."""
        beyond = np.maximum(np.abs(s - self.s) - self.half_mm, 0) / ease_mm
        return np.asarray(np.where(beyond < 1, 0.5 + 0.5 * np.cos(np.pi * np.clip(beyond, 0, 1)), 0.0))
