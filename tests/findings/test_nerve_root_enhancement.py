"""Roots that gain after contrast: in front, behind or both; nodules among them are not roots."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from findings import asked
from phantoms import Blob, Spine

from thecal.findings import nerve_root_enhancement
from thecal.records.geometry import plane_of

TALL = phantoms.grid((37, 59, 19), (1.1, 2.2, 1.5))
ROLES = ("T2w", "T1w", "T1w_ce")
GRIDS = dict.fromkeys(ROLES, TALL)


def tail(front: float, back: float, *more: Blob) -> Spine:
    """Straight roots below a cord that ends at z = 35, whose front and back half gain to these ratios after contrast."""
    turns = 2 * np.pi * (np.arange(10) + 0.5) / 10
    roots = tuple(
        Blob(
            0, (6.0 * np.cos(t), 5.1 * np.sin(t), 0), (1.2, 1.2, 400),
            {"T2w": 1.0, "T1w": 1.0, "T1w_ce": front if np.sin(t) > 0 else back}, within="csf",
        )
        for t in turns
    )  # fmt: skip
    return Spine(cord_ends_at=35.0, bend_mm=0.0, blobs=(*roots, *more))


@pytest.mark.parametrize(
    ("front", "back", "state"), [(1.0, 1.0, "absent"), (2.2, 1.0, "ventral"), (1.0, 2.2, "dorsal"), (2.2, 2.2, "both")]
)
def test_which_half_gains_is_told(front: float, back: float, state: str) -> None:
    finding = asked.seen(nerve_root_enhancement, tail(front, back), ROLES, grids=GRIDS, instance=None)
    assert finding.state == state
    assert finding.where is not None
    assert finding.where.z < 35 - 10, "it is pointed at below the cord's end"
    if state in ("ventral", "dorsal"):
        assert finding.where.y * (1 if state == "ventral" else -1) > 2


def test_a_nodule_among_the_roots_is_left_out() -> None:
    nodule = Blob(1, (0, 0, -20), (6, 5, 8), {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 2.4}, within="csf")
    finding = asked.seen(nerve_root_enhancement, tail(1.0, 1.0, nodule), ROLES, grids=GRIDS, instance=None)
    assert finding.state == "absent"


def test_a_pair_of_two_planes_is_no_pair() -> None:
    axial = phantoms.grid((37, 35, 25), (1.0, 1.0, 4.4), "RPS")
    assert plane_of(axial, 2) != plane_of(TALL, 2)
    why = asked.gap(nerve_root_enhancement, tail(1.0, 1.0), ROLES, grids={**GRIDS, "T1w": axial}, instance=None)
    assert why.startswith("no pair of T1w before and after contrast")


def test_where_the_cord_does_not_end_in_view_or_without_contrast_nothing_is_said() -> None:
    why = asked.gap(nerve_root_enhancement, Spine(), ROLES, instance=None)
    assert why.startswith("no pair of T1w before and after contrast shows the sac below the end of the cord")
    assert asked.gap(nerve_root_enhancement, Spine(), ROLES[:2], instance=None) == "no post-contrast T1w"


def test_a_sac_without_roots_is_not_assessed() -> None:
    bare = Spine(cord_ends_at=35.0, bend_mm=0.0)
    assert (
        asked.gap(nerve_root_enhancement, bare, ROLES, grids=GRIDS, instance=None)
        == "no roots stand out from CSF on T1w"
    )
