"""Finding: expansion of the cord at a lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import Axis, Sections, axis_of, extent, sections
from thecal.findings.views import COATING, CORD_CHANGE, OEDEMA, POLAR_CYST, SYRINX, TUMORAL_CYST, View, best
from thecal.findings.within_cord import share_within
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
# Change of the cord that need not widen it.
OF_CORD = (OEDEMA, COATING, *CORD_CHANGE)
SECTION = ("along", "area", "depth", "width", "right", "front")
# The cord's tip is in view where the sac goes on beyond it for this.
TIP_MM = 15.0
ROLES = ("T2w", "T2w_fs", "T1w", "T1w_ce", "T2starw")


@dataclass(frozen=True, eq=False)
class Beside:
    """The cord at a lesion against its neighbours: sections at the lesion, and what neighbours lead one to expect there.

    spread and shape_spread say by what share areas and roundness of the neighbours differ from that themselves; changed that
    the neighbours are no lesion-free cord, but the least changed that is in view.
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
    changed: bool = False

    @property
    def widening(self) -> float:
        """By what factor poor neighbours widen the standard deviation of a ratio (judged)."""
        return (1.0 if self.sides == 2 else 1.5) * (1.5 if self.changed else 1.0)

    @property
    def words(self) -> str:
        """The neighbours in words."""
        kind = "swollen but tumour-free" if self.changed else "lesion-free"
        return f"{kind} cord {'above and below' if self.sides == 2 else 'on one side'}"


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether the cord is wider at the lesion than the cord above and below it would lead one to expect.

    The widest 6 mm of the cord over the lesion's length, as a ratio of areas to a straight line between the neighbours.
    Norms for age and sex are not used. Not assessed without lesion-free cord on at least one side.
    Source: valosek2024
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is not None and within <= 0.5 and (view := below_cord(aligned, segmentation, lesion)) is not None:
        return Finding(CODE, lesion.tracking_uid, "measured", belief.yes_no(0.0), where=view.place(view.mm(view.core(lesion))),
                       method="the cord ends above the lesion")  # fmt: skip
    beside = compare(aligned, segmentation, lesion, (*OF_CORD, TUMORAL_CYST, POLAR_CYST, SYRINX))
    if beside is None:
        return NotAssessed(
            CODE, lesion.tracking_uid, "no lesion-free cord beside the lesion; norms for age and sex are not used"
        )
    ratio, peak = widest(beside)
    sd = float(np.hypot(FLOOR, beside.spread) * beside.widening)
    here = np.abs(beside.axis.locate(beside.view.mm(beside.view.cord))[0] - beside.at.along[peak]) < 3
    points = beside.view.mm(beside.view.cord)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(ratio, CUT, sd)),
        measurement=Measurement(round(ratio, 4), "1", round(sd, 4)),
        where=beside.view.place(points[here] if here.any() else points),
        method=f"area of the cord at its widest over the lesion, divided by a line between {beside.words}; "
               f"expanded from {CUT:g} (judged)",
    )  # fmt: skip


def below_cord(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> View | None:
    """A view in which the cord's tip is seen above the whole lesion; None without one."""
    for plane in ("sagittal", "volumetric"):
        view = best(aligned, segmentation, ROLES, lesion, (plane,))  # type: ignore[arg-type]
        axis = None if view is None or view.series.plane != plane else axis_of(view)
        if view is None or axis is None or not view.cord.any():
            continue
        tip = float(np.percentile(axis.locate(view.mm(view.cord))[0], 0.5))
        canal = float(axis.locate(view.mm(view.in_dura))[0].min())
        top = float(axis.locate(view.mm(view.core(lesion)))[0].max())
        if tip - canal > TIP_MM and top < tip - CLEAR_MM / 2:
            return view
    return None


def widest(beside: Beside) -> tuple[float, int]:
    """The largest ratio of areas at the lesion over two neighbouring sections, and where."""
    ratio = beside.at.area / beside.area
    pairs = np.convolve(ratio, np.ones(2) / 2, "valid") if len(ratio) > 1 else ratio
    peak = int(np.argmax(pairs))
    return float(pairs[peak]), peak


def compare(
    aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion, last: tuple[int, ...] = ()
) -> Beside | None:
    """The cord's cross-sections at a lesion, and those its neighbours lead one to expect; None without neighbours.

    Neighbours are free of anything drawn; where no series shows such cord, free of all but oedema and other change on T2w;
    then, where asked for, free of all but the tissues named last.
    """
    planes = ("axial", "volumetric", "sagittal", "oblique", "coronal")
    for borne in ((), OF_CORD, *([last] if last else [])):
        for plane in planes:
            view = best(aligned, segmentation, ROLES, lesion, (plane,))  # type: ignore[arg-type]
            made = _beside(view, lesion, borne) if view is not None and view.series.plane == plane else None
            if made is not None:
                return replace(made, changed=bool(borne))
    return None


def _beside(view: View, lesion: Lesion, borne: tuple[int, ...]) -> Beside | None:
    axis = axis_of(view)
    if axis is None or not view.cord.any():
        return None
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    whole = _whole(view, axis, step)
    low, high = extent(view, axis, view.core(lesion))
    at = (whole.along > low - step / 2) & (whole.along < high + step / 2)
    drawn = axis.locate(view.mm((view.tissue > 0) & ~(np.isin(view.tissue, borne) & ~view.core(lesion))))[0]
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
    here = Sections(*(getattr(whole, name)[at] for name in SECTION))
    return Beside(
        view, axis, here, lines[0], lines[1], lines[2], rests[0], rests[1], int(below.any()) + int(above.any())
    )


def _whole(view: View, axis: Axis, step: float) -> Sections:
    """The cord's sections; steps cut by the field's end or by the cord's own tip are not sections of the cord."""
    whole = sections(view, axis, view.cord, step)
    return Sections(*(getattr(whole, name)[1:-1] for name in SECTION))


def _line(
    along: np.ndarray[tuple[int, ...], np.dtype[np.float64]], values: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    below: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], above: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    at: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:  # fmt: skip
    """Values read off the line between the medians on both sides, level where there is one side only."""
    sides = [side for side in (below, above) if side.any()]
    where = [float(along[side].mean()) for side in sides]
    return np.interp(at, where, [float(np.median(values[side])) for side in sides])
