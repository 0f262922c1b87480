"""What a reader does in the atlas, an act a test."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 90_000
ALL_KEPT = "(all) => all.some((one) => one.url.includes('/all?'))"
expect.set_options(timeout=20_000)
Visit = Callable[..., Page]
Check = Callable[[Page], None]
THREE = [
    {"kind": "example", "entity": "meningioma", "seed": seed, "title": f"Case {name}"}
    for seed, name in enumerate("ABC")
]


class Server(Protocol):
    """The server, as tests/web/conftest.py starts it."""

    folder: Path
    address: str

    def start(self) -> None: ...
    def stop(self, *, kill: bool = False) -> None: ...
    def call(self, method: str, path: str, body: object = None) -> Any: ...


def wait_until(page: Page, holds: str) -> None:
    """Waits, not for ever, until an expression holds in the page (whose content policy forbids Playwright's own way)."""
    end = time.monotonic() + PATIENCE_MS / 1000
    while not page.evaluate(holds):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(100)


def search(page: Page, words: str) -> Locator:
    """Types into the search as a reader does: '/' first."""
    expect(page.get_by_role("combobox", name="Search the atlas")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type(words)
    return page.get_by_role("listbox").get_by_role("option")


def cases(page: Page) -> list[str]:
    expect(page.get_by_role("list", name="Cases in their order")).to_be_visible()
    return page.locator(".case-open").all_inner_texts()


def attach(server: Server, article: str) -> None:
    """Three cases under an article, whatever stood there."""
    version = server.call("GET", f"/api/atlas/articles/{article}/cases")["version"]
    server.call("PUT", f"/api/atlas/articles/{article}/cases", {"version": version, "cases": THREE})


def saved_order(server: Server, article: str) -> list[str]:
    return [one["title"] for one in server.call("GET", f"/api/atlas/articles/{article}/cases")["cases"]]


def test_searches_with_a_misspelling(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas")
    expect(search(page, "hemangoblastoma").first).to_contain_text("Spinal haemangioblastoma")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/atlas/haemangioblastoma$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Spinal haemangioblastoma")


@pytest.mark.parametrize(
    "words", ["disseminated spinal leptomeningeal metastases", "intradural extramedullary metastatic disease"]
)
def test_opens_an_article_from_a_synonym(server: Server, visit: Visit, words: str) -> None:
    page = visit(server, "/atlas")
    expect(search(page, words).first).to_contain_text("metastases of the spine")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leptomeningeal")
    expect(page.get_by_role("link", name=re.compile("of the brain")).first).to_be_visible()


def test_finds_a_gamut_and_reads_what_to_consider(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas")
    search(page, "leptomeningeal pattern diffuse").first.click()
    gamut = page.locator("#gamut-diffuse")
    expect(gamut.get_by_role("heading", name="Diffuse: consider")).to_be_visible()
    expect(gamut.get_by_role("link", name="Neurosarcoidosis, of cord or leptomeninges")).to_be_visible()


def test_a_citation_shows_its_paper(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas/ependymoma")
    page.get_by_role("link", name="Reference 1", exact=True).first.click()
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text("Oh")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_an_article_says_that_nobody_reviewed_it_and_can_be_cited(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas/TA0001")
    expect(page).to_have_url(re.compile("/atlas/ependymoma$"))
    expect(page.get_by_text("Unreviewed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Cite").click()
    with page.expect_download() as got:
        page.get_by_role("menuitem", name="RIS").click()
    text = got.value.path().read_text()
    assert "TI  - Spinal ependymoma" in text
    assert f"UR  - {server.address}/atlas/ependymoma" in text


def test_sorts_the_published_counts_and_opens_a_row(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas/ependymoma#counts")
    table = page.locator(".evidence-table")
    table.get_by_role("button", name="Counted").click()
    expect(table.get_by_role("columnheader", name="Counted")).to_have_attribute("aria-sort", "descending")
    totals = [int(text.split(" of ")[1]) for text in table.locator(".evidence-count").all_inner_texts()]
    assert totals == sorted(totals, reverse=True)
    table.get_by_role("button", name="Level: cervical").first.click()
    expect(table.get_by_text("47 of 102 operations")).to_be_visible()


def test_compares_entities(server: Server, visit: Visit) -> None:
    page = visit(server, "/atlas/ependymoma")
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("astrocytoma")
    page.get_by_role("button", name="Spinal astrocytoma", exact=True).click()
    expect(page).to_have_url(re.compile(r"compare\?a=ependymoma&b=astrocytoma$"))
    apart = page.get_by_role("table", name="What tells them apart")
    expect(apart.get_by_role("row").filter(has_text="eccentric")).to_contain_text("0 of 106")
    expect(page.get_by_role("heading", name="What is written")).to_be_visible()


def test_drags_cases_into_order_reloads_and_the_order_is_kept(server: Server, visit: Visit) -> None:
    attach(server, "meningioma")
    page = visit(server, "/atlas/meningioma")
    assert cases(page) == ["Case A", "Case B", "Case C"]
    handles = page.locator(".case-handle")
    handles.nth(2).scroll_into_view_if_needed()
    start, end = handles.nth(0).bounding_box(), handles.nth(2).bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 10, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 10, (start["y"] + end["y"]) / 2, steps=5)
    page.mouse.move(end["x"] + 10, end["y"] + 20, steps=5)
    page.mouse.up()
    expect(page.locator(".case-open").last).to_have_text("Case A")
    expect(page.locator("#cases .saved")).to_contain_text("Saved")
    page.reload()
    assert cases(page) == ["Case B", "Case C", "Case A"]
    assert saved_order(server, "meningioma") == ["Case B", "Case C", "Case A"]


def test_moves_a_case_by_keyboard_and_hears_where_it_is(server: Server, visit: Visit) -> None:
    attach(server, "schwannoma")
    page = visit(server, "/atlas/schwannoma")
    assert cases(page) == ["Case A", "Case B", "Case C"]
    page.get_by_role("button", name="Move Case C, place 3 of 3").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#cases [aria-live]")).to_have_text("Case C, place 1 of 3.")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Move Case C, place 1 of 3")).to_be_focused()
    expect(page.locator("#cases .saved")).to_contain_text("Saved")
    page.reload()
    assert cases(page) == ["Case C", "Case A", "Case B"]


def test_escape_puts_a_case_back(server: Server, visit: Visit) -> None:
    attach(server, "lipoma")
    page = visit(server, "/atlas/lipoma")
    cases(page)
    page.get_by_role("button", name="Move Case A, place 1 of 3").focus()
    for key in ("Space", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    assert cases(page) == ["Case A", "Case B", "Case C"]


def test_two_windows_that_order_cases_hear_of_each_other(server: Server, visit: Visit) -> None:
    attach(server, "haemangioblastoma")
    page = visit(server, "/atlas/haemangioblastoma")
    cases(page)
    attach(server, "haemangioblastoma")
    page.get_by_role("button", name="Take Case A away").click()
    expect(page.get_by_text("Another window saved 3 cases")).to_be_visible()
    page.get_by_role("button", name="Take theirs").click()
    assert cases(page) == ["Case A", "Case B", "Case C"]


def test_reads_without_the_server(own_server: Server, visit: Visit) -> None:
    page = visit(own_server, "/atlas/ependymoma")
    expect(page.get_by_role("heading", level=1)).to_have_text("Spinal ependymoma")
    wait_until(page, "navigator.serviceWorker.getRegistration('/atlas').then((one) => Boolean(one?.active))")
    wait_until(page, "caches.keys().then((all) => all.some((one) => one.startsWith('thecal-page-')))")
    wait_until(page, f"caches.open('thecal-atlas').then((box) => box.keys()).then({ALL_KEPT})")
    own_server.stop(kill=True)
    page.goto(f"{own_server.address}/atlas/paraganglioma")
    expect(page.get_by_role("heading", level=1)).to_contain_text("paraganglioma")
    expect(page.get_by_text("Without the server")).to_be_visible()
    expect(search(page, "schwanoma").first).to_contain_text("schwannoma")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Spinal schwannoma")


def test_simulated_images_scroll(server: Server, visit: Visit) -> None:
    folder = server.folder / "examples" / "meningioma-0"
    put_example(folder)
    page = visit(server, "/atlas/meningioma#images")
    image = page.get_by_role("img", name=re.compile("slice 3 of 5, simulated")).first
    image.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("img", name=re.compile("slice 4 of 5, simulated")).first).to_be_focused()
    page.locator("canvas").first.hover()
    page.mouse.wheel(0, -120)
    expect(page.get_by_role("img", name=re.compile("slice 3 of 5, simulated")).first).to_be_focused()


def put_example(folder: Path) -> None:
    """A made example of two series of five slices."""
    from PIL import Image

    from thecal import __version__

    folder.mkdir(parents=True, exist_ok=True)
    series = []
    for key, name in (("a", "T2, sagittal"), ("b", "T1 with contrast, sagittal")):
        Image.new("L", (4 * 37, 2 * 53), 90).save(folder / f"{key}.webp")
        series.append({"key": key, "name": name, "plane": "sagittal", "slices": 5, "width": 37, "height": 53, "columns": 4,
                       "start": 2, "letters": "APHF"})  # fmt: skip
    told = {"version": __version__, "entity": "meningioma", "seed": 0, "signs": [], "series": series}
    (folder / "example.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    "path",
    [
        "/atlas",
        "/atlas/ependymoma",
        "/atlas/leptomeningeal_pattern",
        "/atlas/compare?a=ependymoma&b=astrocytoma",
        "/atlas/gamuts",
    ],
)
def test_is_fine_on_a_phone(server: Server, phone: Visit, assert_fits: Check, path: str) -> None:
    page = phone(server, path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_fits(page)


@pytest.mark.parametrize(
    "path",
    [
        "/atlas",
        "/atlas/ependymoma",
        "/atlas/leptomeningeal_pattern",
        "/atlas/compare?a=ependymoma&b=astrocytoma",
        "/atlas/gamuts",
    ],
)
def test_has_no_serious_barrier(server: Server, visit: Visit, assert_accessible: Check, path: str) -> None:
    page = visit(server, path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_accessible(page)
