"""Cavities in cord and tumour: in the tumour, capping its pole, or running on beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.cord_change import CordChange, change_of
from thecal.findings.cord_signal import normal_cord
from thecal.findings.uptake import uptake
from thecal.findings.views import EXTRAMEDULLARY_CYST, POLAR_CYST, SYRINX, TUMORAL_CYST, Mask, best
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation
from thecal.records.geometry import resample
from thecal.records.volume import Volume

# Volume from which a cavity is told from partial volume and noise (judged: a 4 mm ball), and its uncertainty.
SEEN_MM3, SEEN_SD_MM3 = 35.0, 12.0
# A cavity that starts farther than this from the tumour does not cap it.
TOUCHING_MM = 6.0
# A capping cyst is about as long as the cord is wide; from this length on the cavity is a syrinx (judged).
SYRINX_MM, SYRINX_SD_MM = 25.0, 6.0
# Fluid is darker than this share of cord on T1w (judged).
FLUID_T1 = 0.75
# What gains more than this is no fluid.
DRY = 0.25
# How surely the kind that was drawn is that kind.
DRAWN = 0.85


@dataclass(frozen=True, eq=False)
class Cavities:
    """Of each kind of cavity how probable it is, its volume in mm³, and where it lies."""

    change: CordChange
    present: dict[int, float]
    volume: dict[int, float]
    mask: dict[int, Mask]


def judge(
    code: str, kind: int, aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion
) -> Finding | NotAssessed:
    """Whether a kind of cavity is present."""
    found = cavities_of(aligned, segmentation, lesion)
    if isinstance(found, str):
        return NotAssessed(code, lesion.tracking_uid, found)
    view, volume, mask = found.change.view, found.volume[kind], found.mask[kind]
    return Finding(
        code, lesion.tracking_uid, "measured", belief.yes_no(found.present[kind]),
        measurement=Measurement(round(volume, 1), "mm3"),
        where=view.place(view.mm(mask if mask.any() else view.of(lesion))),
        method=f"volume of cavities nearly as bright as CSF on T2w{_also(aligned)}, by where they lie against the tumour; "
               f"present from {SEEN_MM3:g} mm³ (judged)",
    )  # fmt: skip


def _also(aligned: AlignedStudy) -> str:
    return ", dark on T1w" if aligned.pick("T1w") else ""


def cavities_of(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Cavities | str:
    """The cavities in and around a lesion of the cord, or why they cannot be told."""
    return _kept(aligned, segmentation, lesion.tracking_uid)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


@lru_cache(maxsize=4)
def _kept(aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str) -> Cavities | str:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    change = change_of(aligned, segmentation, lesion)
    if change is None:
        return "no lesion-free cord beside the lesion on T2w"
    if change.csf is None:
        return "no CSF in view to compare a cavity with"
    view = change.view
    drawn = view.of(lesion, (TUMORAL_CYST, POLAR_CYST, SYRINX))
    fluid = drawn | (change.cavity & _fluid(change, aligned, segmentation, lesion))
    fluid &= ~view.of(lesion, EXTRAMEDULLARY_CYST)
    kinds = (TUMORAL_CYST, POLAR_CYST, SYRINX)
    volume, absent = dict.fromkeys(kinds, 0.0), dict.fromkeys(kinds, 1.0)
    mask = {kind: np.zeros_like(fluid) for kind in kinds}
    for kind_of, piece in _pieces(change, lesion, fluid):
        size = float(np.count_nonzero(piece)) * view.grid.voxel_volume_mm3
        for kind, share in kind_of.items():
            absent[kind] *= 1 - share * belief.above(size, SEEN_MM3, SEEN_SD_MM3)
            if share >= 0.5:
                mask[kind] |= piece
                volume[kind] += size
    return Cavities(change, {kind: 1 - share for kind, share in absent.items()}, volume, mask)


def _fluid(change: CordChange, aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Mask:
    """Where nothing speaks against fluid: not bright on T1w, nothing taken up."""
    view = change.view
    fluid = np.ones(view.values.shape, dtype=bool)
    plain = best(aligned, segmentation, ("T1w",), lesion)
    normal = None if plain is None else normal_cord(plain, lesion)
    if plain is not None and normal is not None:
        across = np.linalg.inv(plain.to_reference) @ view.to_reference
        ratio = resample(Volume(normal.ratios(plain), plain.affine), view.grid, across, fill=0.0).voxels
        fluid &= ratio < FLUID_T1
    taken = uptake(aligned, segmentation, lesion)
    if not isinstance(taken, str):
        across = np.linalg.inv(taken.view.to_reference) @ view.to_reference
        gain = resample(Volume(taken.gain, taken.view.affine), view.grid, across, fill=0.0).voxels
        fluid &= gain < DRY
    return fluid


def _pieces(change: CordChange, lesion: Lesion, fluid: Mask) -> list[tuple[dict[int, float], Mask]]:
    """Each cavity cut at the tumour's ends, with how probable each kind is."""
    view = change.view
    along_body = change.axis.locate(view.mm(view.tumour(lesion)))[0]
    low, high = float(along_body.min()), float(along_body.max())
    index = np.argwhere(fluid)
    out: list[tuple[dict[int, float], Mask]] = []
    if not len(index):
        return out
    along = change.axis.locate(view.mm(fluid))[0]
    zones = ((along >= low) & (along <= high), along > high, along < low)
    for number, zone in enumerate(zones):
        part = np.zeros_like(fluid)
        part[tuple(index[zone].T)] = True
        pieces, count = ndimage.label(part, np.ones((3, 3, 3)))
        for one in range(1, count + 1):
            piece = pieces == one
            out.append((_kind(change, lesion, piece, number == 0, (low, high)), piece))
    return out


def _kind(change: CordChange, lesion: Lesion, piece: Mask, within: bool, ends: tuple[float, float]) -> dict[int, float]:
    view = change.view
    along = change.axis.locate(view.mm(piece))[0]
    step = float(np.abs(view.affine[2, :3]).max())
    if within:
        told = {TUMORAL_CYST: 1.0, POLAR_CYST: 0.0, SYRINX: 0.0}
    else:
        away = max(float(along.min()) - ends[1], ends[0] - float(along.max()), 0.0) - step
        long = belief.above(float(np.ptp(along)) + step, SYRINX_MM, SYRINX_SD_MM)
        caps = (1 - long) * belief.above(TOUCHING_MM, away, 1.5)
        told = {TUMORAL_CYST: 0.0, POLAR_CYST: caps, SYRINX: 1 - caps}
    codes = view.tissue[piece & view.of(lesion)]
    for kind in told:
        if codes.size and np.mean(codes == kind) > 0.3:
            return {other: DRAWN * float(other == kind) + (1 - DRAWN) * share for other, share in told.items()}
    return told
