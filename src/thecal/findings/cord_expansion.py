"""Finding: expansion of the cord at a lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import Axis, Sections, axis_of, extent, sections
from thecal.findings.views import View, best
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "cord_expansion"
NEEDS = ("lesion", "cord")
SUBJECT = "lesion"
# From this ratio of areas on the cord counts as expanded (judged). A healthy cord's area differs from level to level
# (valosek2024), which the line between both neighbours takes out in part.
CUT = 1.20
# What the ratio of two areas on one series may be off by, beside what the neighbours' own spread tells (judged).
FLOOR = 0.06
# Neighbours: cord from CLEAR to REACH mm beyond the lesion's ends, at least NEEDED mm of it on a side.
CLEAR_MM, REACH_MM, NEEDED_MM = 6.0, 45.0, 9.0
ROLES = ("T2w", "T2w_fs", "T1w", "T1w_ce", "T2starw")


@dataclass(frozen=True, eq=False)
class Beside:
    """The cord at a lesion against its neighbours: sections at the lesion, and what neighbours lead one to expect there.

    spread and shape_spread say by what share areas and roundness of the neighbours differ from that themselves.
    """

    view: View
    axis: Axis
    at: Sections
    area: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    depth: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    width: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    spread: float
    shape_spread: float
    sides: int


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether the cord is wider at the lesion than the cord above and below it would lead one to expect.

    The widest 6 mm of the cord over the lesion's length, as a ratio of areas to a straight line between the neighbours.
    Norms for age and sex are not used. Not assessed without lesion-free cord on at least one side.
    Source: valosek2024
    """
    assert lesion is not None
    beside = compare(aligned, segmentation, lesion)
    if beside is None:
        return NotAssessed(
            CODE, lesion.tracking_uid, "no lesion-free cord beside the lesion; norms for age and sex are not used"
        )
    ratio = beside.at.area / beside.area
    widest = np.convolve(ratio, np.ones(2) / 2, "valid") if len(ratio) > 1 else ratio
    peak = int(np.argmax(widest))
    sd = float(np.hypot(FLOOR, beside.spread) * (1 if beside.sides == 2 else 1.5))
    here = np.abs(beside.axis.locate(beside.view.mm(beside.view.cord))[0] - beside.at.along[peak]) < 3
    points = beside.view.mm(beside.view.cord)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(float(widest[peak]), CUT, sd)),
        measurement=Measurement(round(float(widest[peak]), 4), "1", round(sd, 4)),
        where=beside.view.place(points[here] if here.any() else points),
        method=f"area of the cord at its widest over the lesion, divided by a line between lesion-free cord "
               f"{'above and below' if beside.sides == 2 else 'on one side'}; expanded from {CUT:g} (judged)",
    )  # fmt: skip


def compare(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Beside | None:
    """The cord's cross-sections at a lesion, and those its neighbours lead one to expect; None without neighbours."""
    planes = ("axial", "volumetric", "sagittal", "oblique", "coronal")
    for plane in planes:
        view = best(aligned, segmentation, ROLES, lesion, (plane,))  # type: ignore[arg-type]
        made = _beside(view, lesion) if view is not None and view.series.plane == plane else None
        if made is not None:
            return made
    return None


def _beside(view: View, lesion: Lesion) -> Beside | None:
    axis = axis_of(view)
    if axis is None or not view.cord.any():
        return None
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    whole = sections(view, axis, view.cord, step)
    # Steps cut by the field's end or by the cord's own tip are not sections of the cord.
    inside = slice(1, -1)
    whole = Sections(*(getattr(whole, name)[inside] for name in ("along", "area", "depth", "width", "right", "front")))
    low, high = extent(view, axis, view.body(lesion))
    at = (whole.along > low - step / 2) & (whole.along < high + step / 2)
    drawn = np.concatenate([axis.locate(view.mm(view.tissue > 0))[0]])
    free = np.array([not np.any(np.abs(drawn - s) < step / 2 + CLEAR_MM / 2) for s in whole.along], dtype=bool)
    below = free & (whole.along < low - CLEAR_MM) & (whole.along > low - REACH_MM)
    above = free & (whole.along > high + CLEAR_MM) & (whole.along < high + REACH_MM)
    below = below if np.count_nonzero(below) * step >= NEEDED_MM else np.zeros_like(below)
    above = above if np.count_nonzero(above) * step >= NEEDED_MM else np.zeros_like(above)
    if not at.any() or not (below.any() or above.any()):
        return None
    lines = [
        _line(whole.along, getattr(whole, name), below, above, whole.along[at]) for name in ("area", "depth", "width")
    ]
    near = below | above
    round_ = whole.depth / np.maximum(whole.width, 1e-3)
    rests = [
        float(np.std(values[near] / _line(whole.along, values, below, above, whole.along[near])))
        for values in (whole.area, round_)
    ]
    here = Sections(*(getattr(whole, name)[at] for name in ("along", "area", "depth", "width", "right", "front")))
    return Beside(
        view, axis, here, lines[0], lines[1], lines[2], rests[0], rests[1], int(below.any()) + int(above.any())
    )


def _line(
    along: np.ndarray[tuple[int, ...], np.dtype[np.float64]], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    below: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], above: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    at: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:  # fmt: skip
    """Values read off the line between the medians on both sides, level where there is one side only."""
    sides = [side for side in (below, above) if side.any()]
    where = [float(along[side].mean()) for side in sides]
    return np.interp(at, where, [float(np.median(values[side])) for side in sides])
