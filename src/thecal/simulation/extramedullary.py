"""Lesions in the sac beside the cord: nodules with dural base or dumbbell, cysts."""

from __future__ import annotations

import numpy as np

from thecal.simulation.canal import CORD, SAC, paint_root, radius_in
from thecal.simulation.canvas import Field, Mask, Sheet
from thecal.simulation.cordwork import (
    beside,
    direction_of,
    ends,
    half_depth,
    paint_around,
    paint_polar_cysts,
    paint_voids,
    press,
)
from thecal.simulation.details import paint_details
from thecal.simulation.scene import ENHANCING, OUTER_CYST, SOLID, Focus, Scene
from thecal.simulation.spine import Spine, Tube
from thecal.simulation.substance import Body, fill, fluid_of, substance_of


def girth_mm(focus: Focus, spine: Spine) -> float:
    """Radius of a nodule's cross-section: as round as its length allows, within the sac."""
    sac = min(spine.at(spine.sac.a, focus.s), 1.25 * spine.at(spine.sac.b, focus.s))
    return float(np.clip(0.85 * focus.half_mm, 1.8, 0.70 * sac)) * focus.girth


def widen(focus: Focus, spine: Spine) -> None:
    """Scallops the bone around a lesion: the canal grows wider along it."""
    if not focus.case.is_("bone_remodelling"):
        return
    wide = 2.8 * focus.hump(spine.s, 10.0) * min(spine.scale, 1.0)
    sac, canal = spine.sac, spine.canal
    spine.sac = Tube(sac.u, sac.v, sac.a + wide, sac.b + wide)
    spine.canal = Tube(canal.u, canal.v, canal.a + wide, canal.b + wide)


def deform_nodule(focus: Focus, spine: Spine, rng: np.random.Generator) -> Focus:
    """Widens the canal where it is scalloped, and pushes the cord away; returns the focus with the girth it has room for."""
    widen(focus, spine)
    direction = direction_of(focus)
    if direction is None:
        return focus
    natural = girth_mm(focus, spine)
    room = press(spine, focus, direction, 1.75 * natural, 7.0, rng)
    girth = focus.girth * float(np.clip(room / 1.75 / natural, 0.35, 1.6))
    return Focus(focus.case, focus.instance, focus.s, focus.half_mm, girth)


def paint_nodule(focus: Focus, scene: Scene) -> None:
    """A nodule in the sac, with what belongs to it: tail, dumbbell, cyst, target, blood, vessels."""
    case, spine = focus.case, scene.spine
    paint_around(focus, scene)
    paint_polar_cysts(focus, scene, SAC)
    radius = girth_mm(focus, spine)
    sheet = scene.canal.crop(s=(focus.low - 14, focus.high + 14))
    across, along = _coordinates(focus, scene, sheet, radius)
    frayed: Field = np.zeros(1, np.float32)
    if case.is_("margins", "ill_defined"):
        frayed = np.float32(0.42) * scene.rng.random(sheet.tissue.shape, dtype=np.float32)
    depth = scene.radius(across, along, ends(sheet, focus)) + np.float32(0.05) * scene.noise(3.0).over(sheet) + frayed
    in_sac = (sheet.anatomy == SAC) & (sheet.lesion == 0)
    body = Body(sheet, focus, (depth < 1) & in_sac, depth, in_sac)
    fill(body, scene, scene.noise(2.4))
    if case.is_("dural_base"):
        _paint_tail(body, scene)
    paint_details(body, scene)
    if case.is_("foraminal_extension"):
        paint_dumbbell(focus, scene)
    if case.is_("filum_attachment"):
        paint_stalk(scene)
    paint_voids(focus, scene)


def _coordinates(focus: Focus, scene: Scene, sheet: Sheet, radius: float) -> tuple[Field, Field]:
    if direction_of(focus) is not None:
        return beside(sheet, focus, scene.spine, radius)
    spine = scene.spine
    u, v, _ = sheet.axes
    back = 0.45 if focus.case.is_("filum_attachment") else 0.1
    centre_v = spine.at(spine.sac.v, focus.s) - back * (spine.at(spine.sac.b, focus.s) - 0.8 * radius)
    return (u - spine.at(spine.sac.u, focus.s)) / radius, (v - centre_v) / radius


def _paint_tail(body: Body, scene: Scene) -> None:
    """A broad base along the dura, thinning out beyond the lesion's ends."""
    focus, sheet, spine = body.focus, body.sheet, scene.spine
    direction = direction_of(focus) or (0.0, -1.0)
    u, v, s = sheet.axes
    wall = radius_in(spine.sac, spine, sheet)
    faces = (u - spine.at(spine.sac.u, focus.s)) * direction[0] + (v - spine.at(spine.sac.v, focus.s)) * direction[1]
    beyond = np.maximum(np.abs(s - focus.s) - focus.half_mm * 0.6, 0) / 11.0
    thick = 1.5 / max(half_depth(spine.sac, spine, direction, focus.s), 2.0)
    layer = body.room & (wall > 1 - thick * (1 - 0.6 * np.minimum(beyond, 1))) & (beyond < 1)
    layer &= faces > 0.62 * half_depth(spine.sac, spine, direction, focus.s)
    enhancing = focus.case.signs.get("enhancement", "absent") != "absent"
    tissues = substance_of(scene, focus.case)
    sheet.put(layer & ~body.inside, tissues.enhancing if enhancing else tissues.plain, None, ENHANCING if enhancing else SOLID,
              focus.instance)  # fmt: skip


def paint_dumbbell(focus: Focus, scene: Scene, code: int | None = None) -> None:
    """The part in and beyond the foramen, which it widens; outside the sac where the lesion is."""
    spine, direction = scene.spine, direction_of(focus)
    side = 1.0 if direction is None or direction[0] >= 0 else -1.0
    half_a = spine.at(spine.canal.a, focus.s)
    long = float(scene.rng.uniform(12, 24)) * spine.scale
    girth = float(np.clip(0.75 * focus.half_mm, 4, 9))
    lumps = scene.noise(3.0)
    for whole in scene.sheets:
        sheet = whole.crop(u=(0, 500) if side > 0 else (-500, 0), s=(focus.s - 20, focus.s + 20))
        if sheet.s.size == 0:
            continue
        u, v, s = sheet.axes
        out = side * u - (half_a - 2)
        neck = girth * (0.72 + 0.35 * np.clip((out - 4) / 8, 0, 1))
        depth = np.sqrt(((v - 0.28 * spine.at(spine.sac.b, focus.s)) / neck) ** 2 + ((s - focus.s) / neck) ** 2)
        depth = np.asarray(np.maximum(depth, np.abs(out - long / 2 + 1) / (long / 2 + 1)), dtype=np.float32)
        inside = (depth < 1) & (sheet.anatomy != CORD)
        if code is not None:
            inside &= sheet.anatomy != SAC
        body = Body(sheet, focus, inside, depth, inside, code)
        if inside.any():
            fill(body, scene, lumps)
        sheet.put(inside & (sheet.anatomy != SAC) & (np.abs(u) > half_a), None, 0)


def paint_stalk(scene: Scene) -> None:
    """A thickened filum from the lesion up to the conus."""
    filum = scene.roots[-1]
    tissue = scene.palette["nerve"]
    paint_root(scene.canal, scene.spine, filum, tissue, thicker=2.2)


def deform_cyst(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """A cyst takes most of the sac on its side, as far as the drawn compression lets it."""
    widen(focus, spine)
    direction = direction_of(focus) or (0.0, -1.0)
    press(spine, focus, direction, 0.95 * half_depth(spine.sac, spine, direction, focus.s), 9.0, rng)


def paint_cyst(focus: Focus, scene: Scene) -> None:
    """An extramedullary cyst with its thin wall, which enhances where that was drawn."""
    spine, case = scene.spine, focus.case
    paint_around(focus, scene)
    sheet = scene.canal.crop(s=(focus.low - 4, focus.high + 4))
    direction = direction_of(focus) or (0.0, -1.0)
    u, v, s = sheet.axes
    taper = np.clip(1 - ((s - focus.s) / focus.half_mm) ** 4, 0, 1) ** 0.5
    faces = (u - spine.at(spine.sac.u, focus.s)) * direction[0] + (v - spine.at(spine.sac.v, focus.s)) * direction[1]
    depth = half_depth(spine.sac, spine, direction, focus.s)
    aside = (v - spine.at(spine.sac.v, focus.s)) * direction[0] - (u - spine.at(spine.sac.u, focus.s)) * direction[1]
    # Its inner wall bulges towards the cord, and stops short of a cord it must not touch.
    gap = 1.2 if case.is_("cord_compression", "absent") else 0.0
    edge = depth * (1 - 0.98 * taper) + 0.32 * depth * (aside / spine.at(spine.sac.a, focus.s)) ** 2
    edge = np.maximum(edge, _inner(scene, sheet, direction, gap))
    in_sac: Mask = (sheet.anatomy == SAC) & (np.abs(s - focus.s) < focus.half_mm) & (sheet.lesion == 0)
    inside = in_sac & (faces > edge)
    if case.is_("margins", "ill_defined"):
        near = np.clip(1 - (faces - edge) / 2.5, 0, 1)
        inside &= scene.rng.random(sheet.tissue.shape, dtype=np.float32) > 0.7 * near
    sheet.put(inside, fluid_of(scene, case, case.filling or "cyst_clear"), None, OUTER_CYST, focus.instance)
    shell = np.clip(1 - (faces - edge) / max(0.6 * depth, 1.0), 0, 1) * np.ones(sheet.tissue.shape)
    body = Body(sheet, focus, inside, np.asarray(shell, dtype=np.float32), in_sac, OUTER_CYST)
    wall = inside & (np.abs(faces - edge) < 0.6)
    enhancing = case.signs.get("enhancement", "absent") != "absent"
    sheet.put(
        wall,
        substance_of(scene, case).enhancing if enhancing else scene.palette["ligament"],
        None,
        OUTER_CYST,
        focus.instance,
    )
    paint_details(body, scene)
    if case.is_("foraminal_extension"):
        paint_dumbbell(focus, scene, OUTER_CYST)
    if case.is_("filum_attachment"):
        paint_stalk(scene)
    paint_voids(focus, scene)


def _inner(scene: Scene, sheet: Sheet, direction: tuple[float, float], gap: float) -> Field:
    """How far to its side the cord reaches, with a gap, seen from the sac's middle."""
    spine = scene.spine
    cord, sac = spine.cord, spine.sac
    reach = (
        (cord.u - sac.u) * direction[0]
        + (cord.v - sac.v) * direction[1]
        + np.hypot(direction[0] * cord.a, direction[1] * cord.b)
    )
    here = np.interp(sheet.s, spine.s, np.where(cord.a > 0.3, reach + gap, -1e3))
    return np.asarray(here[None, None, :] if gap else np.full((1, 1, len(sheet.s)), -1e3), dtype=np.float32)
