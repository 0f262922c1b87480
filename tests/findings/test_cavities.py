"""A cyst in the tumour, a cyst that caps it and a syrinx are told apart, drawn or not."""

from __future__ import annotations

import pytest
from findings import spines
from phantoms import Blob


@pytest.mark.parametrize(
    ("name", "cyst", "polar", "syrinx"),
    [
        ("core", "absent", "absent", "absent"), ("ring", "present", "absent", "absent"),
        ("mural_nodule", "present", "absent", "absent"), ("cysts", "absent", "present", "present"),
        ("undrawn cyst", "absent", "present", "absent"), ("undrawn syrinx", "absent", "absent", "present"),
        ("extensive oedema", "absent", "absent", "absent"), ("outside", "absent", "absent", "absent"),
    ],
)  # fmt: skip
def test_each_kind_is_recovered(name: str, cyst: str, polar: str, syrinx: str) -> None:
    reading = spines.case(name)
    assert spines.seen(reading, "tumoral_cyst").state == cyst
    assert spines.seen(reading, "polar_cyst").state == polar
    assert spines.seen(reading, "syrinx").state == syrinx


def test_a_tumour_as_bright_as_csf_that_takes_up_contrast_is_no_cyst() -> None:
    wet = {"T2w": 2.8, "T1w": 0.7, "T1w_ce": 1.6}
    spine = spines.with_blobs(spines.WIDE, Blob(1, (0, 0, 0), (6, 5, 12), wet, within="cord"))
    assert spines.seen(spines.reading_of(spine), "tumoral_cyst").state == "absent"


def test_without_csf_to_compare_with_cavities_are_not_assessed() -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    bare = spines.without(spines.truth(spines.INSIDE, placed), 2)
    for code in ("tumoral_cyst", "polar_cyst", "syrinx"):
        assert spines.gap(spines.read(placed, bare), code) == "the thecal sac was not drawn"
