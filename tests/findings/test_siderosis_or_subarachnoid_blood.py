"""A dark coat on the cord's surface is old blood; a dark lesion is not."""

from __future__ import annotations

import phantoms
import pytest
from findings import asked, darkness, spines
from phantoms import Blob, Spine

from thecal.findings import siderosis_or_subarachnoid_blood

CODE = siderosis_or_subarachnoid_blood
FINE = phantoms.grid((53, 61, 25), (0.9, 1.6, 1.6))
STAIN = Blob(0, (0, 0, 0), (9.9, 8.9, 900), {"T2w": 0.35, "T2starw": 0.2}, inner=0.86)


@pytest.mark.parametrize("role", ["T2starw", "T2w"])
def test_a_stained_surface_is_seen_and_a_clean_one_is_not(role: str) -> None:
    stained = spines.with_blobs(spines.WIDE, STAIN)
    dark = asked.seen(CODE, stained, (role,), grids={role: FINE}, instance=None)
    clean = asked.seen(CODE, spines.WIDE, (role,), grids={role: FINE}, instance=None)
    assert dark.state == "present"
    assert spines.value(dark) > 60
    assert clean.state == "absent"
    assert spines.value(clean) < 10


def test_half_a_surface_is_half_the_share() -> None:
    half = Blob(0, (0, 0, 45), (9.9, 8.9, 45), STAIN.ratio, inner=0.0)
    core = Blob(0, (0, 0, 0), (7.8, 6.8, 900), {})
    finding = asked.seen(
        CODE, spines.with_blobs(spines.WIDE, half, core), ("T2starw",), grids={"T2starw": FINE}, instance=None
    )
    assert 20 < spines.value(finding) < 65


def test_blood_at_a_lesion_is_the_lesion_s() -> None:
    spine = darkness.BLOODY["ring"]
    assert asked.seen(CODE, spine, ("T2starw",), grids={"T2starw": FINE}, instance=None).state == "absent"


def test_a_cord_full_of_lesion_leaves_no_surface() -> None:
    spine = spines.with_blobs(Spine(), Blob(1, (0, 0, 0), (5, 4, 400), {"T2w": 1.5}, within="cord"))
    assert asked.gap(CODE, spine, ("T2w",), instance=None) == "no cord free of lesions on T2*w or T2w"


def test_without_a_t2_weighted_image_it_is_not_assessed() -> None:
    assert asked.gap(CODE, Spine(), ("T1w",), instance=None) == "no T2*w or T2w"
