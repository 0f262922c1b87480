"""Finding: enhancement of a lesion after contrast."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.uptake import Uptake, smooth_gain, uptake
from thecal.findings.views import ENHANCING
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "enhancement"
NEEDS = ("lesion", "T1w", "T1w_ce", "cord")
SUBJECT = "lesion"
STATES = ("absent", "mild", "marked")
# Gain in signal from which uptake is seen at all (judged).
CUTS = (0.15,)
# Uptake is marked from this rise of the relaxation rate in 1/s: about 0.3 mmol/l of gadolinium (judged), and what it is off by.
# What is bright before contrast has less room to gain, which the rate takes into account.
MARKED_PER_S, MARKED_SD = 1.4, 0.2
# T1 of cord in s at 1.5 and 3 T (smith_2008), water of tumour over that of cord (judged) and what it is off by, and a usual
# repetition time in s.
CORD_T1, WATER, WATER_SD, USUAL_TR = {1.5: 0.73, 3.0: 0.88}, 1.15, 0.08, 0.6
# The part that speaks for the lesion, and by how many standard deviations that part of pure noise lies above zero.
TOP_SHARE, TOP_BIAS = 0.10, 1.755
# Where the enhancing part was drawn, its brighter third speaks for it.
DRAWN_SHARE, DRAWN_BIAS, LEAST_DRAWN = 1 / 3, 1.09, 12


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How much brighter the enhancing part of the lesion is on T1w after contrast than before, relative to normal cord.

    The tenth of the solid part that gains most speaks for the lesion, or the brighter third of what was drawn as enhancing.
    Marked is judged by the rise of the relaxation rate that the gain stands for.
    Not assessed without T1w before and after contrast.
    """
    assert lesion is not None
    taken = uptake(aligned, segmentation, lesion)
    if isinstance(taken, str):
        return NotAssessed(CODE, lesion.tracking_uid, taken)
    gain, sd = degree(taken, lesion)
    part = taken.view.body(lesion)
    rise, rise_sd = rate_rise(taken, lesion, gain, sd)
    seen, marked = belief.above(gain, CUTS[0], sd), belief.above(rise, MARKED_PER_S, rise_sd)
    marked = min(seen, marked)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed({"absent": 1 - seen, "mild": seen - marked, "marked": marked}),
        measurement=Measurement(round(100 * gain, 2), "%", round(100 * sd, 2)), where=taken.view.place(taken.view.mm(part)),
        method="gain in T1w signal from before to after contrast, each relative to normal cord, in the part that gains most; "
               f"seen from {100 * CUTS[0]:.0f} %; relaxation rate up by {rise:.1f}/s, marked from {MARKED_PER_S:g}/s (judged)",
    )  # fmt: skip


def degree(taken: Uptake, lesion: Lesion) -> tuple[float, float]:
    """Gain of the part of the lesion's body that gains most, less what noise alone would give, and its sd."""
    part, share, bias = taken.view.body(lesion), TOP_SHARE, TOP_BIAS
    drawn = taken.view.of(lesion, (ENHANCING,)) & taken.covered
    if np.count_nonzero(drawn) >= LEAST_DRAWN:
        part, share, bias = drawn, DRAWN_SHARE, DRAWN_BIAS
    values, noise, _ = smooth_gain(taken, part, rimless=False)
    top = np.sort(values)[-max(3, round(share * len(values))) :]
    gain = float(top.mean()) - bias * noise if len(values) > 10 else float(values.mean())
    return gain, float(np.hypot(taken.sd * max(1.0, 1 + gain), noise / np.sqrt(max(len(top) / 4, 1))))


def rate_rise(taken: Uptake, lesion: Lesion, gain: float, sd: float) -> tuple[float, float]:
    """By how much the longitudinal relaxation rate rises, in 1/s, where a spin echo gains so much; and its sd.

    From signal before contrast as a share of cord's. Signal near to full recovery tells little more: the sd grows there.
    Source: smith_2008
    """
    told = taken.view.series.acquisition
    repetition = told.repetition_time_s or USUAL_TR
    field = min(CORD_T1, key=lambda one: abs(one - (told.magnetic_field_strength_t or 3.0)))
    cord = 1 - np.exp(-repetition / CORD_T1[field])
    drawn = taken.view.of(lesion, (ENHANCING,)) & taken.covered
    part = drawn if np.count_nonzero(drawn) >= LEAST_DRAWN else taken.view.body(lesion) & taken.covered
    share = float(np.median(taken.darkness[part])) * cord / WATER
    before, after = np.clip([share, share * (1 + max(gain, 0))], 0.02, 0.96)
    rise = float(np.log((1 - before) / (1 - after)) / repetition)
    off = np.hypot(after * sd / (1 + max(gain, 0)), WATER_SD * (after - before)) / (1 - after) / repetition
    return rise, float(np.hypot(min(float(off), MARKED_PER_S), MARKED_SD))
