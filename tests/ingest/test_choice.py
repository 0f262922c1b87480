from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ingest.dicom_files import dataset, save, uid, values, write_stack

from thecal.ingest import read
from thecal.records import StudyUnreadable

OTHER: dict[str, Any] = {
    "PatientID": "P2",
    "PatientName": "Roe^Richard",
    "StudyInstanceUID": uid("other"),
    "SeriesNumber": 8,
}


def test_two_patients_are_refused_with_the_way_to_choose(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, **OTHER)
    with pytest.raises(StudyUnreadable) as refused:
        read(tmp_path)
    assert refused.value.found == "2 patients"
    assert uid("study") in refused.value.remedy
    assert uid("other") in refused.value.remedy


def test_a_refusal_never_names_a_patient(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, **OTHER)
    with pytest.raises(StudyUnreadable) as refused:
        read(tmp_path)
    for personal in ("Doe", "Roe", "P1", "P2", "1970"):
        assert personal not in str(refused.value)


def test_a_chosen_examination_is_read_alone(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, **OTHER)
    study, identity = read(tmp_path, study_instance_uid=uid("other"))
    assert study.study_instance_uid == uid("other")
    assert identity.patient_id == "P2"
    assert len(study.series) == 1
    assert [unread.why for unread in study.unread] == ["not the one that was chosen"]


def test_two_examinations_of_one_patient_are_refused_oldest_first(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, StudyInstanceUID=uid("earlier"), StudyDate="20200101", SeriesNumber=8)
    with pytest.raises(StudyUnreadable, match="2 examinations of one patient") as refused:
        read(tmp_path)
    assert refused.value.remedy.index(uid("earlier")) < refused.value.remedy.index(uid("study"))


def test_one_examination_with_two_patients_is_refused(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, PatientID="P2", SeriesNumber=8)
    with pytest.raises(StudyUnreadable, match="2 patients in one examination"):
        read(tmp_path)
    with pytest.raises(StudyUnreadable, match="2 patients in one examination"):
        read(tmp_path, study_instance_uid=uid("study"))


def test_the_same_patient_written_differently_is_one(tmp_path: Path) -> None:
    write_stack(tmp_path)
    write_stack(tmp_path, PatientName="DOE^JANE^^", SeriesNumber=8)
    assert read(tmp_path)[1].patient_id == "P1"
    nameless = tmp_path / "nameless"
    write_stack(nameless, PatientID=None)
    write_stack(nameless, PatientID=None, PatientName="DOE^JANE^^", SeriesNumber=8)
    assert read(nameless)[1].patient_id is None


def test_images_without_any_identity_are_one_patient(tmp_path: Path) -> None:
    write_stack(tmp_path, PatientID=None, PatientName=None)
    assert len(read(tmp_path)[0].series) == 1


def test_a_report_from_another_examination_does_not_stop_the_reading(tmp_path: Path) -> None:
    write_stack(tmp_path)
    report = dataset(
        values(1)[0], (0, 0, 0), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", StudyInstanceUID=uid("other")
    )
    save(report, tmp_path / "report")
    assert [unread.what for unread in read(tmp_path)[0].unread] == ["files of another examination"]


def test_an_examination_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write_stack(tmp_path)
    with pytest.raises(StudyUnreadable, match=r"expected the study 1\.2\.3"):
        read(tmp_path, study_instance_uid="1.2.3")
