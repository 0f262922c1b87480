"""Compression: free, touching, deformed, deformed with a changed cord; a lesion within the cord does not press on it."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob, Spine


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("free", "absent"),
        ("touching", "contact"),
        ("outside", "deformed"),
        ("pressed and changed", "deformed_with_t2_change"),
    ],
)
def test_each_degree_is_recovered(name: str, state: str) -> None:
    finding = spines.seen(spines.case(name), "cord_compression")
    assert finding.state == state
    assert finding.probabilities is not None
    assert finding.probabilities[state] > 0.6


def test_the_share_that_is_left_of_the_cord_is_measured() -> None:
    assert spines.value(spines.seen(spines.case("outside"), "cord_compression")) < 0.7
    assert spines.value(spines.seen(spines.case("touching"), "cord_compression")) > 0.88


def test_a_lesion_within_the_cord_does_not_compress_it() -> None:
    assert spines.seen(spines.case("inside"), "cord_compression").state == "absent"


def test_below_the_cord_nothing_presses_on_it() -> None:
    spine = spines.with_blobs(Spine(cord_ends_at=0.0), Blob(1, (0, 0, -25), (4, 3, 6), spines.NODULE, within="csf"))
    finding = spines.seen(spines.reading_of(spine, ("T2w",)), "cord_compression")
    assert finding.state == "absent"
    assert finding.method == "the cord ends above the lesion"


def test_without_t2w_the_deformed_cord_is_still_called() -> None:
    finding = spines.seen(spines.reading_of(spines.CASES["outside"], ("T1w",)), "cord_compression")
    assert finding.state == "deformed"
    assert "could not be told" in finding.method


def test_without_cord_it_is_not_assessed() -> None:
    placed = spines.study(spines.OUTSIDE, ("T2w",))
    bare = spines.without(spines.truth(spines.OUTSIDE, placed), 1)
    assert spines.gap(spines.read(placed, bare), "cord_compression") == "the spinal cord was not drawn"
