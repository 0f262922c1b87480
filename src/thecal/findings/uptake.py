"""How much contrast medium each part of a lesion takes up: T1w before and after, each measured against normal cord."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thecal.findings.axis import Axis, along_map
from thecal.findings.cord_signal import CLEAR_MM, TIGHT_MM, NormalCord, clear_cord, normal_cord, shading
from thecal.findings.views import CORD, SAC, Mask, View, averaged, box, inner, look, usable
from thecal.records import AlignedStudy, Lesion, Segmentation, Series, Volume
from thecal.records.geometry import covers, resample

# Below this ratio to cord a tissue is so dark before contrast that a share of it says nothing; the difference is then
# given as a share of this.
DARKEST = 0.3
# A lesion counts as covered by both images when this share of it is.
COVERED = 0.8
# Where no cord is free of the lesion, the tissues around the canal within this of it stand for it; they gain about this much
# themselves (log; judged).
AROUND_MM, AROUND_GAIN = 60.0, 0.06
# A residual of the alignment beyond this makes the pair less sure.
RESIDUAL_MM = 1.5


@dataclass(frozen=True, eq=False)
class Uptake:
    """Gain in T1w signal as a share (0.5: half as bright again), on the post-contrast image cut to the lesion.

    Cord, which takes up nothing, is 0. darkness is T1w signal before contrast as a share of cord's, by
    which noise grows. axis is the cord's course; noise the spread of single voxels; sd what the whole may be
    off by; pre_key names the image before contrast.
    """

    view: View
    axis: Axis
    gain: NDArray[np.float32]
    covered: Mask
    darkness: NDArray[np.float32]
    noise: float
    sd: float
    pre_key: str


def uptake(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Uptake | str:
    """The uptake map of the best pair of images, or why there is none.

    One image is divided by the other, so that tissues drop out; what shading is left shows in the tissues around the canal, and
    normal cord beside the lesion, which takes up nothing, takes out the receiver's gain.
    """
    return _kept(aligned, segmentation, lesion.tracking_uid)


def forget() -> None:
    """Lets go of the maps that were kept."""
    _kept.cache_clear()


@lru_cache(maxsize=4)
def _kept(aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str) -> Uptake | str:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    reason = "no pair of T1w before and after contrast shows the lesion"
    for before, after in _pairs(aligned, lesion):
        pre, post = look(aligned, segmentation, before.key), look(aligned, segmentation, after.key)
        if not (pre.of(lesion).any() and post.body(lesion).any()):
            continue
        normal = normal_cord(post, lesion)
        made = None if normal is None else _map(pre, post, normal, lesion, aligned)
        if made is None:
            reason = "no lesion-free cord beside the lesion on T1w before and after contrast"
            continue
        if np.mean(made.covered[made.view.body(lesion)]) >= COVERED:
            return made
    return reason


def _pairs(aligned: AlignedStudy, lesion: Lesion) -> list[tuple[Series, Series]]:
    pairs = [
        (before, after)
        for after in usable(aligned, ("T1w_ce",), lesion)
        for before in usable(aligned, ("T1w",), lesion)
    ]
    return sorted(pairs, key=lambda pair: (pair[0].plane != pair[1].plane, pair[1].plane == "axial"))


def _map(pre: View, post: View, normal: NormalCord, lesion: Lesion, aligned: AlignedStudy) -> Uptake | None:
    """Gain on the post-contrast image cut to the lesion; None without normal cord in both images."""
    across = np.linalg.inv(pre.to_reference) @ post.to_reference
    before = np.asarray(resample(Volume(pre.values, pre.affine), post.grid, across).voxels)
    seen = covers(pre.grid, post.grid, across)
    core, taken_up = _unmoved(post, normal.axis, seen & (before > 0))
    if np.count_nonzero(core) < 20:
        return None
    quotient = np.where(seen & (before > 0), post.values / np.maximum(before, 1e-6), 0).astype(np.float32)
    shade = shading(post, normal.axis, quotient)
    away = np.abs(normal.axis.locate(post.mm(core))[0] - normal.middle)
    nearest = away <= np.sort(away)[min(len(away) - 1, max(40, len(away) // 2))]
    along = along_map(post, normal.axis)
    changes = (np.log(np.maximum(quotient[core], 1e-6)) - np.interp(along[core], *shade))[nearest]
    noise = float(1.4826 * np.median(np.abs(changes - np.median(changes))))
    cut = box(post.of(lesion), np.ceil(8.0 / post.grid.spacing_mm).astype(int))
    near = post.around(post.of(lesion))
    same = np.exp(float(np.median(changes)) - taken_up + np.interp(along[cut], *shade))
    plain = before[cut]
    floor = DARKEST * normal.at(along[cut]) / same
    gain = np.asarray((near.values / same - plain) / np.maximum(plain, floor), dtype=np.float32)
    residuals = [aligned.residual_mm.get(key) for key in (pre.series.key, post.series.key)]
    loose = max(((r or 0.0) for r in residuals), default=0.0) > RESIDUAL_MM
    sd = float(np.sqrt(0.04**2 + (0 if normal.sides == 2 else 0.05**2) + taken_up**2 + (0.1**2 if loose else 0)))
    darkness = np.maximum(plain, floor) / np.maximum(floor / DARKEST, 1e-6)
    return Uptake(
        near, normal.axis, gain, np.asarray(seen[cut]), darkness.astype(np.float32), noise, sd, pre.series.key
    )


def _unmoved(post: View, axis: Axis, seen: Mask) -> tuple[Mask, float]:
    """Tissue that contrast medium changes least, and by how much (log): lesion-free cord, else what lies around the canal."""
    for clear in (CLEAR_MM, TIGHT_MM):
        core = clear_cord(post, clear) & seen
        if np.count_nonzero(core) >= 20:
            return core, 0.0
    around = (post.anatomy != CORD) & (post.anatomy != SAC) & (post.tissue == 0) & seen
    around &= np.abs(along_map(post, axis) - axis.locate(post.mm(post.tissue > 0))[0].mean()) < AROUND_MM
    return around & (post.values > np.median(post.values[around]) if around.any() else around), AROUND_GAIN


def smooth_gain(taken: Uptake, part: Mask, *, rimless: bool = True) -> tuple[NDArray[np.float64], float, Mask]:
    """Gain of a part's voxels averaged with their neighbours, the noise left in it, and which voxels these are."""
    core = inner(part & taken.covered)[0] if rimless else part & taken.covered
    values, together = averaged(taken.view, taken.gain, core)
    dim = float(np.median(taken.darkness[core])) if core.any() else 1.0
    return values, taken.noise / max(min(dim, 1.0), DARKEST) / float(np.sqrt(together)), core
