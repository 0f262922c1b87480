"""Lesions inside the cord: masses with their cysts, caps and oedema; plaques, infarcts and oedema without a mass; syrinx; web."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thecal.simulation.canal import CORD, SAC, cord_coordinates
from thecal.simulation.canvas import Field, Mask, Noise, Sheet
from thecal.simulation.scene import (
    BLOOD,
    CORD_CHANGE,
    OEDEMA,
    POLAR_CYST,
    SYRINX,
    TUMOUR_CYST,
    Focus,
    Scene,
    add_tissues,
    fill,
)
from thecal.simulation.spine import Spine, Tube, wander


def swell(spine: Spine, focus: Focus, factor: float, ease_mm: float, extra_mm: float = 0.0) -> None:
    """Widens the cord along a lesion, as far as the sac has room."""
    longer = Focus(focus.case, focus.instance, focus.s, focus.half_mm + extra_mm)
    grow = 1 + (np.sqrt(factor) - 1) * longer.hump(spine.s, ease_mm)
    cord, sac = spine.cord, spine.sac
    a, b = np.minimum(cord.a * grow, 0.92 * sac.a), np.minimum(cord.b * grow, 0.92 * sac.b)
    spine.cord = Tube(
        cord.u, cord.v, np.maximum(a, np.minimum(cord.a, sac.a)), np.maximum(b, np.minimum(cord.b, sac.b))
    )


def deform_mass(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Makes room for a mass in the cord."""
    factor = float(rng.uniform(1.5, 2.6) if focus.case.is_("cord_expansion") else rng.uniform(1.0, 1.08))
    swell(spine, focus, factor, 12.0, 8.0 if focus.case.is_("polar_cyst") else 0.0)


def paint_mass(focus: Focus, scene: Scene) -> None:
    """A mass in the cord, from what lies farthest out (oedema, syrinx) to what lies innermost."""
    case, rng = focus.case, scene.rng
    sheet = scene.canal.crop(s=(focus.low - 90, focus.high + 90))
    across, along = cord_coordinates(sheet, scene.spine)
    in_cord = sheet.anatomy == CORD
    at = _place(focus, rng)
    rough = scene.noise(3.5)
    _paint_oedema(sheet, focus, scene, across, along, in_cord)
    if case.is_("syrinx"):
        _paint_syrinx(sheet, focus, scene, across, along, in_cord, focus.half_mm)
    poles = _poles(rng, case.is_("polar_cyst"))
    if poles:
        _paint_polar_cysts(sheet, focus, scene, across, along, in_cord, poles)
    girth = (0.93 if case.signs.get("axial_position", "central") == "central" else 0.66) * focus.girth
    uneven = 0.05 if case.is_("margins", "well_defined") else 0.24
    depth = np.sqrt(((across - at[0]) / girth) ** 2 + ((along - at[1]) / girth) ** 2 + _ends(sheet, focus) ** 2)
    depth = np.asarray(depth + uneven * rough.over(sheet), dtype=np.float32)
    room = in_cord
    if case.is_("exophytic"):
        out = np.sqrt(
            ((across - 0.85 * np.sign(at[0])) / 0.55) ** 2
            + ((along + 0.3) / 0.55) ** 2
            + (1.5 * _ends(sheet, focus)) ** 2
        )
        depth, room = np.minimum(depth, out), in_cord | (sheet.anatomy == SAC)
    inside = (depth < 1) & room
    fill(sheet, inside, depth, focus, add_tissues(scene.palette, case), scene.noise(2.6 if focus.half_mm < 12 else 4.0))
    sheet.put(inside, None, CORD)
    if case.is_("tumoral_cyst"):
        _paint_tumour_cyst(sheet, focus, scene, depth, inside, across, along)
    _paint_blood(sheet, focus, scene, depth, inside, in_cord)
    if case.is_("flow_voids"):
        paint_voids(focus, scene)


def _place(focus: Focus, rng: np.random.Generator) -> tuple[float, float]:
    if focus.case.signs.get("axial_position", "central") == "central":
        return float(rng.normal(0, 0.04)), float(rng.normal(0, 0.04))
    angle = rng.uniform(0, 2 * np.pi)
    return 0.34 * float(np.cos(angle)), 0.34 * float(np.sin(angle))


def _ends(sheet: Sheet, focus: Focus, half_mm: float | None = None, middle: float | None = None) -> Field:
    """Distance from a lesion's middle along the canal, 1 at its ends."""
    _, _, s = sheet.axes
    return np.asarray((s - (focus.s if middle is None else middle)) / (half_mm or focus.half_mm), dtype=np.float32)


def _paint_oedema(sheet: Sheet, focus: Focus, scene: Scene, across: Field, along: Field, in_cord: Mask) -> None:
    extent = focus.case.signs.get("oedema", "absent")
    if extent == "absent":
        return
    share = {"limited": scene.rng.uniform(0.25, 0.45), "extensive": scene.rng.uniform(1.25, 2.2)}[extent]
    beyond = float(np.clip(focus.half_mm * share, 3.0 if extent == "limited" else 12.0, 75.0))
    edge = np.sqrt(across**2 + along**2) / 0.72
    reach = edge**2 + np.abs(_ends(sheet, focus, focus.half_mm + beyond)) ** 4
    where = in_cord & (reach + 0.15 * scene.noise(5.0).over(sheet) < 1)
    sheet.put(where, scene.palette["oedema"], None, OEDEMA, focus.instance)


def _paint_syrinx(
    sheet: Sheet, focus: Focus, scene: Scene, across: Field, along: Field, in_cord: Mask, start_mm: float
) -> None:
    rng = scene.rng
    low, high = (start_mm + float(rng.uniform(12, 60)) for _ in range(2))
    beyond = np.where(
        _ends(sheet, focus) < 0,
        np.abs(_ends(sheet, focus)) * focus.half_mm / low,
        np.abs(_ends(sheet, focus)) * focus.half_mm / high,
    )
    wave = 1 + 0.2 * np.interp(sheet.s, scene.spine.s, wander(rng, len(scene.spine.s), 8))[None, None, :]
    where = in_cord & ((across / 0.5) ** 2 + (along / 0.45) ** 2 + beyond**6 < wave)
    sheet.put(where, scene.palette["cyst_clear"], None, SYRINX, focus.instance)


def _poles(rng: np.random.Generator, wanted: bool) -> tuple[float, ...]:
    if not wanted:
        return ()
    return ((-1.0, 1.0), (-1.0,), (1.0,))[int(rng.integers(3))]


def _paint_polar_cysts(
    sheet: Sheet, focus: Focus, scene: Scene, across: Field, along: Field, in_cord: Mask, poles: tuple[float, ...]
) -> None:
    filling = "cyst_clear" if scene.rng.random() < 0.5 else "cyst_protein"
    for pole in poles:
        half = float(np.clip(scene.rng.uniform(0.35, 0.7) * focus.half_mm, 5, 16))
        middle = focus.s + pole * (focus.half_mm + 0.55 * half)
        where = in_cord & ((across / 0.62) ** 2 + (along / 0.62) ** 2 + _ends(sheet, focus, half, middle) ** 2 < 1)
        sheet.put(where, scene.palette[filling], None, POLAR_CYST, focus.instance)


def _paint_tumour_cyst(
    sheet: Sheet, focus: Focus, scene: Scene, depth: Field, inside: Mask, across: Field, along: Field
) -> None:
    rng = scene.rng
    filling = scene.palette["cyst_protein"]
    if focus.case.is_("enhancement_pattern", "mural_nodule"):
        side, pole = float(rng.choice([-1, 1])), float(rng.uniform(-0.5, 0.5))
        nodule = ((across - 0.55 * side) / 0.42) ** 2 + (along / 0.5) ** 2 + (
            2.4 * (_ends(sheet, focus) - pole)
        ) ** 2 < 1
        sheet.put(inside & (depth < 0.90) & ~nodule, filling, None, TUMOUR_CYST, focus.instance)
        return
    for _ in range(int(rng.integers(1, 4))):
        u, v, s = (float(rng.uniform(-reach, reach)) for reach in (0.3, 0.3, 0.5))
        size = float(rng.uniform(0.28, 0.5))
        bubble = ((across - u) / size) ** 2 + ((along - v) / size) ** 2 + (
            (_ends(sheet, focus) - s) / (0.8 * size)
        ) ** 2 < 1
        sheet.put(inside & bubble, filling, None, TUMOUR_CYST, focus.instance)


def _paint_blood(sheet: Sheet, focus: Focus, scene: Scene, depth: Field, inside: Mask, in_cord: Mask) -> None:
    case, dark = focus.case, scene.palette["haemosiderin"]
    if not case.is_("haemorrhage"):
        return
    _, _, s = sheet.axes
    if case.is_("haemosiderin_ring"):
        core = inside & (depth < 0.8) & (scene.noise(2.2).over(sheet) > 0.1)
        sheet.put(core, scene.palette["methaemoglobin"], None, BLOOD, focus.instance)
        sheet.put(in_cord & (depth > 0.82) & (depth < 1.22), dark, None, BLOOD, focus.instance)
    elif not case.is_("cap_sign"):
        spots = inside & (depth < 0.8) & (scene.noise(3.0).over(sheet) > 1.0)
        sheet.put(
            spots,
            scene.palette["methaemoglobin" if scene.rng.random() < 0.5 else "haemosiderin"],
            None,
            BLOOD,
            focus.instance,
        )
    if case.is_("cap_sign"):
        both = scene.rng.random() < 0.5
        only = 0.0 if both else float(scene.rng.choice([-1.0, 1.0]))
        pole = (np.abs(s - focus.s) > 0.72 * focus.half_mm) & ((s - focus.s) * only >= 0)
        sheet.put(in_cord & pole & (depth > 0.93) & (depth < 1.26), dark, None, BLOOD, focus.instance)


def paint_voids(focus: Focus, scene: Scene) -> None:
    """Dark winding vessels in the CSF behind the cord, along the lesion and beyond."""
    spine, rng = scene.spine, scene.rng
    reach = focus.half_mm + float(rng.uniform(25, 70))
    for _ in range(int(rng.integers(2, 5))):
        part = scene.canal.crop(
            s=(focus.s - reach * float(rng.uniform(0.6, 1)), focus.s + reach * float(rng.uniform(0.6, 1)))
        )
        sway, bob = (wander(rng, len(spine.s), 5) for _ in range(2))
        u, v, _ = part.axes
        centre_u = np.interp(part.s, spine.s, spine.cord.u + 0.55 * spine.sac.a * np.clip(sway, -1, 1))
        gap = np.maximum((spine.cord.v - spine.cord.b) - (spine.sac.v - spine.sac.b), 1.4)
        centre_v = np.interp(part.s, spine.s, spine.cord.v - spine.cord.b - gap * (0.45 + 0.25 * np.clip(bob, -1, 1)))
        wall = float(rng.uniform(0.55, 0.95))
        tube = (u - centre_u) ** 2 + (v - centre_v) ** 2 < wall**2
        part.put(tube & (part.anatomy == SAC), scene.palette["flow_void"])


def deform_plaque(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Swells the cord where it is to be swollen; narrows the canal where that is the cause."""
    if focus.case.is_("cord_expansion"):
        swell(spine, focus, float(rng.uniform(1.3, 1.6)), 18.0)
    if focus.case.is_("canal_stenosis"):
        narrow(spine, focus.s, float(rng.uniform(0.62, 0.8)))


def narrow(spine: Spine, s: float, share: float) -> None:
    """Canal stenosis at a disc: the disc bulges from the front, the yellow ligament folds in from the back."""
    name = spine.level_at(s)
    near = np.exp(-(((spine.s - s) / 5.5) ** 2))
    wanted = spine.at(spine.cord.b, s) * 2 * share + 0.6
    loss = np.maximum(2 * spine.at(spine.sac.b, s) - wanted, 0) * near
    sac, canal = spine.sac, spine.canal
    spine.sac = Tube(sac.u, sac.v - 0.15 * loss, sac.a, sac.b - loss / 2)
    spine.canal = Tube(canal.u, canal.v - 0.15 * loss, canal.a, canal.b - loss / 2)
    spine.bulge_mm[name] = max(spine.bulge_mm.get(name, 0.0), 1.8)
    spine.disc_state[name] = 1.0


Territory = Callable[[Field, Field], Field]
# Where in the cord's cross-section: 0 at the heart of the territory, 1 at its border.
TERRITORIES: dict[str, Territory] = {
    "central_grey": lambda p, q: np.sqrt((p / 0.58) ** 2 + (q / 0.55) ** 2),
    "holocord": lambda p, q: np.sqrt(p**2 + q**2) / 0.93,
    "dorsal_columns": lambda p, q: np.sqrt((p / (0.20 - 0.28 * np.minimum(q, 0))) ** 2 + ((q + 0.55) / 0.42) ** 2),
    "dorsal_subpial": lambda p, q: np.sqrt((p / 0.75) ** 2 + ((q + 0.75) / 0.5) ** 2),
    "lateral": lambda p, q: np.sqrt(((p - 0.62) / 0.36) ** 2 + ((q + 0.05) / 0.5) ** 2),
    "anterior_horns": lambda p, q: np.sqrt(((np.abs(p) - 0.33) / 0.2) ** 2 + ((q - 0.2) / 0.3) ** 2),
}


def paint_plaque(focus: Focus, scene: Scene) -> None:
    """Change of the cord's signal in its territory, without a mass; or a syrinx on its own."""
    case = focus.case
    sheet = scene.canal.crop(s=(focus.low - 6, focus.high + 6))
    across, along = cord_coordinates(sheet, scene.spine)
    in_cord = sheet.anatomy == CORD
    if case.is_("syrinx") and case.archetype == "plaque":
        wide = 0.72 if case.is_("cord_expansion") else 0.45
        where = in_cord & ((across / wide) ** 2 + (along / (0.95 * wide)) ** 2 + np.abs(_ends(sheet, focus)) ** 3 < 1)
        sheet.put(where, scene.palette["cyst_clear"], None, SYRINX, focus.instance)
        return
    side = np.float32(scene.rng.choice([-1.0, 1.0]))
    section = TERRITORIES[case.signs.get("axial_territory", "central_grey")](across * side, along)
    blunt = 2.5 if focus.half_mm < 20 else 6
    depth = (section**2 + np.abs(_ends(sheet, focus)) ** blunt) ** 0.5
    uneven = 0.06 if case.is_("margins", "well_defined") else 0.16
    depth = np.asarray(depth + uneven * scene.noise(4.0).over(sheet), dtype=np.float32)
    tissues = add_tissues(scene.palette, case, "plaque")
    fill(sheet, (depth < 1) & in_cord, depth, focus, tissues, _patches(scene), CORD_CHANGE)
    if case.is_("flow_voids"):
        paint_voids(focus, scene)


def _patches(scene: Scene) -> Noise:
    return scene.noise(4.5)


def deform_web(focus: Focus, spine: Spine) -> None:
    """The cord is pushed or drawn to the front over a short length and thinned there."""
    near = focus.hump(spine.s, 9.0)
    cord, sac = spine.cord, spine.sac
    thin = 1 - 0.42 * near
    b = cord.b * thin
    front = sac.v + sac.b - b - 0.1
    spine.cord = Tube(cord.u, cord.v * (1 - near) + front * near, cord.a * (1 - 0.1 * near), b)


def paint_web(focus: Focus, scene: Scene) -> None:
    """Signal change of the cord where it is bent, and the syrinx above or below."""
    sheet = scene.canal.crop(s=(focus.low - 90, focus.high + 90))
    across, along = cord_coordinates(sheet, scene.spine)
    in_cord = sheet.anatomy == CORD
    if focus.case.is_("syrinx"):
        _paint_syrinx(sheet, focus, scene, across, along, in_cord, focus.half_mm)
    where = in_cord & (across**2 + along**2 < 0.4) & (np.abs(_ends(sheet, focus)) < 1)
    sheet.put(where, scene.palette["plaque"], None, CORD_CHANGE, focus.instance)
