"""Finding: old blood on the cord's surface, away from any lesion."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.axis import along_map, axis_of
from thecal.findings.needs import ROLE_WORDS
from thecal.findings.views import CORD, SAC, View, grown, inner, look, usable
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Place, Segmentation

CODE = "siderosis_or_subarachnoid_blood"
NEEDS = ("T2starw|T2w", "cord", "sac")
SUBJECT = "patient"
# The surface is dark where it is below this share of the inner cord's signal; siderosis from this share of it on (judged).
DARK, SHARE, SHARE_SD = 0.72, 0.35, 0.09
# The surface reaches this far to either side of the drawn edge, in mm; lesions are kept clear of by the other.
EDGE_MM, CLEAR_MM = 1.2, 6.0
STEP_MM, SECTORS = 6.0, 8


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Share of the cord's surface, away from lesions, that is darker on T2*w (T2w without it) than the cord within.

    Height by height and sector by sector. Other blood in the CSF is not looked for.
    """
    del lesion
    for role in ("T2starw", "T2w"):
        found = [one for series in usable(aligned, (role,), None)
                 if (one := surface(look(aligned, segmentation, series.key))) is not None]  # fmt: skip
        if found:
            share, place = max(found, key=lambda one: one[0])
            sd = SHARE_SD * (1.0 if role == "T2starw" else 1.5)
            return Finding(
                CODE, PATIENT, "measured", belief.yes_no(belief.above(share, SHARE, sd)),
                measurement=Measurement(round(100 * share, 1), "%", round(100 * sd, 1)), where=place,
                method=f"share of the cord's surface, away from lesions, darker than {DARK:g} of the cord within on "
                       f"{ROLE_WORDS[role]}; siderosis from {100 * SHARE:.0f} % (judged)",
            )  # fmt: skip
    return NotAssessed(CODE, PATIENT, "no cord free of lesions on T2*w or T2w")


def surface(view: View) -> tuple[float, Place] | None:
    """Share of the cord's surface that is dark on a view, and where; None with under 40 mm of it free of lesions."""
    axis = axis_of(view)
    free = ~grown(view, view.tissue > 0, CLEAR_MM)
    core = inner(view.cord & free, 40)[0]
    if axis is None or np.count_nonzero(core) < 100:
        return None
    slices = view.series.slice_axis
    spacing = [1e3 if n == slices else float(step) for n, step in enumerate(view.grid.spacing_mm)]
    out = ndimage.distance_transform_edt(~view.cord, sampling=spacing)
    inwards = ndimage.distance_transform_edt(view.cord, sampling=spacing)
    edge = free & np.isin(view.anatomy, (CORD, SAC)) & (out <= EDGE_MM) & (inwards <= EDGE_MM)
    # Where the cord touches the dura, bone blurs in.
    edge &= ndimage.distance_transform_edt(view.in_dura, sampling=spacing) > EDGE_MM
    if np.count_nonzero(edge) < 100:
        return None
    along = along_map(view, axis)
    steps = np.floor(along / STEP_MM).astype(int)
    kinds = np.unique(steps[core])
    medians = np.array([np.median(view.values[core][steps[core] == n]) for n in kinds])
    level = np.interp(along[edge], (kinds + 0.5) * STEP_MM, ndimage.median_filter(medians, 3, mode="nearest"))
    points = view.mm(edge)
    _, right, front = axis.locate(points)
    sector = np.floor((np.arctan2(front, right) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    cell = (steps[edge] - steps[edge].min()) * SECTORS + sector
    ratio = view.values[edge] / np.maximum(level, 1e-6)
    dark = np.bincount(cell, ratio < DARK) / np.maximum(np.bincount(cell), 1)
    held = np.bincount(cell) >= 4
    if np.count_nonzero(held) < 20:
        return None
    where = points[(ratio < DARK)] if (ratio < DARK).any() else points
    return float(np.mean(dark[held] > 0.30)), view.place(where)
