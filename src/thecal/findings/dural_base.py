"""Finding: a lesion based broadly on the dura, or with a tail along it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.axis import axis_of
from thecal.findings.uptake import uptake
from thecal.findings.views import SAC, View, best
from thecal.findings.within_cord import share_within
from thecal.findings.within_dura import is_coat, outside_dura
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "dural_base"
NEEDS = ("lesion", "sac")
SUBJECT = "lesion"
# A tail is looked for within this of the dura, up to so far beyond the lesion's bulk, in mm; and counts from this area on
# (judged).
DURA_MM, BEYOND_MM = 2.2, 14.0
AREA_MM2, AREA_SD_MM2 = 22.0, 8.0
# Gain, as a share of cord's signal, from which a strip along the dura enhances (judged).
GAIN = 0.25
ROLES = ("T1w_ce", "T2w", "T1w", "T2w_fs", "T2starw")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Area of dura beyond the lesion's bulk that the lesion, drawn or enhancing, runs along: its tail.

    Bulk: heights at which the lesion's section is at least a third of its largest. A lesion of the cord has none. Not
    assessed for
    lesions outside the dura or that coat cord and roots. Source: alorainy
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is None or outside_dura(segmentation, aligned, lesion):
        why = "the compartment is not known" if within is None else "a lesion outside the dura lies along it anyway"
        return NotAssessed(CODE, lesion.tracking_uid, why)
    if is_coat(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, "a coat lies along everything in the dura")
    taken = uptake(aligned, segmentation, lesion)
    view = best(aligned, segmentation, ROLES, lesion) if isinstance(taken, str) else None  # type: ignore[arg-type]
    near = taken.view if not isinstance(taken, str) else None if view is None else view.around(view.body(lesion), 8.0)
    if near is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on MRI")
    lit = near.body(lesion) if isinstance(taken, str) else near.body(lesion) | (taken.covered & (taken.gain > GAIN))
    found = _tail(near, lesion, lit)
    if found is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the thecal sac was not drawn beside the lesion")
    area, points = found
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no((1 - within) * belief.above(area, AREA_MM2, AREA_SD_MM2)),
        measurement=Measurement(round(area, 1), "mm2", AREA_SD_MM2), where=near.place(points),
        method="area of dura beyond the lesion's bulk along which the lesion was drawn"
               + ("" if isinstance(taken, str) else " or something enhances")
               + f"; a base or tail from {AREA_MM2:g} mm² (judged)",
    )  # fmt: skip


def _tail(
    near: View, lesion: Lesion, lit: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> tuple[float, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] | None:
    """Area of dura that a tail covers in mm², and the points of it (of the lesion, without one)."""
    axis, body = axis_of(near), near.body(lesion)
    sac = near.in_dura | body
    if axis is None or not body.any() or not (near.anatomy == SAC).any():
        return None
    wall = ndimage.distance_transform_edt(np.pad(sac, 1, mode="edge"), sampling=near.grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    along, right, front = axis.locate(near.mm(body))
    step = max(2.0, float(np.abs(near.affine[2, :3]).max()))
    rows, count = np.unique(np.floor(along / step), return_counts=True)
    bulk = rows[count > 0.33 * count.max()]
    low, high = bulk.min() * step - 1.0, (bulk.max() + 1) * step + 1.0
    strip = lit & sac & (wall <= max(DURA_MM, 1.1 * float(np.sort(near.grid.spacing_mm)[1]))) & ~near.cord
    index = np.argwhere(strip)
    if not len(index):
        return 0.0, near.mm(body)
    s_along, s_right, s_front = axis.locate(near.mm(strip))
    beyond = ((s_along > high) & (s_along < high + BEYOND_MM)) | ((s_along < low) & (s_along > low - BEYOND_MM))
    # A tail lies on the lesion's own side.
    side = np.array([right.mean(), front.mean()])
    side /= max(float(np.linalg.norm(side)), 1e-6)
    facing = np.column_stack([s_right, s_front]) @ side > 0.3 * np.hypot(s_right, s_front)
    mine = beyond & facing
    # Cells of the dura along and around it, of about a square millimetre each.
    turn = np.arctan2(s_front, s_right) * np.hypot(s_right, s_front)
    cell = 1.5
    cells = np.unique(np.floor(np.column_stack([s_along[mine], turn[mine]]) / cell), axis=0)
    voxel = max(1.0, float(np.sort(near.grid.spacing_mm)[1] * np.sort(near.grid.spacing_mm)[2]) / cell**2)
    area = len(cells) * cell**2 * min(voxel, 3.0) if mine.any() else 0.0
    return area, near.mm(strip)[mine] if mine.any() else near.mm(body)
