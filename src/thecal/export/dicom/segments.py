"""The segments of a source series: structures, tissues and single lesions, each with its voxels in that series' grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thecal.export.dicom import codes
from thecal.export.dicom.codes import Structure
from thecal.records import AlignedStudy, LabelMap, Lesion, Segmentation
from thecal.records.geometry import resample

Numbers: TypeAlias = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Segment:
    """One segment: what it is, and its voxels (i, j, k of the series); of a single lesion also the UID it is tracked by."""

    structure: Structure
    voxels: NDArray[np.bool_]
    tracking_uid: str | None = None


def anatomy_of(label: LabelMap) -> list[Segment]:
    """The structures drawn on a series, in the order of their numbers."""
    return _by_number(label, codes.ANATOMY)


def lesions_of(label: LabelMap, key: str, segmentation: Segmentation, aligned: AlignedStudy) -> list[Segment]:
    """The tissues of the lesions drawn on a series, then each lesion as a whole with its tracking UID."""
    numbers = instances_on(label, key, segmentation, aligned)
    whole = [
        Segment(_whole(lesion), numbers == lesion.instance, lesion.tracking_uid)
        for lesion in sorted(segmentation.lesions, key=lambda one: one.instance)
        if (numbers == lesion.instance).any()
    ]
    return [*_by_number(label, codes.TISSUES), *whole]


def instances_on(label: LabelMap, key: str, segmentation: Segmentation, aligned: AlignedStudy) -> Numbers:
    """Which lesion each lesion voxel of a series belongs to (0 where it was not called one).

    Lesions are numbered in the reference grid. A voxel takes the number at its place; one beside it takes the nearest number
    within its connected part; a part that no numbered lesion touches stays unnumbered.
    """
    drawn = np.asarray(label.volume.voxels) > 0
    if segmentation.composed_instances is None or not drawn.any():
        return np.zeros(label.volume.shape, dtype=np.int16)
    to_reference = aligned.to_reference.get(key, np.eye(4))
    there = resample(segmentation.composed_instances.volume, label.volume.grid, to_reference, order=0)
    numbers: Numbers = np.where(drawn, there.voxels, 0)
    return _spread(numbers, drawn, label.volume.spacing_mm)


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
    voxels = np.asarray(label.volume.voxels)
    numbers = [int(number) for number in np.unique(voxels) if number > 0]
    return [
        Segment(codes.structure(number, known, label.names.get(number, f"label {number}")), voxels == number)
        for number in numbers
    ]


def _whole(lesion: Lesion) -> Structure:
    likeliest = max(lesion.compartment, key=lambda name: lesion.compartment[name], default="")
    region = codes.COMPARTMENTS.get(likeliest, codes.SPINE)
    colour = codes.INSTANCE_COLOURS[(lesion.instance - 1) % len(codes.INSTANCE_COLOURS)]
    return Structure(f"lesion {lesion.instance}", codes.ABNORMAL, codes.LESION, colour, region)
