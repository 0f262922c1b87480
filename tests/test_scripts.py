"""The scripts that set a fresh machine up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
SOURCING = [
    path for path in sorted(SCRIPTS.iterdir()) if re.search(r"^source .*/_setup", path.read_text(), re.MULTILINE)
]


def test_some_scripts_set_up() -> None:
    assert {"check", "demo"} <= {path.name for path in SOURCING}


@pytest.mark.parametrize("script", SOURCING, ids=lambda path: path.name)
def test_the_set_up_is_told_its_extra_and_never_takes_the_callers_argument_for_one(script: Path) -> None:
    for line in re.findall(r"^source .*/_setup\"(.*)$", script.read_text(), re.MULTILINE):
        assert line.strip() in {"test", '""'}
