from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from thecal.ingest import Limits, read
from thecal.records import CallWrong, Role, StudyUnreadable, Volume
from thecal.records.geometry import to_ras

AFFINE = np.array([[-0.9, 0, 0, 20.0], [0, 0.8, 0, -30], [0, 0, 3.5, 11], [0, 0, 0, 1]])


def block(shape: tuple[int, ...] = (13, 11, 7), seed: int = 0) -> NDArray[np.int16]:
    """Values without symmetry."""
    return np.random.default_rng(seed).integers(1, 900, shape).astype(np.int16)


def write(path: Path, voxels: NDArray[Any], affine: NDArray[Any] | None = AFFINE, **told: Any) -> Path:
    """A NIfTI file; told is its JSON sidecar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    if told:
        path.with_name(path.name.split(".")[0] + ".json").write_text(json.dumps(told))
    return path


def only(path: Path) -> Volume:
    """The only image's volume."""
    (series,) = read(path)[0].series
    assert series.volume is not None
    return series.volume


@pytest.mark.parametrize("name", ["t2.nii", "t2.nii.gz"])
def test_values_and_places_come_through(tmp_path: Path, name: str) -> None:
    volume = only(write(tmp_path / name, block()))
    assert np.array_equal(volume.voxels, block())
    assert volume.voxels.dtype == np.int16
    assert np.allclose(volume.affine, AFFINE)


def test_values_scaled_in_the_header_come_through_scaled(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(block(), AFFINE)
    image.header.set_slope_inter(0.5, 3)
    image.to_filename(tmp_path / "t2.nii")
    stored = np.asanyarray(nibabel.load(tmp_path / "t2.nii").dataobj)
    assert np.allclose(only(tmp_path / "t2.nii").voxels, stored)


def test_a_fourth_axis_of_one_is_dropped_and_of_two_is_refused_with_a_remedy(tmp_path: Path) -> None:
    assert only(write(tmp_path / "one" / "t2.nii", block((13, 11, 7, 1)))).shape == (13, 11, 7)
    write(tmp_path / "two" / "t2.nii", block((13, 11, 7, 2)))
    with pytest.raises(StudyUnreadable) as refused:
        read(tmp_path / "two" / "t2.nii")
    assert str(refused.value) == (
        "ingest: t2.nii: expected 3 axes, found 4 (13, 11, 7, 2). "
        "Split it into single images first (one echo, b-value or phase each)."
    )


def test_a_flat_image_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "t2.nii", block((13, 11)))
    with pytest.raises(StudyUnreadable, match="expected 3 axes, found 2"):
        read(tmp_path / "t2.nii")


def test_a_four_dimensional_file_in_a_folder_is_left_unread_beside_the_others(tmp_path: Path) -> None:
    write(tmp_path / "t2.nii", block())
    write(tmp_path / "dwi.nii", block((13, 11, 7, 6)))
    (unread,) = read(tmp_path)[0].unread
    assert (unread.what, unread.why) == ("dwi.nii", "expected 3 axes, found 4 (13, 11, 7, 6)")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_few_values_that_are_not_finite_are_replaced_and_said(tmp_path: Path, wrong: float) -> None:
    voxels = block().astype(np.float32)
    voxels[3, 4, 5] = wrong
    study = read(write(tmp_path / "t2.nii", voxels))[0]
    assert [issue.code for issue in study.issues] == ["values_not_finite"]
    assert study.issues[0].message.startswith("1 voxels")
    volume = study.series[0].volume
    assert volume is not None
    assert volume.voxels[3, 4, 5] == block().min()
    assert np.isfinite(volume.voxels).all()


def test_mostly_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    voxels = block().astype(np.float32)
    voxels[:8] = np.nan
    write(tmp_path / "t2.nii", voxels)
    with pytest.raises(StudyUnreadable, match="expected finite values"):
        read(tmp_path / "t2.nii")


def test_forms_that_disagree_are_said_and_a_mirrored_one_is_an_error(tmp_path: Path) -> None:
    for name, change, severity in (("shift", (0, 3, 25.0), "warning"), ("mirror", (0, 0, 0.9), "error")):
        image = nibabel.Nifti1Image(block(), AFFINE)
        other = AFFINE.copy()
        other[change[0], change[1]] = change[2]
        image.set_sform(AFFINE, 1)
        image.set_qform(other, 1)
        nibabel.save(image, tmp_path / f"{name}.nii")
        study = read(tmp_path / f"{name}.nii")[0]
        assert [(issue.code, issue.severity) for issue in study.issues if "orientation" in issue.code] == [
            ("orientation_conflict", severity)
        ]
        assert study.series[0].volume is not None
        assert np.allclose(study.series[0].volume.affine, AFFINE)


def test_an_image_without_orientation_is_refused_for_its_sides(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(block(), None)
    nibabel.save(image, tmp_path / "t2.nii")
    with pytest.raises(StudyUnreadable, match="left and right can't be guessed"):
        read(tmp_path / "t2.nii")


@pytest.mark.parametrize("fault", ["zero", "flat", "infinite", "tiny"])
def test_an_affine_that_places_nothing_is_refused(tmp_path: Path, fault: str) -> None:
    wrong = {
        "zero": np.zeros((3, 3)),
        "flat": np.ones((3, 3)),
        "infinite": np.full((3, 3), np.inf),
        "tiny": AFFINE[:3, :3] / 1e4,
    }
    affine = AFFINE.copy()
    affine[:3, :3] = wrong[fault]
    image = nibabel.Nifti1Image(block(), AFFINE)
    image.header["srow_x"], image.header["srow_y"], image.header["srow_z"] = affine[:3]
    image.header["sform_code"], image.header["qform_code"] = 1, 0
    path = tmp_path / "t2.nii"
    path.write_bytes(image.header.binaryblock + b"\0" * 4 + np.asfortranarray(block()).tobytes(order="F"))
    with pytest.raises(StudyUnreadable, match="empty, singular or out of scale"):
        read(path)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 0.001), ("micron", 1000.0), ("mm", 1.0), ("unknown", 1.0)])
def test_units_of_length_are_honoured(tmp_path: Path, unit: str, factor: float) -> None:
    scaled = np.diag([factor, factor, factor, 1]) @ AFFINE
    image = nibabel.Nifti1Image(block(), scaled)
    image.header.set_xyzt_units(unit)
    nibabel.save(image, tmp_path / "t2.nii")
    assert np.allclose(only(tmp_path / "t2.nii").affine, AFFINE, atol=1e-4)


def test_colour_and_complex_values_are_refused(tmp_path: Path) -> None:
    colour = np.zeros((5, 4, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    for voxels in (colour, block().astype(np.complex64)):
        write(tmp_path / "t2.nii", voxels)
        with pytest.raises(StudyUnreadable, match="one real number a voxel"):
            read(tmp_path / "t2.nii")


def test_axes_that_are_not_at_right_angles_are_said(tmp_path: Path) -> None:
    affine = AFFINE.copy()
    affine[1, 2] = 0.4
    study = read(write(tmp_path / "t2.nii", block(), affine))[0]
    assert "sheared_grid" in [issue.code for issue in study.issues]


def test_a_header_that_asks_for_ten_gigabytes_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(block(), AFFINE)
    image.header["dim"][1:4] = 2000, 2000, 1300
    with gzip.open(tmp_path / "t2.nii.gz", "wb") as stream:
        stream.write(image.header.binaryblock + b"\0" * 4)
    with pytest.raises(StudyUnreadable, match=r"expected at most 2 GiB, found 19\.4 GiB"):
        read(tmp_path / "t2.nii.gz")


@pytest.mark.parametrize("keep", [0, 10, 200, 400, 900])
@pytest.mark.parametrize("name", ["t2.nii", "t2.nii.gz"])
def test_a_truncated_file_is_refused(tmp_path: Path, name: str, keep: int) -> None:
    path = write(tmp_path / name, block())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StudyUnreadable, match=r"t2\.nii"):
        read(path)


@pytest.mark.parametrize("seed", range(10))
def test_flipped_bits_never_crash(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    path = write(tmp_path / "t2.nii", block())
    data = bytearray(path.read_bytes())
    for place in rng.integers(0, 352, 8):
        data[place] ^= 1 << int(rng.integers(0, 8))
    path.write_bytes(bytes(data))
    try:
        volume = read(path)[0].series[0].volume
    except StudyUnreadable:
        return
    assert volume is not None
    assert np.isfinite(volume.voxels).all()


@pytest.mark.parametrize(
    ("role", "key"),
    [
        ("T2w", "acq-ax_T2w"),
        ("T1w_ce", "acq-ax_ce-gadolinium_T1w"),
        ("T2w_fs", "acq-axFs_T2w"),
        ("ADC", "acq-ax_ADC"),
        ("ct", "acq-ax_ct"),
    ],
)
def test_a_file_named_by_role_has_that_role_whatever_its_name(tmp_path: Path, role: Role, key: str) -> None:
    write(tmp_path / "t1_or_what.nii", block())
    (series,) = read(given={role: [tmp_path / "t1_or_what.nii"]})[0].series
    assert (series.role, series.role_basis, series.role_confidence, series.key) == (role, "caller", 1.0, key)


def test_several_files_of_one_role_become_stations_from_head_to_feet(tmp_path: Path) -> None:
    paths = []
    for number, height in enumerate((-200.0, 0.0, 200.0)):
        affine = AFFINE.copy()
        affine[2, 3] = height
        paths.append(write(tmp_path / f"{number}.nii", block(seed=number), affine))
    study = read(given={"T2w": paths})[0]
    heights = {s.key: s.volume.affine[2, 3] for s in study.series if s.volume is not None}
    assert heights == {"chunk-1_acq-ax_T2w": 200.0, "chunk-2_acq-ax_T2w": 0.0, "chunk-3_acq-ax_T2w": -200.0}


def test_one_image_given_twice_is_read_once_and_under_two_roles_is_refused(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.nii", block()), write(tmp_path / "b.nii", block())
    study = read(given={"T2w": [one, two]})[0]
    assert len(study.series) == 1
    assert [issue.code for issue in study.issues] == ["duplicate_images"]
    with pytest.raises(CallWrong, match="one role for an image"):
        read(given={"T2w": [one], "T1w": [two]})


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyUnreadable, match=r"gone\.nii"):
        read(given={"T2w": [tmp_path / "gone.nii"]})


def test_a_spectrum_is_listed_and_not_read(tmp_path: Path) -> None:
    image = write(tmp_path / "t2.nii", block())
    spectrum = write(tmp_path / "press.nii", np.ones((1, 1, 1, 512), np.complex64))
    study = read(given={"T2w": [image], "mrs": [spectrum]})[0]
    assert [(s.key, s.volume is None) for s in study.series] == [("acq-ax_T2w", False), ("mrs", True)]


def test_a_limit_on_size_holds_for_nifti(tmp_path: Path) -> None:
    with pytest.raises(StudyUnreadable, match="expected at most"):
        read(write(tmp_path / "t2.nii", block()), limits=Limits(series_bytes=100))


def test_the_study_never_holds_a_files_name(tmp_path: Path) -> None:
    study = read(write(tmp_path / "Doe_Jane_t2.nii", block()))[0]
    assert "Doe" not in repr(study)
    assert study.series[0].role == "T2w"


def test_ras_order_of_a_read_volume_matches_nibabels(tmp_path: Path) -> None:
    path = write(tmp_path / "t2.nii", block())
    canonical = nibabel.as_closest_canonical(nibabel.load(path))
    assert np.array_equal(to_ras(only(path)).voxels, np.asanyarray(canonical.dataobj))
