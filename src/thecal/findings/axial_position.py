"""Finding: where in the cord's cross-section a lesion lies."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of, sections
from thecal.findings.views import best
from thecal.findings.within_cord import why_not_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "axial_position"
NEEDS = ("lesion", "cord")
SUBJECT = "lesion"
# From this share of the cord's radius on, the middle of the lesion lies off centre (judged: half a cord filled gives 0.42).
CUT = 0.30
LEAST_SD = 0.06
ROLES = ("T2w", "T1w_ce", "T2w_fs", "T1w", "T2starw")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether an intramedullary lesion lies in the middle of the cord's cross-section or off it.

    By the distance of its middle from the cord's, height by height, as a share of the cord's radius in that direction.
    Not assessed outside the cord.
    """
    assert lesion is not None
    if reason := why_not_within(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, reason)
    view = best(aligned, segmentation, ROLES, lesion, ("axial", "volumetric", "sagittal", "oblique", "coronal"))  # type: ignore[arg-type]
    axis = None if view is None else axis_of(view)
    if view is None or axis is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the cord was not drawn where the lesion was")
    inside = view.body(lesion) & view.cord
    if not inside.any():
        return NotAssessed(
            CODE, lesion.tracking_uid, f"no part of the lesion lies in the cord drawn on {view.series.key}"
        )
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    cord, mine = sections(view, axis, view.cord, step), sections(view, axis, inside, step)
    _, of_cord, of_lesion = np.intersect1d(np.round(cord.along, 3), np.round(mine.along, 3), return_indices=True)
    weight = mine.area[of_lesion]
    right = np.average(mine.right[of_lesion] - cord.right[of_cord], weights=weight)
    front = np.average(mine.front[of_lesion] - cord.front[of_cord], weights=weight)
    half_width = np.average(cord.width[of_cord], weights=weight) / 2
    half_depth = np.average(cord.depth[of_cord], weights=weight) / 2
    share = float(np.hypot(right / max(half_width, 0.5), front / max(half_depth, 0.5)))
    coarse = np.abs(view.affine[:2, :3]).max(axis=1)
    sd = float(np.hypot(LEAST_SD, 0.15 * max(coarse[0] / max(half_width, 0.5), coarse[1] / max(half_depth, 0.5))))
    central = 1 - belief.above(share, CUT, sd)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed({"central": central, "eccentric": 1 - central}),
        measurement=Measurement(round(share, 3), "1", round(sd, 3)), where=view.place(view.mm(view.body(lesion))),
        method=f"distance of the lesion's middle from the cord's as a share of the cord's radius in that direction; eccentric "
               f"from {CUT:g} (judged)",
    )  # fmt: skip
