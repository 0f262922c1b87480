"""The reading room as a reader uses it: each test is one act."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any, Protocol

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

Visit = Callable[..., Page]
Accessible = Callable[[Page], None]
SLOW_MS = 60_000


class Server(Protocol):
    """The server, as tests/web/conftest.py starts it."""

    def start(self) -> None: ...
    def stop(self, *, kill: bool = False) -> None: ...
    def call(self, method: str, path: str, body: object = None) -> Any: ...


def opened(page: Page) -> Page:
    """The room once its first view shows an image."""
    expect(view(page, 0)).to_have_attribute("data-ready", "true", timeout=SLOW_MS)
    expect(page.locator(".room[data-masks], .room .blind")).to_be_attached(timeout=SLOW_MS)
    return page


def view(page: Page, number: int) -> Locator:
    return page.locator(f'.view[data-view="{number}"]')


def slice_of(page: Page, number: int = 0) -> int:
    return int(view(page, number).get_attribute("data-slice") or "-1")


def expect_saved(page: Page) -> None:
    expect(page.locator(".status .saved")).to_have_text(re.compile("^Saved"), timeout=SLOW_MS)


def expect_saved_now(page: Page) -> None:
    """Saved at a time that is told: at least one correction has reached the server."""
    expect(page.locator(".status .saved")).to_have_text(re.compile(r"^Saved \d"), timeout=SLOW_MS)


def ranking(page: Page) -> list[str]:
    page.get_by_role("tab", name="Differential").click()
    expect(page.locator(".candidate").first).to_be_visible()
    return page.locator(".candidate").all_inner_texts()


def finding(page: Page, code: str) -> Locator:
    return page.locator(f'[data-finding="{code}"]').first


def correct(page: Page, code: str, state: str) -> None:
    """Sets a finding by the menu beside it."""
    page.bring_to_front()
    row = finding(page, code)
    if not row.is_visible():
        page.locator(".finding-group summary").first.click()
    row.locator(".correction button").click()
    page.get_by_role("menuitemradio", name=state, exact=True).click()


def reading(server: Server, study: str) -> dict[str, Any]:
    answer: dict[str, Any] = server.call("GET", f"/api/studies/{study}/reading")
    return answer


def found(server: Server, study: str, code: str) -> dict[str, Any] | None:
    """A finding of the lesion that is chosen when a study is opened: the largest."""
    seen = reading(server, study)["report"]["reading"]
    subject = max(seen["lesions"], key=lambda one: one["volume_mm3"])["tracking_uid"]
    return next((one for one in seen["findings"] if one["code"] == code and one["subject"] == subject), None)


def test_opens_a_study_and_scrolls(server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    expect(page.get_by_text("Research software, not for primary diagnosis")).to_be_visible()
    before = slice_of(page)
    view(page, 0).hover()
    page.mouse.wheel(0, 100)
    expect(view(page, 0)).not_to_have_attribute("data-slice", str(before))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(view(page, 0)).to_have_attribute("data-slice", str(before))


def test_one_crosshair_links_all_views(server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    axial = page.locator('.view[data-plane="axial"]').first
    expect(axial).to_have_attribute("data-ready", "true")
    before = slice_of(page)
    box = axial.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.42, box["y"] + box["height"] / 2)
    expect(view(page, 0)).not_to_have_attribute("data-slice", str(before))
    expect(axial).not_to_contain_text("beyond")


def test_a_sign_jumps_to_its_slice(server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    sign = page.locator("button.finding-name:not([disabled])").first
    code = sign.locator("xpath=ancestor::li").get_attribute("data-finding")
    where = next(
        one["where"]
        for one in reading(server, study)["report"]["reading"]["findings"]
        if one["code"] == code and one["where"]
    )
    page.keyboard.press("PageUp")
    sign.click()
    shown = page.locator(f'.view[data-series="{where["series_key"]}"]').first
    expect(shown).to_have_attribute("data-ready", "true")
    expect(page.locator(".view-active")).to_have_attribute("data-series", where["series_key"])
    jumped = shown.get_attribute("data-slice")
    shown.hover()
    page.mouse.wheel(0, 100)
    expect(shown).not_to_have_attribute("data-slice", str(jumped))
    sign.click()
    expect(shown).to_have_attribute("data-slice", str(jumped))


def test_overrides_a_finding_and_takes_it_back(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    measured = found(own_server, study, "t1_signal")
    correct(page, "t1_signal", "mixed")
    expect_saved_now(page)
    expect(finding(page, "t1_signal")).to_contain_text("corrected")
    expect(finding(page, "t1_signal")).to_contain_text("before" if measured is None else "measured:")
    now = found(own_server, study, "t1_signal")
    assert now is not None
    assert now["basis"] == "corrected"
    page.reload()
    opened(page)
    expect(finding(page, "t1_signal")).to_contain_text("corrected")
    finding(page, "t1_signal").locator(".correction button").click()
    page.get_by_role("menuitem", name="Back to what was measured").click()
    expect_saved_now(page)
    assert found(own_server, study, "t1_signal") == measured
    page.get_by_role("tab", name="History").click()
    expect(page.locator(".history li")).to_have_count(2)


def test_a_corrected_finding_moves_the_ranking(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    before = ranking(page)
    page.get_by_role("tab", name="Findings").click()
    correct(page, "compartment", "extradural")
    expect_saved_now(page)
    assert ranking(page) != before


def test_what_if_keeps_nothing(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    before = ranking(page)
    page.get_by_role("tab", name="Findings").click()
    page.get_by_role("button", name="What if…").click()
    correct(page, "compartment", "extradural")
    expect(page.locator(".whatif-on")).to_contain_text("1 supposed")
    page.get_by_role("tab", name="Differential").click()
    expect(page.locator(".bar-before").first).to_be_attached(timeout=SLOW_MS)
    assert page.locator(".candidate").all_inner_texts() != before
    page.get_by_role("button", name="End").click()
    expect(page.locator(".bar-before")).to_have_count(0)
    assert page.locator(".candidate").all_inner_texts() == before
    assert reading(own_server, study)["version"] == 0


def test_paints_undoes_and_the_ranking_moves(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    before = reading(own_server, study)
    page.keyboard.press("b")
    for _ in range(8):
        page.keyboard.press(">")
    box = view(page, 0).bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1] + 40, steps=5)
    page.mouse.up()
    expect_saved_now(page)
    painted = reading(own_server, study)
    assert painted["labels"]["lesion"] != before["labels"]["lesion"]
    volume = sum(one["volume_mm3"] for one in painted["report"]["reading"]["lesions"])
    assert volume > sum(one["volume_mm3"] for one in before["report"]["reading"]["lesions"])
    assert painted["report"]["differentials"] != before["report"]["differentials"]
    page.get_by_role("tab", name="Labels").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    expect_saved_now(page)
    after = reading(own_server, study)
    assert after["version"] == painted["version"] + 1
    assert after["labels"]["lesion"] == before["labels"]["lesion"]


def test_two_tabs_show_their_conflict(own_server: Server, study: str, visit: Visit) -> None:
    first = opened(visit(own_server, f"/studies/{study}"))
    second = opened(visit(own_server, f"/studies/{study}", same=first))
    correct(first, "t1_signal", "mixed")
    expect_saved_now(first)
    correct(second, "oedema", "extensive")
    box = second.get_by_role("dialog", name="This study was changed elsewhere meanwhile")
    expect(box).to_be_visible(timeout=SLOW_MS)
    expect(box).to_contain_text("extensive")
    expect(box).to_contain_text("mixed")
    box.get_by_role("button", name="Put mine on top").click()
    expect_saved_now(second)
    codes = {change["target"].split("/")[1] for change in reading(own_server, study)["changes"]}
    assert codes == {"t1_signal", "oedema"}
    expect(finding(second, "t1_signal")).to_contain_text("corrected")


def test_a_lost_server_loses_no_correction(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    own_server.stop(kill=True)
    correct(page, "t1_signal", "mixed")
    expect(page.locator(".status .saved")).to_contain_text("Not saved", timeout=SLOW_MS)
    own_server.start()
    expect_saved_now(page)
    now = found(own_server, study, "t1_signal")
    assert now is not None
    assert now["basis"] == "corrected"


def test_measures_lengths_in_millimetres(server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    page.keyboard.press("l")
    box = view(page, 0).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    lengths = []
    for pixels in (30, 60):
        page.mouse.move(x, y + pixels)
        page.mouse.down()
        page.mouse.move(x + pixels, y + pixels, steps=4)
        page.mouse.up()
        told = page.locator(".status-readout").inner_text()
        lengths.append(float(re.search(r"length ([\d.]+) mm", told)[1]))  # type: ignore[index]
    assert lengths[1] == pytest.approx(2 * lengths[0], rel=0.05)


def test_works_by_keyboard_alone(own_server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(own_server, f"/studies/{study}"))
    before = slice_of(page)
    page.keyboard.press("ArrowDown")
    expect(view(page, 0)).not_to_have_attribute("data-slice", str(before))
    page.keyboard.press("2")
    expect(view(page, 1)).to_have_class(re.compile("view-active"))
    page.keyboard.press("Enter")
    expect(page.locator(".view")).to_have_count(1)
    page.keyboard.press("Enter")
    masks = reading(own_server, study)["labels"]
    page.keyboard.press("n")
    for _ in range(25):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("d")
    expect_saved_now(page)
    assert reading(own_server, study)["labels"]["lesion"] != masks["lesion"]
    page.keyboard.press("d")
    expect(page.get_by_text("it is painted so already")).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    expect_saved_now(page)
    assert reading(own_server, study)["labels"] == masks
    page.keyboard.press("g")
    page.keyboard.press("d")
    expect(page.locator(".candidate").first).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("One slice towards head")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    expect(finding(page, "t1_signal")).to_be_visible()
    finding(page, "t1_signal").locator(".correction button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)


def test_shows_lesion_and_cord_in_space(server: Server, study: str, visit: Visit) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    page.keyboard.press("t")
    box = page.get_by_role("dialog", name="In space")
    expect(box.locator("canvas")).to_be_visible()
    expect(box.locator(".view-note")).to_have_count(0, timeout=SLOW_MS)
    shown = Image.open(io.BytesIO(box.locator("canvas").screenshot())).convert("RGB")
    assert len(shown.resize((64, 64)).getcolors(64 * 64) or ()) > 50


def test_reads_blind_first(own_server: Server, study: str, visit: Visit) -> None:
    own_server.call("POST", f"/api/studies/{study}/blind", {"begin": True})
    page = opened(visit(own_server, f"/studies/{study}"))
    expect(page.get_by_role("heading", name="Read blind first")).to_be_visible()
    expect(page.locator(".candidate, .finding, .lesion")).to_have_count(0)
    page.get_by_label("T1 signal", exact=True).select_option("mixed")
    page.get_by_label("Add", exact=True).select_option("ependymoma")
    page.reload()
    opened(page)
    expect(page.get_by_label("T1 signal", exact=True)).to_have_value("mixed")
    page.get_by_role("button", name="Commit, then show thecal's").click()
    expect(page.locator(".finding").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("tab", name="Blind").click()
    expect(page.locator(".beside")).to_contain_text("mixed")
    expect(page.locator(".beside")).to_contain_text("ependymoma", ignore_case=True)
    assert reading(own_server, study)["blind"]["list"] == ["ependymoma"]


def test_has_no_serious_accessibility_violation(
    server: Server, study: str, visit: Visit, assert_accessible: Accessible
) -> None:
    page = opened(visit(server, f"/studies/{study}"))
    assert_accessible(page)
    for name in ("Differential", "Labels", "History"):
        page.get_by_role("tab", name=name).click()
        if name == "Differential":
            page.locator(".candidate").first.click()
        assert_accessible(page)
