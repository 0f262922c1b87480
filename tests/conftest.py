"""A small simulated study, made once."""

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
