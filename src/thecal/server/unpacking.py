"""NIfTI files inside an uploaded zip archive, unpacked beside it: they are read with their sidecars, as in a folder."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from thecal.archive.uploads import clean_name
from thecal.ingest import Limits
from thecal.records import StudyUnreadable

WANTED = (".nii", ".nii.gz", ".json", ".bval", ".bvec", ".tsv")
IMAGES = (".nii", ".nii.gz")


def unpack(folder: Path, limits: Limits) -> None:
    """Unpacks the NIfTI files of each zip archive in a folder, and removes an archive that holds nothing else.

    A damaged archive, and one without NIfTI files, stays for the reader of images to judge.
    Raises StudyUnreadable for an archive that asks for more than a study needs.
    """
    for path in sorted(folder.rglob("*.zip")):
        try:
            with zipfile.ZipFile(path) as archive:
                done = _unpack(archive, path, limits)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
            continue
        if done:
            path.unlink()


def _unpack(archive: zipfile.ZipFile, path: Path, limits: Limits) -> bool:
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.flag_bits & 0x1]
    wanted = [entry for entry in entries if entry.filename.lower().endswith(WANTED)]
    if not any(entry.filename.lower().endswith(IMAGES) for entry in wanted):
        return False
    total = sum(entry.file_size for entry in wanted)
    packed = sum(entry.compress_size for entry in wanted)
    bomb = total > limits.zip_free_bytes and total > limits.zip_ratio * max(packed, 1)
    if len(entries) > limits.files or total > limits.zip_bytes or bomb:
        raise StudyUnreadable(
            f"ingest: {path.name}",
            expected="a study's archive",
            found=f"{total / 1024**3:.1f} GiB in {len(entries)} files",
        )
    target = path.with_suffix("")
    for entry in wanted:
        file = target / clean_name(entry.filename)
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            archive.open(entry) as source,
            file.open("wb") as out,
        ):  # an entry is read no further than its declared size
            shutil.copyfileobj(source, out)
    return not any(entry.filename.lower().endswith((".dcm", "dicomdir")) for entry in entries)
