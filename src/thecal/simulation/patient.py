"""A drawn case in a drawn spine: where its lesions lie, what they do to the spine, and everything painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation import coating, extradural, extramedullary, generators, intramedullary, surroundings
from thecal.simulation.body import paint_body
from thecal.simulation.canal import draw_roots, paint_canal
from thecal.simulation.canvas import CLEAR, new_sheet
from thecal.simulation.physics import Palette
from thecal.simulation.protocols import Protocol
from thecal.simulation.scene import Focus, Scene
from thecal.simulation.signs import Case, without
from thecal.simulation.spine import Spine, Tube

# Where each region's field of view is centred.
CENTRE = {"cervical": "C6", "thoracic": "T6", "thoracolumbar": "T12", "lumbar": "L3"}
BETWEEN = {
    "craniocervical": ("C2", "C1"), "cervical": ("C7", "C3"), "thoracic": ("T10", "T2"), "conus": ("L1", "T12"),
    "cauda_equina": ("L5", "L2"),
}  # fmt: skip
IN_CORD = ("intramedullary_mass", "plaque")
# Number of what is painted of the same disease elsewhere, before instances are numbered anew.
ELSEWHERE = 90


def reach_of(plan: Protocol) -> float:
    """Half the length of the field of view, mm."""
    return max(
        series.matrix * series.spacing_mm / 2
        if series.plane == "sagittal"
        else series.slices * (series.thickness_mm + series.gap_mm) / 2
        for series in plan.series
    )


def place_foci(case: Case, spine: Spine, plan: Protocol, rng: np.random.Generator) -> list[Focus]:
    """Where the separate lesions of a case lie, from the head downwards."""
    if case.archetype == "none":
        return []
    longest = (reach_of(plan) if plan.stations == 1 else float(spine.s[-1]) / 2) - 22
    middle = _middle(case, spine, rng)
    level = spine.level(spine.level_at(middle))
    half = max(0.5 * case.length_segments * (level.high - level.disc_low), 1.5)
    half = min(half, longest if case.count == 1 else longest / 2.5)
    foci = [_snap(Focus(case, 1, middle, half), spine)]
    for number in range(1, case.count):
        own = without(case, "canal_stenosis", cord_compression="absent") if _presses(case) else case
        other = _another(own, foci, spine, longest, number + 1, rng)
        foci += [other] if other is not None else []
    ordered = sorted(foci, key=lambda focus: -focus.s)
    return [replace(focus, instance=order) for order, focus in enumerate(ordered, start=1)]


def _presses(case: Case) -> bool:
    return "canal_stenosis" in case.signs if case.archetype in IN_CORD else "cord_compression" in case.signs


def _another(
    case: Case, foci: list[Focus], spine: Spine, longest: float, number: int, rng: np.random.Generator
) -> Focus | None:
    """A further lesion clear of the others, near enough to be seen with them."""
    first = foci[0]
    half = float(np.clip(0.7 * first.half_mm, 1.5, 0.35 * longest))
    apart = 34.0 if case.archetype in ("disc", "synovial", "bone") else 9.0
    for _ in range(30):
        away = first.half_mm + half + apart * spine.scale + float(rng.uniform(0, 45))
        focus = _snap(Focus(case, number, first.s + float(rng.choice([-1.0, 1.0])) * away, half), spine)
        clear = all(abs(focus.s - other.s) > focus.half_mm + other.half_mm + 6 for other in foci)
        if clear and abs(focus.s - first.s) + half < 1.6 * longest:
            return focus
    return None


def _middle(case: Case, spine: Spine, rng: np.random.Generator) -> float:
    low, high = (spine.level(name).middle for name in BETWEEN[case.level])
    if case.level == "conus":
        low, high = spine.conus_tip + 6, spine.conus_tip + 30
    if case.level == "cauda_equina":
        high = min(high, spine.conus_tip - 14)
    return float(rng.uniform(low, max(high, low + 1)))


def _snap(focus: Focus, spine: Spine) -> Focus:
    """Moves a focus to where its kind can be: in the cord, at a disc, at a body, at a foramen; into the sac."""
    case, top = focus.case, spine.level("C1").high
    if case.archetype in (*IN_CORD, "web"):
        low = spine.level("S1").high if case.level == "cauda_equina" else spine.conus_tip + 4 * spine.scale
        half = min(focus.half_mm, (top - low) / 2 - 4)
        focus = replace(focus, half_mm=half, s=float(np.clip(focus.s, low + half, top - half)))
        return extradural.on_disc(focus, spine) if case.is_("canal_stenosis") and case.archetype == "plaque" else focus
    if case.archetype in ("disc", "synovial"):
        return extradural.on_disc(focus, spine)
    if case.archetype == "bone":
        return extradural.on_body(focus, spine)
    if case.is_("foraminal_extension") and case.archetype == "nodule":
        level = spine.level(spine.level_at(focus.s))
        focus = replace(focus, s=level.low + 0.03 * (level.high - level.low))
    if case.archetype in ("nodule", "cyst", "subdural", "epidural"):
        low = spine.sac_end + (14 if case.archetype == "nodule" else 4) + focus.half_mm
        return replace(focus, s=float(np.clip(focus.s, low, max(top - focus.half_mm - 2, low))))
    return focus


def region_of(case: Case, foci: list[Focus], spine: Spine) -> str:
    """The region of the examination: the one whose middle lies nearest to the lesion."""
    if not foci:
        return {"cervical": "cervical", "thoracic": "thoracic"}.get(case.level, "lumbar")
    middle = foci[0].s
    return min(CENTRE, key=lambda area: abs(spine.level(CENTRE[area]).middle - middle))


def centre_of(area: str, foci: list[Focus], spine: Spine) -> float:
    """Place along the canal at the centre of the field of view: the region's own, moved if the lesion would lie near its edge."""
    own = spine.level(CENTRE[area]).middle
    if not foci:
        return own
    low, high = min(focus.low for focus in foci), max(focus.high for focus in foci)
    middle = (low + high) / 2
    return float(np.clip(own, middle - 55, middle + 55))


def paint(
    case: Case, spine: Spine, foci: list[Focus], rng: np.random.Generator, plan: Protocol, centre: float, field_t: float,
    generator: str = "first",
) -> tuple[Scene, list[Focus]]:  # fmt: skip
    """The whole patient, painted; and the lesions with the numbers they have on the sheets."""
    maker = generators.make(generator, rng)
    usual = spine.canal
    foci = [_deform(focus, spine, rng) for focus in foci]
    surroundings.deform_elsewhere(case, foci, spine, centre, reach_of(plan), rng)
    _settle(spine)
    scene = _stretch(spine, rng, plan, centre, field_t, maker)
    scene.usual_canal = usual
    if case.archetype != "none":
        coating.clump_roots(case.signs.get("nerve_root_clumping", "absent"), scene)
    paint_body(scene.body, spine, scene.palette, rng)
    paint_canal(scene.canal, spine, scene.palette, rng, scene.roots)
    if foci:
        _grow(case, foci, scene)
    return scene, _number_instances(scene, foci)


def _stretch(
    spine: Spine, rng: np.random.Generator, plan: Protocol, centre: float, field_t: float, maker: generators.Generator
) -> Scene:
    """Empty sheets over what the examination covers."""
    reach = reach_of(plan) + 25
    span = (max(centre - reach, 0.0), min(centre + reach, float(spine.s[-1])))
    if plan.stations > 1:
        span = (0.0, float(spine.s[-1]))
    palette = Palette(field_t)
    # Trains of refocusing pulses show fat the brighter the closer they follow each other.
    palette.change("fat", t2_s=float(rng.spawn(1)[0].uniform(0.075, 0.15)))
    wide = max([34.0, *(series.matrix * series.spacing_mm / 2 for series in plan.series if series.plane == "axial")])
    body = new_sheet(
        (-wide - 8, wide + 8), (-115, 150), span, (1.6 * plan.cell_mm, plan.cell_mm, plan.cell_mm), palette["air"]
    )
    half, wall = float(spine.canal.a.max()) + 2, spine.canal
    depth = (-float((wall.b - wall.v).max()) - 7, float((wall.b + wall.v).max()) + 2)
    fine = (plan.canal_mm, plan.canal_mm, 1.7 * plan.canal_mm)
    canal = new_sheet((-half, half), depth, span, fine, CLEAR)
    return Scene(spine, body, canal, palette, rng, maker, draw_roots(spine, rng))


def _grow(case: Case, foci: list[Focus], scene: Scene) -> None:
    first = max(foci, key=lambda focus: focus.half_mm)
    surroundings.paint_before(case, first, scene, ELSEWHERE + 1)
    for focus in foci:
        PAINTERS[focus.case.archetype](focus, scene)
    coat = None
    if case.archetype != "coating" and case.signs.get("leptomeningeal_pattern", "none") != "none":
        coat = replace(first, instance=len(foci) + 1, half_mm=4.0)
    surroundings.paint_after(case, first, scene, coat, ELSEWHERE)


PAINTERS = {
    "intramedullary_mass": intramedullary.paint_mass, "plaque": intramedullary.paint_plaque, "web": intramedullary.paint_web,
    "nodule": extramedullary.paint_nodule, "cyst": extramedullary.paint_cyst, "coating": coating.paint_coating,
    "epidural": extradural.paint_epidural, "bone": extradural.paint_bone, "disc": extradural.paint_fragment,
    "synovial": extradural.paint_fragment, "subdural": extradural.paint_subdural,
}  # fmt: skip


def _deform(focus: Focus, spine: Spine, rng: np.random.Generator) -> Focus:
    kind = focus.case.archetype
    if kind == "nodule":
        return extramedullary.deform_nodule(focus, spine, rng)
    if kind == "intramedullary_mass":
        intramedullary.deform_mass(focus, spine, rng)
    elif kind == "plaque":
        intramedullary.deform_plaque(focus, spine, rng)
    elif kind == "web":
        intramedullary.deform_web(focus, spine)
    elif kind == "cyst":
        extramedullary.deform_cyst(focus, spine, rng)
    elif kind == "subdural":
        extradural.deform_subdural(focus, spine, rng)
    elif kind == "coating":
        extramedullary.widen(focus, spine)
    else:
        extradural.deform_epidural(focus, spine, rng)
    if kind in (*IN_CORD, "web"):
        extramedullary.widen(focus, spine)
    return focus


def _settle(spine: Spine) -> None:
    """Keeps the cord within the sac."""
    cord, sac = spine.cord, spine.sac
    a, b = np.minimum(cord.a, np.maximum(sac.a - 0.25, 0)), np.minimum(cord.b, np.maximum(sac.b - 0.25, 0))
    room_u, room_v = np.maximum(sac.a - a - 0.2, 0), np.maximum(sac.b - b - 0.2, 0)
    u = sac.u + np.clip(cord.u - sac.u, -room_u, room_u)
    v = sac.v + np.clip(cord.v - sac.v, -room_v, room_v)
    spine.cord = Tube(u, v, a, b)


def _number_instances(scene: Scene, foci: list[Focus]) -> list[Focus]:
    """Numbers what was painted from the head downwards, without gaps; returns the foci with their new numbers."""
    places: dict[int, list[float]] = {}
    for sheet in scene.sheets:
        held = np.where(sheet.lesion > 0, sheet.instance, 0)
        along = [np.bincount(row, minlength=256)[1:] > 0 for row in held.reshape(-1, len(sheet.s)).T]
        for s, present in zip(sheet.s, along, strict=True):
            for number in np.flatnonzero(present) + 1:
                places.setdefault(int(number), []).append(float(s))
    order = sorted(places, key=lambda number: -float(np.mean(places[number])))
    table = np.zeros(256, np.uint8)
    table[order] = np.arange(1, len(order) + 1)
    for sheet in scene.sheets:
        sheet.instance[:] = table[sheet.instance]
    return [replace(focus, instance=int(table[focus.instance])) for focus in foci]
