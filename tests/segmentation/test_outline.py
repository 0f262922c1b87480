"""Tubes: closed curves, their areas, and how they fill voxels."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

from thecal.records import Volume
from thecal.segmentation.frame import frame_of
from thecal.segmentation.outline import RAYS, Tube, bridged, closed_path, course, coverage, ellipse, trusted


def tube(heights: list[float], confidence: list[float] | None = None, radius: float = 5.0) -> Tube:
    z = np.array(heights, dtype=float)
    outline = np.full((len(z), RAYS), radius)
    return Tube(z * 0 + 20, z * 0 + 25, z, outline, np.array(confidence or [1.0] * len(z)), outline)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 0.9, 4.0), (3.5, 0.8, 0.8)])
def test_covered_volume_is_that_of_the_tube_whatever_the_voxels(spacing: tuple[float, float, float]) -> None:
    shape = tuple(
        int(np.ceil(size / step)) for size, step in zip((41, 51, 33 + 27 * (spacing[2] > 2)), spacing, strict=True)
    )
    frame = frame_of(Volume(np.zeros(shape, dtype=np.float32), np.diag([*spacing, 1.0])))
    step = max(1.0, spacing[2])
    heights = list(np.arange(1, 25 if step == 1 else 13) * step)
    share = coverage(tube(heights), frame)
    assert share.max() <= 1 + 1e-5
    assert share.sum() * np.prod(spacing) == pytest.approx(np.pi * 25 * len(heights) * step, rel=0.05)


def test_a_closed_path_follows_the_cheapest_ring() -> None:
    cost = np.ones((3, RAYS, 40), dtype=np.float32)
    wanted = np.round(20 + 6 * np.cos(2 * np.arange(RAYS) * 2 * np.pi / RAYS)).astype(int)
    for ray, place in enumerate(wanted):
        cost[:, ray, place] = -1
    assert np.array_equal(closed_path(cost), np.tile(wanted, (3, 1)))


def test_the_course_of_a_tube_does_not_follow_a_bump() -> None:
    radius = np.full((101, RAYS), 5.0)
    radius[45:56] = 9.0
    assert course(radius, 30).max() < 5.5


def test_an_ellipse_has_its_half_axes() -> None:
    outline = ellipse(6.0, 4.0)
    assert outline[0] == pytest.approx(6.0)
    assert outline[RAYS // 4] == pytest.approx(4.0)


def test_uncertain_sections_between_certain_ones_are_bridged_and_lone_ends_are_not() -> None:
    shaky = tube([0, 5, 10, 15, 20, 25], [0.9, 0.9, 0.1, 0.1, 0.9, 0.1])
    mended = bridged(shaky, 0.7, 20.0)
    assert mended.confidence[2:4].min() > 0.8
    assert mended.confidence[5] == pytest.approx(0.1)
    assert len(trusted(mended, 0.35)) == 5


def test_a_short_island_beside_a_long_run_is_dropped() -> None:
    islands = tube(list(range(0, 40, 2)), [0.9] * 14 + [0.1] * 4 + [0.9] * 2)
    assert trusted(islands, 0.35).z.max() == 26


def test_between_tubes_there_is_nothing() -> None:
    gap = tube([0, 1, 2, 3, 30, 31, 32])
    assert gap.at(15.0) is None
    assert gap.at(1.5) is not None
    assert gap.at(40.0) is None


def test_a_cord_twice_as_thick_has_four_times_the_area() -> None:
    assert tube([0, 1], radius=8.0).areas_mm2()[0] == pytest.approx(4 * tube([0, 1], radius=4.0).areas_mm2()[0])


def test_measured_area_is_near_the_phantoms() -> None:
    from thecal.segmentation.drawing import draw

    spine = phantoms.Spine()
    drawing = draw(phantoms.series(spine, "T2w", phantoms.grid((61, 71, 47), (1.0, 1.2, 1.0), "PSR", tilt=(0, 0, 0))))
    true = np.pi * spine.cord_radii[0] * spine.cord_radii[1]
    # The outline's convention lies inside the half-way edge of an ideal step.
    assert np.median(drawing.cord.areas_mm2()) == pytest.approx(true, rel=0.12)
