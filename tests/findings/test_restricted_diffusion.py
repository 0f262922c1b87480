"""The ADC ratio to normal cord is recovered."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob, Spine

CODE = "restricted_diffusion"


@pytest.mark.parametrize(("ratio", "state"), [(0.5, "present"), (1.5, "absent")])
def test_ratio_and_state_are_recovered(ratio: float, state: str) -> None:
    blob = Blob(1, (0, 0, 0), (5, 4, 12), {"ADC": ratio, "T2w": 1.5}, within="cord")
    finding = spines.seen(spines.reading_of(spines.with_blobs(Spine(), blob), ("T2w", "ADC")), CODE)
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(ratio, rel=0.08)


def test_on_the_line_it_is_left_open() -> None:
    blob = Blob(1, (0, 0, 0), (5, 4, 12), {"ADC": 0.82}, within="cord")
    finding = spines.seen(spines.reading_of(spines.with_blobs(Spine(), blob), ("ADC",)), CODE)
    assert finding.probabilities is not None
    assert max(finding.probabilities.values()) < 0.75


def test_without_an_adc_map_nothing_is_said() -> None:
    assert spines.gap(spines.case("inside"), CODE) == "no ADC map"
