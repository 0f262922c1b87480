"""Finding: compression of the cord by a lesion beside it."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from thecal.findings import belief
from thecal.findings.axis import sections, spread
from thecal.findings.cord_expansion import FLOOR, OF_CORD, Beside, below_cord, compare
from thecal.findings.cord_signal import normal_cord
from thecal.findings.views import CORD_CHANGE, OEDEMA, POLAR_CYST, SYRINX, TUMORAL_CYST, View, best, inner
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "cord_compression"
NEEDS = ("lesion", "cord")
SUBJECT = "lesion"
STATES = ("absent", "contact", "deformed", "deformed_with_t2_change")
# Lesion and cord touch when less than this lies between them, in mm, give or take half a voxel.
TOUCH_MM = 1.0
# A cord that is deformed is pressed on by a lesion within this of it (judged): a film of CSF may lie between.
PRESSING_MM = 3.5
# The cord is deformed when its area, or its roundness, falls below this share of what its neighbours lead one to expect (judged).
CUT = 0.82
# The canal presses on the cord where less CSF than this is left in front of and behind it together, in mm; a cord wider than
# this ratio to its neighbours fills the canal of its own accord (judged).
NARROW_MM, CUT_WIDE = 1.5, 1.15
# Cord this much brighter than normal on T2w over a fifth of its section is changed (judged).
BRIGHT, BRIGHT_SD = 1.30, 0.08


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether an extramedullary lesion touches the cord, deforms it, and whether the deformed cord is changed on T2w.

    Deformed: smaller, flatter or narrower at the lesion than cord above and below would lead one to expect. Of a lesion within
    the cord, whether the canal presses on it there: no CSF left in front of and behind a cord that is not widened. Not assessed
    without cord beside the lesion to compare with. Without T2w its change is not told apart.
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the compartment is not known")
    if within <= 0.5 and (view := below_cord(aligned, segmentation, lesion)) is not None:
        none = belief.weighed(dict(zip(STATES, (1.0, 0.0, 0.0, 0.0), strict=True)))
        return Finding(CODE, lesion.tracking_uid, "measured", none,
                       where=view.place(view.mm(view.core(lesion))), method="the cord ends above the lesion")  # fmt: skip
    beside = compare(aligned, segmentation, lesion, (*OF_CORD, TUMORAL_CYST, POLAR_CYST, SYRINX))
    if beside is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no cord above or below the lesion to compare with")
    inside = within > 0.5
    least, place = deformation(beside)
    sd = float(np.hypot(FLOOR, beside.shape_spread) * beside.widening)
    if inside:
        gap, gap_sd, wide = room_left(beside)
        touch = belief.above(NARROW_MM, gap, gap_sd) * (1 - belief.above(wide, CUT_WIDE, sd))
        pressed = touch
    else:
        gap, gap_sd = between(beside.view, lesion)
        touch, pressed = belief.above(TOUCH_MM, gap, gap_sd), belief.above(PRESSING_MM, gap, gap_sd)
    deformed = pressed * belief.above(CUT, least, sd)
    touch = max(touch, deformed)
    changed = t2_change(aligned, segmentation, lesion)
    bright = 0.0 if changed is None else belief.above(changed, BRIGHT, BRIGHT_SD)
    return Finding(
        CODE, lesion.tracking_uid, "measured",
        belief.weighed({"absent": 1 - touch, "contact": touch - deformed, "deformed": deformed * (1 - bright),
                        "deformed_with_t2_change": deformed * bright}),
        measurement=Measurement(round(least, 3), "1", round(sd, 3)), where=place_at(beside, place),
        method=f"least share of the area, or of the roundness, that {beside.words} leads one to expect; deformed below "
               f"{CUT:g} (judged); {gap:.1f} mm " + ("of CSF before and behind it" if inside else "between lesion and cord")
               + ("" if changed is not None else "; T2 change of the cord could not be told"),
    )  # fmt: skip


def between(view: View, lesion: Lesion) -> tuple[float, float]:
    """Least distance between the surfaces of lesion and cord in mm, and its sd."""
    near = view.around(view.of(lesion), 20.0)
    body = near.core(lesion)
    cord = near.cord & ~body
    if not cord.any():
        return 99.0, 1.0
    points = (spread(near.grid, np.argwhere(mask), 1.0) for mask in (cord, body))
    tree, mine = cKDTree(next(points)), next(points)
    away, _ = tree.query(mine)
    # Points of the two lie in the middle of pieces up to 1 mm wide.
    least = float(np.percentile(away, 1)) - 1.0
    return max(least, 0.0), float(0.5 + 0.15 * near.grid.spacing_mm.max())


def room_left(beside: Beside) -> tuple[float, float, float]:
    """Least depth of the sac less that of the cord in mm over the lesion's height, its sd, and how wide the cord is there, as a
    ratio of areas to its neighbours."""
    view = beside.view
    step = max(3.0, float(np.abs(view.affine[2, :3]).max()))
    sac = sections(view, beside.axis, view.in_dura, step)
    _, of_sac, of_cord = np.intersect1d(np.round(sac.along, 3), np.round(beside.at.along, 3), return_indices=True)
    if not len(of_sac):
        return 99.0, 1.0, 1.0
    left = sac.depth[of_sac] - beside.at.depth[of_cord]
    least = int(np.argmin(left))
    return max(float(left[least]), 0.0), 0.5, float((beside.at.area / beside.area)[of_cord[least]])


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
    ends = normal.axis.locate(view.mm(view.core(lesion)))[0]
    here = (along > ends.min()) & (along < ends.max())
    if np.count_nonzero(here) < 10:
        return None
    ratios = view.values[core][here] / normal.at(along[here])
    return float(np.percentile(ratios, 90) - 1.28 * normal.noise)
