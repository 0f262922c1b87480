"""How much contrast medium each part of a lesion takes up: T1w before and after, each measured against normal cord."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thecal.findings.axis import Axis
from thecal.findings.cord_signal import NormalCord, normal_cord
from thecal.findings.views import Mask, View, averaged, inner, look, usable
from thecal.records import AlignedStudy, Lesion, Segmentation, Series, Volume
from thecal.records.geometry import covers, resample

# Below this ratio to cord a tissue is so dark before contrast that a share of it says nothing; the difference is then
# given as a share of this.
DARKEST = 0.3
# A lesion counts as covered by both images when this share of it is.
COVERED = 0.8
# A residual of the alignment beyond this makes the pair less sure.
RESIDUAL_MM = 1.5


@dataclass(frozen=True, eq=False)
class Uptake:
    """Gain in T1w signal as a share (0.5: half as bright again), on the post-contrast image cut to the lesion.

    Cord, which takes up nothing, is 0. axis is the cord's course; noise the spread of single voxels; sd what the whole may be
    off by; pre_key names the image before contrast.
    """

    view: View
    axis: Axis
    gain: NDArray[np.float32]
    covered: Mask
    noise: float
    sd: float
    pre_key: str


def uptake(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Uptake | str:
    """The uptake map of the best pair of images, or why there is none.

    Each image is first divided by its own normal cord, so that receiver gain and coil shading drop out.
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
        normal_pre, normal_post = normal_cord(pre, lesion), normal_cord(post, lesion)
        if normal_pre is None or normal_post is None:
            reason = "no lesion-free cord beside the lesion on T1w before and after contrast"
            continue
        made = _map(pre.around(pre.of(lesion)), post.around(post.of(lesion)), normal_pre, normal_post, aligned)
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


def _map(pre: View, post: View, normal_pre: NormalCord, normal_post: NormalCord, aligned: AlignedStudy) -> Uptake:
    across = np.linalg.inv(pre.to_reference) @ post.to_reference
    flat = Volume(normal_pre.ratios(pre), pre.affine)
    before = np.asarray(resample(flat, post.grid, across).voxels)
    after = normal_post.ratios(post)
    gain = (after - before) / np.maximum(before, DARKEST)
    residuals = [aligned.residual_mm.get(key) for key in (pre.series.key, post.series.key)]
    loose = max(((r or 0.0) for r in residuals), default=0.0) > RESIDUAL_MM
    one_sided = (2 - normal_pre.sides) + (2 - normal_post.sides)
    sd = float(np.sqrt(0.04**2 + one_sided * 0.05**2 + (0.1**2 if loose else 0)))
    noise = float(np.hypot(normal_pre.noise, normal_post.noise))
    return Uptake(post, normal_post.axis, gain, covers(flat, post.grid, across), noise, sd, pre.series.key)


def smooth_gain(taken: Uptake, part: Mask, *, rimless: bool = True) -> tuple[NDArray[np.float64], float, Mask]:
    """Gain of a part's voxels averaged with their neighbours, the noise left in it, and which voxels these are."""
    core = inner(part & taken.covered)[0] if rimless else part & taken.covered
    values, together = averaged(taken.view, taken.gain, core)
    return values, taken.noise / float(np.sqrt(together)), core
