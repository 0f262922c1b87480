"""`thecal serve` as a person starts it, and as it is killed."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from server import rooms

from thecal import cli


def start(folder: Path) -> tuple[subprocess.Popen[str], httpx.Client]:
    command = [sys.executable, "-m", "thecal.cli", "serve", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "THECAL_TOKEN": ""}
    )
    assert process.stdout is not None
    found = re.search(r"(http://127\.0\.0\.1:\d+)/\?token=\S+", process.stdout.readline())
    assert found is not None
    browser = httpx.Client(base_url=found[1], headers={"Origin": found[1]}, timeout=120)
    assert browser.get(found[0]).status_code == 303
    return process, browser


def end(process: subprocess.Popen[str], browser: httpx.Client, how: signal.Signals) -> str:
    browser.close()
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return said


def test_what_was_acknowledged_outlives_a_kill_and_logs_name_nobody(data: tuple[Path, str], tmp_path: Path) -> None:
    folder = rooms.copy(data[0], tmp_path / "data")
    process, browser = start(folder)
    try:
        url = f"/api/studies/{data[1]}"
        upload = browser.post("/api/uploads", json={"name": "Doe.zip", "bytes": 9}).json()["upload"]
        browser.patch(f"/api/uploads/{upload}", content=b"abcde", headers={"Upload-Offset": "0"}).raise_for_status()
        form = {"base_version": 0, "target": "2.25.1/compartment", "after": {"state": "extradural"}}
        browser.post(f"{url}/changes", json=form).raise_for_status()
        browser.put(f"{url}/draft", json={"base_version": 0, "sections": {"impression": "typed"}}).raise_for_status()
    finally:
        said = end(process, browser, signal.SIGKILL)
    (folder / "studies" / data[1] / ".partial-x").mkdir()
    process, browser = start(folder)
    try:
        assert browser.get(f"/api/uploads/{upload}").json()["offset"] == 5
        assert browser.get(f"{url}/reading").json()["version"] == 1
        assert browser.get(f"{url}/draft").json()["sections"] == {"impression": "typed"}
        assert not (folder / "studies" / data[1] / ".partial-x").exists()
    finally:
        said += end(process, browser, signal.SIGINT)
    assert process.returncode == 0
    assert "Doe" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org"])
def test_an_address_that_others_can_reach_is_a_wrong_call(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", "--host", host, "--data", str(tmp_path)]) == 2
    assert "sign-in" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert cli.main(["serve", "--port", str(taken.getsockname()[1]), "--data", str(tmp_path)]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_data_folder_is_held_by_one_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from thecal.server.service import held

    (tmp_path / "data").mkdir()
    with held(tmp_path / "data"):
        assert cli.main(["serve", "--port", "0", "--data", str(tmp_path / "data")]) == 2
    assert "another" in capsys.readouterr().err
