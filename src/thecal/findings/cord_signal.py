"""Signal as a multiple of normal cord: the cord beside the lesion, at the same place along the coil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.findings.axis import Axis, along_map, axis_of
from thecal.findings.views import Mask, View, averaged, box, grown, inner
from thecal.records import Lesion

# Normal cord starts this far from anything drawn as lesion and is looked for up to so far from it.
CLEAR_MM, REACH_MM = 5.0, 80.0
# Height of the pieces of cord whose medians make the course of normal signal.
PIECE_MM = 6.0
# A piece whose log signal lies farther than this off the course of the others is not normal cord.
OFF_COURSE = 0.12
# What the ratio of two tissues may be off by whatever the noise: flow, partial volume, texture.
FLOOR = 0.02
# Added where normal cord was found on one side only, and where the part was too small to leave its rim out.
ONE_SIDED, RIM = 0.05, 0.05

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalCord:
    """The course of normal cord signal along the axis: log signal = level + slope × (along − middle).

    noise is the spread of single voxels about it, as a share; sides 1 or 2, whether cord above and below took part.
    """

    axis: Axis
    level: float
    slope: float
    middle: float
    noise: float
    sides: int

    def at(self, along: NDArray[np.floating[Any]]) -> Array:
        """Normal cord signal at distances along the axis."""
        return np.asarray(np.exp(self.level + self.slope * (along - self.middle)))

    def ratios(self, view: View) -> NDArray[np.float32]:
        """A view, best cut to the lesion, as multiples of normal cord at the same height."""
        along = np.clip(along_map(view, self.axis), self.axis.low - 20, self.axis.high + 20)
        return np.asarray(view.values / self.at(along), dtype=np.float32)


@dataclass(frozen=True)
class Ratio:
    """Signal of a part relative to normal cord: its median with standard deviation, and the shares of its voxels' ratios.

    values are the ratios of single voxels after averaging with their neighbours, noise what is left of the noise in them.
    """

    median: float
    sd: float
    values: Array
    noise: float


def normal_cord(view: View, lesion: Lesion) -> NormalCord | None:
    """Normal cord in the nearest lesion-free segments above and below; None with less than two pieces of it in view."""
    axis = axis_of(view)
    drawn = view.of(lesion)
    if axis is None or not drawn.any():
        return None
    near_lesion = grown(view, view.tissue > 0, CLEAR_MM)
    core, _ = inner(view.cord & ~near_lesion, 40)
    if np.count_nonzero(core) < 20:
        return None
    along, _, _ = axis.locate(view.mm(core))
    lesion_along, _, _ = axis.locate(view.mm(drawn))
    low, high = lesion_along.min(), lesion_along.max()
    values = view.values[core].astype(np.float64)
    use = (along > low - REACH_MM) & (along < high + REACH_MM) & (values > 0)
    return _course(axis, along[use], np.log(values[use]), float(low), float(high))


def _course(axis: Axis, along: Array, logs: Array, low: float, high: float) -> NormalCord | None:
    if along.size < 20:
        return None
    piece = np.floor(along / PIECE_MM).astype(int)
    kinds = np.unique(piece)
    held = [n for n in kinds if np.count_nonzero(piece == n) >= 5]
    if len(held) < 2:
        return None
    where = np.array([along[piece == n].mean() for n in held])
    level = np.array([np.median(logs[piece == n]) for n in held])
    middle = (low + high) / 2
    slope, base, sides = _line(where - middle, level)
    rest = logs - (base + slope * (along - middle))
    noise = float(1.4826 * np.median(np.abs(rest - np.median(rest))))
    return NormalCord(axis, float(base), float(slope), float(middle), noise, sides)


def _line(where: Array, level: Array) -> tuple[float, float, int]:
    """Slope, value at 0 and number of sides of a line through pieces on both sides of 0; level where one side has none.

    Pieces far off the line, as undrawn disease is, are left out one by one.
    """
    while True:
        below, above = where < 0, where >= 0
        if not (below.any() and above.any()):
            nearest = np.argsort(np.abs(where))[:4]
            return 0.0, float(np.median(level[nearest])), 1
        # Both sides weigh the same, so that the line is read between them and not beyond.
        weight = np.where(below, 1 / below.sum(), 1 / above.sum())
        slope, base = np.polyfit(where, level, 1, w=np.sqrt(weight))
        off = np.abs(level - base - slope * where)
        if len(where) <= 4 or off.max() <= max(OFF_COURSE, 3 * float(np.median(off))):
            return float(slope), float(base), 2
        keep = off < off.max()
        where, level = where[keep], level[keep]


def compare(view: View, part: Mask, normal: NormalCord) -> Ratio:
    """Signal of a part of the lesion relative to normal cord."""
    near = view.around(part, 0.0)
    part = part[box(part, np.zeros(3, dtype=int))]
    core, whole = inner(part)
    ratios = normal.ratios(near).astype(np.float64)
    smooth, together = averaged(near, ratios, core)
    single = float(np.median(ratios[core]))
    count = int(np.count_nonzero(core))
    # Noise is the same everywhere in the image; as a share of cord it is that of the cord.
    noise = normal.noise / float(np.sqrt(together))
    sd = np.sqrt(normal.noise**2 / max(count / 4, 1) + (FLOOR * max(single, 1)) ** 2
                 + (0 if normal.sides == 2 else ONE_SIDED) ** 2 + (0 if whole else RIM) ** 2)  # fmt: skip
    return Ratio(single, float(sd), smooth, noise)
