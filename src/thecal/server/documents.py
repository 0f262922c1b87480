"""The report as files: rendered from what stands now, or read from the folder that the approval wrote."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from thecal.archive import Archive, drafts
from thecal.archive.clock import new_id
from thecal.archive.models import StudyRow
from thecal.archive.refusals import NotThere
from thecal.records import Figure, Report
from thecal.report import sections
from thecal.server import kept
from thecal.server.room import Room

if TYPE_CHECKING:
    from thecal.pipeline import Result

FORMATS = ("html", "pdf", "json", "txt")
NAMES = sections.NAMES
KINDS = {
    "html": "text/html; charset=utf-8", "pdf": "application/pdf", "json": "application/json", "txt": "text/plain; charset=utf-8",
    "zip": "application/zip",
}  # fmt: skip
PNG = "data:image/png;base64,"


def suggested(report: Report) -> dict[str, str]:
    """What thecal would write in each section."""
    return sections.told(report)


def signed(result: Result, text: drafts.Saved | None, name: str | None, by: str) -> Result:
    """The result with a reader's words and key images in its report; approved where a name is given."""
    report = result.report
    if text is not None:
        images = tuple(
            Figure(f"reader-{number}", one["caption"] or "Taken by the reader", one["png"].removeprefix(PNG))
            for number, one in enumerate(text.key_images, start=1)
        )
        own = text.sections.get("impression", "").splitlines()
        impression = tuple(line.strip() for line in own if line.strip()) or report.impression
        edited = dict(text.sections)
        report = replace(report, edited=edited, impression=impression, figures=(*images, *report.figures))
    if name is not None:
        report = replace(report, status="approved", approved_by=f"{name} ({by}, not authenticated)")
    return replace(result, report=report)


def present(room: Room, row: StudyRow) -> Result:
    """The study as it stands now, with its draft's words."""
    return signed(room.opened.read(row, draw=True), drafts.last(room.archive, row.id), None, "")


def write(archive: Archive, row: StudyRow, result: Result) -> str:
    """Writes a result folder of a study, whole or not at all, and gives its name."""
    from thecal import results

    place = archive.study_folder(row.id)
    name = f"approved-{new_id()}"
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=place, ignore_cleanup_errors=True) as made:
        partial = Path(made) / name
        results.write(result, partial, [])
        results.write_bids(result, partial / "bids", row.id, None)
        kept.flush(partial)
        partial.replace(place / name)
    return name


def exported(room: Room, row: StudyRow, name: str) -> tuple[bytes, str]:
    """A file of the report by its name, and its kind: from the approval's folder where there is one."""
    from thecal import results

    given = drafts.approval(room.archive, row.id)
    kind = KINDS.get(name.rsplit(".", 1)[-1], "application/octet-stream")
    if given is not None:
        folder = room.archive.study_folder(row.id) / given.folder
        return _with_addenda(_from(folder, name), name, room, row), kind
    result = present(room, row)
    with tempfile.TemporaryDirectory(prefix="thecal-") as made:
        folder = Path(made) / "result"
        if name in ("dicom.zip", "fhir.json"):
            results.write(result, folder, [])
        elif name == "bids.zip":
            folder.mkdir()
            likely = kept.probabilities(room.archive.study_folder(row.id) / (row.folder or ""))
            whole = replace(result, segmentation=replace(result.segmentation, probability=likely))
            results.write_bids(whole, folder / "bids", row.id, None)
        else:
            return _rendered(result.report, name), kind
        return _from(folder, name), kind


def _rendered(report: Report, name: str) -> bytes:
    from thecal.report import formats_of

    for form in formats_of(report):
        if name == form.FILE:
            content: bytes = form.render(report)
            return content
    raise _none(name)


def _from(folder: Path, name: str) -> bytes:
    """A file of a result folder, or one of its folders as a zip archive."""
    whole = {"dicom.zip": folder / "dicom", "bids.zip": folder / "bids"}
    if name in whole:
        if not whole[name].is_dir():
            raise _none(name, "The study did not come as DICOM." if name == "dicom.zip" else "")
        return _zipped(whole[name])
    path = folder / ("fhir/bundle.json" if name == "fhir.json" else name)
    if not path.is_file():
        raise _none(name)
    return path.read_bytes()


def _none(name: str, remedy: str = "") -> NotThere:
    return NotThere("export", expected="a file of the report", found=f"no {name}", remedy=remedy)


def _zipped(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()


def _with_addenda(content: bytes, name: str, room: Room, row: StudyRow) -> bytes:
    """What was added after the approval, beneath the text of an approved report; the other formats stay as they were."""
    added = drafts.addenda(room.archive, row.id)
    if not added or name not in ("report.txt", "report.html", "report.json"):
        return content
    if name == "report.json":
        told = json.loads(content)
        told["addenda"] = [{"at": one.at, "by": one.by, "text": one.text} for one in added]
        return json.dumps(told, ensure_ascii=False, indent=1).encode()
    lines = [f"ADDENDUM {one.at[:16].replace('T', ' ')}, {one.by}: {one.text}" for one in added]
    if name == "report.txt":
        return content + ("\n" + "\n\n".join(lines) + "\n").encode()
    from markupsafe import escape

    block = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return content.replace(b"</body>", f"<section class='addenda'>{block}</section></body>".encode())
