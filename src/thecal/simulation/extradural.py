"""Lesions outside the dura, and subdural blood: masses, collections, vertebral tumours, disc fragments, synovial cysts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation.canal import EPIDURAL, SAC, radius_in
from thecal.simulation.canvas import CLEAR, Field, Sheet
from thecal.simulation.cordwork import (
    direction_of,
    half_depth,
    paint_around,
    paint_polar_cysts,
    paint_voids,
    press,
    push_cord,
)
from thecal.simulation.details import paint_details
from thecal.simulation.extramedullary import paint_dumbbell, paint_stalk, widen
from thecal.simulation.generators import RandomField
from thecal.simulation.scene import EXTRADURAL, Focus, Scene
from thecal.simulation.spine import VERTEBRA_CODES, Profile, Spine, Tube, wander
from thecal.simulation.substance import Body, fill


def deform_epidural(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Presses the sac away from the mass, and the cord in it as far as its drawn compression says."""
    widen(focus, spine)
    direction = direction_of(focus) or (0.0, -1.0)
    share = {"disc": (0.35, 0.7), "synovial": (0.35, 0.6), "bone": (0.3, 0.9)}.get(focus.case.archetype, (0.5, 1.0))
    depth = half_depth(spine.sac, spine, direction, focus.s)
    own = half_depth(spine.cord, spine, direction, focus.s) if focus.s > spine.conus_tip + 2 else 0.0
    free, state = 2 * (depth - own), focus.case.signs.get("cord_compression")
    wanted, squeeze = depth * float(rng.uniform(*share)), float(rng.uniform(0.55, 0.72))
    if own > 0 and state is not None:
        gentle = max(free - 2.4, 0.25 * depth)
        wanted = {"absent": min(wanted, gentle), "contact": free - 0.75}.get(state, 2 * depth - 2 * own * squeeze - 0.2)
    hump = focus.hump(spine.s, 6.0)
    taken = max(wanted, 0.6) * (dome(focus, spine) if focus.case.archetype in ("epidural", "bone") else hump)
    across, along = direction
    sac = spine.sac
    spine.sac = Tube(
        sac.u - across * taken / 2, sac.v - along * taken / 2,
        np.maximum(sac.a - across**2 * taken / 2, 0.25 * sac.a), np.maximum(sac.b - along**2 * taken / 2, 0.25 * sac.b),
    )  # fmt: skip
    pressed = state in ("deformed", "deformed_with_t2_change")
    push_cord(spine, direction, np.where(taken > 0.3, 0.31, 0.0), hump, squeeze if pressed else None,
              1.6 if state == "absent" else 0.0, touch=state in ("contact", "deformed", "deformed_with_t2_change"))  # fmt: skip


def dome(focus: Focus, spine: Spine) -> Profile:
    """How thick a mass is along the canal against its middle: it bulges, thins out towards its ends, and is nowhere even."""
    out = np.clip(np.abs(spine.s - focus.s) / (focus.half_mm + 3.0), 0, 1)
    uneven = 1 + 0.10 * np.clip(wander(focus.own_rng(2), len(spine.s), 12), -1.5, 1.5) * (out > 0.15)
    return np.asarray(np.minimum((1 - out**2.4) ** 0.7 * uneven, 1.0))


def _facing(focus: Focus, scene: Scene, sheet: Sheet) -> Field:
    """How far to the lesion's side each cell lies, from the middle of the sac."""
    spine, direction = scene.spine, direction_of(focus) or (0.0, -1.0)
    u, v, _ = sheet.axes
    centre_u, centre_v = (np.interp(sheet.s, spine.s, profile) for profile in (spine.sac.u, spine.sac.v))
    return np.asarray((u - centre_u) * direction[0] + (v - centre_v) * direction[1], dtype=np.float32)


def paint_epidural(focus: Focus, scene: Scene) -> None:
    """Tissue or fluid between bone and dura on one side of the sac."""
    spine, case = scene.spine, focus.case
    paint_around(focus, scene)
    sheet = scene.canal.crop(s=(focus.low - 8, focus.high + 8))
    s = sheet.axes[2]
    in_canal, in_sac = radius_in(spine.canal, spine, sheet), radius_in(spine.sac, spine, sheet)
    faces = _facing(focus, scene, sheet)
    rough = 0.04 * scene.noise(4.0).over(sheet)
    if case.is_("margins", "ill_defined"):
        rough = rough + 0.35 * (scene.rng.random(sheet.tissue.shape, dtype=np.float32) - np.float32(0.5))
    ends = np.abs((s - focus.s) / (focus.half_mm + 1.5)) + rough
    free = (in_canal < 1) & (in_sac > 1.0) & (sheet.anatomy == EPIDURAL) & (sheet.tissue != CLEAR)
    inside = free & (ends < 1) & (faces > (0.25 + 1.5 * rough) * spine.at(spine.sac.b, focus.s))
    # Nearness to canal wall, dura or either end makes the rim of a collection.
    rim = np.maximum(np.maximum((in_canal - 0.55) / 0.45, (1.45 - in_sac) / 0.45), (ends - 0.7) / 0.3)
    depth = np.asarray(np.clip(rim, 0, 0.999), dtype=np.float32)
    if case.is_("margins", "ill_defined"):
        inside &= scene.rng.random(sheet.tissue.shape, dtype=np.float32) > 0.6 * depth**2
    body = Body(sheet, focus, inside, np.where(free & ~inside, np.float32(1.05), depth), free, EXTRADURAL)
    fill(body, scene, scene.noise(5.0))
    paint_details(body, scene)
    paint_polar_cysts(focus, scene, EPIDURAL)
    if case.is_("foraminal_extension"):
        paint_dumbbell(focus, scene, EXTRADURAL)
    if case.is_("filum_attachment"):
        paint_stalk(scene)
    paint_voids(focus, scene)


def paint_bone(focus: Focus, scene: Scene) -> None:
    """A tumour of a vertebra, in its body or its arch, and what grows from it into the canal."""
    name = scene.spine.level_at(focus.s)
    paint_in_vertebra(focus, scene, name, scene.noise(6.0), arch=focus.case.is_("canal_position", "dorsal"))
    paint_epidural(focus, scene)


def paint_in_vertebra(
    focus: Focus, scene: Scene, name: str, lumps: RandomField, *, arch: bool = False, part: float = 1.0
) -> None:
    """Replaces marrow of a vertebra; breaks its shell where bone destruction was drawn."""
    level = scene.spine.level(name)
    sheet = scene.body.crop(s=(level.low - (18 if arch else 0), level.high + (4 if arch else 0)))
    if sheet.s.size == 0:
        return
    u, v, s = sheet.axes
    mine = sheet.anatomy == VERTEBRA_CODES[name]
    wall = scene.spine.at(scene.spine.canal.v + scene.spine.canal.b, level.middle)
    centre_v = -18.0 if arch else wall + 0.8 * scene.spine.at(scene.spine.body_depth, level.middle)
    wide = 22.0 if arch else 24.0
    plain = np.sqrt((u / wide) ** 2 + ((v - centre_v) / wide) ** 2 + ((s - level.middle) / 20) ** 2) / part
    field = lumps.over(sheet)
    frayed: Field = np.zeros(1, np.float32)
    if focus.case.is_("margins", "ill_defined"):
        frayed = np.float32(0.25) * scene.rng.random(sheet.tissue.shape, dtype=np.float32)
    depth: Field = np.asarray(plain, dtype=np.float32) + np.float32(0.18) * field + frayed
    bone = sheet.tissue == scene.palette["bone"]
    destroyed = focus.case.is_("bone_destruction")
    grown = mine | ((depth < 0.8) & (v < -6)) if arch and destroyed else mine
    keep = np.zeros_like(bone) if destroyed else bone
    inside = grown & (depth < 1) & ~keep
    if inside.any():
        fill(Body(sheet, focus, inside, depth, inside, EXTRADURAL), scene, lumps)


def paint_fragment(focus: Focus, scene: Scene) -> None:
    """A disc fragment or a synovial cyst: a round body in the epidural space."""
    spine = scene.spine
    paint_around(focus, scene)
    direction = direction_of(focus) or (0.3, 0.95)
    sheet = scene.canal.crop(s=(focus.low - 3, focus.high + 3))
    u, v, s = sheet.axes
    a, b = spine.at(spine.canal.a, focus.s), spine.at(spine.canal.b, focus.s)
    in_sac = radius_in(spine.sac, spine, sheet)
    reach = float(np.hypot(direction[0] * a, direction[1] * b))
    radius = float(np.clip(focus.half_mm, 3.0, 0.7 * b + 2))
    centre = (spine.at(spine.canal.u, focus.s) + direction[0] * (reach - 0.75 * radius),
              spine.at(spine.canal.v, focus.s) + direction[1] * (reach - 0.75 * radius))  # fmt: skip
    depth = scene.radius((u - centre[0]) / radius, (v - centre[1]) / radius, (s - focus.s) / focus.half_mm)
    if focus.case.is_("margins", "ill_defined"):
        depth = depth + np.float32(0.4) * scene.rng.random(sheet.tissue.shape, dtype=np.float32)
    free = (in_sac > 1.0) & (sheet.tissue != CLEAR)
    body = Body(sheet, focus, (depth < 1) & free, np.asarray(depth, dtype=np.float32), free, EXTRADURAL)
    fill(body, scene, scene.noise(4.0))
    paint_details(body, scene)
    paint_polar_cysts(focus, scene, EPIDURAL)
    if focus.case.is_("foraminal_extension"):
        paint_dumbbell(focus, scene, EXTRADURAL)
    if focus.case.is_("filum_attachment"):
        paint_stalk(scene)
    paint_voids(focus, scene)


def deform_subdural(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Blood inside the dura pushes the cord to the other side, as far as the drawn compression says."""
    widen(focus, spine)
    press(spine, focus, direction_of(focus) or (0.0, -1.0), 0.6 * spine.at(spine.sac.b, focus.s), 20.0, rng)


def paint_subdural(focus: Focus, scene: Scene) -> None:
    """A crescent of blood along the inside of the dura."""
    spine = scene.spine
    paint_around(focus, scene)
    sheet = scene.canal.crop(s=(focus.low, focus.high))
    s = sheet.axes[2]
    faces = _facing(focus, scene, sheet)
    taper = np.clip(1 - ((s - focus.s) / focus.half_mm) ** 2, 0, 1) ** 0.4
    edge = np.interp(sheet.s, spine.s, spine.sac.b) * (1 - 0.62 * taper)
    gap = 2.0 if focus.case.is_("cord_compression", "absent") else 0.0
    clear = radius_in(spine.cord, spine, sheet) > 1 + gap / np.maximum(np.interp(sheet.s, spine.s, spine.cord.b), 1.0)
    inside = (sheet.anatomy == SAC) & (faces > edge) & (sheet.lesion == 0) & clear
    wall = radius_in(spine.sac, spine, sheet)
    depth = np.asarray(np.clip((wall - 0.6) / 0.4, 0, 0.999), dtype=np.float32)
    if focus.case.is_("margins", "ill_defined"):
        inside &= scene.rng.random(sheet.tissue.shape, dtype=np.float32) > 0.6 * depth**2
    body = Body(sheet, focus, inside, depth, inside, EXTRADURAL)
    fill(body, scene, scene.noise(7.0))
    paint_details(body, scene)
    if focus.case.is_("foraminal_extension"):
        paint_dumbbell(focus, scene, EXTRADURAL)
    paint_voids(focus, scene)


def on_disc(focus: Focus, spine: Spine) -> Focus:
    """The focus moved to the nearest disc."""
    middles = [(level.low + level.disc_low) / 2 for level in spine.levels if level.name in spine.disc_state]
    return replace(focus, s=min(middles, key=lambda middle: abs(middle - focus.s)))


def on_body(focus: Focus, spine: Spine) -> Focus:
    """The focus moved to the middle of its vertebra."""
    return replace(focus, s=spine.level(spine.level_at(focus.s)).middle)
