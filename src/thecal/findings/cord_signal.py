"""Signal as a multiple of normal cord: the cord beside the lesion, at the same place along the coil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings.axis import Axis, along_map, axis_of
from thecal.findings.views import CORD, SAC, Mask, View, averaged, box, grown, inner
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

# Pieces weigh less by a factor e with each such distance from the lesion.
NEAR_MM = 40.0
# The coil's shading is smooth over this; it is taken out where that leaves normal cord so much more even. Air is left out by
# being darker than a share of cord.
SHADE_MM, WORTH, DARKEST, MOST_SHADE = 12.0, 0.9, 0.15, 0.3

# CSF and cord differ by at least this factor where both were drawn rightly (judged).
CSF_BRIGHT, CSF_DARK, UNLIKE = frozenset({"T2w", "T2w_fs", "ADC", "ct_myelogram"}), frozenset({"T1w"}), 1.15

Array = NDArray[np.float64]
Shade = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class NormalCord:
    """The course of normal cord signal along the axis: log signal = level + slope × (along − middle) + shade(along).

    shade (heights, logs) is the coil's shading as the tissues around the canal show it, flat where that did not help. noise is
    the spread of single voxels about their neighbours at the same height, off what pieces of cord depart from the course by,
    both as shares; sides 1 or 2, whether cord above and below took part.
    """

    axis: Axis
    level: float
    slope: float
    middle: float
    shade: Shade
    noise: float
    off: float
    sides: int

    def at(self, along: NDArray[np.floating[Any]]) -> Array:
        """Normal cord signal at distances along the axis."""
        return np.asarray(np.exp(self.level + self.slope * (along - self.middle) + np.interp(along, *self.shade)))

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


def normal_cord(view: View, lesion: Lesion, clear_mm: float = CLEAR_MM) -> NormalCord | None:
    """Normal cord in the nearest lesion-free segments above and below; None with less than two pieces of it in view."""
    axis = axis_of(view)
    drawn = view.of(lesion)
    if axis is None or not drawn.any():
        return None
    core = clear_cord(view, clear_mm)
    if np.count_nonzero(core) < 20 or not looks_like_cord(view):
        return None
    along, _, _ = axis.locate(view.mm(core))
    lesion_along, _, _ = axis.locate(view.mm(drawn))
    low, high = lesion_along.min(), lesion_along.max()
    values = view.values[core].astype(np.float64)
    use = (along > low - REACH_MM) & (along < high + REACH_MM) & (values > 0)
    return _course(view, axis, along[use], np.log(values[use]), (float(low), float(high)))


def clear_cord(view: View, clear_mm: float = CLEAR_MM) -> Mask:
    """The inner cord so far from anything drawn as lesion."""
    return inner(view.cord & ~grown(view, view.tissue > 0, clear_mm), 40)[0]


def looks_like_cord(view: View) -> bool:
    """Whether what was drawn as cord differs from the CSF around it as cord does: brighter on T1w, darker on T2w.

    Where a drawing took roots for cord, or CSF, nothing can be measured against it. Taken as true where little CSF is in view.
    """
    cord = inner(view.cord & (view.tissue == 0), 40)[0]
    csf = _csf_signal(view)
    if csf is None or not cord.any():
        return True
    ratio = float(np.median(view.values[cord]) / csf)
    return ratio < 1 / UNLIKE if view.series.role in CSF_BRIGHT else ratio > UNLIKE


def _csf_signal(view: View) -> float | None:
    """Signal of lesion-free CSF; None where little is in view, or where the series does not part it from cord."""
    csf = inner((view.anatomy == SAC) & (view.tissue == 0), 40)[0]
    if view.series.role not in CSF_BRIGHT | CSF_DARK or np.count_nonzero(csf) < 40:
        return None
    return max(float(np.median(view.values[csf])), 1e-6)


def _course(view: View, axis: Axis, along: Array, logs: Array, ends: tuple[float, float]) -> NormalCord | None:
    piece = np.floor(along / PIECE_MM).astype(int)
    held = [n for n in np.unique(piece) if np.count_nonzero(piece == n) >= 5]
    if len(held) < 2:
        return None
    where = np.array([along[piece == n].mean() for n in held])
    level = np.array([np.median(logs[piece == n]) for n in held])
    kept = ~_fluid_like(view, level)
    where, level, held = where[kept], level[kept], [n for n, keep in zip(held, kept, strict=True) if keep]
    if len(held) < 2:
        return None
    spread = np.concatenate([logs[piece == n] - one for n, one in zip(held, level, strict=True)])
    middle = sum(ends) / 2
    flat = np.array([middle]), np.zeros(1)
    lines = []
    for shade in (flat, shading(view, axis)):
        lines.append((shade, _line(where - middle, level - np.interp(where, *shade), (ends[1] - ends[0]) / 2)))
    plain, shaded = lines
    shade, line = shaded if shaded[1].off < WORTH * plain[1].off else plain
    noise = float(1.4826 * np.median(np.abs(spread)))
    return NormalCord(axis, line.level, line.slope, middle, shade, noise, line.off, line.sides)


def _fluid_like(view: View, level: Array) -> NDArray[np.bool_]:
    """Which pieces (log signal) are nearer to CSF than to the cord least like it: an undrawn cavity or oedema is no normal cord.

    The quarter of the pieces farthest from CSF stands for normal cord. None where CSF is hardly in view.
    """
    csf = _csf_signal(view)
    if csf is None:
        return np.zeros(len(level), dtype=bool)
    cord = float(np.percentile(level, 25 if view.series.role in CSF_BRIGHT else 75))
    return np.asarray(np.abs(level - np.log(csf)) < np.abs(level - cord))


def shading(view: View, axis: Axis, values: NDArray[np.float32] | None = None) -> Shade:
    """How bright the tissues around the canal are along the axis, as the log of a running median: the coil's shading.

    values replaces the view's own image (a quotient of two, say); what is 0 in it does not count. The course is kept within
    MOST_SHADE of its own middle, since the tissues at the ends of a field are others.
    """
    image = view.values if values is None else values
    around = (view.anatomy != CORD) & (view.anatomy != SAC) & (view.tissue == 0) & (image > 0)
    around &= view.values > DARKEST * np.median(view.values[view.cord])
    number = np.floor(along_map(view, axis)[around] / PIECE_MM).astype(int)
    logs = np.log(image[around])
    held = [n for n in np.unique(number) if np.count_nonzero(number == n) >= 30]
    if len(held) < 3:
        return np.zeros(1), np.zeros(1)
    order = np.argsort(number, kind="stable")
    number, logs = number[order], logs[order]
    ends = np.searchsorted(number, held), np.searchsorted(number, held, side="right")
    medians = [float(np.median(logs[a:b])) for a, b in zip(*ends, strict=True)]
    smooth = ndimage.gaussian_filter1d(medians, SHADE_MM / PIECE_MM, mode="nearest")
    middle = float(np.median(smooth))
    return (np.array(held) + 0.5) * PIECE_MM, np.clip(smooth, middle - MOST_SHADE, middle + MOST_SHADE)


@dataclass(frozen=True)
class _Line:
    slope: float
    level: float
    off: float
    sides: int


def _line(where: Array, level: Array, half: float) -> _Line:
    """A line through pieces of cord on both sides of 0, which reads the level there; flat where one side has none.

    Pieces near the lesion (it ends at ± half) weigh most; pieces far off the line, as undrawn disease is, are left out one by
    one.
    """
    while True:
        below, above = where < 0, where >= 0
        nearness = np.exp(-np.maximum(np.abs(where) - half, 0) / NEAR_MM)
        if not (below.any() and above.any()):
            middle = float(np.average(level, weights=nearness))
            return _Line(0.0, middle, float(np.sqrt(np.average((level - middle) ** 2, weights=nearness))), 1)
        # Both sides weigh the same, so that the line is read between them and not beyond.
        weight = nearness * np.where(below, 1 / nearness[below].sum(), 1 / nearness[above].sum())
        slope, base = np.polyfit(where, level, 1, w=np.sqrt(weight))
        away = np.abs(level - base - slope * where)
        if len(where) <= 4 or away.max() <= max(OFF_COURSE, 3 * float(np.median(away))):
            return _Line(float(slope), float(base), float(np.sqrt(np.average(away**2, weights=weight))), 2)
        keep = away < away.max()
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
    parts = (
        normal.noise / np.sqrt(max(count / 4, 1)), FLOOR * max(single, 1), normal.off * single,
        0 if normal.sides == 2 else ONE_SIDED, 0 if whole else RIM,
    )  # fmt: skip
    sd = np.sqrt(sum(part**2 for part in parts))
    return Ratio(single, float(sd), smooth, noise)
