"""How large a lesion is, as radiologists give it: three diameters along the body's axes, and the longest on one slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from thecal.findings.axis import Axis, axis_of, spread
from thecal.findings.views import Mask, View, look, usable
from thecal.records import AlignedStudy, Lesion, Role, Segmentation

ROLES: tuple[Role, ...] = ("T1w_ce", "T2w", "T2w_fs", "T1w", "T2starw", "ct", "other", "ct_myelogram")
# What two readers' ends of one lesion differ by, in mm, beside the voxel (judged).
ENDS_MM = 1.5
# Depth and width are the largest of sections so high; pieces under this share of the lesion are specks.
SECTION_MM, SPECK = 3.0, 0.04
# Points stand in for a voxel at least this densely.
POINT_MM = 1.0

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Diameters:
    """Sizes in mm with their standard deviations: along the course of the cord, front to back, and right to left.

    longest_mm is the longest distance between two points of the lesion on one acquired slice of the series longest_on.
    """

    length_mm: float
    depth_mm: float
    width_mm: float
    sd_mm: tuple[float, float, float]
    longest_mm: float
    longest_on: str

    @property
    def words(self) -> str:
        """`34 × 12 × 11 mm (along the spine, front to back, right to left), longest on a slice 33 mm`."""
        sizes = " × ".join(f"{one:.0f}" for one in (self.length_mm, self.depth_mm, self.width_mm))
        axes = "along the spine, front to back, right to left"
        return f"{sizes} mm ({axes}), longest on a slice {self.longest_mm:.0f} mm"


def diameters_of(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> Diameters | None:
    """The size of a lesion with its cysts, oedema and syrinx left out; None where it was drawn on no series with an axis.

    Each diameter comes from the series that is finest in its direction. Length is that between the ends along the cord's
    course; depth and width are the largest of any section across it, so that a lesion that follows a bent cord is not taken
    for a deep one.
    """
    seen = [(view, mask) for one in usable(aligned, ROLES, lesion)
            if (mask := _whole((view := look(aligned, segmentation, one.key)), lesion)).any()]  # fmt: skip
    placed = [(view, mask, axis) for view, mask in seen if (axis := axis_of(view)) is not None]
    if not placed:
        return None
    told = [_extents(view, mask, axis) for view, mask, axis in placed]
    sizes, errors = [], []
    for n in range(3):
        extent, step = min((one[n] for one in told), key=lambda pair: pair[1])
        sizes.append(extent)
        errors.append(round(float(np.hypot(step / np.sqrt(6), ENDS_MM)), 2))
    longest, key = max((longest_in_slices(view, mask), view.series.key) for view, mask, _ in placed)
    return Diameters(sizes[0], sizes[1], sizes[2], (errors[0], errors[1], errors[2]), longest, key)


def _whole(view: View, lesion: Lesion) -> Mask:
    """The lesion as its size is given, without specks."""
    mask = view.core(lesion)
    pieces, count = ndimage.label(mask, np.ones((3, 3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())
    return np.asarray(mask & (sizes >= SPECK * sizes[1:].sum())[pieces])


def _extents(view: View, mask: Mask, axis: Axis) -> tuple[tuple[float, float], ...]:
    """Length, depth and width of a mask in mm, each with the voxel's step in that direction."""
    points = spread(view.grid, np.argwhere(mask), POINT_MM)
    along, right, front = axis.locate(points)
    near = int(np.argmin(np.abs(axis.along - np.median(along))))
    directions = [axis.tangent[near], axis.front[near], axis.right[near]]
    steps = [float(np.abs(one @ view.affine[:3, :3]).max()) for one in directions]
    counts = np.maximum(np.ceil(view.grid.spacing_mm / POINT_MM - 1e-6), 1)
    # Points stand in the middle of their pieces of a voxel: half a piece is missing at either end.
    pieces = [float(np.abs(one @ (view.affine[:3, :3] / counts)).max()) for one in directions]
    section = np.floor(along / max(SECTION_MM, steps[0])).astype(int)
    across = [max(float(np.ptp(side[section == n])) for n in np.unique(section)) for side in (front, right)]
    sizes = [float(np.ptp(along)), *across]
    return tuple((size + piece, step) for size, piece, step in zip(sizes, pieces, steps, strict=True))


def longest_in_slices(view: View, mask: Mask) -> float:
    """The longest distance between two points of a mask on one slice, in mm; on any of the three planes of a volume."""
    axes = range(3) if view.series.slice_axis is None else (view.series.slice_axis,)
    best = 0.0
    for slices in axes:
        plane = [n for n in range(3) if n != slices]
        for number in np.flatnonzero(mask.any(axis=tuple(plane))):
            index = np.argwhere(np.take(mask, number, axis=slices)).astype(np.float64)
            corners = np.concatenate([index + np.array([a, b]) for a in (-0.5, 0.5) for b in (-0.5, 0.5)])
            best = max(best, _widest(corners @ view.affine[:3, plane].T))
    return best


def _widest(points: Array) -> float:
    """The longest distance between two of some points of a plane."""
    basis = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][:2]
    flat = (points - points.mean(axis=0)) @ basis.T
    try:
        rim = flat[ConvexHull(flat).vertices]
    except QhullError:
        rim = flat
    return float(pdist(rim).max()) if len(rim) > 1 else 0.0
