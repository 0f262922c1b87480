from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import examples
import numpy as np
import pydicom
from export.dicom import studies

from thecal.export.dicom import sources
from thecal.records import Place, Volume
from thecal.records.geometry import voxel_to_mm


def test_headers_hold_the_geometry_of_the_files(tmp_path: Path) -> None:
    made = studies.make(tmp_path, "axial", 0.2)
    stored = {data.SOPInstanceUID: data for data in map(pydicom.dcmread, tmp_path.iterdir())}
    for header in sources.headers(made.series, made.origin):
        file = stored[header.SOPInstanceUID]
        for word in (
            "ImagePositionPatient",
            "PixelSpacing",
            "SliceThickness",
            "Rows",
            "Columns",
            "FrameOfReferenceUID",
        ):
            assert header[word].value == file[word].value


def test_a_series_from_elsewhere_or_moved_is_not_drawn_on(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    series, label = made.series, made.segmented.anatomy[made.series.key]
    assert series.volume is not None
    assert sources.why_not(series, label) is None
    moved = series.volume.affine.copy()
    moved[0, 3] += 2
    assert "moved" in str(sources.why_not(replace(series, volume=Volume(series.volume.voxels, moved)), label))
    assert "frame of reference" in str(sources.why_not(replace(series, frame_of_reference_uid=None), label))
    assert "which series" in str(sources.why_not(replace(series, series_instance_uid=None), label))
    assert "DICOM" in str(sources.why_not(examples.series("acq-sag_T2w", 1), label))
    shifted = replace(label, volume=Volume(label.volume.voxels, moved))
    assert "another grid" in str(sources.why_not(series, shifted))


def test_a_place_finds_the_slice_it_lies_in(tmp_path: Path) -> None:
    series = studies.make(tmp_path, angle=0.3).series
    assert series.volume is not None
    x, y, z = voxel_to_mm(series.volume, [3, 4, 6.4])
    assert sources.image_at(series, Place(series.key, x, y, z)) == series.source_images[6]
    x, y, z = voxel_to_mm(series.volume, [3, 4, 60])
    assert sources.image_at(series, Place(series.key, x, y, z)) is None
    assert np.isfinite(x)
