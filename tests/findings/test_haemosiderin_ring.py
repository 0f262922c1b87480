"""A dark rim all around is a ring; a cap at one pole is none."""

from __future__ import annotations

import pytest
from findings import darkness, spines

CODE = "haemosiderin_ring"


def test_a_complete_dark_rim_is_a_ring() -> None:
    finding = spines.seen(darkness.case("ring"), CODE)
    assert finding.state == "present"
    assert spines.value(finding) > 60


@pytest.mark.parametrize("name", ["plain", "cap", "speck", "void"])
def test_less_than_a_rim_is_no_ring(name: str) -> None:
    assert spines.seen(darkness.case(name), CODE).state == "absent"
