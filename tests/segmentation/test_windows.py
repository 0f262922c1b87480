"""A network run piece by piece: nothing is lost between the pieces, and what it says lies where it was seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.segmentation.frame import Image
from thecal.segmentation.windows import SIDE, all_over, along, normalise, on_lattice, predict


def bright(image: Image) -> Image:
    """A network that calls class 1 what is brighter than the mean, and class 0 the rest."""
    assert all(n % 8 == 0 for n in image.shape)
    above = (image > 0).astype(np.float32)
    return np.stack([1 - above, above])


def checked(shape: tuple[int, int, int]) -> Image:
    i, j, k = np.indices(shape)
    return np.asarray(((i // 9 + j // 7 + k // 11) % 2 + 0.1), dtype=np.float32)


@settings(derandomize=True, deadline=None, max_examples=20)
@given(shape=st.tuples(*[st.integers(9, 150)] * 3))
def test_cubes_cover_every_voxel_of_any_image(shape: tuple[int, int, int]) -> None:
    seen = np.zeros(shape, dtype=bool)
    for corner in all_over(shape):
        seen[tuple(slice(c, c + SIDE) for c in corner)] = True
    assert seen.all()


def test_pieces_put_together_say_what_each_piece_said() -> None:
    image = checked((81, 53, 97))
    found = predict(bright, image, all_over(image.shape), (1,))
    assert np.array_equal(found[0] > 0.5, image > 0.6)


def test_what_no_cube_held_is_not_claimed() -> None:
    image = checked((70, 70, 200))
    found = predict(bright, image, [(0, 0, 20)], (1,))
    assert found[0, :64, :64, 20:84].max() == 1
    assert found[:, :, :, 100:].max() == 0


def test_cubes_follow_a_slanting_canal_from_end_to_end() -> None:
    canal = np.zeros((60, 120, 150), dtype=bool)
    for k in range(10, 140):
        canal[28:34, 20 + k // 2 : 26 + k // 2, k] = True
    shape = (120, 240, 300)
    seen = np.zeros(shape, dtype=bool)
    for corner in along(canal, 2.0, shape):
        seen[tuple(slice(c, c + SIDE) for c in corner)] = True
    inside = canal.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    assert seen[inside].all()
    assert seen.mean() < 0.2


@pytest.mark.parametrize("step_mm", [1.0, 2.0])
def test_a_lattice_keeps_places_and_the_field(step_mm: float) -> None:
    spacing = np.array([0.5, 3.3, 1.0])
    affine = np.diag([0.5, 3.3, 1.0, 1.0])
    affine[:3, 3] = (7, -3, 2)
    places = np.indices((37, 17, 29)).transpose(1, 2, 3, 0) @ affine[:3, :3].T + affine[:3, 3]
    for axis in range(3):
        made = on_lattice(np.ascontiguousarray(places[..., axis], dtype=np.float32), affine, spacing, step_mm)
        middle = tuple(n // 2 for n in made.voxels.shape)
        there = made.affine[:3, :3] @ np.array(middle) + made.affine[:3, 3]
        assert made.voxels[middle] == pytest.approx(there[axis], abs=0.02)
        assert made.voxels.shape[axis] * step_mm == pytest.approx((37, 17, 29)[axis] * spacing[axis], abs=step_mm)


def test_brightness_and_its_unit_do_not_matter() -> None:
    image = np.random.default_rng(3).gamma(2.0, 3.0, (31, 37, 41)).astype(np.float32)
    assert np.allclose(normalise(image), normalise(image * 40 + 7), atol=1e-3)
