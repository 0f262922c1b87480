"""DICOM files as images: one pass over the headers, one examination chosen, then each series' pixels in turn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import closing

from thecal.ingest.choice import choose_study
from thecal.ingest.found import Findings
from thecal.ingest.frames import kind_of
from thecal.ingest.headers import flatten, read_header
from thecal.ingest.limits import Limits
from thecal.ingest.pixels import declared_bytes
from thecal.ingest.series import READ_KINDS, File, SeriesReader, label_of
from thecal.ingest.sources import Source
from thecal.ingest.stacks import group_by
from thecal.records import Issue


def read_dicom(sources: Sequence[Source], limits: Limits, study_instance_uid: str | None, out: Findings) -> None:
    """Adds the images of one examination to out, and says what was left unread.

    Raises StudyUnreadable when the files are of several patients or examinations and study_instance_uid picks none of them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [file for source in sources if (file := _scan(source, limits, out))]
        chosen = choose_study([file.tags for file in files if file.kind in READ_KINDS], study_instance_uid)
        files = [file for file in _drop_copies(files, out.issues) if _belongs(file, chosen, out)]
        if files:
            out.personal = min((file.tags for file in files), key=lambda tags: str(tags.get("SOPInstanceUID")))
        with closing(SeriesReader(limits, out)) as reader:
            for series in group_by(files, lambda file: (file.kind, file.tags.get("SeriesInstanceUID"))):
                reader.read(series)


def _scan(source: Source, limits: Limits, out: Findings) -> File | None:
    try:
        with source.open() as stream:
            planes = tuple(flatten(read_header(stream)))
    except Exception:  # noqa: BLE001  a damaged file may break the parser in any way
        out.skip(source.name, "not a DICOM file, or a damaged one")
        return None
    asked = declared_bytes(planes[0])
    kind = kind_of(planes[0])
    if asked > limits.series_bytes:
        kind = f"its header asks for {asked / 1024**3:.1f} GiB of pixels"
    return File(source, planes if kind in READ_KINDS else planes[:1], kind)


def _belongs(file: File, study: str | None, out: Findings) -> bool:
    """Whether the file is an image of the chosen examination; what is not is noted as left unread."""
    if study is not None and file.tags.get("StudyInstanceUID") != study:
        out.skip("files of another examination", "not the one that was chosen")
        return False
    if file.kind not in READ_KINDS:
        out.skip(label_of(file.tags), file.kind)
    return file.kind in READ_KINDS


def _drop_copies(files: list[File], issues: list[Issue]) -> list[File]:
    kept: dict[object, File] = {}
    for file in files:
        kept.setdefault(file.tags.get("SOPInstanceUID", file), file)
    if len(kept) < len(files):
        message = f"{len(files) - len(kept)} files are copies of others (same SOP instance UID) and were read once."
        issues.append(Issue("duplicate_images", "info", message))
    return list(kept.values())
