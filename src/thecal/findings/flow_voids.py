"""Finding: flow voids, vessels without signal in a lesion or in the CSF around the cord."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.axis import Axis, along_map, axis_of
from thecal.findings.dark import chalk, darks_of, emptiness
from thecal.findings.views import SAC, Mask, View, grown, inner, look, usable
from thecal.findings.within_dura import is_coat, outside_dura
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "flow_voids"
NEEDS = ("lesion", "T2w", "sac", "cord")
SUBJECT = "lesion"
# In the CSF: darker than this share of cord, away from the dura, over this length along the cord (judged).
DARK, DURA_MM = 0.80, 1.2
LENGTH_MM, LENGTH_SD, STEP_MM = 24.0, 7.0, 4.0
# In the lesion: this share of it black on T2w and as black on T1w (judged).
SHARE, SHARE_SD, EMPTY, EMPTY_SD = 0.015, 0.006, 0.62, 0.10
# A vessel of a pixel's width leaves this share of the lesion's signal (judged).
EMPTIED = 0.6


@dataclass(frozen=True)
class Vessels:
    """How probable vessels are in the lesion and around the cord, what each was told from, and where they are."""

    inside: float
    around: float
    share: float
    length_mm: float
    where: Place

    @property
    def measurement(self) -> Measurement:
        """The number behind the likelier site: length of cord in mm, or the share of the lesion in per cent."""
        if self.inside > self.around:
            return Measurement(round(100 * self.share, 1), "%", 100 * SHARE_SD)
        return Measurement(round(self.length_mm, 1), "mm", LENGTH_SD)


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether vessels without signal run in the lesion, or in the CSF along the cord on T2w.

    In the lesion: parts as black on T1w as on T2w, chalk seen on CT left out. In the CSF: strands darker than cord, away from
    the dura, by the length of cord along which they run. Pulsating CSF imitates them. Source: ajnr_svs
    """
    assert lesion is not None
    found = vessels_of(aligned, segmentation, lesion)
    present = 1 - (1 - found.inside) * (1 - found.around)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(present),
        measurement=found.measurement, where=found.where,
        method=f"length of cord along which strands darker than {DARK:g} of cord run in the CSF on T2w, from "
               f"{LENGTH_MM:g} mm; or "
               f"share of the lesion without signal on T2w and T1w ({100 * found.share:.1f} %), from {100 * SHARE:g} % (judged)",
    )  # fmt: skip


def vessels_of(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Vessels:
    """Vessels in and around a lesion."""
    return _kept(aligned, segmentation, lesion.tracking_uid)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


@lru_cache(maxsize=4)
def _kept(aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str) -> Vessels:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    inside, share, within = _inside(aligned, segmentation, lesion)
    length, around = 0.0, within
    for series in usable(aligned, ("T2w",), lesion):
        view = look(aligned, segmentation, series.key)
        axis = axis_of(view)
        if axis is None or not view.cord.any() or series.plane == "axial":
            continue
        strands, long = strands_of(view, axis)
        if long > length:
            length, around = long, view.place(view.mm(strands))
    beside = belief.above(length, LENGTH_MM, LENGTH_SD)
    return Vessels(inside, beside, share, length, around if beside > inside else within)


def strands_of(view: View, axis: Axis) -> tuple[Mask, float]:
    """Dark strands in the CSF of a view, and the length of cord along which they run."""
    cord = inner(view.cord & (view.tissue == 0), 40)[0]
    if not cord.any():
        return np.zeros_like(cord), 0.0
    level = DARK * float(np.median(view.values[cord]))
    free = (view.anatomy == SAC) & ~grown(view, view.tissue > 0, 2.0)
    # Across slices the dura may be near; within them it must not be.
    spacing = [
        1e3 if axis_ == view.series.slice_axis else float(step) for axis_, step in enumerate(view.grid.spacing_mm)
    ]
    free &= ndimage.distance_transform_edt(view.in_dura, sampling=spacing) > DURA_MM
    dark = free & (view.values < level)
    along = along_map(view, axis)
    # Roots below the cord's end are as dark.
    dark &= along > float(axis.locate(view.mm(view.cord))[0].min()) + 5
    pieces, count = ndimage.label(dark, np.ones((3, 3, 3)))
    if not count:
        return dark, 0.0
    sizes = np.bincount(pieces.ravel())
    dark &= sizes[pieces] >= 2
    return dark, STEP_MM * len(np.unique(np.floor(along[dark] / STEP_MM)))


def _inside(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> tuple[float, float, Place]:
    """How probable vessels within the lesion are, the share of it that they take up, and where."""
    told = (0.0, 0.0, lesion.where)
    if is_coat(aligned, segmentation, lesion):
        return told
    extradural = outside_dura(segmentation, aligned, lesion)
    for dark in darks_of(aligned, segmentation, lesion, ("T2w",)):
        near = dark.near
        tumour = near.tumour(lesion)
        level = float(np.median(near.values[near.body(lesion)]))
        black = inner(tumour)[0] & (near.values < EMPTIED * level) & (near.anatomy < 11)
        if not extradural:
            black |= dark.black & tumour
        stone = chalk(aligned, segmentation, lesion, near)
        black = black if stone is None else black & ~stone
        share = float(np.count_nonzero(black) / max(int(np.count_nonzero(tumour)), 1))
        empty = emptiness(near, black, level, aligned, segmentation, lesion, own=True)
        void = 0.4 if empty is None else belief.above(empty, EMPTY, EMPTY_SD)
        chance = belief.above(share, SHARE, SHARE_SD) * void * (0.8 if stone is None else 1.0)
        if chance > told[0] and black.any():
            told = (chance, share, near.place(near.mm(black)))
    return told
