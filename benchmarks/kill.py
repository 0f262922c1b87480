"""The server is killed (kill -9) again and again while files arrive, studies are read and corrections are saved.

Prints what was acknowledged and is there, what was lost, and whether the archive is consistent after each start.
Usage: python benchmarks/kill.py [--kills 20] [--seed 1] [--data DIR]
"""

from __future__ import annotations

import argparse
import io
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from thecal import cli

TOKEN = "kill"
CHUNK = 40_000
PATIENCE_S = 900.0


@dataclass
class Server:
    """A server on a data folder, as a person starts it."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    base: str = ""
    browser: httpx.Client = field(default_factory=httpx.Client)

    def start(self) -> None:
        """Starts it, and comes in by the printed address."""
        command = [sys.executable, "-m", "thecal.cli", "serve", "--port", "0", "--data", str(self.folder)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "THECAL_TOKEN": TOKEN},
        )
        assert self.process.stdout is not None
        address = self.process.stdout.readline().split()[-1]
        self.base = address.split("/?")[0]
        self.browser = httpx.Client(base_url=self.base, headers={"Origin": self.base}, timeout=120)
        self.browser.get(address)

    def kill(self) -> None:
        """Kills it without warning."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.browser.close()

    def state(self, study: str) -> str:
        """Where a study stands."""
        return str(self.browser.get(f"/api/studies/{study}").json()["state"])


@dataclass
class Tally:
    """What was promised, and what became of it."""

    kills: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def count(self, what: str, number: int = 1) -> None:
        """Counts what the server acknowledged."""
        self.acknowledged[what] = self.acknowledged.get(what, 0) + number


def check(folder: Path, tally: Tally, when: str) -> None:
    """The database is whole, and every folder is named by a row and every row's folder is there."""
    with sqlite3.connect(folder / "archive.sqlite3") as database:
        told = database.execute("PRAGMA integrity_check").fetchone()[0]
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
        studies = dict(database.execute("SELECT id, folder FROM studies WHERE state != 'gone'").fetchall())
        uploads = {row[0] for row in database.execute("SELECT id FROM uploads").fetchall()}
        running = database.execute(
            "SELECT study_id, count(*) FROM jobs GROUP BY study_id, token HAVING count(*) > 1"
        ).fetchall()
    if told != "ok" or broken or running:
        tally.faults.append(f"{when}: database {told} {broken} {running}")
    for name in {path.name for path in (folder / "uploads").iterdir()} ^ uploads:
        tally.faults.append(f"{when}: upload {name} is orphan")
    for name in {path.name for path in (folder / "studies").iterdir()} - set(studies):
        tally.faults.append(f"{when}: study folder {name} is orphan")
    for name, reading in studies.items():
        if reading and not (folder / "studies" / name / reading / "kept.json").is_file():
            tally.faults.append(f"{when}: study {name} has lost its reading")


def workers_left(folder: Path) -> int:
    """How many readers still run on a data folder."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        found += b"thecal.server.process" in words and str(folder).encode() in words
    return found


def killed(server: Server, tally: Tally, kind: str, act: Callable[[threading.Event], None], after_s: float) -> None:
    """Lets something happen, kills the server in the midst of it, starts it again and checks the archive."""
    stop = threading.Event()
    thread = threading.Thread(target=act, args=(stop,), daemon=True)
    thread.start()
    time.sleep(after_s)
    server.kill()
    stop.set()
    thread.join()
    until = time.monotonic() + 10
    while workers_left(server.folder) and time.monotonic() < until:
        time.sleep(0.1)
    if workers_left(server.folder):
        tally.faults.append(f"{kind}: a reader outlived its server")
    server.start()
    tally.kills[kind] = tally.kills.get(kind, 0) + 1
    check(server.folder, tally, f"after a kill while {kind}")


def upload(server: Server, tally: Tally, content: bytes, kills: int, dice: random.Random) -> str:
    """Sends a file in pieces through kills of the server, going on where it stands; gives the study made of it."""
    held: dict[str, Any] = {"upload": "", "offset": 0}

    def send(stop: threading.Event) -> None:
        try:
            if not held["upload"]:
                form = {"name": "study.zip", "bytes": len(content)}
                held["upload"] = server.browser.post("/api/uploads", json=form).json()["upload"]
            url = f"/api/uploads/{held['upload']}"
            at = int(server.browser.get(url).json()["offset"])
            if at < int(held["offset"]):
                tally.faults.append(f"uploading: {held['offset']} bytes acknowledged, {at} there")
            while at < len(content) - CHUNK and not stop.is_set():
                piece = content[at : at + CHUNK]
                at = int(server.browser.patch(url, content=piece, headers={"Upload-Offset": str(at)}).json()["offset"])
                held["offset"] = at
                tally.count("pieces of uploads")
        except (httpx.HTTPError, KeyError):
            return

    for _ in range(kills):
        killed(server, tally, "uploading", send, dice.uniform(0.05, 1.5))
    url = f"/api/uploads/{held['upload']}"
    at = int(server.browser.get(url).json()["offset"])
    server.browser.patch(url, content=content[at:], headers={"Upload-Offset": str(at)}).raise_for_status()
    arrived = (server.folder / "uploads" / str(held["upload"]) / "content").read_bytes()
    if arrived != content:
        tally.faults.append("uploading: what arrived is not what was sent")
    made = server.browser.post("/api/studies", json={"uploads": [held["upload"]]}).raise_for_status()
    return str(made.json()["study"])


def read(server: Server, tally: Tally, study: str, kills: int, dice: random.Random) -> None:
    """Kills the server while it reads, each time at another moment; the study is read in the end."""

    def wait(stop: threading.Event) -> None:
        stop.wait()

    for _ in range(kills):
        until = time.monotonic() + PATIENCE_S
        while server.state(study) == "queued" and time.monotonic() < until:
            time.sleep(0.1)
        killed(server, tally, "reading", wait, dice.uniform(0.1, 12.0))
    until = time.monotonic() + PATIENCE_S
    while server.state(study) in ("queued", "reading") and time.monotonic() < until:
        time.sleep(0.5)
    if server.state(study) != "ready":
        tally.faults.append(f"reading: the study is {server.state(study)}")
    tally.count("studies read in the end")


def save(server: Server, tally: Tally, study: str, kills: int, dice: random.Random) -> None:
    """Kills the server while corrections and drafts are saved; all that was acknowledged is there."""
    told: dict[str, Any] = {"age": None, "changes": 0, "draft": 0, "text": ""}

    def work(stop: threading.Event) -> None:
        url = f"/api/studies/{study}"
        try:
            version = int(server.browser.get(url).json()["version"])
            draft = int(server.browser.get(f"{url}/draft").json()["version"])
            while not stop.is_set():
                age = dice.randrange(1, 90)
                form = {"base_version": version, "target": "patient/age_years", "after": {"value": age}}
                version = server.browser.post(f"{url}/changes", json=form).raise_for_status().json()["version"]
                told.update(changes=version, age=age)
                tally.count("corrections")
                text = f"what was typed {dice.random()}"
                put = {"base_version": draft, "sections": {"impression": text}}
                draft = server.browser.put(f"{url}/draft", json=put).raise_for_status().json()["version"]
                told.update(draft=draft, text=text)
                tally.count("drafts")
        except httpx.HTTPError:
            return

    for _ in range(kills):
        killed(server, tally, "saving", work, dice.uniform(0.5, 8.0))
        reading = server.browser.get(f"/api/studies/{study}/reading").raise_for_status().json()
        draft = server.browser.get(f"/api/studies/{study}/versions").raise_for_status().json()["drafts"]
        kept = [change["after"]["value"] for change in reading["changes"]]
        if len(kept) < told["changes"] or (told["changes"] and kept[told["changes"] - 1] != told["age"]):
            tally.faults.append(f"saving: correction {told['changes']} was acknowledged and is not there")
        if len(draft) < told["draft"] or (
            told["draft"] and draft[told["draft"] - 1]["sections"]["impression"] != told["text"]
        ):
            tally.faults.append(f"saving: draft {told['draft']} was acknowledged and is not there")


def a_study(folder: Path) -> bytes:
    """A small simulated study as a zip archive."""
    cli.main(["phantom", "ependymoma", "--seed", "3", "--protocol", "tiny", "-o", str(folder)])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted((folder / "images").iterdir()):
            archive.write(path, path.name)
    return packed.getvalue()


def main() -> int:
    """Kills, counts and tells."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("--kills", type=int, default=20)
    call.add_argument("--seed", type=int, default=1)
    call.add_argument("--data", type=Path)
    asked = call.parse_args()
    dice, tally = random.Random(asked.seed), Tally()
    with tempfile.TemporaryDirectory(prefix="thecal-kill-") as name:
        content = a_study(Path(name) / "phantom")
        server = Server(asked.data or Path(name) / "data")
        server.start()
        shares = (asked.kills - 2 * (asked.kills // 3), asked.kills // 3, asked.kills // 3)
        study = upload(server, tally, content, shares[0], dice)
        read(server, tally, study, shares[1], dice)
        save(server, tally, study, shares[2], dice)
        server.kill()
    print("kills:", ", ".join(f"{number} while {kind}" for kind, number in tally.kills.items()))
    print("acknowledged:", ", ".join(f"{number} {what}" for what, number in tally.acknowledged.items()))
    print("faults:", len(tally.faults))
    for fault in tally.faults:
        print(" ", fault)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
