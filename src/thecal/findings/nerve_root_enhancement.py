"""Finding: roots of the cauda equina that take up contrast."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.roots import gains_of
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Segmentation

CODE = "nerve_root_enhancement"
NEEDS = ("T1w", "T1w_ce", "sac", "cord")
SUBJECT = "patient"
# Gain, in CSF's signal on T1w, from which a voxel of root enhances; share of the roots that do from which it is seen, and from
# which more than one kind of root must take part (all judged).
GAIN, SEEN, SEEN_SD = 0.60, 0.14, 0.05
BOTH, BOTH_SD = 0.32, 0.10
# What is so much brighter than CSF before contrast holds root.
ROOT = 0.35


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Share of the roots below the cord that gain signal after contrast: the front half of them against the back half.

    Ventral roots lie in front of dorsal ones. Lesions are left out. Normal roots hardly gain, and CSF not at all.
    """
    del lesion
    found = gains_of(aligned, segmentation)
    if found is None:
        return NotAssessed(
            CODE, PATIENT, "no pair of T1w before and after contrast shows the sac below the end of the cord"
        )
    tail, gain, before = found
    root = (before > 1 + ROOT) | (gain > GAIN)
    if np.count_nonzero(root) < 40:
        return NotAssessed(CODE, PATIENT, "no roots stand out from CSF on T1w")
    middle = np.array([np.median(tail.front[root & (tail.row == n)]) if np.any(root & (tail.row == n)) else 0.0
                       for n in range(tail.row.max() + 1)])  # fmt: skip
    ahead = tail.front > middle[tail.row]
    shares = [float(np.mean(gain[root & side] > GAIN)) for side in (ahead, ~ahead)]
    seen = belief.above(max(shares), SEEN, SEEN_SD)
    even = belief.above(min(shares) / max(max(shares), 0.05), BOTH, BOTH_SD)
    front = 1.0 if shares[0] >= shares[1] else 0.0
    scores = {"absent": 1 - seen, "ventral": seen * (1 - even) * front, "dorsal": seen * (1 - even) * (1 - front),
              "both": seen * even}  # fmt: skip
    points = tail.view.mm(tail.inside)
    lit = root & (gain > GAIN) & (ahead if front else ~ahead)
    return Finding(
        CODE, PATIENT, "measured", belief.weighed(scores), measurement=Measurement(round(100 * max(shares), 1), "%"),
        where=tail.view.place(points[lit] if lit.any() else points),
        method=f"share of the roots below the cord that gain more than {GAIN:g} of CSF's signal on T1w after contrast: "
               "front half "
               f"{100 * shares[0]:.0f} %, back half {100 * shares[1]:.0f} %; seen from {100 * SEEN:.0f} % (judged)",
    )  # fmt: skip
