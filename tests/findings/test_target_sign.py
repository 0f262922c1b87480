"""A heart darker than its rim on T2w is a target."""

from __future__ import annotations

import pytest
from findings import darkness, spines
from phantoms import Blob, Spine

CODE = "target_sign"


def test_a_dark_heart_is_a_target_and_its_ratio_is_recovered() -> None:
    finding = spines.seen(darkness.case("target"), CODE)
    assert finding.state == "present"
    assert spines.value(finding) == pytest.approx(0.9 / 1.7, rel=0.12)
    assert finding.where is not None
    assert abs(finding.where.z) < 5, "the heart is pointed at"


def test_an_even_tumour_is_no_target() -> None:
    assert spines.seen(darkness.case("plain"), CODE).state == "absent"


def test_a_thin_lesion_has_no_centre() -> None:
    thin = Blob(1, (0, 0, 0), (1.5, 1.5, 14), darkness.TUMOUR, within="cord")
    assert "too thin" in spines.gap(spines.reading_of(spines.with_blobs(Spine(), thin), ("T2w",)), CODE)
