"""The archive's folder and tables."""

import json
import stat
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from archive.archives import a_study, an_archive, commit, upload
from sqlalchemy import text

from thecal.archive import drafts, open_archive, studies
from thecal.archive.database import MIGRATIONS
from thecal.archive.models import Base


def test_the_folder_can_be_entered_by_its_owner_alone(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    assert stat.S_IMODE(archive.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((archive.folder / "archive.sqlite3").stat().st_mode) == 0o600


def test_a_folder_that_stood_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    assert stat.S_IMODE(an_archive(tmp_path).folder.stat().st_mode) == 0o700


def test_the_steps_of_the_tables_lead_to_what_the_code_expects(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    with archive.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_images_of_drafts_saved_before_they_stood_apart_are_as_they_were(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    images = [{"png": "data:image/png;base64,AAAA", "caption": "the nodule"}]
    drafts.save(archive, row.id, 0, {}, images, "a")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with archive.engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        old = connection.execute(text("SELECT key_images FROM drafts")).scalar_one()
    assert json.loads(old) == [{"caption": "the nodule", "png": images[0]["png"]}]
    again = drafts.last(an_archive(tmp_path), row.id)
    assert again is not None
    assert list(again.key_images) == images


def test_the_database_writes_ahead_and_every_commit_to_disk(tmp_path: Path) -> None:
    with an_archive(tmp_path).engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_an_archive_that_is_opened_again_holds_what_was_saved(tmp_path: Path) -> None:
    row = a_study(an_archive(tmp_path))
    assert studies.find(an_archive(tmp_path), row.id).title == "study.zip"


def test_tidying_removes_what_no_row_names_and_nothing_else(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    commit(archive, row.id)
    waiting = upload(archive, b"more")
    place = archive.study_folder(row.id)
    for orphan in (
        place / ".partial-x",
        place / "reading-9",
        archive.study_folder("nobody"),
        archive.upload_folder("gone"),
    ):
        orphan.mkdir()
    archive.tidy()
    assert [path.name for path in place.iterdir()] == ["reading-1"]
    assert [path.name for path in (archive.folder / "studies").iterdir()] == [row.id]
    assert archive.upload_folder(waiting).is_dir()
    assert not archive.upload_folder("gone").exists()


def test_two_processes_may_open_one_archive(tmp_path: Path) -> None:
    first, second = an_archive(tmp_path), open_archive(tmp_path / "data")
    row = a_study(first)
    assert studies.find(second, row.id).state == "queued"
