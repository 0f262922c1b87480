from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingest.dicom_files import SAGITTAL, dataset, positions, save, values, write_stack
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from thecal.ingest import read
from thecal.ingest.headers import flatten, read_header

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


def group(**values_: Any) -> Dataset:
    """One item of a functional group."""
    item = Dataset()
    for word, value in values_.items():
        setattr(item, word, value)
    return item


def write_enhanced(
    path: Path,
    blocks: Sequence[NDArray[np.uint16]],
    own: Sequence[dict[str, Dataset]],
    order: Sequence[int] | None = None,
    **more: Any,
) -> None:
    """An enhanced file with one image a block: own holds each block's functional groups; order is that of the frames."""
    frames = [
        (block[k], place, groups) for block, groups in zip(blocks, own, strict=True) for k, place in _places(block)
    ]
    frames = [frames[index] for index in (order if order is not None else range(len(frames)))]
    pixels = np.stack([frame[0] for frame in frames])
    # What enhanced files keep in functional groups does not stand in the header itself.
    gone = (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "EchoTime",
        "RepetitionTime",
    )
    data = dataset(pixels[0], (0, 0, 0), SOPClassUID=ENHANCED_MR, **{**dict.fromkeys(gone), **more})
    data.NumberOfFrames, data.PixelData = len(frames), pixels.tobytes()
    measures = group(PixelSpacing=[0.7, 0.9], SliceThickness=3.0)
    orientation = group(ImageOrientationPatient=list(SAGITTAL))
    data.SharedFunctionalGroupsSequence = [
        group(PixelMeasuresSequence=[measures], PlaneOrientationSequence=[orientation])
    ]
    data.PerFrameFunctionalGroupsSequence = [
        group(
            PlanePositionSequence=[group(ImagePositionPatient=[float(x) for x in place])],
            **{name: [item] for name, item in groups.items()},
        )
        for _, place, groups in frames
    ]
    save(data, path)


def _places(block: NDArray[Any]) -> list[tuple[int, NDArray[np.float64]]]:
    return list(enumerate(positions(len(block), SAGITTAL, 3.0, (0, 0, 0))))


def test_frames_in_any_order_come_back_in_place(tmp_path: Path) -> None:
    block = values(6)
    write_enhanced(tmp_path / "x", [block], [{}], order=[3, 0, 5, 1, 4, 2])
    (series,) = read(tmp_path)[0].series
    assert series.volume is not None
    assert np.array_equal(series.volume.voxels.transpose(2, 1, 0), block)


def test_echoes_inside_one_enhanced_file_come_apart(tmp_path: Path) -> None:
    blocks = [values(4), values(4, seed=1)]
    echoes = [{"MREchoSequence": group(EffectiveEchoTime=echo)} for echo in (12.0, 95.0)]
    write_enhanced(tmp_path / "x", blocks, echoes, order=[0, 4, 1, 5, 2, 6, 3, 7])
    by_echo = {series.acquisition.echo_time_s: series.volume for series in read(tmp_path)[0].series}
    assert set(by_echo) == {0.012, 0.095}
    for echo, block in zip((0.012, 0.095), blocks, strict=True):
        volume = by_echo[echo]
        assert volume is not None
        assert np.array_equal(volume.voxels.transpose(2, 1, 0), block)


def test_b_values_inside_one_enhanced_file_come_apart(tmp_path: Path) -> None:
    weights = [{"MRDiffusionSequence": group(DiffusionBValue=b)} for b in (0.0, 800.0)]
    write_enhanced(tmp_path / "x", [values(4), values(4, seed=1)], weights, AcquisitionContrast="DIFFUSION")
    study = read(tmp_path)[0]
    assert {series.acquisition.diffusion_b_value for series in study.series} == {0.0, 800.0}
    assert {series.role for series in study.series} == {"dwi"}


def test_every_frame_keeps_its_own_scale(tmp_path: Path) -> None:
    blocks = [values(1, seed=n) for n in range(2)]
    scales = [{"PixelValueTransformationSequence": group(RescaleSlope=s, RescaleIntercept=-s)} for s in (0.5, 2.5)]
    echoes = [{**scale, "MREchoSequence": group(EffectiveEchoTime=10.0 + n)} for n, scale in enumerate(scales)]
    write_enhanced(tmp_path / "x", blocks, echoes)
    for series in read(tmp_path)[0].series:
        assert series.volume is not None
        number = 0 if series.acquisition.echo_time_s == 0.01 else 1
        expected = blocks[number][0] * (0.5, 2.5)[number] - (0.5, 2.5)[number]
        assert np.allclose(series.volume.voxels[:, :, 0].T, expected)


def test_an_enhanced_header_tells_role_timing_region_and_agent(tmp_path: Path) -> None:
    own = {
        "MRTimingAndRelatedParametersSequence": group(RepetitionTime=620.0, FlipAngle=150.0),
        "MREchoSequence": group(EffectiveEchoTime=11.0),
        "FrameAnatomySequence": group(AnatomicRegionSequence=[group(CodeMeaning="Cervical spine")]),
        "MRModifierSequence": group(InversionRecovery="NO", SpectrallySelectedSuppression="FAT"),
    }
    route = group(CodeMeaning="Intravenous route")
    agent = group(CodeMeaning="Gadobutrol", ContrastBolusAdministrationRouteSequence=[route])
    more: dict[str, Any] = {
        "SeriesDescription": None,
        "ScanningSequence": None,
        "EchoPulseSequence": "SPIN",
        "ContrastBolusAgentSequence": [agent],
    }
    write_enhanced(tmp_path / "x", [values(4)], [own], **more)
    (series,) = read(tmp_path)[0].series
    assert (series.role, series.role_basis, series.fat_suppressed) == ("T1w_ce", "header", True)
    assert series.regions == ("cervical",)
    assert series.acquisition.contrast_bolus_agent == "Gadobutrol"
    assert (series.acquisition.echo_time_s, series.acquisition.flip_angle_deg) == (0.011, 150.0)


def test_an_agent_that_a_frame_says_was_not_given_is_no_contrast(tmp_path: Path) -> None:
    own = {
        "MREchoSequence": group(EffectiveEchoTime=11.0),
        "MRTimingAndRelatedParametersSequence": group(RepetitionTime=620.0),
    }
    own["ContrastBolusUsageSequence"] = group(ContrastBolusAgentAdministered="NO")
    more: dict[str, Any] = {"SeriesDescription": None, "ContrastBolusAgentSequence": [group(CodeMeaning="Gadobutrol")]}
    write_enhanced(tmp_path / "x", [values(4)], [own], **more)
    assert read(tmp_path)[0].series[0].role == "T1w"


@pytest.mark.parametrize(
    ("creator", "name", "place", "kind", "value"),
    [
        (0x00190010, "SIEMENS MR HEADER", 0x0019100C, "IS", "800"),
        (0x20010010, "Philips Imaging DD 001", 0x20011003, "FL", 800.0),
        (0x00430010, "GEMS_PARM_01", 0x00431039, "IS", ["1000000800", "8", "0", "0"]),
        (0x00190010, "SIEMENS MR HEADER", 0x0019100C, "UN", b"800 "),
        (0x20010010, "Philips Imaging DD 001", 0x20011003, "UN", struct.pack("<f", 800.0)),
    ],
)
def test_b_values_are_found_where_vendors_kept_them(
    tmp_path: Path, creator: int, name: str, place: int, kind: str, value: Any
) -> None:
    data = dataset(values(1)[0], (0, 0, 0))
    data.add_new(creator, "LO", name)
    data.add_new(place, kind, value)
    path = save(data, tmp_path / "x")
    with path.open("rb") as stream:
        (tags,) = flatten(read_header(stream))
    assert tags["DiffusionBValue"] == 800.0


def test_a_private_value_of_another_creator_is_no_b_value(tmp_path: Path) -> None:
    data = dataset(values(1)[0], (0, 0, 0))
    data.add_new(0x00190010, "LO", "SOMEBODY ELSE")
    data.add_new(0x0019100C, "IS", "800")
    with save(data, tmp_path / "x").open("rb") as stream:
        (tags,) = flatten(read_header(stream))
    assert "DiffusionBValue" not in tags


def test_pixels_are_not_read_with_the_header(tmp_path: Path) -> None:
    write_stack(tmp_path, 1)
    (file,) = tmp_path.iterdir()
    with file.open("rb") as stream:
        header = read_header(stream)
    assert "PixelData" not in header
    assert "PixelData" in dcmread(file)
