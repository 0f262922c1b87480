"""What a published count is a count of, and what narrows it."""

from __future__ import annotations

import pytest
from atlas.books import shipped

from thecal.atlas import wording


@pytest.mark.parametrize(
    ("note", "why", "unit"),
    [
        ("", "", "patients"),
        ("62% of plaques", "", "plaques"),
        ("", "F2: per tumour, VHL only", "tumours"),
        ("67% of attacks", "F2: the unit is an episode, lesion, level or study, not a patient", "attacks"),
        ("102 operations in 100 patients", "", "operations"),
        ("15 of 17 after trauma; 18 sites in 17 patients", "", "sites"),
        ("unit is study: contrast spine MRI", "", "MRI studies"),
        ("124 plaques; 38 had more than one", "", "patients"),
        ("derived: 70 lesions in 69 patients", "F2: derived from lesions and patients", "patients"),
        ("", "S3: collected published cases", "published cases"),
    ],
)
def test_the_unit_is_what_was_counted(note: str, why: str, unit: str) -> None:
    assert wording.unit(note, why) == unit


def test_a_subtype_does_not_stand_for_the_whole() -> None:
    assert wording.asides("present", "", "S2: one subtype, stage or site of the entity") == (
        "one subtype, stage or site",
    )
    assert wording.asides("present", "extradural type", "S2: one subtype, stage or site of the entity") == (
        "extradural type",
    )
    assert wording.asides("present", "", "S4: another site") == ("another site",)


def test_how_a_number_was_reckoned_is_not_told() -> None:
    assert wording.asides("present", "71%; turned into a count", "F2: a percentage turned into a count") == ()


def test_a_class_that_was_mapped_is_told_with_the_state_it_was_counted_as() -> None:
    note = "lumbar coded conus; strong coded marked"
    assert wording.asides("conus", note, "") == ("lumbar counted as conus",)
    assert wording.asides("cervical", note, "") == ()


def test_every_narrowed_count_that_an_article_tells_says_what_narrows_it() -> None:
    shelf = shipped()
    silent = [
        (row.entity, row.finding, row.state, row.source)
        for share in shelf.shares.values()
        for row in share.rows
        if "S2:" in share.why(row) and not wording.asides(row.state, row.note, share.why(row))
    ]
    assert silent == []
