"""The atlas over HTTP: articles, citations, comparison, cases in order, simulated examples."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from server.rooms import BASE, Room

from thecal import __version__
from thecal.server import examples

CASES: list[dict[str, object]] = [
    {"kind": "example", "entity": "lipoma", "seed": seed, "title": f"Case {seed}"} for seed in (2, 0, 1)
]


def told(room: Room, path: str) -> Any:
    return room.browser.get(f"/api/atlas{path}").raise_for_status().json()


def save(room: Room, version: int, cases: list[dict[str, object]], article: str = "lipoma") -> Any:
    return room.browser.put(f"/api/atlas/articles/{article}/cases", json={"version": version, "cases": cases})


def test_the_index_names_a_digest_under_which_articles_are_kept_for_ever(empty: Room) -> None:
    index = told(empty, "/index")
    assert len(index["articles"]) > 100
    assert {"code", "names", "tags", "words"} <= set(index["articles"][0])
    kept = empty.browser.get(f"/api/atlas/articles/ependymoma?v={index['digest']}").headers
    asked = empty.browser.get("/api/atlas/articles/ependymoma").headers
    assert "immutable" in kept["cache-control"]
    assert "no-cache" in asked["cache-control"]
    again = empty.browser.get("/api/atlas/index", headers={"If-None-Match": f'"{index["digest"]}"'})
    assert again.status_code == 304


def test_an_article_is_found_by_code_and_by_identifier(empty: Room) -> None:
    assert told(empty, "/articles/TA0001")["code"] == "ependymoma"
    assert told(empty, "/articles/ependymoma") == told(empty, "/all")["ependymoma"]
    answer = empty.browser.get("/api/atlas/articles/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["found"] == "nothing"


def test_an_article_is_cited_with_its_permanent_address(empty: Room) -> None:
    for form, words in (
        ("bib", "@misc{thecal_ependymoma"),
        ("ris", "TY  - ENCYC"),
        ("txt", "Spinal ependymoma. thecal"),
    ):
        answer = empty.browser.get(f"/api/atlas/articles/ependymoma/cite.{form}").raise_for_status()
        assert words in answer.text
        assert f"{BASE}/atlas/ependymoma" in answer.text
        assert "unreviewed" in answer.text
    assert empty.browser.get("/api/atlas/articles/ependymoma/cite.doc").status_code == 400


def test_two_entities_are_compared_and_signs_are_refused(empty: Room) -> None:
    both = told(empty, "/compare?a=ependymoma&b=astrocytoma")
    assert [side["code"] for side in both["sides"]] == ["ependymoma", "astrocytoma"]
    assert both["rows"][0]["gap"] > 1
    for a, b in (("cap_sign", "ependymoma"), ("lipoma", "lipoma")):
        assert empty.browser.get(f"/api/atlas/compare?a={a}&b={b}").status_code == 400


def test_cases_keep_their_order_and_a_second_window_hears_of_the_first(empty: Room) -> None:
    assert told(empty, "/articles/lipoma/cases") == {"version": 0, "cases": []}
    assert save(empty, 0, CASES).json() == {"version": 1}
    kept = [one["title"] for one in told(empty, "/articles/lipoma/cases")["cases"]]
    assert kept == ["Case 2", "Case 0", "Case 1"]
    late = save(empty, 0, CASES[:1])
    assert late.status_code == 409
    assert [one["title"] for one in late.json()["theirs"]["cases"]] == kept
    assert told(empty, "/articles/lipoma/cases")["version"] == 1
    assert [(one["code"], len(one["cases"])) for one in told(empty, "/cases")] == [("lipoma", 3)]


@pytest.mark.parametrize(
    "case",
    [
        {"kind": "example", "entity": "nothing", "seed": 0},
        {"kind": "example", "entity": "lipoma"},
        {"kind": "study"},
        {"kind": "other", "study": "a"},
        {"kind": "study", "study": "a", "more": 1},
    ],
)
def test_a_case_that_names_nothing_is_refused(empty: Room, case: dict[str, object]) -> None:
    assert save(empty, 0, [case]).status_code in (400, 422)
    assert told(empty, "/articles/lipoma/cases")["version"] == 0


def test_an_example_is_made_by_a_process_of_its_own_and_kept(empty: Room) -> None:
    told(empty, "/index")
    empty.application.inner.state.book.examples.protocol = "tiny"
    first = told(empty, "/examples/meningioma?seed=3")
    assert first["state"] == "making"
    end = time.monotonic() + 120
    while (now := told(empty, "/examples/meningioma?seed=3"))["state"] != "ready":
        assert now["state"] in ("making", "waiting")
        assert time.monotonic() < end
        time.sleep(0.1)
    key = now["series"][0]["key"]
    answer = empty.browser.get(f"/api/atlas/examples/meningioma/3/{key}.webp").raise_for_status()
    assert answer.headers["content-type"] == "image/webp"
    assert {"finding_name", "state_name"} <= set(now["signs"][0])
    assert empty.browser.get("/api/atlas/examples/meningioma/3/..%2Fexample.webp").status_code == 404
    assert empty.browser.get("/api/atlas/examples/nothing").status_code == 404


def test_an_example_that_cannot_be_made_says_so_and_is_tried_again(tmp_path: Path) -> None:
    maker = examples.Maker(tmp_path / "examples", protocol="no such protocol")
    assert maker.look("lipoma", 0)["state"] == "making"
    assert maker._running is not None
    maker._running[1].wait(60)
    assert maker.look("lipoma", 0)["state"] == "failed"
    assert maker.look("lipoma", 0)["state"] == "making"
    maker.stop()


def test_the_picture_of_a_series_holds_every_slice_from_the_right_and_upright(tmp_path: Path) -> None:
    made = examples.make(tmp_path, "ependymoma", 0, "tiny")
    about = json.loads((made / "example.json").read_text())
    assert about["version"] == __version__
    assert {"finding": "compartment", "state": "intramedullary"} in about["signs"]
    for one in about["series"]:
        width, height = Image.open(made / f"{one['key']}.webp").size
        assert (width, height) == (4 * one["width"], -(-one["slices"] // 4) * one["height"])
        assert 0 <= one["start"] < one["slices"]


@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_slices_are_upright_however_the_array_lies(flips: tuple[int, ...], order: tuple[int, ...]) -> None:
    ras = np.arange(3 * 5 * 7).reshape(3, 5, 7)
    turned: NDArray[Any] = ras[:: flips[0], :: flips[1], :: flips[2]].transpose(order)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(flips)[:, order]
    sagittal = examples._upright(turned, affine, "sagittal")
    assert sagittal.shape == (3, 7, 5)
    assert sagittal[0, 0, 0] == ras[-1, -1, -1]  # the patient's right side first, head above, anterior at the left
    axial = examples._upright(turned, affine, "axial")
    assert axial.shape == (7, 5, 3)
    assert axial[0, 0, 0] == ras[-1, -1, -1]  # the highest slice first, anterior above, the patient's right at the left
    assert axial[0, 0, 2] == ras[0, -1, -1]


def test_what_is_needed_to_read_without_the_server_is_listed(tmp_path: Path) -> None:
    from server import rooms

    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<p>page</p>")
    (static / "assets" / "atlas-1a2b.js").write_text("1")
    (static / "assets" / "viewer-3c4d.js").write_text("x" * 700_000)
    room = rooms.enter(tmp_path / "data", static=static)
    listed = told(room, "/offline")
    assert listed["files"] == ["/", "/assets/atlas-1a2b.js"]
    assert re.fullmatch("[0-9a-f]{16}", listed["digest"])
