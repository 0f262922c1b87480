from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import examples
import pytest
from export.dicom import studies

from thecal.export.dicom.origin import describe, origin_of


def test_the_header_repeats_the_study_as_its_images_state_it(tmp_path: Path) -> None:
    header = studies.make(tmp_path).origin.header()
    assert header.PatientName == "Müller^Åsa"
    assert (header.PatientID, header.PatientBirthDate, header.PatientSex) == ("P-77", "19700601", "F")
    assert (header.StudyInstanceUID, header.AccessionNumber, header.StudyDate) == ("2.25.4711", "ACC-9", "20260304")
    assert header.StudyDescription == "MRI of the whole spine"


def test_the_same_report_gives_the_same_uids_and_an_approved_one_others() -> None:
    report = examples.report()
    one, again, approved = (origin_of(each) for each in (report, report, replace(report, status="approved")))
    assert one is not None
    assert again is not None
    assert approved is not None
    assert one.uid("a") == again.uid("a") != one.uid("b")
    assert one.uid("a") != approved.uid("a")


@pytest.mark.parametrize(
    ("stated", "written"),
    [("10:11:12", "101112"), ("1011", "1011"), ("101112.1234567", "101112.123456"), ("noon", ""), (None, "")],
)
def test_a_time_that_is_written_oddly_stops_nothing(stated: str | None, written: str) -> None:
    report = examples.report()
    origin = origin_of(replace(report, identity=replace(report.identity, study_time=stated)))
    assert origin is not None
    assert origin.header().StudyTime == written


def test_a_study_without_a_uid_has_no_origin() -> None:
    report = replace(examples.report(), study_instance_uid=None)
    assert origin_of(replace(report, identity=replace(report.identity, study_instance_uid=None))) is None


def test_a_description_begins_with_the_mark_and_fits() -> None:
    assert describe("x" * 90).startswith("RESEARCH thecal x")
    assert len(describe("x" * 90)) == 64
