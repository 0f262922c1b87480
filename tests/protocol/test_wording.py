"""The protocol check in words."""

from __future__ import annotations

from protocol.studies import rules, series

from thecal.protocol import check, describe
from thecal.records import Study, Unread

STUDY = Study((series("T2w"),), unread=(Unread("series 9", "a mosaic"),))


def test_it_names_what_was_acquired_what_is_missing_why_and_what_to_acquire() -> None:
    told = describe(STUDY, check(STUDY, rules()), rules())
    for words in (
        "acq-sag_T2w · T2w · sagittal · 3.0 mm", "not read: series 9 (a mosaic)",
        "Leptomeningeal disease: cannot be answered", "may look normal", "acquire: T1 after contrast, fat-suppressed",
    ):  # fmt: skip
        assert words in told


def test_without_the_rules_it_still_names_what_is_missing() -> None:
    told = describe(STUDY, check(STUDY, rules()))
    assert "No T1 after contrast" in told
    assert "acquire:" not in told


def test_nothing_acquired_is_said() -> None:
    assert "nothing that could be read" in describe(Study(()), check(Study(()), rules()))
