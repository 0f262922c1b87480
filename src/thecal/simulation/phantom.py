"""A simulated study of any entity, with its truth: draw a case, a spine and its lesions, paint them, and image them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thecal.records import Grid, Identity, LabelMap, Rates, Series, Study, Vocabulary, Volume
from thecal.records import Region as SpineRegion
from thecal.simulation import extradural, extramedullary, intramedullary, positioning, protocols, scanner
from thecal.simulation.artefacts import Artefacts, draw_artefacts
from thecal.simulation.body import paint_body
from thecal.simulation.canal import draw_roots, paint_canal
from thecal.simulation.canvas import CLEAR, new_sheet
from thecal.simulation.dicom import make_uid
from thecal.simulation.physics import Palette, Sequence
from thecal.simulation.protocols import Protocol, SeriesPlan
from thecal.simulation.scene import Focus, Scene
from thecal.simulation.signs import Case, check_words, draw_case
from thecal.simulation.spine import Spine, Tube, draw_spine
from thecal.simulation.truth import LESION_NAMES, anatomy_names, told_context, true_findings

SEGMENTER = "simulation"
# Where each region's field of view is centred.
CENTRE = {"cervical": "C6", "thoracic": "T6", "thoracolumbar": "T12", "lumbar": "L3"}
REGION_LEVELS: dict[SpineRegion, set[str]] = {
    "craniocervical": {"C1"}, "cervical": {"C3", "C4", "C5", "C6"}, "thoracic": {"T4", "T5", "T6", "T7", "T8"},
    "lumbar": {"L1", "L2", "L3", "L4"}, "sacral": {"S1", "S2"},
}  # fmt: skip
PARTS = {"cervical": "CSPINE", "thoracic": "TSPINE", "thoracolumbar": "TSPINE", "lumbar": "LSPINE"}


@dataclass(frozen=True, eq=False)
class Phantom:
    """A simulated study and what is true of it.

    anatomy and lesion are the truth in the reference grid, that of the first series; by_series holds both for each series.
    findings are the signs that were rendered, as code: state or number; context what a clinic would know.
    """

    entity: str
    seed: int
    study: Study
    anatomy: LabelMap
    lesion: LabelMap
    instances: LabelMap
    by_series: Mapping[str, tuple[LabelMap, LabelMap]]
    findings: Mapping[str, str | float]
    context: Mapping[str, str | float]
    identity: Identity


def simulate(
    entity: str = "healthy",
    seed: int = 0,
    *,
    field_t: float = 3.0,
    protocol: str = "standard",
    signs: Mapping[str, str | float] | None = None,
    rates: Rates | None = None,
    vocabulary: Vocabulary | None = None,
    region: str | None = None,
    artefacts: Artefacts | None = None,
) -> Phantom:
    """A study of one patient with the entity (or healthy), the same for the same arguments.

    signs fixes states of findings (and age_years, sex, level, length_segments); the rest is drawn from rates where given, else
    from entities.yaml. With a vocabulary its words are checked. region (cervical, thoracic, thoracolumbar, lumbar) by default
    holds the lesion. artefacts are drawn as an ordinary study has them unless given (artefacts.NONE for none).
    """
    if vocabulary is not None:
        check_words(signs or {}, vocabulary)
    rng = np.random.default_rng([seed, *entity.encode()])
    plan = protocols.find_protocol(protocol)
    case = draw_case(entity, rng, signs, rates)
    told = case.signs.get("prior_spine_surgery")
    operated = None if told is None else told == "present"
    spine = draw_spine(rng, age=case.age, female=case.female, step_mm=0.5, operated=operated)
    foci = _place_foci(case, spine, rng)
    area = region or _region_of(case, foci, spine)
    centre = _centre_of(area, foci, spine)
    scene, foci = _paint(spine, foci, rng, plan, centre, field_t)
    spoiled = draw_artefacts(rng.spawn(1)[0]) if artefacts is None else artefacts
    return _image(case, scene, foci, rng, plan, centre, seed, area, spoiled)


def _place_foci(case: Case, spine: Spine, rng: np.random.Generator) -> list[Focus]:
    if case.archetype == "none":
        return []
    foci: list[Focus] = []
    for number in range(case.count):
        middle = _middle(case, spine, rng)
        if number:
            middle = foci[0].s + float(rng.choice([-1, 1])) * float(rng.uniform(2.0, 4.0)) * 22 * spine.scale
        level = spine.level(spine.level_at(middle))
        half = 0.5 * case.length_segments * (level.high - level.disc_low) * (1.0 if not number else 0.7)
        focus = Focus(case, 0, middle, max(half, 1.5))
        foci.append(_snap(focus, spine))
    kept = [
        focus
        for focus in foci
        if not any(abs(focus.s - other.s) < focus.half_mm + other.half_mm + 8 for other in foci[: foci.index(focus)])
    ]
    ordered = sorted(kept, key=lambda focus: -focus.s)
    return [replace(focus, instance=order) for order, focus in enumerate(ordered, start=1)]


def _middle(case: Case, spine: Spine, rng: np.random.Generator) -> float:
    between = {
        "craniocervical": ("C2", "C1"), "cervical": ("C7", "C3"), "thoracic": ("T10", "T2"), "conus": ("L1", "T12"),
        "cauda_equina": ("L5", "L2"),
    }[case.level]  # fmt: skip
    low, high = (spine.level(name).middle for name in between)
    if case.level == "conus":
        low, high = spine.conus_tip + 6, spine.conus_tip + 30
    if case.level == "cauda_equina":
        high = min(high, spine.conus_tip - 14)
    return float(rng.uniform(low, max(high, low + 1)))


def _snap(focus: Focus, spine: Spine) -> Focus:
    """Moves a focus to where its kind can be: in the cord, at a disc, at a body, at a foramen; into the sac."""
    case = focus.case
    if case.archetype in ("intramedullary_mass", "plaque", "web"):
        low = spine.conus_tip + (2.0 if case.entity == "ventriculus_terminalis" else 8.0)
        half = min(focus.half_mm, (spine.level("C1").high - low) / 2 - 4)
        return replace(focus, half_mm=half, s=float(np.clip(focus.s, low + half, spine.level("C1").high - half)))
    if case.archetype in ("disc", "synovial") or case.is_("canal_stenosis"):
        return extradural.on_disc(focus, spine)
    if case.archetype == "bone":
        return extradural.on_body(focus, spine)
    if case.is_("foraminal_extension"):
        level = spine.level(spine.level_at(focus.s))
        return replace(focus, s=level.low + 0.03 * (level.high - level.low))
    if case.archetype in ("nodule", "cyst"):
        return replace(focus, s=max(focus.s, spine.sac_end + 14 + focus.half_mm))
    return focus


def _region_of(case: Case, foci: list[Focus], spine: Spine) -> str:
    if not foci:
        return {"cervical": "cervical", "thoracic": "thoracic"}.get(case.level, "lumbar")
    middle = foci[0].s
    return min(CENTRE, key=lambda area: abs(spine.level(CENTRE[area]).middle - middle))


def _centre_of(area: str, foci: list[Focus], spine: Spine) -> float:
    """Place along the canal at the centre of the field of view: the region's own, moved if the lesion would lie near its edge."""
    own = spine.level(CENTRE[area]).middle
    if not foci:
        return own
    low, high = min(focus.low for focus in foci), max(focus.high for focus in foci)
    middle = (low + high) / 2
    return float(np.clip(own, middle - 55, middle + 55))


def _paint(
    spine: Spine, foci: list[Focus], rng: np.random.Generator, plan: Protocol, centre: float, field_t: float
) -> tuple[Scene, list[Focus]]:
    for focus in foci:
        _deform(focus, spine, rng)
    _settle(spine)
    reach = _reach(plan) + 25
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
    scene = Scene(spine, body, canal, palette, rng, draw_roots(spine, rng))
    for focus in foci:
        extramedullary.clump_roots(focus, scene)
    paint_body(body, spine, palette, rng)
    paint_canal(canal, spine, palette, rng, scene.roots)
    for focus in foci:
        _grow(focus, scene)
    return scene, _number_instances(scene, foci)


def _number_instances(scene: Scene, foci: list[Focus]) -> list[Focus]:
    """Numbers what was painted from the head downwards, without gaps; returns the foci with their new numbers."""
    places: dict[int, list[float]] = {}
    for sheet in scene.sheets:
        along = [np.bincount(row, minlength=256)[1:] > 0 for row in sheet.instance.reshape(-1, len(sheet.s)).T]
        for s, present in zip(sheet.s, along, strict=True):
            for number in np.flatnonzero(present) + 1:
                places.setdefault(int(number), []).append(float(s))
    order = sorted(places, key=lambda number: -float(np.mean(places[number])))
    table = np.zeros(256, np.uint8)
    table[order] = np.arange(1, len(order) + 1)
    for sheet in scene.sheets:
        sheet.instance[:] = table[sheet.instance]
    return [replace(focus, instance=int(table[focus.instance])) for focus in foci]


def _deform(focus: Focus, spine: Spine, rng: np.random.Generator) -> None:
    kind = focus.case.archetype
    if kind == "intramedullary_mass":
        intramedullary.deform_mass(focus, spine, rng)
    elif kind == "plaque":
        intramedullary.deform_plaque(focus, spine, rng)
    elif kind == "web":
        intramedullary.deform_web(focus, spine)
    elif kind == "nodule":
        extramedullary.deform_nodule(focus, spine)
    elif kind == "cyst":
        extramedullary.deform_cyst(focus, spine)
    elif kind == "subdural":
        extradural.deform_subdural(focus, spine)
    elif kind != "coating":
        extradural.deform_epidural(focus, spine, rng)


def _grow(focus: Focus, scene: Scene) -> None:
    {
        "intramedullary_mass": intramedullary.paint_mass, "plaque": intramedullary.paint_plaque, "web": intramedullary.paint_web,
        "nodule": extramedullary.paint_nodule, "cyst": extramedullary.paint_cyst, "coating": extramedullary.paint_coating,
        "epidural": extradural.paint_epidural, "bone": extradural.paint_bone, "disc": extradural.paint_fragment,
        "synovial": extradural.paint_fragment, "subdural": extradural.paint_subdural,
    }[focus.case.archetype](focus, scene)  # fmt: skip


def _settle(spine: Spine) -> None:
    """Keeps the cord within the sac."""
    cord, sac = spine.cord, spine.sac
    a, b = np.minimum(cord.a, np.maximum(sac.a - 0.25, 0)), np.minimum(cord.b, np.maximum(sac.b - 0.25, 0))
    room_u, room_v = np.maximum(sac.a - a - 0.2, 0), np.maximum(sac.b - b - 0.2, 0)
    u = sac.u + np.clip(cord.u - sac.u, -room_u, room_u)
    v = sac.v + np.clip(cord.v - sac.v, -room_v, room_v)
    spine.cord = Tube(u, v, a, b)


def _reach(plan: Protocol) -> float:
    return max(
        series.matrix * series.spacing_mm / 2
        if series.plane == "sagittal"
        else series.slices * (series.thickness_mm + series.gap_mm) / 2
        for series in plan.series
    )


def _image(
    case: Case,
    scene: Scene,
    foci: list[Focus],
    rng: np.random.Generator,
    plan: Protocol,
    centre: float,
    seed: int,
    area: str,
    spoiled: Artefacts,
) -> Phantom:
    maker = protocols.draw_maker(rng)
    pose = positioning.draw_pose(rng)
    slabs: dict[str, scanner.Slab] = {}
    textures: dict[str, NDArray[np.float32]] = {}
    made: list[Series] = []
    truths: dict[str, tuple[LabelMap, LabelMap]] = {}
    instances: LabelMap | None = None
    noise = float(rng.uniform(0.012, 0.028)) * (1.0 if scene.palette.field_t == 3.0 else 1.35)
    reach = 300.0 if plan.stations == 1 else 520.0
    bend = scanner.bend_of(scene.spine, centre, pose, reach)
    restless, phases = rng.spawn(1)[0], _phases(rng.spawn(1)[0])
    for number, series in enumerate(plan.series, start=1):
        place = positioning.station(series, plan, scene.spine, centre)
        name = f"{series.plane}-{series.station}-{series.matrix}-{series.slices}"
        moved = spoiled.moved_mm > 0 and number > 1 and restless.random() < 0.3
        if moved:
            name += f"-moved-{number}"
        if name not in slabs:
            grid = positioning.grid(series, scene.spine, place, centre, foci, pose)
            filled = series.thickness_mm / (series.thickness_mm + spoiled.gaps * series.gap_mm)
            lies = positioning.jolt(pose, spoiled.moved_mm, restless) if moved else pose
            own = scanner.bend_of(scene.spine, centre, lies, reach) if moved else bend
            margin = _margin(series, phases[series.plane], spoiled)
            slabs[name] = scanner.cut(
                scanner.widen(grid, margin), own, scene.body, scene.canal, plan.samples, filled, margin
            )
            textures[name] = scanner.draw_texture(slabs[name].grid.shape, rng)
        sequence, train = protocols.weighting(series, scene.palette.field_t, rng)
        how = _exposure(scene, series, sequence, place, noise, phases[series.plane])
        voxels = scanner.expose(slabs[name], how, spoiled, rng, textures[name])
        slab = slabs[name].core()
        header = protocols.acquisition_of(series, sequence, train, number, maker, scene.palette.field_t, PARTS[area])
        made.append(_series(series, voxels, slab.grid, header, scene.spine, place, seed, case.entity))
        enhanced = any(other.role == "T1w_ce" for other in plan.series)
        truths[series.key] = _truth(slab, series.key, enhanced)
        if instances is None:
            instances = LabelMap(Volume(slab.instance.astype(np.int16), slab.grid.affine), {}, series.key, SEGMENTER)
    assert instances is not None
    first = made[0].key
    findings = true_findings(case, scene, foci, plan)
    context = told_context(case)
    if scene.spine.operation is not None:
        context = {**context, "prior_spine_surgery": "present"}
    study = Study(
        tuple(made), context=context, acquired_on="2025-01-15", study_instance_uid=make_uid(seed, case.entity, "study")
    )
    identity = Identity(
        patient_name="Simulated^Patient", patient_id=f"SIM{seed:05d}", patient_birth_date=f"{2025 - int(case.age)}-01-01",
        patient_sex="F" if case.female else "M", study_instance_uid=study.study_instance_uid, study_date="2025-01-15",
        study_description=f"Simulated MRI {area} spine",
    )  # fmt: skip
    return Phantom(case.entity, seed, study, *truths[first], instances, truths, findings, context, identity)


def _phases(rng: np.random.Generator) -> dict[str, int]:
    """The axis of phase encoding by plane: mostly head to feet, and right to left."""
    return {"sagittal": 1 if rng.random() < 0.7 else 0, "axial": 0 if rng.random() < 0.7 else 1}


def _margin(series: SeriesPlan, phase: int, spoiled: Artefacts) -> tuple[int, int]:
    """Voxels beyond the field of view from which signal folds in."""
    if not spoiled.wrap or series.plane not in ("sagittal", "axial"):
        return 0, 0
    pad = series.matrix // 10
    return (pad, 0) if phase == 0 else (0, pad)


def _exposure(
    scene: Scene, series: SeriesPlan, sequence: Sequence, place: float, noise: float, phase: int
) -> scanner.Exposure:
    spine, palette = scene.spine, scene.palette
    sagittal, real = series.plane == "sagittal", series.role != "localizer"
    bodies = positioning.front_of(spine, place, series)
    neck = place > spine.level("T2").low
    return scanner.Exposure(
        palette.split(sequence), palette.field_t, phase, bodies + 9.0 if sagittal and real else None, noise, 0.86,
        sequence.refocused, palette["metal"], palette.numbers(("csf", "csf_flow", "blood", "slow_blood")),
        bodies if neck and sagittal else None, not neck,
    )  # fmt: skip


def _series(
    plan: SeriesPlan,
    voxels: NDArray[np.int16],
    grid: Grid,
    header: object,
    spine: Spine,
    centre: float,
    seed: int,
    entity: str,
) -> Series:
    return Series(
        plan.key, plan.role, 1.0, "caller", plan.plane, Volume(voxels, grid.affine), header,  # type: ignore[arg-type]
        plan.fat_suppressed, _regions(plan, spine, centre), 2, make_uid(seed, entity, "frame of reference"),
        make_uid(seed, entity, "series", plan.key),
    )  # fmt: skip


def _regions(plan: SeriesPlan, spine: Spine, centre: float) -> tuple[SpineRegion, ...]:
    half = (
        plan.matrix * plan.spacing_mm / 2
        if plan.plane == "sagittal"
        else plan.slices * (plan.thickness_mm + plan.gap_mm) / 2
    )
    shown = {level.name for level in spine.levels if abs(level.middle - centre) < half - 5}
    return tuple(region for region, names in REGION_LEVELS.items() if shown & names)


def _truth(slab: scanner.Slab, key: str, enhanced: bool) -> tuple[LabelMap, LabelMap]:
    anatomy, lesion = slab.anatomy.astype(np.int16), slab.lesion.astype(np.int16)
    if not enhanced:
        lesion[(lesion == 1) | (lesion == 2)] = 8
    return (
        LabelMap(Volume(anatomy, slab.grid.affine), anatomy_names(), key, SEGMENTER),
        LabelMap(Volume(lesion, slab.grid.affine), LESION_NAMES, key, SEGMENTER),
    )
