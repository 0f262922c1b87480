"""Finding: length of all change of the cord on T2w, in vertebral segments."""

from __future__ import annotations

from thecal.findings.cord_change import beside_cavity, change_of
from thecal.findings.length_segments import of_parts
from thecal.findings.levels import levels_of
from thecal.findings.views import OEDEMA
from thecal.records import AlignedStudy, Finding, Lesion, NotAssessed, Segmentation

CODE = "t2_length_segments"
NEEDS = ("lesion", "T2w|T2w_fs", "cord", "levels")
SUBJECT = "lesion"


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Cranio-caudal length of everything in the cord that is bright on T2w and joined to the lesion, in vertebral segments.

    Lesion and oedema count together; cavities beyond the tumour (polar cyst, syrinx) are not counted.
    """
    assert lesion is not None
    levels = levels_of(aligned, segmentation)
    change = change_of(aligned, segmentation, lesion)
    assert levels is not None
    if change is None:
        return NotAssessed(CODE, lesion.tracking_uid, "no lesion-free cord beside the lesion on T2w")
    view = change.view
    tumour = (view.tumour(lesion) | view.of(lesion, (OEDEMA,))) & view.cord
    part = (change.bright & ~beside_cavity(change, lesion)) | tumour
    if not part.any():
        return NotAssessed(CODE, lesion.tracking_uid, "no change of the cord was found")
    return of_parts(
        CODE, [(view, part)], levels, lesion, "length of all cord brighter than normal on T2w, lesion included"
    )
