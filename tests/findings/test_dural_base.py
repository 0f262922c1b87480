"""A strip of the lesion, or of enhancement, along the dura beyond its bulk is a tail."""

from __future__ import annotations

import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import dural_base

BULK = Blob(1, (0, 5.5, 0), (6, 3.5, 9), spines.NODULE, within="csf")
TAIL = Blob(1, (0, 8.2, 0), (5, 1.6, 24), spines.NODULE, within="csf")
ROOMY = Spine(cord_radii=(5.0, 3.5))


def test_a_bulk_alone_has_no_tail_and_with_one_it_has() -> None:
    alone = asked.seen(dural_base, spines.with_blobs(ROOMY, BULK), ("T2w", "T1w", "T1w_ce"))
    tailed = asked.seen(dural_base, spines.with_blobs(ROOMY, TAIL, BULK), ("T2w", "T1w", "T1w_ce"))
    assert alone.state == "absent"
    assert tailed.state == "present"
    assert spines.value(tailed) > 3 * max(spines.value(alone), 5.0)


def test_a_tail_that_was_not_drawn_is_seen_by_its_enhancement() -> None:
    spine = spines.with_blobs(ROOMY, Blob(0, TAIL.centre, TAIL.radii, TAIL.ratio, within="csf"), BULK)
    finding = asked.seen(dural_base, spine, ("T2w", "T1w", "T1w_ce"))
    assert finding.state == "present"
    assert "enhances" in finding.method
    assert asked.seen(dural_base, spine, ("T2w",)).state == "absent", "without contrast nothing tells it from CSF"


def test_a_tail_is_pointed_at_beyond_the_bulk() -> None:
    finding = asked.seen(dural_base, spines.with_blobs(ROOMY, TAIL, BULK), ("T2w",))
    assert finding.where is not None
    assert abs(finding.where.z) > 8


def test_a_lesion_of_the_cord_has_no_base() -> None:
    assert asked.seen(dural_base, spines.INSIDE, ("T2w",)).state == "absent"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("epidural", "a lesion outside the dura lies along it anyway"),
        ("coat", "a coat lies along everything in the dura"),
    ],
)
def test_what_lies_along_the_dura_anyway_is_not_assessed(name: str, why: str) -> None:
    assert asked.gap(dural_base, spines.CASES[name], ("T2w", "T1w_ce")) == why


def test_without_the_sac_it_is_not_assessed() -> None:
    spine = spines.with_blobs(ROOMY, BULK)
    why = asked.gap(dural_base, spine, ("T2w",), change=lambda maps: spines.without(maps, 2))
    assert why == "the thecal sac was not drawn"
