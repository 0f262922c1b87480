"""Files on their way in."""

from pathlib import Path

import pytest
from archive.archives import an_archive, upload

from thecal.archive import studies, uploads
from thecal.archive.refusals import Conflict, NotThere
from thecal.records import CallWrong


def test_what_arrived_is_the_length_of_the_file(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = uploads.begin(archive, "a.zip", 6)
    for at, piece in ((0, b"abc"), (3, b"def")):
        with uploads.appending(archive, upload_id, at) as file:
            file.write(piece)
    assert uploads.offset(archive, upload_id) == 6
    assert uploads.path_of(archive, upload_id).read_bytes() == b"abcdef"


def test_a_wrong_offset_is_told_the_true_one(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = uploads.begin(archive, "a.zip", 6)
    with uploads.appending(archive, upload_id, 0) as file:
        file.write(b"abc")
    with pytest.raises(Conflict) as refused, uploads.appending(archive, upload_id, 2):
        pass
    assert refused.value.theirs == {"offset": 3}


def test_two_cannot_append_at_once(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = uploads.begin(archive, "a.zip", 6)
    with uploads.appending(archive, upload_id, 0), pytest.raises(Conflict), uploads.appending(archive, upload_id, 0):
        pass


def test_an_upload_that_is_not_complete_makes_no_study(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = uploads.begin(archive, "a.zip", 6)
    with pytest.raises(Conflict):
        studies.add(archive, upload_ids=[upload_id])
    assert studies.search(archive) == []


def test_an_upload_belongs_to_one_study(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = upload(archive, b"images")
    studies.add(archive, upload_ids=[upload_id])
    with pytest.raises(NotThere):
        studies.add(archive, upload_ids=[upload_id])


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "etc/passwd"), ("/abs/a.nii.gz", "abs/a.nii.gz"), ("C:\\scans\\a.dcm", "C:/scans/a.dcm"),
        ("sub-01/anat/x.json", "sub-01/anat/x.json"), ("..", "file"), ("a\x00b\n.zip", "ab.zip"),
    ],
)  # fmt: skip
def test_a_name_leads_nowhere_else(name: str, clean: str) -> None:
    assert uploads.clean_name(name) == clean


def test_files_are_gathered_in_the_folders_they_stood_in(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    ids = [upload(archive, name.encode(), name) for name in ("s/a.nii.gz", "s/a.json", "s/a.json")]
    row = studies.add(archive, upload_ids=ids)
    uploads.gather(archive, row.id, tmp_path / "in")
    found = sorted(
        path.relative_to(tmp_path / "in").as_posix() for path in (tmp_path / "in").rglob("*") if path.is_file()
    )
    assert found == ["1/s/a.json", "s/a.json", "s/a.nii.gz"]


@pytest.mark.parametrize("size", [0, -1, uploads.LARGEST_BYTES + 1])
def test_a_size_that_cannot_be_is_refused(tmp_path: Path, size: int) -> None:
    with pytest.raises(CallWrong):
        uploads.begin(an_archive(tmp_path), "a.zip", size)


def test_an_upload_can_be_given_up(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    upload_id = upload(archive, b"images")
    uploads.discard(archive, upload_id)
    assert not archive.upload_folder(upload_id).exists()
    with pytest.raises(NotThere):
        uploads.offset(archive, upload_id)
