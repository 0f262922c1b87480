"""A cohort: what is read, what is not read again, how failures are told, what the tables hold."""

import csv
import os
import shutil
from pathlib import Path

import pytest

from thecal import cli, cohort


@pytest.fixture(scope="module")
def data(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two participants: one with a study in a session, one whose image is a text."""
    folder = tmp_path_factory.mktemp("bids")
    anat = folder / "sub-01" / "ses-a" / "anat"
    anat.mkdir(parents=True)
    for image in (small_study / "images").rglob("*.*"):
        shutil.copy(image, anat / image.name)
    (folder / "sub-02" / "anat").mkdir(parents=True)
    (folder / "sub-02" / "anat" / "sub-02_T2w.nii.gz").write_text("no image")
    (folder / "participants.tsv").write_text("participant_id\tage\tsex\tscanner\nsub-01\t45\tF\tA\nsub-02\tn/a\tM\tB\n")
    return folder


@pytest.fixture(scope="module")
def out(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out")
    assert cli.main(["cohort", str(data), str(folder), "participant", "--quiet"]) == 4
    return folder


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / "group" / f"{name}.tsv").open(newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def test_each_examination_gets_its_result_and_a_bad_one_does_not_stop_the_others(out: Path) -> None:
    assert (out / "sub-01" / "ses-a" / "report.html").is_file()
    assert not (out / "sub-02" / "report.html").exists()


def test_a_second_call_reads_only_what_failed(data: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cohort", str(data), str(out), "participant"]) == 4
    told = capsys.readouterr().err
    assert "1 examinations to read, 1 read before" in told
    assert "sub-02 failed" in told


def test_a_changed_image_is_read_again(data: Path, out: Path) -> None:
    job = cohort.jobs(data, out)[0]
    assert cohort.is_done(job, cohort.Asked())
    image = next(job.images.rglob("*.nii.gz"))
    before = image.stat()
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert not cohort.is_done(job, cohort.Asked())
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_the_tables_hold_every_examination_and_name_what_failed(data: Path, out: Path) -> None:
    assert cli.main(["cohort", str(data), str(out), "group", "--quiet"]) == 4
    studies = {row["participant_id"]: row for row in table(out, "studies")}
    assert studies["sub-01"]["state"] == "read"
    assert studies["sub-01"]["session_id"] == "ses-a"
    assert studies["sub-02"]["state"] == "failed"
    assert "sub-02_T2w.nii.gz" in studies["sub-02"]["why"]
    findings = table(out, "findings")
    told = {row["finding"]: row for row in findings if row["subject"] == "patient"}
    assert float(told["age_years"]["value"]) == 45
    assert told["sex"]["state"] == "female"
    assert any(row["not_assessed"] != "n/a" and row["state"] == "n/a" for row in findings)


def test_probabilities_of_a_patient_sum_to_one(data: Path, out: Path) -> None:
    cli.main(["cohort", str(data), str(out), "group", "--quiet"])
    ranked = [float(row["probability"]) for row in table(out, "differentials") if row["subject"] == "patient"]
    assert not ranked or sum(ranked) == pytest.approx(1, abs=1e-3)


def test_shards_share_the_examinations_out(data: Path, tmp_path: Path) -> None:
    every = cohort.jobs(data, tmp_path)
    parts = [cohort.shard(every, f"{k}/2") for k in (1, 2)]
    assert sorted(job.name for part in parts for job in part) == [job.name for job in every]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--shard", "3/2"], 2, "K/N"),
        (["--participant-label", "07"], 2, "sub-07"),
    ],
)
def test_a_wrong_call_is_told(
    words: list[str], code: int, told: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["cohort", str(data), str(tmp_path), "participant", *words]) == code
    assert told in capsys.readouterr().err


def test_a_folder_without_participants_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cohort", str(tmp_path), str(tmp_path / "out"), "participant"]) == 3
    assert "sub-" in capsys.readouterr().err


def test_workers_side_by_side_tell_of_each_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("sub-01", "sub-02", "sub-03"):
        (tmp_path / "bids" / name / "anat").mkdir(parents=True)
        (tmp_path / "bids" / name / "anat" / f"{name}_T2w.nii.gz").write_text("no image")
    call = ["cohort", str(tmp_path / "bids"), str(tmp_path / "out"), "participant", "--n-workers", "2"]
    assert cli.main(call) == 4
    told = capsys.readouterr().err
    assert all(f"{name} failed" in told for name in ("sub-01", "sub-02", "sub-03"))
