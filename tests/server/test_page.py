"""The page's files."""

from pathlib import Path

import pytest
from server import rooms


@pytest.fixture
def built(tmp_path: Path) -> rooms.Room:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<p>the page</p>")
    (static / "assets" / "main-1a2b.js").write_text("1")
    (tmp_path / "outside.txt").write_text("secret")
    return rooms.enter(tmp_path / "data", static=static)


def test_an_address_of_the_pages_own_is_the_page(built: rooms.Room) -> None:
    for path in ("/", "/studies/abc", "/studies/abc/report", "/atlas/cap_sign"):
        assert built.browser.get(path).text == "<p>the page</p>"


def test_files_with_a_digest_in_their_name_are_kept_for_ever(built: rooms.Room) -> None:
    assert "immutable" in built.browser.get("/assets/main-1a2b.js").headers["cache-control"]
    assert built.browser.get("/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/../outside.txt", "/%2e%2e/outside.txt", "/assets/..%2f..%2foutside.txt", "/missing.js"]
)
def test_nothing_outside_the_page_is_served(built: rooms.Room, path: str) -> None:
    answer = built.browser.get(path)
    assert "secret" not in answer.text


def test_without_a_built_page_it_says_how_to_get_it(tmp_path: Path) -> None:
    room = rooms.enter(tmp_path / "data", static=tmp_path / "none")
    assert "scripts/_setup" in room.browser.get("/").text


def test_an_unknown_address_of_the_interface_is_told_in_words(built: rooms.Room) -> None:
    answer = built.browser.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["expected"]
