"""Vertebral bodies and discs painted between the named discs of a column. Arches and processes are not drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from thecal.segmentation.codes import DISCS, LEVEL_NAMES, LEVELS
from thecal.segmentation.column import Column
from thecal.segmentation.frame import Floats
from thecal.segmentation.levels import HEIGHT_MM, Naming

# Disc height, depth and half the width of the body in mm at these levels, between them by interpolation. Judged.
SIZES = {"C3": (5.0, 15.0, 9.5), "C7": (5.5, 16.5, 12.5), "T3": (4.0, 18.0, 14.0), "T9": (5.0, 27.0, 15.0),
         "T12": (6.5, 30.0, 20.0), "L3": (10.5, 34.0, 23.0), "L5": (10.0, 34.0, 25.5)}  # fmt: skip
WALL_MM = 1.5


@dataclass(frozen=True, eq=False)
class Painter:
    """Knows the code of every point in front of the canal, in the frame of the series that the column was found on.

    codes holds vertebra or disc for each mm along the back wall, body the vertebra alone (0 beyond what was named).
    """

    column: Column
    tree: cKDTree
    codes: NDArray[np.int16]
    body: NDArray[np.int16]
    sizes: Floats

    def at(self, points: Floats) -> NDArray[np.int16]:
        """Codes of vertebra or disc at frame mm points (n, 3); 0 where there is none."""
        away, index = self.tree.query(points[:, 1:], distance_upper_bound=45.0)
        near = np.isfinite(away)
        place = np.where(near, index, 0)
        offset = points[:, 1:] - np.stack([self.column.y, self.column.z], axis=1)[place]
        depth = (offset * self.column.forward[place]).sum(axis=1)
        aside = np.abs(points[:, 0] - self.column.x[place])
        along = np.abs(offset @ np.array([0.0, 1.0]) - depth * self.column.forward[place, 1])
        inside = near & (depth > WALL_MM) & (depth < WALL_MM + self.sizes[place, 1])
        inside &= (aside < self.sizes[place, 2]) & (along < 3.0)
        return np.where(inside, self.codes[place], 0).astype(np.int16)


def painter(column: Column, naming: Naming) -> Painter:
    """A painter for a column whose discs have names."""
    discs = column.discs[np.array(naming.levels) >= 0]
    levels = np.array([level for level in naming.levels if level >= 0], dtype=np.float64)
    at = np.arange(len(column.z), dtype=np.float64)
    known = np.array([LEVEL_NAMES.index(name) for name in SIZES], dtype=np.float64)
    table = np.array(list(SIZES.values()))
    level_at = np.interp(at, discs, levels)
    sizes = np.stack([np.interp(level_at, known, part) for part in table.T], axis=1)
    body = _bodies(at, discs, levels)
    codes = _with_discs(body, at, discs, levels, sizes)
    tree = cKDTree(np.stack([column.y, column.z], axis=1))
    return Painter(column, tree, codes, body, sizes)


def _bodies(at: Floats, discs: Floats, levels: Floats) -> NDArray[np.int16]:
    """The vertebra at each mm along the back wall: one above each disc, and the one below the lowest."""
    codes = np.zeros(len(at), dtype=np.int16)
    number_of = dict(LEVELS)
    tops = np.append(discs[1:], discs[-1] + HEIGHT_MM.get(LEVEL_NAMES[int(levels[-1])], 20.0))
    for disc, top, level in zip(discs, tops, levels.astype(int), strict=True):
        codes[(at >= disc) & (at < top)] = number_of[LEVEL_NAMES[level]]
    below = LEVEL_NAMES[int(levels[0]) + 1]
    codes[(at < discs[0]) & (at > discs[0] - HEIGHT_MM.get(below, 30.0))] = number_of[below]
    return codes


def _with_discs(body: NDArray[np.int16], at: Floats, discs: Floats, levels: Floats, sizes: Floats) -> NDArray[np.int16]:
    codes = body.copy()
    for disc, level in zip(discs, levels.astype(int), strict=True):
        codes[np.abs(at - disc) < sizes[min(int(disc), len(sizes) - 1), 0] / 2] = DISCS[LEVEL_NAMES[level]]
    return codes
