"""Readers' corrections: a table that only grows; what holds is all of them in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from thecal.archive.clock import now
from thecal.archive.database import Archive
from thecal.archive.models import ChangeRow, StudyRow
from thecal.archive.refusals import Conflict, Locked
from thecal.archive.studies import touch, within
from thecal.records import Change
from thecal.records.form import from_data, to_data


def of(archive: Archive, study_id: str) -> tuple[Change, ...]:
    """All corrections of a study, in their order."""
    with archive.reading() as session:
        return tuple(from_data(Change, row.change) for row in _rows(session, study_id))


def _rows(session: Session, study_id: str) -> Sequence[ChangeRow]:
    return list(session.scalars(select(ChangeRow).where(ChangeRow.study_id == study_id).order_by(ChangeRow.number)))


def add(
    archive: Archive,
    study_id: str,
    base_version: int,
    changes: Sequence[Change],
    shown: Mapping[str, Any] | None = None,
) -> int:
    """Adds corrections made on a state of the reading, and gives the new version; shown is what the worklist tells of it.

    Conflict, with what was saved in between, when base_version is not the present one; Locked once the report is approved.
    """
    with archive.writing() as session:
        study = within(session, study_id)
        refuse_locked(study)
        if study.version != base_version:
            raise Conflict(
                "changes", expected=f"version {base_version}", found=f"version {study.version}",
                remedy="Look at what was saved in between, then decide which holds.",
                theirs=_theirs(session, study, base_version),
            )  # fmt: skip
        for number, change in enumerate(changes, start=study.version + 1):
            session.add(
                ChangeRow(
                    study_id=study_id, number=number, at=change.at or now(), by=change.by, why=change.why,
                    target=change.target, change=to_data(change),
                )
            )  # fmt: skip
        touch(session, study, version=study.version + len(changes), **(shown or {}))
        return study.version


def refuse_locked(study: StudyRow) -> None:
    """Raises Locked when the study's report was approved."""
    if study.state == "approved":
        raise Locked(
            "report", expected="a report that is not approved", found="an approved one", remedy="Write an addendum."
        )


def _theirs(session: Session, study: StudyRow, base_version: int) -> dict[str, Any]:
    later = [row for row in _rows(session, study.id) if row.number > base_version]
    return {
        "version": study.version,
        "by": later[-1].by if later else "",
        "at": later[-1].at if later else "",
        "changes": [{"number": row.number, **row.change} for row in later],
    }
