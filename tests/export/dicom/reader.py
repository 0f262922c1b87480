"""A reader of segmentations written from the standard alone: frames to voxel centres in the patient, pydicom only parses.

Source: DICOM PS3.3 C.7.6.2.1.1 (from pixel to patient), C.7.6.16.2 (functional groups), PS3.5 8.1.1 (bits in order)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray


@dataclass
class Read:
    """A segment as it was found: its description, and the centre of every voxel in it (RAS, mm)."""

    description: Any
    points: list[NDArray[np.float64]] = field(default_factory=list)
    frames: int = 0

    def voxels(self, affine: NDArray[np.float64]) -> list[tuple[int, int, int]]:
        """The voxels of a grid (voxel to RAS mm) whose centres the segment takes up; each centre has to be met to 0.01 mm."""
        points = np.concatenate(self.points)
        index = np.round((points - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T)
        off = np.linalg.norm(index @ affine[:3, :3].T + affine[:3, 3] - points, axis=1)
        assert off.max(initial=0) < 0.01
        return sorted((int(i), int(j), int(k)) for i, j, k in index)


def read(path: Path) -> dict[int, Read]:
    """The segments of a file by their numbers."""
    data = pydicom.dcmread(path)
    rows, columns = data.Rows, data.Columns
    bits = np.unpackbits(np.frombuffer(data.PixelData, np.uint8), bitorder="little")
    frames = bits[: data.NumberOfFrames * rows * columns].reshape(data.NumberOfFrames, rows, columns)
    found = defaultdict(lambda: Read(None), {item.SegmentNumber: Read(item) for item in data.SegmentSequence})
    shared = data.SharedFunctionalGroupsSequence[0]
    for frame, groups in zip(frames, data.PerFrameFunctionalGroupsSequence, strict=True):
        segment = found[group(groups, shared, "SegmentIdentificationSequence").ReferencedSegmentNumber]
        segment.frames += 1
        segment.points.append(_place(frame, groups, shared))
    return dict(found)


def group(own: Any, shared: Any, name: str) -> Any:
    """A functional group's item, the frame's own or the shared one."""
    return (own[name] if name in own else shared[name]).value[0]


def _place(frame: NDArray[np.uint8], own: Any, shared: Any) -> NDArray[np.float64]:
    measures = group(own, shared, "PixelMeasuresSequence")
    cosines = np.array(group(own, shared, "PlaneOrientationSequence").ImageOrientationPatient, dtype=float)
    position = np.array(group(own, shared, "PlanePositionSequence").ImagePositionPatient, dtype=float)
    row, column = np.nonzero(frame)
    between_rows, between_columns = (float(x) for x in measures.PixelSpacing)
    lps = position + np.outer(column * between_columns, cosines[:3]) + np.outer(row * between_rows, cosines[3:])
    return np.asarray(lps * [-1.0, -1.0, 1.0])
