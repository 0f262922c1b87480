from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from thecal.ingest import bids, read


def write(path: Path, seed: int, height: float = 0.0, **told: Any) -> None:
    """A small image and its sidecar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.diag([0.8, 0.8, 3.0, 1.0])
    affine[2, 3] = height
    voxels = np.random.default_rng(seed).integers(1, 900, (13, 11, 7)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(voxels, affine), path)
    if told:
        path.with_name(bids.stem(path) + ".json").write_text(json.dumps(told))


def test_a_subject_folder_becomes_a_study(tmp_path: Path) -> None:
    anat = tmp_path / "sub-07" / "anat"
    write(anat / "sub-07_acq-sag_T1w.nii.gz", 1)
    write(anat / "sub-07_acq-sag_ce-gadolinium_T1w.nii.gz", 2)
    write(anat / "sub-07_acq-sag_T2w.nii.gz", 3)
    write(anat / "sub-07_T2starw.nii.gz", 4)
    write(tmp_path / "sub-07" / "dwi" / "sub-07_dwi.nii.gz", 5)
    write(anat / "sub-07_acq-sag_T2w_dseg.nii.gz", 6)
    study = read(tmp_path / "sub-07")[0]
    assert {s.role for s in study.series} == {"T1w", "T1w_ce", "T2w", "T2starw", "dwi"}
    assert {s.key for s in study.series} == {
        "acq-ax_T1w", "acq-ax_ce-gadolinium_T1w", "acq-ax_T2w", "acq-ax_T2starw", "acq-ax_dwi"
    }  # fmt: skip
    assert [unread.why for unread in study.unread] == ["a label map by its name, not an image"]


def test_a_sidecar_in_seconds_is_a_header(tmp_path: Path) -> None:
    write(
        tmp_path / "image.nii.gz", 1, EchoTime=0.095, RepetitionTime=3.2, ScanningSequence="SE", MagneticFieldStrength=3
    )
    (series,) = read(tmp_path)[0].series
    assert (series.role, series.role_basis) == ("T2w", "header")
    assert series.acquisition.echo_time_s == pytest.approx(0.095)
    assert series.acquisition.magnetic_field_strength_t == 3


def test_a_sidecar_never_brings_in_the_patient(tmp_path: Path) -> None:
    write(tmp_path / "t2.nii.gz", 1, PatientName="Doe^Jane", PatientID="P1", SeriesInstanceUID="1.2.3", EchoTime=0.1)
    study, identity = read(tmp_path)
    assert "Doe" not in repr(study)
    assert identity.patient_name is None


def test_a_sidecar_that_is_no_json_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "t2.nii.gz", 1)
    for text in ("{", "[]", "null", '{"EchoTime": "x", "ImageType": 3}'):
        (tmp_path / "t2.json").write_text(text)
        assert read(tmp_path)[0].series[0].role == "T2w"


def test_what_the_subject_is_called_says_nothing_about_the_image() -> None:
    assert bids.words("sub-T1post_ses-STIR_acq-sag_T2w.nii.gz") == "acq-sag T2w"


@pytest.mark.parametrize(
    "name", ["t2_seg-manual.nii.gz", "sub-1_T2w_dseg.nii.gz", "lesion_mask.nii", "x_label-CSF_probseg.nii"]
)
def test_label_maps_are_known_by_name(name: str) -> None:
    assert bids.is_label_map(name)


@pytest.mark.parametrize(
    "name", ["t2.nii.gz", "sub-1_label-6_T2w.nii.gz", "sub-mask01_T2w.nii.gz", "t1_segmented_tse.nii"]
)
def test_images_are_not_taken_for_label_maps(name: str) -> None:
    assert not bids.is_label_map(name)


def test_two_subjects_or_sessions_in_one_folder_are_refused(tmp_path: Path) -> None:
    from thecal.records import StudyUnreadable

    write(tmp_path / "sub-1" / "anat" / "sub-1_T2w.nii.gz", 1)
    write(tmp_path / "sub-2" / "anat" / "sub-2_T2w.nii.gz", 2)
    with pytest.raises(StudyUnreadable, match="2 subjects"):
        read(tmp_path)
    write(tmp_path / "sub-1" / "ses-a" / "sub-1_ses-a_T2w.nii.gz", 3)
    write(tmp_path / "sub-1" / "ses-b" / "sub-1_ses-b_T2w.nii.gz", 4)
    with pytest.raises(StudyUnreadable, match="sessions"):
        read(tmp_path / "sub-1")


def test_a_sidecar_is_read_with_its_image_and_a_stray_one_is_told(tmp_path: Path) -> None:
    write(tmp_path / "sub-1_T2w.nii.gz", 1, EchoTime=0.1)
    (tmp_path / "notes.json").write_text("{}")
    study = read(tmp_path)[0]
    assert study.series[0].acquisition.echo_time_s == 0.1
    assert [unread.what for unread in study.unread] == ["notes.json"]
