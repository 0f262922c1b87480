"""A sharp edge is told from a blurred one by the width of the step in signal."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob, Spine


@pytest.mark.parametrize(
    ("name", "state"), [("sharp", "well_defined"), ("blurred", "ill_defined"), ("outside", "well_defined")]
)
def test_the_edge_is_recovered(name: str, state: str) -> None:
    assert spines.seen(spines.case(name), "margins").state == state


@pytest.mark.parametrize("fuzz", [0.5, 0.7])
def test_the_known_width_is_measured(fuzz: float) -> None:
    # Tissues mix evenly over ± fuzz × 5 mm: from a tenth to nine tenths is 0.8 of that.
    spine = spines.with_blobs(spines.WIDE, Blob(1, (0, 0, 0), (5, 5, 14), spines.SOLID, within="cord", fuzz=fuzz))
    finding = spines.seen(spines.reading_of(spine), "margins")
    assert spines.value(finding) == pytest.approx(0.8 * 2 * fuzz * 5, abs=1.2)


def test_of_a_lesion_like_its_surroundings_the_outline_alone_speaks() -> None:
    same = {"T2w": 1.05, "T1w": 1.0, "T1w_ce": 1.05}
    spine = spines.with_blobs(Spine(), Blob(2, (0, 0, 0), (5, 4, 12), same, within="cord"))
    finding = spines.seen(spines.reading_of(spine), "margins")
    assert finding.state == "well_defined"
    assert finding.method.endswith("at this size)")
    assert finding.measurement is not None
    assert finding.measurement.unit == "%"
