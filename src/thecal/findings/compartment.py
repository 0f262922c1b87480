"""Finding: the compartment in which a lesion lies."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.views import CORD, SAC, View, look
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "compartment"
NEEDS = ("lesion",)
SUBJECT = "lesion"
STATES = ("intramedullary", "intradural_extramedullary", "extradural")
# Shares are sharpened by this power: a lesion with three quarters of its volume in the cord is most likely of the cord (judged).
SHARPEN = 2.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether the lesion lies in the cord, in the dura outside the cord, or outside the dura.

    From the share of its body in cord, sac and beyond, on every series it was drawn on, averaged with the segmenter's own
    probability where it gives one. Where neither cord nor sac was drawn the segmenter's word alone counts.
    """
    assert lesion is not None
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    seen = [view for view in views if view.body(lesion).any() and np.isin(view.anatomy, (CORD, SAC)).any()]
    parts = [shares(view, lesion) for view in seen]
    told = [lesion.compartment.get(state, 0.0) for state in STATES]  # type: ignore[call-overload]
    if not parts and sum(told) <= 0:
        return NotAssessed(CODE, lesion.tracking_uid, "neither the cord nor the thecal sac was drawn")
    measured = np.mean(parts, axis=0) ** SHARPEN if parts else np.array(told)
    measured = measured / measured.sum()
    if sum(told) > 0:
        measured = (measured + np.array(told) / sum(told)) / 2
    share = float(np.mean(parts, axis=0)[0]) if parts else float(measured[0])
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(dict(zip(STATES, measured, strict=True))),
        measurement=Measurement(round(100 * share, 2), "%"),
        where=seen[0].place(seen[0].mm(seen[0].body(lesion))) if seen else lesion.where,
        method="share of the lesion inside the cord (given in percent), inside the dura outside the cord, and outside the dura"
               + (", averaged with the segmenter's own probabilities" if sum(told) > 0 else ""),
    )  # fmt: skip


def shares(view: View, lesion: Lesion) -> tuple[float, float, float]:
    """Share of the lesion's body in the cord, in the dura outside the cord, and outside the dura."""
    codes = view.anatomy[view.body(lesion)]
    cord, sac = float(np.mean(codes == CORD)), float(np.mean(codes == SAC))
    return cord, sac, max(0.0, 1 - cord - sac)
