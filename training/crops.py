"""Crops to learn from: a fresh spine, a place on it, a contrast and an acquisition, all from one seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.acquisition import acquire, draw_slices
from training.contrast import draw_signals, draw_texture
from training.painting import Painter, noise
from training.spine import S_MM, Law, Spine, draw_spine

Image = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Share of crops at about 2 mm, for the finder; the rest is at 1 mm.
COARSE_SHARE = 0.0


def draw_pair(seed: tuple[int, ...], law: Law, side: int = 48, coarse: bool | None = None) -> tuple[
    tuple[Image, Image], NDArray[np.uint8], tuple[Mask, Mask], tuple[str, str]]:  # fmt: skip
    """One painting of side³ voxels in two contrasts: images, truth, where the truth counts in each, names of the contrasts."""
    rng = np.random.default_rng(seed)
    shape = (side, side, side)
    spine = draw_spine(rng, law)
    wide = rng.random() < COARSE_SHARE if coarse is None else coarse
    spacing = float(rng.uniform(1.8, 2.2)) if wide else 1.0
    scale = float(rng.uniform(0.85, 1.2))
    scene = Painter(rng, law, spine, shape, spacing, turn_at_random(rng), scale, _centre(rng, spine, wide)).paint()
    images, counts, names = [], [], []
    for _ in range(2):
        signals, contrast = draw_signals(rng, law)
        image = scene.image(signals, draw_texture(rng), noise(rng, shape, 1.6))
        image, inside = acquire(rng, law, image, draw_slices(rng, shape, spacing))
        images.append(np.ascontiguousarray(image))
        counts.append(scene.counts.reshape(shape) & inside)
        names.append(contrast)
    return (images[0], images[1]), scene.truth.reshape(shape), (counts[0], counts[1]), (names[0], names[1])


def turn_at_random(rng: np.random.Generator) -> NDArray[np.float64]:
    """A rotation of up to 15° about each axis, now and then up to 30°."""
    angles = np.radians(rng.uniform(-15, 15, 3) if rng.random() < 0.85 else rng.uniform(-30, 30, 3))
    turn = np.eye(3)
    for axis, angle in enumerate(angles):
        c, s = np.cos(angle), np.sin(angle)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[a, a], step[a, b], step[b, a], step[b, b] = c, -s, s, c
        turn = turn @ step
    return turn


def _centre(rng: np.random.Generator, spine: Spine, wide: bool) -> NDArray[np.float64]:
    """Where the crop lies: along the canal mostly, and off it in some."""
    z = float(
        rng.uniform(spine.low[25], spine.magnum + 15)
        if rng.random() < 0.6
        else rng.uniform(spine.low[5], spine.magnum + 5)
    )
    return place_at(rng, spine, z, 20.0 if wide else 12.0)


def place_at(rng: np.random.Generator, spine: Spine, z: float, reach: float) -> NDArray[np.float64]:
    """A place near the canal at a height, within reach of it, now and then far off."""
    x, y = np.interp(z, S_MM, spine.x), np.interp(z, S_MM, spine.y)
    if rng.random() < 0.15:
        reach = 55.0
    return np.array([x + rng.uniform(-reach, reach), y + rng.uniform(-reach, reach * 1.3), z])
