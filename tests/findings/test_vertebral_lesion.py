"""Marrow that departs from that of the other vertebrae is a lesion; even marrow is none."""

from __future__ import annotations

from dataclasses import replace

import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import vertebral_lesion

# The middle of a vertebral body in front of the canal, and a deposit in it that was not drawn.
BODY_MM = 23.0
DEPOSIT = Blob(0, (0, BODY_MM, -22.0), (8, 7, 5.5), {"T1w": 0.6, "T2w_fs": 1.2, "T2w": 2.2})


@pytest.mark.parametrize("role", ["T1w", "T2w_fs"])
def test_a_deposit_in_the_marrow_is_seen_measured_and_pointed_at(role: str) -> None:
    finding = asked.seen(vertebral_lesion, spines.with_blobs(Spine(), DEPOSIT), (role,), instance=None)
    assert finding.state == "present"
    # The blurred edge of what stands out far counts as well.
    assert spines.value(finding) == pytest.approx(4 / 3 * 3.1416 * 8 * 7 * 5.5, rel=0.4)
    assert finding.where is not None
    assert finding.where.z == pytest.approx(-22, abs=4)


@pytest.mark.parametrize("role", ["T1w", "T2w_fs", "T2w"])
def test_even_marrow_holds_none(role: str) -> None:
    finding = asked.seen(vertebral_lesion, Spine(), (role,), instance=None)
    assert finding.state == "absent"
    assert spines.value(finding) < 100


def test_bright_marrow_on_t1w_is_fat_and_no_lesion() -> None:
    fat = replace(DEPOSIT, ratio={"T1w": 2.0})
    assert asked.seen(vertebral_lesion, spines.with_blobs(Spine(), fat), ("T1w",), instance=None).state == "absent"


def test_the_vertebra_of_a_drawn_lesion_is_not_elsewhere() -> None:
    drawn = replace(DEPOSIT, code=10)
    assert asked.seen(vertebral_lesion, spines.with_blobs(Spine(), drawn), ("T1w",), instance=None).state == "absent"


def test_a_second_lesion_drawn_in_bone_is_one() -> None:
    mass = Blob(1, (0, 6.5, 25), (6, 3, 20), spines.NODULE, within="csf", instance=1)
    bone = Blob(10, (0, BODY_MM, -22.0), (6, 5, 4), {"T1w": 0.9}, instance=2)
    finding = asked.seen(vertebral_lesion, spines.with_blobs(Spine(), mass, bone), ("T1w",), instance=None)
    assert finding.state == "present"
    assert finding.where is not None
    assert finding.where.z == pytest.approx(-22, abs=3)
    assert spines.value(finding) > 300
    assert "was drawn within a vertebra" in finding.method


def test_two_vertebrae_are_too_few() -> None:
    why = asked.gap(
        vertebral_lesion, Spine(), ("T1w",), instance=None, grids={"T1w": phantoms.grid((37, 15, 29), (1.5, 2.0, 1.2))}
    )
    assert why.startswith("fewer than three vertebrae")
    assert asked.gap(vertebral_lesion, Spine(), ("T2starw",), instance=None).startswith("no T1w")
