"""Files on their way in, as the browser sends them."""

from server.rooms import Room


def begin(room: Room, size: int, name: str = "study.zip") -> str:
    answer = room.browser.post("/api/uploads", json={"name": name, "bytes": size})
    assert answer.status_code == 201
    return str(answer.json()["upload"])


def test_a_file_arrives_in_pieces_and_goes_on_where_it_stopped(empty: Room) -> None:
    upload = begin(empty, 6)
    url = f"/api/uploads/{upload}"
    assert empty.browser.patch(url, content=b"abc", headers={"Upload-Offset": "0"}).json() == {
        "upload": upload,
        "offset": 3,
    }
    assert empty.browser.head(url).headers["Upload-Offset"] == "3"
    wrong = empty.browser.patch(url, content=b"bcd", headers={"Upload-Offset": "1"})
    assert (wrong.status_code, wrong.json()["theirs"]) == (409, {"offset": 3})
    assert empty.browser.patch(url, content=b"def", headers={"Upload-Offset": "3"}).json()["offset"] == 6


def test_more_than_was_announced_is_refused(empty: Room) -> None:
    url = f"/api/uploads/{begin(empty, 2)}"
    assert empty.browser.patch(url, content=b"abc", headers={"Upload-Offset": "0"}).status_code == 400
    assert empty.browser.get(url).json()["offset"] <= 2


def test_complete_uploads_make_a_study(empty: Room) -> None:
    ids = []
    for name in ("a.nii.gz", "a.json"):
        upload = begin(empty, 3, name)
        empty.browser.patch(f"/api/uploads/{upload}", content=b"abc", headers={"Upload-Offset": "0"})
        ids.append(upload)
    made = empty.browser.post("/api/studies", json={"uploads": ids, "title": "Mine", "context": {"age_years": 44}})
    assert made.status_code == 201
    [line] = empty.browser.get("/api/studies").json()["studies"]
    assert (line["id"], line["title"], line["state"]) == (made.json()["study"], "Mine", "queued")


def test_a_context_in_unknown_words_is_refused(empty: Room) -> None:
    upload = begin(empty, 3)
    empty.browser.patch(f"/api/uploads/{upload}", content=b"abc", headers={"Upload-Offset": "0"})
    answer = empty.browser.post("/api/studies", json={"uploads": [upload], "context": {"agee": 44}})
    assert answer.status_code == 422
    assert "age" in answer.json()["error"]["expected"]


def test_an_incomplete_or_unknown_upload_makes_no_study(empty: Room) -> None:
    assert empty.browser.post("/api/studies", json={"uploads": [begin(empty, 3)]}).status_code == 409
    assert empty.browser.post("/api/studies", json={"uploads": ["none"]}).status_code == 404
    assert empty.browser.post("/api/studies", json={"uploads": []}).status_code == 422
