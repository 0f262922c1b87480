"""What a lesion holds and wears: cysts, fat, chalk, blood, caps and rings, vessels, a target's heart, a bright rim or flame."""

from __future__ import annotations

import numpy as np

from thecal.simulation.canvas import Field, Mask
from thecal.simulation.scene import BLOOD, ENHANCING, TUMOUR_CYST, Scene
from thecal.simulation.substance import Body, nodule_in, substance_of, times_for

# Share of the solid part that holds each; judged.
CHALK, BLEED, VESSELS = 0.10, 0.14, 0.08


def paint_details(body: Body, scene: Scene) -> None:
    """Everything a lesion's drawn signs ask for within it and on its wall."""
    if not body.inside.any():
        return
    case = body.focus.case
    if case.is_("tumoral_cyst"):
        _paint_cyst(body, scene)
    if case.is_("target_sign"):
        _paint_heart(body, scene)
    if case.is_("fat_signal"):
        _paint_fat(body, scene)
    if case.is_("calcification"):
        body.sheet.put(_spots(body, scene, CHALK, 2.4), scene.palette["calcification"], None, None, body.focus.instance)
    if case.is_("haemorrhage"):
        _paint_blood(body, scene)
    if case.is_("rim_flame_sign"):
        _paint_flame(body, scene)
    if case.is_("flow_voids") and case.signs.get("flow_void_site", "perimedullary") != "perimedullary":
        ridges = np.abs(scene.noise(3.4).over(body.sheet))
        inside = body.inside & (body.depth < 0.95)
        body.sheet.put(inside & (ridges < _quantile(ridges, inside, VESSELS)), scene.palette["flow_void"])


def _quantile(field: Field, where: Mask, share: float) -> float:
    return float(np.quantile(field[where], share)) if where.any() else float(field.min()) - 1


def _spots(body: Body, scene: Scene, share: float, width_mm: float) -> Mask:
    """Scattered spots that take up a share of the solid part."""
    field = scene.noise(width_mm).over(body.sheet)
    inside = body.inside & (body.depth < 0.9) & (body.sheet.lesion != TUMOUR_CYST)
    return np.asarray(inside & (field > _quantile(field, inside, 1 - share)))


def _paint_cyst(body: Body, scene: Scene) -> None:
    case, rng = body.focus.case, scene.rng
    x, y, z = body.frame()
    filling = scene.palette["cyst_protein"]
    # A cyst is clear through and through, also in a lesion whose wall is frayed.
    within = body.inside | (body.room & (body.depth < 1.25))
    if case.is_("enhancement_pattern", "mural_nodule"):
        body.sheet.put(
            within & (x**2 + y**2 + z**2 < 0.72) & ~nodule_in(body), filling, None, TUMOUR_CYST, body.focus.instance
        )
        return
    for _ in range(int(rng.integers(1, 4))):
        at = rng.uniform(-0.3, 0.3, 3) * (1, 1, 1.6)
        size = float(rng.uniform(0.30, 0.48))
        bubble = scene.radius((x - at[0]) / size, (y - at[1]) / size, (z - at[2]) / (0.85 * size)) < 1
        body.sheet.put(within & bubble, filling, None, TUMOUR_CYST, body.focus.instance)


def _paint_heart(body: Body, scene: Scene) -> None:
    """The dark centre of a target on T2, as bright as the rest on T1."""
    palette = scene.palette
    own = palette.tissues[substance_of(scene, body.focus.case).enhancing]
    if "lesion_heart" not in palette.names:
        palette.add("lesion_heart", "lesion_enhancing", t2_s=min(0.45 * own.t2_s, 0.05), t2star_s=0.02)
    enhancing = body.focus.case.signs.get("enhancement", "absent") != "absent"
    code = body.code if body.code is not None else ENHANCING if enhancing else 2
    heart = body.inside & (body.depth < _quantile(body.depth, body.inside, 0.28))
    body.sheet.put(heart, palette["lesion_heart"], None, code, body.focus.instance)


def _paint_fat(body: Body, scene: Scene) -> None:
    """Fat through most of a lesion that is bright on T1, through half of a mixed one, in lumps of others."""
    case = body.focus.case
    share = {"hyperintense": 1.0 if case.is_("enhancement", "absent") else 0.75, "mixed": 0.42}.get(
        case.signs.get("t1_signal", ""), 0.14
    )
    if case.signs.get("t2_signal") in ("hypointense", "isointense"):
        share = min(share, 0.2)
    field = scene.noise(4.0).over(body.sheet)
    fatty = body.inside & (field >= _quantile(field, body.inside, 1 - share)) & (body.sheet.lesion != TUMOUR_CYST)
    body.sheet.put(fatty, scene.palette["fat"], None, None if body.code is not None else 2, body.focus.instance)


def _paint_blood(body: Body, scene: Scene) -> None:
    """Haemosiderin as a complete rim or as caps on the poles, else blood in spots."""
    case, sheet, number = body.focus.case, body.sheet, body.focus.instance
    dark = scene.palette["haemosiderin"]
    _, _, z = body.frame()
    wall = (body.room | body.inside) & (body.depth > 0.9)
    uneven = 1 + 0.45 * np.clip(scene.noise(2.4).over(sheet), -1.2, 1.8)
    if case.is_("haemosiderin_ring"):
        sheet.put(_spots(body, scene, 0.3, 2.2), scene.palette["methaemoglobin"], None, BLOOD, number)
        sheet.put(wall & (body.depth < 1 + uneven * (_reach(body, 0.75) - 1)), dark, None, BLOOD, number)
    if case.is_("cap_sign"):
        only = float(scene.rng.choice([-1.0, 0.0, 1.0]))
        pole = (np.abs(z) + 0.12 * (uneven - 1) > 0.66) & (z * only >= 0)
        sheet.put(wall & pole & (body.depth < 1 + uneven * (_reach(body, 2.2) - 1)), dark, None, BLOOD, number)
    if not case.is_("haemosiderin_ring") and not case.is_("cap_sign"):
        fresh = "methaemoglobin" if case.signs.get("t1_signal") in ("hyperintense", "mixed") else "haemosiderin"
        sheet.put(_spots(body, scene, BLEED, 3.0), scene.palette[fresh], None, BLOOD, number)


def _reach(body: Body, mm: float) -> float:
    """Depth of a place that lies so many mm outside the wall, along the lesion."""
    return 1 + mm / max(min(body.focus.half_mm, 9.0), 2.0)


def _paint_flame(body: Body, scene: Scene) -> None:
    """Brighter enhancement as a thin rim, or as a flame at a pole."""
    palette = scene.palette
    if "lesion_flame" not in palette.names:
        own = palette.tissues[substance_of(scene, body.focus.case).enhancing]
        palette.add("lesion_flame", "lesion_enhancing", gadolinium=max(1.8 * own.gadolinium, 0.7))
    _, _, z = body.frame()
    if scene.rng.random() < 0.5:
        flame = body.inside & (body.depth > _quantile(body.depth, body.inside, 0.8))
    else:
        flame = (body.inside | body.room) & (z > 0.55) & (body.depth < 1.35) & (body.depth > 0.5)
    held = flame & ~np.isin(body.sheet.lesion, (TUMOUR_CYST, BLOOD))
    body.sheet.put(
        held, palette["lesion_flame"], None, ENHANCING if body.code is None else body.code, body.focus.instance
    )


def paint_cleft(body: Body, scene: Scene) -> None:
    """The cleavage plane: a bright line on T2 between a lesion and the cord, all around or in part."""
    state = body.focus.case.signs.get("cleavage_plane", "not_visible")
    if state == "not_visible":
        return
    x, _, _ = body.frame()
    line = body.room & ~body.inside & (body.depth > 1.0) & (body.depth < 1 + 0.6 / max(0.6 * body.focus.half_mm, 3.0))
    line &= body.sheet.lesion != BLOOD
    if state == "partial":
        line &= x > 0
    if "cleft" not in scene.palette.names:
        t1_s, t2_s = times_for(scene.palette, 0.8, 2.4, 0.85)
        scene.palette.add("cleft", "oedema", t1_s=t1_s, t2_s=t2_s, proton_density=0.85)
    body.sheet.put(line, scene.palette["cleft"])
