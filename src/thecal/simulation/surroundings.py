"""What a case shows beside its lesion: stenosis, open arches, lesions of bone, blood on the cord, thick dura, a second part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation import coating
from thecal.simulation.canal import EPIDURAL, SAC, radius_in
from thecal.simulation.cordwork import direction_of, narrow
from thecal.simulation.extradural import paint_epidural, paint_in_vertebra
from thecal.simulation.extramedullary import paint_nodule
from thecal.simulation.intramedullary import paint_mass
from thecal.simulation.physics import gadolinium_for
from thecal.simulation.scene import EXTRADURAL, Focus, Scene
from thecal.simulation.signs import Case
from thecal.simulation.spine import Spine
from thecal.simulation.substance import Body, fill

# Signs that a second part of a lesion shares with the first.
SHARED = (
    "t1_signal",
    "t2_signal",
    "enhancement",
    "enhancement_pattern",
    "restricted_diffusion",
    "canal_position",
    "compartment",
)


def deform_elsewhere(
    case: Case, foci: list[Focus], spine: Spine, centre: float, reach: float, rng: np.random.Generator
) -> None:
    """A stenosis away from the lesion, where one was drawn that the lesion does not cause."""
    if not case.is_("canal_stenosis") or case.archetype == "plaque":
        return
    discs = [(level.low + level.disc_low) / 2 for level in spine.levels if level.name in spine.disc_state]
    seen = [place for place in discs if abs(place - centre) < reach - 20] or discs
    away = [place for place in seen if all(abs(place - focus.s) > focus.half_mm + 22 for focus in foci)] or seen
    narrow(spine, away[int(rng.integers(len(away)))], "absent", rng)


def paint_before(case: Case, focus: Focus, scene: Scene, number: int) -> None:
    """What lies under the lesion: siderosis, thick dura, thick or enhancing roots. number marks what is no part of the lesion."""
    if case.is_("siderosis_or_subarachnoid_blood"):
        _paint_siderosis(scene)
    if case.is_("pachymeningeal_enhancement"):
        _paint_dura(focus, scene)
    if case.is_("nerve_root_thickening"):
        coating.thicken_roots(scene)
    if case.signs.get("nerve_root_enhancement", "absent") != "absent":
        own = focus if case.archetype == "coating" else replace(focus, instance=number)
        coating.paint_roots(own, scene, case.signs["nerve_root_enhancement"])


def paint_after(case: Case, focus: Focus, scene: Scene, coat: Focus | None, number: int) -> None:
    """What lies over it: coating, a second part, lesions of bone, open arches. number marks what lies away from the lesion."""
    if coat is not None:
        coating.paint_coating(coat, scene)
    _paint_second(case, focus, scene)
    if case.is_("bone_destruction") and case.archetype != "bone":
        _paint_bone(focus, scene, scene.spine.level_at(focus.s), 0.8)
    if case.is_("vertebral_lesion"):
        _paint_bone(replace(focus, instance=number), scene, _other_vertebra(focus, scene), 0.42)
    if case.is_("dysraphism"):
        _open_arches(focus, scene)


def _paint_siderosis(scene: Scene) -> None:
    """Haemosiderin on the cord's surface."""
    spine, sheet = scene.spine, scene.canal
    radius = radius_in(spine.cord, spine, sheet)
    layer = 0.75 / np.maximum(np.interp(sheet.s, spine.s, spine.cord.b), 0.8).astype(np.float32)
    sheet.put(
        (radius > 1 - 0.2 * layer) & (radius < 1 + layer) & np.isin(sheet.anatomy, (1, SAC)),
        scene.palette["haemosiderin"],
    )


def _paint_dura(focus: Focus, scene: Scene) -> None:
    """A thick dura that enhances, along the lesion and beyond."""
    palette, spine = scene.palette, scene.spine
    if "dura_enhancing" not in palette.names:
        palette.add("dura_enhancing", "yellow_ligament", proton_density=0.7, t2_s=0.045, fat_fraction=0.0,
                    gadolinium=gadolinium_for("marked"))  # fmt: skip
    reach = focus.half_mm + float(scene.rng.uniform(30, 80))
    sheet = scene.canal.crop(s=(focus.s - reach, focus.s + reach))
    if sheet.s.size == 0:
        return
    wall = radius_in(spine.sac, spine, sheet)
    thick = 1.3 / np.maximum(np.interp(sheet.s, spine.s, spine.sac.b), 1.0).astype(np.float32)
    sheet.put((wall > 1) & (wall < 1 + thick) & (sheet.anatomy == EPIDURAL), palette["dura_enhancing"])


def _paint_second(case: Case, focus: Focus, scene: Scene) -> None:
    """The part of the same disease in another compartment, next to the first."""
    second = case.signs.get("second_compartment", "none")
    if second in ("none", "intradural_extramedullary") and case.signs.get("leptomeningeal_pattern", "none") != "none":
        return
    kept = {code: case.signs[code] for code in SHARED if code in case.signs}
    kept.setdefault("canal_position", "lateral")
    small = replace(
        case, signs={**kept, "axial_position": "central", "margins": "well_defined"}, t2_length_segments=None
    )
    near = replace(focus, case=small, half_mm=float(np.clip(0.5 * focus.half_mm, 3.0, 14.0)))
    spine = scene.spine
    if second == "intramedullary":
        place = max(focus.s, spine.conus_tip + near.half_mm + 6)
        paint_mass(replace(near, s=place, girth=0.55), scene)
    elif second == "intradural_extramedullary":
        paint_nodule(replace(near, girth=0.6), scene)
    elif second == "extradural":
        paint_epidural(near, scene)
    elif second == "paraspinal":
        _paint_beside(near, scene)


def _paint_beside(focus: Focus, scene: Scene) -> None:
    """A mass in the muscle beside the spine."""
    spine = scene.spine
    direction = direction_of(focus)
    side = 1.0 if direction is None or direction[0] >= 0 else -1.0
    sheet = scene.body.crop(s=(focus.s - 16, focus.s + 16))
    u, v, s = sheet.axes
    size = 10.0 * min(spine.scale, 1.0)
    out = (side * u - spine.at(spine.canal.a, focus.s) - 36 * spine.scale) / size
    depth = scene.radius(out, (v + 6) / size, (s - np.float32(focus.s)) / np.float32(13))
    inside = (depth < 1) & (sheet.anatomy == 0)
    if inside.any():
        fill(Body(sheet, focus, inside, depth, inside, EXTRADURAL), scene, scene.noise(4.0))


def _paint_bone(focus: Focus, scene: Scene, name: str, part: float) -> None:
    """A lesion of a vertebra beside or away from the main one, of the same disease."""
    paint_in_vertebra(focus, scene, name, scene.noise(6.0), part=part)


def _other_vertebra(focus: Focus, scene: Scene) -> str:
    """A vertebra two or three away from the lesion, within what is painted."""
    names = [level.name for level in scene.spine.levels if level.name[0] in "CTL" and level.name != "C1"]
    own = scene.spine.level_at(focus.s)
    here = names.index(own) if own in names else len(names) - 1
    low, high = float(scene.body.s[0]) + 15, float(scene.body.s[-1]) - 15
    away = [n for n in (here + 2, here - 2, here + 3, here - 3) if 0 <= n < len(names)]
    seen = [n for n in away if low < scene.spine.level(names[n]).middle < high]
    return names[(seen or away)[int(scene.rng.integers(len(seen or away)))]]


def _open_arches(focus: Focus, scene: Scene) -> None:
    """Vertebral arches that did not close in the midline: fat where spinous processes and laminae would be."""
    spine, sheet = scene.spine, scene.body
    seen = [level for level in spine.levels if sheet.s[0] + 10 < level.middle < sheet.s[-1] - 10]
    low = [level for level in seen if level.name in ("L4", "L5", "L6", "S1")]
    chosen = low or sorted(seen, key=lambda level: abs(level.middle - focus.s))[:2]
    for level in chosen:
        part = sheet.crop(s=(level.disc_low - 6, level.high + 2))
        u, v, _ = part.axes
        back = spine.at(spine.canal.v - spine.canal.b, level.middle)
        gap = (np.abs(u) < 0.85 * spine.at(spine.canal.a, level.middle)) & (v < back + 1.5) & (v > back - 45)
        part.put(gap & (part.anatomy >= 11), scene.palette["fat"], 0)
