"""The segments of a source series: structures, tissues and single lesions, each with its voxels in that series' grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thecal.export.dicom import codes
from thecal.export.dicom.codes import Structure
from thecal.records import AlignedStudy, Grid, LabelMap, Lesion, Segmentation
from thecal.records.geometry import resample, voxel_to_mm

Numbers: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Segment:
    """One segment: what it is, and where; of a single lesion also the UID it is tracked by.

    Its voxels are those of planes (axes slices, rows, columns) that hold number; segments of one map share the planes.
    """

    structure: Structure
    planes: Numbers
    number: int
    tracking_uid: str | None = None

    @property
    def voxels(self) -> NDArray[np.bool_]:
        """Which voxels it takes up, i, j, k of the series."""
        return np.asarray((self.planes == self.number).transpose(2, 1, 0))


def anatomy_of(label: LabelMap) -> list[Segment]:
    """The structures drawn on a series, in the order of their numbers."""
    return _by_number(label, codes.ANATOMY)


def lesions_of(label: LabelMap, key: str, segmentation: Segmentation, aligned: AlignedStudy) -> list[Segment]:
    """The tissues of the lesions drawn on a series, then each lesion as a whole with its tracking UID."""
    planes = _planes(instances_on(label, key, segmentation, aligned))
    seen = _numbers(planes)
    whole = [
        Segment(_whole(lesion), planes, lesion.instance, lesion.tracking_uid)
        for lesion in sorted(segmentation.lesions, key=lambda one: one.instance)
        if lesion.instance in seen
    ]
    return [*_by_number(label, codes.TISSUES), *whole]


def instances_on(label: LabelMap, key: str, segmentation: Segmentation, aligned: AlignedStudy) -> Numbers:
    """Which lesion each lesion voxel of a series belongs to (0 where it was not called one).

    Lesions are numbered in the reference grid. A voxel takes the number at its place; one beside it takes the nearest number
    within its connected part; a part that no numbered lesion touches stays unnumbered.
    """
    drawn = np.asarray(label.volume.voxels) > 0
    numbers = np.zeros(label.volume.shape, dtype=np.int16)
    if segmentation.composed_instances is None or not drawn.any():
        return numbers
    box = tuple(slice(int(at.min()), int(at.max()) + 1) for at in np.nonzero(drawn))
    part = label.volume.affine.copy()
    part[:3, 3] = voxel_to_mm(label.volume, [side.start for side in box])
    shape = drawn[box].shape
    to_reference = aligned.to_reference.get(key, np.eye(4))
    grid = Grid((shape[0], shape[1], shape[2]), part)
    there = resample(segmentation.composed_instances.volume, grid, to_reference, order=0)
    numbers[box] = _spread(np.where(drawn[box], there.voxels, 0), drawn[box], label.volume.spacing_mm)
    return numbers


def _spread(numbers: Numbers, drawn: NDArray[np.bool_], spacing: NDArray[np.float64]) -> Numbers:
    from scipy import ndimage

    parts, _ = ndimage.label(drawn, structure=np.ones((3, 3, 3)))
    for part, box in enumerate(ndimage.find_objects(parts), start=1):
        inside = parts[box] == part
        known = np.where(inside, numbers[box], 0)
        if known.any() and (known[inside] == 0).any():
            nearest = ndimage.distance_transform_edt(
                known == 0, sampling=spacing, return_distances=False, return_indices=True
            )
            numbers[box][inside] = known[tuple(nearest)][inside]
    return numbers


def _by_number(label: LabelMap, known: Mapping[int, Structure]) -> list[Segment]:
    planes = _planes(np.asarray(label.volume.voxels))
    return [
        Segment(codes.structure(number, known, label.names.get(number, f"label {number}")), planes, number)
        for number in _numbers(planes)
    ]


def _planes(voxels: Numbers) -> Numbers:
    """Voxels i, j, k as slices, rows, columns."""
    return np.ascontiguousarray(voxels.transpose(2, 1, 0))


def _numbers(planes: Numbers) -> list[int]:
    """The numbers above 0 that occur."""
    return [int(number) for number in np.unique(planes[planes > 0])]


def _whole(lesion: Lesion) -> Structure:
    likeliest = max(lesion.compartment, key=lambda name: lesion.compartment[name], default="")
    region = codes.COMPARTMENTS.get(likeliest, codes.SPINE)
    colour = codes.INSTANCE_COLOURS[(lesion.instance - 1) % len(codes.INSTANCE_COLOURS)]
    return Structure(f"lesion {lesion.instance}", codes.ABNORMAL, codes.LESION, colour, region)
