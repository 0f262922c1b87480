"""A simulated study as DICOM comes back through ingest: roles, planes, field, and right on the right."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from thecal import ingest
from thecal.records.geometry import to_ras
from thecal.simulation import Phantom, simulate, write_phantom

MAKERS = ("GE MEDICAL SYSTEMS", "Philips", "SIEMENS")
FORMATS: tuple[Literal["dicom", "dicom-enhanced"], ...] = ("dicom", "dicom-enhanced")


@cache
def phantom(maker: str) -> Phantom:
    for seed in range(40):
        drawn = simulate("schwannoma", seed, protocol="tiny", signs={"canal_position": "lateral"})
        if drawn.study.series[0].acquisition.manufacturer == maker:
            return drawn
    raise AssertionError(maker)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("form", FORMATS)
def test_series_come_back_with_their_roles_and_every_voxel_in_its_place(
    maker: str, form: Literal["dicom", "dicom-enhanced"], tmp_path: Path
) -> None:
    made = phantom(maker)
    write_phantom(made, tmp_path, form, shuffled=True)
    study, identity = ingest.read([tmp_path / "dicom"])
    assert identity.patient_sex == made.identity.patient_sex
    back = {series.series_instance_uid: series for series in study.series}
    for series in made.study.series:
        found = back[series.series_instance_uid]
        assert (found.role, found.plane) == (series.role, series.plane), (series.key, found.key)
        assert found.acquisition.magnetic_field_strength_t == series.acquisition.magnetic_field_strength_t
        assert found.volume is not None
        assert series.volume is not None
        there, here = to_ras(series.volume), to_ras(found.volume)
        assert np.array_equal(there.voxels, here.voxels)
        assert np.allclose(there.affine, here.affine, atol=1e-3)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("form", FORMATS)
def test_dciodvfy_finds_no_error_in_a_simulated_study(
    maker: str, form: Literal["dicom", "dicom-enhanced"], tmp_path: Path
) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dicom3tools is not installed")
    write_phantom(phantom(maker), tmp_path, form)
    for folder in sorted((tmp_path / "dicom").iterdir()):
        said = subprocess.run([tool, "-new", str(min(folder.glob("*.dcm")))], capture_output=True, text=True)
        assert [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")] == [], folder
