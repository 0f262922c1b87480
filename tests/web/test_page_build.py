"""When the page is built, and when what was built still holds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("thecal_web_maker", ROOT / "web" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    for name, text in {"index.html": "<p>", "src/a.ts": "1", "src/a.test.ts": "2", "node_modules/b.js": "3"}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_digest_changes_with_what_the_page_is_made_from_and_with_nothing_else(maker: ModuleType, web: Path) -> None:
    before = maker.digest(web)
    (web / "src" / "a.test.ts").write_text("another test")
    (web / "node_modules" / "b.js").write_text("fetched anew")
    (web / "README.md").write_text("words")
    assert maker.digest(web) == before
    (web / "src" / "a.ts").write_text("4")
    changed = maker.digest(web)
    assert changed != before
    (web / "src" / "a.ts").rename(web / "src" / "c.ts")
    assert maker.digest(web) not in (before, changed)


def test_a_page_is_stale_when_it_is_missing_or_made_from_something_else(maker: ModuleType, tmp_path: Path) -> None:
    assert maker.is_stale(tmp_path)
    (tmp_path / "digest").write_text("of another web")
    assert maker.is_stale(tmp_path)
    (tmp_path / "digest").write_text(maker.digest() + "\n")
    assert not maker.is_stale(tmp_path)


def test_the_lock_file_names_no_registry(maker: ModuleType) -> None:
    lock = (maker.WEB / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
