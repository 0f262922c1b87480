"""Finding: diffusion within a lesion, restricted below that of normal cord."""

from __future__ import annotations

from thecal.findings import belief
from thecal.findings.cord_signal import compare, normal_cord
from thecal.findings.views import best
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "restricted_diffusion"
NEEDS = ("lesion", "ADC", "cord")
SUBJECT = "lesion"
# Below this share of normal cord's ADC diffusion is restricted (judged); what distortion and partial volume add to its error.
CUT, LEAST_SD = 0.82, 0.08


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Median ADC of the solid part over that of lesion-free cord.

    Not assessed without an ADC map: a bright diffusion-weighted image alone may be bright by its T2.
    """
    assert lesion is not None
    view = best(aligned, segmentation, ("ADC",), lesion)
    normal = None if view is None else normal_cord(view, lesion)
    if view is None or not view.body(lesion).any():
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on the ADC map")
    if normal is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no lesion-free cord beside the lesion on the ADC map")
    part = view.body(lesion)
    ratio = compare(view, part, normal)
    sd = (ratio.sd**2 + LEAST_SD**2) ** 0.5
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(1 - belief.above(ratio.median, CUT, sd)),
        measurement=Measurement(round(ratio.median, 3), "1", round(sd, 3)), where=view.place(view.mm(part)),
        method=f"median ADC of the solid part over that of lesion-free cord; restricted below {CUT:g} (judged)",
    )  # fmt: skip
