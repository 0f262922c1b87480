"""Lesions of the study: what single series show, brought together in the reference grid, told apart by tissue and numbered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import AlignedStudy, Compartment, Grid, Lesion, Place, Series, Volume
from thecal.records.geometry import covers, mm_to_voxel, resample, transform_points, voxel_to_mm
from thecal.segmentation import codes
from thecal.segmentation.anomaly import SMALLEST_MM3, Finds, after_contrast, expansion, on_t2
from thecal.segmentation.composition import Voice, compose, log_odds, weight_of
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Floats, Image, Mask

# What a series says where it was looked at and shows nothing: a little less than what one would say without looking.
NOTHING_SEEN, PRIOR = 0.1, 0.15
# Gaps along the spine up to this length do not part a lesion; parts of a lesion lie this near each other.
JOIN_MM = 6.0
OEDEMA_REACH_MM, KINDRED_ODDS, UNLIT_ODDS = 25.0, 2.0, 3.0
POLE_MM = 6.0
EXPANDED = 1.3
THIN_MM, LONG_MM = 1.3, 20.0
SLACK_MM = 1.5
BESIDE = (codes.OEDEMA, codes.SYRINX, codes.POLAR_CYST)
TUMOUR = (codes.ENHANCING, codes.SOLID, codes.UNASSESSED)
BRIGHT_CSF = ("T2w", "T2w_fs", "ADC", "ct_myelogram")
Labels = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Canal:
    """The window of the reference grid around the canal: probabilities of cord and canal there."""

    grid: Grid
    cord: Image
    canal: Image

    @property
    def low_z(self) -> Floats:
        """Height of each voxel in RAS mm."""
        index = np.stack(np.meshgrid(*(np.arange(n) for n in self.grid.shape), indexing="ij"), axis=-1)
        return np.asarray(voxel_to_mm(self.grid, index)[..., 2])


@dataclass(frozen=True, eq=False)
class Looked:
    """Finds of every series, by key, and which pairs before and after contrast were compared."""

    finds: Mapping[str, Finds]
    pairs: tuple[tuple[str, str], ...]
    why_no_contrast: str = ""


@dataclass(frozen=True, eq=False)
class Harvest:
    """Tissue codes and lesion numbers in the canal's window, the lesions, and how sure each voxel is."""

    tissue: Labels
    instances: Labels
    sure: Image
    lesions: tuple[Lesion, ...] = field(default=())


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


def harvest(
    aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, looked: Looked, threshold: float
) -> Harvest:
    """The study's lesions at or above a confidence."""
    by_key = {one.key: one for one in drawings}
    sure = {kind: _together(aligned, by_key, canal, looked, kind) for kind in ("cord", "defect", "gain")}
    sure["cord"] = _kindred(sure["cord"], sure["gain"] > threshold, canal)
    fluid = _fluid(aligned, by_key, canal, looked)
    contrast = _compared(aligned, by_key, canal, looked)
    sure["defect"] = _unlit(sure["defect"], sure["gain"] > threshold, contrast, canal)
    tissue = _tissues(canal, {kind: part > threshold for kind, part in sure.items()}, fluid, contrast,
                      _expanded(aligned, drawings, canal))  # fmt: skip
    everything = np.maximum.reduce(list(sure.values()))
    instances, count = _numbered(tissue, canal)
    tissue = np.where(instances > 0, tissue, 0).astype(np.int16)
    lesions = [_lesion(aligned, drawings, looked, canal, tissue, instances == n, everything, n)
               for n in range(1, count + 1)]  # fmt: skip
    return Harvest(tissue, instances, everything, tuple(lesions))


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
    near = _within(gain, OEDEMA_REACH_MM, canal.grid.spacing_mm) & (cord > 0)
    odds = log_odds(cord) + KINDRED_ODDS
    return np.where(near, 1 / (1 + np.exp(-odds)), cord).astype(np.float32)


def _unlit(defect: Image, gain: Mask, compared: Mask, canal: Canal) -> Image:
    """Defects in CSF that take up no contrast are mostly roots and flow: nearly all tumours outside the cord enhance."""
    lit = _within(gain, JOIN_MM, canal.grid.spacing_mm) if gain.any() else gain
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
    near_gain = _within(gain, OEDEMA_REACH_MM, spacing) if gain.any() else gain
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
    tissue[wet] = _cyst_codes(canal, wet, gain)[wet]
    tissue[defect & (tissue == 0)] = codes.UNASSESSED
    tissue[defect & compared] = codes.SOLID
    tissue[gain] = codes.ENHANCING
    tissue[_coating(canal, gain)] = codes.COATING
    return tissue


def _within(mask: Mask, reach_mm: float, spacing: Floats) -> Mask:
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing) <= reach_mm)


def _cyst_codes(canal: Canal, wet: Mask, gain: Mask) -> Labels:
    """Fluid in the cord: inside the tumour, capping a pole of it, or beyond it."""
    out = np.full(wet.shape, codes.SYRINX, dtype=np.int16)
    if not gain.any():
        return out
    height = canal.low_z
    top, bottom = float(height[gain].max()), float(height[gain].min())
    labels, count = ndimage.label(wet, np.ones((3, 3, 3)))
    touching = _within(gain, POLE_MM, canal.grid.spacing_mm)
    for n in range(1, count + 1):
        part = labels == n
        if not touching[part].any():
            continue
        inside = ((height[part] < top) & (height[part] > bottom)).mean()
        out[part] = codes.TUMORAL_CYST if inside > 0.5 else codes.POLAR_CYST
    return out


def _coating(canal: Canal, gain: Mask) -> Mask:
    """Enhancement that is thin and long, along cord and roots."""
    out = np.zeros(gain.shape, dtype=bool)
    if not gain.any():
        return out
    spacing, height = canal.grid.spacing_mm, canal.low_z
    labels, count = ndimage.label(_within(gain, JOIN_MM / 2, spacing))
    depth = ndimage.distance_transform_edt(np.pad(gain, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    for n in range(1, count + 1):
        part = gain & (labels == n)
        long = np.ptp(height[part]) >= LONG_MM if part.any() else False
        thick = float(np.percentile(depth[part], 90)) if part.any() else 0.0
        outside = float((canal.cord[part] < 0.5).mean()) if part.any() else 0.0
        if long and thick <= max(THIN_MM, 1.1 * float(spacing.min())) and outside > 0.5:
            out |= part
    return out


def _numbered(tissue: Labels, canal: Canal) -> tuple[Labels, int]:
    """Numbers of separate lesions from head to foot; what lies within JOIN_MM is one, crumbs are none."""
    mask = tissue > 0
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.int16), 0
    joined, count = ndimage.label(_within(mask, JOIN_MM / 2, canal.grid.spacing_mm))
    labels = np.where(mask, joined, 0)
    labels = _with_their_tumours(labels, count, tissue, canal)
    coated = tissue == codes.COATING
    if coated.any():  # leptomeningeal coating is one lesion wherever it lies
        labels[coated], count = count + 1, count + 1
    height = canal.low_z
    least = SMALLEST_MM3 / canal.grid.voxel_volume_mm3
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    centres = {n: float(height[labels == n].mean()) for n in range(1, count + 1) if sizes[n] >= max(1.0, least)}
    out = np.zeros(mask.shape, dtype=np.int16)
    for number, old in enumerate(sorted(centres, key=lambda n: -centres[n]), start=1):
        out[labels == old] = number
    return out, len(centres)


def _with_their_tumours(
    labels: NDArray[np.integer[Any]], count: int, tissue: Labels, canal: Canal
) -> NDArray[np.integer[Any]]:
    """Oedema and cavities beside a tumour in the cord belong to the nearest one: a tumour and its syrinx are one lesion."""
    height = canal.low_z
    tumours, cavities = {}, {}
    for n in range(1, count + 1):
        mine = labels == n
        middle = float(height[mine].mean())
        solid = mine & np.isin(tissue, TUMOUR)
        if solid.any() and float(canal.cord[solid].mean()) > 0.5:
            tumours[n] = middle
        elif np.isin(tissue[mine], BESIDE).all():
            cavities[n] = middle
    if not tumours:
        return labels
    owner = np.arange(labels.max() + 1)
    for n, middle in cavities.items():
        owner[n] = min(tumours, key=lambda tumour: abs(tumours[tumour] - middle))
    return np.asarray(owner[labels])


def _lesion(
    aligned: AlignedStudy, drawings: Sequence[Drawing], looked: Looked, canal: Canal, tissue: Labels, mine: Mask,
    sure: Image, number: int,
) -> Lesion:  # fmt: skip
    points = voxel_to_mm(canal.grid, np.argwhere(mine))
    middle = points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
    keys = [
        one.key for one in drawings if one.key in looked.finds and _shows(aligned, one, looked.finds[one.key], points)
    ]
    key = keys[0] if keys else drawings[0].key
    where = transform_points(np.linalg.inv(aligned.to_reference[key]), middle)
    return Lesion(
        tracking_uid=_uid(aligned, middle, number),
        instance=number,
        confidence=float(np.percentile(sure[mine], 95)),
        compartment=_compartment(canal, mine, tissue),
        where=Place(key, *(round(float(x), 3) for x in where)),
        volume_mm3=round(float(_core(mine, tissue).sum()) * canal.grid.voxel_volume_mm3, 3),
        tissues=tuple(int(code) for code in np.unique(tissue[mine])),
        series_keys=tuple(keys),
    )


def _shows(aligned: AlignedStudy, one: Drawing, finds: Finds, points: Floats) -> bool:
    """Whether a series itself shows something among these points of the reference."""
    local = transform_points(np.linalg.inv(aligned.to_reference[one.key]), points)
    index = np.round(mm_to_voxel(one.frame.grid, local)).astype(int)
    inside = np.all((index >= 0) & (index < one.frame.shape), axis=1)
    return any(bool((part[tuple(index[inside].T)] > NOTHING_SEEN).any()) for part in finds.kinds.values())


def _uid(aligned: AlignedStudy, middle: Floats, number: int) -> str:
    """A UID that the same images always give the same lesion."""
    digests = sorted(one.volume.digest for one in aligned.study.images() if one.volume is not None)
    text = repr((digests, number, [round(float(x)) for x in middle]))
    return f"2.25.{int(hashlib.sha256(text.encode()).hexdigest()[:31], 16)}"


def _core(mine: Mask, tissue: Labels) -> Mask:
    """The lesion itself, without oedema, polar cysts and syrinx beside it; all of it where it is nothing else."""
    core = mine & ~np.isin(tissue, BESIDE)
    return core if core.any() else mine


def _compartment(canal: Canal, mine: Mask, tissue: Labels) -> dict[Compartment, float]:
    """Share of the lesion in cord, in sac and beyond, with some doubt for the outlines' own error."""
    body = _core(mine, tissue)
    cord = float(canal.cord[body].mean())
    beyond = float((canal.canal[body] < 0.5).mean())
    shares = np.array([cord, max(0.0, 1 - cord - beyond), beyond]) ** 2 + 0.02
    names: tuple[Compartment, Compartment, Compartment] = ("intramedullary", "intradural_extramedullary", "extradural")
    return {name: float(share) for name, share in zip(names, shares / shares.sum(), strict=True)}
