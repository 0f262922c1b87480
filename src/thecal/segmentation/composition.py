"""Maps of single series brought together in the study's reference grid.

Log-odds are added, each series weighted by its resolution, and only where that series was looked at; images are never
averaged. Where no series was looked at, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from thecal.records import Grid, Volume
from thecal.records.geometry import mm_to_voxel, resample, transform_points, voxel_to_mm
from thecal.segmentation.frame import Floats, Image, Mask

# No single voxel of a single series may speak more loudly than this.
LOUDEST = 4.0
MARGIN_MM = 4.0


@dataclass(frozen=True, eq=False)
class Voice:
    """What one series says of one structure: probability on its own grid, and where it was looked at at all."""

    probability: Volume
    told: Volume
    to_reference: Floats
    weight: float


def weight_of(grid: Grid) -> float:
    """How much a series counts: one over the mean spacing of its voxels, in 1/mm."""
    return float(1.0 / np.cbrt(grid.voxel_volume_mm3))


Window = tuple[slice, slice, slice]


def window(reference: Grid, voices: Sequence[Voice], margin_mm: float = MARGIN_MM) -> Window | None:
    """The part of the reference grid that holds everything drawn, and a margin; None when nothing was."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for voice in voices:
        drawn = np.argwhere(voice.probability.voxels > 0.02)
        if not len(drawn):
            continue
        corners = np.array(np.meshgrid(*zip(drawn.min(axis=0), drawn.max(axis=0), strict=True))).reshape(3, -1).T
        world = transform_points(voice.to_reference, voxel_to_mm(voice.probability, corners))
        index = mm_to_voxel(reference, world)
        low, high = np.minimum(low, index.min(axis=0)), np.maximum(high, index.max(axis=0))
    pad = margin_mm / reference.spacing_mm
    first = np.maximum(np.floor(low - pad), 0)
    last = np.minimum(np.ceil(high + pad) + 1, reference.shape)
    if not np.all(np.isfinite(low)) or np.any(last <= first):
        return None
    parts = [slice(int(a), int(b)) for a, b in zip(first, last, strict=True)]
    return parts[0], parts[1], parts[2]


def part_of(grid: Grid, box: Window) -> Grid:
    """The grid of a window of another grid."""
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, [part.start for part in box])
    shape = [part.stop - part.start for part in box]
    return Grid((shape[0], shape[1], shape[2]), affine)


def compose(grid: Grid, voices: Sequence[Voice], prior: float = 0.5) -> tuple[Image, Mask]:
    """Probability of a structure on a grid from all series that speak of it, and where any does.

    prior is the probability before any series was looked at: each series adds what it says beyond it.
    """
    before = np.float32(np.log(prior / (1 - prior)))
    total = np.zeros(grid.shape, dtype=np.float32)
    weight = np.zeros(grid.shape, dtype=np.float32)
    for voice in voices:
        back = np.linalg.inv(voice.to_reference)
        told = resample(voice.told, grid, back).voxels * np.float32(voice.weight)
        probability = resample(voice.probability, grid, back).voxels
        total += told * (log_odds(probability) - before)
        weight += told
    seen = weight > 0
    # Series that agree sharpen one another, up to what one loud voice may say.
    loudest = max((voice.weight for voice in voices), default=1.0)
    sharp = np.clip(before + total / np.float32(loudest), -LOUDEST, LOUDEST)
    return np.where(seen, 1 / (1 + np.exp(-sharp)), 0).astype(np.float32), seen


def log_odds(probability: Image) -> Image:
    """Log-odds of a probability, kept within ±LOUDEST."""
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.clip(np.log(kept / (1 - kept)), -LOUDEST, LOUDEST), dtype=np.float32)
