"""Lesions as a trained network tells them: the tissue that most of a voxel's shares speak for, wherever it is diseased at all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from thecal.records import PATIENT, AlignedStudy, Compartment, NotAssessed, Volume
from thecal.records.geometry import covers, resample
from thecal.segmentation import codes
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Image, Mask
from thecal.segmentation.lesions import (
    JOIN_MM,
    LESION_THRESHOLD,
    TUMOUR,
    Canal,
    Harvest,
    Labels,
    Tissue,
    cyst_codes,
    doubted,
    harvest,
    within,
)
from thecal.segmentation.tissues import BESIDE_CORD, CLASSES, FIRST_LESION, INSIDE_CORD, SLOTS, Tissues

# The code of each class; fluid is told apart by what it touches.
CODES = {
    "enhancing in cord": codes.ENHANCING, "solid in cord": codes.SOLID, "oedema": codes.OEDEMA, "fluid in cord": codes.SYRINX,
    "haemorrhage": codes.HAEMORRHAGE, "cord change": codes.CORD_CHANGE, "enhancing beside cord": codes.ENHANCING,
    "solid beside cord": codes.SOLID, "fluid beside cord": codes.EXTRAMEDULLARY_CYST, "coating": codes.COATING,
    "extradural": codes.EXTRADURAL,
}  # fmt: skip
LESIONS = CLASSES[FIRST_LESION:]


def seek(seen: Tissues | None, aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal) -> Harvest:
    """The study's lesions at or above LESION_THRESHOLD from what the network saw, with what could not be looked for."""
    if seen is None:
        empty = np.zeros(canal.grid.shape, np.int16)
        why = f"no series of role {', '.join(SLOTS)} to look for lesions on"
        return Harvest(empty, empty, empty.astype(np.float32), (), (), (NotAssessed("lesion", PATIENT, why),))
    shares = np.stack([seen.onto(canal.grid, (n,)) for n in range(FIRST_LESION, len(CLASSES))])
    sure, contrast = shares.sum(axis=0), _contrast(aligned, canal)
    tissue = _codes(canal, shares, sure > LESION_THRESHOLD, contrast)
    found = Tissue(tissue, sure, partial(_keys, aligned, drawings, canal), partial(_compartment, shares))
    untold = (
        () if contrast.any() else (NotAssessed("enhancement", PATIENT, "no T1w after contrast beside one before it"),)
    )
    return harvest(
        aligned, canal, found, (f"drawn where the confidence in a lesion reaches {LESION_THRESHOLD}",), untold
    )


def _contrast(aligned: AlignedStudy, canal: Canal) -> Mask:
    """Where T1w before and after contrast both show the canal."""
    shown = [_shown(aligned, canal, role) for role in ("T1w", "T1w_ce")]
    return shown[0] & shown[1]


def _shown(aligned: AlignedStudy, canal: Canal, role: str) -> Mask:
    out = np.zeros(canal.grid.shape, bool)
    for series in aligned.study.images():
        if series.role == role and series.volume is not None and series.key in aligned.to_reference:
            out |= covers(series.volume, canal.grid, np.linalg.inv(aligned.to_reference[series.key]))
    return out


def _codes(canal: Canal, shares: Image, diseased: Mask, contrast: Mask) -> Labels:
    """The code of what fills each voxel."""
    table = np.array([CODES[name] for name in LESIONS], np.int16)
    best = shares.argmax(axis=0)
    tissue = np.where(diseased, table[best], 0).astype(np.int16)
    tissue[(tissue == codes.SOLID) & ~contrast] = codes.UNASSESSED
    solid, inside = np.isin(tissue, TUMOUR), np.isin(best, _places(INSIDE_CORD))
    wet = tissue == codes.SYRINX
    tissue[wet] = cyst_codes(canal, wet, solid & inside)[wet]
    cyst, mass = tissue == codes.EXTRAMEDULLARY_CYST, solid & ~inside
    if cyst.any() and mass.any():
        tissue[cyst & within(mass, JOIN_MM / 2, canal.grid.spacing_mm)] = codes.TUMORAL_CYST
    return tissue


def _places(classes: Sequence[int]) -> list[int]:
    return [n - FIRST_LESION for n in classes if n >= FIRST_LESION]


def _compartment(shares: Image, body: Mask) -> dict[Compartment, float]:
    """In which compartment a mask lies, by the shares of tissues that lie in the cord, beside it and beyond the dura."""
    inside, beside, beyond = (
        float(shares[places][:, body].sum())
        for places in (_places(INSIDE_CORD), _places(BESIDE_CORD), [LESIONS.index("extradural")])
    )
    total = max(inside + beside + beyond, 1e-6)
    return doubted(inside / total, beside / total, beyond / total)


def _keys(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, mine: Mask) -> list[str]:
    """The series that the network looked at and that show most of a mask."""
    mask, keys = Volume(mine.astype(np.float32), canal.grid.affine), []
    whole = float(mine.sum()) * canal.grid.voxel_volume_mm3
    for one in drawings:
        if one.series.role not in SLOTS or one.series.volume is None:
            continue
        seen = resample(mask, one.series.volume.grid, aligned.to_reference[one.key]).voxels
        if float(seen.sum()) * one.series.volume.grid.voxel_volume_mm3 > 0.5 * whole:
            keys.append(one.key)
    return keys
