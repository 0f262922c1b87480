"""The body around the spine: skin, fat, muscle, chest and belly roughly; the order in which everything is painted."""

from __future__ import annotations

import numpy as np

from thecal.simulation.canal import EPIDURAL, radius_in
from thecal.simulation.canvas import Field, Mask, Noise, Sheet
from thecal.simulation.physics import Palette
from thecal.simulation.skull import paint_atlas_and_dens, paint_skull
from thecal.simulation.spine import Spine, Tube
from thecal.simulation.surgery import paint_operation
from thecal.simulation.vertebra import body_radius, on, paint_vertebrae, profile_of

# Outline of the body in mm from the canal's centre: to the back, to the front, to the side; judged.
BACK_MM = {"C1": 62.0, "C4": 58.0, "C7": 50.0, "T3": 44.0, "T9": 46.0, "L1": 56.0, "L4": 68.0, "S1": 62.0, "S4": 44.0}
FRONT_MM = {"C2": 72.0, "C5": 62.0, "C7": 66.0, "T2": 92.0, "T5": 150.0, "T11": 175.0, "L3": 160.0, "S3": 150.0}
SIDE_MM = {"C2": 68.0, "C5": 60.0, "C7": 80.0, "T2": 165.0, "T6": 160.0, "L2": 150.0, "S1": 170.0}


def paint_body(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Paints the coarse sheet, everything but the canal's content."""
    _paint_soft(sheet, spine, palette, rng)
    _paint_vessels_and_airways(sheet, spine, palette)
    marrow = add_marrow(palette, spine.age, rng)
    paint_vertebrae(sheet, spine, palette, rng, marrow)
    paint_atlas_and_dens(sheet, spine, palette, marrow)
    paint_skull(sheet, spine, palette, rng)
    paint_operation(sheet, spine, palette)


def add_marrow(palette: Palette, age: float, rng: np.random.Generator) -> int:
    """This person's marrow: its fat grows with age. Source: baum_2018 for adults; judged for children."""
    fat = float(np.interp(age, [0, 2, 10, 20, 40, 60, 85], [0.03, 0.10, 0.20, 0.27, 0.36, 0.46, 0.58]))
    return palette.add("marrow_own", "marrow", fat_fraction=float(np.clip(fat + rng.normal(0, 0.06), 0.02, 0.8)))


def _paint_soft(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Skin, fat and muscle; the great cavities of chest and belly."""
    u, v, _ = sheet.axes
    back, front, side = (on(sheet, spine, profile_of(spine, values)) for values in (BACK_MM, FRONT_MM, SIDE_MM))
    # Fat under the skin is thinner at the neck.
    neck_share = np.interp(sheet.s, [spine.level("T3").low, spine.level("C6").low], [1.0, 0.45]).astype(np.float32)
    width = np.float32(rng.uniform(5, 17) * spine.scale) * neck_share
    sheet.put(_outline(u, v, side, back, front, np.float32(0.0)), palette["skin"])
    sheet.put(_outline(u, v, side, back, front, np.float32(2.0)), palette["fat"])
    inner = _outline(u, v, side, back, front, 2.0 + width)
    sheet.put(inner, palette["muscle"])
    behind, ahead = slice(0, int(np.searchsorted(sheet.v, 16.0))), slice(int(np.searchsorted(sheet.v, -25.0)), None)
    _paint_muscle_fat(sheet.crop(v=(-500, 16)), spine, palette, rng, inner[:, behind])
    if sheet.s[-1] > spine.level("T2").high:
        _paint_neck(sheet, spine, palette, rng, inner)
    _paint_cavities(sheet.crop(v=(-25, 500)), spine, palette, rng, inner[:, ahead], side - width, front - width)


def _outline(u: Field, v: Field, side: Field, back: Field, front: Field, inset: Field | np.float32) -> Mask:
    lateral = (np.abs(u) / (side - inset)) ** 2.6
    return np.asarray(lateral + (np.abs(v) / (np.where(v < 0, back, front) - inset)) ** 2.6 < 1)


def _paint_cavities(
    sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inner: Mask, side: Field, front: Field
) -> None:
    """Chest with lungs and heart; belly with bowel, psoas and kidneys; fat around them."""
    lumps_of = Noise(rng, 13.0, (-100, 100), (-30, 150), (float(sheet.s[0]), float(sheet.s[-1])))
    shoulder, midriff = spine.level("T1").high, spine.level("T12").middle
    for low, high, chest in ((midriff, shoulder, True), (-1e4, midriff, False)):
        start, stop = np.searchsorted(sheet.s, [low, high])
        part = sheet.crop(s=(low, high))
        if part.s.size == 0:
            continue
        u, v, _ = part.axes
        lumps = lumps_of.over(part)
        inside, far, wide = inner[:, :, start:stop], front[start:stop], side[start:stop]
        wall = on(part, spine, spine.canal.v + spine.canal.b + 2 * spine.body_depth)
        # The cavity reaches back beside the spine, farther in the chest than in the belly.
        reach = (far + 20) / 2
        hollow = (np.abs(u) / (wide - 20)) ** 2.2 + (np.abs(v - reach + 20) / reach) ** 2.2 < 1
        edge = on(part, spine, spine.body_width) + (4 if chest else 30 - 0.35 * (v - 10)) + 2 * lumps
        around = (body_radius(part, spine, 2.5) > 1) & (v > on(part, spine, spine.canal.v + spine.canal.b) + 3)
        hollow &= ((np.abs(u) > edge) | around) & inside
        part.put(hollow, palette["fat"])
        (_fill_chest if chest else _fill_belly)(part, spine, palette, hollow, lumps, wall)


def _fill_chest(part: Sheet, spine: Spine, palette: Palette, hollow: Mask, lumps: Field, wall: Field) -> None:
    u, v, _ = part.axes
    size = min(spine.scale, 1.1)
    middle = np.abs(u + 6 * lumps) < 26 * size + 0.3 * np.maximum(v - wall, 0)
    heart = u**2 + (v - wall - 62 * size) ** 2 < ((46 + 5 * lumps) * size) ** 2
    part.put(hollow & ~middle, palette["lung"])
    part.put(hollow & heart, palette["muscle"])


def _fill_belly(part: Sheet, spine: Spine, palette: Palette, hollow: Mask, lumps: Field, wall: Field) -> None:
    u, v, s = part.axes
    size = min(spine.scale, 1.1)
    part.put(hollow & (lumps > 0.15) & (v > wall + 14), palette["viscera"])
    part.put(hollow & (np.abs(lumps + 0.9) < 0.12) & (v > wall + 18), palette["mucosa"])
    # The muscle beside the spine that fills the back of the belly's wall.
    square = ((np.abs(u) - 58 * size) / (22 * size)) ** 2 + ((v - 2 * size - 4 * lumps) / (13 * size)) ** 2 < 1
    part.put(square & (s > spine.level("L4").low), palette["muscle"])
    psoas = ((np.abs(u) - 37 * size) / (15 * size)) ** 2 + ((v - wall * 0.55) / (17 * size)) ** 2 < 1 + 0.12 * lumps
    part.put(psoas & (s > spine.level("S1").low), palette["muscle"])
    kidney = ((np.abs(u) - 64 * size) / (19 * size)) ** 2 + ((v - wall * 0.6) / (20 * size)) ** 2
    kidney = kidney + ((s - spine.level("L2").high) / (50 * size)) ** 2
    part.put((kidney + 0.06 * lumps < 1) & hollow, palette["kidney"])
    part.put((kidney < 0.22) & hollow, palette["fat"])


def _paint_muscle_fat(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inner: Mask) -> None:
    """Fat planes between the muscles of back and neck, fat within them, more with age; ligament and fat in the midline."""
    u, v, _ = sheet.axes
    size = spine.scale
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    sway = Noise(rng, 16.0, (-100, 100), (-120, 40), span).over(sheet)
    # Fibres and the fat between them run along the spine.
    grain = Noise(rng, (2.2, 2.4, 13.0), (-100, 100), (-120, 40), span).over(sheet)
    streak = Noise(rng, (5.0, 5.0, 24.0), (-100, 100), (-120, 40), span).over(sheet)
    # Planes and streaks die out towards the front instead of ending at a line.
    fade = np.clip((14 - v) / 22, 0, 1)
    out = np.abs(u) + 3.5 * sway
    thin = 0.85 * np.clip(fade + 0.25 * streak, 0, 1)
    planes = np.abs(v + (34 + 0.004 * u**2) * size + 4 * sway) < thin
    for place, tilt in ((9.0, 0.05), (20.0, 0.35), (35.0, 0.25), (52.0, -0.2)):
        planes |= np.abs(out + tilt * (v + 12) - place * size) < thin
    worn = 0.55 * float(np.clip((spine.age - 30) / 55, 0, 1)) + float(rng.normal(0, 0.1))
    near = 0.35 * np.exp(-((np.abs(u) / (16 * size)) ** 2))
    marbled = 0.7 * grain + 0.55 * streak + 0.9 * worn + near - 0.9 * (1 - fade)
    fatty = marbled > 1.75
    midline = (np.abs(u + 0.6 * sway) < 1.8 * size) & (v < -4)
    sheet.put(inner & (marbled > 0.45), palette["muscle_loose"])
    sheet.put(inner & (marbled > 1.15), palette["muscle_fatty"])
    sheet.put(inner & (planes | fatty | midline), palette["fat"])
    sheet.put(inner & midline & (streak + 0.5 * sway < 0.7), palette["interspinous"])
    sheet.put(inner & midline & (streak + 0.5 * sway < -0.9), palette["yellow_ligament"])


def _paint_neck(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inner: Mask) -> None:
    """The front of the neck: fat between muscles, glands, great veins, thyroid beside the windpipe."""
    start = int(np.searchsorted(sheet.s, spine.level("T2").high))
    sheet, inner = sheet.crop(s=(spine.level("T2").high, 1e4)), inner[:, :, start:]
    u, v, s = sheet.axes
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    lumps = Noise(rng, 9.0, (-100, 100), (-10, 150), span).over(sheet)
    size = spine.scale
    wall = on(sheet, spine, spine.canal.v + spine.canal.b + 2 * spine.body_depth)
    neck = inner
    sheet.put(neck & (v > 16) & (lumps + 0.02 * (np.abs(u) - 14) > 0.15), palette["fat"])
    strap = ((np.abs(u) - 37 * size - 2 * lumps) / (7 * size)) ** 2 + ((v - wall - 4) / (17 * size)) ** 2 < 1
    scalene = ((np.abs(u) - 25 * size) / (7 * size)) ** 2 + ((v - 12 * size) / (9 * size)) ** 2 < 1
    sheet.put(neck & (strap | scalene), palette["muscle"])
    gland = ((np.abs(u) - 15 * size) / (8 * size)) ** 2 + ((v - wall - 20 * size) / (11 * size)) ** 2
    gland = gland + ((s - spine.level("C7").middle) / (24 * size)) ** 2
    sheet.put(gland + 0.15 * lumps < 1, palette["gland"])
    jugular = ((np.abs(u) - 33 * size) / (5 * size)) ** 2 + ((v - wall - 13 * size) / (4 * size)) ** 2 < 1
    sheet.put(neck & jugular, palette["slow_blood"])


def _paint_vessels_and_airways(sheet: Sheet, spine: Spine, palette: Palette) -> None:
    sheet = sheet.crop(u=(-45, 45), v=(-10, 130))
    u, v, s = sheet.axes
    front = on(sheet, spine, spine.canal.v + spine.canal.b + 2 * spine.body_depth)
    size = np.float32(spine.scale)
    shoulder, carina, iliac = spine.level("T1").high, spine.level("T4").low, spine.level("L4").low
    behind_throat = (
        ((u / (17 * size)) ** 2 + ((v - front - 1) / (5 * size)) ** 2 < 1) & (v > front - 1) & (s > shoulder - 10)
    )
    sheet.put(behind_throat, palette["muscle"])
    gullet = (u / 8) ** 2 + ((v - front - 8) / 4) ** 2 < 1
    sheet.put(gullet & (s > spine.level("T10").low) & (s < spine.level("C5").low), palette["muscle"])
    sheet.put((u / 8) ** 2 + ((v - front - 6) / 2.5) ** 2 < 1, palette["mucosa"]) if shoulder < sheet.s[-1] else None
    airway = (u / (8 * size)) ** 2 + ((v - front - 20) / (7.5 * size)) ** 2 < 1
    sheet.put(airway & (s > carina), palette["air"])
    for side in (-1, 1):
        carotid = ((u - side * 27 * size) / 4) ** 2 + ((v - front - 10) / 4) ** 2 < 1
        sheet.put(carotid & (s > shoulder), palette["blood"])
        vertebral = ((u - side * 17 * size) / 2) ** 2 + ((v - front * 0.45) / 2) ** 2 < 1
        sheet.put(vertebral & (s > spine.level("C6").low) & (s < spine.level("C1").high), palette["blood"])
    sway = 6 + 12 * np.clip((s - spine.level("L1").low) / 120, 0, 1)
    aorta = ((u + sway * size) / (11 * size)) ** 2 + ((v - front - 11 * size + 0.4 * sway) / (11 * size)) ** 2 < 1
    sheet.put(aorta & (s < carina) & (s > iliac), palette["blood"])
    cava = ((u - 16 * size) / (10 * size)) ** 2 + ((v - front - 10 * size) / (8 * size)) ** 2 < 1
    sheet.put(cava & (s < spine.level("T11").low) & (s > iliac), palette["blood"])


def paint_recess(sheet: Sheet, tube: Tube, spine: Spine, palette: Palette) -> None:
    """Clears the canal in the coarse sheet, so that nothing shows where the fine sheet ends."""
    part = sheet.crop(u=(-24, 24), v=(-24, 24))
    part.put(radius_in(tube, spine, part) < 1, palette["fat"], EPIDURAL)
