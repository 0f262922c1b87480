"""Finding: compression of the cord by a lesion beside it."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from thecal.findings import belief
from thecal.findings.axis import spread
from thecal.findings.cord_expansion import FLOOR, Beside, compare
from thecal.findings.cord_signal import normal_cord
from thecal.findings.views import CORD_CHANGE, OEDEMA, View, best, inner
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "cord_compression"
NEEDS = ("lesion", "cord")
SUBJECT = "lesion"
# Lesion and cord touch when less than this lies between them, in mm, give or take half a voxel.
TOUCH_MM = 1.0
# The cord is deformed when its area, or its roundness, falls below this share of what its neighbours lead one to expect (judged).
CUT = 0.82
# Cord this much brighter than normal on T2w over a fifth of its section is changed (judged).
BRIGHT, BRIGHT_SD = 1.30, 0.08


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether an extramedullary lesion touches the cord, deforms it, and whether the deformed cord is changed on T2w.

    Deformed: smaller, flatter or narrower at the lesion than cord above and below would lead one to expect. Not assessed
    for lesions within the cord, or without lesion-free cord beside it. Without T2w its change is not told apart.
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is None or within > 0.5:
        reason = "the compartment is not known" if within is None else "the lesion lies within the cord"
        return NotAssessed(CODE, lesion.tracking_uid, reason)
    beside = compare(aligned, segmentation, lesion)
    if beside is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no lesion-free cord above or below the lesion to compare with")
    gap, gap_sd = between(beside.view, lesion)
    touch = belief.above(TOUCH_MM, gap, gap_sd)
    least, place = deformation(beside)
    sd = float(np.hypot(FLOOR, beside.shape_spread) * (1 if beside.sides == 2 else 1.5))
    deformed = touch * belief.above(CUT, least, sd)
    changed = t2_change(aligned, segmentation, lesion)
    bright = 0.0 if changed is None else belief.above(changed, BRIGHT, BRIGHT_SD)
    return Finding(
        CODE, lesion.tracking_uid, "measured",
        belief.weighed({"absent": 1 - touch, "contact": touch - deformed, "deformed": deformed * (1 - bright),
                        "deformed_with_t2_change": deformed * bright}),
        measurement=Measurement(round(least, 3), "1", round(sd, 3)), where=place_at(beside, place),
        method="least share of the area, or of the roundness, that lesion-free cord above and below leads one to expect; "
               f"deformed below {CUT:g} (judged); {gap:.1f} mm between lesion and cord"
               + ("" if changed is not None else "; T2 change of the cord could not be told"),
    )  # fmt: skip


def between(view: View, lesion: Lesion) -> tuple[float, float]:
    """Least distance between the surfaces of lesion and cord in mm, and its sd."""
    near = view.around(view.of(lesion), 20.0)
    body = near.body(lesion)
    cord = near.cord & ~body
    if not cord.any():
        return 99.0, 1.0
    points = (spread(near.grid, np.argwhere(mask), 1.0) for mask in (cord, body))
    tree, mine = cKDTree(next(points)), next(points)
    away, _ = tree.query(mine)
    # Points of the two lie in the middle of pieces up to 1 mm wide.
    least = float(np.percentile(away, 1)) - 1.0
    return max(least, 0.0), float(0.5 + 0.15 * near.grid.spacing_mm.max())


def deformation(beside: Beside) -> tuple[float, int]:
    """The smallest share of expected area or roundness at the lesion, over two neighbouring sections, and where."""
    area = beside.at.area / beside.area
    flat = (beside.at.depth / beside.at.width) / (beside.depth / beside.width)
    worst = np.minimum(area, np.minimum(flat, 1 / np.maximum(flat, 1e-3)))
    if len(worst) > 1:
        worst = np.convolve(worst, np.ones(2) / 2, "valid")
    place = int(np.argmin(worst))
    return float(worst[place]), place


def place_at(beside: Beside, place: int) -> Place:
    """The cord at one of the sections."""
    points = beside.view.mm(beside.view.cord)
    near = np.abs(beside.axis.locate(points)[0] - beside.at.along[place]) < 4
    return beside.view.place(points[near] if near.any() else points)


def t2_change(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> float | None:
    """How bright the brightest fifth of the inner cord at the lesion is on T2w, relative to normal cord; None without T2w."""
    view = best(aligned, segmentation, ("T2w", "T2w_fs"), lesion)
    normal = None if view is None else normal_cord(view, lesion)
    if view is None or normal is None:
        return None
    if (view.of(lesion, (*CORD_CHANGE, OEDEMA)) & view.cord).any():
        return 2 * BRIGHT
    core = inner(view.cord & ~view.of(lesion), 10)[0]
    along = normal.axis.locate(view.mm(core))[0]
    ends = normal.axis.locate(view.mm(view.body(lesion)))[0]
    here = (along > ends.min()) & (along < ends.max())
    if np.count_nonzero(here) < 10:
        return None
    ratios = view.values[core][here] / normal.at(along[here])
    return float(np.percentile(ratios, 90) - 1.28 * normal.noise)
