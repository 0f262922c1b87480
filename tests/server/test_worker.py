"""A reader in a process of its own."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest
from archive.archives import an_archive, upload

from thecal import pipeline
from thecal.archive import Archive, jobs, studies
from thecal.knowledge import load
from thecal.records import Hole, Segmentation
from thecal.server import kept, worker
from thecal.server.jobs import Foreman


def work(archive: Archive, kill: bool = False) -> int:
    job = jobs.take(archive)
    assert job is not None
    words = [str(archive.folder), str(job.id), job.study_id, str(job.token)]
    process = subprocess.Popen([sys.executable, "-m", "thecal.server.process", *words], stdin=subprocess.PIPE)
    if kill:
        assert process.stdin is not None
        process.stdin.close()
    code = process.wait(timeout=240)
    if process.stdin is not None:
        process.stdin.close()
    return code


def test_a_broken_zip_asks_for_attention_and_says_why_in_words(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = studies.add(archive, upload_ids=[upload(archive, b"PK\x03\x04 no archive at all", "study.zip")])
    assert work(archive) == worker.BROKE
    found = studies.find(archive, row.id)
    assert found.state == "attention"
    assert found.why is not None
    assert "zip" in found.why
    assert "Traceback" not in found.why
    assert jobs.take(archive) is None
    assert [path.name for path in archive.study_folder(row.id).iterdir()] == []


def test_a_reader_ends_with_its_server_and_leaves_the_job_to_the_next(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = studies.add(archive, demo={"demo": "ependymoma", "seed": 3, "protocol": "tiny"})
    assert work(archive, kill=True) == worker.BROKE
    assert studies.find(archive, row.id).state == "reading"
    jobs.release(archive)
    assert studies.find(archive, row.id).state == "queued"


def test_a_study_of_files_is_read_committed_and_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive_file:
        image = nibabel.Nifti1Image(
            np.random.default_rng(1).integers(0, 900, (37, 53, 9), dtype=np.int16), np.diag([2, 2, 4, 1])
        )
        archive_file.writestr("sub-01/anat/sub-01_T2w.nii", image.to_bytes())
    archive = an_archive(tmp_path)
    row = studies.add(archive, upload_ids=[upload(archive, packed.getvalue())], context={"age_years": 51})
    job = jobs.take(archive)
    assert job is not None
    monkeypatch.setattr("thecal.segmentation.segment", lambda *_, **__: Segmentation())
    worker._read(archive, job)
    found = studies.find(archive, row.id)
    assert (found.state, found.folder, found.lesions) == ("ready", "reading-1", 0)
    assert found.patient is not None
    assert found.patient["age"] == 51.0
    folder = archive.study_folder(row.id) / "reading-1"
    study, identity, memory = kept.load(folder)
    ran: list[str] = []
    result = pipeline.read(
        study, identity, load(), memory=memory, draw=False, note=lambda event: ran.append(event.stage)
    )
    assert "align" not in ran
    assert "segment" not in ran
    assert "measure" not in ran
    assert result.report.context["age_years"] == 51
    assert {path.name for path in archive.study_folder(row.id).iterdir()} == {"reading-1"}


def test_a_stage_that_broke_down_is_kept_as_a_hole_and_not_tried_again(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    (tmp_path / "kept").mkdir()
    study, identity = worker._simulated({"demo": "healthy", "seed": 1, "protocol": "tiny"}, load())
    kept.save(tmp_path / "kept", study, identity, {"segment:abc": Hole("segment", "why", "missing")})
    again, _, memory = kept.load(tmp_path / "kept")
    assert memory == {"segment:abc": Hole("segment", "why", "missing")}
    assert [one.volume.digest for one in again.images() if one.volume] == [
        one.volume.digest for one in study.images() if one.volume
    ]
    assert archive.folder.is_dir()


def test_a_reader_that_dies_is_tried_again_and_then_asks_for_attention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = an_archive(tmp_path)
    row = studies.add(archive, demo={"demo": "healthy", "seed": 1, "protocol": "tiny"})
    monkeypatch.setattr(sys, "executable", "/bin/false")
    foreman = Foreman(archive)
    for _ in range(jobs.MOST_FAILURES):
        job = jobs.take(archive)
        assert job is not None
        foreman._run(job)
    found = studies.find(archive, row.id)
    assert (found.state, found.why) == (
        "attention",
        "The reader broke down (exit 1). Try again; if it happens again, report it.",
    )
