"""The DICOM objects and the de-identified copies as the commands leave them."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from export.dicom import studies

from thecal import cli, results
from thecal.pipeline import Result


def result_of(made: studies.Made) -> Result:
    """The study as a run would have left it."""
    return Result(made.aligned.study, made.aligned, made.segmented, made.report)


class Pdf:
    """A report format that is quick to make."""

    FILE = "report.pdf"

    @staticmethod
    def render(_: object) -> bytes:
        return b"%PDF-1.7"


def told(folder: Path) -> list[str]:
    """What the log says was left out."""
    lines = (json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines())
    return [line["left_out"] for line in lines if "left_out" in line]


def test_a_dicom_study_leaves_its_objects_in_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thecal.report.formats_of", lambda _: (Pdf,))
    made = studies.make(tmp_path / "source")
    assert results.write(result_of(made), tmp_path / "out", []) == ()
    found = {path.name for path in (tmp_path / "out" / "dicom").iterdir()}
    key = made.series.key
    names = {f"seg-anatomy_{key}.dcm", f"seg-lesion_{key}.dcm", "key-objects.dcm", "report-sr.dcm", "report-pdf.dcm"}
    assert found == names
    document = pydicom.dcmread(tmp_path / "out" / "dicom" / "report-pdf.dcm")
    assert document.EncapsulatedDocument == (tmp_path / "out" / "report.pdf").read_bytes()
    assert told(tmp_path / "out") == []


def test_a_nifti_study_leaves_none_and_the_log_says_why(small_result: Path) -> None:
    assert not (small_result / "dicom").exists()
    assert any("did not come as DICOM" in line for line in told(small_result))


def test_objects_that_cannot_be_made_are_a_hole_and_the_rest_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thecal.export.dicom import objects

    def break_down(*_: object) -> None:
        raise ValueError("a header that breaks")

    monkeypatch.setattr(objects, "_report", break_down)
    monkeypatch.setattr("thecal.report.formats_of", lambda _: (Pdf,))
    made = studies.make(tmp_path / "source")
    (hole,) = results.write(result_of(made), tmp_path / "out", [])
    assert (hole.missing, "a header that breaks" in hole.why) == ("dicom", True)
    assert (tmp_path / "out" / "report.pdf").exists()
    assert not (tmp_path / "out" / "dicom").exists()


def test_deidentify_copies_images_under_neutral_names_with_an_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    studies.make(tmp_path / "Müller_Åsa")
    (tmp_path / "Müller_Åsa" / "notes.pdf").write_bytes(b"%PDF")
    code = cli.main(["deidentify", str(tmp_path / "Müller_Åsa"), "-o", str(tmp_path / "out")])
    files = sorted((tmp_path / "out").rglob("*.dcm"))
    assert files[0].relative_to(tmp_path / "out").as_posix() == "images/series-01/0001.dcm"
    assert len(files) == 9
    account = json.loads((tmp_path / "out" / "deidentification.json").read_text())
    assert (code, account["written"], sum(account["withheld"].values())) == (4, 9, 1)
    assert "Müller" not in (tmp_path / "out" / "deidentification.json").read_text()
    assert all("Müller" not in str(pydicom.dcmread(path)) for path in files)
    assert "Faces are not removed" in capsys.readouterr().out


def test_deidentify_with_a_key_gives_the_same_names_again_and_without_one_never(tmp_path: Path) -> None:
    studies.make(tmp_path / "source")
    (tmp_path / "key").write_text("secret")
    uids = []
    for name, more in (("a", ["--key", str(tmp_path / "key")]), ("b", ["--key", str(tmp_path / "key")]), ("c", [])):
        assert cli.main(["deidentify", str(tmp_path / "source"), "-o", str(tmp_path / name), "--quiet", *more]) == 0
        first = tmp_path / name / "images" / "series-01" / "0001.dcm"
        uids.append(str(pydicom.dcmread(first).StudyInstanceUID))
    assert uids[0] == uids[1] != uids[2]


def test_deidentify_of_nothing_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("no image")
    assert cli.main(["deidentify", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 3
    assert not (tmp_path / "out").exists()
    assert "expected DICOM images" in capsys.readouterr().err


def test_the_help_of_deidentify_gives_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["deidentify", "--help"])
    assert "Example: thecal deidentify" in capsys.readouterr().out
