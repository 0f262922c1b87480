"""Finding: a part of the same lesion in another compartment."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of
from thecal.findings.views import CORD, SAC, View, look
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "second_compartment"
NEEDS = ("lesion", "cord", "sac")
SUBJECT = "lesion"
# A share of the lesion from which it counts as a part in another compartment, and its uncertainty (judged): outlines drawn a
# voxel too wide put some of every lesion on the wrong side.
SHARE, SHARE_SD = 0.15, 0.05
# What lies outside the dura and the vertebrae farther than this to a side of the cord lies beside the spine: past the pedicles
# and out of the foramen (judged).
BESIDE_MM = 18.0
STATES = ("intramedullary", "intradural_extramedullary", "extradural", "paraspinal")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether a part of the lesion lies in another compartment than most of it: cord, dura, epidural space, or beside the spine.

    By the share of its body in each. Not assessed where cord and sac were not both drawn around it.
    """
    assert lesion is not None
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    seen = [view for view in views if view.body(lesion).any() and view.cord.any() and (view.anatomy == SAC).any()]
    if not seen:
        return NotAssessed(CODE, lesion.tracking_uid, "cord and thecal sac were not both drawn around the lesion")
    parts = np.mean([shares(view, lesion) for view in seen], axis=0)
    order = np.argsort(parts)[::-1]
    second = int(order[1])
    present = belief.above(float(parts[second]), SHARE, SHARE_SD)
    scores = {"none": 1 - present, **{state: 0.0 for n, state in enumerate(STATES) if n != order[0]}}
    scores[STATES[second]] = present
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(scores),
        measurement=Measurement(round(100 * float(parts[second]), 2), "%"), where=seen[0].place(seen[0].mm(seen[0].body(lesion))),
        method=f"second largest share of the lesion by compartment; a part counts from {100 * SHARE:.0f} % (judged)",
    )  # fmt: skip


def shares(view: View, lesion: Lesion) -> tuple[float, float, float, float]:
    """Share of the lesion's body in the cord, in the dura outside the cord, outside the dura, and beside the spine."""
    body = view.body(lesion)
    codes = view.anatomy[body]
    axis = axis_of(view)
    aside = np.zeros(len(codes)) if axis is None else np.abs(axis.locate(view.mm(body))[1])
    cord, sac = float(np.mean(codes == CORD)), float(np.mean(codes == SAC))
    beside = float(np.mean((codes == 0) & (aside > BESIDE_MM)))
    return cord, sac, max(0.0, 1 - cord - sac - beside), beside
