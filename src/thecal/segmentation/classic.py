"""Cord, sac, vertebrae and lesions drawn without learning: a centreline by dynamic programming, edges read along rays.

It stays as the fallback and as the baseline that trained segmenters are measured against. What it cannot tell it says, and
draws nothing there: levels without an anchor, outlines without a clear edge, enhancement without a T1w before contrast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thecal.records import PATIENT, AlignedStudy, LabelMap, NotAssessed, Role, Segmentation, Series, Volume
from thecal.records.geometry import resample, transform_points
from thecal.segmentation import codes
from thecal.segmentation.composition import Voice, Window, compose, part_of, weight_of, window
from thecal.segmentation.departures import seek
from thecal.segmentation.drawing import CSF_GUESSES, Drawing, draw
from thecal.segmentation.frame import Floats
from thecal.segmentation.lesions import LESION_THRESHOLD, Canal, Harvest, Seek
from thecal.segmentation.numbering import Numbering, number, spanned


@dataclass(frozen=True)
class By:
    """Who drew a label map: the segmenter and the digest of its weights, where it has some."""

    name: str
    weights_digest: str = ""


Hand = Callable[[Series, Floats | None], Drawing]
NAME = "classic"
BY = By(NAME)
# The series on which the canal is looked for first; what is found there guides the others.
LEADERS: tuple[Role, ...] = ("T2w", "T2w_fs", "T2starw", "ct_myelogram", "T1w", "T1w_ce", "other", "ADC", "dwi")
LEAD_QUALITY = 0.40


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Label maps and probabilities of every series that can be read, composed over the study, with its lesions.

    given is what an earlier segmenter found: its maps and lesions stand, this one fills in what they lack.
    """
    drawings = draw_all(aligned)
    return assemble(aligned, drawings, canal_of(aligned, drawings), BY, seek, given)


def assemble(
    aligned: AlignedStudy, drawings: Sequence[Drawing], canal: tuple[Window, Canal] | None, by: By, seek: Seek,
    given: Segmentation | None,
) -> Segmentation:  # fmt: skip
    """A study's segmentation from what was drawn on each series; by names who drew, seek looks for lesions in the canal."""
    numbering = number(aligned, drawings)
    own = replace(
        _anatomy(aligned, drawings, numbering, canal, by),
        region=dict(numbering.region),
        not_told=(*_untold(drawings), *numbering.not_told),
        lesion_threshold=LESION_THRESHOLD,
    )
    if given is None or given.composed_lesion is None:
        own = _with_lesions(aligned, drawings, numbering, canal, own, by, seek)
    return own if given is None else _filled(given, own)


def draw_all(aligned: AlignedStudy, draw: Hand = draw) -> list[Drawing]:
    """Cord and sac on every series, the clearest kind first, so that its line can guide the others; draw does one of them."""
    images = [one for one in aligned.study.images() if one.role in CSF_GUESSES and one.key in aligned.to_reference]
    images.sort(key=lambda one: (LEADERS.index(one.role), one.plane == "axial", one.key))
    drawings: list[Drawing] = []
    for series in images:
        drawings.append(draw(series, _guide(aligned, drawings, series.key)))
    return drawings


def _guide(aligned: AlignedStudy, drawings: Sequence[Drawing], key: str) -> Floats | None:
    """The clearest line so far, in RAS mm of the series `key`; None where none is clear enough."""
    clear = [one for one in drawings if one.drawn and one.line.quality >= LEAD_QUALITY]
    if not clear:
        return None
    best = max(clear, key=lambda one: one.line.worth)
    carry = np.linalg.inv(aligned.to_reference[key]) @ aligned.to_reference[best.key]
    points = best.frame.to_world(np.stack([best.line.x, best.line.y, best.line.z], axis=1))
    return np.column_stack([transform_points(carry, points), best.line.cord.astype(float)])


def _map(volume: Volume, names: dict[int, str], key: str | None, by: By, notes: tuple[str, ...]) -> LabelMap:
    return LabelMap(volume, names, key, by.name, by.weights_digest, notes)


def _notes(drawing: Drawing) -> tuple[str, ...]:
    what = (
        "the whole canal: dura and bone are as dark as CSF here" if drawing.canal_only else "the outer boundary of CSF"
    )
    notes = [f"code 2 is {what}"] if len(drawing.sac) else ["no sac was drawn on this series"]
    if drawing.why_not:
        notes.append(f"no cord: {drawing.why_not}")
    return (*notes, "the epidural space (code 3) is not drawn", "of vertebrae only the bodies are drawn")


def _untold(drawings: Sequence[Drawing]) -> list[NotAssessed]:
    return [NotAssessed("cord", one.key, one.why_not) for one in drawings if one.why_not]


def _anatomy(
    aligned: AlignedStudy, drawings: Sequence[Drawing], numbering: Numbering, canal: tuple[Window, Canal] | None,
    by: By,
) -> Segmentation:  # fmt: skip
    """Anatomy and its probabilities, series by series and composed."""
    maps, probability = {}, {}
    for one in drawings:
        if one.drawn:
            volume = numbering.painted(aligned, one.key, one.anatomy())
            maps[one.key] = _map(volume, codes.ANATOMY, one.key, by, _notes(one))
            cord, sac = one.cord_share, np.clip(one.canal_share - one.cord_share, 0, 1)
            probability[one.key] = {"cord": one.frame.back(cord), "sac": one.frame.back(sac)}
    composed = None
    if aligned.reference is not None:
        labels = np.zeros(aligned.reference.shape, dtype=np.int16)
        if canal is not None:
            labels[canal[0]] = _labels(canal[1])
        volume = numbering.painted(aligned, None, Volume(labels, aligned.reference.affine))
        composed = _map(volume, codes.ANATOMY, None, by, ("composed over all series that were drawn on",))
    return Segmentation(anatomy=maps, probability=probability, composed_anatomy=composed)


def _labels(canal: Canal) -> NDArray[np.int16]:
    labels = np.zeros(canal.grid.shape, dtype=np.int16)
    labels[canal.canal > 0.5] = codes.SAC
    labels[canal.cord > 0.5] = codes.CORD
    return labels


def _voices(aligned: AlignedStudy, drawings: Sequence[Drawing], structure: str) -> list[Voice]:
    """What each series says of the cord or of the canal; series without a dura only where none shows it."""
    able = [one for one in drawings if one.drawn and (structure == "cord" or len(one.sac))]
    if structure == "canal" and any(not one.canal_only for one in able):
        able = [one for one in able if not one.canal_only]
    out = []
    for one in able:
        share, told = (one.cord_share, one.told_cord) if structure == "cord" else (one.canal_share, one.told)
        out.append(Voice(one.frame.here(share), one.frame.here(told), aligned.to_reference[one.key],
                         weight_of(one.frame.native)))  # fmt: skip
    return out


def canal_of(aligned: AlignedStudy, drawings: Sequence[Drawing]) -> tuple[Window, Canal] | None:
    """Cord and canal composed in the window of the reference grid that holds them."""
    if aligned.reference is None:
        return None
    cord, canal = (_voices(aligned, drawings, structure) for structure in ("cord", "canal"))
    box = window(aligned.reference, [*cord, *canal])
    if box is None:
        return None
    part = part_of(aligned.reference, box)
    inner = compose(part, cord)[0]
    return box, Canal(part, inner, np.maximum(compose(part, canal)[0], inner))


def _with_lesions(
    aligned: AlignedStudy, drawings: Sequence[Drawing], numbering: Numbering, canal: tuple[Window, Canal] | None,
    own: Segmentation, by: By, seek: Seek,
) -> Segmentation:  # fmt: skip
    """The segmentation with lesions looked for wherever the canal was drawn."""
    if canal is None or aligned.reference is None:
        return replace(
            own, not_told=(*own.not_told, NotAssessed("lesion", PATIENT, "the canal was drawn on no series"))
        )
    found = seek(aligned, drawings, canal[1])
    maps = _native_lesions(aligned, drawings, canal[1], found, by)
    probability = {key: {**parts, "lesion": maps[key][1]} for key, parts in own.probability.items()}
    return replace(
        own, lesion={key: pair[0] for key, pair in maps.items()}, probability=probability,
        composed_lesion=_whole(aligned, canal[0], found.tissue, codes.LESION, by, found.notes),
        composed_instances=_whole(aligned, canal[0], found.instances, {0: "none"}, by, found.notes),
        lesions=tuple(replace(one, levels=spanned(numbering, aligned, canal[1].grid, found.instances == one.instance))
                      for one in found.lesions),
        not_told=(*own.not_told, *found.untold),
    )  # fmt: skip


def _whole(
    aligned: AlignedStudy, box: Window, part: NDArray[np.int16], names: dict[int, str], by: By, notes: tuple[str, ...]
) -> LabelMap:
    assert aligned.reference is not None
    labels = np.zeros(aligned.reference.shape, dtype=np.int16)
    labels[box] = part
    return _map(Volume(labels, aligned.reference.affine), names, None, by, notes)


def _native_lesions(
    aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, found: Harvest, by: By
) -> dict[str, tuple[LabelMap, Volume]]:
    """Tissue codes and lesion probability on each series' own grid."""
    tissue, sure = Volume(found.tissue, canal.grid.affine), Volume(found.sure, canal.grid.affine)
    out = {}
    for one in drawings:
        if one.drawn:
            carry = aligned.to_reference[one.key]
            labels = one.frame.back(resample(tissue, one.frame.grid, carry, order=0).voxels)
            likely = one.frame.back(resample(sure, one.frame.grid, carry).voxels)
            out[one.key] = (_map(labels, codes.LESION, one.key, by, found.notes), likely)
    return out


def _filled(given: Segmentation, own: Segmentation) -> Segmentation:
    """What was given, with what it lacks filled in."""
    keys = {*given.probability, *own.probability}
    gone = given.composed_lesion is not None
    kept = given if gone else own
    return Segmentation(
        anatomy={**own.anatomy, **given.anatomy},
        lesion={**own.lesion, **given.lesion},
        probability={key: {**own.probability.get(key, {}), **given.probability.get(key, {})} for key in keys},
        composed_anatomy=given.composed_anatomy or own.composed_anatomy,
        composed_lesion=kept.composed_lesion,
        composed_instances=kept.composed_instances,
        lesions=kept.lesions,
        region={**own.region, **given.region},
        not_told=tuple(dict.fromkeys((*given.not_told, *own.not_told))),
        lesion_threshold=kept.lesion_threshold,
    )
