"""An archive in a folder of its own, with uploads and studies in it."""

from pathlib import Path

from thecal.archive import Archive, jobs, open_archive, studies, uploads
from thecal.archive.models import StudyRow


def an_archive(folder: Path) -> Archive:
    """An empty archive."""
    return open_archive(folder / "data")


def upload(archive: Archive, content: bytes, name: str = "study.zip") -> str:
    """A complete upload."""
    upload_id = uploads.begin(archive, name, len(content))
    with uploads.appending(archive, upload_id, 0) as file:
        file.write(content)
    return upload_id


def a_study(archive: Archive) -> StudyRow:
    """A study of one complete upload, waiting to be read."""
    return studies.add(archive, upload_ids=[upload(archive, b"images")])


def commit(archive: Archive, study_id: str) -> None:
    """Has the next job done, with an empty reading."""
    job = jobs.take(archive)
    assert job is not None
    assert job.study_id == study_id
    partial = archive.study_folder(study_id) / ".partial"
    partial.mkdir(parents=True)
    (partial / "kept.json").write_text("{}")
    jobs.commit(archive, job, partial, {"lesions": 1})
