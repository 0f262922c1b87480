from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import examples
import pydicom
import pytest
from export.dicom import studies
from export.dicom.conftest import Study

from thecal.export import dicom
from thecal.knowledge import load

PDF = b"%PDF-1.7\n%%EOF"
# The private scheme is legal (PS3.3 8.2) and dciodvfy says of every private scheme that it does not know it.
PRIVATE = re.compile(r"Unrecognized defined term = <99THECAL>")


def write(made: studies.Made) -> dict[str, bytes]:
    """Every object of the study."""
    return dict(dicom.write(made.report, made.aligned, made.segmented, load().codes, PDF).files)


def parse(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Objects read back."""
    return {name: pydicom.dcmread(BytesIO(content)) for name, content in files.items()}


def test_a_study_gets_segmentations_report_key_images_and_pdf(classic: Study) -> None:
    made, files = classic
    key = made.series.key
    names = [f"seg-anatomy_{key}.dcm", f"seg-lesion_{key}.dcm", "key-objects.dcm", "report-sr.dcm", "report-pdf.dcm"]
    found = parse(files)
    assert list(found) == names
    assert [data.Modality for data in found.values()] == ["SEG", "SEG", "KO", "SR", "DOC"]


def test_every_object_belongs_to_its_study_and_is_marked_as_research(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    for data in parse(write(replace(made, report=replace(made.report, identity=studies.WHO)))).values():
        assert data.SeriesDescription.startswith("RESEARCH thecal")
        assert (data.PatientName, data.PatientID) == ("Müller^Åsa", "P-77")
        assert (data.StudyInstanceUID, data.AccessionNumber) == ("2.25.4711", "ACC-9")
        assert (data.StudyID, data.ReferringPhysicianName) == ("S-3", "Roe^Ann")


def test_objects_have_series_numbers_and_uids_of_their_own(classic: Study) -> None:
    found = list(parse(classic[1]).values())
    for word in ("SeriesInstanceUID", "SOPInstanceUID", "SeriesNumber"):
        assert len({data[word].value for data in found}) == len(found)


def test_the_same_report_gives_the_same_bytes(classic: Study) -> None:
    made, files = classic
    assert write(made) == files


def test_a_study_that_did_not_come_as_dicom_gets_none_and_that_is_said() -> None:
    made = dicom.write(examples.report(), examples.aligned(), examples.segmentation(), load().codes, PDF)
    assert made.files == {}
    assert "did not come as DICOM" in made.left_out[0]


def test_a_series_that_cannot_be_drawn_on_is_left_out_and_the_rest_stands(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    study = replace(made.aligned.study, series=(replace(made.series, frame_of_reference_uid=None),))
    found = dicom.write(made.report, replace(made.aligned, study=study), made.segmented, load().codes, PDF)
    assert set(found.files) == {"key-objects.dcm", "report-sr.dcm", "report-pdf.dcm"}
    assert len(found.left_out) == 2
    assert "no frame of reference" in found.left_out[0]


def test_without_key_images_or_pdf_there_are_no_such_objects(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    files = dicom.write(replace(made.report, figures=()), made.aligned, made.segmented, load().codes).files
    assert not {"key-objects.dcm", "report-pdf.dcm"} & set(files)


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dciodvfy_finds_no_error_and_warns_of_the_private_scheme_alone(
    tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    if studies.tool("dciodvfy") is None:
        pytest.skip("dicom3tools is not installed")
    for path in _files(tmp_path, request.getfixturevalue(kind)):
        said = studies.run("dciodvfy", "-new", path).splitlines()
        assert [line for line in said if line.startswith(("Error", "Warning")) and not PRIVATE.search(line)] == []


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_dcmtk_reads_every_object_as_it_was_written(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> None:
    if studies.tool("dsrdump") is None:
        pytest.skip("dcmtk is not installed")
    for path in _files(tmp_path, request.getfixturevalue(kind)):
        told = pydicom.Dataset.from_json(studies.run("dcm2json", "-q", path))
        assert list(values(told)) == list(values(pydicom.dcmread(path)))
        if path.stem in ("report-sr", "key-objects"):
            assert "E: " not in studies.run("dsrdump", path)


def values(data: Any) -> Iterator[tuple[str, str]]:
    """Every element of a data set and of the items within it, with its value as text."""
    for element in data:
        if element.VR == "SQ":
            for item in element.value:
                yield from values(item)
        else:
            # DCMTK writes binary numbers with 17 digits, of which the last is noise.
            value = f"{element.value:.12g}" if element.VR in ("FD", "FL") else str(element.value)
            yield element.keyword, value


def _files(folder: Path, study: Study) -> list[Path]:
    paths = []
    for name, content in study[1].items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return paths
