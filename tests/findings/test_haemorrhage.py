"""Old blood is black on T2*w and not on T1w; a vessel is black on both."""

from __future__ import annotations

import pytest
from findings import darkness, spines
from phantoms import Blob

CODE = "haemorrhage"


@pytest.mark.parametrize("name", ["cap", "ring", "speck"])
def test_what_is_black_and_keeps_some_t1_signal_is_blood(name: str) -> None:
    assert spines.seen(darkness.case(name), CODE).state == "present"


@pytest.mark.parametrize("name", ["plain", "void", "fat"])
def test_tumour_vessels_and_fat_are_no_blood(name: str) -> None:
    assert spines.seen(darkness.case(name), CODE).state == "absent"


def test_blood_that_is_bright_on_t1w_is_seen() -> None:
    fresh = Blob(5, (1, 0, 2), (3, 3, 5), {**darkness.TUMOUR, "T1w": 2.2, "T1w_ce": 2.2}, within="cord")
    spine = spines.with_blobs(darkness.WIDE, darkness.MASS, fresh)
    assert spines.seen(spines.reading_of(spine, darkness.ROLES), CODE).state == "present"


def test_without_t1w_black_alone_is_left_open() -> None:
    finding = spines.seen(darkness.case("speck", ("T2w", "T2starw")), CODE)
    assert finding.probabilities is not None
    assert max(finding.probabilities.values()) < 0.75
