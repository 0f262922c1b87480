"""Left is left: an image without any symmetry comes in by every path and lies where it lay."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Literal

import nibabel
import numpy as np
import pytest
from ingest.dicom_files import AXIAL, CORONAL, SAGITTAL, at, positions, values, write_stack
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from thecal.ingest import read
from thecal.records import Acquisition, Volume
from thecal.records.geometry import to_ras
from thecal.simulation import dicom

ACQUIRED = Acquisition(
    modality="MR",
    scanning_sequence=("SE",),
    echo_time_s=0.1,
    repetition_time_s=3.5,
    series_number=3,
    series_description="t2",
)
TILTS: dict[str, tuple[float, float, float]] = {"straight": (0, 0, 0), "oblique": (12, -17, 8), "turned": (100, 20, 5)}


def asymmetric(tilt: str = "straight", spacing: tuple[float, float, float] = (3.3, 0.7, 0.9)) -> Volume:
    """37 × 53 × 29 voxels, all different from their mirror images."""
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", TILTS[tilt], degrees=True).as_matrix() @ np.diag(spacing)
    affine[:3, 3] = (-41.5, 17.25, 63.0)
    return Volume(np.random.default_rng(5).integers(1, 4000, (37, 53, 29)).astype(np.uint16), affine)


def same(volume: Volume | None, truth: Volume, tolerance_mm: float = 1e-4) -> bool:
    """Whether two volumes hold the same values at the same places, whatever their axis order."""
    assert volume is not None
    one, other = to_ras(volume), to_ras(truth)
    return np.array_equal(one.voxels, other.voxels) and np.allclose(one.affine, other.affine, rtol=0, atol=tolerance_mm)


@pytest.mark.parametrize("axes", [SAGITTAL, AXIAL, CORONAL], ids=["sagittal", "axial", "coronal"])
def test_every_pixel_of_a_classic_series_lies_where_its_header_says(tmp_path: Path, axes: tuple[float, ...]) -> None:
    block = write_stack(tmp_path, axes=axes)
    volume = read(tmp_path)[0].series[0].volume
    for k, place in enumerate(positions(5, axes, 3.3, (-7.0, -40.0, 55.0))):
        for row, column in ((0, 0), (6, 0), (2, 8)):
            lps = place + 0.9 * column * np.array(axes[:3]) + 0.7 * row * np.array(axes[3:])
            assert at(volume, lps) == block[k, row, column]


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("kind", ["classic", "enhanced"])
@pytest.mark.parametrize("slice_axis", [0, 1, 2])
def test_dicom_of_any_plane_gives_back_the_volume(
    tmp_path: Path, tilt: str, kind: Literal["classic", "enhanced"], slice_axis: int
) -> None:
    truth = asymmetric(tilt)
    dicom.write(truth, ACQUIRED, tmp_path, kind=kind, slice_axis=slice_axis, shuffled=True)
    (series,) = read(tmp_path)[0].series
    assert same(series.volume, truth)
    assert series.slice_axis == 2


def test_a_zip_gives_the_same_study_as_its_folder(tmp_path: Path) -> None:
    dicom.write(asymmetric("oblique"), ACQUIRED, tmp_path / "in" / "deep")
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (tmp_path / "in").rglob("*.dcm"):
            archive.write(file, file.relative_to(tmp_path))
    folder, zipped = read(tmp_path / "in")[0], read(tmp_path / "in.zip")[0]
    assert zipped.series[0].volume is not None
    assert folder.series[0].volume is not None
    assert zipped.series[0].volume.digest == folder.series[0].volume.digest
    assert zipped.series[0].key == folder.series[0].key


def test_file_names_and_their_order_change_nothing(tmp_path: Path) -> None:
    files = dicom.write(asymmetric(), ACQUIRED, tmp_path / "one")
    (tmp_path / "two").mkdir()
    for index, file in enumerate(reversed(files)):
        shutil.copy(file, tmp_path / "two" / f"{index:04d}")
    one, two = (read(tmp_path / name)[0].series[0] for name in ("one", "two"))
    assert one.key == two.key
    assert one.volume is not None
    assert two.volume is not None
    assert one.volume.digest == two.volume.digest


@pytest.mark.parametrize("order", ["RAS", "LPS", "PSR", "AIL", "SLP"])
def test_nifti_in_any_axis_order_gives_back_the_volume(tmp_path: Path, order: str) -> None:
    truth = asymmetric("oblique")
    image = nibabel.Nifti1Image(truth.voxels, truth.affine)
    codes = nibabel.orientations.axcodes2ornt(tuple(order))
    turned = image.as_reoriented(nibabel.orientations.ornt_transform(nibabel.io_orientation(image.affine), codes))
    nibabel.save(turned, tmp_path / "t2.nii.gz")
    volume = read(tmp_path / "t2.nii.gz")[0].series[0].volume
    assert same(volume, truth, tolerance_mm=1e-3)


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dcm2niix_and_ingest_put_the_image_in_the_same_place(
    tmp_path: Path, kind: Literal["classic", "enhanced"]
) -> None:
    truth = asymmetric("oblique")
    dicom.write(truth, ACQUIRED, tmp_path / "in", kind=kind, slice_axis=0)
    (tmp_path / "out").mkdir()
    converter = Path(sys.executable).with_name("dcm2niix")
    subprocess.run([converter, "-f", "image", "-o", tmp_path / "out", tmp_path / "in"], check=True, capture_output=True)
    (file,) = (tmp_path / "out").glob("*.nii")
    assert same(read(file)[0].series[0].volume, truth, tolerance_mm=1e-2)
    assert same(read(tmp_path / "in")[0].series[0].volume, truth)


def test_an_enhanced_file_converted_by_highdicom_lies_where_its_slices_lay(tmp_path: Path) -> None:
    from highdicom.legacy import LegacyConvertedEnhancedMRImage
    from pydicom import dcmread

    write_stack(
        tmp_path / "in", axes=AXIAL, pixels=values(5, (8, 6)), AcquisitionNumber=1, ImageComments="", SliceLocation=0.0
    )
    slices = [dcmread(file) for file in sorted((tmp_path / "in").iterdir())]
    for data in slices:
        data.SliceThickness = 3.0
        data.AccessionNumber = data.StudyID = data.StudyTime = data.ReferringPhysicianName = ""
        data.PatientPosition = "HFS"
    enhanced = LegacyConvertedEnhancedMRImage(
        legacy_datasets=slices,
        series_instance_uid="2.25.1",
        series_number=9,
        sop_instance_uid="2.25.2",
        instance_number=1,
    )
    (tmp_path / "out").mkdir()
    enhanced.save_as(tmp_path / "out" / "enhanced.dcm", enforce_file_format=True)
    before, after = read(tmp_path / "in")[0].series[0], read(tmp_path / "out")[0].series[0]
    assert before.volume is not None
    assert same(after.volume, before.volume)
    assert after.role == "T2w"
    assert after.acquisition.echo_time_s == pytest.approx(0.1)


def test_one_image_has_one_place_whether_it_came_as_dicom_or_nifti(tmp_path: Path) -> None:
    truth = asymmetric("oblique")
    dicom.write(truth, ACQUIRED, tmp_path / "in", slice_axis=0)
    nibabel.save(nibabel.Nifti1Image(truth.voxels, truth.affine), tmp_path / "t2.nii")
    one, two = (read(tmp_path / name)[0].series[0].volume for name in ("in", "t2.nii"))
    assert one is not None
    assert two is not None
    assert to_ras(one).digest == to_ras(two).digest


def test_asymmetric_values_are_not_their_own_mirror_image() -> None:
    voxels: NDArray[Any] = asymmetric().voxels
    for axis in range(3):
        assert not np.array_equal(voxels, np.flip(voxels, axis))
