"""One click outlines a structure; more clicks steer it."""

import numpy as np
from numpy.typing import NDArray

from thecal.segmentation import click

SPACING = np.array([1.0, 1.0, 3.3])
SHAPE = (37, 53, 11)
Image = NDArray[np.float64]


def ball(centre: tuple[int, int, int], radius_mm: float) -> NDArray[np.bool_]:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij"), axis=-1)
    return np.asarray((((index - np.array(centre)) * SPACING) ** 2).sum(axis=-1) <= radius_mm**2)


def image(*balls: tuple[NDArray[np.bool_], float]) -> Image:
    values = np.full(SHAPE, 100.0) + 6 * np.random.default_rng(3).standard_normal(SHAPE)
    for mask, brightness in balls:
        values[mask] += brightness
    return values


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_one_click_outlines_a_ball() -> None:
    truth = ball((18, 26, 5), 9)
    made = click.grow(image((truth, 80))[None], SPACING, [(18, 26, 5)], [])
    assert dice(made, truth) > 0.85


def test_a_dark_structure_is_outlined_as_well_as_a_bright_one() -> None:
    truth = ball((18, 26, 5), 9)
    made = click.grow(image((truth, -60))[None], SPACING, [(18, 26, 5)], [])
    assert dice(made, truth) > 0.85


def test_a_second_structure_that_was_not_clicked_is_left_out() -> None:
    truth, other = ball((10, 14, 5), 7), ball((27, 40, 5), 7)
    made = click.grow(image((truth, 80), (other, 80))[None], SPACING, [(10, 14, 5)], [])
    assert not (made & other).any()


def test_a_click_outside_holds_the_outline_back() -> None:
    truth, bridge = ball((14, 26, 5), 7), ball((24, 26, 5), 7)
    both = image((truth | bridge, 80))[None]
    free = click.grow(both, SPACING, [(12, 26, 5)], [])
    held = click.grow(both, SPACING, [(12, 26, 5)], [(27, 26, 5)])
    assert not held[27, 26, 5]
    assert held.sum() < free.sum()


def test_what_was_clicked_is_in_it_and_the_same_clicks_give_the_same_mask() -> None:
    values = image((ball((18, 26, 5), 9), 80))[None]
    clicks = [(18, 26, 5), (3, 3, 2)]
    made = click.grow(values, SPACING, clicks, [])
    assert all(made[one] for one in clicks)
    assert np.array_equal(made, click.grow(values, SPACING, clicks, []))


def test_an_even_image_gives_no_structure_but_the_click() -> None:
    made = click.grow(np.full((1, *SHAPE), 5.0), SPACING, [(18, 26, 5)], [])
    assert made[18, 26, 5]


def test_half_way_between_two_discs_lies_a_disc_of_half_way_size() -> None:
    grid = np.hypot(*np.meshgrid(np.arange(53) - 26, np.arange(37) - 18))
    made = click.between(grid <= 6, grid <= 14, 0.5, np.array([1.0, 1.0]))
    assert 9 <= np.sqrt(made.sum() / np.pi) <= 11
