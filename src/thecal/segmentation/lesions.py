"""Lesions of the study from the tissue of every voxel: numbered, each with its place, size, compartment and identity."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import AlignedStudy, Compartment, Grid, Lesion, NotAssessed, Place
from thecal.records.geometry import transform_points, voxel_to_mm
from thecal.segmentation import codes
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Floats, Image, Mask

# What is less sure than this is neither drawn nor listed: the same for every kind of lesion, in every study.
LESION_THRESHOLD = 0.5
# Parts of a lesion lie this near each other; gaps along the spine up to this length do not part it.
JOIN_MM = 6.0
POLE_MM = 6.0
SMALLEST_MM3 = 25.0
BESIDE = (codes.OEDEMA, codes.SYRINX, codes.POLAR_CYST)
TUMOUR = (codes.ENHANCING, codes.SOLID, codes.UNASSESSED)
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
class Tissue:
    """What fills each voxel of the canal's window: codes of lesions, and how sure each voxel is to be diseased.

    keys gives the series that show a mask of the window, the clearest kind first; compartment tells in which a mask lies.
    """

    codes: Labels
    sure: Image
    keys: Callable[[Mask], Sequence[str]]
    compartment: Callable[[Mask], dict[Compartment, float]]


@dataclass(frozen=True, eq=False)
class Harvest:
    """Tissue codes and lesion numbers in the canal's window, the lesions, how sure each voxel is, and how it was looked.

    untold names what was not looked for, and why.
    """

    tissue: Labels
    instances: Labels
    sure: Image
    lesions: tuple[Lesion, ...]
    notes: tuple[str, ...]
    untold: tuple[NotAssessed, ...]


# Looks for lesions in a study of which cord and canal are known.
Seek = Callable[[AlignedStudy, Sequence[Drawing], Canal], Harvest]


def harvest(
    aligned: AlignedStudy,
    canal: Canal,
    found: Tissue,
    notes: tuple[str, ...] = (),
    untold: tuple[NotAssessed, ...] = (),
) -> Harvest:
    """The study's lesions, numbered from head to foot; crumbs are none."""
    instances, count = _numbered(found.codes, canal)
    tissue = np.where(instances > 0, found.codes, 0).astype(np.int16)
    lesions = tuple(
        _lesion(aligned, canal, replace(found, codes=tissue), instances == n, n) for n in range(1, count + 1)
    )
    return Harvest(tissue, instances, found.sure, lesions, notes, untold)


def within(mask: Mask, reach_mm: float, spacing: Floats) -> Mask:
    """What lies in a mask or within a reach of it."""
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing) <= reach_mm)


def cyst_codes(canal: Canal, wet: Mask, gain: Mask) -> Labels:
    """Fluid in the cord: inside the tumour, capping a pole of it, or beyond it."""
    out = np.full(wet.shape, codes.SYRINX, dtype=np.int16)
    if not gain.any():
        return out
    height = canal.low_z
    top, bottom = float(height[gain].max()), float(height[gain].min())
    labels, count = ndimage.label(wet, np.ones((3, 3, 3)))
    touching = within(gain, POLE_MM, canal.grid.spacing_mm)
    for n in range(1, count + 1):
        part = labels == n
        if not touching[part].any():
            continue
        inside = ((height[part] < top) & (height[part] > bottom)).mean()
        out[part] = codes.TUMORAL_CYST if inside > 0.5 else codes.POLAR_CYST
    return out


def _numbered(tissue: Labels, canal: Canal) -> tuple[Labels, int]:
    """Numbers of separate lesions from head to foot; what lies within JOIN_MM is one, crumbs are none."""
    mask = tissue > 0
    if not mask.any():
        return np.zeros(mask.shape, dtype=np.int16), 0
    joined, count = ndimage.label(within(mask, JOIN_MM / 2, canal.grid.spacing_mm))
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


def _lesion(aligned: AlignedStudy, canal: Canal, found: Tissue, mine: Mask, number: int) -> Lesion:
    points = voxel_to_mm(canal.grid, np.argwhere(mine))
    middle = points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
    keys, body = found.keys(mine), _core(mine, found.codes)
    key = keys[0] if keys else sorted(aligned.to_reference)[0]
    where = transform_points(np.linalg.inv(aligned.to_reference[key]), middle)
    return Lesion(
        tracking_uid=_uid(aligned, middle, number),
        instance=number,
        confidence=float(np.percentile(found.sure[mine], 95)),
        compartment=found.compartment(body),
        where=Place(key, *(round(float(x), 3) for x in where)),
        volume_mm3=round(float(body.sum()) * canal.grid.voxel_volume_mm3, 3),
        tissues=tuple(int(code) for code in np.unique(found.codes[mine])),
        series_keys=tuple(keys),
    )


def _uid(aligned: AlignedStudy, middle: Floats, number: int) -> str:
    """A UID that the same images always give the same lesion."""
    digests = sorted(one.volume.digest for one in aligned.study.images() if one.volume is not None)
    text = repr((digests, number, [round(float(x)) for x in middle]))
    return f"2.25.{int(hashlib.sha256(text.encode()).hexdigest()[:31], 16)}"


def _core(mine: Mask, tissue: Labels) -> Mask:
    """The lesion itself, without oedema, polar cysts and syrinx beside it; all of it where it is nothing else."""
    core = mine & ~np.isin(tissue, BESIDE)
    return core if core.any() else mine


def doubted(cord: float, sac: float, beyond: float) -> dict[Compartment, float]:
    """Shares of a lesion in cord, in sac and beyond as probabilities, with some doubt for the outlines' own error."""
    shares = np.maximum([cord, sac, beyond], 0) ** 2 + 0.02
    names: tuple[Compartment, Compartment, Compartment] = ("intramedullary", "intradural_extramedullary", "extradural")
    return {name: float(share) for name, share in zip(names, shares / shares.sum(), strict=True)}
