"""Finding: a complete dark ring of old blood around a lesion."""

from __future__ import annotations

from thecal.findings import belief
from thecal.findings.dark import Dark, darks_of
from thecal.findings.needs import ROLE_WORDS
from thecal.findings.within_dura import no_rim
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "haemosiderin_ring"
NEEDS = ("lesion", "T2starw|T2w")
SUBJECT = "lesion"
# A pole or a flank is covered from this share of it on (judged: a rim is rarely seen in every sector).
COVER, COVER_SD = 0.45, 0.10
# Beside bone a rim can be denied below this probability, and not called.
DENIED = 0.25


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether a rim darker than half of cord and lesion runs all around the lesion on T2*w, else on T2w.

    By the share of the sectors around its flanks that hold such voxels in their outer part. A dark rim outside the dura,
    where bone and ligament are as dark, is not assessed. A complete ring was described in cavernous malformations. Source:
    rigamonti1987
    """
    assert lesion is not None
    darks = darks_of(aligned, segmentation, lesion)
    if not darks:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion cannot be compared with cord on T2*w or T2w")
    ring = ring_of(darks)
    if ring > DENIED and (why := no_rim(segmentation, aligned, lesion)) is not None:
        return NotAssessed(CODE, lesion.tracking_uid, why)
    best = max(darks, key=lambda one: one.flank)
    points = best.near.mm(best.black if best.black.any() else best.region)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(ring),
        measurement=Measurement(round(100 * best.flank, 1), "%", round(100 * COVER_SD, 1)), where=best.near.place(points),
        method="share of the sectors around the lesion's flanks whose outer part holds voxels darker than half of cord "
               "and lesion "
               f"on {ROLE_WORDS[best.role]}; a ring from {100 * COVER:.0f} % (judged)",
    )  # fmt: skip


def ring_of(darks: tuple[Dark, ...]) -> float:
    """How probable a complete dark ring is."""
    return max(belief.above(one.flank, COVER, COVER_SD) for one in darks)
