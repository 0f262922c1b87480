"""Whether what enhances along the leptomeninges lies on the cord, on roots below it, or on both."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import leptomeningeal_site

ROLES = ("T2w", "T1w", "T1w_ce")
LONG = phantoms.grid((37, 95, 19), (1.1, 2.2, 1.5), centre=(0, 0, 35))
GRIDS = dict.fromkeys(ROLES, LONG)
COAT = Blob(6, (0, 0, 105), (8.2, 6.2, 40), {"T2w": 2.0, "T1w": 0.6, "T1w_ce": 1.6}, within="csf")


def _spine(roots_gain: float, *more: Blob) -> Spine:
    turns = 2 * np.pi * (np.arange(10) + 0.5) / 10
    roots = tuple(
        Blob(
            0, (6.0 * np.cos(t), 5.1 * np.sin(t), -90), (1.2, 1.2, 122),
            {"T2w": 1.0, "T1w": 1.0, "T1w_ce": roots_gain}, within="csf",
        )
        for t in turns
    )  # fmt: skip
    return Spine(cord_ends_at=25.0, bend_mm=0.0, blobs=(*roots, *more))


@pytest.mark.parametrize(
    ("gain", "blobs", "state"), [(1.0, (COAT,), "cord_surface"), (2.2, (), "roots"), (2.2, (COAT,), "both")]
)
def test_each_site_is_told(gain: float, blobs: tuple[Blob, ...], state: str) -> None:
    finding = asked.seen(leptomeningeal_site, _spine(gain, *blobs), ROLES, grids=GRIDS, instance=None)
    assert finding.state == state


def test_a_site_is_told_only_where_something_enhances() -> None:
    why = asked.gap(leptomeningeal_site, _spine(1.0), ROLES, grids=GRIDS, instance=None)
    assert why == "no leptomeningeal enhancement was seen"


def test_without_the_cord_s_end_in_view_roots_are_not_told_from_cord() -> None:
    why = asked.gap(leptomeningeal_site, spines.CASES["coat"], ROLES, instance=None)
    assert why == "the thecal sac below the end of the cord is not in view"


def test_without_contrast_it_is_not_assessed() -> None:
    assert asked.gap(leptomeningeal_site, _spine(1.0), ROLES[:2], grids=GRIDS, instance=None) == "no post-contrast T1w"
