"""The column of vertebral bodies in front of the canal, unrolled along its back wall, and the discs in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.segmentation.frame import Floats, Frame, Image
from thecal.segmentation.outline import RAYS, Tube, along

FRONT = RAYS // 4
DEPTH_MM = 45
# Depth in front of the canal at which endplates are read, clear of its wall and of what lies before the spine.
BAND = slice(3, 15)
SIDEWAYS_MM = (-6.0, -3.0, 0.0, 3.0, 6.0)
COARSEST_MM = 2.5
SHORTEST_MM, TALLEST_MM = 11, 46
# How much neighbouring levels differ in height, as a standard deviation of the logarithm.
CHANGE_SD = 0.12
WORTH = 0.1


@dataclass(frozen=True, eq=False)
class Column:
    """The back wall of the vertebral bodies: points x, y, z (frame mm) each mm from foot to head, the forward direction
    there (y, z), and the discs as positions along it (mm) with the evidence for each, from foot to head."""

    x: Floats
    y: Floats
    z: Floats
    forward: Floats
    discs: Floats
    evidence: Floats

    def place(self, at: Floats, depth: float) -> Floats:
        """Frame mm of points `depth` mm in front of the back wall at positions along it."""
        index = np.arange(len(self.z))
        x, y, z, fy, fz = (np.interp(at, index, part) for part in (self.x, self.y, self.z, *self.forward.T))
        return np.stack([x, y + depth * fy, z + depth * fz], axis=-1)


def trace(frame: Frame, sac: Tube) -> Column | None:
    """The column in front of a sac, with the discs found there; None where slices are too thick to show discs."""
    if len(sac) < 3 or frame.spacing[2] > COARSEST_MM or sac.z[-1] - sac.z[0] < 2 * SHORTEST_MM:
        return None
    step = sac.step_mm
    z = np.arange(sac.z[0], sac.z[-1] + 1e-6, 1.0)
    wall = ndimage.median_filter(sac.y + sac.radius[:, FRONT], max(3, int(9 / step)), mode="nearest")
    x, y = (np.interp(z, sac.z, along(part, 8.0 / step)) for part in (sac.x, wall))
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(y), np.diff(z)))])
    at = np.arange(0.0, length[-1], 1.0)
    x, y, z = (np.interp(at, length, part) for part in (x, y, z))
    lean = along(np.gradient(y) / np.maximum(np.gradient(z), 0.2), 5.0)
    forward = np.stack([np.ones_like(lean), -lean], axis=1) / np.hypot(1, lean)[:, None]
    bare = Column(x, y, z, forward, np.zeros(0), np.zeros(0))
    edges = endplates(unrolled(frame, bare))
    discs = choose(edges)
    return Column(x, y, z, forward, discs.astype(np.float64), edges[discs])


def unrolled(frame: Frame, column: Column) -> Image:
    """The image along the back wall (first axis, mm) and forward from it (second axis, mm), averaged over the middle."""
    depth = np.arange(DEPTH_MM, dtype=np.float64)
    y = column.y[:, None] + depth * column.forward[:, :1]
    z = column.z[:, None] + depth * column.forward[:, 1:]
    total = np.zeros(y.shape, dtype=np.float32)
    for aside in SIDEWAYS_MM:
        x = np.broadcast_to(column.x[:, None] + aside, y.shape)
        places = [part / step for part, step in zip((x, y, z), frame.spacing, strict=True)]
        total += ndimage.map_coordinates(frame.voxels, places, order=1, mode="nearest", output=np.float32)
    return np.asarray(total / len(SIDEWAYS_MM), dtype=np.float32)


def endplates(image: Image) -> Floats:
    """How strongly edges run across the column at each mm, whatever their contrast: 0 as everywhere, 1 twice that."""
    floor = 0.05 * float(np.percentile(image, 95)) + 1e-6
    bright = ndimage.gaussian_filter(np.log(np.maximum(image, 0) + floor), (1.0, 1.5))
    across = np.gradient(bright, axis=0)[:, BAND] if len(bright) > 1 else np.zeros_like(bright[:, BAND])
    straight = np.abs(ndimage.uniform_filter1d(across, 9, axis=1)).mean(axis=1).astype(np.float64)
    straight[:2], straight[-2:] = straight[2:3].mean(), straight[-3:-2].mean()
    energy = along(straight, 3.0)
    return np.asarray(np.clip(energy / (along(energy, 25.0) + 1e-9) - 1, -1, 1.2))


def choose(edges: Floats) -> NDArray[np.int_]:
    """Positions of discs (mm): peaks of the edges at a spacing that changes slowly, by dynamic programming."""
    count = len(edges)
    spacings = np.arange(SHORTEST_MM, TALLEST_MM + 1)
    change = (np.log(spacings[:, None] / spacings[None]) / CHANGE_SD) ** 2 * 0.05
    gain = edges - WORTH
    # score[s, k]: best chain that ends in a disc at s, spacings[k] above the one before; column 0 of `first` begins one.
    score = np.full((count, len(spacings)), -np.inf)
    before = np.full((count, len(spacings)), -1)
    first = gain.copy()
    for here in range(count):
        for k, spacing in enumerate(spacings[: max(0, here - SHORTEST_MM + 1)]):
            last = here - spacing
            if last < 0:
                break
            ways = score[last] - change[k]
            best = int(ways.argmax())
            quiet = 0.5 * max(0.0, float(edges[last + spacing // 3 : here - spacing // 3 + 1].mean()))
            if ways[best] > first[last]:
                score[here, k], before[here, k] = ways[best] + gain[here] - quiet, best
            else:
                score[here, k] = first[last] + gain[here] - quiet
    return _chain(score, before, first, spacings)


def _chain(score: Floats, before: NDArray[np.int_], first: Floats, spacings: NDArray[np.int_]) -> NDArray[np.int_]:
    if not len(first) or max(score.max(initial=-np.inf), first.max()) <= 0:
        return np.zeros(0, dtype=int)
    here, k = divmod(int(score.argmax()), score.shape[1])
    if first.max() > score[here, k]:
        return np.array([int(first.argmax())])
    chain = [here]
    while True:
        here -= int(spacings[k])
        chain.append(here)
        if before[chain[-2], k] < 0:
            return np.array(chain[::-1])
        k = int(before[chain[-2], k])
