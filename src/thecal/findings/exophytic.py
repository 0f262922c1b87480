"""Finding: a lesion of the cord that bulges out of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thecal.findings import belief
from thecal.findings.axis import Axis, axis_of, spread
from thecal.findings.views import View, best
from thecal.findings.within_cord import why_not_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "exophytic"
NEEDS = ("lesion", "cord")
SUBJECT = "lesion"
# How far the outline stands out from the ellipse that fits the rest of it, as a share of its radius (judged).
CUT, CUT_SD = 0.27, 0.06
SECTORS, STEP_MM = 24, 3.0
ROLES = ("T2w", "T1w_ce", "T2w_fs", "T1w", "T2starw")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How far cord and lesion together stand out, on one side, from the ellipse that fits the rest of their outline.

    Section by section; the third largest sector of the section that stands out most counts. Not assessed outside the cord.
    """
    assert lesion is not None
    if reason := why_not_within(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, reason)
    view = best(aligned, segmentation, ROLES, lesion, ("axial", "volumetric", "sagittal", "oblique", "coronal"))  # type: ignore[arg-type]
    axis = None if view is None else axis_of(view)
    found = None if view is None or axis is None else bulge_of(view, axis, lesion)
    if found is None or view is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no whole section of the cord was drawn at the lesion")
    share, place = found
    sd = float(np.hypot(CUT_SD, 0.05 if view.series.plane == "axial" else 0.12))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(share, CUT, sd)),
        measurement=Measurement(round(share, 3), "1", round(sd, 3)), where=place,
        method="how far the outline of cord and lesion stands out on one side from the ellipse that fits the rest of "
               "it, as a share "
               f"of its radius there; exophytic from {CUT:g} (judged)",
    )  # fmt: skip


def bulge_of(view: View, axis: Axis, lesion: Lesion) -> tuple[float, Place] | None:
    """How far the outline stands out at most, and where; None without a section of 60 points."""
    whole = view.cord | view.body(lesion)
    points = spread(view.grid, np.argwhere(whole), 0.7)
    along, right, front = axis.locate(points)
    mine = axis.locate(view.mm(view.body(lesion)))[0]
    step = max(STEP_MM, float(np.abs(view.affine[2, :3]).max()))
    out: tuple[float, Place] | None = None
    for n in np.unique(np.floor(mine / step)):
        here = np.floor(along / step) == n
        if np.count_nonzero(here) < 60:
            continue
        share, turn = stand_out(right[here], front[here])
        if out is None or share > out[0]:
            at = np.array([np.cos(turn), np.sin(turn)])
            far = np.column_stack([right[here], front[here]]) @ at
            out = share, view.place(points[here][far >= np.percentile(far, 97)])
    return out


def stand_out(right: NDArray[np.float64], front: NDArray[np.float64]) -> tuple[float, float]:
    """By what share of its radius an outline stands out from the ellipse that fits the rest of it, and in which direction."""
    turn = np.linspace(-np.pi, np.pi, SECTORS, endpoint=False)
    centre = np.array([np.median(right), np.median(front)])
    for _ in range(2):
        offset = np.column_stack([right, front]) - centre
        bins = np.floor((np.arctan2(offset[:, 1], offset[:, 0]) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
        reach = np.array(
            [np.percentile(np.hypot(*offset[bins == n].T), 96) if np.any(bins == n) else np.nan for n in range(SECTORS)]
        )
        middle = turn + np.pi / SECTORS
        edge = np.column_stack([np.cos(middle), np.sin(middle)]) * reach[:, None]
        kept = np.isfinite(reach)
        coefficients, kept = _ellipse(edge, kept)
        x, y = np.cos(middle), np.sin(middle)
        a, b, c, d, e = coefficients
        quadratic, linear = a * x**2 + b * x * y + c * y**2, d * x + e * y
        expected = (-linear + np.sqrt(np.maximum(linear**2 + 4 * quadratic, 1e-9))) / np.maximum(2 * quadratic, 1e-9)
        centre = centre + np.nanmean(edge[kept], axis=0) * 0.5
    excess = np.where(np.isfinite(reach), reach / expected - 1, 0)
    order = np.argsort(excess)
    return float(excess[order[-3]]), float(middle[order[-1]])


def _ellipse(edge: NDArray[np.float64], kept: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A conic a x² + b xy + c y² + d x + e y = 1 through an outline, the sectors that stand out most left out step by step."""
    for least in (SECTORS, 18, 15, 13):
        x, y = edge[kept].T
        terms = np.column_stack([x**2, x * y, y**2, x, y])
        found = np.linalg.lstsq(terms, np.ones(len(x)), rcond=None)[0]
        every = (
            np.column_stack([edge[:, 0] ** 2, edge[:, 0] * edge[:, 1], edge[:, 1] ** 2, edge[:, 0], edge[:, 1]]) @ found
        )
        rest = np.where(np.isfinite(every), every, np.inf)
        kept = np.isfinite(rest) & (rest <= np.sort(rest)[min(least, len(rest)) - 1])
    return found, kept
