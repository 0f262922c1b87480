"""DICOM as it is written, read back by programs that are not ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from thecal.records import Acquisition, CallWrong, Identity, Volume
from thecal.records.geometry import to_ras
from thecal.simulation import dicom
from thecal.simulation.dicom import Kind

LINEAR = {
    "sagittal": np.array([[0, 0, 3.3], [0.8, 0, 0], [0, -0.8, 0]]),
    "axial": np.array([[-0.7, 0, 0], [0, 0.6, 0], [0, 0, 4.0]]),
    "coronal": np.array([[0.7, 0, 0], [0, 0, 3.5], [0, 0.9, 0]]),
}
T1C = Acquisition(
    magnetic_field_strength_t=3.0, series_number=5, series_description="t1_tse_sag_km", scanning_sequence=("SE",),
    sequence_variant=("SK", "SP"), echo_time_s=0.0115, repetition_time_s=0.62, flip_angle_deg=150.0, echo_train_length=3,
    slice_thickness_mm=3.0, contrast_bolus_agent="Gadobutrol", contrast_bolus_volume_ml=7.5,
)  # fmt: skip
STIR = Acquisition(
    magnetic_field_strength_t=1.5, series_number=4, scanning_sequence=("SE", "IR"), echo_time_s=0.05,
    repetition_time_s=4.0, inversion_time_s=0.16, echo_train_length=12,
)  # fmt: skip
GRE = Acquisition(
    magnetic_field_strength_t=1.5, series_number=6, scanning_sequence=("GR",), echo_time_s=0.02, repetition_time_s=0.5,
    flip_angle_deg=20.0, mr_acquisition_type="3D",
)  # fmt: skip
KINDS: tuple[Kind, ...] = ("classic", "enhanced")


def _turned(linear: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """An affine whose axes are turned about an oblique line, its origin off centre."""
    x, y, z = np.array([1.0, 0.2, 0.4]) / np.linalg.norm([1.0, 0.2, 0.4])
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross) @ linear
    affine[:3, 3] = [20.5, -30.25, 41.0]
    return affine


def _noise(affine: NDArray[np.float64], kind: Any = np.int16, shape: tuple[int, int, int] = (37, 53, 9)) -> Volume:
    values = np.random.default_rng(3).random(shape) * 3000
    values[:20, :, :5] += 900
    return Volume(values.astype(kind), affine)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("plane", sorted(LINEAR))
@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_dcm2niix_gives_back_the_array_and_its_place(tmp_path: Path, kind: Kind, plane: str, angle: float) -> None:
    volume = _noise(_turned(LINEAR[plane], angle))
    dicom.write(volume, T1C, tmp_path / "dcm", kind=kind, shuffled=True)
    tool = shutil.which("dcm2niix") or str(Path(sys.executable).parent / "dcm2niix")
    done = subprocess.run([tool, "-z", "n", "-f", "x", "-o", str(tmp_path), str(tmp_path / "dcm")], capture_output=True)
    assert done.returncode == 0, done.stdout
    (path,) = tmp_path.glob("*.nii")
    image = nib.load(path)
    back = to_ras(Volume(np.asarray(image.dataobj), image.affine))
    there = to_ras(volume)
    assert np.array_equal(back.voxels, there.voxels)
    assert np.allclose(back.affine, there.affine, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("acquisition", [T1C, STIR, GRE], ids=["t1c", "stir", "gre"])
def test_dciodvfy_finds_no_error(tmp_path: Path, kind: Kind, acquisition: Acquisition) -> None:
    tool = shutil.which("dciodvfy")
    if tool is None:
        pytest.skip("dicom3tools is not installed")
    path = dicom.write(_noise(_turned(LINEAR["sagittal"], 0.2), np.float32), acquisition, tmp_path, kind=kind)[0]
    said = subprocess.run([tool, "-new", str(path)], capture_output=True, text=True)
    errors = [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")]
    assert errors == []


@pytest.mark.parametrize("kind", KINDS)
def test_highdicom_finds_every_voxel_where_it_belongs(tmp_path: Path, kind: Kind) -> None:
    highdicom = pytest.importorskip("highdicom")
    volume = _noise(_turned(LINEAR["sagittal"], 0.25))
    paths = dicom.write(volume, T1C, tmp_path, kind=kind, rescale=(2.0, -4.0))
    if kind == "enhanced":
        read = highdicom.imread(paths[0]).get_volume()
    else:
        read = highdicom.get_volume_from_series(
            [pydicom.dcmread(path) for path in paths], apply_modality_transform=True
        )
    back = to_ras(Volume(np.asarray(read.array), np.diag([-1.0, -1.0, 1.0, 1.0]) @ read.affine))
    there = to_ras(volume)
    assert np.abs(back.voxels - there.voxels).max() <= 1
    assert np.allclose(back.affine, there.affine, atol=1e-4)


def test_a_sagittal_image_shows_the_front_on_the_left_and_the_head_on_top(tmp_path: Path) -> None:
    affine = _turned(LINEAR["sagittal"], 0.0)
    values = np.zeros((37, 53, 9), np.int16)
    i, j, k = np.round(np.linalg.inv(affine) @ [*affine[:3] @ [30, 5, 2, 1], 1])[:3].astype(int)
    values[i, j, k] = 7
    paths = dicom.write(Volume(values, affine), T1C, tmp_path)
    hits = [(data, np.argwhere(data.pixel_array)) for data in map(pydicom.dcmread, paths) if data.pixel_array.any()]
    ((data, ((row, column),)),) = hits
    # j = 5 of 53 lies high (j runs to the feet); i = 30 of 37 lies far forward (i runs to the front).
    assert (int(row), int(column)) == (5, 6)
    assert data.ImagePositionPatient[0] == pytest.approx(-(affine @ [0, 0, 2, 1])[0])


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_uids(tmp_path: Path) -> None:
    volume = _noise(_turned(LINEAR["axial"], 0.1))
    first, again, other = (
        dicom.write(volume, STIR, tmp_path / name, seed=seed)[0].read_bytes()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    assert first != other


def test_times_turn_to_milliseconds_and_the_agent_is_told(tmp_path: Path) -> None:
    volume = _noise(_turned(LINEAR["sagittal"], 0.0))
    data = pydicom.dcmread(dicom.write(volume, T1C, tmp_path / "c")[0])
    assert (float(data.EchoTime), float(data.RepetitionTime)) == (11.5, 620.0)
    assert data.ContrastBolusAgent == "Gadobutrol"
    plain = pydicom.dcmread(dicom.write(volume, STIR, tmp_path / "s")[0])
    assert float(plain.InversionTime) == 160.0
    assert "ContrastBolusAgent" not in plain
    frames = pydicom.dcmread(dicom.write(volume, T1C, tmp_path / "e", kind="enhanced")[0])
    shared = frames.SharedFunctionalGroupsSequence[0]
    assert shared.MREchoSequence[0].EffectiveEchoTime == 11.5
    assert frames.ContrastBolusAgentSequence[0].CodeMeaning == "Gadobutrol"


def test_series_of_one_study_share_study_and_frame_of_reference_and_nothing_else(tmp_path: Path) -> None:
    volume = _noise(_turned(LINEAR["sagittal"], 0.0))
    who = Identity(patient_name="Simulated^Patient", patient_id="S1", patient_sex="female", study_date="2025-02-03")
    one, two = (
        pydicom.dcmread(dicom.write(volume, acquisition, tmp_path / name, identity=who, seed=4)[0])
        for acquisition, name in ((T1C, "a"), (STIR, "b"))
    )
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.FrameOfReferenceUID == two.FrameOfReferenceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert (one.PatientSex, one.StudyDate) == ("F", "20250203")


def test_a_sheared_grid_and_nan_are_refused(tmp_path: Path) -> None:
    affine = _turned(LINEAR["axial"], 0.0)
    affine[0, 1] = 0.2
    with pytest.raises(CallWrong, match="perpendicular"):
        dicom.write(_noise(affine), STIR, tmp_path)
    values = np.full((3, 4, 5), np.nan, np.float32)
    with pytest.raises(CallWrong, match="NaN"):
        dicom.write(Volume(values, _turned(LINEAR["axial"], 0.0)), STIR, tmp_path)
