"""Readings to be made. This table is the truth: a lease says who works, a token who may commit.

Each time a job is taken up its token grows. Whoever holds an older token, because they were thought dead or were, cannot
tell progress, fail or commit any more.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from thecal.archive.database import Archive
from thecal.archive.models import JobRow
from thecal.archive.refusals import Conflict
from thecal.archive.studies import touch, within

LEASE_S = 60.0
MOST_FAILURES = 3


@dataclass(frozen=True)
class Job:
    """A reading that was taken up: which study, and the token with which it may be committed."""

    id: int
    study_id: str
    token: int

    @property
    def folder_name(self) -> str:
        """What the folder of this attempt is called once it is complete."""
        return f"reading-{self.token}"


def take(archive: Archive, clock: float | None = None) -> Job | None:
    """Takes up the oldest job that nobody works on; None without one."""
    at = time.time() if clock is None else clock
    with archive.writing() as session:
        free = or_(JobRow.state == "queued", (JobRow.state == "running") & (JobRow.leased_until < at))
        row = session.scalar(select(JobRow).where(free).order_by(JobRow.id).limit(1))
        if row is None:
            return None
        row.state, row.token, row.leased_until = "running", row.token + 1, at + LEASE_S
        study = within(session, row.study_id)
        touch(session, study, state="reading", stage=None, stage_number=None, stages=None, why=None)
        return Job(row.id, row.study_id, row.token)


def _held(session: Session, job: Job) -> JobRow:
    row = session.get(JobRow, job.id)
    if row is None or row.state != "running" or row.token != job.token:
        raise Conflict("job", expected=f"token {job.token}", found="another attempt, or none any more")
    return row


def beat(archive: Archive, job: Job) -> None:
    """Says that work goes on; Conflict when the job was given to someone else."""
    with archive.writing() as session:
        _held(session, job).leased_until = time.time() + LEASE_S


def tell(archive: Archive, job: Job, stage: str, number: int, stages: int) -> None:
    """Says which stage began."""
    with archive.writing() as session:
        _held(session, job)
        touch(session, within(session, job.study_id), stage=stage, stage_number=number, stages=stages)


def commit(archive: Archive, job: Job, partial: Path, shown: Mapping[str, Any]) -> None:
    """Moves an attempt's folder into place and makes it the study's reading; shown is what the worklist tells of it.

    With a stale token nothing is committed, and the folder goes.
    """
    target = archive.study_folder(job.study_id) / job.folder_name
    try:
        with archive.reading() as session:
            _held(session, job)
        partial.replace(target)
        with archive.writing() as session:
            _held(session, job).state = "done"
            study = within(session, job.study_id)
            touch(
                session,
                study,
                state="ready",
                folder=job.folder_name,
                stage=None,
                stage_number=None,
                stages=None,
                **shown,
            )
    except Conflict:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        raise


def fail(archive: Archive, job: Job, why: str, *, final: bool = False) -> None:
    """Says that an attempt broke down: it is tried again, or, the third time or where trying is no use, needs attention."""
    with archive.writing() as session:
        row = _held(session, job)
        row.failures += 1
        row.why = why
        study = within(session, job.study_id)
        if final or row.failures >= MOST_FAILURES:
            row.state = "failed"
            touch(session, study, state="attention", why=why, stage=None, stage_number=None, stages=None)
        else:
            row.state = "queued"
            touch(session, study, state="queued", why=why, stage=None, stage_number=None, stages=None)


def release(archive: Archive) -> None:
    """Puts every running job in line again: whoever worked for a server that is gone works no more. That is no failure."""
    with archive.writing() as session:
        for row in session.scalars(select(JobRow).where(JobRow.state == "running")):
            row.state, row.token = "queued", row.token + 1
            touch(session, within(session, row.study_id), state="queued", stage=None, stage_number=None, stages=None)


def retry(archive: Archive, study_id: str) -> None:
    """Reads a study that needed attention once more."""
    with archive.writing() as session:
        study = within(session, study_id)
        if study.state != "attention":
            raise Conflict("study", expected="a study that needs attention", found=f"one that is {study.state}")
        session.add(JobRow(study_id=study_id, state="queued"))
        touch(session, study, state="queued", why=None)
