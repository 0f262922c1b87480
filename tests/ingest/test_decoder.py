"""What brings a decoder down takes only its own process with it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from ingest.dicom_files import dataset, save, values
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from thecal.ingest import read
from thecal.ingest.decoder import MOST_RESTARTS, Decoder
from thecal.records import StudyUnreadable

SHAPE = (1, 40, 33)


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    """A decoder for small images."""
    with closing(Decoder(64 * 1024**2)) as made:
        yield made


def compressed(folder: Path, syntax: str = JPEG2000Lossless, place: float = 0.0) -> bytes:
    """One compressed image as a file's bytes."""
    return save(dataset(values(1, SHAPE[1:])[0], (place, 0, 0)), folder / "x.dcm", syntax).read_bytes()


def test_values_come_back_and_the_process_serves_on(tmp_path: Path, decoder: Decoder) -> None:
    for syntax in (JPEG2000Lossless, RLELossless, JPEGLSLossless):
        assert np.array_equal(decoder.decode(compressed(tmp_path, syntax), SHAPE)[0], values(1, SHAPE[1:])[0])
    assert decoder._starts == 1


def test_a_shape_other_than_the_headers_is_refused(tmp_path: Path, decoder: Decoder) -> None:
    with pytest.raises(ValueError, match="do not fill"):
        decoder.decode(compressed(tmp_path), (1, 33, 40))


def test_a_process_that_died_is_started_anew_but_not_for_ever(tmp_path: Path, decoder: Decoder) -> None:
    data = compressed(tmp_path)
    decoder.decode(data, SHAPE)
    assert decoder._child is not None
    decoder._child.kill()
    decoder._child.wait()
    assert decoder.decode(data, SHAPE).shape == SHAPE
    assert decoder._starts == 2
    decoder.close()
    decoder._starts = MOST_RESTARTS + 1
    with pytest.raises(ValueError, match="too often"):
        decoder.decode(data, SHAPE)


def test_bits_flipped_in_compressed_pixels_never_crash(tmp_path: Path) -> None:
    for number, syntax in enumerate((RLELossless, JPEGLSLossless, JPEG2000Lossless)):
        rng = np.random.default_rng(number)
        for copy in range(4):
            data = compressed(tmp_path / f"{number}", syntax, place=copy * 3.0 + number * 100)
            start = data.rfind(b"\xe0\x7f\x10\x00") + 12
            flipped = bytearray(data)
            for place in rng.integers(start, len(data), 10):
                flipped[place] ^= 1 << int(rng.integers(0, 8))
            (tmp_path / f"{number}" / f"{copy}.dcm").write_bytes(bytes(flipped))
    try:
        study, _ = read(tmp_path)
    except StudyUnreadable:
        return
    assert study.series


def test_a_codestream_that_claims_gigabytes_stays_within_the_childs_memory(tmp_path: Path) -> None:
    data = compressed(tmp_path)
    size = data.index(b"\xff\x4f\xff\x51") + 8
    (tmp_path / "x.dcm").write_bytes(data[:size] + struct.pack(">II", 120_000, 120_000) + data[size + 8 :])
    with pytest.raises(StudyUnreadable, match="cut off, damaged"):
        read(tmp_path)
