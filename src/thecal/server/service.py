"""`thecal serve`: holds the data folder, prints the address, serves until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from thecal.archive.database import make_folder
from thecal.records import CallWrong
from thecal.server.app import Application
from thecal.server.security import names_of, read_keys, refuse_open_host

SHUTDOWN_S = 3
# What the first study and the first article need is loaded once the first page has had its turn.
WARMS_AFTER_S = 2.0


def data_folder(given: str | None) -> Path:
    """Where the archive lies: as given, else in the user's own data."""
    if given:
        return Path(given)
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "thecal"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Holds a data folder for one server; CallWrong when another one holds it."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CallWrong(
                str(folder), expected="a data folder that no other server holds", found="a server that runs on it",
                remedy="Stop that one, or name another folder with --data DIR.",
            ) from error  # fmt: skip
        yield


def bind(host: str, port: int) -> socket.socket:
    """A socket of this machine alone; CallWrong when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host.strip("[]"), port))
        listening.listen(128)  # who opens the address the moment it is printed waits, and is not turned away
    except OSError as error:
        listening.close()
        raise CallWrong(
            f"serve: {host}:{port}", expected="a free port", found=error.strerror or "another one",
            remedy="Name another with --port.",
        ) from error  # fmt: skip
    return listening


def serve(host: str, port: int, data: str | None, say: Callable[[str], None]) -> None:
    """Serves the reading room on an address of this machine until it is stopped; say tells where."""
    refuse_open_host(host)
    folder = data_folder(data)
    make_folder(folder)
    with held(folder), bind(host, port) as listening:
        port = listening.getsockname()[1]
        keys = read_keys(folder)
        application = Application(folder, keys, names_of(port))
        later = threading.Timer(WARMS_AFTER_S, application.warm)
        later.daemon = True
        later.start()
        told = f"[{host}]" if ":" in host and not host.startswith("[") else host
        say(f"thecal serves on http://{told}:{port}/?token={keys.token}")
        say("The address opens once, in one browser. Ctrl-C stops; nothing that was saved is lost.")
        options: dict[str, Any] = {"access_log": False, "log_level": "warning", "timeout_graceful_shutdown": SHUTDOWN_S}
        server = uvicorn.Server(uvicorn.Config(application, server_header=False, date_header=False, **options))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
