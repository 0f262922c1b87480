"""What is nearly black in and around a lesion on T2*w or T2w, and how it covers the lesion's poles and flanks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings.axis import Axis, axis_of, spread
from thecal.findings.cord_signal import normal_cord
from thecal.findings.views import HAEMORRHAGE, Mask, View, grown, inner, look, usable
from thecal.records import AlignedStudy, Lesion, Role, Segmentation, Volume
from thecal.records.geometry import covers, resample

# Darker than this share of the darker of normal cord and the lesion itself counts as nearly black (judged).
BLACK = 0.5
# A rim of old blood lies within this of the lesion's edge, in mm.
AROUND_MM = 2.5
# Beyond this share of the lesion's half length lie its poles; within the other its flanks.
POLE, FLANK = 0.66, 0.5
# A cap is looked for within this of the lesion's end, in mm.
CAP_MM = 7.0
# CT from which a voxel holds chalk or bone; marrow and contrast aside, soft tissue stays below (judged).
CHALK_HU = 130.0
# Cells across the lesion, in mm; sectors around it.
CELL_MM, SECTORS = 1.5, 12
# Of the outermost so much of the radius a flank's rim is looked for.
OUTER = 0.6

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dark:
    """The black voxels of one view cut to the lesion (near); region is where they were looked for.

    poles: share of each pole's cross-section (lower, upper) covered by black; flank: share of the sectors around the
    lesion, height
    by height, whose outer part holds black; volume_mm3 all of it.
    """

    near: View
    black: Mask
    region: Mask
    poles: tuple[float, float]
    flank: float
    level: float

    @property
    def role(self) -> Role:
        """The kind of image."""
        return self.near.series.role


def darks_of(
    aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion, roles: tuple[Role, ...] = ("T2starw", "T2w")
) -> tuple[Dark, ...]:
    """What is black on each series of the first of these roles that shows the lesion; empty where none does."""
    return _kept(aligned, segmentation, lesion.tracking_uid, roles)


def forget() -> None:
    """Lets go of what was kept."""
    _kept.cache_clear()


def chalk(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion, near: View) -> Mask | None:
    """Where CT shows chalk or bone, on a view's grid and a voxel around; None without CT of the lesion."""
    held = usable(aligned, ("ct",), lesion)
    if not held:
        return None
    ct = look(aligned, segmentation, held[0].key)
    across = np.linalg.inv(ct.to_reference) @ near.to_reference
    hounsfield = resample(Volume(ct.values, ct.affine), near.grid, across, fill=0.0).voxels
    return np.asarray(ndimage.binary_dilation(hounsfield > CHALK_HU))


def emptiness(
    near: View, black: Mask, level: float, aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion, *,
    own: bool = False,
) -> float | None:  # fmt: skip
    """How dark black voxels are on T1w as a share of how dark they are here: 1 for what gives no signal at all (flow, chalk),
    half for old blood, whose T1w signal is kept in part. None without T1w before contrast, or without black voxels.

    level is what they are dark against here; on T1w it is the same, or the lesion's own median where own is true.
    """
    if not black.any():
        return None
    plane = near.series.plane
    for plain in sorted(usable(aligned, ("T1w",), lesion), key=lambda one: one.plane != plane):
        view = look(aligned, segmentation, plain.key)
        if not view.tumour(lesion).any():
            continue
        part = view.around(view.tumour(lesion), 0.0)
        usual = float(np.median(part.values[part.body(lesion)])) if own else reference(view, part, lesion)
        across = np.linalg.inv(view.to_reference) @ near.to_reference
        if usual <= 0 or not covers(view.grid, near.grid, across)[black].all():
            continue
        values = resample(Volume(view.values, view.affine), near.grid, across).voxels[black]
        here, there = 1 - near.values[black] / level, 1 - values / usual
        return float(np.clip(there.sum() / max(float(here.sum()), 1e-6), 0, 1.5))
    return None


@lru_cache(maxsize=8)
def _kept(
    aligned: AlignedStudy, segmentation: Segmentation, tracking_uid: str, roles: tuple[Role, ...]
) -> tuple[Dark, ...]:
    lesion = next(one for one in segmentation.lesions if one.tracking_uid == tracking_uid)
    for role in roles:
        made = []
        for series in usable(aligned, (role,), lesion):
            view = look(aligned, segmentation, series.key)
            dark = _dark(view, lesion) if view.tumour(lesion).any() else None
            if dark is not None:
                made.append(dark)
        if made:
            return tuple(made)
    return ()


def _dark(view: View, lesion: Lesion) -> Dark | None:
    axis = axis_of(view)
    tumour = view.tumour(lesion)
    if axis is None or np.count_nonzero(tumour) < 20:
        return None
    near = view.around(tumour, 8.0)
    tumour = near.tumour(lesion)
    # Bone and dura beside the sac are black themselves: what blurs from them is left out.
    home = inner(near.in_dura, 1)[0] if near.in_dura.any() else near.in_dura
    region = tumour | (grown(near, tumour, AROUND_MM) & home)
    level = reference(view, near, lesion)
    if level <= 0:
        return None
    black = region & (near.values < BLACK * level)
    poles, flank = _covered(near, axis, tumour, black)
    return Dark(near, black, region, poles, flank, level)


def reference(view: View, near: View, lesion: Lesion) -> float:
    """The darker of normal cord, where there is some, and the lesion's own median; blood already drawn is left out."""
    body = near.body(lesion) & ~near.of(lesion, (HAEMORRHAGE,))
    own = float(np.median(near.values[body])) if body.any() else np.inf
    normal = normal_cord(view, lesion)
    cord = (
        np.inf if normal is None else float(np.median(normal.at(normal.axis.locate(near.mm(near.tumour(lesion)))[0])))
    )
    level = min(own, cord)
    return level if np.isfinite(level) else 0.0


def _covered(near: View, axis: Axis, tumour: Mask, black: Mask) -> tuple[tuple[float, float], float]:
    """Shares of the two poles and of the flank that black covers."""
    along, right, front = axis.locate(spread(near.grid, np.argwhere(tumour), 1.0))
    low, high = np.percentile(along, (1, 99))
    middle, half = (low + high) / 2, max((high - low) / 2, 1.0)
    if not black.any():
        return (0.0, 0.0), 0.0
    b_along, b_right, b_front = axis.locate(spread(near.grid, np.argwhere(black), 1.0))
    z, b_z = (along - middle) / half, (b_along - middle) / half
    core = np.abs(z) < FLANK, np.abs(b_z) < FLANK
    # What is speckled with black all through is covered everywhere: only what a pole has beyond that is a cap.
    speckled = _share(right[core[0]], front[core[0]], b_right[core[1]], b_front[core[1]])
    poles = []
    for side in (-1.0, 1.0):
        here, there = side * z > 0.5, (side * b_z > POLE) & (side * b_z > 1 - CAP_MM / half)
        pole = _share(right[here], front[here], b_right[there], b_front[there])
        poles.append(float(np.clip(pole - speckled, 0, 1)))
    return (poles[0], poles[1]), _flank((along, right, front, z), (b_along, b_right, b_front, b_z))


def _share(right: Array, front: Array, b_right: Array, b_front: Array) -> float:
    """Share of a cross-section's cells that hold black."""
    foot = _cells(right, front)
    return len(foot & _cells(b_right, b_front)) / max(len(foot), 1)


def _cells(right: Array, front: Array) -> set[tuple[int, int]]:
    index = np.floor(np.column_stack([right, front]) / CELL_MM).astype(int)
    return {(int(a), int(b)) for a, b in np.unique(index, axis=0)} if len(index) else set()


def _flank(whole: tuple[Array, ...], black: tuple[Array, ...]) -> float:
    """Share of the sectors around the lesion, at each height, whose outer part holds black."""
    along, right, front = (one[np.abs(whole[3]) < FLANK] for one in whole[:3])
    b_along, b_right, b_front = (one[np.abs(black[3]) < FLANK] for one in black[:3])
    if not len(along) or not len(b_along):
        return 0.0
    slab = max(3.0, float(np.ptp(along)) / 8)
    count, held = 0, 0
    for n in np.unique(np.floor(along / slab)):
        here, there = np.floor(along / slab) == n, np.floor(b_along / slab) == n
        if np.count_nonzero(here) < 12:
            continue
        centre = right[here].mean(), front[here].mean()
        reach = float(np.percentile(np.hypot(right[here] - centre[0], front[here] - centre[1]), 90))
        far = np.hypot(b_right[there] - centre[0], b_front[there] - centre[1]) > OUTER * reach
        turn = np.arctan2(b_front[there] - centre[1], b_right[there] - centre[0])[far]
        count += SECTORS
        held += len(np.unique(np.floor((turn + np.pi) / (2 * np.pi) * SECTORS - 1e-9)))
    return held / max(count, 1)
