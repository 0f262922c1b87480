"""The database of the archive, and the folder it lies in."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.orm import Session

from thecal.archive.models import StudyRow, UploadRow
from thecal.records import CallWrong

BUSY_S = 20.0
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Archive:
    """A folder that only its owner can enter: `archive.sqlite3`, `uploads/<id>/`, `studies/<id>/`."""

    folder: Path
    engine: Engine

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the archive."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that holds the right to write from its beginning; commits at a clean end."""
        writer = self.engine.execution_options(writes=True)
        with Session(writer, expire_on_commit=False) as session, session.begin():
            yield session

    def study_folder(self, study_id: str) -> Path:
        """Where all that belongs to a study lies."""
        return self.folder / "studies" / study_id

    def upload_folder(self, upload_id: str) -> Path:
        """Where an upload's file lies."""
        return self.folder / "uploads" / upload_id

    def tidy(self) -> None:
        """Removes folders that no row names: what was begun when a process was killed.

        Only for the one process that holds the archive.
        """
        with self.reading() as session:
            kept = {row.id: row.folder for row in session.scalars(select(StudyRow).where(StudyRow.state != "gone"))}
            uploads = set(session.scalars(select(UploadRow.id)))
            approved = _approved_folders(session)
        for folder in (self.folder / "uploads").iterdir():
            if folder.name not in uploads:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in (self.folder / "studies").iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            for inner in folder.iterdir():
                if inner.name not in {kept[folder.name], approved.get(folder.name)}:
                    shutil.rmtree(inner, ignore_errors=True)


def _approved_folders(session: Session) -> dict[str, str]:
    from thecal.archive.models import ApprovalRow

    return {row.study_id: row.folder for row in session.scalars(select(ApprovalRow))}


def make_folder(folder: Path) -> None:
    """Makes the archive's folder where there is none, for its owner alone; CallWrong where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for inner in (folder, folder / "uploads", folder / "studies"):
            inner.mkdir(exist_ok=True, mode=0o700)
        os.chmod(folder, 0o700)
    except OSError as error:
        raise CallWrong(
            str(folder), expected="a folder of your own that can be written", found=error.strerror or str(error),
            remedy="Name another with --data DIR.",
        ) from error  # fmt: skip


def open_archive(folder: Path) -> Archive:
    """Opens the archive in a folder, makes it where there is none, and brings its tables up to date.

    Raises CallWrong where the folder cannot be made or belongs to somebody else.
    """
    make_folder(folder)
    path = folder / "archive.sqlite3"
    path.touch(mode=0o600)
    engine = connect(path)
    upgrade(engine)
    return Archive(folder, engine)


def connect(path: Path) -> Engine:
    """An engine on an SQLite file: write-ahead log, every commit on disk, writers take their turn at the beginning."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin by itself, too late and without the right to write
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_S * 1000:.0f}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def upgrade(engine: Engine) -> None:
    """Brings the tables to this version of thecal, step by step. Alembic is loaded only where a step is to be taken."""
    if _stands(engine) == max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")):
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _stands(engine: Engine) -> str | None:
    """The last step that was taken; None for a database without tables."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'alembic_version'").scalar()
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if found else None
