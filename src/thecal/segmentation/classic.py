"""Cord, sac, vertebrae and lesions drawn without learning: a centreline by dynamic programming, edges read along rays.

It stays as the fallback and as the baseline that trained segmenters are measured against. What it cannot tell it says, and
draws nothing there: levels without an anchor, outlines without a clear edge, enhancement without a T1w before contrast.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thecal.records import AlignedStudy, Grid, LabelMap, NotAssessed, Role, Segmentation, Volume
from thecal.segmentation import codes
from thecal.segmentation.composition import Voice, compose, part_of, weight_of, window
from thecal.segmentation.drawing import CSF_GUESSES, Drawing, draw
from thecal.segmentation.frame import Floats, Image, Mask

NAME = "classic"
# The series on which the canal is looked for first; what is found there guides the others.
LEADERS: tuple[Role, ...] = ("T2w", "T2w_fs", "T2starw", "ct_myelogram", "T1w", "T1w_ce", "other", "ADC", "dwi")
LEAD_QUALITY = 0.40
# What is less sure than this is neither drawn nor listed. Chosen on phantoms, the same for every kind of lesion.
LESION_THRESHOLD = 0.5


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Label maps and probabilities of every series that can be read, composed over the study, with its lesions.

    given is what is already known; this segmenter looks for itself and fills in only what given lacks.
    """
    drawings = draw_all(aligned)
    anatomy = {one.key: _map(one.anatomy(), codes.ANATOMY, one.key, _notes(one)) for one in drawings if _drawn(one)}
    probability = {one.key: _probabilities(one) for one in drawings if _drawn(one)}
    composed = compose_anatomy(aligned, drawings)
    return Segmentation(
        anatomy={**anatomy, **(given.anatomy if given else {})},
        probability=probability,
        composed_anatomy=composed,
        not_told=tuple(_untold(drawings)),
        lesion_threshold=LESION_THRESHOLD,
    )


def draw_all(aligned: AlignedStudy) -> list[Drawing]:
    """Cord and sac on every series, the clearest kind first, so that its line can guide the others."""
    images = [one for one in aligned.study.images() if one.role in CSF_GUESSES]
    images.sort(key=lambda one: (LEADERS.index(one.role), one.plane == "axial", one.key))
    drawings: list[Drawing] = []
    for series in images:
        drawings.append(draw(series, _guide(aligned, drawings, series.key)))
    return drawings


def _guide(aligned: AlignedStudy, drawings: Sequence[Drawing], key: str) -> Floats | None:
    """The clearest line so far, in RAS mm of the series `key`; None where none is clear enough."""
    clear = [one for one in drawings if _drawn(one) and one.line.quality >= LEAD_QUALITY]
    if not clear:
        return None
    best = max(clear, key=lambda one: one.line.worth)
    carry = np.linalg.inv(aligned.to_reference[key]) @ aligned.to_reference[best.key]
    points = best.frame.to_world(np.stack([best.line.x, best.line.y, best.line.z], axis=1))
    moved = points @ carry[:3, :3].T + carry[:3, 3]
    return np.column_stack([moved, best.line.cord.astype(float)])


def _drawn(drawing: Drawing) -> bool:
    return bool(len(drawing.cord) or len(drawing.sac))


def _map(volume: Volume, names: dict[int, str], key: str | None, notes: tuple[str, ...]) -> LabelMap:
    return LabelMap(volume, names, key, NAME, notes=notes)


def _notes(drawing: Drawing) -> tuple[str, ...]:
    what = "the whole canal: dura and bone are as dark as CSF here" if drawing.canal_only else "the outer boundary of CSF"
    notes = [f"code 2 is {what}"] if len(drawing.sac) else ["no sac was drawn on this series"]
    if drawing.why_not:
        notes.append(f"no cord: {drawing.why_not}")
    notes.append("the epidural space (code 3) is not drawn")
    return tuple(notes)


def _probabilities(drawing: Drawing) -> dict[str, Volume]:
    cord, canal = drawing.cord_share, drawing.canal_share
    return {
        "cord": drawing.frame.back(cord),
        "sac": drawing.frame.back(np.clip(canal - cord, 0, 1)),
    }


def _untold(drawings: Sequence[Drawing]) -> list[NotAssessed]:
    return [NotAssessed("cord", one.key, one.why_not) for one in drawings if one.why_not]


def voices(aligned: AlignedStudy, drawings: Sequence[Drawing], structure: str) -> list[Voice]:
    """What each series says of the cord or of the canal as a whole."""
    out = []
    for one in drawings:
        if _drawn(one) and (structure == "cord" or len(one.sac)):
            share = one.cord_share if structure == "cord" else one.canal_share
            out.append(Voice(one.frame.back(share), one.frame.back(one.told), aligned.to_reference[one.key],
                             weight_of(one.frame.native)))  # fmt: skip
    return out


def compose_anatomy(aligned: AlignedStudy, drawings: Sequence[Drawing]) -> LabelMap | None:
    """Cord and sac over all series in the reference grid; None without a reference."""
    if aligned.reference is None:
        return None
    labels = np.zeros(aligned.reference.shape, dtype=np.int16)
    cord_voices, canal_voices = (voices(aligned, drawings, name) for name in ("cord", "canal"))
    box = window(aligned.reference, [*cord_voices, *canal_voices])
    if box is not None:
        part = part_of(aligned.reference, box)
        labels[box] = _labels(part, cord_voices, canal_voices)
    return _map(Volume(labels, aligned.reference.affine), codes.ANATOMY, None, ())


def _labels(part: Grid, cord_voices: list[Voice], canal_voices: list[Voice]) -> NDArray[np.int16]:
    cord: Image = compose(part, cord_voices)[0]
    canal: Image = compose(part, canal_voices)[0]
    labels = np.zeros(part.shape, dtype=np.int16)
    inside: Mask = canal > 0.5
    labels[inside] = codes.SAC
    labels[cord > 0.5] = codes.CORD
    return labels
