"""A series in the body's own axes, and the way back."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

from thecal.records import Volume
from thecal.records.geometry import voxel_to_mm
from thecal.segmentation.frame import flaw_of, frame_of


def asymmetric(axes: str) -> Volume:
    grid = phantoms.grid((37, 53, 29), (1.5, 2.0, 1.2), axes)
    voxels = np.random.default_rng(1).random(grid.shape).astype(np.float32)
    return Volume(voxels, grid.affine)


@pytest.mark.parametrize("axes", ["PSR", "LIA", "SAL", "RAS"])
def test_an_array_comes_back_in_the_order_it_came(axes: str) -> None:
    volume = asymmetric(axes)
    frame = frame_of(volume)
    assert np.array_equal(frame.back(frame.voxels).voxels, volume.voxels)


@pytest.mark.parametrize("axes", ["PSR", "LIA"])
def test_frame_axes_run_right_front_and_head(axes: str) -> None:
    frame = frame_of(asymmetric(axes))
    steps = frame.to_world(np.eye(3)) - frame.to_world(np.zeros((1, 3)))
    assert np.all(np.diag(steps) > 0.9)


def test_frame_mm_and_world_mm_turn_into_each_other() -> None:
    frame = frame_of(asymmetric("PSR"))
    points = np.array([[3.0, 4.0, 5.0], [10.0, 0.0, 20.0]])
    assert np.allclose(frame.from_world(frame.to_world(points)), points)
    assert np.allclose(frame.to_world([[0, 0, 0]]), voxel_to_mm(frame.grid, [[0, 0, 0]]))


def test_a_part_of_a_frame_lies_where_it_was_cut() -> None:
    volume = asymmetric("PSR")
    frame = frame_of(volume)
    part = frame.near(np.array([20.0]), np.array([30.0]), 9.0)
    assert part.shape[2] == frame.shape[2]
    assert np.allclose(part.to_world([[0, 0, 0]])[0], frame.to_world([[*frame.offset_to(part), 0.0]])[0])
    back = part.back(part.voxels)
    kept = back.voxels != 0
    assert back.grid.same_as(volume.grid)
    assert 0 < kept.sum() < volume.voxels.size
    assert np.array_equal(back.voxels[kept], volume.voxels[kept])


def test_a_constant_or_narrow_image_is_flawed() -> None:
    assert "constant" in flaw_of(frame_of(Volume(np.full((40, 40, 9), 3.0), np.eye(4))))
    assert "wide" in flaw_of(frame_of(Volume(np.random.default_rng(0).random((9, 40, 40)), np.eye(4))))
    assert flaw_of(frame_of(asymmetric("PSR"))) == ""
