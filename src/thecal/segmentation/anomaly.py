"""What departs from a healthy spine on one series: cord brighter than its own course on T2, defects in bright CSF, tissue that
takes up contrast.

Strength is told on a scale of the patient's own tissues: on T2 the cord's course is 0 and CSF is 1; after contrast, gain over
the image before it in units of the cord's signal. Nothing is compared with other people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.segmentation.drawing import SURE_CONFIDENCE, Drawing
from thecal.segmentation.frame import Floats, Frame, Image, Mask
from thecal.segmentation.outline import Tube, along, course

COURSE_MM = 60.0
# Cross-sections this much larger than the median, at the upper end, belong to the brainstem and its cistern.
FLARE_CORD, FLARE_SAC = 1.5, 1.35
# The pattern is the HEALTHY quantile, not the median, so that lesions may fill up to half of the stretch it is read from.
PATTERN_MM, RING_MM, HEALTHY = 60.0, 1.1, 0.35
# The cord's tapering end is drawn less surely: finds within this distance of it count less.
TIP_MM, TIP_TRUST, LAST_TRUST, SAC_END_TRUST = 30.0, 0.6, 0.3, 0.5
# Cord: what stands out seeds a finding, what still departs belongs to it; in units of the cord-to-CSF difference and of noise.
# Healthy grey matter departs by up to about 0.35, as a phantom in the tests has it; odds are even at CENTRE.
CENTRE, SEED, GROW = 0.45, 0.24, 0.18
SEED_NOISE, GROW_NOISE = 4.5, 2.5
# A find ends where it departs by less than this share of its own peak.
OWN_SHARE = 0.35
FLUID = 0.75
# Contrast: gain in units of the cord's signal.
GAIN_CENTRE, GAIN_SEED, GAIN_GROW = 0.30, 0.25, 0.18
# CSF: a defect is darker than this and thicker than a root, a vessel's flow void or the bundle of the cauda equina. Roots and
# slices' partial volume take CSF down by a half, so that odds are even only where CSF's signal has lost DEFECT_CENTRE.
DEFECT, DEFECT_CENTRE = 0.45, 0.7
DEFECT_HALF_MM, CAUDA_HALF_MM, WALL_MM = 1.5, 4.0, 1.5
# Roots and flow voids run along the spine: a defect this many times longer than thick counts less.
SLENDER, SLENDER_TRUST = 5.0, 0.5
# Volumes in mm³ at which the size of a find counts half; how quickly odds change with strength.
CORD_HALF, GAIN_HALF, DEFECT_HALF = 20.0, 15.0, 60.0
STEEPNESS = 6.0
SMALLEST_MM3 = 25.0
# Voxels nearer the cord's surface than this share of their own width (and never less than RIM_MM) mix cord and CSF.
RIM_MM, RIM_VOXELS = 0.8, 0.95


@dataclass(frozen=True, eq=False)
class Finds:
    """Probability per voxel of the frame that something is there, for each kind looked for, and how far it was looked.

    fluid marks what is as bright as CSF inside the cord.
    """

    kinds: dict[str, Image]
    fluid: Image | None = None


@dataclass(frozen=True, eq=False)
class Depths:
    """Signed depth in mm inside cord and sac per voxel (negative outside, −99 where the tube was not drawn), and height."""

    cord: Image
    sac: Image
    z: Floats


def searchable(drawing: Drawing) -> NDArray[np.bool_]:
    """Slices in which lesions are looked for: not where cord or sac open into brainstem and cistern at the top, nor at
    the uncertain end of the cord."""
    z = np.arange(drawing.frame.shape[2]) * drawing.frame.spacing[2]
    keep = np.ones(len(z), dtype=bool)
    for tube, flare in ((drawing.cord, FLARE_CORD), (drawing.sac, FLARE_SAC)):
        if len(tube) < 3:
            continue
        wide = np.interp(z, tube.z, tube.areas_mm2()) > flare * np.median(tube.areas_mm2())
        narrow = np.flatnonzero(~wide & (z <= tube.z[-1]))
        if len(narrow):
            keep &= z <= z[narrow[-1]]
    return keep


def depths(drawing: Drawing) -> Depths:
    """How deep each voxel lies in cord and in sac. A mass at the wall may narrow the sac by WALL_MM unseen."""
    frame = drawing.frame
    sac = drawing.sac
    radius = np.maximum(sac.radius, np.minimum(sac.expected, sac.radius + WALL_MM))
    wide = Tube(sac.x, sac.y, sac.z, radius, sac.confidence, sac.expected)
    z = np.arange(frame.shape[2]) * frame.spacing[2]
    return Depths(_depth(drawing.cord, frame, z), _depth(wide, frame, z), z)


def _depth(tube: Tube, frame: Frame, z: Floats) -> Image:
    out = np.full(frame.shape, -99.0, dtype=np.float32)
    x = np.arange(out.shape[0])[:, None] * frame.spacing[0]
    y = np.arange(out.shape[1])[None] * frame.spacing[1]
    for k, height in enumerate(z):
        cut = tube.at(float(height))
        if cut is None:
            continue
        reach = float(cut.radius.max()) + 6
        near = (np.abs(x - cut.x) < reach) & (np.abs(y - cut.y) < reach)
        dx, dy = np.broadcast_to(x - cut.x, near.shape)[near], np.broadcast_to(y - cut.y, near.shape)[near]
        out[:, :, k][near] = cut.reach(np.arctan2(dy, dx)) - np.hypot(dx, dy)
    return out


def expansion(cord: Tube) -> Floats:
    """Area of the cord over what its own course gives at each height."""
    usual = course(cord.radius, COURSE_MM / cord.step_mm)
    return np.asarray(cord.areas_mm2() / (np.pi * (usual**2).mean(axis=1)), dtype=np.float64)


def on_t2(drawing: Drawing) -> Finds:
    """Cord brighter than its own course, and defects in CSF, on a series with bright CSF."""
    place = depths(drawing)
    scaled, noise = _on_course(drawing, place)
    looked = searchable(drawing)[None, None]
    inside = _interior(drawing, place) & looked
    bright = _grown(scaled, inside, (drawing.cord_share > 0.8) & (place.cord > RIM_MM / 2), (SEED, GROW), noise)
    kinds = {"cord": _steadiness(drawing, place.z) * _sure(bright, scaled, noise, CENTRE, CORD_HALF, drawing.frame)}
    if len(drawing.sac) and not drawing.canal_only:
        kinds["defect"] = np.where(looked, _defects(drawing, place, scaled), 0).astype(np.float32)
    return Finds(kinds, np.where((scaled > FLUID) & inside, kinds["cord"], 0).astype(np.float32))


def _interior(drawing: Drawing, place: Depths) -> Mask:
    """Voxels that hold cord alone."""
    rim = max(RIM_MM, RIM_VOXELS * min(float(drawing.frame.spacing[:2].max()), 1.5))
    return np.asarray((drawing.cord_share > 0.95) & (place.cord > rim))


def _steadiness(drawing: Drawing, z: Floats) -> Image:
    """How far finds in the cord can be trusted at each height: by its outline's confidence, less at its tapering end."""
    cord = drawing.cord
    if not len(cord):
        return np.zeros((1, 1, len(z)), dtype=np.float32)
    steady = np.clip(np.interp(z, cord.z, cord.confidence) / SURE_CONFIDENCE, 0, 1)
    if len(drawing.sac) and cord.z[0] - drawing.sac.z[0] > TIP_MM:
        above = z - cord.z[0]
        steady = steady * np.where(above < TIP_MM / 3, LAST_TRUST, np.where(above < TIP_MM, TIP_TRUST, 1.0))
    return np.asarray(steady[None, None], dtype=np.float32)


def _on_course(drawing: Drawing, place: Depths) -> tuple[Image, float]:
    """The image with the cord's own course at 0 and CSF at 1, less the cord's usual pattern; and its noise in the cord."""
    levels = drawing.levels
    assert levels is not None
    image = ndimage.gaussian_filter(drawing.frame.voxels, [0.4 / s if s < 1.2 else 0 for s in drawing.frame.spacing])
    ratio = levels.cord / np.where(np.abs(levels.csf) > 0, levels.csf, 1)
    step = float(np.median(np.diff(levels.z))) if len(levels.z) > 1 else 5.0
    half = max(2, round(COURSE_MM / step))
    local = np.array([np.quantile(ratio[max(0, n - half) : n + half + 1], HEALTHY) for n in range(len(ratio))])
    # A lesion longer than the window would become its own norm: the course may not rise far above the cord's darker third.
    usual = along(np.minimum(local, 1.25 * np.percentile(ratio, 30)), 6.0 / step)
    peak = along(np.array([np.median(levels.csf[max(0, n - half // 3) : n + half // 3 + 1]) for n in range(len(ratio))]),
                 6.0 / step)  # fmt: skip
    csf = np.interp(place.z, levels.z, peak)
    cord = csf * np.interp(place.z, levels.z, usual)
    scaled = ((image - cord) / np.maximum(np.abs(csf - cord), 1e-9)).astype(np.float32)
    inner = _interior(drawing, place)
    if int(inner.sum()) < 30:
        return scaled, 1.0
    scaled = _less_pattern(scaled, drawing, place, inner)
    values = scaled[inner]
    return scaled, float(1.48 * np.median(np.abs(values - np.median(values)))) + 1e-6


def _less_pattern(scaled: Image, drawing: Drawing, place: Depths, inner: Mask) -> Image:
    """The image less what the cord shows over PATTERN_MM above and below at the same place in its cross-section.

    Places are rings of depth and sectors of direction, left and right taken together: grey matter is no lesion.
    """
    out = scaled.copy()
    index = np.argwhere(place.cord > 0)
    if not len(index):
        return out
    cells = _cells(drawing, place, index)
    values, height = scaled[tuple(index.T)], place.z[index[:, 2]]
    trusted = inner[tuple(index.T)]
    usual = np.zeros(len(index), dtype=np.float32)
    for cell in np.unique(cells):
        mine = np.flatnonzero(cells == cell)
        usual[mine] = _running(values, height, mine, mine[trusted[mine]])
    out[tuple(index.T)] -= usual
    return out


def _cells(drawing: Drawing, place: Depths, index: NDArray[np.intp]) -> NDArray[np.intp]:
    x, y = (np.interp(place.z, drawing.cord.z, part)[index[:, 2]] for part in (drawing.cord.x, drawing.cord.y))
    dx = np.abs(index[:, 0] * drawing.frame.spacing[0] - x)
    dy = index[:, 1] * drawing.frame.spacing[1] - y
    sector = np.floor((np.arctan2(dy, dx) / np.pi + 0.5) * 5.999).astype(int)
    ring = np.minimum(place.cord[tuple(index.T)] / RING_MM, 3).astype(int)
    return np.asarray(np.where(ring == 3, 0, sector) + 6 * ring)


def _running(values: Image, height: Floats, mine: NDArray[np.intp], known: NDArray[np.intp]) -> Image:
    """For each of `mine` what the healthier part of the known values within PATTERN_MM of its height shows."""
    out = np.zeros(len(mine), dtype=np.float32)
    if len(known) < 6:
        return out
    order = known[np.argsort(height[known], kind="stable")]
    sorted_height = height[order]
    levels, back = np.unique(height[mine], return_inverse=True)
    first = np.searchsorted(sorted_height, levels - PATTERN_MM)
    last = np.searchsorted(sorted_height, levels + PATTERN_MM, side="right")
    usual = [np.quantile(values[order[a:b]], HEALTHY) if b - a >= 6 else 0.0 for a, b in zip(first, last, strict=True)]
    return np.asarray(np.array(usual, dtype=np.float32)[back])


def _grown(strength: Image, seeds: Mask, room: Mask, levels: tuple[float, float], noise: float) -> Mask:
    """Connected parts of `room` that still depart and hold a seed that clearly departs."""
    weak = room & (strength > max(levels[1], GROW_NOISE * noise))
    strong = seeds & (strength > max(levels[0], SEED_NOISE * noise))
    labels, count = ndimage.label(weak, np.ones((3, 3, 3)))
    held = np.zeros(count + 1, dtype=bool)
    held[np.unique(labels[strong & weak])] = True
    held[0] = False
    mask = held[labels]
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if held[number]:
            part = labels[box] == number
            peak = float(np.percentile(strength[box][part], 95))
            mask[box] &= ~part | (strength[box] > OWN_SHARE * peak)
    return np.asarray(mask)


def _sure(mask: Mask, strength: Image, noise: float, centre: float, half_mm3: float, frame: Frame) -> Image:
    """Confidence in each connected part: even odds at the centre's strength, less near noise, less when small."""
    out = np.zeros(mask.shape, dtype=np.float32)
    labels, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    voxel = float(np.prod(frame.spacing))
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == number
        size = float(part.sum()) * voxel
        if size < SMALLEST_MM3 or part.sum() < 4:
            continue
        values = strength[box][part]
        top = float(np.percentile(values, 75))
        strong = 1 / (1 + np.exp(-STEEPNESS * (top / centre - 1)))
        clear = np.clip((top / noise - 2.0) / 3.0, 0, 1)
        out[box][part] = strong * clear * size / (size + half_mm3)
    return np.minimum(out, 0.98)


def _defects(drawing: Drawing, place: Depths, scaled: Image) -> Image:
    """Solid tissue in the sac outside the cord, thicker than roots and vessels."""
    frame = drawing.frame
    near_cord = drawing.cord.covers(place.z)
    dark = (place.sac > 1.0) & (place.cord < -0.5) & (scaled < DEFECT)
    depth = ndimage.distance_transform_edt(np.pad(dark, 1), sampling=frame.spacing)[1:-1, 1:-1, 1:-1]
    least = np.where(near_cord, DEFECT_HALF_MM, CAUDA_HALF_MM)[None, None]
    core = depth >= least
    if not core.any():
        return np.zeros(dark.shape, dtype=np.float32)
    spread = ndimage.distance_transform_edt(~core, sampling=frame.spacing) <= least
    mass = dark & spread
    sure = _sure(mass, 1 - scaled, 0.08, DEFECT_CENTRE, DEFECT_HALF, frame)
    labels, _ = ndimage.label(mass, np.ones((3, 3, 3)))
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[box] == number
        length = part.shape[2] * float(frame.spacing[2])
        if length > SLENDER * 2 * float(depth[box][part].max()):
            sure[box][part] *= SLENDER_TRUST
    return sure


def after_contrast(drawing: Drawing, before: Image, canal: Image) -> Finds | None:
    """Tissue in the canal that takes up contrast.

    before is the image without contrast on this frame's voxels, 0 where it does not reach; canal the probability of lying
    in the sac there. None where the two images share too little cord or tissue to be brought to one scale.
    """
    after = drawing.frame.voxels
    shared = (before > 0) & (after > 0)
    tissue = shared & (drawing.cord_share > 0.9 if len(drawing.cord) else _around(after, canal))
    if int(tissue.sum()) < 30:
        return None
    factor, unit = _scale(after, before, tissue)
    gain = (after - factor * before) / unit
    gain = ndimage.gaussian_filter(gain, [0.4 / s if s < 1.2 else 0 for s in drawing.frame.spacing])
    room = shared & (canal > 0.6)
    seeds = shared & (canal > 0.95)
    values = gain[tissue]
    noise = float(1.48 * np.median(np.abs(values - np.median(values)))) + 1e-6
    mask = _grown(gain, seeds, room, (GAIN_SEED, GAIN_GROW), noise)
    sure = _sure(mask, gain.astype(np.float32), noise, GAIN_CENTRE, GAIN_HALF, drawing.frame)
    return Finds({"gain": (sure * _below_cord(drawing)).astype(np.float32)})


def _below_cord(drawing: Drawing) -> Image:
    """How far gain can be trusted at each height: less where the sac ends, amid epidural veins that take up contrast."""
    z = np.arange(drawing.frame.shape[2]) * drawing.frame.spacing[2]
    if not len(drawing.sac) or (len(drawing.cord) and drawing.cord.z[0] - drawing.sac.z[0] < TIP_MM):
        return np.ones((1, 1, len(z)), dtype=np.float32)
    return np.where(z < drawing.sac.z[0] + TIP_MM / 2, SAC_END_TRUST, 1.0)[None, None].astype(np.float32)


def _around(after: Image, canal: Image) -> Mask:
    """Tissue around the canal, neither air and bone nor fat: what stands in for the cord where there is none."""
    outside = canal < 0.02
    low, high = np.percentile(after[outside], (40, 75)) if outside.any() else (0.0, 0.0)
    return np.asarray(outside & (after >= low) & (after <= high))


def _scale(after: Image, before: Image, tissue: Mask) -> tuple[Image, Image]:
    """Per slice the factor that brings the image before contrast to the one after, and the cord's signal after."""
    count = after.shape[2]
    factor, unit = np.full(count, np.nan), np.full(count, np.nan)
    for k in range(count):
        here = tissue[:, :, k]
        if here.sum() >= 4:
            factor[k] = np.median(after[:, :, k][here] / before[:, :, k][here])
            unit[k] = np.median(after[:, :, k][here])
    known = np.flatnonzero(np.isfinite(factor))
    if not len(known):
        factor[:], unit[:] = np.median(after[tissue] / before[tissue]), np.median(after[tissue])
        known = np.arange(count)
    half = max(2, len(known) // 4)
    running = [np.median(factor[known][max(0, n - half) : n + half + 1]) for n in range(len(known))]
    level = [np.median(unit[known][max(0, n - half) : n + half + 1]) for n in range(len(known))]
    every = np.arange(count)
    return (np.interp(every, known, running)[None, None].astype(np.float32),
            np.maximum(np.interp(every, known, level), 1e-9)[None, None].astype(np.float32))  # fmt: skip
