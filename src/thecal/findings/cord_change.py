"""Change of the cord on T2w, as the image shows it: bright cord that belongs to a lesion, and cavities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings.axis import Axis, along_map, extent
from thecal.findings.cord_signal import CLEAR_MM, NormalCord, normal_cord
from thecal.findings.views import (
    CORD,
    CORD_CHANGE,
    HAEMORRHAGE,
    OEDEMA,
    POLAR_CYST,
    SAC,
    SOLID,
    SYRINX,
    TUMORAL_CYST,
    Mask,
    View,
    averaged,
    best,
    grown,
    inner,
)
from thecal.records import AlignedStudy, Lesion, Segmentation

# Cord this much brighter than normal cord is changed (judged, as in `t2_signal` with room for texture).
BRIGHT = 1.25
# A cavity is brighter than this share of the way from cord to CSF on T2w (judged).
CAVITY_SHARE = 0.5
# Undrawn change lies near the lesion: normal cord is first looked for beyond this.
FAR_MM = 25.0
# Change and cavities count at a height from this area of their section on (judged).
LEAST_AREA_MM2 = 4.0
# The lesion's own edge blurs over so far.
EDGE_MM = 2.5


@dataclass(frozen=True, eq=False)
class CordChange:
    """Changed cord on a T2w view: bright holds what is brighter than normal cord, cavity what is nearly as bright as CSF.

    Both hold voxels of the inner cord (its rim, where CSF blurs in, left out) and what was drawn as such. csf is the ratio of
    CSF to normal cord, None where it is not seen.
    """

    view: View
    axis: Axis
    normal: NormalCord
    bright: Mask
    cavity: Mask
    csf: float | None


def change_of(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> CordChange | None:
    """The changed cord around a lesion on the best T2w series; None without normal cord beside it."""
    return _kept(aligned, segmentation, lesion.tracking_uid)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


@lru_cache(maxsize=4)
def _kept(aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str) -> CordChange | None:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    view = best(aligned, segmentation, ("T2w", "T2w_fs"), lesion)
    normal = None if view is None else normal_cord(view, lesion, FAR_MM, CLEAR_MM)
    if view is None or normal is None:
        return None
    drawn = view.tissue > 0
    beside = drawn & (view.anatomy == SAC)
    inside = view.cord | beside
    core = inner(view.cord)[0]
    single = normal.ratios(view)
    ratios = np.zeros(view.values.shape)
    ratios[core], _ = averaged(view, single, core)
    core |= inner(beside)[0]
    csf = _csf(view, normal)
    level = 1 + CAVITY_SHARE * (csf - 1) if csf is not None else np.inf
    cavity = (core & (single > level)) | (view.of(lesion, (TUMORAL_CYST, POLAR_CYST, SYRINX)) & inside)
    bright = core & (ratios > BRIGHT * (1 + 2 * normal.doubt))
    bright |= view.of(lesion, (*SOLID, *CORD_CHANGE, OEDEMA, TUMORAL_CYST, HAEMORRHAGE)) & inside
    return CordChange(
        view, normal.axis, normal, _joined(bright & (view.anatomy == CORD), view.of(lesion), view), cavity, csf
    )


def _csf(view: View, normal: NormalCord) -> float | None:
    """CSF over normal cord, from the brighter half of the inner sac."""
    core = inner((view.anatomy == SAC) & (view.tissue == 0), 30)[0]
    if np.count_nonzero(core) < 30:
        return None
    around = view.values[core] / normal.at(normal.axis.locate(view.mm(core))[0])
    return float(np.percentile(around, 75))


def rimmed(view: View, mask: Mask) -> Mask:
    """A mask with the rim into which its edge blurs."""
    return grown(view, mask, EDGE_MM)


def beside_cavity(change: CordChange, lesion: Lesion) -> Mask:
    """Cord at the heights of cavities beyond the tumour, where thick slices blur fluid into the cord beside it."""
    view = change.view
    outside = (change.cavity | view.of(lesion, (POLAR_CYST, SYRINX))) & ~view.tumour(lesion)
    along = along_map(view, change.axis)
    low, high = (float(end(along[view.tumour(lesion)])) for end in (np.min, np.max))
    outside &= (along < low - EDGE_MM) | (along > high + EDGE_MM)
    heights, count = np.unique(np.round(along[outside] / EDGE_MM).astype(int), return_counts=True)
    heights = heights[count * view.grid.voxel_volume_mm3 >= LEAST_AREA_MM2 * EDGE_MM]
    near = np.unique(heights[:, None] + np.arange(-2, 3))
    return np.isin(np.round(along / EDGE_MM).astype(int), near) | rimmed(view, outside)


def _joined(mask: Mask, seed: Mask, view: View) -> Mask:
    """The pieces of a mask that reach a seed, within the blur of its edge."""
    near = rimmed(view, seed)
    pieces, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    kept = np.unique(pieces[near & mask])
    return np.asarray(np.isin(pieces, kept[kept > 0]))


def beyond(change: CordChange, lesion: Lesion, mask: Mask) -> tuple[float, float, float, Mask]:
    """Length of cord above and below the lesion that a mask takes up, the lesion's own length in mm, and that part of it."""
    ends = extent(change.view, change.axis, change.view.tumour(lesion))
    step = float(np.abs(change.view.affine[2, :3]).max())
    low, high = ends
    index = np.argwhere(mask)
    if not len(index):
        return 0.0, 0.0, high - low, np.zeros_like(mask)
    along = change.axis.locate(change.view.mm(mask))[0]
    over, under = along > high + EDGE_MM, along < low - EDGE_MM
    part = np.zeros_like(mask)
    part[tuple(index[over | under].T)] = True
    voxel = change.view.grid.voxel_volume_mm3
    return _taken_up(along[over], step, voxel), _taken_up(along[under], step, voxel), high - low, part


def _taken_up(along: NDArray[np.float64], step: float, voxel_mm3: float) -> float:
    """Length of the axis over which points lie densely enough to count, with the blurred edge that was left out before them."""
    height = max(step, EDGE_MM)
    _, count = np.unique(np.floor(along / height), return_counts=True)
    length = float(np.count_nonzero(count * voxel_mm3 >= LEAST_AREA_MM2 * height)) * height
    return length + EDGE_MM if length else 0.0
