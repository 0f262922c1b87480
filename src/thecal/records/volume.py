"""Image values on a regular grid in the patient: Grid, Volume, LabelMap.

Voxels are counted i, j, k. Millimetres are x, y, z in RAS: x grows to the patient's right, y to the front, z to the head.
An affine takes a voxel's index to the millimetre position of its centre.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from thecal.records.form import MatrixForm, VoxelForm

Voxels = Annotated[NDArray[Any], VoxelForm()]
Affine = Annotated[NDArray[np.float64], MatrixForm()]


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.setflags(write=False)
    return view


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the voxels of an image lie in the patient.

    shape counts voxels along i, j, k; affine is 4 × 4, voxel index to mm in RAS.
    """

    shape: tuple[int, int, int]
    affine: Affine

    def __post_init__(self) -> None:
        object.__setattr__(self, "affine", _frozen(np.array(self.affine, dtype=np.float64)))

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance between neighbouring voxel centres along i, j, k, in mm."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0), dtype=np.float64)

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel, in mm³."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    @property
    def centre_mm(self) -> NDArray[np.float64]:
        """Centre of the field of view, x, y, z in mm."""
        middle = (np.array(self.shape, dtype=np.float64) - 1) / 2
        return np.asarray(self.affine[:3, :3] @ middle + self.affine[:3, 3], dtype=np.float64)

    def same_as(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        """Whether two grids hold the same voxels in the same places, to within tolerance_mm."""
        return self.shape == other.shape and bool(np.allclose(self.affine, other.affine, rtol=0, atol=tolerance_mm))


@dataclass(frozen=True, eq=False)
class Volume:
    """A three-dimensional image of the patient: values on a grid.

    voxels has axes i, j, k; affine as in Grid. Values keep their stored type.
    """

    voxels: Voxels
    affine: Affine

    def __post_init__(self) -> None:
        if self.voxels.ndim != 3:
            raise ValueError(f"a volume has 3 axes, not {self.voxels.ndim}")
        object.__setattr__(self, "voxels", _frozen(self.voxels))
        object.__setattr__(self, "affine", _frozen(np.array(self.affine, dtype=np.float64)))

    @property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        shape = self.voxels.shape
        return Grid((shape[0], shape[1], shape[2]), self.affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along i, j, k."""
        return self.grid.shape

    @property
    def spacing_mm(self) -> NDArray[np.float64]:
        """Distance between neighbouring voxel centres along i, j, k, in mm."""
        return self.grid.spacing_mm

    @cached_property
    def digest(self) -> str:
        """SHA-256 of values and place: the same image has the same digest wherever it came from."""
        return digest_of(self.voxels, self.affine)


def digest_of(voxels: NDArray[Any], affine: NDArray[np.float64]) -> str:
    """SHA-256 over shape, type, values and the affine rounded to a nanometre."""
    sha = hashlib.sha256()
    sha.update(repr((voxels.shape, voxels.dtype.str)).encode())
    sha.update(np.ascontiguousarray(voxels).tobytes())
    sha.update((np.round(np.asarray(affine, dtype=np.float64), 6) + 0.0).tobytes())
    return sha.hexdigest()


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Which structure each voxel belongs to.

    volume holds int16 codes (0 is background); names says what each code means; source_key is the series it was drawn on
    (None when composed over the study); segmenter and weights_digest say what drew it; notes say what the map cannot show.
    """

    volume: Volume
    names: Mapping[int, str]
    source_key: str | None
    segmenter: str
    weights_digest: str = ""
    notes: tuple[str, ...] = field(default=())
