"""Stored pixels as the values they stand for: decompressed, freed of overlays, rescaled, bright meaning bright."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from thecal.ingest.decoder import Decoder
from thecal.ingest.sources import Source
from thecal.ingest.tags import Tags


def declared_bytes(tags: Tags) -> float:
    """How many bytes of pixels a header claims to have."""
    counts = [tags.get(word, 1) for word in ("Rows", "Columns", "NumberOfFrames", "SamplesPerPixel")]
    return float(np.prod([float(count) for count in counts]) * tags.get("BitsAllocated", 16) / 8)


def decode(source: Source, wanted: Sequence[int], tags: Tags, decoder: Decoder) -> dict[int, NDArray[Any]]:
    """The stored values of the wanted frames of one file, (rows, columns) each; compressed ones by way of the decoder.

    Raises whatever pydicom raises for pixels that are cut off or damaged.
    """
    shape = (int(tags.get("NumberOfFrames", 1)), int(tags["Rows"]), int(tags["Columns"]))
    syntax = tags.get("TransferSyntaxUID")
    with source.load() as stream:
        if syntax is not None and UID(syntax).is_encapsulated:
            pixels = decoder.decode(stream.read(), shape)
        else:
            pixels = _read_plain(stream)
    if pixels.shape != shape:
        raise ValueError("its pixels do not fill the rows and columns that its header states")
    return {index: _own_bits(pixels[index], tags) for index in wanted}


def _read_plain(stream: BinaryIO) -> NDArray[Any]:
    data = dcmread(stream, force=True)
    if "TransferSyntaxUID" not in data.file_meta:
        # Files from before the file meta information existed are not compressed.
        data.file_meta.TransferSyntaxUID = (
            ImplicitVRLittleEndian if data.original_encoding[0] else ExplicitVRLittleEndian
        )
    pixels: NDArray[Any] = data.pixel_array
    return pixels if pixels.ndim == 3 else pixels[np.newaxis]


def _own_bits(frame: NDArray[Any], tags: Tags) -> NDArray[Any]:
    """Only the bits that hold the value: old scanners kept overlays in the bits above them."""
    allocated = frame.dtype.itemsize * 8
    stored = int(tags.get("BitsStored", allocated))
    high = int(tags.get("HighBit", stored - 1))
    if frame.dtype.kind not in "ui" or not 0 < stored < allocated or not stored - 1 <= high < allocated:
        return frame
    up, down = allocated - 1 - high, allocated - stored
    return (frame << up) >> down


def stack(frames: Sequence[NDArray[Any]], tags: Sequence[Tags]) -> NDArray[Any]:
    """Slices (rows, columns) as one block with axes i along columns, j along rows, k across slices, in the values they stand for.

    Whole numbers stay whole and small; slices that are scaled differently become float32.
    """
    block = np.stack([_upright(frame, tag) for frame, tag in zip(frames, tags, strict=True)])
    slopes = np.array([tag.get("RescaleSlope", 1.0) or 1.0 for tag in tags])
    shifts = np.array([tag.get("RescaleIntercept", 0.0) for tag in tags])
    return _small(_rescale(block, slopes, shifts)).transpose(2, 1, 0)


def _upright(frame: NDArray[Any], tags: Tags) -> NDArray[Any]:
    """Values in which more is brighter. CT is left as it is: its rescaled values are Hounsfield units however they are shown."""
    if (
        tags.get("PhotometricInterpretation") != "MONOCHROME1"
        or tags.get("Modality") == "CT"
        or frame.dtype.kind not in "ui"
    ):
        return frame
    bits = int(tags.get("BitsStored", frame.dtype.itemsize * 8))
    return ~frame if frame.dtype.kind == "i" else (frame.dtype.type(2**bits - 1) - frame)


def _rescale(block: NDArray[Any], slopes: NDArray[np.float64], shifts: NDArray[np.float64]) -> NDArray[Any]:
    if np.all(slopes == 1) and np.all(shifts == 0):
        return block
    even = bool(np.all(slopes == slopes[0]) and slopes[0] == round(slopes[0]) and np.all(shifts == np.round(shifts)))
    if block.dtype.kind in "ui" and even:
        return block.astype(np.int64) * int(slopes[0]) + shifts.astype(np.int64)[:, None, None]
    scaled: NDArray[Any] = block.astype(np.float32)
    scaled *= slopes.astype(np.float32)[:, None, None]
    scaled += shifts.astype(np.float32)[:, None, None]
    return scaled


def _small(block: NDArray[Any]) -> NDArray[Any]:
    """The same values in native byte order and in the least type that holds them all."""
    if block.dtype.kind == "f":
        return block.astype(np.float32, copy=False)
    low, high = int(block.min()), int(block.max())
    for kind in (block.dtype.newbyteorder("="), np.dtype(np.int16), np.dtype(np.uint16), np.dtype(np.int32)):
        limits = np.iinfo(kind)
        if kind.itemsize <= 4 and limits.min <= low and high <= limits.max:
            return block.astype(kind, copy=False)
    return block.astype(np.float32)
