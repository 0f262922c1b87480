"""Finding: where in the canal a lesion outside the cord lies."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import Axis, axis_of
from thecal.findings.views import View, best
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "canal_position"
NEEDS = ("lesion",)
SUBJECT = "lesion"
STATES = ("ventral", "lateral", "dorsal")
# A quarter of the circle to the front is ventral, to the back dorsal; between them lateral.
CUTS = (45.0, 135.0)
# What the direction of a middle is off by at best, in degrees (judged).
LEAST_SD = 8.0
# A lesion whose middle lies this near to the cord's surrounds it.
LEAST_MM = 0.7
ROLES = ("T2w", "T1w_ce", "T1w", "T2w_fs", "T2starw", "ct_myelogram", "ct", "other")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether an extramedullary lesion lies in front of, beside or behind the cord, or the middle of the sac below it.

    By the direction from the middle of the cord to the middle of the lesion, across the cord's own course. Not assessed
    within the cord.
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is None or within > 0.5:
        reason = "the compartment is not known" if within is None else "the lesion lies within the cord"
        return NotAssessed(CODE, lesion.tracking_uid, reason)
    view = best(aligned, segmentation, ROLES, lesion, ("axial", "volumetric", "sagittal", "coronal", "oblique"))  # type: ignore[arg-type]
    axis = None if view is None else axis_of(view)
    if view is None or axis is None:
        return NotAssessed(CODE, lesion.tracking_uid, "neither the cord nor the thecal sac was drawn beside the lesion")
    right, front = offset(view, axis, lesion)
    away = float(np.hypot(right, front))
    if away < LEAST_MM:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion lies around the cord, on no side of it")
    degrees = float(np.degrees(np.arctan2(abs(right), front)))
    across = float(np.abs(view.affine[0, :3]).max())
    sd = float(np.hypot(LEAST_SD, np.degrees(np.arctan2(0.3 * across, max(away, 0.5)))))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.ordered(STATES, degrees, CUTS, (sd, sd)),
        measurement=Measurement(round(degrees, 1), "deg", round(sd, 1)), where=view.place(view.mm(view.body(lesion))),
        method=f"direction from the middle of the cord (or sac) to that of the lesion, {away:.0f} mm away: 0° is to the front, "
               "90° to a side, 180° to the back; lateral from 45° to 135°",
    )  # fmt: skip


def offset(view: View, axis: Axis, lesion: Lesion) -> tuple[float, float]:
    """How far to the right and to the front of the cord's middle the lesion's middle lies, in mm, height by height.

    Where the cord is not drawn the axis itself, the middle of the sac, takes its place. Of a lesion that grows out of a foramen
    the part inside the dura counts, where that is an eighth of it or more.
    """
    body = view.body(lesion)
    inside = body & view.in_dura
    if 8 * np.count_nonzero(inside) >= np.count_nonzero(body):
        body = inside
    along, right, front = axis.locate(view.mm(body))
    cord = view.cord & ~view.body(lesion)
    middle_right, middle_front = np.zeros(len(along)), np.zeros(len(along))
    if cord.any():
        cord_along, cord_right, cord_front = axis.locate(view.mm(cord))
        step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
        for n in np.unique(np.floor(along / step)):
            here, there = np.floor(along / step) == n, np.floor(cord_along / step) == n
            if there.any():
                middle_right[here], middle_front[here] = cord_right[there].mean(), cord_front[there].mean()
    return float(np.mean(right - middle_right)), float(np.mean(front - middle_front))
