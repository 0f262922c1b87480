"""Whether a lesion is one at whose edge old blood can be told: inside the dura, and no mere coat of cord and roots."""

from __future__ import annotations

from thecal.findings import compartment
from thecal.findings.views import COATING, look
from thecal.records import AlignedStudy, Finding, Lesion, Segmentation


def outside_dura(segmentation: Segmentation, aligned: AlignedStudy, lesion: Lesion) -> bool:
    """Whether the lesion lies outside the dura more likely than not; false where its compartment cannot be told."""
    told = compartment.measure(aligned, segmentation, lesion)
    return isinstance(told, Finding) and told.state == "extradural"


def is_coat(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> bool:
    """Whether most of a lesion was drawn as a coat of cord and roots."""
    if COATING not in lesion.tissues:
        return False
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    counts = [(int(view.of(lesion, (COATING,)).sum()), int(view.of(lesion).sum())) for view in views]
    return 2 * sum(coat for coat, _ in counts) > sum(whole for _, whole in counts)


def no_rim(segmentation: Segmentation, aligned: AlignedStudy, lesion: Lesion) -> str | None:
    """Why no dark rim can be told at the lesion's edge; None where it can."""
    if is_coat(aligned, segmentation, lesion):
        return "a coat along cord and roots is too thin to have a rim"
    if outside_dura(segmentation, aligned, lesion):
        return "outside the dura bone and ligament are as dark as old blood"
    return None
