"""What a phantom leaves on disk."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from thecal.simulation import Phantom, simulate, write_phantom


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return simulate("schwannoma", 2, protocol="tiny")


def test_nifti_folder_holds_images_truth_and_context(phantom: Phantom, tmp_path: Path) -> None:
    write_phantom(phantom, tmp_path)
    images = sorted(path.name for path in (tmp_path / "images").glob("*.nii.gz"))
    assert images == sorted(f"sub-sim_{series.key}.nii.gz" for series in phantom.study.series)
    sidecar = json.loads((tmp_path / "images" / "sub-sim_acq-sag_ce-gadolinium_T1w.json").read_text())
    assert sidecar["ContrastBolusIngredient"] == "Gadobutrol"
    assert 0.005 < sidecar["EchoTime"] < 0.02
    told = json.loads((tmp_path / "truth" / "findings.json").read_text())
    assert told["findings"] == dict(phantom.findings)
    assert json.loads((tmp_path / "context.json").read_text()) == dict(phantom.context)
    for name in ("anatomy", "lesion"):
        image = nib.load(tmp_path / "truth" / f"{name}.nii.gz")
        assert image.get_data_dtype() == np.int16
        assert np.array_equal(np.asarray(image.dataobj), getattr(phantom, name).volume.voxels)


def test_the_same_phantom_writes_the_same_bytes(phantom: Phantom, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_phantom(phantom, tmp_path / name)
    first = {
        path.relative_to(tmp_path / "one"): path.read_bytes()
        for path in (tmp_path / "one").rglob("*")
        if path.is_file()
    }
    second = {
        path.relative_to(tmp_path / "two"): path.read_bytes()
        for path in (tmp_path / "two").rglob("*")
        if path.is_file()
    }
    assert first == second


def test_dicom_folder_holds_a_file_for_each_slice(phantom: Phantom, tmp_path: Path) -> None:
    write_phantom(phantom, tmp_path, "dicom", shuffled=True)
    files = [pydicom.dcmread(path, stop_before_pixels=True) for path in (tmp_path / "dicom").rglob("*.dcm")]
    assert len(files) == sum(series.volume.shape[2] for series in phantom.study.series if series.volume is not None)
    assert {str(data.PatientName) for data in files} == {"Simulated^Patient"}
    assert len({data.StudyInstanceUID for data in files}) == 1
    assert {data.FrameOfReferenceUID for data in files} == {phantom.study.series[0].frame_of_reference_uid}
    assert {data.SeriesInstanceUID for data in files} == {series.series_instance_uid for series in phantom.study.series}
    assert (tmp_path / "truth" / "findings.json").exists()
