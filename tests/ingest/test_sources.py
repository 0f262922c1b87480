from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest
from ingest.dicom_files import write_stack

from thecal.ingest import Limits, read
from thecal.records import StudyUnreadable


def pack(folder: Path, archive: Path, rename: str = "{}") -> Path:
    """A zip of a folder's files, under names of the given form."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for file in sorted(folder.iterdir()):
            target.writestr(zipfile.ZipInfo(rename.format(file.name)), file.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyUnreadable, match="expected at least one image of the patient"):
        read(tmp_path)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyUnreadable, match="nowhere: expected a file or folder"):
        read(tmp_path / "nowhere")


def test_folders_of_any_depth_are_read_and_clutter_is_passed_over(tmp_path: Path) -> None:
    write_stack(tmp_path / "a" / "b" / "c")
    (tmp_path / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "x").write_bytes(b"x")
    study = read(tmp_path)[0]
    assert len(study.series) == 1
    assert study.unread == ()


def test_a_link_in_a_circle_and_a_pipe_do_not_hold_the_reading_up(tmp_path: Path) -> None:
    write_stack(tmp_path)
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "broken").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "pipe")
    told = {unread.what: unread.why for unread in read(tmp_path)[0].unread}
    assert told["pipe"] == "neither a file nor a folder"
    assert "cannot be opened" in told["broken"]


def test_a_file_that_may_not_be_opened_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path)
    (tmp_path / "locked.dcm").write_bytes(b"x")
    plain_open = Path.open

    def refuse(self: Path, *args: object, **more: object) -> object:
        if self.name == "locked.dcm":
            raise PermissionError(13, "Permission denied")
        return plain_open(self, *args, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    (unread,) = read(tmp_path)[0].unread
    assert (unread.what, unread.why) == ("locked.dcm", "cannot be opened (Permission denied)")


def test_a_folder_that_may_not_be_opened_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stack(tmp_path)
    (tmp_path / "locked").mkdir()
    plain_scan = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", path)
        return plain_scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    (unread,) = read(tmp_path)[0].unread
    assert unread.what == "folder locked"


def test_a_zip_inside_a_folder_is_read(tmp_path: Path) -> None:
    write_stack(tmp_path / "loose")
    (tmp_path / "in").mkdir()
    pack(tmp_path / "loose", tmp_path / "in" / "study.zip")
    assert len(read(tmp_path / "in")[0].series) == 1


@pytest.mark.parametrize("form", ["../{}", "/{}", "a/../../{}", "..\\{}", "C:/{}"])
def test_zip_entries_that_point_outside_are_neither_read_nor_written(tmp_path: Path, form: str) -> None:
    write_stack(tmp_path / "loose", 3)
    (tmp_path / "in").mkdir()
    archive = pack(tmp_path / "loose", tmp_path / "in" / "study.zip", form)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StudyUnreadable, match="points outside the archive"):
        read(archive)
    assert sorted(tmp_path.rglob("*")) == before


def test_honest_entries_beside_a_hostile_one_are_read(tmp_path: Path) -> None:
    write_stack(tmp_path / "loose", 3)
    archive = pack(tmp_path / "loose", tmp_path / "study.zip")
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr("../evil.dcm", b"x")
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        target.writestr(link, "/etc/passwd")
    study = read(archive)[0]
    assert len(study.series) == 1
    assert {unread.why for unread in study.unread} == {"its name points outside the archive", "a link"}


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        target.writestr("a.dcm", b"\0" * 80 * 1024**2)
    with pytest.raises(StudyUnreadable, match=r"packed at most 1:200, found 1:\d+"):
        read(archive)
    with pytest.raises(StudyUnreadable, match="GiB unpacked"):
        read(archive, limits=Limits(zip_bytes=1024))


def test_a_zip_of_too_many_files_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for number in range(30):
            target.writestr(f"{number}.dcm", b"")
    with pytest.raises(StudyUnreadable, match="at most 20 files"):
        read(archive, limits=Limits(files=20))


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.dcm").write_bytes(b"")
    with pytest.raises(StudyUnreadable, match="at most 20 files"):
        read(tmp_path, limits=Limits(files=20))


def test_an_entry_that_lies_about_its_size_is_left_unread(tmp_path: Path) -> None:
    write_stack(tmp_path / "loose", 3)
    archive = pack(tmp_path / "loose", tmp_path / "study.zip")
    data = bytearray(archive.read_bytes())
    first = data.index(b"PK\x01\x02")
    data[first + 24 : first + 28] = (200).to_bytes(4, "little")
    archive.write_bytes(bytes(data))
    study = read(archive)[0]
    assert len(study.unread) == 1
    assert study.series[0].volume is not None
    assert study.series[0].volume.shape[2] == 2


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    write_stack(tmp_path / "loose", 3)
    archive = pack(tmp_path / "loose", tmp_path / "study.zip")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(StudyUnreadable, match="expected a zip archive, found a damaged one"):
        read(archive)


def test_a_locked_zip_says_what_to_do(tmp_path: Path) -> None:
    write_stack(tmp_path / "loose", 3)
    archive = pack(tmp_path / "loose", tmp_path / "study.zip")
    data = bytearray(archive.read_bytes())
    place = 0
    while (place := data.find(b"PK\x01\x02", place)) >= 0:
        data[place + 8] |= 1
        place += 4
    archive.write_bytes(bytes(data))
    with pytest.raises(StudyUnreadable, match="encrypted: unpack the archive"):
        read(archive)


def test_files_given_one_by_one_make_one_study(tmp_path: Path) -> None:
    write_stack(tmp_path)
    study, _ = read(sorted(tmp_path.iterdir()))
    assert [series.key for series in study.series] == ["acq-sag_T2w"]
