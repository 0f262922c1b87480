"""A stack taken with a tilted gantry set upright."""

from __future__ import annotations

import numpy as np

from thecal.records import Volume
from thecal.records.geometry import mm_to_voxel, resample, voxel_to_mm
from thecal.records.volume import Grid


def straighten(volume: Volume) -> Volume:
    """The slices of a sheared stack shifted within their planes, so that the third axis stands upright on them.

    Only in-plane neighbours are interpolated; the field grows to hold every slice, and the least value fills the corners.
    """
    along, down, step = volume.affine[:3, :3].T
    normal = np.cross(along, down)
    upright = volume.affine.copy()
    upright[:3, 2] = normal * (step @ normal) / (normal @ normal)
    first_and_last = np.array([[0, 0, 0], [0, 0, volume.shape[2] - 1]])
    origins = mm_to_voxel(Grid(volume.shape, upright), voxel_to_mm(volume, first_and_last))[:, :2]
    low = np.floor(origins.min(axis=0) + 1e-6).astype(int)
    high = np.ceil(origins.max(axis=0) - 1e-6).astype(int)
    upright[:3, 3] = voxel_to_mm(Grid(volume.shape, upright), [*low, 0])
    width, height = (int(volume.shape[k] + high[k] - low[k]) for k in range(2))
    return resample(volume, Grid((width, height, volume.shape[2]), upright), fill=float(volume.voxels.min()))
