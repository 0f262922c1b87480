"""The source images of a series, as headers: what an object made from them has to know and refer to.

The headers are rebuilt from the records, in the very numbers that the files state; no file is opened again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from thecal.export.dicom.origin import Origin
from thecal.records import LabelMap, Place, Series, SourceImage
from thecal.records.geometry import LPS_TO_RAS, mm_to_voxel

# A slice's stated position may stand this far from the volume's, which ingest rounded; farther, the grid is another one.
SAME_PLACE_MM = 0.01


def why_not(series: Series, label: LabelMap) -> str | None:
    """Why a label map cannot stand on the source images of its series, in words; None where it can."""
    if not series.source_images or series.volume is None:
        return "it did not come as DICOM images"
    if series.frame_of_reference_uid is None or series.series_instance_uid is None:
        return "its images state no frame of reference, or not which series they are of"
    stated = np.array([image.image_position_patient for image in series.source_images])
    corners = np.stack([np.zeros(len(stated)), np.zeros(len(stated)), np.arange(len(stated)), np.ones(len(stated))])
    placed = (LPS_TO_RAS @ series.volume.affine @ corners)[:3].T
    if len(stated) != series.volume.shape[2] or np.abs(stated - placed).max() > SAME_PLACE_MM * max(
        1, len(stated) / 20
    ):
        return "its voxels were moved from where its images lie (a tilted gantry)"
    if not label.volume.grid.same_as(series.volume.grid):
        return "it was drawn on another grid than the series has"
    return None


def headers(series: Series, origin: Origin) -> list[Dataset]:
    """One header per source image for classic series, in slice order; a single one with all frames for a multi-frame object."""
    first, study = series.source_images[0], origin.header()
    if first.frame_number is None:
        return [_single(series, image, study) for image in series.source_images]
    return [_multi_frame(series, study)]


def header_of(series: Series, image: SourceImage, origin: Origin) -> Dataset:
    """The header of one source object, enough to refer to it."""
    return _common(series, image, origin.header())


def all_headers(series: Series, origin: Origin) -> list[Dataset]:
    """A header for each object that a series is made of, each once."""
    objects, study = {image.sop_instance_uid: image for image in series.source_images}, origin.header()
    return [_common(series, image, study) for image in objects.values()]


def image_at(series: Series, place: Place) -> SourceImage | None:
    """The source image of the slice that a place lies in, None where there is none."""
    if series.volume is None or not series.source_images:
        return None
    k = round(float(mm_to_voxel(series.volume, [place.x, place.y, place.z])[2]))
    return series.source_images[k] if 0 <= k < len(series.source_images) else None


def _common(series: Series, image: SourceImage, study: Dataset) -> Dataset:
    assert series.volume is not None
    data = Dataset()
    data.update(study)
    data.SOPClassUID, data.SOPInstanceUID = image.sop_class_uid, image.sop_instance_uid
    data.SeriesInstanceUID, data.Modality = series.series_instance_uid or "", series.acquisition.modality or "MR"
    data.FrameOfReferenceUID, data.PositionReferenceIndicator = series.frame_of_reference_uid, ""
    data.Columns, data.Rows = series.volume.shape[:2]
    return data


def _single(series: Series, image: SourceImage, study: Dataset) -> Dataset:
    data = _common(series, image, study)
    data.ImagePositionPatient = list(image.image_position_patient)
    # One stack has one direction; headers may round it differently from slice to slice.
    data.ImageOrientationPatient = list(series.source_images[0].image_orientation_patient)
    data.PixelSpacing, data.SliceThickness = list(image.pixel_spacing), _thickness(series)
    return data


def _multi_frame(series: Series, study: Dataset) -> Dataset:
    images = series.source_images
    data = _common(series, images[0], study)
    data.NumberOfFrames = len(images)
    shared = Dataset()
    shared.PlaneOrientationSequence = [_item(ImageOrientationPatient=images[0].image_orientation_patient)]
    shared.PixelMeasuresSequence = [_item(PixelSpacing=images[0].pixel_spacing)]
    shared.PixelMeasuresSequence[0].SliceThickness = _thickness(series)
    data.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for image in images:
        frame = Dataset()
        frame.PlanePositionSequence = [_item(ImagePositionPatient=image.image_position_patient)]
        frames.append(frame)
    data.PerFrameFunctionalGroupsSequence = frames
    return data


def _item(**values: Sequence[float]) -> Dataset:
    item = Dataset()
    for word, numbers in values.items():
        setattr(item, word, list(numbers))
    return item


def _thickness(series: Series) -> float:
    assert series.volume is not None
    return float(series.acquisition.slice_thickness_mm or round(float(series.volume.spacing_mm[2]), 4))
