"""A small simulated study, made once."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from thecal import cli


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny simulated ependymoma as NIfTI: `images/`, `truth/`, `context.json`."""
    folder = tmp_path_factory.mktemp("phantom") / "study"
    assert cli.main(["phantom", "ependymoma", "--seed", "3", "--protocol", "tiny", "-o", str(folder)]) == 0
    return folder


@pytest.fixture(scope="session")
def small_result(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of the small study."""
    folder = tmp_path_factory.mktemp("result") / "result"
    told = str(small_study / "context.json")
    assert cli.main(["read", str(small_study / "images"), "-o", str(folder), "--context", told, "--quiet"]) == 0
    return folder


@pytest.fixture
def heard_interrupt() -> Iterator[None]:
    """Ctrl-C is heard, here and in what is started, though tests that run in the background inherit its being ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
