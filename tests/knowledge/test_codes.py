"""Codes of other terminologies: their schema, their words, and that they are what their source says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydicom.sr._concepts_dict import concepts

from thecal.knowledge import Knowledge, load
from thecal.knowledge.loader import FOLDER

WORDS = ("findings", "measures", "sites", "entities")


@cache
def knowledge() -> Knowledge:
    return load()


@cache
def codes() -> Any:
    return knowledge().codes


def rows() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in WORDS:
        for word, told in codes()[kind].items():
            yield from ((f"{kind}.{word}", row) for row in told)
    for finding, states in codes()["states"].items():
        for state, told in states.items():
            yield from ((f"states.{finding}.{state}", row) for row in told)


def test_the_codes_fit_their_schema() -> None:
    schema = json.loads((FOLDER / "schema" / "codes.schema.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(codes())] == []


def test_every_coded_word_is_one_of_the_vocabulary() -> None:
    vocabulary = knowledge().vocabulary
    assert set(codes()["findings"]) <= set(vocabulary.findings)
    assert set(codes()["entities"]) <= {*vocabulary.entities, *vocabulary.parents}
    for finding, states in codes()["states"].items():
        known = {"absent", "present"} if finding == "any" else set(vocabulary.findings[finding].states)
        assert set(states) <= known, finding


def test_every_code_names_a_source_and_a_system_that_are_known() -> None:
    for word, row in rows():
        assert row["system"] in codes()["systems"], word
        assert set(row["checked"]) <= set(knowledge().sources), word


@pytest.mark.parametrize(("word", "row"), [pair for pair in rows() if "dicom_ps3_16" in pair[1]["checked"]])
def test_a_code_of_the_dicom_standard_means_what_the_standard_says(word: str, row: dict[str, Any]) -> None:
    meanings = {
        mean for codes in concepts[row["system"]].values() for code, (mean, _) in codes.items() if code == row["code"]
    }
    assert row["display"] in meanings, word


def test_a_word_has_no_code_twice_and_no_two_codes_of_one_system_that_mean_the_same() -> None:
    seen: dict[str, list[tuple[str, str]]] = {}
    for word, row in rows():
        seen.setdefault(word, []).append((row["system"], row["code"]))
        same = [r["code"] for w, r in rows() if w == word and r["system"] == row["system"] and r["relation"] == "same"]
        assert len(same) <= 1, word
    assert all(len(set(found)) == len(found) for found in seen.values())


def test_most_tumours_inside_the_dura_have_a_morphology() -> None:
    vocabulary = knowledge().vocabulary
    tumours = [c for c, e in vocabulary.entities.items() if e.group in ("intramedullary", "intradural_extramedullary")]
    coded = [c for c in tumours if any(row["system"] == "ICDO3" for row in codes()["entities"].get(c, ()))]
    assert len(coded) >= 0.85 * len(tumours)
