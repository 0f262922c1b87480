"""Finding: a brighter rim, or a flame at a pole, within the enhancement of a cord lesion."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.enhancement import CUTS, degree
from thecal.findings.uptake import smooth_gain, uptake
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "rim_flame_sign"
NEEDS = ("lesion", "T1w", "T1w_ce", "cord")
SUBJECT = "lesion"
# Gain of the twentieth of the enhancing part that gains most over the median of that part, from which the sign is seen (judged).
CUT, CUT_SD = 1.38, 0.10
TOP_SHARE = 0.06
# The expected lead of the top of pure noise, in standard deviations.
NOISE_LEAD = 1.985


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How much more the brightest rim or pole of an enhancing cord lesion gains than its median.

    Noise alone makes some voxels brighter: what it would add is taken off. A lesion outside the cord has no such sign. Not
    assessed where
    nothing enhances. Source: rykken2013b
    """
    assert lesion is not None
    within = share_within(aligned, segmentation, lesion)
    if within is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the compartment is not known")
    taken = uptake(aligned, segmentation, lesion)
    if isinstance(taken, str):
        return NotAssessed(CODE, lesion.tracking_uid, taken)
    gain, sd = degree(taken, lesion)
    if belief.above(gain, CUTS[0], sd) < 0.5:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion does not enhance")
    values, noise, core = smooth_gain(taken, taken.view.body(lesion), rimless=False)
    bright = values > max(CUTS[0], 0.25 * float(np.percentile(values, 90)))
    if np.count_nonzero(bright) < 40:
        return NotAssessed(CODE, lesion.tracking_uid, "too little of the lesion enhances")
    mine = np.sort(values[bright])
    top = mine[-max(4, round(TOP_SHARE * len(mine))) :]
    middle = float(np.median(mine))
    lead = (float(top.mean()) - NOISE_LEAD * noise) / max(middle, 0.1)
    error = float(np.hypot(CUT_SD, noise / max(middle, 0.1)))
    points = taken.view.mm(core)[values >= top[0]]
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(within * belief.above(lead, CUT, error)),
        measurement=Measurement(round(lead, 3), "1", round(error, 3)), where=taken.view.place(points),
        method="gain of the part of the enhancing lesion that gains most over its median gain, less what noise adds; a "
               "rim or flame "
               f"from {CUT:g} (judged), in a lesion of the cord ({100 * within:.0f} % probable)",
    )  # fmt: skip
