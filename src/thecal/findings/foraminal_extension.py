"""Finding: growth of a lesion through a neural foramen."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of, spread
from thecal.findings.views import EPIDURAL, View, look
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "foraminal_extension"
NEEDS = ("lesion",)
SUBJECT = "lesion"
# Volume of the lesion in or beyond the foramen from which it counts (judged: a 5 mm ball).
SEEN_MM3, SEEN_SD_MM3 = 65.0, 25.0
# The foramen starts so far beside the canal's wall and ends so far from it, in mm.
INNER_MM, OUTER_MM = 2.5, 22.0
# It lies in front of the laminae: from so far behind the canal's middle to so far before it, in mm.
BEHIND_MM, BEFORE_MM = 8.0, 14.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Volume of the lesion beside the canal, between the vertebrae, where the foramina are: dumbbell growth.

    Not assessed where neither cord nor sac was drawn beside the lesion.
    """
    assert lesion is not None
    found = [one for series in aligned.study.images()
             if (one := beyond(look(aligned, segmentation, series.key), lesion)) is not None]  # fmt: skip
    if not found:
        return NotAssessed(CODE, lesion.tracking_uid, "neither the cord nor the thecal sac was drawn beside the lesion")
    volume = float(np.median([one[0] for one in found]))
    sd = float(np.hypot(SEEN_SD_MM3, np.std([one[0] for one in found]) / 2))
    place = max(found, key=lambda one: one[0])[1]
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(belief.above(volume, SEEN_MM3, sd)),
        measurement=Measurement(round(volume, 1), "mm3", round(sd, 1)), where=place,
        method=f"volume of the lesion from {INNER_MM:g} mm beside the canal outwards, outside bone, at the height of "
               "the foramina; "
               f"from {SEEN_MM3:g} mm³ (judged)",
    )  # fmt: skip


def beyond(view: View, lesion: Lesion) -> tuple[float, Place] | None:
    """Volume of a lesion in or beyond the foramen on one view in mm³, and where; None without cord, sac or lesion."""
    axis, body = axis_of(view), view.body(lesion)
    canal = view.in_dura | (view.anatomy == EPIDURAL)
    if axis is None or not body.any() or not canal.any():
        return None
    index = np.argwhere(body & (view.anatomy == 0))
    if not len(index):
        return 0.0, view.place(view.mm(body))
    along, right, front = axis.locate(view.mm(body & (view.anatomy == 0)))
    c_along, c_right, c_front = axis.locate(spread(view.grid, np.argwhere(canal & ~body), 3.0))
    near = np.abs(c_along[:, None] - np.median(along)) < 25
    held = near[:, 0]
    if np.count_nonzero(held) < 20:
        return None
    half = (np.percentile(c_right[held], 97) - np.percentile(c_right[held], 3)) / 2
    middle, depth = np.median(c_right[held]), np.median(c_front[held])
    out = np.abs(right - middle) - half
    inside = (out > INNER_MM) & (out < OUTER_MM) & (front - depth > -BEHIND_MM) & (front - depth < BEFORE_MM)
    volume = float(np.count_nonzero(inside)) * view.grid.voxel_volume_mm3
    points = view.mm(body & (view.anatomy == 0))
    return volume, view.place(points[inside] if inside.any() else view.mm(body))
