"""The outline of the thecal sac: the outer boundary of CSF on T2, of the dark canal on T1.

On T1 the dura, epidural veins and cortical bone are as dark as CSF, so that what is drawn there is the canal; callers say so.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thecal.segmentation.centreline import Centreline
from thecal.segmentation.frame import Floats, Frame, Image, smoothed
from thecal.segmentation.outline import (
    ANGLES,
    RAYS,
    ROUNDS,
    SLOW_MM,
    Tube,
    along,
    closed_path,
    course,
    ellipse,
    heights,
    off_centre,
    profiles,
    take,
)

RAY_STEP_MM = 0.4
SAC_RADII: Floats = np.arange(0.4, 20.0, RAY_STEP_MM)
SAC_ELLIPSE = (10.0, 7.5)
# The cord never fills the sac wholly: dura and a film of CSF lie between cord and canal.
FILM_MM = 0.5
NARROWEST_MM = 3.0


def draw_sac(frame: Frame, line: Centreline, cord: Tube | None) -> Tube:
    """The sac's outline along a centreline, around the cord where one was drawn."""
    image = smoothed(frame)
    x, y, z = heights(line, frame)
    step = float(np.median(np.diff(z))) if len(z) > 1 else 5.0
    base = ellipse(*SAC_ELLIPSE)
    expected = np.broadcast_to(base, (len(z), RAYS))
    for number in range(ROUNDS):
        rays = profiles(image, frame.spacing, x, y, z, SAC_RADII)
        start = _cord_reach(cord, x, y, z)
        scaled = _scaled(rays, line.csf, start, step)
        drop, index = _edge(scaled, start, expected, first=number == 0)
        radius = SAC_RADII[index]
        if number < ROUNDS - 1:
            expected = 0.85 * course(radius, SLOW_MM / step) + 0.15 * base
            x, y = (along(c + np.clip(d, -3, 3), 4.0 / step) for c, d in zip((x, y), off_centre(radius), strict=True))
    radius = along(np.maximum(radius, start + FILM_MM), 1.5 / step)
    walls = (take(drop, index[:, :, None])[:, :, 0] > 0.2).mean(axis=1)
    return Tube(x, y, z, radius, along(walls, 4.0 / step), expected)


def _cord_reach(cord: Tube | None, x: Floats, y: Floats, z: Floats) -> Floats:
    """How far the cord reaches in each direction from the sac's centre; NARROWEST_MM where no cord was drawn."""
    out = np.full((len(z), RAYS), NARROWEST_MM)
    for number, height in enumerate(z):
        cut = cord.at(float(height)) if cord is not None else None
        if cut is None:
            continue
        px = x[number] + np.cos(ANGLES)[:, None] * SAC_RADII - cut.x
        py = y[number] + np.sin(ANGLES)[:, None] * SAC_RADII - cut.y
        inside = np.hypot(px, py) <= cut.reach(np.arctan2(py, px))
        last = np.where(inside, SAC_RADII, 0).max(axis=1)
        out[number] = np.maximum(last, 1.0)
    return out


def _scaled(rays: Image, csf: int, start: Floats, step: float) -> Image:
    """Signal on a scale where CSF is 1 and what lies around the sac is 0, height by height."""
    bright = csf * rays
    near = (start[:, :, None] < SAC_RADII) & (start[:, :, None] + 4.0 > SAC_RADII)
    outer = (start[:, :, None] + 2.0 < SAC_RADII) & (start[:, :, None] + 10.0 > SAC_RADII)
    inside = np.median(np.where(near, bright, -np.inf).max(axis=2), axis=1)
    around = np.median(np.where(outer, bright, np.inf).min(axis=2), axis=1)
    inside, around = (along(part.astype(np.float64), 4.0 / step) for part in (inside, around))
    apart = np.maximum(inside - around, 1e-6 * np.abs(inside) + 1e-9)
    scaled = (bright - around[:, None, None]) / apart[:, None, None]
    return along(scaled, 1.0 / step if step < 3 else 0.0).astype(np.float32)


def _edge(scaled: Image, start: Floats, expected: Floats, first: bool) -> tuple[Image, NDArray[np.int_]]:
    """The first fall from CSF to what lies around it."""
    drop = np.zeros_like(scaled)
    drop[:, :, 1:-1] = scaled[:, :, :-2] - scaled[:, :, 2:]
    beyond = start[:, :, None] + FILM_MM
    lowest = np.minimum.accumulate(np.where(beyond < SAC_RADII, scaled, 1.0), axis=2)
    passed = np.cumsum(np.where(beyond < SAC_RADII, np.clip(0.5 - lowest, -0.4, 0.5), 0.0), axis=2) * RAY_STEP_MM
    away = np.minimum((SAC_RADII - expected[:, :, None]) ** 2, 9.0)
    cost = -1.6 * np.clip(drop, -0.2, 0.4) + 0.3 * passed + (0.02 if first else 0.12) * away
    cost += np.where(beyond > SAC_RADII, 5.0, 0.0)
    return drop, closed_path(cost.astype(np.float32), bend=0.05)
