"""Golden files: compared as they stand, or written anew under THECAL_GOLDEN=write."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"


def assert_golden(content: str | bytes, path: Path) -> None:
    """The content equals the golden file, to the byte."""
    told = content.encode() if isinstance(content, str) else content
    if os.environ.get("THECAL_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(told)
    assert path.exists(), f"no golden file {path.name}: run scripts/golden"
    assert told == path.read_bytes(), (
        f"{path.name} differs: if that is wanted, run scripts/golden and look at the difference"
    )


def as_json(data: Any) -> str:
    """Data as the golden files hold it."""
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
