"""Leptomeningeal disease: an enhancing layer on cord and roots, nodules on them, thick, clumped or enhancing roots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from thecal.simulation.canal import SAC, Root, paint_root, radius_in
from thecal.simulation.cordwork import TOWARDS, ends, paint_around
from thecal.simulation.details import paint_details
from thecal.simulation.physics import gadolinium_for
from thecal.simulation.scene import COATING, TUMOUR_CYST, Focus, Scene
from thecal.simulation.substance import Body, fill, substance_of, times_for

PATTERNED = ("nodular", "diffuse", "mixed")


def clump_roots(kind: str, scene: Scene) -> None:
    """Roots that stick together in the middle of the sac, or to its wall."""
    if kind not in ("central", "peripheral"):
        return
    sac = scene.spine.sac
    moved: list[Root] = []
    for root in scene.roots:
        u, v = root.u - sac.u, root.v - sac.v
        if kind == "central":
            u, v = 0.3 * u, 0.22 * v - 0.1 * sac.b
        else:
            length = np.maximum(np.sqrt((u / np.maximum(sac.a, 0.3)) ** 2 + (v / np.maximum(sac.b, 0.3)) ** 2), 0.05)
            u, v = u / length * 0.93, v / length * 0.93
        moved.append(replace(root, u=u + sac.u, v=v + sac.v))
    scene.roots[:] = moved


def coat_tissue(focus: Focus, scene: Scene) -> int:
    """What coats: the lesion's own tissue where that is a coating, else one like cord that enhances."""
    if focus.case.archetype == "coating" and focus.case.signs.get("enhancement", "absent") != "absent":
        return substance_of(scene, focus.case).enhancing
    palette = scene.palette
    if "coat" not in palette.names:
        density = float(palette.tissues[palette["white_matter"]].proton_density)
        t1_s, t2_s = times_for(palette, 1.0, 1.05, density)
        palette.add("coat", "tumour_solid", t1_s=t1_s, t2_s=t2_s, t2star_s=0.45 * t2_s, proton_density=density,
                    gadolinium=0.8 * gadolinium_for("marked"))  # fmt: skip
    return palette["coat"]


def paint_coating(focus: Focus, scene: Scene) -> None:
    """Everything of a leptomeningeal pattern; one instance but for nodules that stand alone."""
    case = focus.case
    pattern, site = case.signs.get("leptomeningeal_pattern", "none"), case.signs.get("leptomeningeal_site", "both")
    if case.archetype == "coating":
        paint_around(focus, scene)
    if site != "roots" and pattern in ("diffuse", "mixed"):
        _paint_layer(focus, scene)
    if site != "cord_surface" and pattern in ("diffuse", "mixed") and "nerve_root_enhancement" not in case.signs:
        paint_roots(focus, scene, "both")
    if pattern in ("nodular", "mixed"):
        _paint_nodules(focus, scene, site)
    if case.surface_cysts:
        _paint_surface_cysts(focus, scene)


def thicken_roots(scene: Scene) -> None:
    """Roots of the cauda equina drawn thicker than they are."""
    thicker = float(scene.rng.uniform(1.8, 2.4))
    for root in scene.roots[:-1]:
        paint_root(scene.canal, scene.spine, root, scene.palette["nerve"], thicker=thicker)


def paint_roots(focus: Focus, scene: Scene, which: str) -> None:
    """Enhancing roots of the cauda equina: all, or the ventral or dorsal ones."""
    thicker = 2.0 if focus.case.is_("nerve_root_thickening") else 1.2
    tissue = coat_tissue(focus, scene)
    for root in scene.roots[:-1]:
        touched = which == "both" or (which == "ventral") == root.ventral
        if touched and scene.rng.random() < 0.92:
            paint_root(scene.canal, scene.spine, root, tissue, thicker=thicker, lesion=COATING, instance=focus.instance)


def _paint_layer(focus: Focus, scene: Scene) -> None:
    spine, sheet = scene.spine, scene.canal
    thick = float(scene.rng.uniform(0.8, 1.4)) * spine.scale
    radius = radius_in(spine.cord, spine, sheet)
    layer = thick / np.maximum(np.interp(sheet.s, spine.s, spine.cord.b), 0.8).astype(np.float32)
    patches = scene.noise(14.0).over(sheet)
    reach = float(scene.rng.uniform(90, 260))
    near = np.abs(sheet.s - focus.s)[None, None, :] < reach
    where = (
        (radius >= 1)
        & (radius < 1 + layer * np.clip(1 + 0.5 * patches, 0.45, 1.6))
        & (patches > -1.1)
        & near
        & (sheet.anatomy == SAC)
        & (sheet.lesion == 0)
    )
    sheet.put(where, coat_tissue(focus, scene), None, COATING, focus.instance)


def _paint_nodules(focus: Focus, scene: Scene, site: str) -> None:
    """Deposits on cord and roots: one where a single lesion was drawn, numbered apart where nothing coats between them."""
    case = focus.case
    many = case.signs.get("lesion_count", "multiple") == "multiple"
    count = int(scene.rng.integers(4, 11)) if many else 1
    apart = case.is_("leptomeningeal_pattern", "nodular") and many
    own = case.archetype == "coating"
    dressed = case if own else replace(case, signs={**_plain(), **_lepto(case.signs)})
    for number, (place, half, centre) in enumerate(_spots(focus, scene, site, count)):
        sheet = scene.canal.crop(s=(place - 2 * half - 2, place + 2 * half + 2))
        ball = replace(
            focus, case=dressed, s=place, half_mm=half, instance=focus.instance + (100 + number if apart else 0)
        )
        u, v, _ = sheet.axes
        depth = scene.radius((u - centre[0]) / (0.85 * half), (v - centre[1]) / (0.85 * half), ends(sheet, ball))
        if case.is_("margins", "ill_defined"):
            depth = depth + np.float32(0.4) * scene.rng.random(sheet.tissue.shape, dtype=np.float32)
        room = (sheet.anatomy == SAC) & ((sheet.lesion == 0) | (sheet.lesion == COATING))
        body = Body(sheet, ball, (depth < 1) & room, np.asarray(depth, dtype=np.float32), room)
        if own:
            fill(body, scene, scene.noise(3.0))
            paint_details(body, scene)
        else:
            sheet.put(body.inside, coat_tissue(focus, scene), None, 1, ball.instance)


def _plain() -> dict[str, str]:
    return {"enhancement": "marked", "t1_signal": "isointense", "t2_signal": "isointense"}


def _lepto(signs: object) -> dict[str, str]:
    return {code: state for code, state in dict(signs).items() if code.startswith("leptomeningeal")}  # type: ignore[call-overload]


def _spots(focus: Focus, scene: Scene, site: str, count: int) -> Iterator[tuple[float, float, tuple[float, float]]]:
    """Where nodules sit: place along the canal, half their length, and centre of each, at least one."""
    spine, rng = scene.spine, scene.rng
    # Nodules keep away from the ends of what is painted, so that they can be seen.
    low = max(spine.sac_end + 12, float(scene.canal.s[0]) + 30)
    high = min(float(scene.canal.s[-1]) - 30, spine.level("C2").low)
    bounds = {"roots": (low, min(high, spine.conus_tip - 8)), "cord_surface": (max(low, spine.conus_tip + 12), high)}
    low, high = bounds.get(site, (low, high))
    for number in range(count):
        half = float(rng.uniform(2.2, 4.5) if count > 1 else rng.uniform(3.0, 5.5)) * spine.scale
        place = focus.s + (0.0 if number == 0 else float(rng.normal(0, 55)))
        place = float(np.clip(place, low, max(high, low)))
        if spine.at(spine.cord.b, place) > 1.5:
            towards = TOWARDS.get(focus.case.signs.get("canal_position", ""))
            angle = (
                float(rng.choice([-1.4, 1.4]) + rng.normal(0, 0.6))
                if towards is None
                else float(np.arctan2(towards[0], -towards[1]))
            )
            out_u, out_v = (spine.at(tube, place) + 0.6 * half for tube in (spine.cord.a, spine.cord.b))
            centre_u, centre_v = (spine.at(tube, place) for tube in (spine.cord.u, spine.cord.v))
            yield place, half, (centre_u + np.sin(angle) * out_u, centre_v - np.cos(angle) * out_v)
        else:
            root = scene.roots[int(rng.integers(len(scene.roots)))]
            yield place, half, (spine.at(root.u, place), spine.at(root.v, place))


def _paint_surface_cysts(focus: Focus, scene: Scene) -> None:
    sheet = scene.canal
    radius = radius_in(scene.spine.cord, scene.spine, sheet)
    spots = scene.noise(2.2).over(sheet) > 1.55
    sheet.put(spots & (radius > 0.72) & (radius < 1.0), scene.palette["cyst_clear"], None, TUMOUR_CYST, focus.instance)
