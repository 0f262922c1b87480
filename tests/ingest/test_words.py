from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.ingest import words
from thecal.ingest.words import plain, read_regions, read_words, says_whole_spine, states_agent
from thecal.records import Region, Role


def test_every_role_and_region_of_the_table_exists() -> None:
    table = words._table()
    named = {
        entry["role"] for group in ("purposes", "preparations", "weightings", "sequences") for entry in table[group]
    }
    assert named <= set(get_args(Role))
    assert set(table["regions"]) == set(get_args(Region))


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("t2_tse_sag_HWS", ("cervical",)),
        ("BWS t1", ("thoracic",)),
        ("T2 SAG C-SPINE", ("cervical",)),
        ("rachis lombaire", ("lumbar",)),
        ("columna dorsolumbar", ("thoracic", "lumbar")),
        ("lumbosacral spine", ("lumbar", "sacral")),
        ("LWS sag", ("lumbar",)),
        ("ax C3-T2", ("cervical", "thoracic")),
        ("T1 tra C5-C7", ("cervical",)),
        ("Th10-L2", ("thoracic", "lumbar")),
        ("C2-L5", ("cervical", "thoracic", "lumbar")),
        ("cranio-cervical junction", ("craniocervical", "cervical")),
        ("t1_tse_sag", ()),
        ("T1/T2", ()),
    ],
)
def test_parts_of_the_spine_are_read_from_words_and_levels(text: str, regions: tuple[str, ...]) -> None:
    assert read_regions(plain(text)) == regions


@pytest.mark.parametrize(
    "text", ["whole spine", "t2_tirm_sag_whole_spine_COMP", "GWS sag", "rachis entier", "neuraxis", "total spine"]
)
def test_whole_spine_is_read_in_several_languages(text: str) -> None:
    assert says_whole_spine(plain(text))


def test_an_accent_or_a_cyrillic_t_changes_nothing() -> None:
    assert plain("RÉPÉRAGE_sag") == "reperage sag"
    assert read_words(plain("Т2 саг")).weighting == "T2w"


def test_times_are_read_from_the_text_and_dates_are_not() -> None:
    assert read_words("fse 4000/128 5mms").times_ms == (4000.0, 128.0)
    assert read_words("irfse 4000/90/123").times_ms == (4000.0, 90.0, 123.0)
    assert read_words("t2 12/03/2021").times_ms == ()


def test_agents_are_told_from_their_absence() -> None:
    assert states_agent("Gadovist")
    assert not states_agent("NONE")
    assert not states_agent(None)


@given(st.text(max_size=40))
@settings(derandomize=True, deadline=None, max_examples=200)
def test_no_text_breaks_the_reading(text: str) -> None:
    read_words(plain(text))
    assert set(read_regions(plain(text))) <= set(get_args(Region))
