from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingest.dicom_files import CT, SAGITTAL, dataset, positions, save, values, write_stack
from numpy.typing import NDArray
from pydicom.uid import (
    HTJ2KLossless,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from thecal.ingest import read

UNSTATED: dict[str, Any] = {"ScanningSequence": None, "EchoTime": None, "RepetitionTime": None}


def voxels(folder: Path) -> NDArray[Any]:
    """The only series' values as (slices, rows, columns)."""
    (series,) = read(folder)[0].series
    assert series.volume is not None
    return series.volume.voxels.transpose(2, 1, 0)


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_whole_numbers_of_any_width_and_sign_come_through(tmp_path: Path, kind: type[Any]) -> None:
    block = (values(3) % 200 - (100 if np.iinfo(kind).min < 0 else 0)).astype(kind)
    write_stack(tmp_path, pixels=block)
    assert np.array_equal(voxels(tmp_path), block)
    assert voxels(tmp_path).dtype == kind


def test_float_pixels_come_through_as_float32(tmp_path: Path) -> None:
    block = np.random.default_rng(0).normal(size=(3, 7, 9)).astype(np.float32)
    for index, place in enumerate(positions(3, SAGITTAL, 3.0, (0, 0, 0))):
        data = dataset(block[index], place, BitsAllocated=32, BitsStored=None, HighBit=None, PixelRepresentation=None)
        del data.PixelData
        data.FloatPixelData = block[index].tobytes()
        save(data, tmp_path / f"{index}")
    assert np.array_equal(voxels(tmp_path), block)


def test_slope_and_intercept_are_applied(tmp_path: Path) -> None:
    block = write_stack(tmp_path, RescaleSlope=0.5, RescaleIntercept=-20.0)
    assert np.allclose(voxels(tmp_path), block * 0.5 - 20)


def test_slices_scaled_differently_each_keep_their_own_scale(tmp_path: Path) -> None:
    block = values(4)
    for index, place in enumerate(positions(4, SAGITTAL, 3.0, (0, 0, 0))):
        save(dataset(block[index], place, RescaleSlope=1.0 + index, RescaleIntercept=-index), tmp_path / f"{index}")
    expected = block * (1.0 + np.arange(4))[:, None, None] - np.arange(4)[:, None, None]
    assert np.allclose(voxels(tmp_path), expected)


def test_hounsfield_units_stay_whole_numbers(tmp_path: Path) -> None:
    block = write_stack(tmp_path, SOPClassUID=CT, Modality="CT", RescaleSlope=1, RescaleIntercept=-1024, **UNSTATED)
    assert voxels(tmp_path).dtype == np.int16
    assert np.array_equal(voxels(tmp_path), block.astype(int) - 1024)


def test_monochrome1_is_turned_so_that_more_is_brighter_but_not_in_hounsfield_units(tmp_path: Path) -> None:
    block = write_stack(tmp_path / "mr", PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)
    assert np.array_equal(voxels(tmp_path / "mr"), 4095 - block)
    more: dict[str, Any] = {"SOPClassUID": CT, "Modality": "CT", "RescaleSlope": 1, "RescaleIntercept": 0, **UNSTATED}
    block = write_stack(tmp_path / "ct", PhotometricInterpretation="MONOCHROME1", **more)
    assert np.array_equal(voxels(tmp_path / "ct"), block)


def test_an_overlay_in_the_spare_bits_is_no_signal(tmp_path: Path) -> None:
    block = values(3)
    write_stack(tmp_path, pixels=block | np.uint16(0x8000), BitsStored=12, HighBit=11)
    assert np.array_equal(voxels(tmp_path), block)


def test_negative_values_in_twelve_bits_keep_their_sign(tmp_path: Path) -> None:
    block = values(3).astype(np.int16) - 500
    write_stack(tmp_path, pixels=block & np.int16(0x0FFF), BitsStored=12, HighBit=11, PixelRepresentation=1)
    assert np.array_equal(voxels(tmp_path), block)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=["RLE", "JPEG 2000", "JPEG-LS"])
def test_compressed_pixels_come_through_unchanged(tmp_path: Path, syntax: str) -> None:
    block = values(3, (40, 33))
    for index, place in enumerate(positions(3, SAGITTAL, 3.0, (0, 0, 0))):
        save(dataset(block[index], place), tmp_path / f"{index}", syntax)
    assert np.array_equal(voxels(tmp_path), block)


def test_every_other_compression_has_a_decoder_here() -> None:
    from pydicom.pixels import get_decoder

    for syntax in (
        JPEGLosslessSV1,
        HTJ2KLossless,
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.91",
    ):
        assert get_decoder(syntax).is_available


def test_lossless_jpeg_of_another_writer_comes_through(tmp_path: Path) -> None:
    gdcm = pytest.importorskip("gdcm")
    block = write_stack(tmp_path / "plain", 3, pixels=values(3, (40, 33)))
    (tmp_path / "jpeg").mkdir()
    for file in (tmp_path / "plain").iterdir():
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(file))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFileName(str(tmp_path / "jpeg" / file.name))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
    assert np.array_equal(voxels(tmp_path / "jpeg"), block)
