"""Darker than, like or brighter than normal cord: shared by the signal findings."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.cord_signal import Ratio, compare, normal_cord
from thecal.findings.views import View
from thecal.records import Finding, Lesion, Measurement, NotAssessed

STATES = ("hypointense", "isointense", "hyperintense")
# A lesion is mixed when this share of it lies clearly in a second state; the share's own uncertainty.
MIXED_SHARE, MIXED_SD = 0.20, 0.05


def judge(code: str, view: View, lesion: Lesion, cuts: tuple[float, float], image: str) -> Finding | NotAssessed:
    """The state of the solid part's signal, from its ratio to normal cord; cuts part dark from like and like from bright."""
    normal = normal_cord(view, lesion)
    if normal is None:
        return NotAssessed(code, lesion.tracking_uid, f"no lesion-free cord beside the lesion on {image}")
    part = view.body(lesion)
    ratio = compare(view, part, normal)
    ordered = belief.ordered(STATES, ratio.median, cuts, (ratio.sd, ratio.sd))
    mixed = belief.above(second_share(ratio, cuts), MIXED_SHARE, MIXED_SD)
    probabilities = belief.weighed({**{state: p * (1 - mixed) for state, p in ordered.items()}, "mixed": mixed})
    return Finding(
        code, lesion.tracking_uid, "measured", probabilities,
        measurement=Measurement(round(ratio.median, 4), "1", round(ratio.sd, 4)), where=view.place(view.mm(part)),
        method=f"median signal of the solid part on {image} over that of {normal.source} "
               f"({'above and below' if normal.sides == 2 else 'on one side only'}); like cord from {cuts[0]:g} to "
               f"{cuts[1]:g} (judged); mixed when a fifth of it lies in a second state",
    )  # fmt: skip


def second_share(ratio: Ratio, cuts: tuple[float, float]) -> float:
    """Share of the voxels in the second most frequent state, those within the noise of a cut not counted."""
    margin = max(1.5 * ratio.noise, 0.03)
    low, high = cuts
    values = ratio.values
    shares = [
        float(np.mean(values < low - margin)),
        float(np.mean((values > low + margin) & (values < high - margin))),
        float(np.mean(values > high + margin)),
    ]
    return sorted(shares)[1]
