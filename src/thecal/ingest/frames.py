"""One file of DICOM as image planes with a place in the patient, or the reason why it holds none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID

from thecal.ingest.sources import Source
from thecal.ingest.tags import Tags
from thecal.records import SourceImage

Kind = Literal["planes", "radiograph", "mrs", "topogram"]
_PLANES = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
}
# Enhanced and legacy converted enhanced MR and CT: many images in one object.
_MULTI_FRAME = tuple(f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("4.1", "4.4", "2.1", "2.2"))
_SPECTROSCOPY = "1.2.840.10008.5.1.4.1.1.4.2"
# Computed and digital radiography, fluoroscopy and angiography: the myelograms of old.
_RADIOGRAPHS = tuple(
    f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("1", "1.1", "1.1.1", "12.1", "12.1.1", "12.2", "12.2.1")
)
_REASONS = {
    "1.2.840.10008.5.1.4.1.1.7": "a secondary capture: a picture of a screen, without a place in the patient",
    "1.2.840.10008.5.1.4.1.1.4.3": "a colour image: its values measure nothing",
    "1.2.840.10008.5.1.4.1.1.11": "a presentation state: how to show images, not an image",
    "1.2.840.10008.5.1.4.1.1.88": "a structured report",
    "1.2.840.10008.5.1.4.1.1.104": "an encapsulated document",
    "1.2.840.10008.5.1.4.1.1.66": "derived or raw data, not an image of the patient",
}
# Cosines of a header are rounded; beyond this, row and column are not at right angles and the header is wrong.
_SQUARE = 1e-2


@dataclass(frozen=True, eq=False)
class Frame:
    """One image plane: where its pixels are, and where it lies in the patient (LPS, mm).

    index counts frames in the file; position is the centre of the first pixel; row points along increasing columns, column
    along increasing rows; spacing is between rows, then between columns.
    """

    source: Source
    index: int
    tags: Tags
    position: NDArray[np.float64]
    row: NDArray[np.float64]
    column: NDArray[np.float64]
    spacing: tuple[float, float]
    shape: tuple[int, int]

    @property
    def normal(self) -> NDArray[np.float64]:
        """Across the slice; slices are counted along it."""
        return np.asarray(np.cross(self.row, self.column))

    @property
    def depth(self) -> float:
        """Where the plane stands along its normal, in mm."""
        return float(self.position @ self.normal)


def kind_of(tags: Tags) -> Kind | str:
    """What a file holds: a Kind that is read or listed, or in words why it is left unread."""
    sop_class = str(tags.get("SOPClassUID", ""))
    if sop_class == _SPECTROSCOPY:
        return "mrs"
    if sop_class in _RADIOGRAPHS:
        return "radiograph"
    if sop_class not in _PLANES:
        near = [key for key in _REASONS if sop_class == key or sop_class.startswith(key + ".")]
        return _REASONS[near[0]] if near else f"not an image that thecal reads ({UID(sop_class).name})"
    image_type = tags.get("ImageType", ())
    if "MOSAIC" in image_type:
        return "a mosaic: many slices drawn on one sheet; export it as single slices or enhanced multi-frame"
    if tags.get("SamplesPerPixel", 1) != 1 or "RGB" in str(tags.get("PhotometricInterpretation", "")):
        return _REASONS["1.2.840.10008.5.1.4.1.1.4.3"]
    if _PLANES[sop_class] == "CT" and "LOCALIZER" in image_type:
        return "topogram"
    return "planes"


def frames_of(source: Source, planes: Sequence[Tags]) -> list[Frame] | str:
    """The file's image planes in order, or in words why they have no place in the patient."""
    frames = []
    for index, tags in enumerate(planes):
        frame = _place(source, index, tags)
        if isinstance(frame, str):
            return frame
        frames.append(frame)
    return frames


def source_image_of(frame: Frame) -> SourceImage:
    """The object and frame an image plane came from, with its place in the very numbers of the header."""
    tags = frame.tags
    sop_class = str(tags.get("SOPClassUID", ""))
    return SourceImage(
        sop_class_uid=sop_class,
        sop_instance_uid=str(tags.get("SOPInstanceUID", "")),
        frame_number=frame.index + 1 if sop_class in _MULTI_FRAME else None,
        image_position_patient=tags["ImagePositionPatient"],
        image_orientation_patient=tags["ImageOrientationPatient"],
        pixel_spacing=frame.spacing,
    )


def _place(source: Source, index: int, tags: Tags) -> Frame | str:
    position, axes, spacing = (
        np.array(tags.get(word, ())) for word in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    )
    if position.shape != (3,) or axes.shape != (6,):
        return "no position in the patient (a screenshot or a projection)"
    if spacing.shape != (2,) or spacing.min() <= 0:
        return "no pixel spacing"
    row, column = axes[:3], axes[3:]
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if abs(lengths[0] - 1) > _SQUARE or abs(lengths[1] - 1) > _SQUARE or abs(row @ column) > _SQUARE:
        return "rows and columns that are not at right angles"
    row = row / lengths[0]
    column = column / lengths[1] - (row @ column / lengths[1]) * row
    shape = (int(tags.get("Rows", 0)), int(tags.get("Columns", 0)))
    if min(shape) < 1:
        return "no rows or columns"
    pair = (float(spacing[0]), float(spacing[1]))
    return Frame(source, index, tags, position, row, column / np.linalg.norm(column), pair, shape)
