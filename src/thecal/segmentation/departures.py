"""Lesions seen without learning: what departs from each series' own course, brought together in the reference grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import ndimage

from thecal.records import PATIENT, AlignedStudy, Compartment, Grid, NotAssessed, Series, Volume
from thecal.records.geometry import covers, mm_to_voxel, resample, transform_points, voxel_to_mm
from thecal.segmentation import codes
from thecal.segmentation.anomaly import Finds, after_contrast, expansion, on_t2
from thecal.segmentation.composition import Voice, compose, log_odds, weight_of
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Floats, Image, Mask
from thecal.segmentation.lesions import (
    JOIN_MM,
    LESION_THRESHOLD,
    Canal,
    Harvest,
    Labels,
    Tissue,
    cyst_codes,
    doubted,
    harvest,
    within,
)

# What a series says where it was looked at and shows nothing: a little less than what one would say without looking.
NOTHING_SEEN, PRIOR = 0.1, 0.15
OEDEMA_REACH_MM, KINDRED_ODDS, UNLIT_ODDS = 25.0, 2.0, 3.0
EXPANDED = 1.3
THIN_MM, LONG_MM = 1.3, 20.0
SLACK_MM = 1.5
BRIGHT_CSF = ("T2w", "T2w_fs", "ADC", "ct_myelogram")


@dataclass(frozen=True, eq=False)
class Looked:
    """Finds of every series, by key, and which pairs before and after contrast were compared."""

    finds: Mapping[str, Finds]
    pairs: tuple[tuple[str, str], ...]
    why_no_contrast: str = ""


def seek(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal) -> Harvest:
    """The study's lesions at or above LESION_THRESHOLD, with what could not be looked for."""
    looked = look(aligned, drawings, canal)
    return harvest(aligned, canal, tissue_of(aligned, drawings, canal, looked), notes_of(looked), untold_of(looked))


def tissue_of(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, looked: Looked) -> Tissue:
    """What departs in each voxel of the canal's window."""
    codes, sure = _found(aligned, drawings, canal, looked)
    return Tissue(codes, sure, partial(_keys, aligned, drawings, looked, canal), partial(_compartment, canal))


def untold_of(looked: Looked) -> tuple[NotAssessed, ...]:
    """What could not be looked for, and why."""
    none = "no T2w, and no T1w before and after contrast, to look for lesions on"
    told = [] if looked.finds else [NotAssessed("lesion", PATIENT, none)]
    if looked.why_no_contrast:
        told.append(NotAssessed("enhancement", PATIENT, looked.why_no_contrast))
    return tuple(told)


def notes_of(looked: Looked) -> tuple[str, ...]:
    """How it was looked."""
    notes = [f"drawn where the confidence in a lesion reaches {LESION_THRESHOLD}",
             "looked for only in the canal, where cord or sac was drawn; bone and epidural space were not searched",
             "haemorrhage (code 5) and extramedullary cysts (code 9) are not told apart"]  # fmt: skip
    if looked.pairs:
        notes.append("enhancement compared on " + ", ".join(f"{after} with {before}" for before, after in looked.pairs))
    else:
        notes.append(f"enhancement not assessed: {looked.why_no_contrast}")
    return tuple(notes)


def look(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal) -> Looked:
    """Looks for lesions on every series that can show them."""
    finds: dict[str, Finds] = {}
    for one in drawings:
        if (
            one.levels is not None
            and one.line.csf > 0
            and one.series.role in BRIGHT_CSF
            and len(one.cord) + len(one.sac)
        ):
            finds[one.key] = on_t2(one)
    after = [one for one in drawings if one.series.role == "T1w_ce" and len(one.cord) + len(one.sac)]
    before = [one.series for one in drawings if one.series.role == "T1w"]
    if not after:
        return Looked(finds, (), "no T1w after contrast on which the canal was drawn")
    pairs = []
    for one, partner in _partners(aligned, after, before):
        inside = _onto(aligned, canal.canal, canal.grid, one)
        gain = after_contrast(one, _carried(aligned, partner, one), inside)
        if gain is not None:
            finds[one.key] = gain
            pairs.append((partner.key, one.key))
    return Looked(finds, tuple(pairs), "" if pairs else "no T1w before contrast that covers the one after it")


def _partners(
    aligned: AlignedStudy, after: Sequence[Drawing], before: Sequence[Series]
) -> list[tuple[Drawing, Series]]:
    """Each image after contrast with the one before it that covers most of it.

    Pairs of one plane blur alike; pairs of two planes are compared only where the study has no other.
    """
    found = [(one, series) for one in after if (series := _partner(aligned, one, before)) is not None]
    alike = [(one, series) for one, series in found if series.plane == one.series.plane]
    return alike or found


def _partner(aligned: AlignedStudy, after: Drawing, before: Sequence[Series]) -> Series | None:
    best: tuple[float, Series] | None = None
    for series in before:
        assert series.volume is not None
        carry = np.linalg.inv(aligned.to_reference[series.key]) @ aligned.to_reference[after.key]
        share = float(covers(series.volume, after.frame.grid, carry).mean())
        merit = share + (1.0 if series.plane == after.series.plane else 0.0)
        if share > 0.25 and (best is None or merit > best[0]):
            best = (merit, series)
    return None if best is None else best[1]


def _carried(aligned: AlignedStudy, series: Series, to: Drawing) -> Image:
    """A series' image on another's frame, 0 where it does not reach."""
    assert series.volume is not None
    carry = np.linalg.inv(aligned.to_reference[series.key]) @ aligned.to_reference[to.key]
    return np.asarray(resample(series.volume, to.frame.grid, carry).voxels, dtype=np.float32)


def _onto(aligned: AlignedStudy, image: Image, grid: Grid, to: Drawing) -> Image:
    carried = resample(Volume(image, grid.affine), to.frame.grid, aligned.to_reference[to.key])
    return np.asarray(carried.voxels, dtype=np.float32)


def _found(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, looked: Looked) -> tuple[Labels, Image]:
    """Tissue codes, and how sure each voxel is."""
    by_key = {one.key: one for one in drawings}
    sure = {kind: _together(aligned, by_key, canal, looked, kind) for kind in ("cord", "defect", "gain")}
    gain = sure["gain"] > LESION_THRESHOLD
    sure["cord"] = _kindred(sure["cord"], gain, canal)
    fluid = _fluid(aligned, by_key, canal, looked)
    contrast = _compared(aligned, by_key, canal, looked)
    sure["defect"] = _unlit(sure["defect"], gain, contrast, canal)
    tissue = _tissues(canal, {kind: part > LESION_THRESHOLD for kind, part in sure.items()}, fluid, contrast,
                      _expanded(aligned, drawings, canal))  # fmt: skip
    return tissue, np.maximum.reduce(list(sure.values()))


def _together(aligned: AlignedStudy, drawings: Mapping[str, Drawing], canal: Canal, looked: Looked, kind: str) -> Image:
    """Probability of one kind of find from all series that could show it."""
    voices = []
    for key, finds in looked.finds.items():
        if kind not in finds.kinds:
            continue
        one = drawings[key]
        said = np.where(finds.kinds[kind] > 0, finds.kinds[kind], NOTHING_SEEN).astype(np.float32)
        voices.append(Voice(one.frame.here(said), one.frame.here(one.told), aligned.to_reference[key],
                            weight_of(one.frame.native)))  # fmt: skip
    if not voices:
        return np.zeros(canal.grid.shape, dtype=np.float32)
    together, seen = compose(canal.grid, voices, PRIOR)
    return np.where(seen & (together > NOTHING_SEEN + 0.01), together, 0).astype(np.float32)


def _kindred(cord: Image, gain: Mask, canal: Canal) -> Image:
    """Cord change near tumour is likelier real than the same change alone."""
    if not gain.any():
        return cord
    near = within(gain, OEDEMA_REACH_MM, canal.grid.spacing_mm) & (cord > 0)
    odds = log_odds(cord) + KINDRED_ODDS
    return np.where(near, 1 / (1 + np.exp(-odds)), cord).astype(np.float32)


def _unlit(defect: Image, gain: Mask, compared: Mask, canal: Canal) -> Image:
    """Defects in CSF that take up no contrast are mostly roots and flow: nearly all tumours outside the cord enhance."""
    lit = within(gain, JOIN_MM, canal.grid.spacing_mm) if gain.any() else gain
    doubted = compared & ~lit & (defect > 0)
    return np.where(doubted, 1 / (1 + np.exp(-(log_odds(defect) - UNLIT_ODDS))), defect).astype(np.float32)


def _fluid(aligned: AlignedStudy, drawings: Mapping[str, Drawing], canal: Canal, looked: Looked) -> Mask:
    out = np.zeros(canal.grid.shape, dtype=bool)
    for key, finds in looked.finds.items():
        if finds.fluid is not None and drawings[key].series.role in ("T2w", "T2w_fs"):
            back = np.linalg.inv(aligned.to_reference[key])
            out |= resample(drawings[key].frame.here(finds.fluid), canal.grid, back).voxels > 0.3
    return out


def _compared(aligned: AlignedStudy, drawings: Mapping[str, Drawing], canal: Canal, looked: Looked) -> Mask:
    """Where images before and after contrast were compared."""
    out = np.zeros(canal.grid.shape, dtype=bool)
    for _, after in looked.pairs:
        one = drawings[after]
        back = np.linalg.inv(aligned.to_reference[after])
        out |= resample(one.frame.here(one.told), canal.grid, back).voxels > 0.5
    return out


def _expanded(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal) -> Mask:
    """Heights at which the cord is thicker than its own course, on any series."""
    out = np.zeros(canal.grid.shape, dtype=bool)
    for one in drawings:
        if len(one.cord) < 5:
            continue
        swollen = expansion(one.cord) > EXPANDED
        marks = np.zeros(one.frame.shape, dtype=np.float32)
        z = np.arange(marks.shape[2]) * one.frame.spacing[2]
        marks[:, :, np.interp(z, one.cord.z, swollen.astype(float), left=0, right=0) > 0.5] = 1
        back = np.linalg.inv(aligned.to_reference[one.key])
        out |= resample(one.frame.here(marks), canal.grid, back).voxels > 0.5
    return out


def _tissues(canal: Canal, found: Mapping[str, Mask], fluid: Mask, compared: Mask, expanded: Mask) -> Labels:
    """A tissue code for every voxel that departs."""
    tissue = np.zeros(canal.grid.shape, dtype=np.int16)
    spacing = canal.grid.spacing_mm
    in_cord, gain, defect = found["cord"], found["gain"], found["defect"]
    labels, count = ndimage.label(in_cord, np.ones((3, 3, 3)))
    near_gain = within(gain, OEDEMA_REACH_MM, spacing) if gain.any() else gain
    for n in range(1, count + 1):
        part = labels == n
        if near_gain[part].any():
            code = codes.OEDEMA
        elif (expanded & part).sum() > 0.3 * part.sum():
            code = codes.SOLID if compared[part].mean() > 0.5 else codes.UNASSESSED
        else:
            code = codes.CORD_CHANGE
        tissue[part] = code
    wet = in_cord & fluid
    tissue[wet] = cyst_codes(canal, wet, gain)[wet]
    tissue[defect & (tissue == 0)] = codes.UNASSESSED
    tissue[defect & compared] = codes.SOLID
    tissue[gain] = codes.ENHANCING
    tissue[_coating(canal, gain)] = codes.COATING
    return tissue


def _coating(canal: Canal, gain: Mask) -> Mask:
    """Enhancement that is thin and long, along cord and roots."""
    out = np.zeros(gain.shape, dtype=bool)
    if not gain.any():
        return out
    spacing, height = canal.grid.spacing_mm, canal.low_z
    labels, count = ndimage.label(within(gain, JOIN_MM / 2, spacing))
    depth = ndimage.distance_transform_edt(np.pad(gain, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    for n in range(1, count + 1):
        part = gain & (labels == n)
        long = np.ptp(height[part]) >= LONG_MM if part.any() else False
        thick = float(np.percentile(depth[part], 90)) if part.any() else 0.0
        outside = float((canal.cord[part] < 0.5).mean()) if part.any() else 0.0
        if long and thick <= max(THIN_MM, 1.1 * float(spacing.min())) and outside > 0.5:
            out |= part
    return out


def _keys(aligned: AlignedStudy, drawings: Sequence[Drawing], looked: Looked, canal: Canal, mine: Mask) -> list[str]:
    """The series that show something within a mask."""
    points = voxel_to_mm(canal.grid, np.argwhere(mine))
    return [
        one.key for one in drawings if one.key in looked.finds and _shows(aligned, one, looked.finds[one.key], points)
    ]


def _shows(aligned: AlignedStudy, one: Drawing, finds: Finds, points: Floats) -> bool:
    """Whether a series itself shows something among these points of the reference."""
    local = transform_points(np.linalg.inv(aligned.to_reference[one.key]), points)
    index = np.round(mm_to_voxel(one.frame.grid, local)).astype(int)
    inside = np.all((index >= 0) & (index < one.frame.shape), axis=1)
    return any(bool((part[tuple(index[inside].T)] > NOTHING_SEEN).any()) for part in finds.kinds.values())


def _compartment(canal: Canal, body: Mask) -> dict[Compartment, float]:
    """In which compartment a mask lies, by the outlines of cord and sac."""
    cord, beyond = float(canal.cord[body].mean()), float((canal.canal[body] < 0.5).mean())
    return doubted(cord, 1 - cord - beyond, beyond)
