"""What the confidentiality profile does with each attribute, and which other attributes may keep a text.

The profile names what has to go; it does not name every attribute in which a person might have typed a name. So an attribute
beyond the profile keeps a text only if it stands in `TECHNICAL`, a date or a time never, and bulk data only if they are pixels.

Source: DICOM PS3.15 Table E.1-1 (Basic Application Level Confidentiality Profile)
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources
from typing import Literal

from pydicom.datadict import keyword_for_tag

Action = Literal["keep", "empty", "dummy", "remove", "uid", "clean", "into"]
# Of several actions the one that any object can bear: a dummy where a value may be required, else an empty value.
_ACTIONS: dict[str, Action] = {
    "D": "dummy", "Z": "empty", "X": "remove", "U": "uid", "Z/D": "dummy", "X/Z": "empty", "X/D": "dummy", "X/Z/D": "dummy",
    "X/Z/U*": "into",
}  # fmt: skip
# Clean Descriptors: texts of which the words that speak of imaging stay.
DESCRIPTORS = frozenset({
    "StudyDescription", "SeriesDescription", "ProtocolName", "ContrastBolusAgent", "AcquisitionProtocolDescription",
    "RequestedProcedureDescription", "PerformedProcedureStepDescription", "DerivationDescription",
})  # fmt: skip
# Texts that say how an image was made or what a segment is.
TECHNICAL = frozenset({
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "SequenceName", "PulseSequenceName", "ImagedNucleus",
    "ReceiveCoilName", "TransmitCoilName", "ReceiveCoilManufacturerName", "TransmitCoilManufacturerName",
    "MultiCoilElementName", "ConvolutionKernel", "FilterType", "StackID", "DimensionDescriptionLabel", "RescaleType",
    "CodeValue", "LongCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "CodeMeaning", "CodingSchemeName",
    "SegmentLabel", "SegmentAlgorithmName", "AlgorithmName", "AlgorithmVersion", "TrackingID",
    "WindowCenterWidthExplanation",
})  # fmt: skip
PIXELS = frozenset({"PixelData", "FloatPixelData", "DoubleFloatPixelData", "LUTData"})
_TEXTS = frozenset({"AE", "AS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_TIMES = frozenset({"DA", "DT", "TM"})
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_DRAWN_GROUPS = ((0x5000, 0x50FF), (0x6000, 0x60FF))


@cache
def table() -> dict[int, Action]:
    """The profile's action for each attribute it names, by tag."""
    text = resources.files("thecal.export.dicom").joinpath("basic_profile.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {int(row["tag"].replace(",", ""), 16): _ACTIONS[row["action"]] for row in rows}


def action_of(tag: int, vr: str) -> Action:
    """What is done with an attribute."""
    group, keyword = tag >> 16, keyword_for_tag(tag)
    if group % 2 or not keyword or any(low <= group <= high for low, high in _DRAWN_GROUPS):
        return "remove"
    if keyword in DESCRIPTORS:
        return "clean"
    return table().get(tag) or _beyond(keyword, vr)


def _beyond(keyword: str, vr: str) -> Action:
    """What is done with an attribute that the profile does not name."""
    if vr == "SQ":
        return "into"
    if vr == "UI":
        return "uid"
    if vr in _TIMES or (vr in _TEXTS and keyword not in TECHNICAL):
        return "empty"
    return "remove" if vr in _BULK and keyword not in PIXELS else "keep"
