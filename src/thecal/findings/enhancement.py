"""Finding: enhancement of a lesion after contrast."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.uptake import Uptake, smooth_gain, uptake
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "enhancement"
NEEDS = ("lesion", "T1w", "T1w_ce", "cord")
SUBJECT = "lesion"
STATES = ("absent", "mild", "marked")
# Gain in signal from which uptake is seen at all, and from which it is marked; both judged. The second is less agreed on.
CUTS, MARKED_SD = (0.15, 0.80), 0.15
# The part that speaks for the lesion, and by how many standard deviations that part of pure noise lies above zero.
TOP_SHARE, TOP_BIAS = 0.10, 1.755


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How much brighter the enhancing part of the lesion is on T1w after contrast than before, relative to normal cord.

    The tenth of the solid part that gains most speaks for the lesion. Not assessed without T1w before and after contrast.
    """
    assert lesion is not None
    taken = uptake(aligned, segmentation, lesion)
    if isinstance(taken, str):
        return NotAssessed(CODE, lesion.tracking_uid, taken)
    gain, sd = degree(taken, lesion)
    part = taken.view.body(lesion)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.ordered(STATES, gain, CUTS, (sd, float(np.hypot(sd, MARKED_SD)))),
        measurement=Measurement(round(100 * gain, 2), "%", round(100 * sd, 2)), where=taken.view.place(taken.view.mm(part)),
        method="gain in T1w signal from before to after contrast, each relative to normal cord, in the tenth of the solid part "
               f"that gains most; seen from {100 * CUTS[0]:.0f} %, marked from {100 * CUTS[1]:.0f} % (judged)",
    )  # fmt: skip


def degree(taken: Uptake, lesion: Lesion) -> tuple[float, float]:
    """Gain of the tenth of the lesion's body that gains most, less what noise alone would give, and its sd."""
    values, noise, _ = smooth_gain(taken, taken.view.body(lesion))
    top = np.sort(values)[-max(3, round(TOP_SHARE * len(values))) :]
    gain = float(top.mean()) - TOP_BIAS * noise if len(values) > 10 else float(values.mean())
    return gain, float(np.hypot(taken.sd * max(1.0, 1 + gain), noise / np.sqrt(max(len(top) / 4, 1))))
