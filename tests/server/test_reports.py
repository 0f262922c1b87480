"""The report: drafted, approved, added to, handed on."""

import io
import json
import zipfile

import pytest
from server.rooms import Room

from thecal.records import Report
from thecal.records.form import from_data

PNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def save(room: Room, base: int, text: str) -> int:
    form = {
        "base_version": base,
        "sections": {"impression": text},
        "key_images": [{"png": PNG, "caption": "The nodule"}],
    }
    return int(room.browser.put(f"{room.url}/draft", json=form).raise_for_status().json()["version"])


def approve(room: Room, version: int = 0, draft: int = 0) -> int:
    form = {"name": "Dr A. Reader", "version": version, "draft_version": draft}
    return int(room.browser.post(f"{room.url}/approve", json=form).status_code)


def test_a_draft_begins_with_what_thecal_would_write(room: Room) -> None:
    draft = room.browser.get(f"{room.url}/draft").json()
    assert (draft["version"], draft["sections"], draft["locked"]) == (0, {}, False)
    assert "lesion" in draft["suggested"]["impression"].casefold()
    assert {"technique", "findings", "impression", "next_imaging"} <= draft["suggested"].keys()


def test_two_tabs_that_write_the_draft_are_shown_both_texts(room: Room) -> None:
    assert save(room, 0, "theirs") == 1
    form = {"base_version": 0, "sections": {"impression": "mine"}}
    answer = room.browser.put(f"{room.url}/draft", json=form)
    assert answer.status_code == 409
    told = answer.json()
    assert told["theirs"]["sections"] == {"impression": "theirs"}
    assert told["yours"]["sections"] == {"impression": "mine"}


def test_a_section_that_no_report_has_is_refused(room: Room) -> None:
    form = {"base_version": 0, "sections": {"poem": "x"}}
    assert room.browser.put(f"{room.url}/draft", json=form).status_code == 400


def test_the_readers_own_words_stand_in_the_report(room: Room) -> None:
    save(room, 0, "A nodule in the cord.\nEpendymoma first.")
    told = room.browser.get(f"{room.url}/report.txt").text
    assert "IMPRESSION\nA nodule in the cord.\n  Ependymoma first." in told or "A nodule in the cord." in told
    report = from_data(Report, room.browser.get(f"{room.url}/report.json").json())
    assert report.impression == ("A nodule in the cord.", "Ependymoma first.")
    assert report.figures[0].caption == "The nodule"
    page = room.browser.get(f"{room.url}/report.html")
    assert "A nodule in the cord." in page.text
    assert "sandbox" in page.headers["content-security-policy"]


def test_an_approved_report_is_locked_names_who_and_is_handed_out_as_it_was_signed(room: Room) -> None:
    draft = save(room, 0, "Signed words.")
    assert approve(room, 0, draft) == 200
    assert room.browser.get(room.url).json()["state"] == "approved"
    assert room.set("compartment", {"state": "extradural"}, 0).status_code == 423
    form = {"base_version": draft, "sections": {"impression": "later words"}}
    assert room.browser.put(f"{room.url}/draft", json=form).status_code == 423
    assert room.browser.delete(room.url).status_code == 423
    text = room.browser.get(f"{room.url}/report.txt").text
    assert "Signed words." in text
    assert "Dr A. Reader" in " ".join(text.split())
    assert "not authenticated" in " ".join(text.split())
    report = from_data(Report, room.browser.get(f"{room.url}/report.json").json())
    assert report.status == "approved"
    bundle = room.browser.get(f"{room.url}/export/fhir.json").json()
    assert bundle["resourceType"] == "Bundle"
    packed = zipfile.ZipFile(io.BytesIO(room.browser.get(f"{room.url}/export/bids.zip").content))
    assert "bids/dataset_description.json" in packed.namelist() or "dataset_description.json" in packed.namelist()
    added = room.browser.post(f"{room.url}/addenda", json={"text": "Seen <again>.", "by": "Dr B"})
    assert added.status_code == 201
    assert "Seen <again>." in room.browser.get(f"{room.url}/report.txt").text
    assert "Seen &lt;again&gt;." in room.browser.get(f"{room.url}/report.html").text
    versions = room.browser.get(f"{room.url}/versions").json()
    assert versions["approved"]["name"] == "Dr A. Reader"
    assert [one["sections"]["impression"] for one in versions["drafts"]] == ["Signed words."]
    assert versions["addenda"][0]["by"] == "Dr B"


def test_what_changed_since_it_was_seen_is_not_approved(room: Room) -> None:
    save(room, 0, "changed")
    assert approve(room, 0, 0) == 409
    room.set("compartment", {"state": "extradural"}, 0)
    assert approve(room, 0, 1) == 409
    assert room.browser.get(room.url).json()["state"] == "ready"


def test_a_draft_is_not_added_to(room: Room) -> None:
    assert room.browser.post(f"{room.url}/addenda", json={"text": "x"}).status_code == 409


@pytest.mark.parametrize("path", ["report.doc", "export/dicom.zip", "export/nothing.zip"])
def test_a_format_that_cannot_be_made_is_told(room: Room, path: str) -> None:
    answer = room.browser.get(f"{room.url}/{path}")
    assert 400 <= answer.status_code < 500
    assert json.loads(answer.text)["error"]["found"]
