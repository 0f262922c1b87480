"""Diffusion, CT, CT myelography and spectroscopy of the same patient."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Literal

import nibabel as nib
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from thecal import ingest
from thecal.simulation import Phantom, simulate, write_phantom
from thecal.simulation.spectrum import CORD, MRS_EXTENSION, choline_ratio


@cache
def phantom(protocol: str = "tiny_everything", **signs: str) -> Phantom:
    return simulate("ependymoma", 6, protocol=protocol, signs=signs or {"restricted_diffusion": "present"})


def values(key: str) -> NDArray[np.float64]:
    volume = phantom().study.find(key).volume
    assert volume is not None
    return volume.voxels.astype(np.float64)


def maps(key: str) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    anatomy, lesion = phantom().by_series[key]
    return anatomy.volume.voxels, lesion.volume.voxels


def test_more_series_leave_truth_and_the_other_images_as_they_were() -> None:
    few, many = phantom("tiny"), phantom()
    assert few.truth.findings == many.truth.findings
    for series in few.study.series:
        other = many.study.find(series.key)
        assert series.volume is not None
        assert other.volume is not None
        assert series.volume.digest == other.volume.digest
    assert "restricted_diffusion" in few.truth.not_shown
    assert "restricted_diffusion" not in many.truth.not_shown


def test_diffusion_darkens_csf_and_its_map_shows_restriction() -> None:
    anatomy, lesion = maps("acq-ax_ADC")
    adc = values("acq-ax_ADC")
    tumour, csf = np.median(adc[np.isin(lesion, (1, 2))]), np.median(adc[anatomy == 2])
    assert tumour < 800
    assert csf > 2 * tumour
    weighted, plain = values("acq-axb800_dwi"), values("acq-axb0_dwi")
    sac, cord = anatomy == 2, (anatomy == 1) & (lesion > 0)
    assert weighted[cord].mean() / weighted[sac].mean() > 1.5 * plain[cord].mean() / plain[sac].mean()


def test_ct_is_in_hounsfield_units_and_a_myelogram_fills_the_sac() -> None:
    anatomy, _ = maps("acq-ax_ct")
    plain, filled = values("acq-ax_ct"), values("acq-axmyelo_ct")
    vertebra = (anatomy > 10) & (anatomy < 60)
    assert np.median(plain[vertebra]) > 100
    assert -10 < np.median(plain[anatomy == 1]) < 90
    assert plain.min() < -900
    assert np.median(filled[anatomy == 2]) > np.median(plain[anatomy == 2]) + 60
    assert np.median(filled[anatomy == 1]) < np.median(filled[anatomy == 2])


def test_choline_is_raised_in_the_spectrum_where_it_was_drawn() -> None:
    usual = CORD["choline"] / CORD["creatine"]
    for state, low, high in (("absent", 0.6, 1.7), ("present", 2.0, 8.0)):
        spectrum = phantom(choline_raised=state).spectrum
        assert spectrum is not None
        assert low < choline_ratio(spectrum) / usual < high


def test_a_spectrum_is_written_as_nifti_mrs(tmp_path: Path) -> None:
    write_phantom(phantom(), tmp_path)
    image = nib.load(tmp_path / "images" / "sub-sim_acq-press_svs.nii.gz")
    assert image.shape[:3] == (1, 1, 1)
    assert np.iscomplexobj(image.dataobj[0, 0, 0, :2])
    extension = next(one for one in image.header.extensions if one.get_code() == MRS_EXTENSION)
    told = json.loads(extension.text if hasattr(extension, "text") else extension.get_content())
    assert told["ResonantNucleus"] == ["1H"]
    assert told["SpectrometerFrequency"][0] == pytest.approx(127.7, abs=0.1)
    sidecar = json.loads((tmp_path / "images" / "sub-sim_acq-axb800_dwi.json").read_text())
    assert sidecar["DiffusionBValue"] == 800


@pytest.mark.parametrize("form", ["nifti", "dicom"])
def test_every_series_comes_back_through_ingest_in_its_role(form: Literal["nifti", "dicom"], tmp_path: Path) -> None:
    write_phantom(phantom(), tmp_path, form)
    study, _ = ingest.read([tmp_path / ("images" if form == "nifti" else "dicom")])
    wanted = Counter(series.role for series in phantom().study.series if form == "nifti" or series.role != "mrs")
    assert Counter(series.role for series in study.series) == wanted


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dicom3tools")
def test_dicom_of_every_modality_is_without_errors(tmp_path: Path) -> None:
    forms: tuple[Literal["dicom", "dicom-enhanced"], ...] = ("dicom", "dicom-enhanced")
    for form in forms:
        write_phantom(phantom(), tmp_path / form, form)
        for folder in sorted((tmp_path / form / "dicom").iterdir()):
            told = subprocess.run(
                ["dciodvfy", str(sorted(folder.iterdir())[0])], capture_output=True, text=True, check=False
            )
            assert "Error" not in told.stdout + told.stderr, told.stderr


def test_dicom_keeps_hounsfield_units_and_b_values(tmp_path: Path) -> None:
    write_phantom(phantom(), tmp_path, "dicom")
    files = [pydicom.dcmread(path) for path in sorted((tmp_path / "dicom").rglob("*.dcm"))]
    scans = [data for data in files if data.Modality == "CT"]
    assert {str(data.SOPClassUID) for data in scans} == {"1.2.840.10008.5.1.4.1.1.2"}
    air = min(float(data.pixel_array.min() * data.RescaleSlope + data.RescaleIntercept) for data in scans)
    assert -1024 <= air < -900
    assert {float(data.DiffusionBValue) for data in files if "DiffusionBValue" in data} == {0.0, 800.0}
    assert any("ADC" in data.ImageType for data in files)
    assert (tmp_path / "mrs" / "sub-sim_acq-press_svs.nii.gz").exists()
