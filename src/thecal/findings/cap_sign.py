"""Finding: a dark cap of old blood at a pole of a lesion."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.dark import POLE, Dark, darks_of
from thecal.findings.haemosiderin_ring import COVER, COVER_SD, DENIED, ring_of
from thecal.findings.needs import ROLE_WORDS
from thecal.findings.within_dura import no_rim
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "cap_sign"
NEEDS = ("lesion", "T2starw|T2w")
SUBJECT = "lesion"
# On T2w a thin cap shows less well than on T2*w: what is read off it is taken to be less exact (judged).
T2_FACTOR = 1.3


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether a rim darker than half of cord and lesion covers the upper or lower pole of the lesion on T2*w, else on T2w.

    By the share of the pole's cross-section that holds such voxels. A dark pole outside the dura, where bone is as dark, is not
    assessed, nor is one within a complete dark ring, which takes in the poles. The sign was described as a rim of extreme
    hypointensity
    around the tumour on T2w. Source: kobayashi2018
    """
    assert lesion is not None
    darks = darks_of(aligned, segmentation, lesion)
    if not darks:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion cannot be compared with cord on T2*w or T2w")
    ring = ring_of(darks)
    if ring > 0.5:
        return NotAssessed(CODE, lesion.tracking_uid, "a dark ring around the whole lesion takes in its poles")
    best = max(darks, key=lambda one: max(one.poles))
    sd = COVER_SD * (1.0 if best.role == "T2starw" else T2_FACTOR)
    capped = belief.above(max(best.poles), COVER, sd) * (1 - ring)
    # What is not dark has no cap whatever it lies beside; what is dark may be bone or a wall.
    if capped > DENIED and (why := no_rim(segmentation, aligned, lesion)) is not None:
        return NotAssessed(CODE, lesion.tracking_uid, why)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(capped),
        measurement=Measurement(round(100 * max(best.poles), 1), "%", round(100 * sd, 1)), where=best.near.place(_at(best)),
        method=f"share of the {'lower' if best.poles[0] > best.poles[1] else 'upper'} pole's cross-section covered by "
               "voxels darker "
               f"than half of cord and lesion on {ROLE_WORDS[best.role]}; a cap from {100 * COVER:.0f} % (judged)",
    )  # fmt: skip


def _at(dark: Dark) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The black voxels of the pole that is covered more, else the lesion's."""
    from thecal.findings.axis import axis_of

    points, axis = dark.near.mm(dark.black), axis_of(dark.near)
    everything = dark.near.mm(dark.region)
    if axis is None or not len(points):
        return everything
    ends = axis.locate(everything)[0]
    z = 2 * (axis.locate(points)[0] - ends.min()) / max(float(np.ptp(ends)), 1e-6) - 1
    mine = z < -POLE + 0.1 if dark.poles[0] > dark.poles[1] else z > POLE - 0.1
    return points[mine] if mine.any() else everything
