"""Left stays left through every change of grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.records import Grid, Volume
from thecal.records import geometry as g

OBLIQUE = np.array([[0.1, 0.0, 3.0, 5.0], [0.9, 0.2, 0.0, -20.0], [-0.2, 0.9, 0.1, 7.0], [0.0, 0.0, 0.0, 1.0]])
orders = st.permutations([0, 1, 2])
flips = st.tuples(*[st.booleans()] * 3)


def block(order: list[int], flip: tuple[bool, ...], spacing: tuple[float, float, float] = (0.7, 1.1, 2.5)) -> Volume:
    """An asymmetric block of noise whose voxel axes run along x, y, z in any order and direction."""
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for voxel_axis, world in enumerate(order):
        affine[world, voxel_axis] = spacing[voxel_axis] * (-1 if flip[voxel_axis] else 1)
    affine[:3, 3] = (11.0, -7.0, 3.0)
    return Volume(np.random.default_rng(0).random((7, 9, 5)), affine)


@settings(derandomize=True, deadline=None, max_examples=48)
@given(orders, flips)
def test_turning_to_ras_keeps_every_value_at_its_millimetre(order: list[int], flip: tuple[bool, ...]) -> None:
    native = block(order, flip)
    turned = g.to_ras(native)
    assert (np.diag(turned.affine)[:3] > 0).all()
    for index in [(0, 0, 0), (6, 8, 4), (2, 5, 1)]:
        place = g.mm_to_voxel(turned, g.voxel_to_mm(native, index))
        assert turned.voxels[tuple(np.rint(place).astype(int))] == native.voxels[index]


@settings(derandomize=True, deadline=None, max_examples=48)
@given(orders, flips)
def test_the_way_back_from_ras_gives_the_native_array(order: list[int], flip: tuple[bool, ...]) -> None:
    native = block(order, flip)
    back = g.from_ras(g.to_ras(native), native.grid)
    np.testing.assert_array_equal(back.voxels, native.voxels)
    np.testing.assert_array_equal(back.affine, native.affine)


def test_oblique_axes_are_each_used_once() -> None:
    axes, signs = g.ras_axes(OBLIQUE)
    assert sorted(axes) == [0, 1, 2]
    assert list(signs) == [1, 1, 1]


@pytest.mark.parametrize(("axis", "plane"), [(0, "sagittal"), (1, "coronal"), (2, "axial")])
def test_the_plane_is_named_by_the_normal_of_the_slices(axis: int, plane: str) -> None:
    spacing = [0.6, 0.6, 0.6]
    spacing[axis] = 3.3
    assert g.plane_of(Grid((20, 20, 20), np.diag([*spacing, 1.0]))) == plane


def test_a_tilted_stack_keeps_its_plane_until_it_is_oblique() -> None:
    for degrees, plane in [(20, "axial"), (45, "oblique")]:
        a = np.radians(degrees)
        turn = np.array([[1, 0, 0, 0], [0, np.cos(a), -np.sin(a), 0], [0, np.sin(a), np.cos(a), 0], [0, 0, 0, 1.0]])
        assert g.plane_of(Grid((20, 20, 10), turn @ np.diag([0.5, 0.5, 4.0, 1.0]))) == plane


def test_equal_spacing_is_volumetric() -> None:
    assert g.plane_of(Grid((20, 20, 20), np.diag([0.9, 1.0, 1.1, 1.0]))) == "volumetric"


def test_resampling_onto_its_own_grid_changes_nothing() -> None:
    volume = Volume(np.random.default_rng(1).random((7, 9, 5)).astype(np.float32), OBLIQUE)
    np.testing.assert_allclose(g.resample(volume, volume.grid).voxels, volume.voxels, atol=1e-5)


def test_a_transform_moves_the_image_by_its_millimetres() -> None:
    voxels = np.zeros((9, 9, 9), np.float32)
    voxels[4, 4, 4] = 1
    volume = Volume(voxels, np.eye(4))
    shift = np.eye(4)
    shift[0, 3] = 2.0
    moved = g.resample(volume, volume.grid, shift)
    assert tuple(np.argwhere(moved.voxels == 1)[0]) == (2, 4, 4)


def test_labels_are_resampled_without_new_values() -> None:
    labels = Volume(np.random.default_rng(2).choice([0, 3, 17], (7, 9, 5)).astype(np.int16), OBLIQUE)
    fine = g.resample(labels, g.isotropic(labels.grid, 0.5), order=0)
    assert fine.voxels.dtype == np.int16
    assert set(np.unique(fine.voxels)) <= {0, 3, 17}


def test_averaging_back_into_thick_slices_keeps_the_volume() -> None:
    fine_grid = Grid((30, 30, 40), np.eye(4))
    place = np.stack(np.meshgrid(*[np.arange(n) for n in fine_grid.shape], indexing="ij"), axis=-1)
    ball = Volume((np.linalg.norm(place - [15, 14, 20], axis=-1) < 8).astype(np.float32), np.eye(4))
    thick = Grid(
        (30, 30, 8),
        np.diag([1.0, 1.0, 5.0, 1.0]) @ np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0.4], [0, 0, 0, 1.0]]),
    )
    back = g.average_into(ball, thick, samples=5)
    assert back.voxels.sum() * 5 == pytest.approx(ball.voxels.sum(), rel=0.03)
    assert 0 < back.voxels[15, 14, 2] <= 1


def test_an_extended_grid_keeps_its_lattice_and_holds_both_stations() -> None:
    upper = Grid((10, 20, 30), np.diag([3.0, 1.0, 1.0, 1.0]))
    lower_affine = upper.affine.copy()
    lower_affine[:3, 3] = [0.2, 0.3, -25.0]
    lower = Grid((10, 20, 30), lower_affine)
    whole = g.extend(upper, [lower])
    offset = g.mm_to_voxel(whole, upper.affine[:3, 3])
    np.testing.assert_allclose(offset, np.rint(offset), atol=1e-9)
    assert g.covers(whole, upper).all()
    assert g.covers(whole, lower).all()


def test_a_grid_too_large_to_hold_all_stays_as_it_is() -> None:
    upper = Grid((10, 20, 30), np.eye(4))
    far = upper.affine.copy()
    far[2, 3] = -5000.0
    assert g.extend(upper, [Grid((10, 20, 30), far)], limit_voxels=10_000).same_as(upper)


def test_lps_and_ras_differ_in_the_first_two_axes_only() -> None:
    np.testing.assert_array_equal(g.transform_points(g.LPS_TO_RAS, [1.0, 2.0, 3.0]), [-1.0, -2.0, 3.0])
