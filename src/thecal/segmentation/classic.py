"""Cord, sac, vertebrae and lesions drawn without learning: a centreline by dynamic programming, edges read along rays.

It stays as the fallback and as the baseline that trained segmenters are measured against. What it cannot tell it says, and
draws nothing there: levels without an anchor, outlines without a clear edge, enhancement without a T1w before contrast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from thecal.records import AlignedStudy, Role, Segmentation, Series
from thecal.records.geometry import transform_points
from thecal.segmentation.assembly import assemble
from thecal.segmentation.drawing import CSF_GUESSES, Drawing, draw
from thecal.segmentation.frame import Floats

# The series on which the canal is looked for first; what is found there guides the others.
LEADERS: tuple[Role, ...] = ("T2w", "T2w_fs", "T2starw", "ct_myelogram", "T1w", "T1w_ce", "other", "ADC", "dwi")
LEAD_QUALITY = 0.40
# Draws on a series, with a line found elsewhere to lead it.
Hand = Callable[[Series, Floats | None], Drawing]


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Every series that can be read, drawn on without learning and put together; what was given stands."""
    return assemble(aligned, draw_all(aligned), given)


def draw_all(aligned: AlignedStudy, hand: Hand = draw) -> list[Drawing]:
    """Cord and sac on every series, the clearest kind first, so that its line can guide the others."""
    images = [one for one in aligned.study.images() if one.role in CSF_GUESSES and one.key in aligned.to_reference]
    images.sort(key=lambda one: (LEADERS.index(one.role), one.plane == "axial", one.key))
    drawings: list[Drawing] = []
    for series in images:
        drawings.append(hand(series, _guide(aligned, drawings, series.key)))
    return drawings


def _guide(aligned: AlignedStudy, drawings: Sequence[Drawing], key: str) -> Floats | None:
    """The clearest line so far, in RAS mm of the series `key`; None where none is clear enough."""
    clear = [one for one in drawings if one.drawn and one.line.quality >= LEAD_QUALITY]
    if not clear:
        return None
    best = max(clear, key=lambda one: one.line.worth)
    carry = np.linalg.inv(aligned.to_reference[key]) @ aligned.to_reference[best.key]
    points = best.frame.to_world(np.stack([best.line.x, best.line.y, best.line.z], axis=1))
    return np.column_stack([transform_points(carry, points), best.line.cord.astype(float)])
