"""The draft of a report, its approval, and what is added afterwards. Every saved state is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from thecal.archive.clock import now
from thecal.archive.corrections import refuse_locked
from thecal.archive.database import Archive
from thecal.archive.models import AddendumRow, ApprovalRow, BlindRow, DraftRow, ImageRow, StudyRow
from thecal.archive.refusals import Conflict, Locked
from thecal.archive.studies import touch, within
from thecal.records import CallWrong


@dataclass(frozen=True)
class Saved:
    """A saved state of a draft: when and by whom, its sections in words, its key images as {"png", "caption"}."""

    version: int
    by: str
    at: str
    sections: dict[str, str]
    key_images: Sequence[Mapping[str, str]]


def versions(archive: Archive, study_id: str) -> list[Saved]:
    """Every saved state of a draft, oldest first."""
    with archive.reading() as session:
        within(session, study_id)
        rows = session.scalars(select(DraftRow).where(DraftRow.study_id == study_id).order_by(DraftRow.version))
        return [_saved(session, row) for row in rows]


def last(archive: Archive, study_id: str) -> Saved | None:
    """The draft as it stands; None before anything was saved."""
    with archive.reading() as session:
        within(session, study_id)
        row = _last(session, study_id)
        return None if row is None else _saved(session, row)


def _last(session: Session, study_id: str) -> DraftRow | None:
    mine = select(DraftRow).where(DraftRow.study_id == study_id)
    return session.scalar(mine.order_by(DraftRow.version.desc()).limit(1))


def _saved(session: Session, row: DraftRow) -> Saved:
    images = []
    for named in row.key_images:
        kept = session.get_one(ImageRow, (row.study_id, named["digest"]))  # the session holds it once for all versions
        images.append({"png": kept.png, "caption": named["caption"]})
    return Saved(row.version, row.by, row.at, row.sections, images)


def _put(session: Session, study_id: str, images: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Keeps the images that are not kept yet, and names all by their digest."""
    named = []
    for image in images:
        digest = hashlib.sha256(image["png"].encode()).hexdigest()
        if session.get(ImageRow, (study_id, digest)) is None:
            session.add(ImageRow(study_id=study_id, digest=digest, png=image["png"]))
            session.flush()
        named.append({"digest": digest, "caption": image["caption"]})
    return named


def save(
    archive: Archive, study_id: str, base_version: int, sections: Mapping[str, str],
    key_images: Sequence[Mapping[str, str]], by: str,
) -> int:  # fmt: skip
    """Saves a draft written on a state of it, and gives the new version; Conflict with theirs, or Locked once approved."""
    with archive.writing() as session:
        study = within(session, study_id)
        refuse_locked(study)
        kept = _last(session, study_id)
        present = kept.version if kept else 0
        if present != base_version:
            raise Conflict(
                "draft", expected=f"version {base_version}", found=f"version {present}",
                remedy="Look at what was saved in between, then decide which holds.",
                theirs=told(_saved(session, kept)) if kept else {},
            )  # fmt: skip
        session.add(
            DraftRow(
                study_id=study_id, version=present + 1, at=now(), by=by, sections=dict(sections),
                key_images=_put(session, study_id, key_images),
            )
        )  # fmt: skip
        return present + 1


def told(one: Saved) -> dict[str, Any]:
    """A saved state as it is handed out."""
    return asdict(one)


def approve(
    archive: Archive, study_id: str, *, name: str, by: str, version: int, draft_version: int, folder: str
) -> ApprovalRow:
    """Locks the report in the state it was approved in; Conflict where findings or draft changed since that state."""
    if not name.strip():
        raise CallWrong("approval", expected="the name of who approves", found="none")
    with archive.writing() as session:
        study = within(session, study_id)
        refuse_locked(study)
        if study.state != "ready":
            raise Locked("report", expected="a study that was read", found=f"one that is {study.state}")
        kept = _last(session, study_id)
        present = (study.version, kept.version if kept else 0)
        if present != (version, draft_version):
            raise Conflict(
                "approval", expected=f"findings {version}, draft {draft_version}",
                found=f"findings {present[0]}, draft {present[1]}", remedy="Read the report again as it stands now.",
                theirs={"version": present[0], "draft_version": present[1]},
            )  # fmt: skip
        row = ApprovalRow(
            study_id=study_id,
            name=name.strip(),
            by=by,
            at=now(),
            version=version,
            draft_version=draft_version,
            folder=folder,
        )
        session.add(row)
        touch(session, study, state="approved")
    return row


def approval(archive: Archive, study_id: str) -> ApprovalRow | None:
    """Who approved the report and when; None while nobody did."""
    with archive.reading() as session:
        return session.scalar(select(ApprovalRow).where(ApprovalRow.study_id == study_id))


def add_to(archive: Archive, study_id: str, text: str, by: str) -> AddendumRow:
    """Adds to an approved report; Conflict while it is a draft."""
    if not text.strip():
        raise CallWrong("addendum", expected="a text", found="none")
    with archive.writing() as session:
        study = within(session, study_id)
        if study.state != "approved":
            raise Conflict(
                "addendum", expected="an approved report", found="a draft", remedy="Change the draft itself."
            )
        row = AddendumRow(study_id=study_id, at=now(), by=by, text=text.strip())
        session.add(row)
        touch(session, study)
    return row


def addenda(archive: Archive, study_id: str) -> list[AddendumRow]:
    """What was added to an approved report, oldest first."""
    with archive.reading() as session:
        return list(
            session.scalars(select(AddendumRow).where(AddendumRow.study_id == study_id).order_by(AddendumRow.id))
        )


def begin_blind(archive: Archive, study_id: str) -> None:
    """Hides thecal's reading of a study until the reader has committed their own; not once it was approved."""
    with archive.writing() as session:
        study = within(session, study_id)
        refuse_locked(study)
        touch(session, study, blind=True)


def commit_blind(
    archive: Archive, study_id: str, findings: Mapping[str, Any], entities: Sequence[str], by: str
) -> None:
    """Keeps what a reader saw and thought before seeing thecal's reading, which may then be shown."""
    with archive.writing() as session:
        study = within(session, study_id)
        session.add(BlindRow(study_id=study_id, at=now(), by=by, findings=dict(findings), entities=list(entities)))
        touch(session, study, blind=False)


def refuse_blind(study: StudyRow) -> None:
    """Raises Locked while a study is to be read blind first."""
    if study.blind:
        raise Locked(
            "reading", expected="your own findings and list first", found="a study that is read blind first",
            remedy="Commit your findings; thecal's reading is shown then.",
        )  # fmt: skip


def blind(archive: Archive, study_id: str) -> list[BlindRow]:
    """What readers committed before seeing thecal's reading."""
    with archive.reading() as session:
        return list(session.scalars(select(BlindRow).where(BlindRow.study_id == study_id).order_by(BlindRow.id)))
