"""Where the bytes of an input come from: files, folders of any depth, and zip archives read without unpacking them."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from thecal.ingest.limits import Limits
from thecal.records import StudyUnreadable, Unread

# Files that viewers, archives and operating systems leave beside images; they hold nothing to read.
_CLUTTER = {"dicomdir", "thumbs.db", "desktop.ini", "lockfile"}


@dataclass(frozen=True, eq=False)
class Source:
    """One file of the input, on disk or inside an archive; name is its place within the input, for messages to the caller."""

    name: str
    size: int
    path: Path | None = None
    archive: zipfile.ZipFile | None = None
    entry: zipfile.ZipInfo | None = None

    @property
    def is_nifti(self) -> bool:
        """Whether the name says NIfTI."""
        return self.name.lower().endswith((".nii", ".nii.gz"))

    def open(self) -> BinaryIO:
        """The bytes as a stream to read the beginning of."""
        if self.path is not None:
            return self.path.open("rb")
        assert self.archive is not None
        assert self.entry is not None
        return cast(BinaryIO, self.archive.open(self.entry))

    def load(self) -> BinaryIO:
        """The whole file as a stream that seeks freely."""
        if self.path is not None:
            return self.path.open("rb")
        with self.open() as stream:
            return BytesIO(stream.read())


@dataclass
class Input:
    """Everything found under the paths that the caller gave; given_names are the files that the caller named one by one."""

    sources: list[Source] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    given_names: set[str] = field(default_factory=set)


def collect(paths: Sequence[Path], limits: Limits, closing: ExitStack) -> Input:
    """Lists the files under the paths; archives stay open until closing closes.

    Raises StudyUnreadable for a path that does not exist, a hostile archive, or more files than the limit.
    """
    found = Input()
    for path in paths:
        if not path.exists():
            raise _unreadable(path.name, "a file or folder", "nothing of that name", "Check the path.")
        if not path.is_dir():
            found.given_names.add(path.name)
        for file, name in _walk(path, found.unread) if path.is_dir() else [(path, path.name)]:
            _add(file, name, limits, closing, found)
            if len(found.sources) > limits.files:
                raise _unreadable(
                    "input", f"at most {limits.files} files", "more", "Give the folder of one examination."
                )
    return found


def _add(file: Path, name: str, limits: Limits, closing: ExitStack, found: Input) -> None:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            found.unread.append(Unread(name, "neither a file nor a folder"))
        elif _is_zip(file):
            found.sources.extend(_entries(file, name, limits, closing, found.unread))
        elif status.st_size > limits.file_bytes:
            found.unread.append(Unread(name, f"larger than {limits.file_bytes / 1024**3:.0f} GiB"))
        else:
            found.sources.append(Source(name, status.st_size, path=file))
    except OSError as fault:
        found.unread.append(Unread(name, f"cannot be opened ({fault.strerror or type(fault).__name__})"))


def _is_zip(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _walk(folder: Path, unread: list[Unread]) -> Iterator[tuple[Path, str]]:
    def complain(fault: OSError) -> None:
        place = Path(fault.filename).relative_to(folder) if fault.filename else folder
        unread.append(Unread(f"folder {place}", f"cannot be opened ({fault.strerror})"))

    for parent, folders, files in os.walk(folder, onerror=complain):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__MACOSX")
        for name in sorted(files):
            if not is_clutter(name) and not _is_sidecar(name, files):
                file = Path(parent) / name
                yield file, file.relative_to(folder).as_posix()


def _is_sidecar(name: str, beside: Sequence[str]) -> bool:
    """Whether a file is the BIDS sidecar of an image beside it, which is read with that image."""
    stem, dot, ending = name.rpartition(".")
    return (dot, ending) == (".", "json") and any(f"{stem}.{image}" in beside for image in ("nii.gz", "nii"))


def is_clutter(name: str) -> bool:
    """Whether a file's name marks it as an index or a leftover rather than an image."""
    return name.startswith(".") or name.lower() in _CLUTTER


def _entries(file: Path, name: str, limits: Limits, closing: ExitStack, unread: list[Unread]) -> Iterable[Source]:
    try:
        archive = closing.enter_context(zipfile.ZipFile(file))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, zlib.error) as fault:
        raise _unreadable(name, "a zip archive", f"a damaged one ({fault})", "Copy or export it again.") from fault
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _refuse_bomb(entries, file.stat().st_size, name, limits)
    sources = []
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if suspicion := _suspicion(entry):
            unread.append(Unread(f"an entry of {name}", suspicion))
        elif "__MACOSX" not in path.parts and not is_clutter(path.name):
            sources.append(Source(entry.filename, entry.file_size, archive=archive, entry=entry))
    return sources


def _refuse_bomb(entries: list[zipfile.ZipInfo], packed: int, name: str, limits: Limits) -> None:
    """The sizes an archive declares bind it: reading an entry stops at its declared size."""
    total = sum(entry.file_size for entry in entries)
    remedy = "Unpack it yourself if you trust it, and give the folder."
    if len(entries) > limits.files:
        raise _unreadable(name, f"at most {limits.files} files in an archive", str(len(entries)), remedy)
    if total > limits.zip_bytes or any(entry.file_size > limits.file_bytes for entry in entries):
        found = f"{total / 1024**3:.1f} GiB"
        raise _unreadable(name, f"at most {limits.zip_bytes / 1024**3:.0f} GiB unpacked", found, remedy)
    if total > limits.zip_free_bytes and total > limits.zip_ratio * packed:
        found = f"1:{total / max(packed, 1):.0f}"
        raise _unreadable(name, f"an archive packed at most 1:{limits.zip_ratio:.0f}", found, remedy)


def _suspicion(entry: zipfile.ZipInfo) -> str | None:
    """Why an entry is not read, or None. Nothing is ever written, so such names could do no harm; an honest archive has none."""
    name = entry.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "its name points outside the archive"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a link"
    if entry.flag_bits & 0x1:
        return "encrypted: unpack the archive with its password and give the folder"
    return None


def _unreadable(where: str, expected: str, found: str, remedy: str) -> StudyUnreadable:
    return StudyUnreadable(f"ingest: {where}", expected=expected, found=found, remedy=remedy)
