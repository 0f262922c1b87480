from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from ingest.dicom_files import write_stack
from numpy.typing import NDArray

from thecal.ingest import read
from thecal.records import Acquisition, Series, Volume
from thecal.records.geometry import LPS_TO_RAS
from thecal.simulation import dicom
from thecal.simulation.dicom import Kind

AFFINE = np.array([[0.1, 0.2, 3.3, -20.0], [0.8, 0.0, 0.3, 30.0], [0.0, -0.8, 0.1, 40.0], [0, 0, 0, 1.0]])


def _only(folder: Path) -> Series:
    (series,) = read(folder)[0].images()
    return series


def _upright(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    axes, _ = np.linalg.qr(affine[:3, :3])
    square = affine.copy()
    square[:3, :3] = axes * np.array([0.7, 0.9, 3.3])
    return square


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_every_slice_knows_its_image_in_the_headers_own_numbers(tmp_path: Path, kind: Kind) -> None:
    values = np.random.default_rng(1).integers(1, 900, (17, 23, 7)).astype(np.uint16)
    dicom.write(Volume(values, _upright(AFFINE)), Acquisition(series_number=3), tmp_path, kind=kind, shuffled=True)
    series = _only(tmp_path)
    assert series.volume is not None
    assert len(series.source_images) == 7
    stored = {data.SOPInstanceUID: data for data in map(pydicom.dcmread, tmp_path.iterdir())}
    for k, image in enumerate(series.source_images):
        data = stored[image.sop_instance_uid]
        pixels = data.pixel_array if image.frame_number is None else data.pixel_array[image.frame_number - 1]
        assert np.array_equal(pixels.T, series.volume.voxels[:, :, k])
        assert image.sop_class_uid == data.SOPClassUID
        place = LPS_TO_RAS[:3, :3] @ image.image_position_patient
        assert np.allclose(place, series.volume.affine @ [0, 0, k, 1] @ np.eye(4)[:, :3], atol=1e-3)


def test_an_object_of_one_image_has_no_frame_number(tmp_path: Path) -> None:
    write_stack(tmp_path, 3)
    assert [image.frame_number for image in _only(tmp_path).source_images] == [None] * 3


def test_what_a_derived_object_must_repeat_of_the_study_is_kept(tmp_path: Path) -> None:
    write_stack(
        tmp_path, 3, StudyID="7", StudyTime="101112", ReferringPhysicianName="Roe^Ann", IssuerOfPatientID="HOSP"
    )
    identity = read(tmp_path)[1]
    assert (identity.study_id, identity.study_time) == ("7", "101112")
    assert (identity.referring_physician_name, identity.issuer_of_patient_id) == ("Roe^Ann", "HOSP")
