"""Signal as a multiple of normal cord: the cord beside the lesion, at the same place along the coil."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings.axis import Axis, along_map, axis_of
from thecal.findings.views import CORD, SAC, Mask, View, averaged, box, grown, inner
from thecal.records import Lesion, Series

# Normal cord starts this far from anything drawn as lesion and is looked for up to so far from it; where there is none, in
# the whole view, and then as near as this to what was drawn. Each step makes the ratio less sure by this share (judged).
CLEAR_MM, REACH_MM, TIGHT_MM = 5.0, 80.0, 2.0
FAR_DOUBT, TIGHT_DOUBT = 0.05, 0.10
# Height of the pieces of cord whose medians make the course of normal signal.
PIECE_MM = 6.0
# A piece whose log signal lies farther than this off the course of the others is not normal cord.
OFF_COURSE = 0.12
# What the ratio of two tissues may be off by whatever the noise: flow, partial volume, texture.
FLOOR = 0.02
# Added where normal cord was found on one side only, and where the part was too small to leave its rim out.
ONE_SIDED, RIM, LEAST_WITHIN = 0.05, 0.05, 6

# Pieces weigh less by a factor e with each such distance from the lesion.
NEAR_MM = 40.0
# The coil's shading is smooth over this; it is taken out where that leaves normal cord so much more even. Air is left out by
# being darker than a share of cord.
SHADE_MM, WORTH, DARKEST, MOST_SHADE = 12.0, 0.9, 0.15, 0.3

# T1 and T2 in s and proton density (judged) of CSF and of cord, and a usual repetition, echo and inversion time in s by role.
CSF, CORD_TIMES = (4.3, 1.9, 1.0), (0.85, 0.074, 0.72)
TIMES = {"T1w": (0.6, 0.01, 0.0), "T1w_ce": (0.6, 0.01, 0.0), "T2w": (3.6, 0.1, 0.0), "T2w_fs": (4.4, 0.06, 0.2)}
# What cord worked out from CSF may be off by, as a share, and the most of its unevenness that is put down to noise (judged).
CSF_DOUBT, MOST_CSF_NOISE = 0.18, 0.15

# CSF and cord differ by at least this factor where both were drawn rightly (judged).
CSF_BRIGHT, CSF_DARK, UNLIKE = frozenset({"T2w", "T2w_fs", "ADC", "ct_myelogram"}), frozenset({"T1w"}), 1.15

Array = NDArray[np.float64]
Shade = tuple[Array, Array]


@dataclass(frozen=True, eq=False)
class NormalCord:
    """The course of normal cord signal along the axis: log signal = level + slope × (along − middle) + shade(along).

    shade (heights, logs) is the coil's shading as the tissues around the canal show it, flat where that did not help. noise is
    the spread of single voxels about their neighbours at the same height, off what pieces of cord depart from the course by,
    both as shares; sides 1 or 2, whether cord above and below took part. doubt is what the level may be off by, as a share,
    because the cord is far from the lesion or near to it, or because it was worked out from CSF; source says which.
    """

    axis: Axis
    level: float
    slope: float
    middle: float
    shade: Shade
    noise: float
    off: float
    sides: int
    doubt: float = 0.0
    source: str = "lesion-free cord at the same height"

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


def normal_cord(view: View, lesion: Lesion, *clear_mm: float) -> NormalCord | None:
    """Normal cord in the nearest lesion-free segments above and below, clear of anything drawn by the first of the distances
    at which there is some.

    Where a view holds none near the lesion, cord farther away; then cord close beside what was drawn; then what CSF leads one
    to expect. None with neither.
    """
    axis = axis_of(view)
    drawn = view.of(lesion)
    if axis is None or not drawn.any() or not looks_like_cord(view):
        return None
    ends = axis.locate(view.mm(drawn))[0]
    low, high = float(ends.min()), float(ends.max())
    clear = clear_mm or (CLEAR_MM,)
    places = [(one, REACH_MM, 0.0, "at the same height") for one in clear]
    places += [
        (clear[-1], np.inf, FAR_DOUBT, "far from the lesion"),
        (TIGHT_MM, np.inf, TIGHT_DOUBT, "close beside it"),
    ]
    for clear_of, reach, doubt, where in places:
        core = clear_cord(view, clear_of)
        if np.count_nonzero(core) < 20:
            continue
        along, _, _ = axis.locate(view.mm(core))
        values = view.values[core].astype(np.float64)
        use = (along > low - reach) & (along < high + reach) & (values > 0)
        found = _course(view, axis, along[use], np.log(values[use]), (low, high))
        if found is not None:
            return replace(found, doubt=doubt, source=f"lesion-free cord {where}")
    return worked_out(view, axis, (low, high))


def clear_cord(view: View, clear_mm: float = CLEAR_MM) -> Mask:
    """The inner cord so far from anything drawn as lesion; its rim, where CSF blurs in, only where the cord has no inside."""
    free = ~grown(view, view.tissue > 0, clear_mm)
    core, whole = inner(view.cord & free, 40)
    deep = inner(view.cord, 1)[0] & free
    return deep if not whole and np.count_nonzero(deep) >= 20 else core


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


def worked_out(view: View, axis: Axis, ends: tuple[float, float]) -> NormalCord | None:
    """Normal cord's signal as CSF and the weighting of the series lead one to expect it; None without CSF or a known weighting.

    Of the CSF the half that roots darken or brighten least counts. Sources: smith_2008, csf_relaxation_2023
    """
    csf = inner((view.anatomy == SAC) & (view.tissue == 0), 40)[0]
    ratio = csf_over_cord(view.series)
    if ratio is None or np.count_nonzero(csf) < 40:
        return None
    values = view.values[csf].astype(np.float64)
    seen = float(np.percentile(values, 75 if ratio > 1 else 25))
    if seen <= 0:
        return None
    middle = sum(ends) / 2
    noise = float(1.4826 * np.median(np.abs(values - np.median(values)))) / seen * ratio
    return NormalCord(axis, float(np.log(seen / ratio)), 0.0, middle, (np.array([middle]), np.zeros(1)),
                      min(noise, MOST_CSF_NOISE), 0.0, 1, CSF_DOUBT, "what CSF leads one to expect of normal cord")  # fmt: skip


def csf_over_cord(series: Series) -> float | None:
    """Signal of CSF over that of cord by their relaxation times and the weighting of a spin echo or inversion recovery series."""
    if series.role not in TIMES:
        return None
    usual = TIMES[series.role]
    told = series.acquisition
    repetition, echo = told.repetition_time_s or usual[0], told.echo_time_s or usual[1]
    inversion = told.inversion_time_s or usual[2]

    def signal(t1: float, t2: float, density: float) -> float:
        recovered = 1 - np.exp(-repetition / t1)
        if inversion:
            recovered = abs(1 - 2 * np.exp(-inversion / t1) + np.exp(-repetition / t1))
        return float(density * recovered * np.exp(-echo / t2))

    return signal(*CSF) / max(signal(*CORD_TIMES), 1e-6)


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
    within = part & inner(near.cord, 1)[0]
    if not whole and np.count_nonzero(within) >= LEAST_WITHIN:
        # A lesion too small to leave its own rim out: at least that of the cord, where CSF blurs in.
        core = within
    ratios = normal.ratios(near).astype(np.float64)
    smooth, together = averaged(near, ratios, core)
    single = float(np.median(ratios[core]))
    count = int(np.count_nonzero(core))
    # Noise is the same everywhere in the image; as a share of cord it is that of the cord.
    noise = normal.noise / float(np.sqrt(together))
    parts = (
        normal.noise / np.sqrt(max(count / 4, 1)), FLOOR * max(single, 1), normal.off * single,
        0 if normal.sides == 2 else ONE_SIDED, 0 if whole else RIM, normal.doubt * single,
    )  # fmt: skip
    sd = np.sqrt(sum(part**2 for part in parts))
    return Ratio(single, float(sd), smooth, noise)
