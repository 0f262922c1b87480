"""The body around the canal: skin, fat, muscle, chest and belly roughly; vertebrae, discs, ligaments; the back of the skull."""

from __future__ import annotations

import numpy as np

from thecal.simulation.canal import EPIDURAL, radius_in
from thecal.simulation.canvas import Field, Mask, Noise, Sheet
from thecal.simulation.physics import Palette
from thecal.simulation.spine import DISC_CODES, VERTEBRA_CODES, Level, Profile, Spine, Tube

# Outline of the body in mm from the canal's centre: to the back, to the front, to the side; judged.
BACK_MM = {"C1": 62.0, "C4": 58.0, "C7": 50.0, "T3": 44.0, "T9": 46.0, "L1": 56.0, "L4": 68.0, "S1": 62.0, "S4": 44.0}
FRONT_MM = {"C2": 72.0, "C5": 62.0, "C7": 66.0, "T2": 92.0, "T5": 150.0, "T11": 175.0, "L3": 160.0, "S3": 150.0}
SIDE_MM = {"C2": 68.0, "C5": 60.0, "C7": 80.0, "T2": 165.0, "T6": 160.0, "L2": 150.0, "S1": 170.0}
SPINOUS_MM = {
    "C2": 20.0,
    "C3": 15.0,
    "C6": 21.0,
    "C7": 31.0,
    "T3": 31.0,
    "T8": 30.0,
    "L1": 31.0,
    "L3": 33.0,
    "L5": 25.0,
    "S1": 12.0,
    "S3": 7.0,
}
SPINOUS_SLOPE = {
    "C2": 0.25,
    "C5": 0.35,
    "T1": 0.55,
    "T6": 1.0,
    "T10": 0.7,
    "T12": 0.3,
    "L2": 0.12,
    "L5": 0.15,
    "S2": 0.2,
}


def paint_body(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Paints the coarse sheet, everything but the canal's content."""
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    _paint_soft(sheet, spine, palette, rng)
    _paint_vessels_and_airways(sheet, spine, palette)
    marrow = _marrow(spine)
    for level in spine.levels:
        if level.low - 30 > span[1] or level.high + 45 < span[0]:
            continue
        _paint_back_of_vertebra(sheet, spine, palette, level, palette[marrow])
        _paint_disc(sheet, spine, palette, level)
        _paint_vertebral_body(sheet, spine, palette, level, palette[marrow])
        if level.name[0] in "CTL" and level.name != "C1":
            _paint_foramen(sheet, spine, palette, level)
    _paint_atlas_and_dens(sheet, spine, palette, palette[marrow])
    _paint_skull(sheet, spine, palette, rng)


def _marrow(spine: Spine) -> str:
    if spine.age < 20:
        return "marrow_red"
    return "marrow_fatty" if spine.age > 62 else "marrow"


def _profile(spine: Spine, values: dict[str, float]) -> Profile:
    places = sorted((spine.level(name).middle, value * min(spine.scale, 1.1)) for name, value in values.items())
    return np.asarray(np.interp(spine.s, [p for p, _ in places], [x for _, x in places]))


def _on(sheet: Sheet, spine: Spine, profile: Profile) -> Field:
    return np.interp(sheet.s, spine.s, profile).astype(np.float32)


def _paint_soft(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Skin, fat and muscle; the great cavities of chest and belly."""
    u, v, _ = sheet.axes
    back, front, side = (_on(sheet, spine, _profile(spine, values)) for values in (BACK_MM, FRONT_MM, SIDE_MM))
    # Fat under the skin is thinner at the neck.
    neck_share = np.interp(sheet.s, [spine.level("T3").low, spine.level("C6").low], [1.0, 0.45]).astype(np.float32)
    width = np.float32(rng.uniform(5, 17) * spine.scale) * neck_share
    sheet.put(_outline(u, v, side, back, front, np.float32(0.0)), palette["skin"])
    sheet.put(_outline(u, v, side, back, front, np.float32(2.0)), palette["fat"])
    inner = _outline(u, v, side, back, front, 2.0 + width)
    sheet.put(inner, palette["muscle"])
    behind, ahead = slice(0, int(np.searchsorted(sheet.v, 12.0))), slice(int(np.searchsorted(sheet.v, -25.0)), None)
    _paint_muscle_fat(sheet.crop(v=(-500, 12)), spine, palette, rng, inner[:, behind])
    _paint_cavities(sheet.crop(v=(-25, 500)), spine, palette, rng, inner[:, ahead], side - width, front - width)


def _outline(u: Field, v: Field, side: Field, back: Field, front: Field, inset: Field | np.float32) -> Mask:
    lateral = (np.abs(u) / (side - inset)) ** 2.6
    return np.asarray(lateral + (np.abs(v) / (np.where(v < 0, back, front) - inset)) ** 2.6 < 1)


def _paint_cavities(
    sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inner: Mask, side: Field, front: Field
) -> None:
    u, v, s = sheet.axes
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    lumps = Noise(rng, 13.0, (-100, 100), (-30, 150), span).over(sheet)
    wall = _on(sheet, spine, spine.canal.v + spine.canal.b + 2 * spine.body_depth)
    shoulder, midriff = spine.level("T1").high, spine.level("T12").middle
    trunk, chest = s <= shoulder, (s <= shoulder) & (s > midriff)
    belly = trunk & ~chest
    # The cavity reaches back beside the spine, farther in the chest than in the belly.
    reach = (front + 20) / 2
    hollow = (np.abs(u) / (side - 20)) ** 2.2 + (np.abs(v - reach + 20) / reach) ** 2.2 < 1
    edge = _on(sheet, spine, spine.body_width) + np.where(chest, 4, 30) - 0.35 * np.where(chest, 0, v - 10) + 2 * lumps
    around = (body_radius(sheet, spine, 2.5) > 1) & (v > _on(sheet, spine, spine.canal.v + spine.canal.b) + 3)
    hollow &= ((np.abs(u) > edge) | around) & inner
    middle = np.abs(u + 6 * lumps) < 26 + 0.3 * np.maximum(v - wall, 0)
    heart = u**2 + (v - wall - 62) ** 2 < (46 + 5 * lumps) ** 2
    sheet.put(hollow & trunk, palette["fat"])
    sheet.put(hollow & chest & ~middle, palette["lung"])
    sheet.put(hollow & chest & heart, palette["muscle"])
    sheet.put(hollow & belly & (lumps > 0.15) & (v > wall + 14), palette["viscera"])
    sheet.put(hollow & belly & (np.abs(lumps + 0.9) < 0.12) & (v > wall + 18), palette["mucosa"])
    psoas = ((np.abs(u) - 37 * spine.scale) / 15) ** 2 + ((v - wall * 0.55) / 17) ** 2 < 1 + 0.12 * lumps
    sheet.put(psoas & (s < midriff) & (s > spine.level("S1").low), palette["muscle"])
    kidney = ((np.abs(u) - 64) / 19) ** 2 + ((v - wall * 0.45) / 20) ** 2 + ((s - spine.level("L2").high) / 50) ** 2 < 1
    sheet.put(kidney & hollow, palette["kidney"])


def _paint_muscle_fat(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inner: Mask) -> None:
    """Fat planes between the muscles of back and neck, fat within them, more with age; ligament and fat in the midline."""
    u, v, _ = sheet.axes
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    sway = Noise(rng, 16.0, (-100, 100), (-120, 20), span).over(sheet)
    grain = Noise(rng, 3.2, (-100, 100), (-120, 20), span).over(sheet)
    out = np.abs(u) + 3.5 * sway
    planes = np.abs(v + 34 + 0.004 * u**2 + 4 * sway) < 0.7
    for place, tilt in ((9.0, 0.05), (20.0, 0.35), (35.0, 0.25), (52.0, -0.2)):
        planes |= np.abs(out + tilt * (v + 12) - place * spine.scale) < 0.7
    worn = 0.55 * float(np.clip((spine.age - 30) / 55, 0, 1))
    fatty = grain > 1.9 - 1.1 * worn - 0.25 * np.exp(-((np.abs(u) / 14) ** 2))
    midline = np.abs(u + 0.6 * sway) < 2.0
    sheet.put(inner & (planes | fatty | midline), palette["fat"])
    sheet.put(inner & midline & (grain < 0.6), palette["interspinous"])
    sheet.put(inner & midline & (grain < -0.9), palette["yellow_ligament"])


def _paint_vessels_and_airways(sheet: Sheet, spine: Spine, palette: Palette) -> None:
    u, v, s = sheet.axes
    front = _on(sheet, spine, spine.canal.v + spine.canal.b + 2 * spine.body_depth)
    size = np.float32(spine.scale)
    shoulder, carina, iliac = spine.level("T1").high, spine.level("T4").low, spine.level("L4").low
    behind_throat = (np.abs(u) < 15) & (v > front - 1) & (v < front + 5) & (s > shoulder - 10)
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


def body_radius(sheet: Sheet, spine: Spine, grow: float = 0.0, waist: Field | float = 1.0) -> Field:
    """Superelliptic radius of the vertebral column's bodies: 1 on their surface, grow mm farther out."""
    u, v, _ = sheet.axes
    wall = _on(sheet, spine, spine.canal.v + spine.canal.b)
    depth, width = (_on(sheet, spine, profile) for profile in (spine.body_depth, spine.body_width))
    deep, wide = depth * waist + grow, width * waist + grow
    # The back wall stays straight against the canal; the waist draws in front and sides.
    centre = wall + deep - grow
    return np.asarray((np.abs(u) / wide) ** 2.5 + (np.abs(v - centre) / deep) ** 2.5, dtype=np.float32)


def _paint_vertebral_body(sheet: Sheet, spine: Spine, palette: Palette, level: Level, marrow: int) -> None:
    if level.name == "C1":
        return
    part = sheet.crop(u=(-45, 45), v=(-5, 62), s=(level.low, level.high))
    if part.s.size == 0:
        return
    share = (part.s[None, None, :] - level.low) / (level.high - level.low)
    waist = (1 - 0.085 * np.sin(np.pi * np.clip(share, 0, 1))).astype(np.float32)
    radius = body_radius(part, spine, 0.0, waist)
    code = VERTEBRA_CODES[level.name]
    part.put(radius < 1, palette["bone"], code)
    end = 1.1 if level.name[0] != "S" else 0.6
    inside = body_radius(part, spine, -1.1, waist) < 1
    inside &= (part.s > level.low + end)[None, None, :] & (part.s < level.high - end)[None, None, :]
    part.put(inside, marrow)
    u, v, s = part.axes
    wall = _on(part, spine, spine.canal.v + spine.canal.b)
    vein = (np.abs(s - level.middle) < 1.1) & (np.abs(u) < 6) & (v - wall < 8 * spine.scale)
    part.put(inside & vein, palette["venous_plexus"])


def _paint_disc(sheet: Sheet, spine: Spine, palette: Palette, level: Level) -> None:
    part = sheet.crop(u=(-45, 45), v=(-8, 62), s=(level.disc_low, level.low))
    if part.s.size == 0 or level.name == "C1":
        return
    bulge = spine.bulge_mm.get(level.name, 0.0)
    radius = body_radius(part, spine, 0.8 + bulge)
    code = DISC_CODES.get(level.name, 50 if level.name[0] == "S" else 0)
    part.put(radius < 1, palette["disc_annulus"], code)
    state = spine.disc_state.get(level.name, 1.0)
    middle, half = (level.low + level.disc_low) / 2, (level.low - level.disc_low) / 2
    _, _, s = part.axes
    core = body_radius(part, spine, -2.5) ** 0.8 + (np.abs(s - middle) / max(half * 0.92, 0.5)) ** 2.5 * 0.75 < 0.95
    nucleus = (
        f"disc_{level.name}" if f"disc_{level.name}" in palette.names else _add_nucleus(palette, level.name, state)
    )
    if level.name[0] != "S":
        part.put(core & (radius < 1), nucleus if isinstance(nucleus, int) else palette[nucleus])


def _add_nucleus(palette: Palette, name: str, state: float) -> int:
    healthy, worn = (palette.tissues[palette[key]] for key in ("disc_nucleus", "disc_degenerate"))
    share = float(np.clip(state, 0, 1))
    t2_s = healthy.t2_s * 1.25 * (1 - share) + worn.t2_s * 0.75 * share
    density = healthy.proton_density * (1 - share) + worn.proton_density * 0.8 * share
    return palette.add(f"disc_{name}", "disc_nucleus", t2_s=t2_s, proton_density=density)


def _paint_back_of_vertebra(sheet: Sheet, spine: Spine, palette: Palette, level: Level, marrow: int) -> None:
    """Pedicles, laminae with yellow ligament between them, spinous, transverse and articular processes."""
    height, size = level.high - level.low, spine.scale
    part = sheet.crop(u=(-44, 44), v=(-62, 40), s=(level.low - 0.95 * height - 12, level.high + 3))
    if part.s.size == 0 or level.name == "C1":
        return
    u, v, s = part.axes
    code = VERTEBRA_CODES[level.name]
    around = radius_in(spine.canal, spine, part)
    half_a, half_b, centre_v = (spine.at(p, level.middle) for p in (spine.canal.a, spine.canal.b, spine.canal.v))
    back = centre_v - half_b
    outside = around > 1.0
    bone, marrow_in = np.zeros(part.tissue.shape, bool), np.zeros(part.tissue.shape, bool)

    def add(shape: Mask, core: Mask) -> None:
        np.logical_or(bone, shape, out=bone)
        np.logical_or(marrow_in, core, out=marrow_in)

    # Pedicles stand on the upper half of the body.
    thick, wall = (5.5 if level.name[0] != "L" else 8.5) * size, centre_v + half_b
    beside, tall = np.abs(u) - half_a, np.abs(s - (level.low + 0.68 * height))
    reach = (v > -3) & (v < wall + 6)
    add(
        reach & (beside > -1.0) & (beside < thick) & (tall < 0.29 * height),
        reach & (beside > 0.3) & (beside < thick - 1.2) & (tall < 0.29 * height - 1.2),
    )
    # Laminae slope down and back.
    slope = 0.45 * np.maximum(back + 3 - v, 0)
    tall = np.abs(s + slope - (level.low + 0.30 * height))
    lamina_mm = 6.0 * size
    rim = (around - 1) * half_b
    arch = outside & (v < centre_v - 0.1 * half_b) & (rim < lamina_mm)
    add(arch & (tall < 0.36 * height), arch & (rim > 1.2) & (rim < lamina_mm - 1.2) & (tall < 0.36 * height - 1.2))
    flavum = (
        outside
        & (v < centre_v - 0.2 * half_b)
        & (rim < 3.0 * size)
        & (np.abs(u) > 0.8)
        & (tall >= 0.36 * height)
        & (tall < 0.75 * height)
    )
    if level.name[0] != "S":
        part.put(flavum & (part.anatomy == 0) & (s < level.low + 0.3 * height), palette["yellow_ligament"])
    _add_processes(part, spine, level, back, half_a, add)
    part.put(bone & outside, palette["bone"], code)
    part.put(marrow_in & bone & outside, marrow)


def _add_processes(part: Sheet, spine: Spine, level: Level, back: float, half_a: float, add) -> None:  # type: ignore[no-untyped-def]
    u, v, s = part.axes
    height, size = level.high - level.low, spine.scale
    own = np.random.default_rng(int(level.low * 1000)).normal(1.0, 0.12, 3)
    long = spine.at(_profile(spine, SPINOUS_MM), level.middle) * own[0]
    slant = spine.at(_profile(spine, SPINOUS_SLOPE), level.middle) / min(size, 1.1) * own[1]
    behind = back - 3.0 - v
    tall = np.abs(s + slant * np.maximum(behind, 0) - (level.low + 0.30 * height))
    # A process is lower at its root than towards its tip.
    high = (
        (0.40 if level.name[0] == "L" else 0.30) * height * own[2] * (0.72 + 0.4 * np.clip(behind / long, 0, 1) ** 0.7)
    )
    wide = 3.0 + 1.2 * np.clip(behind / long, 0, 1)
    inside = (behind > 0) & (behind < long) & (np.abs(u) < wide) & (tall < high)
    add(inside, (behind < long - 1.4) & (np.abs(u) < wide - 1.1) & (tall < high - 1.3) & (behind > 0))
    if level.name[0] == "S":
        beside = np.abs(u) - half_a
        wing = (beside > 0) & (v > back - 4) & (v < 22) & (np.abs(s - level.middle) < 0.5 * height - 0.5)
        add(wing, wing & (beside > 1.5) & (v > back - 2.5))
        return
    out = np.abs(u) - half_a
    round_ = ((out - 7.8 * size) / (6.2 * size)) ** 4 + ((v - back - size) / (8 * size)) ** 4
    # The joint between two articular processes is a thin dark slanting line at disc height.
    tall = np.abs(s - 0.6 * (v - back) - (level.low + 0.25 * height))
    half = 0.5 * (level.high - level.disc_low) - 0.7
    add((round_ < 1) & (tall < half), (round_ < 0.45) & (tall < half - 1.2))
    # Transverse processes: thin bars to the side and, in the chest, to the back.
    bar = np.abs(v - back - 2.5 * size + (0.5 if level.name[0] == "T" else 0.12) * (out - 8))
    tall = np.abs(s - level.low - 0.62 * height)
    length = {"C": 8.0, "T": 20.0, "L": 26.0}[level.name[0]] * size
    thick = 3.6 * size
    within = (out > 6) & (out < length)
    add(
        within & (bar < thick) & (tall < thick),
        within & (bar < thick - 1.2) & (tall < thick - 1.2) & (out < length - 1.2),
    )


def _paint_foramen(sheet: Sheet, spine: Spine, palette: Palette, level: Level) -> None:
    """Fat in the foramen under the pedicle, with the ganglion in it."""
    height, size = level.high - level.low, spine.scale
    half_a, wall = spine.at(spine.canal.a, level.low), spine.at(spine.canal.v + spine.canal.b, level.low)
    part = sheet.crop(u=(-36, 36), v=(-8, wall + 5), s=(level.disc_low - 3, level.low + 0.38 * height))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    beside = np.abs(u) - half_a
    middle = level.low + 0.02 * height
    hole = (
        (beside > -1)
        & (beside < 12 * size)
        & (((v - wall * 0.35) / (wall * 0.75)) ** 2 + ((s - middle) / (0.42 * height)) ** 2 < 1)
    )
    part.put(hole & ((part.anatomy < 60) | (part.anatomy > 100)), palette["fat"], 0)
    large = {"C": 2.6, "T": 2.4, "L": 3.6}[level.name[0]] * size
    ganglion = ((beside - 5.5 * size) / (large * 1.2)) ** 2 + ((v - wall * 0.3) / large) ** 2 + (
        (s - middle - 2) / (large * 1.3)
    ) ** 2 < 1
    part.put(ganglion, palette["ganglion"], 0)


def _paint_atlas_and_dens(sheet: Sheet, spine: Spine, palette: Palette, marrow: int) -> None:
    atlas, axis = spine.level("C1"), spine.level("C2")
    size = spine.scale
    part = sheet.crop(u=(-40, 40), v=(-32, 40), s=(axis.high - 2, atlas.high + 4))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    wall = spine.at(spine.canal.v + spine.canal.b, atlas.middle)
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


def _paint_skull(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """Back of the skull with cerebellum and cistern, clivus in front: enough to bound the upper end."""
    atlas = spine.level("C1")
    part = sheet.crop(s=(atlas.high + 1, float(sheet.s[-1]) + 1))
    if part.s.size < 2:
        return
    u, v, s = part.axes
    size = spine.scale
    ball = np.sqrt(
        (u / (52 * size)) ** 2
        + ((v + 22 * size) / (52 * size)) ** 2
        + ((s - atlas.high - 47 * size) / (44 * size)) ** 2
    )
    wall = 5.5 / 50
    folds = Noise(rng, 3.0, (-60, 60), (-90, 60), (float(part.s[0]), float(part.s[-1]))).over(part)
    part.put(ball < 1 + wall, palette["bone"], 0)
    part.put((ball < 1 + 0.7 * wall) & (ball > 1 + 0.3 * wall), palette["marrow"])
    part.put(ball < 1, palette["csf"])
    part.put(ball < 0.95, palette["grey_matter"])
    part.put((ball < 0.9) & (folds > 0.35), palette["white_matter"])
    front = spine.at(spine.canal.v + spine.canal.b, atlas.high)
    clivus = (np.abs(u) < 14) & (np.abs(v - front - 6 - 0.55 * (s - atlas.high)) < 5)
    part.put(clivus, palette["bone"], 0)
    part.put(clivus & (np.abs(v - front - 6 - 0.55 * (s - atlas.high)) < 3.6), palette["marrow"])
    opening = ((u / (15 * size)) ** 2 + (v / (16 * size)) ** 2 < 1) & (s < atlas.high + 12)
    part.put(opening, palette["csf"], 0)


def paint_recess(sheet: Sheet, tube: Tube, spine: Spine, palette: Palette) -> None:
    """Clears the canal in the coarse sheet, so that nothing shows where the fine sheet ends."""
    part = sheet.crop(u=(-24, 24), v=(-24, 24))
    part.put(radius_in(tube, spine, part) < 1, palette["fat"], EPIDURAL)
