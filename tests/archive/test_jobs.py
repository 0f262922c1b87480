"""Readings to be made: leases, tokens, failures."""

from pathlib import Path

import pytest
from archive.archives import a_study, an_archive, commit

from thecal.archive import Archive, jobs, studies
from thecal.archive.refusals import Conflict


def partial(archive: Archive, study_id: str) -> Path:
    folder = archive.study_folder(study_id) / ".partial"
    folder.mkdir(parents=True)
    (folder / "kept.json").write_text("{}")
    return folder


def test_a_job_is_taken_once(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    job = jobs.take(archive)
    assert job is not None
    assert (job.study_id, job.token) == (row.id, 1)
    assert jobs.take(archive) is None
    assert studies.find(archive, row.id).state == "reading"


def test_the_oldest_is_read_first(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    first, _ = a_study(archive), a_study(archive)
    job = jobs.take(archive)
    assert job is not None
    assert job.study_id == first.id


def test_a_finished_job_is_the_studys_reading(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    commit(archive, row.id)
    kept = studies.find(archive, row.id)
    assert (kept.state, kept.folder, kept.lesions) == ("ready", "reading-1", 1)
    assert (archive.study_folder(row.id) / "reading-1" / "kept.json").is_file()


def test_a_lease_that_ran_out_is_taken_over_and_the_first_may_commit_nothing(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    slow = jobs.take(archive, clock=1000.0)
    quick = jobs.take(archive, clock=1000.0 + jobs.LEASE_S + 1)
    assert slow is not None
    assert quick is not None
    assert quick.token == slow.token + 1
    with pytest.raises(Conflict):
        jobs.beat(archive, slow)
    with pytest.raises(Conflict):
        jobs.tell(archive, slow, "align", 3, 8)
    with pytest.raises(Conflict):
        jobs.fail(archive, slow, "too late")
    folder = partial(archive, row.id)
    with pytest.raises(Conflict):
        jobs.commit(archive, slow, folder, {})
    assert not folder.exists()
    assert studies.find(archive, row.id).folder is None
    jobs.commit(archive, quick, partial(archive, row.id), {})
    assert studies.find(archive, row.id).folder == quick.folder_name


def test_the_third_failure_asks_for_attention_and_says_why(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    for attempt in range(1, jobs.MOST_FAILURES + 1):
        job = jobs.take(archive)
        assert job is not None
        jobs.fail(archive, job, f"broke down {attempt}")
    kept = studies.find(archive, row.id)
    assert (kept.state, kept.why) == ("attention", "broke down 3")
    assert jobs.take(archive) is None
    jobs.retry(archive, row.id)
    assert jobs.take(archive) is not None


def test_what_cannot_be_read_is_not_tried_again(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    job = jobs.take(archive)
    assert job is not None
    jobs.fail(archive, job, "a damaged archive", final=True)
    assert studies.find(archive, row.id).state == "attention"


def test_a_new_server_takes_up_what_the_old_one_left_and_counts_no_failure(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    for _ in range(jobs.MOST_FAILURES + 2):
        old = jobs.take(archive)
        assert old is not None
        jobs.release(archive)
        with pytest.raises(Conflict):
            jobs.beat(archive, old)
    assert studies.find(archive, row.id).state == "queued"


def test_a_deleted_study_commits_nothing(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    job = jobs.take(archive)
    assert job is not None
    folder = partial(archive, row.id)
    studies.remove(archive, row.id)
    with pytest.raises(Conflict):
        jobs.commit(archive, job, folder, {})
    assert not archive.study_folder(row.id).exists()


def test_only_what_needs_attention_is_read_again(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    with pytest.raises(Conflict):
        jobs.retry(archive, row.id)
