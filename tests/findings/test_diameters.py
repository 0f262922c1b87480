"""The three diameters of a known ellipsoid are recovered on oblique grids, and the longest is that of one slice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import phantoms
import pytest
from findings import spines
from phantoms import Blob, Spine

from thecal.findings.diameters import Diameters, diameters_of, longest_in_slices
from thecal.findings.views import look
from thecal.records import Grid

EGG = Blob(1, (0, 0, 0), (4.0, 6.0, 15.0), spines.TUMOUR, within="cord")
SAGITTAL = phantoms.grid((53, 61, 21), (0.9, 1.2, 1.6))
AXIAL = phantoms.grid((61, 67, 19), (0.6, 0.6, 4.0), "RPS", (3.0, -4.0, 6.0))


def _sizes(spine: Spine, *grids: Grid) -> Diameters:
    roles = ("T2w", "T1w")[: len(grids)]
    placed = spines.study(spine, roles, grids=dict(zip(roles, grids, strict=True)))
    maps = phantoms.truth(spine, placed)
    found = diameters_of(placed, maps, maps.lesions[0])
    assert found is not None
    return found


@pytest.mark.parametrize("grids", [(SAGITTAL,), (SAGITTAL, AXIAL)])
def test_three_diameters_are_recovered_on_oblique_grids(grids: tuple[Grid, ...]) -> None:
    found = _sizes(spines.with_blobs(spines.WIDE, EGG), *grids)
    assert found.length_mm == pytest.approx(30, abs=1.6)
    assert found.depth_mm == pytest.approx(12, abs=1.2)
    assert found.width_mm == pytest.approx(8, abs=1.6 if len(grids) == 1 else 1.0)
    assert found.words.startswith(f"{found.length_mm:.0f} × {found.depth_mm:.0f} × {found.width_mm:.0f} mm (along")


def test_a_finer_series_makes_a_diameter_surer() -> None:
    spine = spines.with_blobs(spines.WIDE, EGG)
    alone, both = _sizes(spine, AXIAL), _sizes(spine, AXIAL, SAGITTAL)
    assert both.sd_mm[0] < alone.sd_mm[0]
    assert both.sd_mm[2] == pytest.approx(alone.sd_mm[2])


def test_a_lesion_that_follows_a_bent_cord_is_not_deep() -> None:
    bent = Spine(cord_radii=(9.0, 8.0), sac_radii=(13.0, 12.0), bend_mm=16.0)
    found = _sizes(spines.with_blobs(bent, replace(EGG, radii=(4.0, 4.0, 34.0))), SAGITTAL)
    assert found.depth_mm == pytest.approx(8, abs=1.5)


def test_cysts_count_and_oedema_does_not() -> None:
    cyst = Blob(4, (0, 0, 12), (4.0, 4.0, 9.0), spines.CYST, within="cord")
    swelling = Blob(3, (0, 0, 0), (5.0, 6.5, 28.0), spines.SWOLLEN, within="cord")
    found = _sizes(spines.with_blobs(spines.WIDE, swelling, EGG, cyst), SAGITTAL)
    assert found.length_mm == pytest.approx(36, abs=2)


def test_the_longest_diameter_lies_on_a_slice() -> None:
    spine = spines.with_blobs(spines.WIDE, EGG)
    placed = spines.study(spine, ("T2w",), grids={"T2w": AXIAL})
    maps = phantoms.truth(spine, placed)
    view = look(placed, maps, "acq-sag_T2w")
    assert longest_in_slices(view, view.core(maps.lesions[0])) == pytest.approx(12, abs=1.2)
    both = _sizes(spine, AXIAL, SAGITTAL)
    assert both.longest_mm == pytest.approx(30, abs=1.6)
    assert both.longest_on == "acq-sag_T1w"


def test_a_single_voxel_is_as_long_as_its_diagonal() -> None:
    spine = spines.with_blobs(spines.WIDE, EGG)
    placed = spines.study(spine, ("T2w",), grids={"T2w": AXIAL})
    view = look(placed, phantoms.truth(spine, placed), "acq-sag_T2w")
    mask = np.zeros(view.values.shape, dtype=bool)
    mask[26, 30, 9] = True
    assert longest_in_slices(view, mask) == pytest.approx(0.6 * np.sqrt(2), rel=1e-3)


def test_the_length_s_method_tells_the_sizes() -> None:
    finding = spines.seen(spines.case("inside"), "length_segments")
    assert "mm (along the spine, front to back, right to left), longest on a slice" in finding.method


def test_without_an_axis_or_a_drawing_there_is_no_size() -> None:
    spine = spines.with_blobs(spines.WIDE, EGG)
    placed = spines.study(spine, ("T2w",), grids={"T2w": AXIAL})
    maps = phantoms.truth(spine, placed)
    assert diameters_of(placed, spines.without(maps, 1, 2), maps.lesions[0]) is None
    assert diameters_of(placed, maps, replace(maps.lesions[0], instance=9)) is None
