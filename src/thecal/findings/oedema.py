"""Finding: oedema of the cord around a lesion."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.cord_change import CordChange, beside_cavity, beyond, change_of, rimmed
from thecal.findings.views import CORD_CHANGE, OEDEMA, Mask
from thecal.findings.within_cord import share_within
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "oedema"
NEEDS = ("lesion", "T2w|T2w_fs", "cord")
SUBJECT = "lesion"
# T2 change must reach this far beyond the lesion's ends, both together, to be told from its blurred edge (judged).
SEEN_MM, SEEN_SD_MM = 6.0, 2.0
# Extensive is longer than the lesion itself; the ratio's own uncertainty.
RATIO_SD = 0.15


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Change of the cord on T2w beyond the lesion: none, limited, or longer than the lesion itself.

    Of a lesion beside the cord all change of the cord that it touches counts, beside it as well as beyond its ends.
    Cavities do not count. Of a lesion that is itself a change of the cord only what lies beyond its drawn ends counts. Not
    assessed without lesion-free cord, nor without cord in view.
    """
    assert lesion is not None
    change = change_of(aligned, segmentation, lesion)
    if change is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no lesion-free cord beside the lesion on T2w")
    view = change.view
    swollen = change.bright & ~rimmed(view, change.cavity) & ~beside_cavity(change, lesion)
    swollen |= view.of(lesion, (OEDEMA,)) & view.cord
    within = share_within(aligned, segmentation, lesion)
    reach, length, part = _reach(
        change, lesion, swollen, (within is not None and within > 0.5) or bool(view.of(lesion, CORD_CHANGE).any())
    )
    seen = belief.above(reach, SEEN_MM, float(np.hypot(SEEN_SD_MM, np.abs(view.affine[2, :3]).max() / 2)))
    extensive = belief.above(reach / max(length, 1.0), 1.0, RATIO_SD)
    where = view.place(view.mm(part)) if part.any() else view.place(view.mm(view.body(lesion)))
    return Finding(
        CODE, lesion.tracking_uid, "measured",
        belief.weighed({"absent": 1 - seen, "limited": seen * (1 - extensive), "extensive": seen * extensive}),
        measurement=Measurement(round(reach, 2), "mm"), where=where,
        method=f"how far cord brighter than normal on T2w reaches beyond both ends of the lesion ({length:.0f} mm long); "
               f"seen from {SEEN_MM:g} mm (judged), extensive when longer than the lesion",
    )  # fmt: skip


def _reach(change: CordChange, lesion: Lesion, swollen: Mask, within: bool) -> tuple[float, float, Mask]:
    """Length of the oedema along the cord, of the lesion, and the oedema itself."""
    above, below, length, part = beyond(change, lesion, swollen)
    if within or not swollen.any():
        return above + below, length, part
    cord_only = swollen & ~change.view.core(lesion)
    if not cord_only.any():
        return 0.0, length, cord_only
    along = change.axis.locate(change.view.mm(cord_only))[0]
    return float(np.ptp(along) + np.abs(change.view.affine[2, :3]).max()), length, cord_only
