"""What a reader does in the worklist, an act a test."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from thecal import cli

PATIENCE_MS = 240_000
Visit = Callable[..., Page]
Check = Callable[[Page], None]


class Server(Protocol):
    """The server, as tests/web/conftest.py starts it."""

    folder: Path
    address: str

    def start(self) -> None: ...
    def stop(self, *, kill: bool = False) -> None: ...
    def call(self, method: str, path: str, body: object = None) -> dict[str, list[dict[str, object]]]: ...
    def add_demo(self, entity: str = ..., seed: int = ...) -> str: ...


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row").filter(has_text=title)


def choose(page: Page, name: str, content: bytes) -> None:
    file = FilePayload(name=name, mimeType="application/zip", buffer=content)
    page.get_by_label("Files of a study").set_input_files(file)


def slow_down(page: Page, bytes_per_s: int) -> None:
    """As slow a line as an old office has: there is time to lose it midway."""
    line = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": bytes_per_s}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)


def sums(server: Server) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in server.folder.glob("uploads/*/content")}


@pytest.fixture(scope="module")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small simulated examination as DICOM, in a zip."""
    folder = tmp_path_factory.mktemp("dicom") / "study"
    call = ["phantom", "ependymoma", "--seed", "3", "--protocol", "tiny", "--format", "dicom", "-o", str(folder)]
    assert cli.main([*call, "--quiet"]) == 0
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / "dicom").rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return packed.getvalue()


@pytest.fixture(scope="module")
def large() -> bytes:
    """18 MB that no packing makes smaller: five pieces of an upload."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("spine/noise.dcm", os.urandom(18_000_000))
    return packed.getvalue()


def test_uploads_a_zip_and_sees_it_read(own_server: Server, visit: Visit, zipped: bytes) -> None:
    page = visit(own_server)
    choose(page, "whole-spine.zip", zipped)
    expect(row(page, "whole-spine")).to_contain_text("Ready", timeout=PATIENCE_MS)
    expect(row(page, "whole-spine").get_by_role("link", name="whole-spine")).to_be_visible()
    expect(page.get_by_label("Uploads")).to_have_count(0)


def test_uploads_a_broken_zip_and_is_told_why(server: Server, visit: Visit) -> None:
    page = visit(server)
    choose(page, "broken.zip", b"PK\x03\x04 this is no archive")
    broken = row(page, "broken")
    expect(broken).to_contain_text("Needs attention", timeout=PATIENCE_MS)
    expect(broken).to_contain_text("zip")
    expect(broken.get_by_role("link", name="broken")).to_have_count(0)
    expect(broken.get_by_role("button", name="Try again")).to_be_visible()


def test_a_file_that_is_no_study_can_be_tried_again_and_deleted(own_server: Server, visit: Visit) -> None:
    page = visit(own_server)
    choose(page, "letter.zip", b"a letter")
    letter = row(page, "letter")
    expect(letter).to_contain_text("Needs attention", timeout=PATIENCE_MS)
    letter.get_by_role("button", name="Try again").click()
    expect(letter).to_contain_text("Needs attention", timeout=PATIENCE_MS)
    letter.get_by_role("button", name="Actions for letter").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(letter).to_be_visible()
    letter.get_by_role("button", name="Actions for letter").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog", name="Delete this study?").get_by_role("button", name="Delete", exact=True).click()
    expect(letter).to_have_count(0)
    assert "letter" not in str(own_server.call("GET", "/api/studies"))


def test_an_upload_goes_on_after_the_server_was_gone(own_server: Server, visit: Visit, large: bytes) -> None:
    page = visit(own_server)
    slow_down(page, 6_000_000)
    choose(page, "large.zip", large)
    upload = page.get_by_label("Uploads")
    expect(upload).to_contain_text("of 18 MB")
    expect(upload).to_contain_text(r"4.2 MB of")
    own_server.stop(kill=True)
    expect(upload).to_contain_text("it goes on from here by itself", timeout=PATIENCE_MS)
    own_server.start()
    expect(row(page, "large")).to_be_visible(timeout=PATIENCE_MS)
    assert hashlib.sha256(large).hexdigest() in sums(own_server)


def test_an_upload_goes_on_after_the_page_was_reloaded(own_server: Server, visit: Visit, large: bytes) -> None:
    page = visit(own_server)
    slow_down(page, 4_000_000)
    choose(page, "large.zip", large)
    expect(page.get_by_label("Uploads")).to_contain_text("4.2 MB of")
    page.reload()
    expect(page.get_by_label("Uploads")).to_contain_text("of 18 MB")
    expect(row(page, "large")).to_be_visible(timeout=PATIENCE_MS)
    assert hashlib.sha256(large).hexdigest() in sums(own_server)


def test_a_folder_is_one_study_and_an_upload_can_be_cancelled(
    server: Server, visit: Visit, tmp_path: Path, large: bytes
) -> None:
    page = visit(server)
    folder = tmp_path / "examination"
    (folder / "T2").mkdir(parents=True)
    (folder / "T2" / "1.dcm").write_bytes(large[:9_000_000])
    (folder / "T2" / "2.dcm").write_bytes(large[9_000_000:])
    (folder / ".DS_Store").write_bytes(b"aside")
    slow_down(page, 1_000_000)
    page.get_by_label("Folder of a study").set_input_files(folder)
    upload = page.get_by_label("Uploads")
    expect(upload).to_contain_text("examination")
    expect(upload).to_contain_text("0 of 2 files")
    upload.get_by_role("button", name="Pause").click()
    expect(upload).to_contain_text("paused")
    upload.get_by_role("button", name="Go on").click()
    upload.get_by_role("button", name="Cancel").click()
    expect(upload).to_have_count(0)
    expect(row(page, "examination")).to_have_count(0)


def test_drops_a_file_anywhere_on_the_page(server: Server, visit: Visit) -> None:
    page = visit(server)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File(["no study"], "dropped.zip"));
          for (const name of ["dragenter", "dragover", "drop"]) {
            document.body.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: carried }));
          }
        }"""
    )
    expect(row(page, "dropped")).to_be_visible()


def test_adds_a_simulated_study_by_one_click_and_it_is_marked(own_server: Server, visit: Visit) -> None:
    page = visit(own_server)
    page.get_by_role("button", name="Simulated study").click()
    dialog = page.get_by_role("dialog", name="Simulated study")
    dialog.get_by_label("Entity").fill("myxopap")
    dialog.get_by_role("button", name="Myxopapillary ependymoma").click()
    expect(row(page, "Myxopapillary ependymoma")).to_contain_text("Simulated")
    expect(row(page, "Myxopapillary ependymoma")).to_contain_text("Reading", timeout=PATIENCE_MS)


def test_an_empty_worklist_teaches_and_a_study_appears_by_itself(
    own_server: Server, visit: Visit, study: str, assert_accessible: Check
) -> None:
    own_server.call("DELETE", f"/api/studies/{study}")
    page = visit(own_server)
    expect(page.get_by_role("heading", name="Drop a study here")).to_be_visible()
    expect(page.get_by_role("heading", name="What a study should hold")).to_be_visible()
    assert_accessible(page)
    own_server.call("POST", "/api/demos", {"entity": "schwannoma", "seed": 5, "protocol": "tiny"})
    expect(row(page, "Schwannoma")).to_be_visible()


def test_searches_and_filters_and_the_address_keeps_it(server: Server, visit: Visit, study: str) -> None:
    page = visit(server)
    expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("EPENDYMOMA")
    expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    page.get_by_role("group", name="State").get_by_role("button", name="Approved").click()
    expect(page.get_by_text("No study fits.")).to_be_visible()
    assert page.url.endswith("/?search=EPENDYMOMA&state=approved")
    page.reload()
    expect(page.get_by_text("No study fits.")).to_be_visible()
    expect(page.get_by_label("Search the studies")).to_have_value("EPENDYMOMA")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    page.get_by_label("Search the studies").fill("no such patient")
    expect(page.get_by_text("No study fits.")).to_be_visible()


def test_keyboard_only_finds_and_opens_a_study(server: Server, visit: Visit, study: str) -> None:
    page = visit(server)
    expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Next study")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("ependymoma ready")
    page.keyboard.press("Tab")
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("j")
    expect(page.locator(f"[data-study='{study}'] .row-link")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/studies/{study}")
    page.go_back()
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()


def test_says_that_the_server_does_not_answer_and_goes_on_when_it_does(own_server: Server, visit: Visit) -> None:
    page = visit(own_server)
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    own_server.stop(kill=True)
    page.keyboard.press("s")
    page.get_by_role("dialog").get_by_text("answer").wait_for()
    expect(page.get_by_text("The server does not answer; trying again")).to_be_attached()
    page.keyboard.press("Escape")
    own_server.start()
    expect(page.get_by_text("The server does not answer; trying again")).to_have_count(0, timeout=PATIENCE_MS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    server: Server, visit: Visit, study: str, theme: str, assert_accessible: Check
) -> None:
    page = visit(server, color_scheme=theme)
    expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Actions for").first.click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("dialog").get_by_role("button", name="Schwannoma", exact=True)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert_accessible(page)


def test_fits_a_phone(server: Server, phone: Visit, study: str, assert_fits: Check, assert_accessible: Check) -> None:
    page = phone(server)
    one = page.locator(f"[data-study='{study}']")
    expect(one).to_be_visible()
    assert_fits(page)
    assert_accessible(page)
    one.get_by_role("button", name="Actions for").tap()
    expect(page.get_by_role("menuitem", name="Edit the report")).to_be_visible()
    assert_fits(page)
    page.get_by_role("menuitem", name="Edit the report").tap()
    page.wait_for_url(f"**/studies/{study}/report")


def test_many_windows_are_open_and_each_hears_of_a_new_study(server: Server, visit: Visit, study: str) -> None:
    first = visit(server)
    pages = [first, *(visit(server, same=first) for _ in range(6))]
    for page in pages:
        expect(page.locator(f"[data-study='{study}']")).to_be_visible()
    made = server.call("POST", "/api/demos", {"entity": "lipoma", "seed": 4, "protocol": "tiny"})["study"]
    for page in (pages[0], pages[-1]):
        expect(page.locator(f"[data-study='{made}']")).to_be_visible()
    first.close()
    server.call("DELETE", f"/api/studies/{made}")
    expect(pages[-1].locator(f"[data-study='{made}']")).to_have_count(0)


def test_the_theme_that_is_chosen_stays(server: Server, visit: Visit) -> None:
    page = visit(server)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
