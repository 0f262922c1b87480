"""Finding: enhancement of the leptomeninges along cord and roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.axis import Axis, along_map, axis_of
from thecal.findings.cord_signal import looks_like_cord
from thecal.findings.enhancement import CUTS, degree
from thecal.findings.uptake import uptake
from thecal.findings.views import COATING, CORD, SAC, SOLID, View, box, kept, look, usable
from thecal.findings.within_cord import compartments
from thecal.records import (
    PATIENT,
    AlignedStudy,
    Finding,
    Lesion,
    Measurement,
    NotAssessed,
    Region,
    Segmentation,
    Series,
    Volume,
)
from thecal.records.geometry import covers, resample

CODE = "leptomeningeal_pattern"
NEEDS = ("T1w", "T1w_ce", "cord", "sac")
SUBJECT = "patient"
# The whole spine must be enhanced before anything is denied.
SPINE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")
# The coat of cord and roots is looked for within this of the cord's surface.
COAT_MM = 2.6
# Gain, as a share of normal cord's signal, from which a piece of the coat is taken to enhance (judged).
GAIN = 0.30
# Share of the coat that enhances over a height of STRETCH_MM, from which it is diffuse; normal veins fill less (judged).
DIFFUSE_SHARE, DIFFUSE_SD, STRETCH_MM = 0.40, 0.10, 25.0
SECTORS, STEP_MM = 8, 5.0
# A coat thicker than twice this is a nodule there (judged).
LUMP_MM, LUMP_MM3 = 2.4, 30.0
# A deposit is smaller than this; a larger lesion is a tumour of its own (judged: a ball of 15 mm).
DEPOSIT_MM3 = 1800.0
# Within this height of a solid lesion the coat is not judged (judged).
BESIDE_MM = 12.0
# However clean the images look, imaging misses leptomeningeal disease now and then: no more is put on its absence (judged).
MOST_NONE = 0.85


@dataclass(frozen=True, eq=False)
class Coat:
    """The coat of the cord: share that enhances over the stretch where most of it does, where that is, and on which view.

    alike says that both images of the pair lie in one plane: thick slices of two planes mix cord and CSF differently.
    """

    view: View
    share: float
    points: NDArray[np.float64]
    alike: bool


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Whether the leptomeninges enhance: not at all, in nodules, as a coat along cord and roots, or both.

    The coat is measured on T1w before and after contrast, each against cord; nodules are enhancing lesions in the dura
    outside the cord, two or more. *None* is said only when the whole spine was imaged before and after contrast; else,
    where nothing is seen, it is not assessed.
    """
    del lesion
    return _told(aligned, segmentation)


@kept(maxsize=2)
def _told(aligned: AlignedStudy, segmentation: Segmentation) -> Finding | NotAssessed:
    coats = [
        coat
        for after in usable(aligned, ("T1w_ce",), None)
        if (coat := coat_of(aligned, segmentation, after)) is not None
    ]
    if not coats:
        return NotAssessed(CODE, PATIENT, "no pair of T1w before and after contrast shows cord and sac apart")
    coat = max(coats, key=lambda one: (one.alike, one.share))
    drawn = _drawn(aligned, segmentation)
    diffuse = max(belief.above(coat.share, DIFFUSE_SHARE, DIFFUSE_SD), 0.9 * float(drawn))
    nodular = nodules(aligned, segmentation)
    none = (1 - diffuse) * (1 - nodular)
    scores = {"none": min(none, MOST_NONE), "nodular": nodular * (1 - diffuse), "diffuse": diffuse * (1 - nodular),
              "mixed": diffuse * nodular}  # fmt: skip
    if none > 0.5 and (lacking := missing_regions(aligned)):
        return NotAssessed(CODE, PATIENT, f"nothing seen, but not enhanced or not covered: {', '.join(lacking)}")
    covered = (
        "only part of the spine was enhanced"
        if missing_regions(aligned)
        else f"enhanced and covered: {', '.join(SPINE)}"
    )
    return Finding(
        CODE, PATIENT, "measured", _with_rest(scores),
        measurement=Measurement(round(100 * coat.share, 1), "%"), where=coat.view.place(coat.points),
        method=f"share of the cord's surface that gains more than {100 * GAIN:.0f} % of cord signal after contrast, over "
               f"{STRETCH_MM:.0f} mm, and enhancing nodules outside the cord; {covered}",
    )  # fmt: skip


def _with_rest(scores: dict[str, float]) -> dict[str, float]:
    """What is not put on `none` beyond its bound is spread over the patterns."""
    rest = max(0.0, 1 - sum(scores.values()))
    return belief.weighed({state: share + (rest / 3 if state != "none" else 0) for state, share in scores.items()})


def missing_regions(aligned: AlignedStudy) -> tuple[str, ...]:
    """Regions of the spine that are not known to be covered both before and after contrast; all, where regions are unknown."""
    held = []
    for role in ("T1w", "T1w_ce"):
        series = usable(aligned, (role,), None)
        held.append({region for one in series for region in one.regions})
    return tuple(region for region in SPINE if any(region not in regions for regions in held))


def nodules(aligned: AlignedStudy, segmentation: Segmentation) -> float:
    """How probable it is that two or more enhancing deposits lie in the dura outside the cord."""
    chances = []
    for lesion in segmentation.lesions:
        where = compartments(aligned, segmentation, lesion)
        taken = uptake(aligned, segmentation, lesion)
        if where is None or isinstance(taken, str):
            continue
        gain, sd = degree(taken, lesion)
        chance = lesion.confidence * where["intradural_extramedullary"] * belief.above(gain, CUTS[0], sd)
        if COATING in lesion.tissues:
            chances.extend([chance] * lumps(taken.view, lesion))
        else:
            chances.append(chance * belief.above(DEPOSIT_MM3, lesion.volume_mm3, DEPOSIT_MM3 / 3))
    sure = np.clip(chances, 1e-6, 1 - 1e-6)
    if len(sure) < 2:
        return 0.0
    none = float(np.prod(1 - sure))
    return float(np.clip(1 - none - sum(none * p / (1 - p) for p in sure), 0, 1))


def lumps(view: View, lesion: Lesion) -> int:
    """The number of places where a coat of the leptomeninges thickens to a nodule."""
    coat = view.of(lesion)
    steps = view.grid.spacing_mm
    depth, nearest = ndimage.distance_transform_edt(np.pad(coat, 1), sampling=steps, return_indices=True)
    away = np.abs(nearest - np.indices(depth.shape)) * steps[:, None, None, None]
    # A thin coat fills a thick slice that runs along it: half of the slice's excess is taken off, where it is nearest across it.
    coarse = (away * steps[:, None, None, None]).sum(axis=0) / np.maximum(away.sum(axis=0), 1e-6)
    thick = (depth - 0.5 * np.maximum(coarse - float(steps.min()), 0) >= LUMP_MM)[1:-1, 1:-1, 1:-1] & coat
    pieces, count = ndimage.label(view.of(lesion, SOLID), np.ones((3, 3, 3)))
    sizes = np.bincount(pieces.ravel())[1:] * view.grid.voxel_volume_mm3
    solid = int(np.count_nonzero(sizes > LUMP_MM3)) if count else 0
    return max(int(ndimage.label(thick, np.ones((3, 3, 3)))[1]), solid)


def _drawn(aligned: AlignedStudy, segmentation: Segmentation) -> bool:
    return any((look(aligned, segmentation, one.key).tissue == COATING).any() for one in aligned.study.images())


def coat_of(aligned: AlignedStudy, segmentation: Segmentation, after: Series) -> Coat | None:
    """The coat of the cord on one post-contrast series and the T1w that goes with it; None without cord, sac or a pair."""
    return _coat(aligned, segmentation, after.key)


@kept(maxsize=8)
def _coat(aligned: AlignedStudy, segmentation: Segmentation, key: str) -> Coat | None:
    after = aligned.study.find(key)
    post = look(aligned, segmentation, key)
    axis = axis_of(post)
    if axis is None or not post.cord.any() or not (post.anatomy == SAC).any():
        return None
    pairs = sorted(usable(aligned, ("T1w",), None), key=lambda one: (one.plane != after.plane, one.plane == "axial"))
    for before in pairs:
        pre = look(aligned, segmentation, before.key)
        across = np.linalg.inv(pre.to_reference) @ post.to_reference
        cord = resample(Volume(pre.cord.astype(np.int16), pre.affine), post.grid, across, order=0).voxels > 0
        shell = _shell(post, cord) & covers(pre.grid, post.grid, across)
        shell[shell] = ~_beside_lesion(post, axis, shell)
        normal = cord & (post.tissue == 0)
        if np.count_nonzero(shell) < 200 or np.count_nonzero(normal) < 200 or not looks_like_cord(pre):
            continue
        plain = resample(Volume(pre.values, pre.affine), post.grid, across).voxels
        number = np.floor(axis.locate(post.mm(normal))[0] / 12.0).astype(int)
        gained, before_it = (_over_cord(one, normal, number, shell, post, axis) for one in (post.values, plain))
        gain = gained - before_it
        return _stretch(post, axis, shell, gain, before.plane == after.plane)
    return None


def _beside_lesion(view: View, axis: Axis, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which voxels of a mask have a tumour at the same height or near it: its own enhancement would pass for a coat."""
    solid = np.isin(view.tissue, SOLID)
    along = along_map(view, axis)
    if not solid.any():
        return np.zeros(int(np.count_nonzero(where)), dtype=bool)
    heights = np.unique(np.round(along[solid]))
    here = along[where]
    place = np.searchsorted(heights, here).clip(0, len(heights) - 1)
    nearest = np.minimum(np.abs(heights[place] - here), np.abs(heights[np.maximum(place - 1, 0)] - here))
    return np.asarray(nearest <= BESIDE_MM)


def _shell(view: View, cord: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cord and sac of the enhanced image just outside the cord as it was before contrast, lesions outside the coat left out.

    A coat that enhances is easily drawn as cord; the outline from before contrast does not know of it.
    """
    out = np.zeros(cord.shape, dtype=bool)
    if not cord.any():
        return out
    reach = COAT_MM + 0.5 * view.grid.spacing_mm.min()
    cut = box(cord, np.ceil(reach / view.grid.spacing_mm).astype(int))  # beyond it nothing is near enough
    away = ndimage.distance_transform_edt(~cord[cut], sampling=view.grid.spacing_mm)
    tissue = view.tissue[cut]
    lesion = (tissue > 0) & (tissue != COATING)
    out[cut] = np.isin(view.anatomy[cut], (CORD, SAC)) & (away > 0) & (away <= reach) & ~lesion
    return out


def _over_cord(
    values: NDArray[np.floating[Any]], cord: NDArray[np.bool_], number: NDArray[np.int_], where: NDArray[np.bool_],
    view: View, axis: Axis,
) -> NDArray[np.float32]:  # fmt: skip
    """Values of a mask's voxels as multiples of the lesion-free cord at the same height, from a running median along it.

    number is the piece of the axis in which each voxel of the cord lies. Both images of a pair are taken over the same voxels
    of cord, so that what the cord's outline takes in too much cancels.
    """
    kinds, count = np.unique(number, return_counts=True)
    kinds = kinds[count >= min(20, count.max())]
    own = values[cord]
    medians = [float(np.median(own[number == one])) for one in kinds]
    course = np.interp(
        along_map(view, axis)[where], (kinds + 0.5) * 12.0, ndimage.median_filter(medians, 3, mode="nearest")
    )
    return np.asarray(values[where] / np.maximum(course, 1e-6), dtype=np.float32)


def _stretch(view: View, axis: Axis, shell: NDArray[np.bool_], gain: NDArray[np.float32], alike: bool) -> Coat:
    """The stretch of cord along which most of the coat enhances: each step's surface is cut into sectors, and a sector
    enhances when the upper quarter of its voxels does. gain is that of the shell's voxels."""
    points = view.mm(shell)
    along, right, front = axis.locate(points)
    sector = np.floor((np.degrees(np.arctan2(front, right)) + 180) / (360 / SECTORS)).astype(int) % SECTORS
    step = max(STEP_MM, float(np.abs(view.affine[2, :3]).max()))
    number = np.floor(along / step).astype(int)
    number -= number.min()
    cell = number * SECTORS + sector
    order = np.argsort(cell, kind="stable")
    cells, first = np.unique(cell[order], return_index=True)
    parts = np.split(gain[order], first[1:])
    bright = np.array([len(part) >= 3 and float(np.percentile(part, 75)) > GAIN for part in parts])
    full = np.array([len(part) >= 3 for part in parts])
    rows = cells // SECTORS
    count = rows.max() + 1
    lit, seen = np.bincount(rows, bright, count), np.bincount(rows, full, count)
    window = max(1, round(STRETCH_MM / step))
    lit_sum, seen_sum = (
        np.convolve(one, np.ones(window), "valid" if count >= window else "full") for one in (lit, seen)
    )
    share = lit_sum / np.maximum(seen_sum, 1)
    best = int(np.argmax(np.where(seen_sum >= 0.5 * seen_sum.max(), share, -1)))
    near = (number >= best) & (number < best + window)
    return Coat(view, float(share[best]), points[near] if near.any() else points, alike)
