"""The studies of the archive: added, found, changed, deleted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from thecal.archive import uploads
from thecal.archive.clock import new_id, now
from thecal.archive.database import Archive
from thecal.archive.models import (
    AddendumRow,
    ApprovalRow,
    BlindRow,
    ChangeRow,
    DraftRow,
    ImageRow,
    JobRow,
    StudyRow,
)
from thecal.archive.refusals import NotThere
from thecal.records import CallWrong


def add(
    archive: Archive,
    *,
    title: str = "",
    upload_ids: Sequence[str] = (),
    demo: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    blind: bool = False,
) -> StudyRow:
    """Adds a study of complete uploads, or a simulated one, and puts its reading in line."""
    if bool(upload_ids) == bool(demo):
        raise CallWrong("study", expected="uploads, or a demo", found="both" if demo else "neither")
    study_id = new_id()
    with archive.writing() as session:
        row = StudyRow(
            id=study_id, title=title, state="queued", source=dict(demo or {}), context=dict(context or {}),
            simulated=bool(demo), added_at=now(), blind=blind, version=0, tick=next_tick(session),
        )  # fmt: skip
        session.add(row)
        session.flush()
        names = uploads.claim(session, archive, upload_ids, study_id)
        row.title = title or (names[0] if names else "Study")
        session.add(JobRow(study_id=study_id, state="queued"))
    return row


def next_tick(session: Session) -> int:
    """The number of the next change of any study."""
    return (session.scalar(select(func.max(StudyRow.tick))) or 0) + 1


def find(archive: Archive, study_id: str) -> StudyRow:
    """A study by its id; NotThere without one."""
    with archive.reading() as session:
        return within(session, study_id)


def within(session: Session, study_id: str) -> StudyRow:
    """A study by its id, in a session; NotThere without one."""
    row = session.get(StudyRow, study_id)
    if row is None or row.state == "gone":
        raise NotThere("study", expected="a study of this archive", found=study_id, remedy="Go back to the worklist.")
    return row


def search(archive: Archive, words: str = "", state: str = "") -> list[StudyRow]:
    """The studies whose title, patient or first entity hold all words, newest first."""
    with archive.reading() as session:
        query = select(StudyRow).where(StudyRow.state != "gone").order_by(StudyRow.added_at.desc(), StudyRow.id)
        rows = list(session.scalars(query if not state else query.where(StudyRow.state == state)))
    wanted = words.casefold().split()
    return [row for row in rows if all(word in _said_of(row) for word in wanted)]


def _said_of(row: StudyRow) -> str:
    told = [row.title, row.acquired_on, *(row.patient or {}).values(), *(row.first or {}).values()]
    return " ".join(str(one) for one in told if one is not None).casefold()


def changed_since(archive: Archive, tick: int) -> list[StudyRow]:
    """The studies that changed after a tick, deleted ones (`gone`) among them, in the order of their changes."""
    with archive.reading() as session:
        return list(session.scalars(select(StudyRow).where(StudyRow.tick > tick).order_by(StudyRow.tick)))


def last_tick(archive: Archive) -> int:
    """The number of the last change of any study."""
    with archive.reading() as session:
        return next_tick(session) - 1


def touch(session: Session, row: StudyRow, **values: Any) -> None:
    """Changes a study's row and lets open pages know."""
    for name, value in values.items():
        setattr(row, name, value)
    row.tick = next_tick(session)


def remove(archive: Archive, study_id: str) -> None:
    """Deletes a study with all that was read, changed and written of it."""
    with archive.writing() as session:
        row = within(session, study_id)
        for table in (JobRow, ChangeRow, DraftRow, ImageRow, ApprovalRow, AddendumRow, BlindRow):
            session.execute(delete(table).where(table.study_id == study_id))
        gone = [*uploads.forget(session, archive, study_id), archive.study_folder(study_id)]
        touch(
            session, row, state="gone", title="", context={}, source={}, patient=None, first=None, why=None, folder=None,
            acquired_on=None,
        )  # fmt: skip
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
