"""Who may speak to the server."""

import stat
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from server.rooms import BASE, SECRET, TOKEN, Room

from thecal.records import CallWrong
from thecal.server.security import read_keys, refuse_open_host


def stranger(room: Room) -> TestClient:
    return TestClient(room.application, base_url=BASE, follow_redirects=False)


def test_the_token_opens_once_becomes_a_cookie_and_leaves_the_address(empty: Room) -> None:
    first = stranger(empty).get("/", params={"token": TOKEN, "search": "a b"})
    assert (first.status_code, first.headers["location"]) == (303, "/?search=a+b")
    cookie = first.headers["set-cookie"].lower()
    assert f"thecal={SECRET}" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    again = stranger(empty).get("/", params={"token": TOKEN})
    assert "set-cookie" not in again.headers


def test_a_wrong_token_opens_nothing(empty: Room) -> None:
    assert "set-cookie" not in stranger(empty).get("/", params={"token": "guess"}).headers


def test_a_redirect_stays_on_this_server(empty: Room) -> None:
    answer = stranger(empty).get("//evil.example/", params={"token": TOKEN})
    assert answer.headers["location"].startswith("/")
    assert not answer.headers["location"].startswith("//")


def test_without_the_cookie_nothing_is_told(empty: Room) -> None:
    answer = stranger(empty).get("/api/studies")
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"where", "expected", "found", "remedy"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8642", "127.0.0.1:9999", "127.0.0.1.evil.example:8642"])
def test_another_name_is_not_answered(empty: Room, host: str) -> None:
    assert empty.browser.get("/api/studies", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "[::1]:8642"])
def test_the_names_of_this_machine_are_answered(empty: Room, host: str) -> None:
    assert empty.browser.get("/api/studies", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_a_page_from_elsewhere_changes_nothing(empty: Room, origin: str) -> None:
    answer = empty.browser.post("/api/demos", json={"entity": "healthy"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert empty.browser.get("/api/studies").json() == {"studies": []}


def test_a_change_without_an_origin_is_refused(empty: Room) -> None:
    client = TestClient(empty.application, base_url=BASE, cookies={"thecal": SECRET})
    assert client.post("/api/demos", json={"entity": "healthy"}).status_code == 403


def test_every_answer_carries_the_content_policy(empty: Room) -> None:
    for path in ("/", "/api/studies", "/api/nothing", "/nothing.js"):
        headers = empty.browser.get(path).headers
        assert "script-src 'self' 'wasm-unsafe-eval'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_an_address_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(CallWrong) as refused:
        refuse_open_host(host)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"])
def test_an_address_of_this_machine_alone_is_taken(host: str) -> None:
    refuse_open_host(host)


def test_the_cookie_outlives_a_restart_and_the_token_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THECAL_TOKEN", raising=False)
    first, second = read_keys(tmp_path), read_keys(tmp_path)
    assert first.secret == second.secret
    assert first.token != second.token
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
