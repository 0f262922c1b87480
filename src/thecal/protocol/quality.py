"""Image quality measured on the image itself: signal to noise, ghosting, and movement between slices.

Everything is measured within slices, on at most nine of them, spread over the middle half of the stack.
Sources: coupe2010 (noise from the object), mortamet2009 (artefact is sought outside the patient), dietrich2007 (limits).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import Series
from thecal.records.geometry import slice_axis_of

Stack: TypeAlias = NDArray[np.float32]
SLICES = 9
# Air must fill this share of the picture before anything is said from it (judged).
AIR_SHARE = 0.04
# Correlation below which the border is not a copy of the picture (judged).
GHOST_LIKENESS = 0.35
MR_ROLES = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw")


def signal_to_noise(series: Series) -> float | None:
    """Median signal of tissue over the noise within it.

    Noise is the median absolute diagonal Haar difference over tissue, which neither edges along the rows nor slow shading
    raise (coupe2010). Images that were interpolated or filtered come out better than they are (dietrich2007).
    None without a magnitude MR image of at least 16 × 16 pixels.
    """
    stack = _slices(series)
    if stack is None:
        return None
    tissue = stack > _tissue_level(stack)
    rows, columns = stack.shape[1] // 2 * 2, stack.shape[2] // 2 * 2
    a, b, c, d = (stack[:, i:rows:2, j:columns:2] for i in (0, 1) for j in (0, 1))
    inside = tissue[:, 0:rows:2, 0:columns:2] & tissue[:, 1:rows:2, 1:columns:2]
    detail = np.abs((a - b - c + d)[inside]) / 2
    noise = float(np.median(detail)) / 0.6745 if detail.size else 0.0
    return float(np.median(stack[tissue])) / noise if noise > 0 else None


def ghosting(series: Series) -> float | None:
    """Strength of a shifted copy of the patient in the dark border of the picture, as a share of the signal itself.

    The border, freed of slow shading, is compared with the picture shifted along rows and along columns by an eighth to
    seven eighths of the field; the strongest likeness counts, and none below a correlation of GHOST_LIKENESS: dark muscle and
    saturated tissue at the border resemble no shifted copy. Found are ghosts of the whole; smeared ones are not.
    None where too little of the picture is dark border, or the scanner has set it to zero.
    """
    stack = _slices(series)
    if stack is None:
        return None
    level = _tissue_level(stack)
    small = _shrunk(stack[::2])
    border = np.array([_outside(one) for one in ndimage.uniform_filter(small, size=(0, 3, 3)) < level * 0.8])
    if border.mean() < AIR_SHARE or np.mean(small[border] == 0) > 0.5:
        return None
    sharp = small - ndimage.uniform_filter(small, (0, 13, 13))
    found = [
        _likeness(sharp, border, np.roll(sharp, shift, axis), np.roll(small > level, shift, axis))
        for axis in (1, 2)
        for shift in range(small.shape[axis] // 8, small.shape[axis] * 7 // 8)
    ]
    return max((slope for slope, likeness in found if likeness > GHOST_LIKENESS), default=0.0)


def slice_disagreement(series: Series) -> float | None:
    """Share of slices that look more like the next but one than like their neighbour: movement between interleaved slices.

    In a patient who lay still a neighbour is always nearer. Likeness is the correlation of the pixels, shading removed.
    None with fewer than seven slices, or for an image acquired as a volume.
    """
    volume = series.volume
    if volume is None or series.role not in MR_ROLES:
        return None
    axis = slice_axis_of(volume.grid) if series.slice_axis is None else series.slice_axis
    if axis is None or volume.voxels.shape[axis] < 7:
        return None
    stack = np.moveaxis(volume.voxels, axis, 0).astype(np.float32)[:, ::2, ::2]
    flat = ndimage.uniform_filter(stack, (0, 3, 3)) - ndimage.uniform_filter(stack, (0, 31, 31))
    flat = flat.reshape(len(flat), -1)
    flat = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
    near = np.sum(flat[:-2] * flat[1:-1], axis=1)
    far = np.sum(flat[:-2] * flat[2:], axis=1)
    return float(np.mean(far > near))


def _outside(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The dark part of a slice that reaches its border, drawn back from the skin by three pixels."""
    parts, count = ndimage.label(ndimage.binary_opening(dark, iterations=2))
    border = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    reaching = np.isin(parts, np.setdiff1d(border, 0)) if count else np.zeros_like(dark)
    return np.asarray(ndimage.binary_erosion(reaching, iterations=3, border_value=1))


def _likeness(here: Stack, border: NDArray[np.bool_], shifted: Stack, source: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and correlation of the border on the shifted picture, where the shifted picture shows tissue."""
    where = border & source
    if where.sum() < 400:
        return 0.0, 0.0
    border_values, copied = here[where], shifted[where]
    product = float(border_values @ copied)
    power = float(copied @ copied) + 1e-9
    return product / power, product / float(np.sqrt(power * (border_values @ border_values + 1e-9)))


def _shrunk(stack: Stack) -> Stack:
    """The slices averaged down to at most 128 pixels a side."""
    step = max(1, -(-max(stack.shape[1:]) // 128))
    rows, columns = (size // step * step for size in stack.shape[1:])
    blocks = stack[:, :rows, :columns].reshape(len(stack), rows // step, step, columns // step, step)
    small: Stack = blocks.mean(axis=(2, 4))
    return small


def _slices(series: Series) -> Stack | None:
    """Up to nine slices, first axis across them, from the middle half of the stack; None where nothing can be measured."""
    volume = series.volume
    if volume is None or series.role not in MR_ROLES:
        return None
    axis = slice_axis_of(volume.grid) if series.slice_axis is None else series.slice_axis
    axis = int(np.argmin(volume.shape)) if axis is None else axis
    count = volume.shape[axis]
    chosen = np.unique(np.linspace(count / 4, max(count * 3 / 4 - 1, count / 4), SLICES).round().astype(int))
    stack: Stack = np.moveaxis(np.take(volume.voxels, chosen.clip(0, count - 1), axis), axis, 0).astype(np.float32)
    if min(stack.shape[1:]) < 16 or float(stack.min()) < 0 or not np.ptp(stack) > 0:
        return None
    return stack


def _tissue_level(stack: NDArray[Any]) -> float:
    """Grey value that parts tissue from air: the split with the least spread on both sides (otsu1979)."""
    top = float(np.percentile(stack, 99))
    counts, edges = np.histogram(stack, bins=128, range=(0, top if top > 0 else 1))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    total = np.cumsum(counts * centres)
    means = total / np.maximum(below, 1), (total[-1] - total) / np.maximum(above, 1)
    return float(centres[int(np.argmax(below * above * (means[0] - means[1]) ** 2.0))])
