"""A reading room with one study in it whose maps are the phantom's own truth, and a browser that came by the address."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import phantoms
from fastapi.testclient import TestClient
from findings.spines import study as a_study
from phantoms import Blob, Spine

from thecal import pipeline
from thecal.archive import jobs, open_archive, studies
from thecal.knowledge import Knowledge, load
from thecal.records import Identity
from thecal.server import worker
from thecal.server.app import Application
from thecal.server.security import Keys

BASE = "http://127.0.0.1:8642"
SECRET, TOKEN = "secret", "token"
SPINE = Spine(
    blobs=(
        Blob(1, (0, 0, 20), (4, 4, 9), {"T2w": 1.8, "T1w_ce": 1.8}, within="cord"),
        Blob(1, (0, 7, -20), (4, 3, 7), {"T2w": 1.0, "T1w_ce": 2.2}, instance=2, within="csf"),
    )
)


@cache
def knowledge() -> Knowledge:
    """What is known, loaded once."""
    return load()


_rates: dict[str, Any] = {}


def make_data(folder: Path) -> str:
    """A data folder with one study, read; its id."""
    archive = open_archive(folder)
    aligned = a_study(SPINE, ("T2w", "T1w", "T1w_ce"))
    maps = phantoms.truth(SPINE, aligned)
    row = studies.add(archive, title="Doe^Jane", demo={"demo": "phantom", "seed": 0})
    job = jobs.take(archive)
    assert job is not None
    partial = archive.study_folder(row.id) / ".partial" / "reading"
    partial.mkdir(parents=True)
    memory: dict[str, Any] = {}
    identity = Identity(patient_name="Doe^Jane", patient_id="4711")
    with (
        patch("thecal.alignment.align", return_value=aligned),
        patch("thecal.segmentation.segment", return_value=maps),
    ):
        made = pipeline.read(aligned.study, identity, knowledge(), memory=memory, draw=False)
    _rates.update({key: one for key, one in memory.items() if key.startswith("rates:")})
    assert made.complete
    worker._write(made, identity, memory, partial, [])
    jobs.commit(archive, job, partial, worker.shown_of(made.report, aligned.study, identity, knowledge()))
    archive.engine.dispose()
    return row.id


@dataclass
class Room:
    """An application over a data folder, a browser in it, and the study's id."""

    folder: Path
    study: str
    application: Application
    browser: TestClient

    @property
    def url(self) -> str:
        """The study's address."""
        return f"/api/studies/{self.study}"

    def reading(self) -> Any:
        """The study as it is read now."""
        return self.browser.get(f"{self.url}/reading").raise_for_status().json()

    def uid(self, instance: int = 1) -> str:
        """A lesion's tracking UID."""
        return f"2.25.{instance}"

    def set(self, code: str, after: Any, base: int, subject: str = "2.25.1") -> Any:
        """The answer to a finding set by hand."""
        form = {"base_version": base, "target": f"{subject}/{code}", "after": after}
        return self.browser.post(f"{self.url}/changes", json=form)


def enter(folder: Path, study: str = "", static: Path | None = None) -> Room:
    """Opens a data folder, with a browser that holds the cookie."""
    application = Application(folder, Keys(SECRET, TOKEN), static=static, knowledge=knowledge())
    application.room.opened._rates = dict(_rates)
    browser = TestClient(application, base_url=BASE, headers={"Origin": BASE}, cookies={"thecal": SECRET})
    return Room(folder, study, application, browser)


def copy(folder: Path, target: Path) -> Path:
    """A data folder of one's own, made like another."""
    shutil.copytree(folder, target)
    return target
