"""Lesions in the sac beside the cord: nodules with dural base or dumbbell, cysts, coating of cord and roots, clumped roots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation.canal import SAC, Root, paint_root, radius_in
from thecal.simulation.canvas import Field, Mask, Sheet
from thecal.simulation.intramedullary import paint_voids
from thecal.simulation.scene import (
    BLOOD,
    COATING,
    ENHANCING,
    OUTER_CYST,
    SOLID,
    TUMOUR_CYST,
    Focus,
    Scene,
    add_tissues,
    fill,
)
from thecal.simulation.spine import Profile, Spine, Tube

Direction = tuple[float, float]
TOWARDS: dict[str, Direction] = {"ventral": (0.25, 1.0), "dorsal": (0.2, -1.0), "lateral": (1.0, -0.15)}


def direction_of(focus: Focus) -> Direction | None:
    """Unit vector (right, front) from the sac's middle to the lesion; None where it lies in the middle."""
    towards = TOWARDS.get(focus.case.signs.get("canal_position", ""))
    if towards is None:
        return None
    side = 1.0 if (focus.instance + int(focus.s * 7)) % 2 else -1.0
    length = float(np.hypot(*towards))
    return side * towards[0] / length, towards[1] / length


def push_cord(spine: Spine, direction: Direction, room_mm: Profile) -> None:
    """Moves the cord away from what takes room_mm (over s) of the sac on that side, and flattens it where it must."""
    cord, sac = spine.cord, spine.sac
    across, along = direction
    depth = np.sqrt((across * sac.a) ** 2 + (along * sac.b) ** 2)
    own = np.maximum(np.sqrt((across * cord.a) ** 2 + (along * cord.b) ** 2), 0.1)
    left = np.maximum(2 * depth - room_mm, 0.2)
    press = np.clip(left / (2 * own) * 0.97, 0.42, 1.0)
    press = np.where(room_mm > 0.3, press, 1.0)
    a = np.minimum(cord.a * (press**across**2) * (press ** (-0.5 * along**2)), 0.97 * sac.a)
    b = np.minimum(cord.b * (press**along**2) * (press ** (-0.5 * across**2)), 0.97 * sac.b)
    own = np.sqrt((across * a) ** 2 + (along * b) ** 2)
    beside = (cord.u - sac.u) * across + (cord.v - sac.v) * along
    limit = depth - room_mm - own
    shift = np.minimum(limit - beside, 0.0)
    spine.cord = Tube(
        cord.u + shift * across,
        cord.v + shift * along,
        np.where(room_mm > 0.3, a, cord.a),
        np.where(room_mm > 0.3, b, cord.b),
    )


def girth_mm(focus: Focus, spine: Spine) -> float:
    """Radius of a nodule's cross-section: as round as its length allows, within the sac."""
    sac = min(spine.at(spine.sac.a, focus.s), 1.25 * spine.at(spine.sac.b, focus.s))
    return float(np.clip(0.85 * focus.half_mm, 1.8, 0.70 * sac)) * focus.girth


def deform_nodule(focus: Focus, spine: Spine) -> None:
    """Widens the canal where it is scalloped, and pushes the cord away."""
    case = focus.case
    hump = focus.hump(spine.s, 7.0)
    if case.is_("bone_remodelling"):
        wide = 2.6 * focus.hump(spine.s, 10.0)
        sac, canal = spine.sac, spine.canal
        spine.sac = Tube(sac.u, sac.v, sac.a + wide, sac.b + wide)
        spine.canal = Tube(canal.u, canal.v, canal.a + wide, canal.b + wide)
    direction = direction_of(focus)
    if direction is not None:
        push_cord(spine, direction, 1.75 * girth_mm(focus, spine) * hump)


def _centre(focus: Focus, scene: Scene, radius: float) -> tuple[float, float]:
    spine, direction = scene.spine, direction_of(focus)
    centre_u, centre_v = spine.at(spine.sac.u, focus.s), spine.at(spine.sac.v, focus.s)
    if direction is None:
        return centre_u, centre_v - 0.1 * spine.at(spine.sac.b, focus.s)
    a, b = spine.at(spine.sac.a, focus.s), spine.at(spine.sac.b, focus.s)
    reach = float(np.hypot(direction[0] * a, direction[1] * b)) - 0.88 * radius
    return centre_u + reach * direction[0], centre_v + reach * direction[1]


def _ellipsoid(sheet: Sheet, focus: Focus, centre: tuple[float, float], radius: float, rough: Field | float) -> Field:
    u, v, s = sheet.axes
    value = np.sqrt(
        ((u - centre[0]) / radius) ** 2 + ((v - centre[1]) / radius) ** 2 + ((s - focus.s) / focus.half_mm) ** 2
    )
    return np.asarray(value + rough, dtype=np.float32)


def paint_nodule(focus: Focus, scene: Scene) -> None:
    """A nodule in the sac, with what belongs to it: tail, dumbbell, cyst, target, blood, vessels."""
    case, spine = focus.case, scene.spine
    radius = girth_mm(focus, spine)
    sheet = scene.canal.crop(s=(focus.low - 14, focus.high + 14))
    centre = _centre(focus, scene, radius)
    depth = _ellipsoid(sheet, focus, centre, radius, 0.05 * scene.noise(3.0).over(sheet))
    in_sac = sheet.anatomy == SAC
    inside = (depth < 1) & in_sac
    tissues = add_tissues(scene.palette, case)
    lumps = scene.noise(2.4)
    fill(sheet, inside, depth, focus, tissues, lumps)
    if case.is_("dural_base"):
        _paint_tail(sheet, focus, scene, in_sac, tissues)
    if case.is_("foraminal_extension"):
        _paint_dumbbell(focus, scene, tissues)
    if case.is_("tumoral_cyst"):
        bubble = _ellipsoid(sheet, focus, (centre[0] + 0.25 * radius, centre[1]), radius, 0.0) < 0.45
        sheet.put(inside & bubble, scene.palette["cyst_protein"], None, TUMOUR_CYST, focus.instance)
    if case.is_("target_sign"):
        core = scene.palette.add(f"target_{len(scene.palette.names)}", "tumour_solid", t2_s=0.05, gadolinium=0.5)
        sheet.put(inside & (depth < 0.5), core, None, ENHANCING, focus.instance)
    if case.is_("haemorrhage"):
        _, _, s = sheet.axes
        pole = (np.abs(s - focus.s) > 0.7 * focus.half_mm) & (depth > 0.72)
        sheet.put(inside & pole, scene.palette["haemosiderin"], None, BLOOD, focus.instance)
    if case.is_("flow_voids"):
        paint_voids(focus, scene)


def _paint_tail(sheet: Sheet, focus: Focus, scene: Scene, in_sac: Mask, tissues: tuple[int, int, int, int]) -> None:
    direction = direction_of(focus)
    if direction is None:
        return
    u, v, s = sheet.axes
    spine = scene.spine
    wall = radius_in(spine.sac, spine, sheet)
    faces = (u - spine.at(spine.sac.u, focus.s)) * direction[0] + (v - spine.at(spine.sac.v, focus.s)) * direction[1]
    beyond = np.maximum(np.abs(s - focus.s) - focus.half_mm * 0.7, 0) / 9.0
    layer = (
        in_sac
        & (wall > 0.84 + 0.14 * np.minimum(beyond, 1))
        & (faces > 0.72 * spine.at(spine.sac.b, focus.s))
        & (beyond < 1)
    )
    enhancing = focus.case.signs.get("enhancement", "absent") != "absent"
    sheet.put(layer, tissues[0], None, ENHANCING if enhancing else SOLID, focus.instance)


def _paint_dumbbell(focus: Focus, scene: Scene, tissues: tuple[int, int, int, int]) -> None:
    """The part in and beyond the foramen, which it widens."""
    spine, direction = scene.spine, direction_of(focus)
    side = 1.0 if direction is None or direction[0] >= 0 else -1.0
    half_a = spine.at(spine.canal.a, focus.s)
    long, girth = float(scene.rng.uniform(12, 24)) * spine.scale, float(np.clip(0.75 * focus.half_mm, 4, 9))
    lumps = scene.noise(3.0)
    for whole in scene.sheets:
        sheet = whole.crop(s=(focus.s - 16, focus.s + 16))
        u, v, s = sheet.axes
        out = side * u - (half_a - 2)
        neck = girth * (0.72 + 0.35 * np.clip((out - 4) / 8, 0, 1))
        depth = np.sqrt(((v - 0.28 * spine.at(spine.sac.b, focus.s)) / neck) ** 2 + ((s - focus.s) / neck) ** 2)
        depth = np.asarray(np.maximum(depth, np.abs(out - long / 2 + 1) / (long / 2 + 1)), dtype=np.float32)
        inside = (depth < 1) & (sheet.anatomy != 1)
        fill(sheet, inside, depth, focus, tissues, lumps)
        sheet.put(inside & (sheet.anatomy != SAC) & (np.abs(u) > half_a), None, 0)


def deform_cyst(focus: Focus, spine: Spine) -> None:
    """A cyst takes most of the sac on its side."""
    direction = direction_of(focus) or (0.0, -1.0)
    depth = float(
        np.hypot(direction[0] * spine.at(spine.sac.a, focus.s), direction[1] * spine.at(spine.sac.b, focus.s))
    )
    if focus.case.is_("bone_remodelling"):
        deform_nodule(replace(focus, case=replace(focus.case, signs={"bone_remodelling": "present"})), spine)
    push_cord(spine, direction, 0.95 * depth * focus.hump(spine.s, 9.0))


def paint_cyst(focus: Focus, scene: Scene) -> None:
    """An extramedullary cyst with its thin wall; fat in it where it is a dermoid."""
    spine, case = scene.spine, focus.case
    sheet = scene.canal.crop(s=(focus.low - 4, focus.high + 4))
    direction = direction_of(focus) or (0.0, -1.0)
    u, v, s = sheet.axes
    ends = np.clip(1 - ((s - focus.s) / focus.half_mm) ** 4, 0, 1) ** 0.5
    faces = (u - spine.at(spine.sac.u, focus.s)) * direction[0] + (v - spine.at(spine.sac.v, focus.s)) * direction[1]
    depth = float(
        np.hypot(direction[0] * spine.at(spine.sac.a, focus.s), direction[1] * spine.at(spine.sac.b, focus.s))
    )
    aside = (v - spine.at(spine.sac.v, focus.s)) * direction[0] - (u - spine.at(spine.sac.u, focus.s)) * direction[1]
    # Its inner wall bulges towards the cord.
    edge = depth * (1 - 0.98 * ends) + 0.32 * depth * (aside / spine.at(spine.sac.a, focus.s)) ** 2
    in_sac = (sheet.anatomy == SAC) & (np.abs(s - focus.s) < focus.half_mm)
    inside = in_sac & (faces > edge)
    sheet.put(inside, scene.palette[case.filling], None, OUTER_CYST, focus.instance)
    sheet.put(in_sac & (np.abs(faces - edge) < 0.24), scene.palette["ligament"], None, OUTER_CYST, focus.instance)
    if case.is_("fat_signal"):
        fatty = inside & (scene.noise(3.5).over(sheet) > -0.1)
        sheet.put(fatty, scene.palette["fat"], None, OUTER_CYST, focus.instance)


def clump_roots(focus: Focus, scene: Scene) -> None:
    """Roots that stick together in the middle of the sac, or to its wall."""
    kind = focus.case.signs.get("nerve_root_clumping", "absent")
    if kind == "absent":
        return
    sac = scene.spine.sac
    moved: list[Root] = []
    for root in scene.roots:
        u, v = root.u - sac.u, root.v - sac.v
        if kind == "central":
            u, v = 0.32 * u, 0.25 * v - 0.1 * sac.b
        else:
            length = np.maximum(np.sqrt((u / np.maximum(sac.a, 0.3)) ** 2 + (v / np.maximum(sac.b, 0.3)) ** 2), 0.05)
            u, v = u / length * 0.93, v / length * 0.93
        moved.append(replace(root, u=u + sac.u, v=v + sac.v))
    scene.roots[:] = moved


def paint_coating(focus: Focus, scene: Scene) -> None:
    """Enhancing layer on cord and roots, nodules on them, thickened roots; one instance."""
    case = focus.case
    tissues = add_tissues(scene.palette, case)
    pattern = case.signs.get("leptomeningeal_pattern", "none")
    site = case.signs.get("leptomeningeal_site", "both")
    enhancing = case.signs.get("enhancement", "absent") != "absent"
    if site != "cord_surface":
        _paint_roots(focus, scene, tissues[0], pattern in ("diffuse", "mixed"), enhancing)
    if site != "roots" and pattern in ("diffuse", "mixed") and enhancing:
        _paint_layer(focus, scene, tissues[0])
    if pattern in ("nodular", "mixed"):
        _paint_nodules(focus, scene, tissues, site)
    if case.surface_cysts:
        _paint_surface_cysts(focus, scene)


def _paint_roots(focus: Focus, scene: Scene, tissue: int, coated: bool, enhancing: bool) -> None:
    case, rng = focus.case, scene.rng
    thicker = float(rng.uniform(1.7, 2.4)) if case.is_("nerve_root_thickening") else 1.15
    which = case.signs.get("nerve_root_enhancement", "both")
    for root in scene.roots:
        touched = which == "both" or (which == "ventral") == root.ventral
        if case.is_("nerve_root_thickening"):
            paint_root(scene.canal, scene.spine, root, scene.palette["nerve"], thicker=thicker)
        if coated and enhancing and touched and rng.random() < 0.9:
            paint_root(scene.canal, scene.spine, root, tissue, thicker=thicker, lesion=COATING, instance=focus.instance)


def _paint_layer(focus: Focus, scene: Scene, tissue: int) -> None:
    spine, sheet = scene.spine, scene.canal
    thick = float(scene.rng.uniform(0.7, 1.3)) * spine.scale
    radius = radius_in(spine.cord, spine, sheet)
    layer = thick / np.maximum(np.interp(sheet.s, spine.s, spine.cord.b), 0.8).astype(np.float32)
    patches = scene.noise(14.0).over(sheet)
    reach = float(scene.rng.uniform(90, 260))
    near = np.abs(sheet.s - focus.s)[None, None, :] < reach
    where = (
        (radius >= 1)
        & (radius < 1 + layer * np.clip(1 + 0.5 * patches, 0.35, 1.6))
        & (patches > -1.1)
        & near
        & (sheet.anatomy == SAC)
    )
    sheet.put(where, tissue, None, COATING, focus.instance)


def _paint_nodules(focus: Focus, scene: Scene, tissues: tuple[int, int, int, int], site: str) -> None:
    spine, rng = scene.spine, scene.rng
    low, high = spine.sac_end + 12, float(scene.canal.s[-1]) - 60
    apart = focus.case.is_("leptomeningeal_pattern", "nodular")
    for number in range(int(rng.integers(5, 14))):
        place = float(np.clip(focus.s + rng.normal(0, 70), low, high))
        half = float(rng.uniform(2.0, 5.0)) * spine.scale
        on_cord = spine.at(spine.cord.b, place) > 1.5
        if (on_cord and site == "roots") or (not on_cord and site == "cord_surface"):
            continue
        if on_cord:
            angle = float(rng.choice([-1.4, 1.4]) + rng.normal(0, 0.6))
            centre = (spine.at(spine.cord.u, place) + np.sin(angle) * spine.at(spine.cord.a, place) * 1.1,
                      spine.at(spine.cord.v, place) - np.cos(angle) * spine.at(spine.cord.b, place) * 1.1)  # fmt: skip
        else:
            root = scene.roots[int(rng.integers(len(scene.roots)))]
            centre = (spine.at(root.u, place), spine.at(root.v, place))
        sheet = scene.canal.crop(s=(place - half - 1, place + half + 1))
        ball = replace(focus, s=place, half_mm=half, instance=focus.instance + (100 + number if apart else 0))
        depth = _ellipsoid(sheet, ball, centre, 0.8 * half, 0.0)
        fill(sheet, (depth < 1) & (sheet.anatomy == SAC), depth, ball, tissues, scene.noise(3.0))


def _paint_surface_cysts(focus: Focus, scene: Scene) -> None:
    sheet = scene.canal
    radius = radius_in(scene.spine.cord, scene.spine, sheet)
    spots = scene.noise(2.2).over(sheet) > 1.55
    sheet.put(spots & (radius > 0.72) & (radius < 1.0), scene.palette["cyst_clear"], None, TUMOUR_CYST, focus.instance)
