"""Several lesions are several only as far as each is sure."""

from __future__ import annotations

from dataclasses import replace

import pytest
from findings import spines

from thecal.records import Reading


def _with_confidence(*confidences: float) -> Reading:
    placed = spines.study(spines.CASES["nodules"], ("T2w",))
    maps = spines.truth(spines.CASES["nodules"], placed)
    lesions = tuple(replace(one, confidence=p) for one, p in zip(maps.lesions, confidences, strict=False))
    return spines.read(placed, replace(maps, lesions=lesions))


def test_one_sure_lesion_is_single() -> None:
    finding = spines.seen(_with_confidence(0.95), "lesion_count")
    assert finding.state == "single"
    assert finding.subject == "patient"


def test_two_sure_lesions_are_multiple() -> None:
    assert spines.seen(_with_confidence(0.95, 0.95), "lesion_count").state == "multiple"


def test_a_second_unsure_lesion_leaves_the_count_open() -> None:
    finding = spines.seen(_with_confidence(0.95, 0.3), "lesion_count")
    assert finding.probabilities is not None
    assert finding.probabilities["multiple"] == pytest.approx(0.285 / 0.965, abs=0.02)


def test_without_lesions_the_count_is_not_assessed() -> None:
    assert spines.gap(spines.case("healthy"), "lesion_count") == "no lesion was called"
