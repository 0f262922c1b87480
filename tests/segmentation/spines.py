"""Grids, spines and lesions that the segmentation is tried on."""

from __future__ import annotations

import numpy as np
import phantoms
from numpy.typing import NDArray

SAGITTAL = phantoms.grid((53, 61, 15), (1.4, 1.7, 3.3), "PSR")
FINE = phantoms.grid((53, 61, 47), (1.4, 1.7, 1.2), "PSR")
AXIAL = phantoms.grid((61, 63, 13), (1.0, 1.1, 7.5), "LPS")
HEALTHY = phantoms.Spine()
# Grey matter as bright as it gets on T2: a third of the way from white matter to CSF.
GREY = phantoms.Blob(0, (0, 0, 0), (3.6, 1.6, 1e4), {"T2w": 1.7, "T2w_fs": 1.7}, within="cord")
WITH_GREY = phantoms.Spine(blobs=(GREY,))
TUMOUR = phantoms.Blob(
    1, (0, 0, 5), (4.5, 3.4, 11), {"T2w": 2.2, "T2w_fs": 2.2, "T1w": 0.9, "T1w_ce": 1.9}, within="cord"
)
NODULE = phantoms.Blob(
    1, (6.5, -4.5, -12), (3.2, 3.0, 7), {"T2w": 1.0, "T2w_fs": 1.0, "T1w": 0.95, "T1w_ce": 2.1}, within="csf"
)


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
