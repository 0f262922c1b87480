"""The atlas as plain data: index, articles, gamuts, comparison."""

from __future__ import annotations

import json

import pytest
from atlas.books import shipped, small

from thecal.atlas import data

WORDS = {"finding.halo": "Halo", "state.present": "present"}


def test_an_article_numbers_its_references_and_tells_each_series() -> None:
    told = data.article("tumour", small(), WORDS)
    (row,) = told["evidence"]
    assert (row["positive"], row["total"], row["finding_name"]) == (4, 12, "Halo")
    assert [(one["n"], one["of"], one["unit"]) for one in row["series"]] == [(3, 10, "patients"), (1, 2, "patients")]
    assert all(1 <= one["cite"] <= len(told["references"]) for one in row["series"])
    assert told["references"][1]["authors"] == ""
    assert told["reviewed_by"] == ""


def test_a_sign_tells_whom_to_consider_and_in_whom_it_was_only_described() -> None:
    told = data.article("halo", small(), WORDS)
    assert [row["entity"] for row in told["evidence"]] == ["tumour"]
    assert [(one["entity"], one["said"]) for one in told["mentions"]] == [("cyst", "4 %")]


def test_the_index_holds_names_and_words_but_no_keys_of_sources() -> None:
    told = data.index(small(), WORDS)
    tumour = next(one for one in told["articles"] if one["code"] == "tumour")
    assert "tumor" in tumour["names"]
    assert "mimics" in tumour["words"].split()
    assert "b2002" not in tumour["words"]
    (gamut,) = told["gamuts"]
    assert (gamut["finding_name"], gamut["state_name"], gamut["counted"][0]["entity"]) == ("Halo", "present", "tumour")


@pytest.mark.parametrize("code", sorted(shipped().articles))
def test_every_citation_of_an_article_has_its_reference(code: str) -> None:
    told = data.article(code, shipped(), {})
    cited = {
        n for part in told["parts"] for block in part["blocks"] for run in block["runs"] for n in run.get("cites", ())
    }
    cited |= {one["cite"] for row in told["evidence"] for one in row["series"]}
    cited |= {n for one in told["mentions"] for n in one["cites"]}
    assert cited == set(range(1, len(told["references"]) + 1))
    links = {
        run["link"] for part in told["parts"] for block in part["blocks"] for run in block["runs"] if "link" in run
    }
    assert links | {one["code"] for one in told["related"]} <= set(shipped().articles)
    json.dumps(told)


def test_what_tells_two_entities_apart_comes_first_and_what_was_counted_in_one_alone_last() -> None:
    told = data.comparison("ependymoma", "astrocytoma", shipped(), {})
    gaps = [row["gap"] for row in told["rows"]]
    assert gaps == sorted(gaps, reverse=True)
    first, last = told["rows"][0], told["rows"][-1]
    (low, high), (other_low, other_high) = (cell["interval"] for cell in first["cells"])
    assert high < other_low or other_high < low
    assert None in last["cells"]
    assert not any(row["state"] == "absent" and row["finding"] == "tumoral_cyst" for row in told["rows"])


def test_a_parent_is_compared_with_the_counts_of_its_children() -> None:
    shelf = shipped()
    told = data.comparison("leptomeningeal_metastases", "schwannoma", shelf, {})
    pattern = [
        row["cells"][0] for row in told["rows"] if row["finding"] == "leptomeningeal_pattern" and row["cells"][0]
    ]
    children = [
        share for (entity, finding, _), share in shelf.shares.items()
        if entity in shelf.children("leptomeningeal_metastases") and finding == "leptomeningeal_pattern"
    ]  # fmt: skip
    assert sum(cell["positive"] for cell in pattern) == sum(share.positive for share in children)
