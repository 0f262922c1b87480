"""Lesions inside the cord: masses, plaques and infarcts without a mass, a syrinx on its own, a web that bends the cord."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from thecal.simulation.canal import CORD, SAC, cord_coordinates
from thecal.simulation.canvas import Field, Mask, Sheet
from thecal.simulation.cordwork import ends, lower_cord, narrow, paint_around, paint_polar_cysts, paint_voids, swell
from thecal.simulation.details import paint_cleft, paint_details
from thecal.simulation.scene import CORD_CHANGE, SYRINX, Focus, Scene
from thecal.simulation.spine import Spine, Tube
from thecal.simulation.substance import Body, fill

# Where a mass to one side lies, by the territory drawn for it: to the right, to the front, of the cord's half axes.
ASIDE = {
    "lateral": (0.40, 0.0),
    "dorsal_columns": (0.12, -0.40),
    "dorsal_subpial": (0.14, -0.42),
    "anterior_horns": (0.22, 0.34),
}


def deform_mass(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Makes room for a mass in the cord; below the cord's usual end the cord reaches down to it."""
    lower_cord(spine, focus.low - 6 * spine.scale)
    wide = focus.case.is_("cord_expansion")
    swell(spine, focus, float(rng.uniform(1.5, 2.6) if wide else rng.uniform(1.0, 1.05)), 12.0,
          8.0 if focus.case.is_("polar_cyst") and wide else 0.0)  # fmt: skip


def paint_mass(focus: Focus, scene: Scene) -> None:
    """A mass in the cord, from what lies farthest out (oedema, syrinx) to what lies innermost."""
    case, rng = focus.case, scene.rng
    paint_around(focus, scene)
    paint_polar_cysts(focus, scene)
    sheet = scene.canal.crop(s=(focus.low - 9, focus.high + 9))
    across, along = cord_coordinates(sheet, scene.spine)
    in_cord = sheet.anatomy == CORD
    at = _place(focus, rng)
    whole = case.is_("axial_territory", "holocord") or case.signs.get("axial_position", "central") == "central"
    girth = (0.90 if whole else 0.58) * focus.girth
    depth = scene.radius((across - at[0]) / girth, (along - at[1]) / girth, ends(sheet, focus))
    depth = depth + _roughness(focus, scene, sheet)
    room = in_cord
    if case.is_("exophytic"):
        depth, room = _bulge(focus, scene, sheet, across, along, depth, in_cord)
    body = Body(sheet, focus, (depth < 1) & room, depth, in_cord)
    fill(body, scene, scene.noise(2.6 if focus.half_mm < 12 else 4.0))
    sheet.put(body.inside, None, CORD)
    paint_details(body, scene)
    paint_cleft(body, scene)
    paint_voids(focus, scene)


def _roughness(focus: Focus, scene: Scene, sheet: Sheet) -> Field:
    """Unevenness of a lesion's wall; an ill-defined one also frays cell by cell."""
    rough = scene.noise(3.5).over(sheet)
    if not focus.case.is_("margins", "ill_defined"):
        return np.asarray(0.05 * rough, dtype=np.float32)
    frayed = scene.rng.random(sheet.tissue.shape, dtype=np.float32)
    return np.asarray(0.06 * rough + 0.42 * frayed, dtype=np.float32)


def _bulge(
    focus: Focus, scene: Scene, sheet: Sheet, across: Field, along: Field, depth: Field, in_cord: Mask
) -> tuple[Field, Mask]:
    """The part that grows out of the cord into the sac."""
    side = 1.0 if focus.instance % 2 else -1.0
    out = scene.radius((across - 0.9 * side) / 0.6, (along + 0.3) / 0.6, 1.5 * ends(sheet, focus))
    return np.minimum(depth, out), in_cord | (sheet.anatomy == SAC)


def _place(focus: Focus, rng: np.random.Generator) -> tuple[float, float]:
    case = focus.case
    if case.signs.get("axial_position", "central") == "central":
        return float(rng.normal(0, 0.03)), float(rng.normal(0, 0.03))
    side = float(rng.choice([-1.0, 1.0]))
    if case.signs.get("axial_territory", "") in ASIDE:
        u, v = ASIDE[case.signs["axial_territory"]]
        return side * u, v
    angle = rng.uniform(0, 2 * np.pi)
    return 0.4 * float(np.cos(angle)), 0.4 * float(np.sin(angle))


def deform_plaque(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    """Swells the cord where it is to be swollen; narrows the canal where that is the cause."""
    lower_cord(spine, focus.low - 6 * spine.scale)
    if focus.case.is_("cord_expansion"):
        swell(spine, focus, float(rng.uniform(1.32, 1.6)), 18.0)
    if focus.case.is_("canal_stenosis"):
        narrow(spine, focus.s, focus.case.signs.get("cord_compression", "absent"), rng)


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
    sheet = scene.canal.crop(s=(focus.low - 9, focus.high + 9))
    across, along = cord_coordinates(sheet, scene.spine)
    in_cord = sheet.anatomy == CORD
    if "t2_signal" in case.undrawable:
        wide = 0.72 if case.is_("cord_expansion") else 0.45
        where = in_cord & ((across / wide) ** 2 + (along / (0.95 * wide)) ** 2 + np.abs(ends(sheet, focus)) ** 3 < 1)
        sheet.put(where, scene.palette["cyst_clear"], None, SYRINX, focus.instance)
        return
    paint_around(focus, scene)
    paint_polar_cysts(focus, scene)
    side = np.float32(scene.rng.choice([-1.0, 1.0]))
    section = TERRITORIES[case.signs.get("axial_territory", "central_grey")](across * side, along)
    blunt = 2.5 if focus.half_mm < 20 else 6
    depth = np.asarray((section**2 + np.abs(ends(sheet, focus)) ** blunt) ** 0.5, dtype=np.float32)
    depth = depth + 0.8 * _roughness(focus, scene, sheet)
    room = in_cord
    if case.is_("exophytic"):
        depth, room = _bulge(focus, scene, sheet, across, along, depth, in_cord)
    body = Body(sheet, focus, (depth < 1) & room, depth, in_cord, CORD_CHANGE)
    fill(body, scene, scene.noise(4.5))
    sheet.put(body.inside, None, CORD)
    paint_details(body, scene)
    paint_cleft(body, scene)
    paint_voids(focus, scene)


def deform_web(focus: Focus, spine: Spine) -> None:
    """The cord is pushed or drawn to the front over a short length, and thinned there as far as it is pressed."""
    near = focus.hump(spine.s, 9.0)
    cord, sac = spine.cord, spine.sac
    bent = focus.case.signs.get("cord_compression", "deformed")
    thin = 1 - {"absent": 0.03, "contact": 0.06}.get(bent, 0.42) * near
    b = cord.b * thin
    front = sac.v + sac.b - b - 0.1
    spine.cord = Tube(cord.u, cord.v * (1 - near) + front * near, cord.a * (1 - 0.1 * near * (1 - thin) / 0.42), b)


def paint_web(focus: Focus, scene: Scene) -> None:
    """Signal change of the cord where it is bent, and the syrinx above or below."""
    paint_around(focus, scene)
    sheet = scene.canal.crop(s=(focus.low - 2, focus.high + 2))
    across, along = cord_coordinates(sheet, scene.spine)
    if focus.case.is_("cord_compression", "deformed_with_t2_change"):
        where = (sheet.anatomy == CORD) & (across**2 + along**2 < 0.4) & (np.abs(ends(sheet, focus)) < 1)
        sheet.put(where, scene.palette["plaque"], None, CORD_CHANGE, focus.instance)
    paint_voids(focus, scene)
