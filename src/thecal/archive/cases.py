"""The cases attached to an article of the atlas, in the order they were given; every saved order is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from thecal.archive.clock import now
from thecal.archive.database import Archive
from thecal.archive.models import CaseListRow
from thecal.archive.refusals import Conflict


def of(archive: Archive, article: str) -> tuple[int, list[Any]]:
    """The version of an article's list, and its cases in order; version 0 and none where nothing was saved."""
    with archive.reading() as session:
        row = _last(session, article)
    return (0, []) if row is None else (row.version, row.cases)


def every(archive: Archive) -> dict[str, list[Any]]:
    """The cases of every article that ever had one, in order."""
    with archive.reading() as session:
        rows = session.scalars(select(CaseListRow).order_by(CaseListRow.version))
        return {row.article: row.cases for row in rows}  # of each the last version stands


def save(archive: Archive, article: str, base_version: int, cases: Sequence[Any], by: str) -> int:
    """Saves a list made from a state of it, and gives the new version; Conflict with theirs when it changed in between."""
    with archive.writing() as session:
        row = _last(session, article)
        present = 0 if row is None else row.version
        if present != base_version:
            raise Conflict(
                "cases", expected=f"version {base_version}", found=f"version {present}",
                remedy="Look at the order that was saved in between, then decide which holds.",
                theirs={} if row is None else {"version": row.version, "by": row.by, "at": row.at, "cases": row.cases},
            )  # fmt: skip
        session.add(CaseListRow(article=article, version=present + 1, at=now(), by=by, cases=list(cases)))
    return present + 1


def _last(session: Session, article: str) -> CaseListRow | None:
    query = select(CaseListRow).where(CaseListRow.article == article).order_by(CaseListRow.version.desc()).limit(1)
    return session.scalar(query)
