from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingest.dicom_files import AXIAL, CORONAL, CT, SAGITTAL, T1, dataset, positions, save, uid, values, write_stack
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian

from thecal.ingest import Limits, read
from thecal.records import Series, StudyUnreadable


def codes(folder: Path) -> list[str]:
    """The codes of all issues of a folder."""
    return [issue.code for issue in read(folder)[0].issues]


def shapes(folder: Path) -> dict[str, tuple[int, int, int] | None]:
    """Key and shape of every series of a folder."""
    return {s.key: s.volume.shape if s.volume is not None else None for s in read(folder)[0].series}


def test_series_mixed_in_one_folder_come_apart(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, pixels=values(5, seed=1), **T1)
    write_stack(tmp_path, 4, axes=AXIAL, SeriesNumber=6, SeriesDescription="t2_tse_tra")
    assert shapes(tmp_path) == {"acq-sag_T2w": (9, 7, 5), "acq-sag_T1w": (9, 7, 5), "acq-ax_T2w": (9, 7, 4)}


def test_a_file_kept_twice_is_read_once_and_said(tmp_path: Path) -> None:
    write_stack(tmp_path)
    for number, file in enumerate(list(tmp_path.iterdir())):
        (tmp_path / f"copy{number}").write_bytes(file.read_bytes())
    assert shapes(tmp_path) == {"acq-sag_T2w": (9, 7, 5)}
    assert codes(tmp_path) == ["duplicate_images"]


def test_a_slice_at_one_place_twice_is_kept_once_and_said(tmp_path: Path) -> None:
    block = write_stack(tmp_path, InstanceNumber=1)
    place = positions(5, SAGITTAL, 3.3, (-7.0, -40.0, 55.0))[2]
    save(dataset(values(5, seed=9)[2], place, InstanceNumber=8), tmp_path / "again.dcm")
    (series,) = read(tmp_path)[0].series
    assert series.volume is not None
    assert np.array_equal(series.volume.voxels.transpose(2, 1, 0), block)
    assert codes(tmp_path) == ["duplicate_slices"]


def test_a_missing_slice_cuts_the_series_and_is_located(tmp_path: Path) -> None:
    block = write_stack(tmp_path, 9, skip=[4])
    study = read(tmp_path)[0]
    assert [s.key for s in study.series] == ["chunk-1_acq-sag_T2w", "chunk-2_acq-sag_T2w"]
    assert all(s.volume is not None and s.volume.shape == (9, 7, 4) for s in study.series)
    right = next(s for s in study.series if s.volume is not None and s.volume.voxels[0, 0, 0] == block[0, 0, 0])
    issue = next(issue for issue in study.issues if issue.series_key == right.key)
    assert issue.code == "missing_slices"
    assert "6.6 mm (room for 1 slices)" in issue.message


def test_geometry_is_never_stretched_over_a_gap(tmp_path: Path) -> None:
    write_stack(tmp_path, 9, skip=[4])
    for series in read(tmp_path)[0].series:
        assert series.volume is not None
        assert series.volume.spacing_mm[2] == pytest.approx(3.3)


def test_slices_without_any_rhythm_are_left_unread_with_the_reason(tmp_path: Path) -> None:
    for index, x in enumerate((0.0, 3.0, 7.5, 11.2, 16.3)):
        save(dataset(values(5)[index], (x, 0.0, 0.0)), tmp_path / f"{index}.dcm")
    with pytest.raises(StudyUnreadable, match=r"slices spaced unevenly \(3\.00 to 5\.10 mm\)"):
        read(tmp_path)


def test_positions_rounded_to_tenths_of_a_millimetre_still_make_one_series(tmp_path: Path) -> None:
    for index in range(7):
        save(dataset(values(7)[index], (round(index * 3.33, 1), 0.0, 0.0)), tmp_path / f"{index}.dcm")
    assert list(shapes(tmp_path).values()) == [(9, 7, 7)]
    assert codes(tmp_path) == []


def test_every_second_slice_lost_is_noticed_by_the_stated_spacing(tmp_path: Path) -> None:
    write_stack(tmp_path, 9, skip=[1, 3, 5, 7], SpacingBetweenSlices=3.3)
    assert codes(tmp_path) == ["slice_spacing_differs"]


def test_echoes_come_apart(tmp_path: Path) -> None:
    first = write_stack(tmp_path, EchoTime=9.0, EchoNumbers=1, prefix="a")
    second = write_stack(
        tmp_path, pixels=values(5, seed=1), EchoTime=104.0, EchoNumbers=2, prefix="b", SeriesDescription="tse"
    )
    by_echo = {s.acquisition.echo_time_s: s.volume for s in read(tmp_path)[0].series}
    assert set(by_echo) == {0.009, 0.104}
    for echo, block in ((0.009, first), (0.104, second)):
        volume = by_echo[echo]
        assert volume is not None
        assert np.array_equal(volume.voxels.transpose(2, 1, 0), block)


def test_b_values_come_apart_and_the_missing_slice_of_one_stays_its_own(tmp_path: Path) -> None:
    more: dict[str, Any] = {"ScanningSequence": ["EP", "SE"], "SeriesDescription": "ep2d_diff"}
    write_stack(tmp_path, 7, DiffusionBValue=0.0, prefix="a", **more)
    write_stack(tmp_path, 7, pixels=values(7, seed=1), DiffusionBValue=800.0, prefix="b", skip=[3], **more)
    study = read(tmp_path)[0]
    told = [(s.acquisition.diffusion_b_value, s.volume.shape[2]) for s in study.series if s.volume is not None]
    assert sorted(told) == [(0.0, 7), (800.0, 3), (800.0, 3)]
    assert {s.role for s in study.series} == {"dwi"}


def test_phases_come_apart_and_too_many_are_left_unread(tmp_path: Path) -> None:
    for phase in range(3):
        write_stack(tmp_path, pixels=values(5, seed=phase), TemporalPositionIdentifier=phase + 1, prefix=str(phase))
    assert len(read(tmp_path)[0].series) == 3
    with pytest.raises(StudyUnreadable, match="3 images in one series"):
        read(tmp_path, limits=Limits(volumes=2))


def test_three_plane_localizers_come_apart_by_orientation(tmp_path: Path) -> None:
    for number, axes in enumerate((SAGITTAL, AXIAL, CORONAL)):
        write_stack(
            tmp_path, 3, axes=axes, step=20.0, SeriesDescription="localizer", SeriesNumber=1, InstanceNumber=number
        )
    assert set(shapes(tmp_path)) == {"acq-sag_loc", "acq-ax_loc", "acq-cor_loc"}


def test_stations_inside_one_series_come_apart_by_their_place_in_the_plane(tmp_path: Path) -> None:
    write_stack(tmp_path, start=(-7.0, -40.0, 55.0), prefix="a")
    write_stack(tmp_path, start=(-7.0, -40.0, 50.5), pixels=values(5, seed=1), prefix="b")
    assert [s.key for s in read(tmp_path)[0].series] == ["chunk-1_acq-sag_T2w", "chunk-2_acq-sag_T2w"]


def test_slice_times_that_differ_do_not_shatter_a_series_with_one_double(tmp_path: Path) -> None:
    for index, place in enumerate(positions(5, SAGITTAL, 3.3, (0, 0, 0))):
        save(dataset(values(5)[index], place, TriggerTime=float(index)), tmp_path / f"{index}")
    save(dataset(values(5)[0], (0, 0, 0), TriggerTime=40.0), tmp_path / "double")
    assert list(shapes(tmp_path).values()) == [(9, 7, 5)]


def test_one_slice_alone_takes_its_thickness(tmp_path: Path) -> None:
    write_stack(tmp_path, 1)
    (series,) = read(tmp_path)[0].series
    assert series.volume is not None
    assert series.volume.spacing_mm == pytest.approx([0.9, 0.7, 3.0])


def test_a_tilted_gantry_is_straightened_and_said(tmp_path: Path) -> None:
    tilt = np.radians(20)
    rows, depth = 24, 9
    axes = (1.0, 0.0, 0.0, 0.0, float(np.cos(tilt)), float(np.sin(tilt)))
    for index in range(depth):
        # A bar along the table: the same y and z in every slice's own height.
        block = np.full((rows, 10), 20, np.int16)
        place = np.array([0.0, -12.0, 2.0 * index])
        heights = place[1] + np.arange(rows) * 0.7 * axes[4]
        block[np.abs(heights - 0.0) < 1.0] = 500
        more: dict[str, Any] = {
            "SOPClassUID": CT,
            "Modality": "CT",
            "SeriesDescription": "spine",
            "ScanningSequence": None,
            "EchoTime": None,
        }
        save(
            dataset(block, place.tolist(), axes, RepetitionTime=None, RescaleSlope=1, RescaleIntercept=0, **more),
            tmp_path / f"{index}",
        )
    study = read(tmp_path)[0]
    (series,) = study.series
    assert [issue.code for issue in study.issues] == ["gantry_tilt"]
    assert "20.0°" in study.issues[0].message
    volume = series.volume
    assert volume is not None
    columns = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    assert np.allclose(columns.T @ columns, np.eye(3), atol=5e-5)
    bright = np.argwhere(volume.voxels > 400)
    heights = (np.c_[bright, np.ones(len(bright))] @ volume.affine.T)[:, 1]
    assert len(bright) > depth
    assert np.abs(heights).max() < 1.8


def test_files_that_are_no_images_are_listed_with_the_reason(tmp_path: Path) -> None:
    write_stack(tmp_path)
    other = values(1)[0]
    save(dataset(other, (0, 0, 0), SOPClassUID="1.2.840.10008.5.1.4.1.1.7", SeriesNumber=90), tmp_path / "sc")
    save(dataset(other, (0, 0, 0), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", SeriesNumber=91), tmp_path / "sr")
    save(dataset(other, (0, 0, 0), SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1", SeriesNumber=92), tmp_path / "pr")
    save(dataset(other, (0, 0, 0), ImagePositionPatient=None, SeriesNumber=93), tmp_path / "no place")
    sheet = dataset(other, (0, 0, 0), ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"], SeriesNumber=94)
    save(sheet, tmp_path / "mosaic")
    rgb: dict[str, Any] = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "SeriesNumber": 95}
    colour = dataset(np.zeros((4, 4, 3), np.uint8), (0, 0, 0), **rgb)
    save(colour, tmp_path / "colour")
    told = {unread.what.split(" (")[0]: unread.why for unread in read(tmp_path)[0].unread}
    words = {
        "90": "secondary capture",
        "91": "structured report",
        "92": "presentation state",
        "93": "no position",
        "94": "mosaic",
    }
    for number, word in {**words, "95": "colour"}.items():
        assert word in told[f"series {number}"]


def test_radiographs_spectra_and_topograms_are_listed_and_not_measured(tmp_path: Path) -> None:
    one = values(1)[0]
    more: dict[str, Any] = {
        "ImagePositionPatient": None,
        "ScanningSequence": None,
        "EchoTime": None,
        "RepetitionTime": None,
    }
    dx: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1",
        "Modality": "DX",
        "ViewPosition": "AP",
        "SeriesDescription": "LWS ap",
    }
    save(dataset(one, (0, 0, 0), SeriesNumber=1, **{**more, **dx}), tmp_path / "dx")
    mrs: dict[str, Any] = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.2", "SeriesDescription": "svs_se_30"}
    save(dataset(one, (0, 0, 0), SeriesNumber=2, **{**more, **mrs}), tmp_path / "mrs")
    scout: dict[str, Any] = {"SOPClassUID": CT, "Modality": "CT", "ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}
    save(dataset(one, (0, 0, 0), SeriesNumber=3, **{**more, **scout}), tmp_path / "ct")
    study = read(tmp_path)[0]
    told = {series.role: series for series in study.series}
    assert set(told) == {"radiograph", "mrs", "localizer"}
    assert all(series.volume is None for series in study.series)
    assert told["radiograph"].plane == "coronal"
    assert told["radiograph"].regions == ("lumbar",)
    assert study.images() == ()


def cut_off(file: Path, keep: float) -> None:
    """Leaves only the beginning of a file."""
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)])


def test_a_truncated_slice_is_left_unread_and_leaves_a_gap(tmp_path: Path) -> None:
    write_stack(tmp_path, 9)
    middle = [f for f in tmp_path.iterdir() if dcmread(f).ImagePositionPatient == dcmread_position(tmp_path, 4)]
    cut_off(middle[0], 0.97)
    study = read(tmp_path)[0]
    assert len(study.series) == 2
    assert any("cut off" in unread.why for unread in study.unread)
    assert {issue.code for issue in study.issues} == {"missing_slices"}


def dcmread_position(folder: Path, index: int) -> object:
    """The position of the slice of that rank from left to right."""
    return sorted((dcmread(file).ImagePositionPatient for file in folder.iterdir()), key=lambda place: float(place[0]))[
        index
    ]


@pytest.mark.parametrize("keep", [0.0, 0.02, 0.2, 0.5, 0.8])
def test_a_folder_of_truncated_files_is_refused_without_a_crash(tmp_path: Path, keep: float) -> None:
    write_stack(tmp_path)
    for file in tmp_path.iterdir():
        cut_off(file, keep)
    with pytest.raises(StudyUnreadable):
        read(tmp_path)


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bits_never_crash(tmp_path: Path, seed: int) -> None:
    write_stack(tmp_path)
    rng = np.random.default_rng(seed)
    for file in sorted(tmp_path.iterdir()):
        data = bytearray(file.read_bytes())
        for place in rng.integers(0, len(data), 25):
            data[place] ^= 1 << int(rng.integers(0, 8))
        file.write_bytes(bytes(data))
    try:
        study, _ = read(tmp_path)
    except StudyUnreadable:
        return
    assert all(isinstance(series, Series) for series in study.series)


def test_a_text_file_called_dcm_is_left_unread_and_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.dcm").write_text("This is not an image.\n" * 50)
    with pytest.raises(StudyUnreadable, match=r"report\.dcm: not a DICOM file"):
        read(tmp_path)
    write_stack(tmp_path / "images")
    assert [unread.what for unread in read(tmp_path)[0].unread] == ["report.dcm"]


def test_a_header_that_asks_for_ten_gigabytes_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    data = dataset(values(1)[0], (0, 0, 0))
    data.Rows = data.Columns = 65535
    data.NumberOfFrames = 3
    save(data, tmp_path / "huge.dcm")
    with pytest.raises(StudyUnreadable, match=r"asks for 24\.0 GiB"):
        read(tmp_path)


def test_many_files_that_together_ask_for_too_much_are_refused(tmp_path: Path) -> None:
    write_stack(tmp_path)
    with pytest.raises(StudyUnreadable, match="GiB of pixels in one series"):
        read(tmp_path, limits=Limits(series_bytes=300))


def test_a_deflated_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thecal.ingest import headers

    file = save(dataset(np.zeros((64, 64), np.uint16), (0, 0, 0)), tmp_path / "plain.dcm")
    deflated = dcmread(file)
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    deflated.save_as(tmp_path / "deflated.dcm", enforce_file_format=True)
    file.unlink()
    assert list(shapes(tmp_path).values()) == [(64, 64, 1)]
    monkeypatch.setattr(headers, "LONGEST_INFLATED", 4000)
    with pytest.raises(StudyUnreadable, match="damaged"):
        read(tmp_path)


def test_a_file_without_preamble_is_read(tmp_path: Path) -> None:
    write_stack(tmp_path, 3)
    for file in tmp_path.iterdir():
        data = dcmread(file)
        del data.file_meta
        data.preamble = None
        data.save_as(file, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert b"DICM" not in file.read_bytes()
    assert list(shapes(tmp_path).values()) == [(9, 7, 3)]


def test_a_number_that_is_none_is_taken_as_not_stated(tmp_path: Path) -> None:
    write_stack(tmp_path, 3)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes().replace(b"3500.0", b"35x0.0"))
    (series,) = read(tmp_path)[0].series
    assert series.acquisition.repetition_time_s is None


def test_who_the_patient_is_stays_out_of_the_study(tmp_path: Path) -> None:
    write_stack(tmp_path)
    study, identity = read(tmp_path)
    assert (identity.patient_name, identity.patient_id, identity.patient_birth_date) == ("Doe^Jane", "P1", "1970-06-01")
    assert "Doe" not in repr(study)
    assert "P1" not in repr(study)
    assert "1970" not in repr(study)


def test_uids_of_the_source_stay_with_their_series(tmp_path: Path) -> None:
    write_stack(tmp_path)
    study = read(tmp_path)[0]
    (series,) = study.series
    assert study.study_instance_uid == uid("study")
    assert series.series_instance_uid == uid("series", 4)
    assert len(set(series.sop_instance_uids)) == 5
    assert study.acquired_on == "2024-03-16"
