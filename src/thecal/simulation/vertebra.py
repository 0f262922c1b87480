"""The bones of the spine and what joins them: bodies with end plates and marrow, discs, arches, processes, foramina."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thecal.simulation.canal import radius_in
from thecal.simulation.canvas import Field, Mask, Noise, Sheet
from thecal.simulation.physics import Palette
from thecal.simulation.spine import VERTEBRA_CODES, Level, Profile, Spine

SPINOUS_MM = {
    "C2": 20.0, "C3": 15.0, "C6": 21.0, "C7": 31.0, "T3": 31.0, "T8": 30.0, "L1": 31.0, "L3": 33.0, "L5": 25.0, "S1": 12.0,
    "S3": 7.0,
}  # fmt: skip
SPINOUS_SLOPE = {
    "C2": 0.25, "C5": 0.35, "T1": 0.55, "T6": 1.0, "T10": 0.7, "T12": 0.3, "L2": 0.12, "L5": 0.15, "S2": 0.2,
}  # fmt: skip
Add = Callable[[Mask, Mask], None]


def profile_of(spine: Spine, values: dict[str, float]) -> Profile:
    """Sizes told by level as a profile along the canal, for a spine of this size."""
    places = sorted((spine.level(name).middle, value * min(spine.scale, 1.1)) for name, value in values.items())
    return np.asarray(np.interp(spine.s, [p for p, _ in places], [x for _, x in places]))


def on(sheet: Sheet, spine: Spine, profile: Profile) -> Field:
    """A profile along the canal in the cells of a sheet."""
    return np.interp(sheet.s, spine.s, profile).astype(np.float32)


def paint_vertebrae(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, marrow: int) -> None:
    """Every vertebra of the sheet from its arch to its body, with the disc below it and the foramina beside that."""
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    fine = Noise(rng, 2.2, (-46, 46), (-62, 64), span)
    coarse = Noise(rng, 7.0, (-46, 46), (-62, 64), span)
    kinds = marrow_kinds(palette, marrow)
    for level in spine.levels:
        if level.low - 30 > span[1] or level.high + 45 < span[0]:
            continue
        paint_arch(sheet, spine, palette, level, marrow)
        paint_disc(sheet, spine, palette, level)
        paint_body(sheet, spine, palette, level, marrow)
        if level.name != "C1":
            _mottle(sheet, level, marrow, kinds, fine, coarse)
            _change_endplates(sheet, spine, palette, level)
        if level.name[0] in "CTL" and level.name != "C1":
            paint_foramen(sheet, spine, palette, level)


def marrow_kinds(palette: Palette, marrow: int) -> tuple[int, int]:
    """Marrow with less and with more fat than its surroundings."""
    own = palette.tissues[marrow]
    name = palette.names[marrow]
    return (
        palette.add(
            f"{name}_redder", name, fat_fraction=0.72 * own.fat_fraction, proton_density=own.proton_density * 1.02
        ),
        palette.add(f"{name}_fatter", name, fat_fraction=min(1.35 * own.fat_fraction, 0.95)),
    )


def _mottle(sheet: Sheet, level: Level, marrow: int, kinds: tuple[int, int], fine: Noise, coarse: Noise) -> None:
    """Marrow is never even: islands with less and with more fat."""
    part = sheet.crop(u=(-45, 45), v=(-60, 62), s=(level.low, level.high))
    if part.s.size == 0:
        return
    here = part.tissue == marrow
    field = 0.75 * fine.over(part) + 0.65 * coarse.over(part)
    part.put(here & (field < -0.55), kinds[0])
    part.put(here & (field > 0.6), kinds[1])


def body_radius(sheet: Sheet, spine: Spine, grow: float = 0.0, waist: Field | float = 1.0) -> Field:
    """Superelliptic radius of the vertebral column's bodies: 1 on their surface, grow mm farther out."""
    u, v, _ = sheet.axes
    wall = on(sheet, spine, spine.body_wall())
    depth, width = (on(sheet, spine, profile) for profile in (spine.body_depth, spine.body_width))
    deep, wide = depth * waist + grow, width * waist + grow
    # The back wall stays straight against the canal; the waist draws in front and sides.
    centre = wall + deep - grow
    return np.asarray((np.abs(u) / wide) ** 2.5 + (np.abs(v - centre) / deep) ** 2.5, dtype=np.float32)


def paint_body(sheet: Sheet, spine: Spine, palette: Palette, level: Level, marrow: int) -> None:
    """A vertebral body: cortex, marrow, the vein that enters it from behind; spurs at worn discs; a child's is rounder."""
    if level.name == "C1":
        return
    part = sheet.crop(u=(-48, 48), v=(-5, 68), s=(level.low, level.high))
    if part.s.size == 0:
        return
    share = np.clip((part.s[None, None, :] - level.low) / (level.high - level.low), 0, 1)
    young = float(np.clip((14 - spine.age) / 14, 0, 1)) if level.name[0] != "S" else 0.0
    waist = 1 - (0.085 - 0.05 * young) * np.sin(np.pi * share) - 0.16 * young * np.abs(2 * share - 1) ** 3
    waist = (waist + _spurs(spine, level, share)).astype(np.float32)
    part.put(body_radius(part, spine, 0.0, waist) < 1, palette["bone"], VERTEBRA_CODES[level.name])
    end = (1.0 if level.name[0] != "S" else 0.6) * min(spine.scale + 0.2, 1.0)
    inside = body_radius(part, spine, -0.9, waist) < 1
    inside &= (part.s > level.low + end)[None, None, :] & (part.s < level.high - end)[None, None, :]
    part.put(inside, marrow)
    u, v, s = part.axes
    wall = on(part, spine, spine.body_wall())
    own = np.random.default_rng(int(level.low * 977)).random(2)
    flat = (0.6 + 0.9 * own[0]) * np.clip(1 - (v - wall) / ((4 + 7 * own[1]) * spine.scale), 0, 1)
    part.put(inside & (np.abs(s - level.middle) < flat) & (np.abs(u) < 5 * spine.scale), palette["venous_plexus"])


def _spurs(spine: Spine, level: Level, share: Field) -> Field:
    """How much farther a body reaches at its ends beside worn discs, as a share of its size."""
    names = [other.name for other in spine.levels]
    above = names[max(names.index(level.name) - 1, 0)]
    size = float(np.interp(level.middle, spine.s, spine.body_depth))
    low, high = (spine.discs[name].spur_mm / size if name in spine.discs else 0.0 for name in (level.name, above))
    return np.asarray(low * np.exp(-((share / 0.10) ** 2)) + high * np.exp(-(((1 - share) / 0.10) ** 2)), np.float32)


def _change_endplates(sheet: Sheet, spine: Spine, palette: Palette, level: Level) -> None:
    """Marrow beside a worn disc that holds oedema or fat, and dents of the end plate."""
    disc = spine.discs.get(level.name)
    if disc is None or (disc.endplate == "none" and not disc.node):
        return
    middle = (level.low + level.disc_low) / 2
    part = sheet.crop(u=(-45, 45), v=(-5, 66), s=(level.disc_low - 9, level.low + 9))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    wall, depth = (spine.at(p, middle) for p in (spine.body_wall(), spine.body_depth))
    own = np.random.default_rng(int(middle * 991)).random(3)
    if disc.endplate != "none":
        kind = palette["marrow_oedema" if disc.endplate == "oedema" else "marrow_fatty"]
        blob = (u / 24) ** 2 + ((v - wall - depth * (0.4 + 1.2 * own[0])) / (depth * 1.1)) ** 2
        blob = blob + ((s - middle) / ((level.low - level.disc_low) / 2 + 3 + 5 * own[1])) ** 2
        part.put((blob < 1) & (part.anatomy > 10) & (part.anatomy < 60) & (part.tissue != palette["bone"]), kind)
    if disc.node:
        edge = level.low if own[2] > 0.5 else level.disc_low
        dent = (
            ((u - 8 * (own[0] - 0.5)) / 5) ** 2 + ((v - wall - depth) / 5) ** 2 + ((s - edge) / (2 + 3 * own[1])) ** 2
        )
        near = (
            ((u - 8 * (own[0] - 0.5)) / 6.2) ** 2
            + ((v - wall - depth) / 6.2) ** 2
            + ((s - edge) / (3.2 + 3 * own[1])) ** 2
        )
        bone = (part.anatomy > 10) & (part.anatomy < 60)
        part.put((near < 1) & bone, palette["bone"])
        part.put((dent < 1) & bone, palette["disc_annulus"])


def paint_disc(sheet: Sheet, spine: Spine, palette: Palette, level: Level) -> None:
    """A disc: fibres around, water within, less of it the more it is worn; the cleft of a sound nucleus."""
    part = sheet.crop(u=(-45, 45), v=(-8, 64), s=(level.disc_low, level.low))
    if part.s.size == 0 or level.name == "C1":
        return
    bulge = spine.bulge_mm.get(level.name, 0.0)
    radius = body_radius(part, spine, 0.6 + bulge)
    part.put(radius < 1, palette["disc_annulus"], spine.disc_code(level.name))
    if level.name[0] == "S":
        return
    state = spine.disc_state.get(level.name, 1.0)
    middle, half = (level.low + level.disc_low) / 2, (level.low - level.disc_low) / 2
    _, _, s = part.axes
    core = body_radius(part, spine, -2.5) ** 0.8 + (np.abs(s - middle) / max(half * 0.92, 0.5)) ** 2.5 * 0.75
    name = f"disc_{level.name}"
    nucleus = palette[name] if name in palette.names else add_nucleus(palette, level.name, state)
    part.put((core < 0.95) & (radius < 1), nucleus)
    if state < 0.55 and half > 3.2:
        part.put((core < 0.55) & (np.abs(s - middle) < 0.5), palette["disc_cleft"])


def add_nucleus(palette: Palette, name: str, state: float) -> int:
    """The substance of a disc's middle between sound and worn."""
    healthy, worn = (palette.tissues[palette[key]] for key in ("disc_nucleus", "disc_degenerate"))
    share = float(np.clip(state, 0, 1))
    # Sound discs of the neck hold less water than those of the back: 62 ms and more. Source: chen_2014; the chest's judged.
    sound = {"C": 0.072, "T": 0.095}.get(name[0], healthy.t2_s * 1.25)
    t2_s = sound * (1 - share) + min(worn.t2_s * 0.75, 0.62 * sound) * share
    density = healthy.proton_density * (1 - share) + worn.proton_density * 0.8 * share
    return palette.add(f"disc_{name}", "disc_nucleus", t2_s=t2_s, proton_density=density)


class _Arch:
    """Bone and marrow of one vertebra's arch, gathered shape by shape."""

    def __init__(self, part: Sheet) -> None:
        self.bone = np.zeros(part.tissue.shape, bool)
        self.marrow = np.zeros(part.tissue.shape, bool)

    def add(self, shape: Mask, core: Mask) -> None:
        """One more piece: its outside and its marrow."""
        np.logical_or(self.bone, shape, out=self.bone)
        np.logical_or(self.marrow, core, out=self.marrow)


def paint_arch(sheet: Sheet, spine: Spine, palette: Palette, level: Level, marrow: int) -> None:
    """Pedicles, laminae with yellow ligament between them, spinous, transverse and articular processes."""
    height = level.high - level.low
    part = sheet.crop(u=(-48, 48), v=(-62, 40), s=(level.low - 0.95 * height - 12, level.high + 3))
    if part.s.size == 0 or level.name == "C1":
        return
    around = radius_in(spine.canal, spine, part)
    half_a, half_b, centre_v = (spine.at(p, level.middle) for p in (spine.canal.a, spine.canal.b, spine.canal.v))
    arch = _Arch(part)
    _add_pedicles(part, spine, level, half_a, centre_v + half_b, arch.add)
    _add_laminae(part, spine, level, around, (half_b, centre_v), arch.add)
    if level.name[0] != "S":
        _paint_flavum(part, spine, palette, level, around, (half_b, centre_v))
    back = centre_v - half_b
    _add_spinous(part, spine, level, back, arch.add)
    if level.name[0] == "S":
        _add_wings(part, level, back, half_a, arch.add)
    else:
        _add_joints(part, spine, palette, level, back, half_a, arch)
        _add_transverse(part, spine, level, back, half_a, arch.add)
    outside = around > 1.0
    part.put(arch.bone & outside, palette["bone"], VERTEBRA_CODES[level.name])
    part.put(arch.marrow & arch.bone & outside, marrow)


def _add_pedicles(part: Sheet, spine: Spine, level: Level, half_a: float, wall: float, add: Add) -> None:
    """Pedicles stand on the upper half of the body."""
    u, v, s = part.axes
    height, size = level.high - level.low, spine.scale
    thick = (5.5 if level.name[0] != "L" else 8.5) * size
    # Oval in section, and narrowest midway between body and lamina.
    half = (thick + 1) / 2 * (0.82 + 0.3 * np.clip((v - 0.5 * wall + 1.5) / (0.5 * wall + 4.5), -1, 1) ** 2)
    beside, tall = np.abs(u) - half_a - (thick - 1) / 2, s - (level.low + 0.68 * height)
    reach = (v > -3) & (v < wall + 6)

    def oval(less: float) -> Mask:
        section = np.abs(beside / (half - less)) ** 2.6 + np.abs(tall / (0.31 * height - less)) ** 2.6
        return np.asarray(reach & (section < 1), dtype=bool)

    add(oval(0.0), oval(1.2))


def _lamina_height(part: Sheet, level: Level, back: float) -> Field:
    """Distance from the mid-height of the laminae, which slope down and back."""
    _, v, s = part.axes
    slope = 0.45 * np.maximum(back + 3 - v, 0)
    return np.asarray(np.abs(s + slope - (level.low + 0.30 * (level.high - level.low))), dtype=np.float32)


def _add_laminae(part: Sheet, spine: Spine, level: Level, around: Field, canal: tuple[float, float], add: Add) -> None:
    _, v, _ = part.axes
    half_b, centre_v = canal
    height, lamina_mm = level.high - level.low, 6.0 * spine.scale
    tall, rim = _lamina_height(part, level, centre_v - half_b), (around - 1) * half_b
    arch = (around > 1.0) & (v < centre_v - 0.1 * half_b) & (rim < lamina_mm)
    add(arch & (tall < 0.36 * height), arch & (rim > 1.2) & (rim < lamina_mm - 1.2) & (tall < 0.36 * height - 1.2))


def _paint_flavum(
    part: Sheet, spine: Spine, palette: Palette, level: Level, around: Field, canal: tuple[float, float]
) -> None:
    """Yellow ligament between this lamina and the next, thicker at worn discs."""
    u, v, s = part.axes
    half_b, centre_v = canal
    height = level.high - level.low
    thick = 2.6 * spine.scale + (spine.discs[level.name].flavum_mm if level.name in spine.discs else 0.0)
    tall, rim = _lamina_height(part, level, centre_v - half_b), (around - 1) * half_b
    where = (around > 1.0) & (v < centre_v - 0.2 * half_b) & (rim < thick) & (np.abs(u) > 0.8)
    where &= (tall >= 0.36 * height) & (tall < 0.75 * height) & (part.anatomy == 0) & (s < level.low + 0.3 * height)
    part.put(where, palette["yellow_ligament"])


def _add_spinous(part: Sheet, spine: Spine, level: Level, back: float, add: Add) -> None:
    """A spinous process: lower at its root than towards its tip, cleft and short at the neck."""
    u, v, s = part.axes
    height, size = level.high - level.low, spine.scale
    own = np.random.default_rng(int(level.low * 1000)).normal(1.0, 0.12, 3)
    long = spine.at(profile_of(spine, SPINOUS_MM), level.middle) * own[0]
    slant = spine.at(profile_of(spine, SPINOUS_SLOPE), level.middle) / min(size, 1.1) * own[1]
    behind = back - 3.0 * size - v
    along = np.clip(behind / long, 0, 1)
    drop = slant * np.maximum(behind, 0) * (0.75 + 0.35 * along)
    tall = np.abs(s + drop - (level.low + 0.30 * height))
    round_tip = np.clip((1 - along) / 0.12, 0.0, 1.0) ** 0.5
    high = (0.40 if level.name[0] == "L" else 0.30) * height * own[2] * (0.72 + 0.4 * along**0.7) * round_tip
    wide = (2.6 + 1.6 * along) * min(size, 1.0)
    inside = (behind > 0) & (behind < long) & (np.abs(u) < wide) & (tall < high)
    add(inside, (behind < long - 1.4) & (np.abs(u) < wide - 1.0) & (tall < high - 1.2) & (behind > 0))


def _add_wings(part: Sheet, level: Level, back: float, half_a: float, add: Add) -> None:
    u, v, s = part.axes
    beside, height = np.abs(u) - half_a, level.high - level.low
    wing = (beside > 0) & (v > back - 4) & (v < 22) & (np.abs(s - level.middle) < 0.5 * height - 0.5)
    add(wing, wing & (beside > 1.5) & (v > back - 2.5))


def _add_joints(
    part: Sheet, spine: Spine, palette: Palette, level: Level, back: float, half_a: float, arch: _Arch
) -> None:
    """Articular processes; between two of them a thin slanting joint at disc height, wet where it is worn."""
    u, v, s = part.axes
    size = spine.scale
    out = np.abs(u) - half_a
    # Rounded, and turned backwards towards the side.
    behind = v - back - size + 0.25 * (out - 7.8 * size)
    round_ = np.abs((out - 7.8 * size) / (6.6 * size)) ** 2.4 + np.abs(behind / (8.4 * size)) ** 2.4
    tall = np.abs(s - 0.6 * (v - back) - (level.low + 0.25 * (level.high - level.low)))
    half = 0.5 * (level.high - level.disc_low) - 0.7
    arch.add((round_ < 1) & (tall < half), (round_ < 0.45) & (tall < half - 1.2))
    wet = spine.disc_state.get(level.name, 0.0) > 0.6 and int(level.low * 7) % 3 == 0
    part.put((round_ < 0.7) & (tall >= half) & (tall < half + 1.4), palette["csf" if wet else "ligament"])


def _add_transverse(part: Sheet, spine: Spine, level: Level, back: float, half_a: float, add: Add) -> None:
    """Transverse processes: thin bars to the side and, in the chest, to the back; broad ones where half joined to the sacrum."""
    u, v, s = part.axes
    size, height = spine.scale, level.high - level.low
    out = np.abs(u) - half_a
    chest = level.name[0] == "T" and level.name != "T13"
    bar = np.abs(v - back - 2.5 * size + (0.5 if chest else 0.12) * (out - 8))
    joined = spine.numbering.half_joined and level.name == spine.numbering.last_lumbar
    tall = np.abs(s - level.low - (0.3 if joined else 0.62) * height)
    length = {"C": 8.0, "T": 20.0, "L": 26.0}[level.name[0]] * size
    thick = (11.0 if joined else 3.6) * size
    within = (out > 6) & (out < length)
    add(
        within & (bar < min(thick, 6.0)) & (tall < thick),
        within & (bar < min(thick, 6.0) - 1.2) & (tall < thick - 1.2) & (out < length - 1.2),
    )


def paint_foramen(sheet: Sheet, spine: Spine, palette: Palette, level: Level) -> None:
    """Fat in the foramen under the pedicle, with ganglion and vein in it."""
    height, size = level.high - level.low, spine.scale
    half_a, wall = spine.at(spine.canal.a, level.low), spine.at(spine.body_wall(), level.low)
    slant = {"C": 0.5, "T": 0.0, "L": 0.15}[level.name[0]]
    part = sheet.crop(u=(-36, 36), v=(-8, wall + 5 + 12 * slant), s=(level.disc_low - 3, level.low + 0.38 * height))
    if part.s.size == 0:
        return
    u, v, s = part.axes
    beside = np.abs(u) - half_a
    middle = level.low + 0.02 * height
    narrow = 1 - 0.3 * spine.disc_state.get(level.name, 0.0)
    hole = (beside > -1) & (beside < 12 * size)
    # At the neck the foramina run obliquely to the front.
    ahead = v - slant * np.maximum(beside, 0)
    round_ = ((ahead - wall * 0.35) / (wall * 0.75)) ** 2 + ((s - middle) / (0.42 * height * narrow)) ** 2
    hole = hole & (round_ + np.abs((beside - 4 * size) / (9.0 * size)) ** 3 < 1)
    free = hole & ((part.anatomy < 60) | (part.anatomy > 100))
    part.put(free, palette["fat"], 0)
    vein = ((ahead - wall * 0.75) / 1.6) ** 2 + ((s - middle + 2) / 1.8) ** 2 < size**2
    part.put(free & vein, palette["venous_plexus"])
    large = {"C": 2.6, "T": 2.4, "L": 3.6}[level.name[0]] * size
    ganglion = ((beside - 5.5 * size) / (large * 1.2)) ** 2 + ((ahead - wall * 0.3) / large) ** 2
    ganglion = ganglion + ((s - middle - 2) / (large * 1.3)) ** 2
    part.put(ganglion < 1, palette["ganglion"], 0)
