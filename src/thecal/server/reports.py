"""Routes: the report's draft, its approval, what is added afterwards, and its exports."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from thecal.archive import Archive, corrections, drafts, studies
from thecal.archive.models import AddendumRow, ApprovalRow
from thecal.archive.refusals import Conflict
from thecal.records import CallWrong
from thecal.server import forms
from thecal.server.answers import with_yours
from thecal.server.documents import FORMATS, NAMES, exported, signed, suggested, write
from thecal.server.readings import seen
from thecal.server.room import InRoom, reader

router = APIRouter(prefix="/api/studies/{study_id}", tags=["report"])
NO_SCRIPT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


@router.get("/draft")
def look(study_id: str, room: InRoom) -> forms.Draft:
    """The draft as it stands, with what thecal would write in each section."""
    row = seen(room, study_id)
    last = drafts.last(room.archive, study_id)
    given = drafts.approval(room.archive, study_id)
    return forms.Draft(
        version=last.version if last else 0, by=last.by if last else None, at=last.at if last else None,
        sections=last.sections if last else {}, key_images=_images(last),
        suggested=suggested(room.opened.read(row).report), reading_version=row.version, locked=given is not None,
        approved=_approved(given), addenda=[one.model_dump() for one in _addenda(room.archive, study_id)],
    )  # fmt: skip


def _images(row: drafts.Saved | None) -> list[forms.KeyImage]:
    return [forms.KeyImage.model_validate(one) for one in row.key_images] if row else []


def _approved(row: ApprovalRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"name": row.name, "by": row.by, "at": row.at, "version": row.version, "draft_version": row.draft_version,
            "authenticated": False}  # fmt: skip


def _addenda(archive: Archive, study_id: str) -> list[forms.Addendum]:
    return [_addendum(row) for row in drafts.addenda(archive, study_id)]


def _addendum(row: AddendumRow) -> forms.Addendum:
    return forms.Addendum(at=row.at, by=row.by, text=row.text)


@router.put("/draft")
def save(study_id: str, form: forms.NewDraft, room: InRoom) -> forms.DraftSaved:
    """Saves the draft; every saved state is kept."""
    seen(room, study_id)
    images = [one.model_dump() for one in form.key_images]
    unknown = set(form.sections) - set(NAMES)
    if unknown:
        raise CallWrong("draft: sections", expected=f"some of {', '.join(NAMES)}", found=", ".join(sorted(unknown)))
    with with_yours(form):
        version = drafts.save(room.archive, study_id, form.base_version, form.sections, images, reader())
    return forms.DraftSaved(version=version)


@router.post("/approve")
def approve(study_id: str, form: forms.Approval, room: InRoom) -> forms.Draft:
    """Approves the report in the state that was seen; it is locked from then on, and written as it stands."""
    row = seen(room, study_id)
    corrections.refuse_locked(row)
    text = drafts.last(room.archive, study_id)
    present = text.version if text else 0
    wanted = present if form.draft_version is None else form.draft_version
    if (row.version, present) != (form.version, wanted):
        raise Conflict(
            "approval", expected=f"findings {form.version}, draft {wanted}", found=f"findings {row.version}, draft {present}",
            remedy="Read the report again as it stands now.", theirs={"version": row.version, "draft_version": present},
        )  # fmt: skip
    result = signed(room.opened.read(row, draw=True), text, form.name.strip(), reader())
    folder = write(room.archive, row, result)
    drafts.approve(
        room.archive, study_id, name=form.name, by=reader(), version=form.version, draft_version=wanted, folder=folder
    )
    return look(study_id, room)


@router.post("/addenda", status_code=201)
def add(study_id: str, form: forms.NewAddendum, room: InRoom) -> forms.Addendum:
    """Adds to an approved report."""
    return _addendum(drafts.add_to(room.archive, study_id, form.text, form.by.strip() or reader()))


@router.get("/versions")
def versions(study_id: str, room: InRoom) -> forms.Versions:
    """Every saved state of the draft, the approval, and what was added."""
    return forms.Versions(
        drafts=[drafts.told(row) for row in drafts.versions(room.archive, study_id)],
        approved=_approved(drafts.approval(room.archive, study_id)),
        addenda=_addenda(room.archive, study_id),
    )


@router.get("/report.{suffix}", response_class=Response)
def render(study_id: str, suffix: str, room: InRoom) -> Response:
    """The report in a format: as it was approved, else as it stands now."""
    row = seen(room, study_id)
    if suffix not in FORMATS:
        raise CallWrong("report", expected=f"one of {', '.join(FORMATS)}", found=suffix)
    content, kind = exported(room, row, f"report.{suffix}")
    headers = {"Content-Security-Policy": NO_SCRIPT} if suffix == "html" else {}
    return Response(content, media_type=kind, headers={"Cache-Control": "private, no-cache", **headers})


@router.get("/export/{name}", response_class=Response)
def export(study_id: str, name: str, room: InRoom) -> Response:
    """The reading as objects of hospitals' and researchers' formats."""
    row = studies.find(room.archive, study_id)
    seen(room, study_id)
    content, kind = exported(room, row, name)
    file = f"thecal-{study_id}-{name}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{file}"'})
