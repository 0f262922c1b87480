"""Lesions outside the dura, and subdural blood: masses, collections, vertebral tumours, disc fragments, synovial cysts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation.canal import EPIDURAL, SAC, radius_in
from thecal.simulation.canvas import CLEAR, Noise
from thecal.simulation.extramedullary import direction_of, push_cord
from thecal.simulation.scene import EXTRADURAL, Focus, Scene, add_tissues, fill
from thecal.simulation.spine import VERTEBRA_CODES, Spine, Tube


def deform_epidural(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Presses the sac, and the cord in it, away from the mass."""
    direction = direction_of(focus) or (0.0, -1.0)
    share = {"disc": (0.35, 0.7), "synovial": (0.35, 0.6), "bone": (0.3, 0.9)}.get(focus.case.archetype, (0.5, 1.0))
    depth = float(
        np.hypot(direction[0] * spine.at(spine.sac.a, focus.s), direction[1] * spine.at(spine.sac.b, focus.s))
    )
    taken = depth * float(rng.uniform(*share)) * focus.hump(spine.s, 6.0)
    across, along = direction
    sac = spine.sac
    spine.sac = Tube(
        sac.u - across * taken / 2, sac.v - along * taken / 2,
        np.maximum(sac.a - across**2 * taken / 2, 0.25 * sac.a), np.maximum(sac.b - along**2 * taken / 2, 0.25 * sac.b),
    )  # fmt: skip
    push_cord(spine, direction, np.where(taken > 0.3, 0.31, 0.0))


def paint_epidural(focus: Focus, scene: Scene) -> None:
    """Tissue or fluid between bone and dura on one side of the sac."""
    spine, case = scene.spine, focus.case
    direction = direction_of(focus) or (0.0, -1.0)
    sheet = scene.canal.crop(s=(focus.low - 8, focus.high + 8))
    u, v, s = sheet.axes
    in_canal, in_sac = radius_in(spine.canal, spine, sheet), radius_in(spine.sac, spine, sheet)
    faces = (u - np.interp(sheet.s, spine.s, spine.sac.u)) * direction[0] + (
        v - np.interp(sheet.s, spine.s, spine.sac.v)
    ) * direction[1]
    ends = np.abs((s - focus.s) / (focus.half_mm + 3.0))
    free = (in_canal < 1) & (in_sac > 1.0) & (sheet.anatomy == EPIDURAL) & (sheet.tissue != CLEAR)
    inside = free & (ends < 1) & (faces > 0.25 * spine.at(spine.sac.b, focus.s))
    # Nearness to canal wall, dura or either end makes the rim of a collection.
    rim = np.maximum(np.maximum((in_canal - 0.80) / 0.20, (1.22 - in_sac) / 0.20), (ends - 0.85) / 0.15)
    depth = np.asarray(np.clip(rim, 0, 1), dtype=np.float32)
    fill(sheet, inside, depth, focus, _tissues(scene, focus), scene.noise(5.0), EXTRADURAL)
    if case.is_("foraminal_extension"):
        _paint_through_foramen(focus, scene, direction[0])


def _tissues(scene: Scene, focus: Focus) -> tuple[int, int, int, int]:
    likes = {"epidural_abscess": "pus", "epidural_abscess_or_haematoma": "pus"}
    return add_tissues(scene.palette, focus.case, likes.get(focus.case.entity, "tumour_solid"))


def _paint_through_foramen(focus: Focus, scene: Scene, across: float) -> None:
    spine = scene.spine
    side = 1.0 if across >= 0 else -1.0
    half_a = spine.at(spine.canal.a, focus.s)
    sheet = scene.body.crop(s=(focus.s - 12, focus.s + 12))
    u, v, s = sheet.axes
    depth = np.sqrt(((side * u - half_a - 4) / 11) ** 2 + ((v - 2) / 6) ** 2 + ((s - focus.s) / 9) ** 2)
    fill(
        sheet,
        depth < 1,
        np.asarray(depth, dtype=np.float32),
        focus,
        _tissues(scene, focus),
        scene.noise(4.0),
        EXTRADURAL,
    )


def paint_bone(focus: Focus, scene: Scene) -> None:
    """A tumour of a vertebra, in its body or its arch, and what grows from it into the canal."""
    name = scene.spine.level_at(focus.s)
    lumps = scene.noise(6.0)
    _paint_in_vertebra(focus, scene, name, lumps, focus.case.is_("canal_position", "dorsal"))
    paint_epidural(focus, scene)
    if focus.case.is_("vertebral_lesion"):
        names = [level.name for level in scene.spine.levels]
        other = names[min(names.index(name) + int(scene.rng.integers(2, 4)), len(names) - 6)]
        _paint_in_vertebra(focus, scene, other, lumps, False, part=0.3)


def _paint_in_vertebra(focus: Focus, scene: Scene, name: str, lumps: Noise, arch: bool, part: float = 1.0) -> None:
    level = scene.spine.level(name)
    sheet = scene.body.crop(s=(level.low - (18 if arch else 0), level.high + (4 if arch else 0)))
    if sheet.s.size == 0:
        return
    u, v, s = sheet.axes
    mine = sheet.anatomy == VERTEBRA_CODES[name]
    wall = scene.spine.at(scene.spine.canal.v + scene.spine.canal.b, level.middle)
    centre_v = -18.0 if arch else wall + 0.8 * scene.spine.at(scene.spine.body_depth, level.middle)
    wide = 22.0 if arch else 24.0
    depth = np.sqrt((u / wide) ** 2 + ((v - centre_v) / wide) ** 2 + ((s - level.middle) / 20) ** 2) / part
    depth = np.asarray(depth + 0.18 * lumps.over(sheet), dtype=np.float32)
    bone = sheet.tissue == scene.palette["bone"]
    grown = mine if not arch else mine | ((depth < 0.8) & (v < -6))
    keep = bone & (lumps.over(sheet) < 0.3) if not focus.case.is_("bone_destruction") else np.zeros_like(bone)
    fill(sheet, grown & (depth < 1) & ~keep, depth, focus, _tissues(scene, focus), lumps, EXTRADURAL)


def paint_fragment(focus: Focus, scene: Scene) -> None:
    """A disc fragment or a synovial cyst: a round body in the epidural space with an enhancing rim."""
    spine = scene.spine
    direction = direction_of(focus) or (0.3, 0.95)
    sheet = scene.canal.crop(s=(focus.low - 3, focus.high + 3))
    u, v, s = sheet.axes
    a, b = spine.at(spine.canal.a, focus.s), spine.at(spine.canal.b, focus.s)
    in_sac = radius_in(spine.sac, spine, sheet)
    reach = float(np.hypot(direction[0] * a, direction[1] * b))
    radius = float(np.clip(focus.half_mm, 3.0, 0.7 * b + 2))
    centre = (spine.at(spine.canal.u, focus.s) + direction[0] * (reach - 0.75 * radius),
              spine.at(spine.canal.v, focus.s) + direction[1] * (reach - 0.75 * radius))  # fmt: skip
    depth = np.sqrt(
        ((u - centre[0]) / radius) ** 2 + ((v - centre[1]) / radius) ** 2 + ((s - focus.s) / focus.half_mm) ** 2
    )
    inside = (depth < 1) & (in_sac > 1.0) & (sheet.tissue != CLEAR)
    fill(
        sheet,
        inside,
        np.asarray(depth, dtype=np.float32),
        focus,
        add_tissues(scene.palette, focus.case),
        scene.noise(4.0),
        EXTRADURAL,
    )


def deform_subdural(focus: Focus, spine: Spine) -> None:
    """Blood inside the dura pushes the cord to the other side."""
    direction = direction_of(focus) or (0.0, -1.0)
    push_cord(spine, direction, 0.6 * spine.at(spine.sac.b, focus.s) * focus.hump(spine.s, 20.0))


def paint_subdural(focus: Focus, scene: Scene) -> None:
    """A crescent of blood along the inside of the dura."""
    spine = scene.spine
    direction = direction_of(focus) or (0.0, -1.0)
    sheet = scene.canal.crop(s=(focus.low, focus.high))
    u, v, s = sheet.axes
    faces = (u - np.interp(sheet.s, spine.s, spine.sac.u)) * direction[0] + (
        v - np.interp(sheet.s, spine.s, spine.sac.v)
    ) * direction[1]
    taper = np.clip(1 - ((s - focus.s) / focus.half_mm) ** 2, 0, 1) ** 0.4
    edge = np.interp(sheet.s, spine.s, spine.sac.b) * (1 - 0.62 * taper)
    inside = (sheet.anatomy == SAC) & (faces > edge)
    depth = np.zeros(sheet.tissue.shape, np.float32)
    fill(
        sheet, inside, depth, focus, add_tissues(scene.palette, focus.case, "fresh_blood"), scene.noise(7.0), EXTRADURAL
    )


def on_disc(focus: Focus, spine: Spine) -> Focus:
    """The focus moved to the nearest disc."""
    middles = [(level.low + level.disc_low) / 2 for level in spine.levels if level.name in spine.disc_state]
    return replace(focus, s=min(middles, key=lambda middle: abs(middle - focus.s)))


def on_body(focus: Focus, spine: Spine) -> Focus:
    """The focus moved to the middle of its vertebra."""
    return replace(focus, s=spine.level(spine.level_at(focus.s)).middle)
