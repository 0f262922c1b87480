"""Where vessels run: in the lesion, around the cord, or both."""

from __future__ import annotations

import phantoms
from findings import asked, darkness, spines
from phantoms import Blob, Spine

from thecal.findings import flow_void_site

GRID = phantoms.grid((71, 85, 19), (1.0, 1.2, 2.0))
STRAND = Blob(0, (0, -8.0, 0), (1.8, 1.6, 33), darkness.VOID, within="csf")
ROOMY = Spine(cord_radii=(7.0, 6.0), sac_radii=(13.0, 12.0))
MASS = Blob(1, (0, 0, 0), (6, 5, 12), darkness.TUMOUR, within="cord")
VESSEL = Blob(1, (1, 0, 0), (2.2, 2.2, 8), darkness.VOID, within="cord")


def _site(*blobs: Blob) -> str | None:
    roles = ("T2w", "T1w")
    spine = spines.with_blobs(ROOMY, *blobs)
    return asked.seen(flow_void_site, spine, roles, grids=dict.fromkeys(roles, GRID)).state


def test_each_site_is_told_and_both_together() -> None:
    assert _site(MASS, VESSEL) == "intralesional"
    assert _site(MASS, STRAND) == "perimedullary"
    assert _site(MASS, VESSEL, STRAND) == "both"


def test_the_number_is_that_of_the_site() -> None:
    grids = {"T2w": GRID, "T1w": GRID}
    inside = asked.seen(flow_void_site, spines.with_blobs(ROOMY, MASS, VESSEL), ("T2w", "T1w"), grids=grids)
    around = asked.seen(flow_void_site, spines.with_blobs(ROOMY, MASS, STRAND), ("T2w", "T1w"), grids=grids)
    assert inside.measurement is not None
    assert around.measurement is not None
    assert (inside.measurement.unit, around.measurement.unit) == ("%", "mm")
    assert around.measurement.value > 24


def test_without_any_there_is_no_site() -> None:
    grids = {"T2w": GRID}
    assert asked.gap(flow_void_site, spines.with_blobs(ROOMY, MASS), ("T2w",), grids=grids) == "no flow voids were seen"
    assert asked.gap(flow_void_site, spines.with_blobs(ROOMY, MASS), ("T1w",)) == "no T2w"
