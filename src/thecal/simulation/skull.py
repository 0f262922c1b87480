"""What lies above the spine: atlas, dens, clivus, the back of the skull, brainstem, cerebellum and cisterns."""

from __future__ import annotations

import numpy as np

from thecal.simulation.canal import MAGNUM_MM, radius_in
from thecal.simulation.canvas import Field, Noise, Sheet
from thecal.simulation.physics import Palette
from thecal.simulation.spine import VERTEBRA_CODES, Spine


def paint_atlas_and_dens(sheet: Sheet, spine: Spine, palette: Palette, marrow: int) -> None:
    """The ring of C1 and the dens of C2 behind its anterior arch."""
    atlas, axis = spine.level("C1"), spine.level("C2")
    size = spine.scale
    part = sheet.crop(u=(-40, 40), v=(-32, 40), s=(axis.high - 2, atlas.high + 4))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    wall = spine.at(spine.body_wall(), atlas.middle)
    back = spine.at(spine.canal.v - spine.canal.b, atlas.middle)
    dens = np.sqrt((u / (5.2 * size)) ** 2 + ((v - wall - 6 * size) / (5.2 * size)) ** 2)
    tip = atlas.high - 1.0
    top = np.clip((tip - s) / 5, 0, 1) ** 0.5
    part.put((dens < top) & (s < tip), palette["bone"], VERTEBRA_CODES["C2"])
    part.put((dens < top - 0.22) & (s < tip - 1.2), marrow)
    tall = np.abs(s - atlas.middle)
    arch = ((v - wall - 15 * size) / (3.2 * size)) ** 2 + (tall / (5.5 * size)) ** 2
    part.put((arch < 1) & (np.abs(u) < 11), palette["bone"], VERTEBRA_CODES["C1"])
    part.put((arch < 0.5) & (np.abs(u) < 11), marrow)
    mass = ((np.abs(u) - 19 * size) / (7 * size)) ** 2 + ((v - wall - 2) / (9 * size)) ** 2
    part.put((mass < 1) & (tall < 8 * size), palette["bone"], VERTEBRA_CODES["C1"])
    part.put((mass < 0.7) & (tall < 6.5 * size), marrow)
    ring = (radius_in(spine.canal, spine, part) - 1) * max(-back, 4.0)
    behind = (v < 0) & (ring > 0.3) & (ring < 5.5 * size) & (tall < 4.5 * size)
    part.put(behind, palette["bone"], VERTEBRA_CODES["C1"])
    part.put(behind & (ring > 1.5) & (ring < 4.3 * size) & (tall < 3.2 * size), marrow)


def paint_skull(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Back of the skull with cerebellum, brainstem and cisterns; clivus and throat in front."""
    atlas = spine.level("C1")
    part = sheet.crop(s=(atlas.high + 1, float(sheet.s[-1]) + 1))
    if part.s.size < 2:
        return
    u, v, s = part.axes
    # A child's head is large against its spine.
    size = 0.5 + 0.5 * spine.scale if spine.age < 15 else spine.scale
    up = s - atlas.high
    ball = np.sqrt(
        (u / (56 * size)) ** 2 + ((v + 20 * size) / (54 * size)) ** 2 + ((up - 46 * size) / (44 * size)) ** 2
    )
    wall = 5.5 / 50
    part.put(ball < 1 + wall, palette["bone"], 0)
    part.put((ball < 1 + 0.7 * wall) & (ball > 1 + 0.3 * wall), palette["marrow"])
    part.put(ball < 1, palette["csf"], 0)
    front = spine.at(spine.canal.v + spine.canal.b, atlas.high)
    _paint_clivus(part, palette, front, up, size)
    _paint_cerebellum(part, palette, rng, ball, up, size)
    _paint_stem(part, palette, up, size)
    opening = (
        ((u / (15 * size)) ** 2 + (v / (16 * size)) ** 2 < 1) & (up < MAGNUM_MM + 1) & (part.tissue == palette["bone"])
    )
    part.put(opening, palette["csf"], 0)


def _paint_clivus(part: Sheet, palette: Palette, front: float, up: Field, size: float) -> None:
    u, v, _ = part.axes
    off = v - front - 7 * size - 0.62 * up
    clivus = (np.abs(u) < 14 * size) & (np.abs(off) < 5 * size) & (up > 3)
    ahead = (np.abs(u) < 30 * size) & (off >= 5 * size) & (up > 3)
    part.put(ahead, palette["muscle"], 0)
    part.put(ahead & (off > 14 * size), palette["mucosa"])
    part.put(ahead & (off > 17 * size), palette["air"])
    part.put(clivus, palette["bone"], 0)
    part.put(clivus & (np.abs(off) < 3.6 * size), palette["marrow"])


def _paint_cerebellum(
    part: Sheet, palette: Palette, rng: np.random.Generator, ball: Field, up: Field, size: float
) -> None:
    """Two hemispheres with leaves, tonsils that end above the foramen magnum."""
    u, v, _ = part.axes
    folds = Noise(rng, 2.4, (-70, 70), (-90, 60), (float(part.s[0]), float(part.s[-1]))).over(part)
    trunk = Noise(rng, 9.0, (-70, 70), (-90, 60), (float(part.s[0]), float(part.s[-1]))).over(part)
    low = 6 * size + 0.9 * np.maximum(v + 14 * size, 0) + 6 * size * (np.abs(u) < 3.5 * size)
    inside = (ball < 0.95) & (v < -7 * size) & (up > low)
    part.put(inside, palette["grey_matter"])
    deep = inside & (ball + 0.05 * trunk < 0.74) & (np.abs(folds) > 0.25)
    part.put(deep | (inside & (folds > 1.05)), palette["white_matter"])
    part.put(inside & (folds < -1.45) & (ball > 0.6), palette["csf"])


def _paint_stem(part: Sheet, palette: Palette, up: Field, size: float) -> None:
    """Medulla that widens upwards, the pons in front of it, the fourth ventricle behind."""
    u, v, _ = part.axes
    grow = np.clip(up / (26 * size), 0, 1)
    a, b = (6.5 + 3.5 * grow) * size, (4.6 + 2.6 * grow) * size
    lean = 2.0 * size * grow
    medulla = (u / a) ** 2 + ((v - lean) / b) ** 2 < 1
    pons = (u / (17 * size)) ** 2 + ((v - 6.5 * size) / (11 * size)) ** 2 + ((up - 38 * size) / (14 * size)) ** 2 < 1
    part.put(medulla & (up < 32 * size), palette["white_matter"], 0)
    part.put(medulla & (np.abs(u) < 0.5 * a) & (np.abs(v - lean) < 0.45 * b) & (up < 32 * size), palette["grey_matter"])
    part.put(
        pons | ((up > 50 * size) & ((u / (14 * size)) ** 2 + ((v - 7 * size) / (9 * size)) ** 2 < 1)),
        palette["white_matter"],
    )
    fourth = (u / (7 * size)) ** 2 + ((v + 6.5 * size) / (4.5 * size)) ** 2 + ((up - 36 * size) / (14 * size)) ** 2 < 1
    part.put(fourth, palette["csf"])
