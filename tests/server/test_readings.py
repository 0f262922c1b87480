"""One study, read and corrected."""

import gzip
from typing import Any

import nibabel
import numpy as np
import pytest
from server.rooms import Room

from thecal.corrections import runs_of

STATE = {"state": "ill_defined"}


def probability(differentials: list[Any], subject: str, entity: str) -> float:
    own = next(one for one in differentials if one["subject"] == subject)
    return float(next(one["probability"] for one in own["candidates"] if one["entity"] == entity))


def voxels(room: Room, name: str) -> np.ndarray[Any, Any]:
    answer = room.browser.get(f"{room.url}/labels/{name}.nii.gz").raise_for_status()
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(answer.content))
    return np.asarray(image.dataobj)


def lesion_runs(room: Room, instance: int) -> list[list[int]]:
    flat = voxels(room, "instances").ravel(order="F")
    return [list(run) for run in runs_of(np.flatnonzero(flat == instance))]


def test_the_reading_tells_report_words_series_and_maps(room: Room) -> None:
    told = room.reading()
    assert (told["version"], told["changes"], told["state"]) == (0, [], "ready")
    assert [one["instance"] for one in told["report"]["reading"]["lesions"]] == [1, 2]
    assert told["words"]["entity.ependymoma"]
    assert told["words"]["finding.margins"]
    assert {one["key"] for one in told["series"]} == {"acq-sag_T2w", "acq-sag_T1w", "acq-sag_T1w_ce"}
    assert set(told["labels"]) == {"anatomy", "lesion", "instances"}
    assert told["reference"]["shape"] == [37, 53, 29]


@pytest.mark.parametrize("path", ["series/acq-sag_T2w", "aligned/acq-sag_T1w", "labels/lesion"])
def test_an_image_is_fetched_once_and_kept(room: Room, path: str) -> None:
    first = room.browser.get(f"{room.url}/{path}.nii.gz", params={"v": "digest"})
    assert nibabel.Nifti1Image.from_bytes(gzip.decompress(first.content)).shape == (37, 53, 29)
    assert "immutable" in first.headers["cache-control"]
    again = room.browser.get(f"{room.url}/{path}.nii.gz", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["series/none", "labels/none", "series/..%2F..%2Fsecret"])
def test_what_is_not_there_is_told(room: Room, path: str) -> None:
    answer = room.browser.get(f"{room.url}/{path}.nii.gz")
    assert answer.status_code == 404
    assert "error" in answer.json()


def test_a_finding_set_by_hand_moves_the_ranking_and_is_kept_with_who_and_before(room: Room) -> None:
    before = room.reading()
    saved = room.set("compartment", {"state": "extradural"}, 0).json()
    assert saved["version"] == 1
    moved = saved["reading"]["differentials"]
    old = probability(before["report"]["differentials"], "2.25.1", "ependymoma")
    assert probability(moved, "2.25.1", "ependymoma") < old / 2
    now = room.reading()
    [kept] = now["changes"]
    assert (kept["number"], kept["target"], kept["before"]["basis"]) == (1, "2.25.1/compartment", "measured")
    assert kept["by"]
    finding = next(one for one in now["report"]["reading"]["findings"]
                   if (one["code"], one["subject"]) == ("compartment", "2.25.1"))  # fmt: skip
    assert (finding["basis"], finding["probabilities"]) == ("corrected", {"extradural": 1.0})


def test_the_worklist_follows_a_correction(room: Room) -> None:
    room.set("compartment", {"state": "extradural"}, 0, "2.25.1")
    line = room.browser.get(room.url).json()
    assert line["version"] == 1
    patient = next(one for one in room.reading()["report"]["differentials"] if one["subject"] == "patient")
    assert line["first"]["entity"] == max(patient["candidates"], key=lambda one: float(one["probability"]))["entity"]


def test_a_correction_taken_back_is_what_was_measured(room: Room) -> None:
    before = room.reading()["report"]["reading"]["findings"]
    room.set("compartment", {"state": "extradural"}, 0)
    room.set("compartment", None, 1)
    key = lambda one: (one["code"], one["subject"])  # noqa: E731
    assert sorted(room.reading()["report"]["reading"]["findings"], key=key) == sorted(before, key=key)


@pytest.mark.parametrize(
    ("after", "told"),
    [({"value": 61.0}, {"value": 61.0}), ({"probabilities": {"female": 0.5, "male": 0.5}}, None),
     ({"not_assessed": "not asked"}, None)],
)  # fmt: skip
def test_each_form_of_a_finding_is_taken(room: Room, after: Any, told: Any) -> None:
    code = "age_years" if told else "sex"
    assert room.set(code, after, 0, "patient").status_code == 200


@pytest.mark.parametrize(
    ("target", "after"),
    [("2.25.1/margins", {"state": "furry"}), ("2.25.1/margin", STATE), ("2.25.8/margins", STATE), ("margins", STATE),
     ("2.25.1/margins", {}), ("2.25.1/margins", {"state": "ill_defined", "value": 1}),
     ("patient/age_years", {"value": -4})],
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused_and_not_kept(room: Room, target: str, after: Any) -> None:
    answer = room.browser.post(f"{room.url}/changes", json={"base_version": 0, "target": target, "after": after})
    assert 400 <= answer.status_code < 500
    assert set(answer.json()["error"]) == {"where", "expected", "found", "remedy"}
    assert room.reading()["version"] == 0


def test_two_tabs_are_shown_each_others_change(room: Room) -> None:
    room.set("compartment", {"state": "extradural"}, 0)
    answer = room.set("compartment", {"state": "intramedullary"}, 0)
    assert answer.status_code == 409
    told = answer.json()
    assert told["theirs"]["version"] == 1
    assert told["theirs"]["changes"][0]["after"]["probabilities"] == {"extradural": 1.0}
    assert told["yours"]["after"]["state"] == "intramedullary"


def test_what_if_keeps_nothing(room: Room) -> None:
    before = room.reading()
    form = {"changes": [{"target": "2.25.1/compartment", "after": {"state": "extradural"}}]}
    tried = room.browser.post(f"{room.url}/whatif", json=form).json()
    assert tried["differentials"] != before["report"]["differentials"]
    assert room.reading()["version"] == 0


def test_a_stroke_changes_map_lesion_findings_and_ranking_and_undo_brings_them_back(room: Room) -> None:
    before = room.reading()
    half = lesion_runs(room, 1)[: len(lesion_runs(room, 1)) // 2]
    form = {"base_version": 0, "map": "lesion", "edits": [{"code": 0, "instance": 0, "runs": half}]}
    saved = room.browser.post(f"{room.url}/strokes", json=form).raise_for_status().json()
    assert saved["labels"]["lesion"] != before["labels"]["lesion"]
    volumes = {one["instance"]: one["volume_mm3"] for one in saved["reading"]["lesions"]}
    assert volumes[1] < before["report"]["reading"]["lesions"][0]["volume_mm3"]
    assert (voxels(room, "instances") == 1).sum() < sum(length for _, length in half) * 2 + 50
    undone = room.browser.post(f"{room.url}/strokes", json={"base_version": 1, "undo": 1}).raise_for_status().json()
    assert undone["labels"] == before["labels"]
    assert undone["reading"]["lesions"] == before["report"]["reading"]["lesions"]
    assert undone["reading"]["differentials"] == before["report"]["differentials"]
    assert undone["version"] == 2


def test_a_stroke_outside_the_grid_or_with_nothing_is_refused(room: Room) -> None:
    far = {"base_version": 0, "edits": [{"code": 1, "instance": 1, "runs": [[37 * 53 * 29 - 1, 2]]}]}
    for form in (far, {"base_version": 0}, {"base_version": 0, "undo": 3}):
        assert room.browser.post(f"{room.url}/strokes", json=form).status_code == 400
    assert room.reading()["version"] == 0


def test_a_click_proposes_the_lesion_and_keeps_nothing(room: Room) -> None:
    mine = voxels(room, "instances") == 1
    at = [int(place) for place in np.argwhere(mine)[mine.sum() // 2]]
    told = room.browser.post(f"{room.url}/click", json={"at": at, "series": "acq-sag_T1w_ce"}).raise_for_status().json()
    proposed = np.zeros(mine.size, bool)
    for start, length in told["runs"]:
        proposed[start : start + length] = True
    mask = proposed.reshape(mine.shape, order="F")
    assert mask[tuple(at)]
    assert 2 * (mask & mine).sum() / (mask.sum() + mine.sum()) > 0.6
    assert room.reading()["version"] == 0


def test_filling_between_two_slices_proposes_what_lies_between(room: Room) -> None:
    mine = voxels(room, "instances") == 1
    drawn = np.flatnonzero(mine.any(axis=(0, 2)))
    low, high = int(drawn[1]), int(drawn[-2])
    tissue = int(voxels(room, "lesion")[mine][0])
    middle = mine.copy()
    middle[:, : low + 1] = middle[:, high:] = False
    runs = [list(run) for run in runs_of(np.flatnonzero(middle.ravel(order="F")))]
    room.browser.post(
        f"{room.url}/strokes", json={"base_version": 0, "edits": [{"code": 0, "instance": 0, "runs": runs}]}
    )
    form = {"between": [low, high], "axis": 1, "code": tissue, "instance": 1}
    told = room.browser.post(f"{room.url}/fill", json=form).raise_for_status().json()
    filled = np.zeros(mine.size, bool)
    for start, length in told["runs"]:
        filled[start : start + length] = True
    made = filled.reshape(mine.shape, order="F")
    assert 2 * (made & middle).sum() / (made.sum() + middle.sum()) > 0.6


def test_a_named_vertebra_renames_the_levels_of_the_lesions(room: Room) -> None:
    before = room.reading()
    anatomy = voxels(room, "anatomy")
    code = int(next(one for one in np.unique(anatomy) if 21 <= one <= 32))
    affine = np.array(before["reference"]["affine"])
    point = affine[:3, :3] @ np.argwhere(anatomy == code).mean(axis=0) + affine[:3, 3]
    form = {"base_version": 0, "vertebra_at": point.tolist(), "name": f"T{code - 20 + 1}"}
    saved = room.browser.post(f"{room.url}/levels", json=form).raise_for_status().json()
    assert saved["labels"]["anatomy"] != before["labels"]["anatomy"]

    def level(findings: list[Any]) -> float:
        found = next(one for one in findings if (one["code"], one["subject"]) == ("level", "2.25.1"))
        return float(found["measurement"]["value"])

    assert level(saved["reading"]["findings"]) == pytest.approx(
        level(before["report"]["reading"]["findings"]) + 1, abs=0.1
    )
    assert room.browser.post(f"{room.url}/levels", json={**form, "name": "T14", "base_version": 1}).status_code == 422


def test_a_blind_study_shows_images_and_nothing_that_thecal_thinks(room: Room) -> None:
    assert room.browser.post(f"{room.url}/blind", json={"begin": True}).status_code == 200
    refused = room.browser.get(f"{room.url}/reading")
    assert refused.status_code == 423
    assert [one["key"] for one in refused.json()["theirs"]["series"]]
    assert room.browser.get(f"{room.url}/series/acq-sag_T2w.nii.gz").status_code == 200
    for path in ("labels/lesion.nii.gz", "draft", "report.html", "report.json", "export/fhir.json"):
        assert room.browser.get(f"{room.url}/{path}").status_code == 423
    line = room.browser.get(room.url).json()
    assert (line["first"], line["lesions"], line["blind"]) == (None, None, True)
    form = {"findings": {"margins": "ill_defined"}, "list": ["ependymoma"], "by": "A"}
    assert room.browser.post(f"{room.url}/blind", json=form).status_code == 200
    assert room.reading()["blind"]["list"] == ["ependymoma"]
    assert room.browser.post(f"{room.url}/blind", json=form).status_code == 409


def test_the_vocabulary_names_every_finding_with_its_states(room: Room) -> None:
    words = {one["code"]: one for one in room.browser.get("/api/vocabulary").json()}
    assert words["margins"]["kind"] == "states"
    assert {"code", "name"} == set(words["margins"]["states"][0])
    assert words["age_years"]["kind"] == "number"
    assert (words["margins"]["subject"], words["sex"]["subject"]) == ("lesion", "patient")


def test_a_study_that_is_opened_again_stands_as_it_was_left(room: Room) -> None:
    room.set("compartment", {"state": "extradural"}, 0)
    form = {"base_version": 1, "edits": [{"code": 0, "instance": 0, "runs": lesion_runs(room, 2)}]}
    room.browser.post(f"{room.url}/strokes", json=form).raise_for_status()
    before = room.reading()
    room.application.room.opened.close(room.study)
    after = room.reading()
    for told in (before, after):
        told["report"].pop("provenance")
    assert after == before


def test_a_study_is_deleted_with_everything_that_belongs_to_it(room: Room) -> None:
    assert room.browser.delete(room.url).status_code == 204
    assert room.browser.get(room.url).status_code == 404
    assert list((room.folder / "studies").iterdir()) == []
