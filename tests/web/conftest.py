"""A server with one small simulated study, and a Chromium that visits it.

Each test has a browser of its own; the server is shared, except where a test stops it or changes what others look at.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[2]
TOKEN = "tests"
# A busy machine may take longer to read a study.
PATIENCE_S = float(os.environ.get("THECAL_PATIENCE_S", "270"))
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-dev-shm-usage",
    "--disable-extensions", "--disable-sync", "--metrics-recording-only", "--mute-audio", "--no-first-run",
]  # fmt: skip

expect.set_options(timeout=30_000)
Accessible = Callable[[Page], None]


class Server:
    """`thecal serve` as a process of its own on a data folder; once started it keeps its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        self.cookie = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def entry(self) -> str:
        """The address that lets a browser in."""
        return f"{self.address}/?token={TOKEN}"

    def start(self) -> None:
        words = [sys.executable, "-m", "thecal.cli", "serve", "--data", str(self.folder), "--port", str(self.port)]
        log = (self.folder.parent / f"{self.folder.name}.log").open("a")
        self.process = subprocess.Popen(
            words, text=True, stdout=subprocess.PIPE, stderr=log, env={**os.environ, "THECAL_TOKEN": TOKEN}
        )
        log.close()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "http://127.0.0.1:" in line, (self.folder.parent / f"{self.folder.name}.log").read_text()[-2000:]
        self.port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
        wait_until(self.answers, "the server answers")

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/index.html", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def stop(self, *, kill: bool = False) -> None:
        """Ends it, politely or (kill) as a power cut does."""
        if self.process is None:
            return
        (self.process.kill if kill else self.process.terminate)()
        self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Calls the API as a page of it would."""
        headers = {"Cookie": self.cookie or self.let_in(), "Origin": self.address, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def let_in(self) -> str:
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any, **__: Any) -> None:
                return None

        try:
            urllib.request.build_opener(Stay).open(self.entry, timeout=20)
        except urllib.error.HTTPError as answer:
            self.cookie = (answer.headers["Set-Cookie"] or "").split(";")[0]
        return self.cookie

    def add_demo(self, entity: str = "ependymoma", seed: int = 1) -> str:
        """Has a tiny study simulated and read, and gives its id."""
        made = self.call("POST", "/api/demos", {"entity": entity, "seed": seed, "protocol": "tiny"})["study"]
        wait_until(lambda: self.call("GET", f"/api/studies/{made}")["state"] not in ("queued", "reading"), "it is read")
        return str(made)


def wait_until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Waits, not for ever, until something holds."""
    end = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience_s} s in vain until {what}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is; without one these tests are skipped."""
    if os.environ.get("THECAL_WEB") == "skip":
        pytest.skip("THECAL_WEB=skip: the page is left out")
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="session")
def page_built(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The page as web/ has it now; built here where scripts/_setup did not."""
    spec = importlib.util.spec_from_file_location("thecal_web", ROOT / "web" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    with shared(tmp_path_factory, "page"):
        if maker.is_stale():
            maker.build()


@contextlib.contextmanager
def shared(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder for all processes of this test run, held by one of them at a time."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared-{name}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder


@pytest.fixture(scope="session")
def archive(chromium: str, page_built: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a server that has read one small study (an ependymoma); copied, never used itself."""
    with shared(tmp_path_factory, "archive") as folder:
        data = folder / "data"
        if not (folder / "study").is_file():
            server = Server(data)
            server.start()
            try:
                study = server.add_demo()
            finally:
                server.stop()
            (folder / "study").write_text(study)
    return data


@pytest.fixture(scope="session")
def study(archive: Path) -> str:
    """The id of the study that every server knows."""
    return (archive.parent / "study").read_text()


@contextlib.contextmanager
def serving(archive: Path, folder: Path) -> Iterator[Server]:
    shutil.copytree(archive, folder)
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def server(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share: they add to it, and change nothing that another one looks at."""
    with serving(archive, tmp_path_factory.mktemp("server") / "data") as one:
        yield one


@pytest.fixture
def own_server(archive: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be stopped, killed and written to."""
    with serving(archive, tmp_path / "data") as one:
        yield one


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium with software WebGL2, which speaks to nobody but the server."""
    with sync_playwright() as play:
        one = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield one
        one.close()


Visit = Callable[..., Page]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens a page of a server in a browser that was never there: visit(server, path, width=…, height=…, same=page).

    `same` is a page whose browser is to be shared (a second tab). What the page throws, and what its content policy refuses,
    fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def heard(text: str) -> None:
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            faults.append(text)

    def opened(
        server: Server, path: str = "/", *, width: int = 1280, height: int = 800, same: Page | None = None, **more: Any
    ) -> Page:
        if same is None:
            size = ViewportSize(width=width, height=height)
            context = browser.new_context(viewport=size, reduced_motion="reduce", locale="en-GB", **more)
            context.set_default_timeout(30_000)
            contexts.append(context)
        else:
            context = same.context
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: heard(told.text))
        if same is None:
            page.goto(server.entry)
        if same is not None or path != "/":
            page.goto(server.address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def phone(visit: Visit) -> Visit:
    """Opens a page as a phone does: narrow, and touched."""

    def opened(server: Server, path: str = "/") -> Page:
        return visit(server, path, width=390, height=844, has_touch=True, is_mobile=True, device_scale_factor=2)

    return opened


@pytest.fixture(scope="session")
def assert_accessible() -> Accessible:
    """Asserts that axe finds nothing serious or critical on a page."""
    source = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def check(page: Page) -> None:
        page.evaluate(source)
        found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")["violations"]
        told = [
            f"{one['impact']} {one['id']}: {one['help']}\n  " + "\n  ".join(
                f"{' '.join(map(str, node['target']))}: {node['failureSummary']}" for node in one["nodes"][:4]
            )
            for one in found if one["impact"] in ("serious", "critical")
        ]  # fmt: skip
        assert not told, "\n".join(told)

    return check


@pytest.fixture(scope="session")
def assert_fits() -> Accessible:
    """Asserts that a page is no wider than its window."""

    def check(page: Page) -> None:
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
              .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
              .map((one) => one.outerHTML.slice(0, 120))"""
        )
        room = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert room[0] <= room[1], "\n".join([str(room), *wide[:5]])

    return check
