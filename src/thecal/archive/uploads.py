"""Files on their way in: appended piece by piece, each piece on disk before it is acknowledged.

How much arrived is the length of the file itself, so that no crash can make the two disagree.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from thecal.archive.clock import new_id, now
from thecal.archive.database import Archive
from thecal.archive.models import UploadRow
from thecal.archive.refusals import Conflict, NotThere
from thecal.records import CallWrong

LARGEST_BYTES = 16 * 1024**3
LONGEST_NAME = 200


def begin(archive: Archive, name: str, size: int) -> str:
    """Makes room for a file of so many bytes, and gives its id."""
    if not 0 < size <= LARGEST_BYTES:
        raise CallWrong("upload: bytes", expected=f"from 1 to {LARGEST_BYTES} bytes", found=str(size))
    upload_id = new_id()
    archive.upload_folder(upload_id).mkdir(mode=0o700)
    path_of(archive, upload_id).touch(mode=0o600)
    with archive.writing() as session:
        session.add(UploadRow(id=upload_id, name=clean_name(name), bytes=size, begun_at=now()))
    return upload_id


def clean_name(name: str) -> str:
    """A file's name, with the folders it stood in, without anything that leads elsewhere."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    kept = ["".join(letter for letter in part if letter.isprintable())[-LONGEST_NAME:] for part in parts]
    return "/".join(part for part in kept if part) or "file"


def find(archive: Archive, upload_id: str) -> UploadRow:
    """An upload by its id; NotThere without one."""
    with archive.reading() as session:
        row = session.get(UploadRow, upload_id)
    if row is None:
        raise NotThere("upload", expected="an upload that was begun", found=upload_id, remedy="Begin it again.")
    return row


def path_of(archive: Archive, upload_id: str) -> Path:
    """Where an upload's bytes lie."""
    return archive.upload_folder(upload_id) / "content"


def offset(archive: Archive, upload_id: str) -> int:
    """How many bytes of an upload are on disk."""
    return path_of(archive, find(archive, upload_id).id).stat().st_size


@contextlib.contextmanager
def appending(archive: Archive, upload_id: str, at: int) -> Iterator[BinaryIO]:
    """The upload's file, opened at its end for the one who appends; what was written is on disk when this ends.

    Raises Conflict, which tells the true offset, when `at` is not the file's end or somebody else is appending.
    """
    with path_of(archive, find(archive, upload_id).id).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _not_the_end(upload_id, at, file, "another request is appending") from error
        if os.fstat(file.fileno()).st_size != at:
            raise _not_the_end(upload_id, at, file, f"{os.fstat(file.fileno()).st_size}")
        try:
            yield file
        finally:
            file.flush()
            os.fsync(file.fileno())


def _not_the_end(upload_id: str, at: int, file: BinaryIO, found: str) -> Conflict:
    size = os.fstat(file.fileno()).st_size
    return Conflict(
        f"upload {upload_id}", expected=f"the offset {at}", found=found, remedy="Go on from the offset told here.",
        theirs={"offset": size},
    )  # fmt: skip


def claim(session: Session, archive: Archive, upload_ids: Sequence[str], study_id: str) -> list[str]:
    """Gives complete uploads to a study, and tells their names; CallWrong where one is missing, incomplete or taken."""
    names = []
    for upload_id in upload_ids:
        row = session.get(UploadRow, upload_id)
        if row is None or row.study_id is not None:
            raise NotThere("upload", expected="an upload of this study", found=upload_id, remedy="Upload it again.")
        size = path_of(archive, upload_id).stat().st_size
        if size != row.bytes:
            raise Conflict(
                f"upload {row.name}", expected=f"{row.bytes} bytes", found=f"{size}", remedy="Finish the upload first.",
                theirs={"offset": size},
            )  # fmt: skip
        row.study_id = study_id
        names.append(row.name)
    return names


def gather(archive: Archive, study_id: str, folder: Path) -> None:
    """Links a study's uploads into a folder under their own names, as they stood where they came from."""
    with archive.reading() as session:
        rows = list(session.scalars(select(UploadRow).where(UploadRow.study_id == study_id).order_by(UploadRow.name)))
    for number, row in enumerate(rows):
        target = folder / row.name
        if target.exists():
            target = folder / str(number) / row.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(path_of(archive, row.id), target)


def forget(session: Session, archive: Archive, study_id: str) -> list[Path]:
    """Strikes a study's uploads from the table; gives the folders that may go once that is on disk."""
    gone = [
        archive.upload_folder(one)
        for one in session.scalars(select(UploadRow.id).where(UploadRow.study_id == study_id))
    ]
    session.execute(delete(UploadRow).where(UploadRow.study_id == study_id))
    return gone


def discard(archive: Archive, upload_id: str) -> None:
    """Gives up an upload that belongs to no study."""
    row = find(archive, upload_id)
    if row.study_id is not None:
        raise Conflict("upload", expected="one that belongs to no study", found=f"study {row.study_id}")
    with archive.writing() as session:
        session.execute(delete(UploadRow).where(UploadRow.id == upload_id))
    shutil.rmtree(archive.upload_folder(upload_id), ignore_errors=True)
