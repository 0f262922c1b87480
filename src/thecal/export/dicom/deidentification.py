"""An image freed of who it shows, after the Basic Application Level Confidentiality Profile with cleaned descriptions and pixels.

What the profile names is replaced, emptied or removed; texts beyond it go unless they are technical; what is left is searched for
the names, numbers and dates that the header held, and an object in which one still stands is refused. Faces are not removed.

Source: DICOM PS3.15 Annex E (E.1.1 de-identifier, E.3.1 Clean Pixel Data, E.3.5 Clean Descriptors)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.multival import MultiValue
from pydicom.uid import ExplicitVRLittleEndian

from thecal.export.dicom import burned_in, descriptors
from thecal.export.dicom.confidentiality import action_of
from thecal.export.dicom.pseudonyms import Pseudonyms

# MR, CT and their enhanced kinds, radiographs, and segmentations: what an image's header can be cleaned of by rule.
IMAGES = tuple(f"1.2.840.10008.5.1.4.1.1.{end}" for end in (
    "4", "4.1", "4.4", "2", "2.1", "2.2", "1", "1.1", "1.1.1", "66.4",
))  # fmt: skip
REMOVED = "REMOVED"
_DUMMIES = {"DA": "19000101", "DT": "19000101000000", "TM": "000000", "AS": "000Y", "IS": "0", "DS": "0"}
_NUMBERS = ("US", "SS", "UL", "SL", "UV", "SV", "FL", "FD")
# Attributes of the person, the visit and the place whose values are looked for everywhere else.
_HARVESTED = (
    "PatientID", "OtherPatientIDs", "IssuerOfPatientID", "AccessionNumber", "StudyID", "AdmissionID", "PatientAddress",
    "PatientTelephoneNumbers", "InstitutionName", "InstitutionAddress", "StationName", "DeviceSerialNumber",
    "RequestedProcedureID", "ScheduledProcedureStepID", "PerformedProcedureStepID", "PatientBirthDate", "StudyDate",
    "SeriesDate", "AcquisitionDate", "ContentDate", "MilitaryRank", "PatientMotherBirthName",
)  # fmt: skip
_SHORTEST_NAME, _SHORTEST_NUMBER = 3, 5
# What is entered where nothing is known.
_NOTHING = {"none", "unknown", "anonymous", "removed", "null"}
_SPLIT = re.compile(r"[\s^=,;/\\]+")


class StillIdentified(ValueError):
    """An object that, after cleaning, still holds a name, number or date of the person."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """A de-identified object, and whether text may be burned into its pixels."""

    data: Dataset
    text: burned_in.Text


def deidentify(data: Dataset, names: Pseudonyms, version: str) -> Cleaned:
    """The object without who it shows; data is used up. Raises StillIdentified where it cannot be made clean."""
    secrets = harvest(data)
    patient = str(data.get("PatientID", "")) or str(data.get("PatientName", ""))
    pixels = _clean_pixels(data)
    # Values are text in Unicode from here on, whatever the file's character set was.
    data.decode()
    _clean(data, names, secrets)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.PatientID = names.patient(patient)
    data.PatientName = data.PatientID.replace("-", "^")
    text = burned_in.look(data, pixels)
    _declare(data, version, cleaned_pixels=text == "none")
    data.preamble = b"\0" * 128
    data.file_meta = _meta(data)
    if found := next(remains(data, secrets), None):
        raise StillIdentified(found)
    return Cleaned(data, text)


def harvest(data: Dataset) -> frozenset[str]:
    """The words and numbers of a header that tell who and where: parts of names, numbers, dates; in lower case.

    Words of imaging in the name of a place tell nothing and are not looked for; in the name of a person they are.
    """
    found: set[str] = set()
    for element in data.iterall():
        if element.VR == "PN" or element.keyword in _HARVESTED:
            words = {word.casefold() for value in _values(element) for word in _SPLIT.split(str(value))}
            found |= words if element.VR == "PN" else words - descriptors.imaging_words()
    return frozenset(word for word in found if _tells(word))


def _tells(word: str) -> bool:
    """Whether a word is long enough not to be found everywhere by chance."""
    return word not in _NOTHING and len(word) >= (
        _SHORTEST_NAME if any(letter.isalpha() for letter in word) else _SHORTEST_NUMBER
    )


def remains(data: Dataset, secrets: frozenset[str]) -> Iterator[str]:
    """The attributes in which a word of the person still stands."""
    for element in data.iterall():
        if element.VR != "SQ" and not element.VR.startswith("O") and _speaks(element, secrets):
            yield element.keyword


def _clean(data: Dataset, names: Pseudonyms, secrets: frozenset[str]) -> None:
    for tag in list(data.keys()):
        element = data[tag]
        action = action_of(int(tag), element.VR)
        if action == "remove":
            del data[tag]
        elif element.VR == "SQ":
            _clean_sequence(element, action, names, secrets)
        elif action == "uid":
            element.value = _renamed(element, names)
        elif action == "clean":
            element.value = _spoken(element)
        elif action == "empty":
            element.value = None
        elif action == "dummy":
            element.value = _dummy(element, names)
        if tag in data and element.VR != "SQ" and _speaks(element, secrets):
            element.value = _dummy(element, names)


def _clean_sequence(element: Any, action: str, names: Pseudonyms, secrets: frozenset[str]) -> None:
    if action == "into":
        for item in element.value:
            _clean(item, names, secrets)
    else:
        element.value = []


def _dummy(element: Any, names: Pseudonyms) -> Any:
    """A value that tells nothing and that the attribute's kind allows."""
    if element.VR == "UI":
        return _renamed(element, names)
    if element.VR in _DUMMIES:
        return _DUMMIES[element.VR]
    if element.VR in _NUMBERS:
        return 0
    return None if element.VR in ("AT", "UN") or element.VR.startswith("O") else REMOVED


def _spoken(element: Any) -> Any:
    """A description's words of imaging; a dummy where none is left, since some objects need the attribute."""
    cleaned = [descriptors.clean(str(value)) for value in _values(element)]
    return cleaned if len(cleaned) > 1 else (cleaned[0] if cleaned else "") or REMOVED


def _renamed(element: Any, names: Pseudonyms) -> Any:
    renamed = [names.uid(str(value)) for value in _values(element)]
    return renamed if len(renamed) > 1 else (renamed[0] if renamed else None)


def _speaks(element: Any, secrets: frozenset[str]) -> bool:
    """Whether a value holds a word of the person: names as whole words, numbers anywhere."""
    if element.VR in ("UI", "AT") or element.VR.startswith("O"):
        return False
    text = " ".join(str(value) for value in _values(element)).casefold()
    words = set(re.split(r"[\W_]+", text))
    return any(secret in words or (not secret.isalpha() and secret in text) for secret in secrets)


def _values(element: Any) -> list[Any]:
    value = element.value
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, (list, MultiValue)) else [value]


def _clean_pixels(data: Dataset) -> Any:
    """The pixel values, if any. What is stored beside them goes: bits above a value, bytes after the last, a codec's comments."""
    if "PixelData" not in data:
        return None
    if data.file_meta.TransferSyntaxUID.is_encapsulated:
        data.decompress(generate_instance_uid=False)
    if data.BitsAllocated == 1:
        frames = int(data.get("NumberOfFrames", 1))
        data.PixelData = data.PixelData[: -(-frames * data.Rows * data.Columns // 8)]
        data.PixelData += b"\0" * (len(data.PixelData) % 2)
        return None
    pixels = data.pixel_array
    if pixels.dtype.kind == "u" and data.BitsStored < data.BitsAllocated and data.HighBit == data.BitsStored - 1:
        pixels = pixels & np.array(2**data.BitsStored - 1, dtype=pixels.dtype)
    data.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    return pixels


def _declare(data: Dataset, version: str, *, cleaned_pixels: bool) -> None:
    data.PatientIdentityRemoved = "YES"
    data.LongitudinalTemporalInformationModified = "REMOVED"
    data.DeidentificationMethod = f"thecal {version}, PS3.15 Annex E"
    codes = [("113100", "Basic Application Confidentiality Profile"), ("113105", "Clean Descriptors Option")]
    if cleaned_pixels:
        codes.insert(1, ("113101", "Clean Pixel Data Option"))
        data.BurnedInAnnotation = "NO"
    data.DeidentificationMethodCodeSequence = [_code(*code) for code in codes]


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _meta(data: Dataset) -> FileMetaDataset:
    """File meta information made anew: the old one names who sent and who received the file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta
