"""The Bundle in the result folder: with the report attached, and without taking the rest down when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report import reports

from thecal import report, results
from thecal.export import fhir
from thecal.pipeline import Result


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch) -> Result:
    """The worked study's result, whose report comes as plain text alone."""
    monkeypatch.setattr(report, "formats_of", lambda _: (report.text,))
    return Result(reports.study(), reports.aligned(), reports.segmentation(), reports.report())


def test_the_bundle_holds_the_text_where_there_is_no_pdf(result: Result, tmp_path: Path) -> None:
    assert results.write(result, tmp_path / "out", ()) == ()
    bundle = json.loads((tmp_path / "out" / "fhir" / "bundle.json").read_text())
    (form,) = bundle["entry"][0]["resource"]["presentedForm"]
    assert form["contentType"] == "text/plain"
    assert form["size"] == (tmp_path / "out" / "report.txt").stat().st_size


def test_a_bundle_that_fails_leaves_a_hole_and_the_rest_stands(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("a date of no calendar")

    monkeypatch.setattr(fhir, "render", fail)
    (hole,) = results.write(result, tmp_path / "out", ())
    assert (hole.missing, hole.why) == ("fhir/bundle.json", "ValueError: a date of no calendar")
    assert (tmp_path / "out" / "report.txt").is_file()
    assert not (tmp_path / "out" / "fhir").exists()
