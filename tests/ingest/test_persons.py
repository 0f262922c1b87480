from __future__ import annotations

from pathlib import Path

import pytest
from ingest.dicom_files import write_stack

from thecal.ingest import read
from thecal.ingest.persons import acquired_on, context_of, iso_date


@pytest.mark.parametrize(
    ("tags", "age"),
    [
        ({"PatientAge": "045Y"}, 45.0),
        ({"PatientAge": "018M"}, 1.5),
        ({"PatientAge": "010D"}, 0.03),
        ({"PatientBirthDate": "19790316"}, 44.0),
        ({"PatientBirthDate": "19790315"}, 45.0),
        ({"PatientAge": "000Y", "PatientBirthDate": "19790101"}, 45.0),
        ({"PatientBirthDate": "20300101"}, None),
        ({"PatientAge": "old"}, None),
        ({}, None),
    ],
)
def test_age_is_stated_or_counted_to_the_day_of_acquisition(tags: dict[str, str], age: float | None) -> None:
    assert context_of(tags, "2024-03-15").get("age_years") == age


@pytest.mark.parametrize(("sex", "code"), [("F", "female"), ("M", "male"), ("O", None), ("", None)])
def test_sex_is_stated_or_left_out(sex: str, code: str | None) -> None:
    assert context_of({"PatientSex": sex}, None).get("sex") == code


@pytest.mark.parametrize("text", ["20240315", "2024.03.15", "2024-03-15", "20240315101500.0"])
def test_days_are_written_iso(text: str) -> None:
    assert iso_date(text) == "2024-03-15"


@pytest.mark.parametrize("text", ["20241345", "yesterday", "", None, "2024"])
def test_what_is_no_day_is_none(text: str | None) -> None:
    assert iso_date(text) is None


def test_the_day_of_acquisition_goes_before_the_studys() -> None:
    assert (
        acquired_on(
            [{"StudyDate": "20240101", "AcquisitionDate": "20240316"}, {"AcquisitionDateTime": "20240315080000"}]
        )
        == "2024-03-15"
    )
    assert acquired_on([{"StudyDate": "20240101"}]) == "2024-01-01"
    assert acquired_on([{}]) is None


def test_the_header_tells_age_and_sex_and_the_caller_overrules(tmp_path: Path) -> None:
    write_stack(tmp_path)
    assert read(tmp_path)[0].context == {"age_years": 53.0, "sex": "female"}
    told = read(tmp_path, context={"age_years": 60.0, "known_primary": "breast"})[0].context
    assert told == {"age_years": 60.0, "sex": "female", "known_primary": "breast"}
