"""Finding: roots of the cauda equina that stick together in the middle of the sac or to its wall."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.roots import roots_of
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Segmentation

CODE = "nerve_root_clumping"
NEEDS = ("T2w", "sac", "cord")
SUBJECT = "patient"
STATES = ("central", "absent", "peripheral")
# Mean distance of the roots from the sac's middle, as a share of its radius: below the first they lie in the middle, above the
# second on the wall (judged; spread out evenly they lie at two thirds).
CUTS, CUT_SD = (0.51, 0.77), 0.035


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Mean distance of the roots from the middle of the sac on T2w, as a share of the sac's radius in that direction.

    Central conglomerates and roots adherent to the wall are the first two forms of arachnoiditis. Not assessed where the sac
    below the cord's end is not in view. Source: delamarter1990
    """
    del lesion
    roots = roots_of(aligned, segmentation)
    if roots is None:
        return NotAssessed(CODE, PATIENT, "the thecal sac below the end of the cord is not in view")
    spread = float(np.median(roots.spread))
    sd = CUT_SD * (1.0 if roots.tail.view.series.plane == "axial" else 1.5)
    scores = belief.ordered(STATES, spread, CUTS, (sd, sd))
    points = roots.tail.view.mm(roots.tail.inside)
    held = roots.share > 0.5
    return Finding(
        CODE, PATIENT, "measured", {state: scores[state] for state in ("absent", "central", "peripheral")},
        measurement=Measurement(round(spread, 3), "1", round(sd, 3)),
        where=roots.tail.view.place(points[held] if held.any() else points),
        method="mean distance of the roots from the middle of the sac as a share of its radius, on T2w below the cord; "
               "central below "
               f"{CUTS[0]:g}, peripheral above {CUTS[1]:g} (judged)",
    )  # fmt: skip
