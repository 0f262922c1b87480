"""Lesions that depart from the cord's course, and beside them those in the cord that a trained network tells.

A tumour that fills the cord leaves no healthy course to depart from: there the network knows better. Enhancement is measured,
not recognised; outside the cord the network is not yet sure enough to be heard alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
from scipy import ndimage

from thecal.records import AlignedStudy, Compartment, Volume
from thecal.records.geometry import covers, resample
from thecal.segmentation import codes
from thecal.segmentation.departures import look, notes_of, tissue_of, untold_of
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Image, Mask
from thecal.segmentation.lesions import (
    LESION_THRESHOLD,
    TUMOUR,
    Canal,
    Harvest,
    Labels,
    Tissue,
    cyst_codes,
    doubted,
    harvest,
)
from thecal.segmentation.tissues import BESIDE_CORD, CLASSES, FIRST_LESION, INSIDE_CORD, SLOTS, Tissues

# The code of each class in the cord; fluid is told apart by what it touches.
CODES = {
    "enhancing in cord": codes.ENHANCING, "solid in cord": codes.SOLID, "oedema": codes.OEDEMA, "fluid in cord": codes.SYRINX,
    "haemorrhage": codes.HAEMORRHAGE, "cord change": codes.CORD_CHANGE,
}  # fmt: skip
LESIONS = CLASSES[FIRST_LESION:]
INSIDE, BESIDE = ([n - FIRST_LESION for n in classes if n >= FIRST_LESION] for classes in (INSIDE_CORD, BESIDE_CORD))
BEYOND = [LESIONS.index("extradural")]
# What the network tells counts where the surest twentieth of it is this sure; set on simulated studies of other seeds than those
# it is judged by.
SURE = 0.9
NOTE = "in the cord also drawn where a network trained on simulated studies tells a lesion"


def seek(seen: Tissues | None, aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal) -> Harvest:
    """The study's lesions at or above LESION_THRESHOLD, with what could not be looked for."""
    looked = look(aligned, drawings, canal)
    found, notes = tissue_of(aligned, drawings, canal, looked), notes_of(looked)
    if seen is not None:
        shares = np.stack([seen.onto(canal.grid, (n,)) for n in range(FIRST_LESION, len(CLASSES))])
        found, notes = _joined(aligned, drawings, canal, found, shares), (*notes, NOTE)
    return harvest(aligned, canal, found, notes, untold_of(looked))


def _joined(aligned: AlignedStudy, drawings: Sequence[Drawing], canal: Canal, found: Tissue, shares: Image) -> Tissue:
    """What departs, and what the network is sure of in the cord."""
    inside = shares[INSIDE].sum(axis=0)
    told = _surely(inside)
    taken = told & (found.codes != codes.ENHANCING)
    return replace(
        found,
        codes=np.where(taken, _codes(aligned, canal, shares, told), found.codes).astype(np.int16),
        sure=np.where(told, np.maximum(inside, found.sure), found.sure).astype(np.float32),
        keys=lambda mine: list(dict.fromkeys(chain(found.keys(mine), _keys(aligned, drawings, canal, mine)))),
        compartment=partial(_compartment, found, shares),
    )


def _surely(share: Image) -> Mask:
    """Connected parts above LESION_THRESHOLD of which some is at least SURE."""
    labels, count = ndimage.label(share > LESION_THRESHOLD, np.ones((3, 3, 3)))
    keep = np.zeros(count + 1, dtype=bool)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        keep[number] = np.percentile(share[box][labels[box] == number], 95) >= SURE
    return np.asarray(keep[labels])


def _codes(aligned: AlignedStudy, canal: Canal, shares: Image, told: Mask) -> Labels:
    """The code of what fills each voxel that is told."""
    table = np.array([CODES[LESIONS[n]] for n in INSIDE], np.int16)
    tissue = np.where(told, table[shares[INSIDE].argmax(axis=0)], 0).astype(np.int16)
    tissue[(tissue == codes.SOLID) & ~(_shown(aligned, canal, "T1w") & _shown(aligned, canal, "T1w_ce"))] = (
        codes.UNASSESSED
    )
    wet = tissue == codes.SYRINX
    tissue[wet] = cyst_codes(canal, wet, np.isin(tissue, TUMOUR))[wet]
    return tissue


def _shown(aligned: AlignedStudy, canal: Canal, role: str) -> Mask:
    """Where a series of a role shows the canal."""
    out = np.zeros(canal.grid.shape, bool)
    for series in aligned.study.images():
        if series.role == role and series.volume is not None and series.key in aligned.to_reference:
            out |= covers(series.volume, canal.grid, np.linalg.inv(aligned.to_reference[series.key]))
    return out


def _compartment(found: Tissue, shares: Image, body: Mask) -> dict[Compartment, float]:
    """In which compartment a mask lies: by the outlines, and as far as the network tells a lesion there by its tissues."""
    parts = [float(shares[places][:, body].sum(axis=0).mean()) for places in (INSIDE, BESIDE, BEYOND)]
    heard, outlined = min(sum(parts), 1.0), found.compartment(body)
    recognised = doubted(*(part / max(sum(parts), 1e-6) for part in parts))
    return {name: heard * recognised[name] + (1 - heard) * outlined[name] for name in outlined}


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
