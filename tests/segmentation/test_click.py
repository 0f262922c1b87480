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
    """A canal between two tissues, darker and brighter than it, with balls in it, and noise."""
    across = np.broadcast_to(np.arange(SHAPE[0])[:, None, None], SHAPE)
    values = np.where(across < 6, 20.0, np.where(across > 30, 220.0, 100.0))
    values += 6 * np.random.default_rng(3).standard_normal(SHAPE)
    for mask, brightness in balls:
        values[mask] += brightness
    return values


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_one_click_outlines_a_ball() -> None:
    truth = ball((18, 26, 5), 9)
    made = click.grow({"T1w_ce": image((truth, 80))}, SPACING, [(18, 26, 5)], [])
    assert dice(made, truth) > 0.85


def test_a_dark_structure_is_outlined_as_well_as_a_bright_one() -> None:
    truth = ball((18, 26, 5), 9)
    made = click.grow({"T2w": image((truth, -60))}, SPACING, [(18, 26, 5)], [])
    assert dice(made, truth) > 0.85


def test_a_second_structure_that_was_not_clicked_is_left_out() -> None:
    truth, other = ball((10, 14, 5), 7), ball((27, 40, 5), 7)
    made = click.grow({"T1w_ce": image((truth, 80), (other, 80))}, SPACING, [(10, 14, 5)], [])
    assert not (made & other).any()


def test_a_click_outside_holds_the_outline_back() -> None:
    truth, bridge = ball((14, 26, 5), 7), ball((24, 26, 5), 7)
    both = {"T1w_ce": image((truth | bridge, 80))}
    free = click.grow(both, SPACING, [(12, 26, 5)], [])
    held = click.grow(both, SPACING, [(12, 26, 5)], [(27, 26, 5)])
    assert not held[27, 26, 5]
    assert held.sum() < free.sum()


def test_what_was_clicked_is_in_it_and_the_same_clicks_give_the_same_mask() -> None:
    values = {"T1w_ce": image((ball((18, 26, 5), 9), 80))}
    clicks = [(18, 26, 5), (3, 3, 2)]
    made = click.grow(values, SPACING, clicks, [])
    assert all(made[one] for one in clicks)
    assert np.array_equal(made, click.grow(values, SPACING, clicks, []))


def test_an_even_image_gives_no_structure_but_the_click() -> None:
    made = click.grow({"T2w": np.full(SHAPE, 5.0)}, SPACING, [(18, 26, 5)], [])
    assert made[18, 26, 5]


def test_half_way_between_two_discs_lies_a_disc_of_half_way_size() -> None:
    grid = np.hypot(*np.meshgrid(np.arange(53) - 26, np.arange(37) - 18))
    made = click.between(grid <= 6, grid <= 14, 0.5, np.array([1.0, 1.0]))
    assert 9 <= np.sqrt(made.sum() / np.pi) <= 11


def test_a_click_inside_only_adds_and_one_outside_only_takes_away() -> None:
    values = {"T1w_ce": image((ball((14, 20, 5), 7), 80)), "T2w": image((ball((20, 32, 5), 7), 60))}
    one = click.grow(values, SPACING, [(14, 20, 5)], [])
    two = click.grow(values, SPACING, [(14, 20, 5), (20, 32, 5)], [])
    three = click.grow(values, SPACING, [(14, 20, 5), (20, 32, 5)], [(20, 28, 5)])
    assert two[20, 32, 5]
    assert not (one & ~two).any()
    assert not three[20, 28, 5]
    assert not (three & ~two).any()


def test_outlines_of_the_canal_draw_the_structure_and_a_click_beside_it_is_not_bound() -> None:
    values = {"T1w_ce": image((ball((18, 26, 5), 9), 30))}
    canal = np.where(ball((18, 26, 5), 9), 2, 0)
    assert dice(click.grow(values, SPACING, [(18, 26, 5)], [], canal), canal > 0) > 0.6
    away = (18, 45, 5)
    assert np.array_equal(
        click.grow(values, SPACING, [away], [], canal), click.grow(values, SPACING, [away], [])
    )  # fmt: skip


def test_finer_voxels_give_the_same_structure() -> None:
    values = image((ball((18, 26, 5), 9), 80))
    fine = np.repeat(np.repeat(values, 2, axis=0), 2, axis=1)
    coarse = click.grow({"T1w_ce": values}, SPACING, [(18, 26, 5)], [])
    made = click.grow({"T1w_ce": fine}, SPACING / (2, 2, 1), [(36, 52, 5)], [])
    assert dice(made[::2, ::2], coarse) > 0.95
