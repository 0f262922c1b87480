"""The tables of the archive."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What all tables share: Python's dicts and lists are kept as JSON."""

    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it so
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class StudyRow(Base):
    """A study: what it is called, where its reading stands, and what the worklist shows of it.

    source says where its images come from: {"uploads": [id, …]} or {"demo": entity, "seed": n}. folder names the committed
    folder of its reading. version counts what a reader changed; tick grows with every change of the row, over all studies.
    A deleted study leaves its id and tick (state `gone`), so that open pages hear of it.
    """

    __tablename__ = "studies"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[dict[str, Any]]
    context: Mapped[dict[str, Any]]
    simulated: Mapped[bool]
    added_at: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str | None] = mapped_column(String(32))
    stage_number: Mapped[int | None]
    stages: Mapped[int | None]
    why: Mapped[str | None] = mapped_column(Text)
    folder: Mapped[str | None] = mapped_column(Text)
    acquired_on: Mapped[str | None] = mapped_column(String(32))
    patient: Mapped[dict[str, Any] | None]
    lesions: Mapped[int | None]
    first: Mapped[dict[str, Any] | None]
    blind: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)
    tick: Mapped[int] = mapped_column(Integer, index=True)


class UploadRow(Base):
    """A file on its way in: its name, how many bytes it shall have, and the study it belongs to once it is complete."""

    __tablename__ = "uploads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int]
    begun_at: Mapped[str] = mapped_column(String(32))
    study_id: Mapped[str | None] = mapped_column(ForeignKey("studies.id"), index=True)


class JobRow(Base):
    """A reading to be made. token counts how often it was taken up: who holds an older one may commit nothing.

    leased_until is in seconds since 1970; failures counts the attempts that broke down, why says how the last one did.
    """

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), index=True)
    token: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[float] = mapped_column(Float, default=0.0)
    why: Mapped[str | None] = mapped_column(Text)


class ChangeRow(Base):
    """A reader's correction. Rows are added and never altered; number counts them within a study, from 1."""

    __tablename__ = "changes"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"))
    number: Mapped[int]
    at: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    change: Mapped[dict[str, Any]]
    __table_args__ = (UniqueConstraint("study_id", "number"),)


class ImageRow(Base):
    """A key image of a study's drafts, kept once however many saved states show it. digest is the SHA-256 of png."""

    __tablename__ = "images"
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    png: Mapped[str] = mapped_column(Text)


class DraftRow(Base):
    """One saved state of a report's draft. Rows are added and never altered; the last is the draft.

    key_images names each image by its digest: {"digest", "caption"}.
    """

    __tablename__ = "drafts"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"))
    version: Mapped[int]
    at: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    sections: Mapped[dict[str, Any]]
    key_images: Mapped[list[Any]]
    __table_args__ = (UniqueConstraint("study_id", "version"),)


class ApprovalRow(Base):
    """A report that was approved: by whom, when, from which state of findings and draft, and the folder it was written to."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), unique=True)
    name: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    draft_version: Mapped[int]
    folder: Mapped[str] = mapped_column(Text)


class AddendumRow(Base):
    """What was added to an approved report, by whom and when."""

    __tablename__ = "addenda"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    at: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)


class BlindRow(Base):
    """What a reader committed before seeing thecal's reading."""

    __tablename__ = "blind_readings"
    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[str] = mapped_column(ForeignKey("studies.id"), index=True)
    at: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    findings: Mapped[dict[str, Any]]
    entities: Mapped[list[Any]]


class CaseListRow(Base):
    """The cases attached to an article of the atlas, in their order. Rows are added; the last version is the list."""

    __tablename__ = "case_lists"
    id: Mapped[int] = mapped_column(primary_key=True)
    article: Mapped[str] = mapped_column(String(128))
    version: Mapped[int]
    at: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    cases: Mapped[list[Any]]
    __table_args__ = (UniqueConstraint("article", "version"),)


Index("jobs_waiting", JobRow.state, JobRow.leased_until)
