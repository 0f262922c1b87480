"""What a reader does on the report's page, an act a test."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 240_000
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
Visit = Callable[..., Page]
Check = Callable[[Page], None]


class Server(Protocol):
    """The server, as tests/web/conftest.py starts it."""

    address: str

    def start(self) -> None: ...
    def stop(self, *, kill: bool = False) -> None: ...
    def call(self, method: str, path: str, body: object = None) -> Any: ...


def impression(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Impression", exact=True)


def opened(visit: Visit, server: Server, study: str, **more: Any) -> Page:
    page = visit(server, f"/studies/{study}/report", **more)
    expect(impression(page)).to_be_visible()
    return page


def draft(server: Server, study: str) -> Any:
    return server.call("GET", f"/api/studies/{study}/draft")


def saved(page: Page) -> None:
    expect(page.locator(".saved")).to_contain_text("Saved", timeout=PATIENCE_MS)


def test_types_and_it_is_saved_and_stays(own_server: Server, visit: Visit, study: str) -> None:
    page = opened(visit, own_server, study)
    impression(page).fill("Ependymoma of the cervical cord.")
    saved(page)
    assert draft(own_server, study)["sections"] == {"impression": "Ependymoma of the cervical cord."}
    page.reload()
    expect(impression(page)).to_have_value("Ependymoma of the cervical cord.")
    expect(page.locator("[data-section='impression']")).to_contain_text("Edited")


def test_takes_thecals_words_again_and_undoes_that(own_server: Server, visit: Visit, study: str) -> None:
    page = opened(visit, own_server, study)
    own = impression(page).input_value()
    impression(page).fill("Another impression.")
    section = page.locator("[data-section='impression']")
    section.get_by_role("button", name="What was changed").click()
    expect(section.locator("ins")).to_contain_text("Another impression.")
    section.get_by_role("button", name="Use thecal's words").click()
    expect(impression(page)).to_have_value(own)
    page.get_by_role("button", name="Undo").click()
    expect(impression(page)).to_have_value("Another impression.")


def test_types_while_the_server_is_lost_and_the_text_is_kept(own_server: Server, visit: Visit, study: str) -> None:
    page = opened(visit, own_server, study)
    impression(page).fill("Written before.")
    saved(page)
    own_server.stop(kill=True)
    impression(page).fill("Written while the server was gone.")
    expect(page.locator(".saved")).to_contain_text("Not saved: the server does not answer", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Approve")).to_be_disabled()
    own_server.start()
    saved(page)
    expect(impression(page)).to_have_value("Written while the server was gone.")
    assert draft(own_server, study)["sections"]["impression"] == "Written while the server was gone."


def test_the_page_is_closed_while_the_server_is_lost_and_the_text_is_there_again(
    own_server: Server, visit: Visit, study: str
) -> None:
    page = opened(visit, own_server, study)
    own_server.stop(kill=True)
    impression(page).fill("Nobody has read this yet.")
    expect(page.locator(".saved")).to_contain_text("Not saved", timeout=PATIENCE_MS)
    again = page.context.new_page()
    page.close()
    own_server.start()
    again.goto(f"{own_server.address}/studies/{study}/report")
    expect(impression(again)).to_have_value("Nobody has read this yet.")
    saved(again)
    assert draft(own_server, study)["sections"]["impression"] == "Nobody has read this yet."


def test_two_windows_write_the_same_section_and_both_texts_are_shown(
    own_server: Server, visit: Visit, study: str, assert_accessible: Check
) -> None:
    first = opened(visit, own_server, study)
    second = opened(visit, own_server, study, same=first)
    impression(first).fill("Ependymoma.")
    saved(first)
    impression(second).fill("Astrocytoma.")
    dialog = second.get_by_role("dialog", name="Two texts")
    expect(dialog).to_contain_text("Ependymoma.", timeout=PATIENCE_MS)
    expect(dialog).to_contain_text("Astrocytoma.")
    assert draft(own_server, study)["sections"]["impression"] == "Ependymoma."
    assert_accessible(second)
    dialog.get_by_label("Impression, to be kept").fill("Ependymoma rather than astrocytoma.")
    dialog.get_by_role("button", name="Keep what is chosen").click()
    saved(second)
    expect(impression(second)).to_have_value("Ependymoma rather than astrocytoma.")
    assert draft(own_server, study)["sections"]["impression"] == "Ependymoma rather than astrocytoma."
    kept = [one["sections"]["impression"] for one in own_server.call("GET", f"/api/studies/{study}/versions")["drafts"]]
    assert kept == ["Ependymoma.", "Ependymoma rather than astrocytoma."]


def test_two_windows_write_different_sections_and_neither_is_lost(own_server: Server, visit: Visit, study: str) -> None:
    first = opened(visit, own_server, study)
    second = opened(visit, own_server, study, same=first)
    impression(first).fill("Written in the first.")
    saved(first)
    second.get_by_role("textbox", name="Findings", exact=True).fill("Written in the second.")
    expect(impression(second)).to_have_value("Written in the first.", timeout=PATIENCE_MS)
    saved(second)
    assert draft(own_server, study)["sections"] == {
        "impression": "Written in the first.", "findings": "Written in the second.",
    }  # fmt: skip


def test_goes_back_to_an_earlier_version(own_server: Server, visit: Visit, study: str) -> None:
    body = {"base_version": 0, "sections": {"impression": "The first words."}, "key_images": []}
    own_server.call("PUT", f"/api/studies/{study}/draft", body)
    page = opened(visit, own_server, study)
    impression(page).fill("The second words.")
    saved(page)
    page.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog", name="Versions")
    expect(dialog.locator(".version-list li")).to_have_count(2)
    expect(dialog).to_contain_text("2 saves")
    expect(dialog).to_contain_text("It reads as the report does now.")
    dialog.get_by_role("button", name="As thecal words it").click()
    expect(dialog.locator("section ins")).to_contain_text("The second words.")
    dialog.get_by_role("button", name="Go back to this version").click()
    saved(page)
    expect(impression(page)).not_to_have_value("The second words.")
    assert draft(own_server, study)["sections"] == {}


def test_names_orders_and_takes_out_key_images(own_server: Server, visit: Visit, study: str) -> None:
    images = [{"png": f"data:image/png;base64,{PIXEL}", "caption": name} for name in ("sagittal", "axial")]
    own_server.call("PUT", f"/api/studies/{study}/draft", {"base_version": 0, "sections": {}, "key_images": images})
    page = opened(visit, own_server, study)
    page.get_by_label("Caption of image 1").fill("sagittal, after contrast")
    page.get_by_role("button", name="Move image 2 up").click()
    saved(page)
    page.reload()
    expect(page.get_by_label("Caption of image 2")).to_have_value("sagittal, after contrast")
    page.get_by_role("button", name="Take image 1 out").click()
    saved(page)
    kept = draft(own_server, study)["key_images"]
    assert [one["caption"] for one in kept] == ["sagittal, after contrast"]


def test_downloads_what_was_written_and_is_told_what_there_is_not(own_server: Server, visit: Visit, study: str) -> None:
    page = opened(visit, own_server, study)
    impression(page).fill("To be found in the download.")
    page.get_by_role("button", name="Download").click()
    with page.expect_download(timeout=PATIENCE_MS) as begun:
        page.get_by_role("menuitem", name="Text").click()
    assert "To be found in the download." in begun.value.path().read_text()
    page.get_by_role("tab", name="As it will read").click()
    frame = page.frame_locator("iframe[title='The report as it will read']")
    expect(frame.locator("body")).to_contain_text("To be found in the download.", timeout=PATIENCE_MS)


def test_approves_and_the_report_is_locked(
    own_server: Server, visit: Visit, study: str, assert_accessible: Check
) -> None:
    page = opened(visit, own_server, study)
    impression(page).fill("Ependymoma, to be operated on.")
    page.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve this report")
    dialog.get_by_label("Your name, as it is to stand").fill("Erika Muster")
    dialog.get_by_label("Your name again").fill("Erika Mustr")
    dialog.get_by_role("button", name="Approve and lock").click()
    expect(dialog).to_contain_text("The two names differ.")
    assert not draft(own_server, study)["locked"]
    assert_accessible(page)
    dialog.get_by_label("Your name again").fill("Erika Muster")
    dialog.get_by_role("button", name="Approve and lock").click()
    expect(page.get_by_text("Approved by Erika Muster")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("not authenticated")).to_be_visible()
    expect(impression(page)).to_have_count(0)
    expect(page.locator("[data-section='impression']")).to_contain_text("Ependymoma, to be operated on.")
    body = {"base_version": 1, "sections": {"impression": "Slipped in."}, "key_images": []}
    with pytest.raises(urllib.error.HTTPError, match="423"):
        own_server.call("PUT", f"/api/studies/{study}/draft", body)
    page.get_by_label("New addendum").fill("Seen with the neurosurgeon.")
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".addendum")).to_contain_text("Seen with the neurosurgeon.")
    assert_accessible(page)
    page.goto(own_server.address)
    expect(page.locator(f"[data-study='{study}']")).to_contain_text("Approved")


def test_keyboard_only_edits_previews_and_approves(own_server: Server, visit: Visit, study: str) -> None:
    page = opened(visit, own_server, study)
    page.keyboard.press("p")
    expect(page.get_by_role("tab", name="As it will read")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="As it will read").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Edit")).to_be_focused()
    page.get_by_role("link", name="Impression").focus()
    page.keyboard.press("Enter")
    expect(impression(page)).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Typed. Not g w, nor ?")
    page.keyboard.press("Control+S")
    saved(page)
    expect(impression(page)).to_have_value("Typed. Not g w, nor ?")
    page.get_by_role("button", name="Approve").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name, as it is to stand")).to_be_focused()
    page.keyboard.type("Erika Muster")
    page.keyboard.press("Tab")
    page.keyboard.type("Erika Muster")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved by Erika Muster")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(
    server: Server, visit: Visit, study: str, theme: str, assert_accessible: Check
) -> None:
    page = opened(visit, server, study, color_scheme=theme)
    assert_accessible(page)
    page.get_by_role("button", name="Download").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Versions").click()
    assert_accessible(page)


def test_fits_a_phone(server: Server, phone: Visit, study: str, assert_fits: Check, assert_accessible: Check) -> None:
    page = phone(server, f"/studies/{study}/report")
    expect(impression(page)).to_be_visible()
    assert_fits(page)
    assert_accessible(page)


def test_a_study_that_is_not_there_is_said_so(server: Server, visit: Visit) -> None:
    page = visit(server, "/studies/none/report")
    expect(page.get_by_role("heading", name="The report is not there")).to_be_visible()
    expect(page.get_by_role("link", name="To the worklist")).to_be_visible()
