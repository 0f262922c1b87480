"""The frames of a segmentation as bytes: what each one shows, where it lies, what it was drawn on, and its bits.

A segmentation holds a frame for each slice of each segment, thousands in all. What frames of one slice or of one segment share is
encoded once and put together; built as objects, they would take most of the time of writing a study.

Source: DICOM PS3.5 7.5 (nesting of data sets), 8.1.1 (one-bit pixels), PS3.3 C.8.20.3 (functional groups of a segmentation)
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from thecal.export.dicom.codes import Coded
from thecal.records import SourceImage

_SEGMENTATION = Coded("113076", "DCM", "Segmentation")
_PURPOSE = Coded("121322", "DCM", "Source image for image processing operation")
_ITEM = struct.pack("<HH", 0xFFFE, 0xE000)
_FRAME_CONTENT, _PER_FRAME, _PIXELS = (0x0020, 0x9111), (0x5200, 0x9230), (0x7FE0, 0x0010)


def groups(frames: Sequence[tuple[int, int]], images: Sequence[SourceImage], *, segments_shared: bool) -> bytes:
    """The functional groups of all frames, each a (segment number, slice index) pair, as one element in explicit little endian.

    With segments_shared the segment is told once for all frames, elsewhere.
    """
    told = [_image(image) for image in images]
    named = {number: b"" if segments_shared else _encode(_segment(number)) for number in {one for one, _ in frames}}
    items = (told[k][0] + _content(number, k + 1) + told[k][1] + named[number] for number, k in frames)
    return _element(_PER_FRAME, b"SQ", b"".join(map(_item, items)))


def pixels(masks: Sequence[NDArray[np.bool_]]) -> bytes:
    """The bits of all frames (segments' masks with axes slices, rows, columns) as one element; frames follow without a gap."""
    if masks[0][0].size % 8 == 0:
        packed = b"".join(np.packbits(mask, bitorder="little").tobytes() for mask in masks)
    else:
        packed = np.packbits(np.concatenate([mask.ravel() for mask in masks]), bitorder="little").tobytes()
    return _element(_PIXELS, b"OB", packed + b"\0" * (len(packed) % 2))


def _element(tag: tuple[int, int], kind: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sHI", *tag, kind, 0, len(value)) + value


def _item(content: bytes) -> bytes:
    return _ITEM + struct.pack("<I", len(content)) + content


def _content(segment: int, position: int) -> bytes:
    """The frame's place in the two dimensions by which frames are ordered: segment, then slice."""
    indices = struct.pack("<HH2sHII", 0x0020, 0x9157, b"UL", 8, segment, position)
    return _element(_FRAME_CONTENT, b"SQ", _item(indices))


@lru_cache(maxsize=4096)
def _image(image: SourceImage) -> tuple[bytes, bytes]:
    """What a frame was drawn on, and where it lies: the same in each segmentation of a series."""
    return _encode(_derivation(image)), _encode(_position(image))


def _encode(data: Dataset) -> bytes:
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    write_dataset(stream, data)
    return bytes(stream.getvalue())


def _derivation(image: SourceImage) -> Dataset:
    source, derivation, groups_ = Dataset(), Dataset(), Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = image.sop_class_uid, image.sop_instance_uid
    if image.frame_number is not None:
        source.ReferencedFrameNumber = image.frame_number
    source.PurposeOfReferenceCodeSequence = [_code(_PURPOSE)]
    source.SpatialLocationsPreserved = "YES"
    derivation.SourceImageSequence, derivation.DerivationCodeSequence = [source], [_code(_SEGMENTATION)]
    groups_.DerivationImageSequence = [derivation]
    return groups_


def _position(image: SourceImage) -> Dataset:
    place, groups_ = Dataset(), Dataset()
    place.ImagePositionPatient = list(image.image_position_patient)
    groups_.PlanePositionSequence = [place]
    return groups_


def _segment(number: int) -> Dataset:
    segment, groups_ = Dataset(), Dataset()
    segment.ReferencedSegmentNumber = number
    groups_.SegmentIdentificationSequence = [segment]
    return groups_


def _code(code: Coded) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme, code.meaning
    return item
