"""Each pattern of enhancement is told from the others, and none is said where nothing enhances."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob, Spine

PATTERNS = ("homogeneous", "heterogeneous", "ring", "open_ring", "mural_nodule", "patchy", "linear", "transverse_band")


def test_all_patterns_of_the_vocabulary_are_tried() -> None:
    assert spines.VOCABULARY.findings["enhancement_pattern"].states == PATTERNS


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_pattern_is_recovered(pattern: str) -> None:
    finding = spines.seen(spines.case(pattern), "enhancement_pattern")
    assert finding.state == pattern
    assert finding.probabilities is not None
    assert finding.probabilities[pattern] > 0.5


def test_without_enhancement_there_is_no_pattern() -> None:
    spine = spines.with_blobs(phantom := spines.WIDE, Blob(2, (0, 0, 0), (6, 5, 12), spines.PLAIN, within="cord"))
    assert spine.cord_radii == phantom.cord_radii
    reading = spines.reading_of(spine)
    assert spines.gap(reading, "enhancement_pattern") == "the lesion does not enhance"


def test_a_tiny_lesion_has_no_pattern() -> None:
    spine = spines.with_blobs(Spine(), Blob(1, (0, 0, 0), (2.2, 2.2, 2.2), spines.SOLID, within="cord"))
    reading = spines.reading_of(spine)
    assert "too small" in spines.gap(reading, "enhancement_pattern")
