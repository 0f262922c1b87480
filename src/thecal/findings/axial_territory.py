"""Finding: the territory of the cord's cross-section that a lesion without a mass takes up."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from thecal.findings import belief
from thecal.findings.axis import axis_of, sections, spread
from thecal.findings.views import CORD_CHANGE, View, best
from thecal.findings.within_cord import why_not_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "axial_territory"
NEEDS = ("lesion", "T2w|T2w_fs", "cord")
SUBJECT = "lesion"
ROLES = ("T2w", "T2w_fs", "T2starw", "T1w_ce")
# How much better one territory must fit than another to be clearly it (judged), in shares of overlap.
SOFT = 0.07

Array = NDArray[np.float64]


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """The territory that overlaps best with changed cord, over the middle half of the lesion's length.

    Overlap is twice the common area over the sum of both, in sections scaled to the cord's own width and depth. Territories are
    drawn by hand (judged). Only for lesions drawn as change of the cord: a mass pushes the territories about.
    """
    assert lesion is not None
    if reason := why_not_within(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, reason)
    view = best(aligned, segmentation, ROLES, lesion, ("axial", "volumetric", "sagittal", "coronal", "oblique"))  # type: ignore[arg-type]
    if view is None or 2 * view.of(lesion, CORD_CHANGE).sum() < view.tumour(lesion).sum():
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is a mass, which pushes the territories about")
    fits = fits_of(view, lesion)
    if fits is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the cord was not drawn where the lesion was")
    soft = SOFT if view.series.plane == "axial" else 2 * SOFT
    best_fit = max(fits.values())
    scores = {name: float(np.exp((fit - best_fit) / soft)) for name, fit in fits.items()}
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(scores),
        measurement=Measurement(round(100 * best_fit, 1), "%"), where=view.place(view.mm(view.tumour(lesion))),
        method="overlap of changed cord with each territory over the middle half of the lesion (twice the common area "
               "over the sum "
               "of both); territories drawn by hand (judged)",
    )  # fmt: skip


def fits_of(view: View, lesion: Lesion) -> Mapping[str, float] | None:
    """How well each territory overlaps with a lesion, from 0 to 1."""
    axis, mine = axis_of(view), view.tumour(lesion) & view.cord
    if axis is None or np.count_nonzero(mine) < 8:
        return None
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    cord = sections(view, axis, view.cord, step)
    points = spread(view.grid, np.argwhere(view.cord), 0.7)
    held = spread(view.grid, np.argwhere(mine), 0.7)
    along, right, front = axis.locate(np.concatenate([held, points]))
    low, high = np.percentile(along[: len(held)], (25, 75))
    middle = (along >= low - step / 2) & (along <= high + step / 2)
    at = np.clip(np.searchsorted(cord.along, along), 1, len(cord.along) - 1)
    at -= (along - cord.along[at - 1] < cord.along[at] - along).astype(int)
    across = (right - cord.right[at]) / np.maximum(cord.width[at] / 2, 0.5)
    depth = (front - cord.front[at]) / np.maximum(cord.depth[at] / 2, 0.5)
    first = np.arange(len(along)) < len(held)
    in_lesion, in_cord = middle & first, middle & ~first
    if np.count_nonzero(in_lesion) < 20:
        return None
    fits: dict[str, float] = {}
    for side in (-1.0, 1.0):
        p = across * side
        for name, inside in territories(p, depth).items():
            common, area = np.count_nonzero(inside & in_lesion), np.count_nonzero(inside & in_cord)
            fit = 2 * common / max(int(np.count_nonzero(in_lesion) + area), 1)
            fits[name] = max(fits.get(name, 0.0), float(fit))
    return fits


def territories(p: Array, q: Array) -> Mapping[str, NDArray[np.bool_]]:
    """Which points lie in each territory; p to one side and q to the front, 1 at the cord's surface."""
    horn = ((np.abs(p) - 0.33) / 0.22) ** 2 + ((q - 0.20) / 0.32) ** 2 < 1
    wedge = 0.18 + 0.30 * np.clip(-q, 0, 1)
    return {
        "central_grey": (p / 0.58) ** 2 + (q / 0.55) ** 2 < 1,
        "anterior_horns": horn,
        "dorsal_columns": (np.abs(p) < wedge) & (q < -0.12) & (q > -0.98),
        "dorsal_subpial": (p / 0.75) ** 2 + ((q + 0.75) / 0.50) ** 2 < 1,
        "lateral": ((p - 0.62) / 0.36) ** 2 + ((q + 0.05) / 0.50) ** 2 < 1,
        "holocord": p**2 + q**2 < 0.88,
    }
