"""Finding: how sharply a lesion is set off from its surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, optimize

from thecal.findings import belief
from thecal.findings.cord_signal import normal_cord
from thecal.findings.needs import ROLE_WORDS
from thecal.findings.views import CORD, OEDEMA, SAC, View, best, look
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "margins"
NEEDS = ("lesion", "T1w_ce|T2w", "cord")
SUBJECT = "lesion"
# Width of the edge, from a tenth to nine tenths of the step in signal, from which it is called ill-defined (judged), beside
# what the voxels themselves blur.
CUT_MM = 2.2
LEAST_SD_MM = 0.6
# The step must be this large against normal cord, and stand so far out of the noise, for its width to be told.
LEAST_STEP = 0.25
# How far in and out of the drawn edge the signal is followed, in mm.
INWARD_MM, OUTWARD_MM = 5.0, 7.0
# The drawn outline is smoothed over this first, so that a frayed edge is not followed into its fringes.
OUTLINE_MM = 1.6
# Share of a lesion's volume that is fringe from which its outline is ragged: of a large lesion, what curvature adds for a small
# one, and its uncertainty; and how far (in logits) the outline alone may speak, since some segmenters draw smoothly (judged).
RAGGED, ROUNDED, RAGGED_SD, MOST_BY_OUTLINE = 0.12, 0.6, 0.06, 2.5
# From a tenth to nine tenths of a blurred step are this many of its standard deviations.
TENTHS = 2.563

Array = NDArray[np.float64]


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether the lesion's edge is sharp: the width over which signal changes across it, less the blur of the voxels, and how
    ragged its outline is.

    Of the post-contrast T1w and the T2w image, the one on which the lesion stands out more. Intramedullary lesions are
    followed into the cord, others into the CSF. Where the lesion hardly differs from what surrounds it the outline alone speaks.
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    around = CORD if within is not None and within > 0.5 else SAC
    edges = []
    for role in ("T1w_ce", "T2w"):
        view = best(aligned, segmentation, (role,), lesion)
        edge = None if view is None else edge_of(view, lesion, around)
        if view is not None and edge is not None:
            edges.append((*edge, view))
    views = [
        view for one in aligned.study.images() if (view := look(aligned, segmentation, one.key)).core(lesion).any()
    ]
    rough = [ragged(view, lesion) for view in views]
    share, cut = float(np.median([one[0] for one in rough])), float(np.median([one[1] for one in rough]))
    score = float(np.clip(belief.LOGISTIC * (share - cut) / RAGGED_SD, -MOST_BY_OUTLINE, MOST_BY_OUTLINE))
    words = f"{100 * share:.0f} % of the outline's volume is fringe (ragged from {100 * cut:.0f} % at this size)"
    view, measured = views[0], Measurement(round(100 * share, 1), "%", 100 * RAGGED_SD)
    if edges:
        step, width, sd, view = max(edges, key=lambda edge: edge[0])
        score += belief.LOGISTIC * (width - CUT_MM) / sd
        measured = Measurement(round(width, 2), "mm", round(sd, 2))
        words = (f"width over which signal on {ROLE_WORDS[view.series.role]} changes across the edge (a step of {100 * step:.0f} "
                 f"% of cord), less the voxels' own blur, ill-defined from {CUT_MM:g} mm (judged); {words}")  # fmt: skip
    ill = float(1 / (1 + np.exp(-np.clip(score, -30, 30))))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed({"well_defined": 1 - ill, "ill_defined": ill}),
        measurement=measured, where=view.place(view.mm(_rim(view.core(lesion)))), method=words,
    )  # fmt: skip


def ragged(view: View, lesion: Lesion) -> tuple[float, float]:
    """Share of a lesion's volume by which its outline differs from itself smoothed, and the share from which it is ragged.

    Smoothing rounds off a small lesion whatever its outline: the bound grows with the square of its curvature.
    """
    near = view.around(view.core(lesion), 6.0)
    mask = near.core(lesion)
    count = int(np.count_nonzero(mask))
    radius = (3 * count * near.grid.voxel_volume_mm3 / (4 * np.pi)) ** (1 / 3)
    share = np.count_nonzero(mask ^ smoothed(mask, near)) / count
    return float(share), RAGGED + ROUNDED * (OUTLINE_MM / radius) ** 2


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    rim = mask & ~ndimage.binary_erosion(mask, border_value=1)
    return rim if rim.any() else mask


def edge_of(view: View, lesion: Lesion, around: int) -> tuple[float, float, float] | None:
    """Step in signal across a lesion's edge as a share of cord, its width in mm and the width's sd; None where not told.

    Signal by distance from the drawn edge is fitted by a step blurred with a normal curve.
    """
    normal = normal_cord(view, lesion)
    if normal is None:
        return None
    near = view.around(view.body(lesion), OUTWARD_MM + 3)
    drawn = near.body(lesion)
    body = smoothed(drawn, near)
    outside = ~body & (near.anatomy == around) & (np.isin(near.tissue, (0, OEDEMA)) | drawn)
    home = near.cord if around == CORD else near.in_dura
    body &= home & (drawn | (near.tissue == 0) | (near.tissue == OEDEMA))
    wall = ndimage.distance_transform_edt(home, sampling=near.grid.spacing_mm)
    spacing = float(np.sort(near.grid.spacing_mm)[1])
    # The surrounding structure has an edge of its own, which must not blur into this one.
    outside &= wall > 1.5 * spacing
    inside = body & (wall > 1.5 * spacing)
    away = ndimage.distance_transform_edt(~body, sampling=near.grid.spacing_mm)
    depth = ndimage.distance_transform_edt(body, sampling=near.grid.spacing_mm)
    signed = np.where(body, 0.5 * spacing - depth, away - 0.5 * spacing)
    use = (inside & (signed > -INWARD_MM)) | (outside & (signed < OUTWARD_MM))
    if np.count_nonzero(use & body) < 15 or np.count_nonzero(use & ~body) < 15:
        return None
    ratios = normal.ratios(near)[use].astype(np.float64)
    return _fit(signed[use], ratios, spacing, normal.noise)


def smoothed(mask: NDArray[np.bool_], view: View) -> NDArray[np.bool_]:
    """A mask with its outline smoothed, as large as before; the mask itself where that leaves next to nothing."""
    soft = ndimage.gaussian_filter(mask.astype(np.float32), OUTLINE_MM / view.grid.spacing_mm, mode="constant")
    count = int(np.count_nonzero(mask))
    level = float(np.partition(soft.ravel(), -count)[-count])
    out = soft >= max(level, 0.2)
    return np.asarray(out if 2 * np.count_nonzero(out & mask) > count else mask)


def _fit(distance: Array, ratios: Array, spacing: float, noise: float) -> tuple[float, float, float] | None:
    from scipy.special import ndtr

    low, high = (float(np.median(ratios[distance > 0])), float(np.median(ratios[distance < 0])))

    def blurred(d: Array, inner: float, outer: float, where: float, sigma: float) -> Array:
        return np.asarray(outer + (inner - outer) * ndtr((where - d) / sigma))

    try:
        found, spread = optimize.curve_fit(
            blurred, distance, ratios, (high, low, 0.0, 1.0), bounds=([-1, -1, -3, 0.1], [20, 20, 3, 6]), maxfev=400
        )
    except RuntimeError:
        return None
    step = abs(float(found[0] - found[1]))
    if step < max(LEAST_STEP, 3 * noise):
        return None
    # A drawn edge is at most exact to the voxel, and a voxel blurs by its own width.
    own = 0.45 * spacing
    sigma = float(np.sqrt(max(found[3] ** 2 - own**2, 0.0)))
    sd = float(np.hypot(LEAST_SD_MM, TENTHS * np.sqrt(spread[3, 3]))) if np.isfinite(spread[3, 3]) else 3.0
    return step, TENTHS * sigma, float(np.hypot(sd, 0.5 * spacing))
