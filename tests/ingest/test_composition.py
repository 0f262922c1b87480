from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingest.dicom_files import AXIAL, T1, values, write_stack

from thecal.ingest import read
from thecal.records import CallWrong, Role, Study


def study_of(folder: Path, *several: dict[str, Any]) -> Study:
    """A study of sagittal T1 series, with what each header says of it."""
    for number, more in enumerate(several):
        told = {**T1, "SeriesNumber": number + 1, "AcquisitionTime": f"10{number:02d}00", **more}
        write_stack(folder, pixels=values(5, seed=number), **told)
    return read(folder)[0]


def roles(study: Study) -> list[Role]:
    """Roles in the order of acquisition."""
    return [series.role for series in sorted(study.series, key=lambda each: each.acquisition.series_number or 0)]


def test_contrast_in_the_description_of_the_second_t1_makes_it_t1_with_contrast(tmp_path: Path) -> None:
    study = study_of(tmp_path, {}, {"SeriesDescription": "T1 POST"})
    assert roles(study) == ["T1w", "T1w_ce"]
    assert {series.key for series in study.series} == {"acq-sag_T1w", "acq-sag_ce-gadolinium_T1w"}


def test_contrast_in_the_header_is_surer_when_a_t1_without_precedes(tmp_path: Path) -> None:
    alone = study_of(tmp_path / "alone", {"ContrastBolusAgent": "GADOVIST"})
    after = study_of(tmp_path / "after", {}, {"ContrastBolusAgent": "GADOVIST"})
    assert roles(after) == ["T1w", "T1w_ce"]
    assert after.find("acq-sag_ce-gadolinium_T1w").role_confidence > alone.series[0].role_confidence


def test_an_agent_kept_in_every_header_does_not_make_the_first_t1_one_with_contrast(tmp_path: Path) -> None:
    study = study_of(
        tmp_path,
        {"ContrastBolusAgent": "GADOVIST"},
        {"ContrastBolusAgent": "GADOVIST", "SeriesDescription": "t1_sag_post"},
    )
    assert roles(study) == ["T1w", "T1w_ce"]
    assert [issue.code for issue in study.issues] == ["contrast_unclear"]
    assert study.find("acq-sag_T1w").role_confidence == 0.6


def test_two_t1_that_rest_on_the_header_alone_leave_the_first_one_unsure(tmp_path: Path) -> None:
    study = study_of(tmp_path, {"ContrastBolusAgent": "GADOVIST"}, {"ContrastBolusAgent": "GADOVIST"})
    first, second = sorted(study.series, key=lambda each: each.acquisition.series_number or 0)
    assert (first.role, first.role_confidence) == ("T1w_ce", 0.6)
    assert second.role_confidence > 0.8
    assert [(issue.code, issue.series_key) for issue in study.issues] == [("contrast_unclear", first.key)]


def test_without_times_nothing_is_taken_as_before_contrast(tmp_path: Path) -> None:
    agent = {"ContrastBolusAgent": "GADOVIST", "AcquisitionTime": None, "AcquisitionDate": None}
    study = study_of(tmp_path, agent, {**agent, "SeriesDescription": "t1 post"})
    assert {series.role for series in study.series} == {"T1w_ce"}


def test_a_t1_of_another_field_says_nothing_about_contrast(tmp_path: Path) -> None:
    write_stack(tmp_path, **{**T1, "ContrastBolusAgent": "GADOVIST", "AcquisitionTime": "100000"})
    write_stack(
        tmp_path, axes=AXIAL, **{**T1, "SeriesNumber": 9, "SeriesDescription": "t1 post", "AcquisitionTime": "110000"}
    )
    assert {series.role for series in read(tmp_path)[0].series} == {"T1w_ce"}


@pytest.mark.parametrize("name", ["acq-sag_T1w", "t1_tse_sag", "T1_TSE_SAG", "1"])
def test_the_caller_overrules_by_key_description_or_number(tmp_path: Path, name: str) -> None:
    study_of(tmp_path, {})
    (series,) = read(tmp_path, roles={name: "T2w_fs"})[0].series
    assert (series.role, series.role_basis, series.key) == ("T2w_fs", "caller", "acq-sagFs_T2w")
    assert series.fat_suppressed is True


def test_overruling_a_series_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    study_of(tmp_path, {})
    with pytest.raises(CallWrong, match="acq-sag_T1w"):
        read(tmp_path, roles={"acq-ax_T1w": "T2w"})


def test_a_role_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    study_of(tmp_path, {})
    with pytest.raises(CallWrong, match="T2starw"):
        read(tmp_path, roles={"1": "T3w"})  # type: ignore[dict-item]


def test_an_image_nobody_describes_is_judged_by_its_look_and_said(tmp_path: Path) -> None:
    silent: dict[str, Any] = {
        "ScanningSequence": None,
        "EchoTime": None,
        "RepetitionTime": None,
        "SeriesDescription": None,
    }
    study = study_of(tmp_path, silent)
    (series,) = study.series
    assert series.role_basis in ("image", "none")
    assert series.role_confidence < 0.6
    assert [issue.code for issue in study.issues] == ["role_unsure"]


def test_units_turn_from_milliseconds_to_seconds(tmp_path: Path) -> None:
    (series,) = study_of(tmp_path, {"InversionTime": 160.0, "MagneticFieldStrength": 15000}).series
    told = series.acquisition
    assert (told.echo_time_s, told.repetition_time_s, told.inversion_time_s) == (0.01, 0.6, 0.16)
    assert told.magnetic_field_strength_t == 1.5


def test_a_thin_volume_is_volumetric_and_a_thin_two_dimensional_stack_is_not(tmp_path: Path) -> None:
    for name, kind in (("3d", "3D"), ("2d", "2D")):
        write_stack(tmp_path / name, 12, step=0.8, MRAcquisitionType=kind)
        (series,) = read(tmp_path / name)[0].series
        assert (series.plane, series.slice_axis) == (("volumetric", None) if kind == "3D" else ("sagittal", 2))


def test_a_study_is_the_same_whatever_the_order_of_its_paths(tmp_path: Path) -> None:
    study_of(tmp_path, {}, {}, {"SeriesDescription": "T1 POST"})
    files = sorted(tmp_path.iterdir())
    one, two = read(files)[0], read(files[::-1])[0]
    assert [series.key for series in one.series] == [series.key for series in two.series]
    for first, second in zip(one.series, two.series, strict=True):
        assert first.volume is not None
        assert second.volume is not None
        assert np.array_equal(first.volume.voxels, second.volume.voxels)
