"""Finding: whether leptomeningeal enhancement lies on the cord, on roots, or on both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thecal.findings import belief, leptomeningeal_pattern, nerve_root_enhancement
from thecal.findings.axis import axis_of
from thecal.findings.leptomeningeal_pattern import DIFFUSE_SD, DIFFUSE_SHARE, coat_of
from thecal.findings.roots import cord_end
from thecal.findings.views import COATING, CORD, Mask, View, grown, look, usable
from thecal.findings.within_cord import share_within
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Segmentation
from thecal.records.geometry import transform_points

CODE = "leptomeningeal_site"
NEEDS = ("T1w", "T1w_ce", "cord", "sac")
SUBJECT = "patient"
# Below the cord's end by this, what enhances in the sac lies on roots.
BELOW_MM = 8.0
# Around the conus the roots lie on the cord: only what lies this far above its end is on its surface alone.
ABOVE_MM = 40.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Where the leptomeninges enhance: the coat of the cord and nodules beside it, or roots and nodules below the cord's end.

    Only where they enhance at all. Not assessed where the sac below the cord's end is not in view.
    """
    del lesion
    told = leptomeningeal_pattern.measure(aligned, segmentation, None)
    roots = nerve_root_enhancement.measure(aligned, segmentation, None)
    on_roots = (
        0.0 if not isinstance(roots, Finding) or roots.probabilities is None else 1 - roots.probabilities["absent"]
    )
    seen = isinstance(told, Finding) and told.state != "none"
    if not seen and on_roots < 0.5:
        return NotAssessed(CODE, PATIENT, "no leptomeningeal enhancement was seen")
    if cord_end(aligned, segmentation) is None:
        return NotAssessed(CODE, PATIENT, "the thecal sac below the end of the cord is not in view")
    share = _on_cord(aligned, segmentation)
    above, below = _drawn(aligned, segmentation)
    on_cord = max(belief.above(share, DIFFUSE_SHARE, DIFFUSE_SD), 0.9 * float(above))
    on_roots = max(on_roots, 0.9 * float(below))
    where = (
        told.where
        if isinstance(told, Finding) and on_cord >= on_roots
        else roots.where
        if isinstance(roots, Finding)
        else None
    )
    scores = {"cord_surface": on_cord * (1 - on_roots), "roots": on_roots * (1 - on_cord), "both": on_cord * on_roots}
    return Finding(
        CODE, PATIENT, "measured", belief.weighed(scores), measurement=Measurement(round(100 * share, 1), "%"), where=where,
        method="share of the cord's surface that enhances, and of the roots below its end, with what was drawn beside the cord "
               "and below it",
    )  # fmt: skip


def _drawn(aligned: AlignedStudy, segmentation: Segmentation) -> tuple[bool, bool]:
    """Whether coats and nodules outside the cord were drawn on it, and below its end."""
    end = cord_end(aligned, segmentation)
    assert end is not None
    above, below = False, False
    for lesion in segmentation.lesions:
        within = share_within(aligned, segmentation, lesion)
        if within is None or within > 0.5 or lesion.compartment.get("extradural", 0.0) > 0.5:
            continue
        for series in usable(aligned, ("T1w_ce",), None):
            view = look(aligned, segmentation, series.key)
            mask = view.of(lesion, (COATING, 1))
            axis = axis_of(view)
            if axis is None or np.count_nonzero(mask) < 12:
                continue
            along = axis.locate(view.mm(mask))[0]
            at = float(axis.locate(transform_points(np.linalg.inv(view.to_reference), end[None]))[0][0])
            below |= bool(np.count_nonzero(along < at - BELOW_MM) > 12)
            above |= _touching(view, mask, along > at + ABOVE_MM)
    return above, below


def _on_cord(aligned: AlignedStudy, segmentation: Segmentation) -> float:
    """Share of the cord's surface that enhances, well above its end."""
    end, share = cord_end(aligned, segmentation), 0.0
    assert end is not None
    for after in usable(aligned, ("T1w_ce",), None):
        coat = coat_of(aligned, segmentation, after)
        axis = None if coat is None else axis_of(coat.view)
        if coat is None or axis is None:
            continue
        at = float(axis.locate(transform_points(np.linalg.inv(coat.view.to_reference), end[None]))[0][0])
        if float(np.mean(axis.locate(coat.points)[0])) > at + ABOVE_MM:
            share = max(share, coat.share)
    return share


def _touching(view: View, mask: Mask, high: NDArray[np.bool_]) -> bool:
    """Whether enough of a mask lies on the cord's surface, well above the cord's end (high says which of its voxels do)."""
    beside = grown(view, view.anatomy == CORD, 1.5)[mask]
    return bool(np.count_nonzero(beside & high) > 12)
