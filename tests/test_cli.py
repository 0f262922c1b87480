"""The commands as a person calls them: what they leave, what they say, how they end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import nibabel
import numpy as np
import pytest

import thecal.records
from thecal import cli
from thecal.records import Report
from thecal.records.form import from_data

SCHEMAS = Path(thecal.records.__file__).parent / "schema"
COMMANDS = ("read", "segment", "protocol", "differential", "phantom", "atlas", "evaluate", "cohort", "demo")


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_gives_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert f"Example: thecal {command}" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "spinal", "ependymoma"], "PUBLISHED COUNTS"),
        (["show", "cap sign", "--format", "html"], '<article class="atlas"'),
        (["search", "intradural extramedullary metastatic disease"], "leptomeningeal_metastases"),
        (["cite", "ependymoma", "--format", "ris"], "TY  - ENCYC"),
    ],
)
def test_the_atlas_shows_finds_and_cites(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["atlas", *words]) == 0
    assert told in capsys.readouterr().out


def test_an_unknown_article_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["atlas", "show", "ependimoma"]) == 2
    assert "Nearest: Spinal ependymoma (ependymoma)" in told(capsys)


def test_an_unknown_command_is_a_wrong_call() -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["diagnose"])
    assert end.value.code == 2


def test_a_reading_leaves_what_the_contract_names(small_result: Path) -> None:
    left = {path.relative_to(small_result).as_posix() for path in small_result.rglob("*") if path.is_file()}
    assert {
        "report.html", "report.json", "findings.json", "differential.json", "log.jsonl",
        "labels/anatomy.nii.gz", "labels/lesion.nii.gz", "labels/instances.nii.gz",
    } <= left  # fmt: skip
    assert any(name.startswith("aligned/") for name in left)
    assert any(name.startswith("figures/") for name in left)
    assert not any(".partial" in name for name in left)


def test_the_report_fits_its_schema_and_comes_back_as_a_record(small_result: Path) -> None:
    data = json.loads((small_result / "report.json").read_text())
    jsonschema.validate(data, json.loads((SCHEMAS / "report.schema.json").read_text()))
    report = from_data(Report, data)
    assert report.status == "preliminary"
    assert report.holes == ()


def test_composed_maps_and_aligned_series_share_the_reference_grid(small_result: Path) -> None:
    anatomy = nibabel.load(small_result / "labels" / "anatomy.nii.gz")
    for path in [*(small_result / "aligned").glob("*.nii.gz"), small_result / "labels" / "lesion.nii.gz"]:
        image = nibabel.load(path)
        assert image.shape == anatomy.shape
        np.testing.assert_allclose(image.affine, anatomy.affine, atol=1e-3)


def test_the_log_names_stages_times_versions_and_no_file(small_result: Path, small_study: Path) -> None:
    text = (small_result / "log.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    ended = {line["stage"] for line in lines if line.get("what") == "ended"}
    assert {"read", "check", "align", "segment", "measure", "rank"} <= ended
    assert next(line for line in lines if "provenance" in line)["provenance"]["knowledge_digest"]
    assert str(small_study) not in text
    assert ".nii" not in text


def test_quiet_says_nothing_and_the_default_a_line_a_stage(
    small_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    t2 = next((small_study / "images").glob("*acq-sag_T2w.nii.gz"))
    assert cli.main(["read", "--t2", str(t2), "-o", str(tmp_path / "a"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert cli.main(["read", "--t2", str(t2), "-o", str(tmp_path / "b")]) == 0
    captured = capsys.readouterr()
    assert [line.split()[0] for line in captured.err.splitlines()][:4] == ["read", "check", "align", "segment"]
    assert "report.html" in captured.out


def test_a_reading_is_also_added_to_a_bids_data_set(small_study: Path, tmp_path: Path) -> None:
    t2 = next((small_study / "images").glob("*acq-sag_T2w.nii.gz"))
    call = ["read", "--t2", str(t2), "-o", str(tmp_path / "out"), "--quiet", "--bids", str(tmp_path / "bids")]
    assert cli.main(call) == 0
    (subject,) = (tmp_path / "bids").glob("sub-*")
    assert (subject / "anat" / f"{subject.name}_space-study_seg-lesion_dseg.nii.gz").is_file()
    assert cli.main([*call, "--participant", "a_b"]) == 2


def test_what_is_told_of_the_person_reaches_the_findings(small_study: Path, tmp_path: Path) -> None:
    t2 = next((small_study / "images").glob("*acq-sag_T2w.nii.gz"))
    call = [
        "read",
        "--t2",
        str(t2),
        "-o",
        str(tmp_path),
        "--quiet",
        "--age",
        "9",
        "--sex",
        "female",
        "--finding",
        "weakness=present",
    ]
    assert cli.main(call) == 0
    stated = {f["finding"]: f for f in json.loads((tmp_path / "findings.json").read_text())["patient"]}
    assert stated["age_years"]["value"] == 9
    assert (stated["sex"]["state"], stated["sex"]["basis"]) == ("female", "stated")
    assert stated["weakness"]["state"] == "present"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--age", "old", "a number"),
        ("--sex", "femal", "female"),
        ("--finding", "weaknes=present", "weakness"),
        ("--finding", "weakness", "NAME=VALUE"),
    ],
)
def test_a_word_that_does_not_exist_is_named_with_the_nearest(
    option: str, value: str, words: str, small_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["read", str(small_study / "images"), option, value, "-o", str(tmp_path / "out")])
    assert code in (cli.CALL_WRONG, cli.UNREADABLE)
    assert words in told(capsys)
    assert not (tmp_path / "out").exists()


def test_segment_draws_in_the_grid_of_the_image(small_study: Path, tmp_path: Path) -> None:
    image = next((small_study / "images").glob("*acq-ax_T2w.nii.gz"))
    assert cli.main(["segment", str(image), "-o", str(tmp_path), "--quiet"]) == 0
    source = nibabel.load(image)
    for name in ("anatomy", "lesion"):
        label = nibabel.load(tmp_path / f"{name}.nii.gz")
        assert label.shape == source.shape
        assert label.get_data_dtype() == np.int16
        np.testing.assert_allclose(label.affine, source.affine, atol=1e-3)
        assert json.loads((tmp_path / f"{name}.json").read_text())["segmenter"]


def test_protocol_says_what_is_missing(small_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    t2 = next((small_study / "images").glob("*acq-sag_T2w.nii.gz"))
    assert cli.main(["protocol", "--t2", str(t2)]) == 0
    assert "contrast" in capsys.readouterr().out.lower()


def test_a_batch_with_a_bad_line_comes_out_in_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"id": "a", "findings": {"compartment": "intramedullary", "age_years": 40}}
    bad = {"id": "b", "findings": {"compartmen": "intramedullary"}}
    (tmp_path / "cases.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n")
    assert cli.main(["differential", str(tmp_path / "cases.jsonl"), "-o", str(tmp_path / "out.jsonl")]) == cli.IN_PART
    (line,) = [json.loads(text) for text in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert line["id"] == "a"
    assert sum(row["probability"] for row in line["ranking"]) == pytest.approx(1, abs=1e-3)
    error = told(capsys)
    assert "2" in error
    assert "compartment" in error


def test_a_single_bad_case_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.json").write_text('{"id": "b", "findings": {"enhancement": "strong"}}')
    assert cli.main(["differential", str(tmp_path / "case.json")]) == cli.UNREADABLE
    assert "marked" in told(capsys)


def test_a_case_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["differential", str(tmp_path / "none.json")]) == cli.UNREADABLE
    assert "No such file" in told(capsys)


def test_a_phantom_leaves_images_truth_and_context(small_study: Path) -> None:
    findings = json.loads((small_study / "truth" / "findings.json").read_text())["findings"]
    assert findings["compartment"] == "intramedullary"
    assert (small_study / "truth" / "anatomy.nii.gz").is_file()
    assert (small_study / "truth" / "lesion.nii.gz").is_file()
    assert isinstance(json.loads((small_study / "context.json").read_text()), dict)


def test_an_entity_that_does_not_exist_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["phantom", "ependymome", "-o", str(tmp_path / "out")]) == cli.CALL_WRONG
    assert "ependymoma" in told(capsys)


# --- bad input ------------------------------------------------------------------------------------------------------


def test_an_empty_folder_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.main(["read", str(tmp_path / "empty"), "-o", str(tmp_path / "out")]) == cli.UNREADABLE
    error = told(capsys)
    assert "expected" in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_no_input_at_all_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["read", "-o", str(tmp_path / "out")]) == cli.CALL_WRONG
    assert "Example" in told(capsys)


def test_a_text_called_dcm_leaves_an_older_result_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "image.dcm").write_text("not an image")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("old")
    assert cli.main(["read", str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == cli.UNREADABLE
    assert (tmp_path / "out" / "report.html").read_text() == "old"
    assert "Traceback" not in told(capsys)


def test_an_image_with_four_axes_is_refused_with_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sub-07_T2w.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.zeros((12, 13, 5, 2), np.int16), np.eye(4)), path)
    assert cli.main(["read", "--t2", str(path), "-o", str(tmp_path / "out")]) == cli.UNREADABLE
    error = told(capsys)
    assert "expected 3 axes, found 4 (12, 13, 5, 2)" in error
    assert len(error.splitlines()) <= 2


def test_a_failed_stage_keeps_the_rest_and_names_the_hole(
    small_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from thecal import segmentation

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("the weights are gone")

    monkeypatch.setattr(segmentation, "segment", break_down)
    code = cli.main(["read", str(small_study / "images"), "-o", str(tmp_path / "out"), "--quiet"])
    assert code == cli.IN_PART
    assert "segment failed" in told(capsys)
    page = (tmp_path / "out" / "report.html").read_text()
    assert "the weights are gone" in page
    assert json.loads((tmp_path / "out" / "differential.json").read_text())["ranking"] == []


def test_no_permission_to_write_is_told(small_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    t2 = next((small_study / "images").glob("*acq-sag_T2w.nii.gz"))
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert cli.main(["read", "--t2", str(t2), "-o", str(blocked / "out"), "--quiet"]) == cli.UNREADABLE
    assert "a folder that can be written" in told(capsys)


def test_a_fault_of_our_own_is_said_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "protocol", None)
    monkeypatch.setattr(cli, "_ingest", None)
    assert cli.main(["segment", "a.nii.gz", "-o", "out"]) == cli.OUR_FAULT
    assert "a fault of thecal itself" in told(capsys)


def test_ctrl_c_in_mid_stage_leaves_the_older_result(small_study: Path, tmp_path: Path, heard_interrupt: None) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("old")
    call = [sys.executable, "-m", "thecal.cli", "read", str(small_study / "images"), "-o", str(out)]
    run = subprocess.Popen(call, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert run.stderr is not None
    line = run.stderr.readline()
    assert line.startswith("read")
    time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    _, rest = run.communicate(timeout=120)
    assert run.returncode == cli.INTERRUPTED
    assert "Nothing was written" in rest
    assert "Traceback" not in rest
    assert (out / "report.html").read_text() == "old"
    assert [path.name for path in out.iterdir()] == ["report.html"]
