"""DICOM headers as Tags: classic files, and every frame of enhanced multi-frame files.

Source: DICOM PS3.3 (C.7.6.16 multi-frame functional groups, C.8.13 enhanced MR, C.8.15 enhanced CT)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.uid import DeflatedExplicitVRLittleEndian

from thecal.ingest import tags as t
from thecal.ingest.tags import Tags

_SEQUENCES = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "ContrastBolusAgentSequence")
_CONVERTED = ("UnassignedSharedConvertedAttributesSequence", "UnassignedPerFrameConvertedAttributesSequence")
# Where vendors kept the b-value before the standard had a place for it: creator tag, creator's name, value tag.
_PRIVATE_B = (
    (0x00190010, "SIEMENS MR HEADER", 0x0019100C),
    (0x20010010, "Philips Imaging DD 001", 0x20011003),
    (0x00430010, "GEMS_PARM_01", 0x00431039),
)
_SPECIFIC = [
    *(tag_for_keyword(word) for word in (*t.TEXTS, *t.LISTS, *t.NUMBERS, *t.VECTORS, *_SEQUENCES)),
    *(tag for creator, _, value in _PRIVATE_B for tag in (creator, value)),
]
# Enhanced files give some values other names than the classic ones that the rest of ingest knows.
_RENAMED = {
    "EffectiveEchoTime": "EchoTime",
    "FrameType": "ImageType",
    "TemporalPositionIndex": "TemporalPositionIdentifier",
    "RFEchoTrainLength": "EchoTrainLength",
    "InversionTimes": "InversionTime",
    "FrameAcquisitionNumber": "AcquisitionNumber",
    "FrameAcquisitionDateTime": "AcquisitionDateTime",
    "NominalCardiacTriggerDelayTime": "TriggerTime",
}
LONGEST_INFLATED = 512 * 1024**2


def read_header(stream: BinaryIO) -> Any:
    """The header of a DICOM file, without pixels and without what ingest never asks for.

    Raises whatever the parser raises for a file that is not DICOM or is damaged.
    """
    _refuse_inflating(stream)
    header = dcmread(stream, stop_before_pixels=True, specific_tags=_SPECIFIC, force=True)
    if not header.get("SOPClassUID"):
        raise ValueError("not a DICOM file")
    return header


def _refuse_inflating(stream: BinaryIO) -> None:
    """A deflated file is unpacked as a whole by the parser, so its size is tried first."""
    start = stream.read(1024)
    stream.seek(0)
    if start[128:132] != b"DICM" or f"{DeflatedExplicitVRLittleEndian}".encode() not in start:
        return
    meta_length = struct.unpack("<I", start[140:144])[0]
    stream.seek(144 + meta_length)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflater.decompress(stream.read(), LONGEST_INFLATED)
    if inflater.unconsumed_tail:
        raise ValueError(f"it unpacks to more than {LONGEST_INFLATED // 1024**2} MiB")
    stream.seek(0)


def flatten(header: Any) -> Iterator[Tags]:
    """The Tags of each image plane in the file: one for a classic file, one a frame for an enhanced one."""
    syntax = getattr(header, "file_meta", {}).get("TransferSyntaxUID")
    common = {**_collect(header), **({"TransferSyntaxUID": str(syntax)} if syntax else {})}
    frames = header.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        yield common
        return
    shared = header.get("SharedFunctionalGroupsSequence")
    if shared:
        common = {**common, **_groups(shared[0])}
    for frame in frames:
        yield {**common, **_groups(frame)}


def _groups(item: Any) -> dict[str, Any]:
    """All values of one functional-groups item; what a converter could not place counts least."""
    found: dict[str, Any] = {}
    for name in sorted(item.dir(), key=lambda word: word not in _CONVERTED):
        group = item.get(name)
        if name.endswith("Sequence") and group:
            found.update(_collect(group[0]))
            if direction := group[0].get("DiffusionGradientDirectionSequence"):
                found.update(_collect(direction[0]))
            if region := group[0].get("AnatomicRegionSequence"):
                found["BodyPartExamined"] = t.text(region[0].get("CodeMeaning", ""))
    return found


def _collect(dataset: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in _stated(dataset):
        kept = _RENAMED.get(word, word)
        value = _convert(kept, _value(dataset, word))
        if value not in (None, ()):
            found[kept] = value
    if "DiffusionBValue" not in found and (b_value := _private_b_value(dataset)) is not None:
        found["DiffusionBValue"] = b_value
    if agents := dataset.get("ContrastBolusAgentSequence"):
        found = {**_agent(agents[0]), **found}
    return found


def _agent(item: Any) -> dict[str, str]:
    """The contrast agent of an enhanced file, and the way it was given."""
    route = item.get("ContrastBolusAdministrationRouteSequence")
    told = {"ContrastBolusAgent": t.text(item.get("CodeMeaning", ""))}
    told["ContrastBolusRoute"] = t.text(route[0].get("CodeMeaning", "")) if route else None
    return {word: value for word, value in told.items() if value}


def _stated(dataset: Any) -> list[str]:
    names: list[str] = dataset.dir()
    return [name for name in names if not name.endswith("Sequence")]


def _value(dataset: Any, word: str) -> Any:
    """An element's value; one that the parser cannot make sense of was not stated."""
    try:
        return dataset.get(word)
    except (ValueError, TypeError, OverflowError, ArithmeticError, LookupError, AttributeError, NotImplementedError):
        return None


def _convert(word: str, value: Any) -> Any:
    if value is None:
        return None
    if word in t.NUMBERS:
        return t.number(value)
    if word in t.VECTORS:
        return t.vector(value)
    if word in t.LISTS:
        return t.listing(value)
    return t.text(value) if word in t.TEXTS else None


def _private_b_value(dataset: Any) -> float | None:
    for creator, name, place in _PRIVATE_B:
        if str(_raw(dataset, creator)).strip("\x00 ") == name:
            value = _raw(dataset, place)
            if isinstance(value, bytes):
                value = _decode(value)
            found = t.number(value)
            # GE adds a flag of 10⁹ to the b-value.
            return None if found is None or found < 0 else found % 100_000
    return None


def _raw(dataset: Any, place: int) -> Any:
    try:
        value = dataset[place].value
    except (KeyError, ValueError, TypeError, NotImplementedError):
        return None
    return value.decode("ascii", "replace") if isinstance(value, bytes) and place & 0xFFFF < 0x100 else value


def _decode(value: bytes) -> float | None:
    """A private value kept as unknown bytes: digits, or a little-endian float."""
    plain = value.decode("ascii", "replace").strip("\x00 ").split("\\")[0]
    if t.number(plain) is not None:
        return t.number(plain)
    return float(struct.unpack("<f", value)[0]) if len(value) == 4 else None
