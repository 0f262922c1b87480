from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from thecal.export.dicom.confidentiality import action_of, table


@pytest.mark.parametrize(
    ("keyword", "action"),
    [
        ("PatientName", "empty"), ("PatientID", "dummy"), ("PatientAge", "remove"), ("InstitutionName", "dummy"),
        ("StudyInstanceUID", "uid"), ("StudyDescription", "clean"), ("ProtocolName", "clean"), ("ImageComments", "remove"),
        ("AcquisitionDateTime", "dummy"), ("StudyTime", "empty"), ("ReferencedImageSequence", "into"),
        ("SequenceName", "keep"), ("EchoTime", "keep"), ("ImagePositionPatient", "keep"), ("PixelData", "keep"),
        ("PositionReferenceIndicator", "empty"), ("TrackingUID", "uid"), ("SegmentSequence", "into"),
        ("EncapsulatedDocument", "dummy"), ("ICCProfile", "remove"), ("IconImageSequence", "remove"),
    ],
)  # fmt: skip
def test_the_profile_and_what_lies_beyond_it(keyword: str, action: str) -> None:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    assert action_of(tag, dictionary_VR(tag).split(" or ")[0]) == action


def test_private_drawn_and_unknown_attributes_are_removed() -> None:
    assert {action_of(tag, "LO") for tag in (0x00291001, 0x50000022, 0x60003000, 0x00089999)} == {"remove"}


def test_the_table_is_whole() -> None:
    actions = list(table().values())
    assert len(actions) == 652
    assert {name: actions.count(name) for name in ("remove", "uid", "into")}["remove"] > 400
