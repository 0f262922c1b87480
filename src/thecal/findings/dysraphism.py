"""Finding: vertebral arches that did not close behind the sac."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import Axis, axis_of
from thecal.findings.levels import NAMES
from thecal.findings.views import EPIDURAL, View, look
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Place, Segmentation

CODE = "dysraphism"
NEEDS = ("sac", "levels")
SUBJECT = "patient"
# Behind the sac the midline is this wide, and reaches so far back, in mm.
MIDLINE_MM, BACK_MM = 2.5, 45.0
# A closed arch has at least this height of bone or spinous process in the midline (judged).
HEIGHT_MM, HEIGHT_SD_MM = 4.0, 1.8
LEAST_CLOSED = 2


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Height of bone drawn in the midline behind the sac, vertebra by vertebra; an arch without any is open.

    Not assessed where the arches were not drawn: an open one shows only beside closed ones. C1 and the sacrum below S1, whose
    arches are often open, are left out, and so are vertebrae cut by the field's end.
    """
    del lesion
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images() if one.plane != "axial"]
    found = [one for view in views if (one := arches(view)) is not None]
    if not found:
        return NotAssessed(CODE, PATIENT, "the arches of the vertebrae were not drawn")
    heights = max(found, key=len)
    code, (height, place) = min(heights.items(), key=lambda one: one[1][0])
    return Finding(
        CODE, PATIENT, "measured", belief.yes_no(1 - belief.above(height, HEIGHT_MM, HEIGHT_SD_MM)),
        measurement=Measurement(round(height, 1), "mm", HEIGHT_SD_MM), where=place,
        method=f"least height of bone in the midline behind the sac ({NAMES[code]}, of {len(heights)} vertebrae); open below "
               f"{HEIGHT_MM:g} mm (judged)",
    )  # fmt: skip


def arches(view: View) -> dict[int, tuple[float, Place]] | None:
    """Height of bone in the midline behind the sac by vertebra; None unless most arches were drawn."""
    axis = axis_of(view)
    if axis is None:
        return None
    found = {}
    for code in np.unique(view.anatomy):
        arch = _arch(view, axis, int(code)) if int(code) in NAMES and int(code) not in (11, 50) else None
        if arch is not None:
            found[int(code)] = arch
    closed = sum(height > HEIGHT_MM for height, _ in found.values())
    return found if closed >= max(LEAST_CLOSED, 0.5 * len(found)) else None


def _arch(view: View, axis: Axis, code: int) -> tuple[float, Place] | None:
    mine = view.anatomy == code
    points = view.mm(mine)
    along, right, front = axis.locate(points)
    body = front > 0
    if np.count_nonzero(body) < 30:
        return None
    low, high = np.percentile(along[body], (2, 98))
    if low < axis.low + 4 or high > axis.high - 2:
        return None
    sac = view.in_dura | (view.anatomy == EPIDURAL)
    s_along, _, s_front = axis.locate(view.mm(sac))
    here = (s_along > low) & (s_along < high)
    if not here.any():
        return None
    wall = float(np.percentile(s_front[here], 3))
    arch = (
        (np.abs(right) < max(MIDLINE_MM, 0.55 * float(np.abs(view.affine[0, :3]).max())))
        & (front < wall + 1)
        & (front > wall - BACK_MM)
    )
    step = 1.0
    height = step * len(np.unique(np.floor(along[arch] / step))) if arch.any() else 0.0
    at = points[arch] if arch.any() else view.mm(sac)[here & (s_front < wall + 2)]
    return height, view.place(at if len(at) else points)
