"""A simulated study of any entity, with its truth: draw a case, a spine and its lesions, paint them, and image them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thecal.records import Acquisition, Grid, Identity, LabelMap, Rates, Series, Study, Vocabulary, Volume
from thecal.records import Region as SpineRegion
from thecal.simulation import attenuation, diffusion, patient, positioning, protocols, scanner
from thecal.simulation.artefacts import Artefacts, draw_artefacts
from thecal.simulation.dicom import make_uid
from thecal.simulation.physics import Sequence
from thecal.simulation.protocols import Protocol, SeriesPlan
from thecal.simulation.scene import Focus, Scene
from thecal.simulation.signs import Case, check_words, draw_case
from thecal.simulation.spectrum import VOXEL_MM, Spectrum, acquire
from thecal.simulation.spine import Spine, draw_spine
from thecal.simulation.truth import LESION_NAMES, Truth, anatomy_names, tell, told_context

SEGMENTER = "simulation"
REGION_LEVELS: dict[SpineRegion, set[str]] = {
    "craniocervical": {"C1"}, "cervical": {"C3", "C4", "C5", "C6"}, "thoracic": {"T4", "T5", "T6", "T7", "T8"},
    "lumbar": {"L1", "L2", "L3", "L4"}, "sacral": {"S1", "S2"},
}  # fmt: skip
PARTS = {"cervical": "CSPINE", "thoracic": "TSPINE", "thoracolumbar": "TSPINE", "lumbar": "LSPINE"}


@dataclass(frozen=True, eq=False)
class Phantom:
    """A simulated study and what is true of it.

    anatomy and lesion are the truth in the reference grid, that of the first series; by_series holds both for each series.
    findings are the signs that were painted, as code: state or number; truth tells them all, with what cannot be shown and
    why; context is what a clinic would know.
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
    truth: Truth
    spectrum: Spectrum | None = None


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
    generator: str = "first",
) -> Phantom:
    """A study of one patient with the entity (or healthy), the same for the same arguments.

    signs fixes states of findings (and age_years, sex, level, length_segments); the rest is drawn from rates where given, else
    from entities.yaml. With a vocabulary its words are checked. region (cervical, thoracic, thoracolumbar, lumbar) by default
    holds the lesion. artefacts are drawn as an ordinary study has them unless given (artefacts.NONE for none).
    generator is first or second: another way to shape and texture lesions, for cases to be judged on.
    """
    if vocabulary is not None:
        check_words(signs or {}, vocabulary)
    rng = np.random.default_rng([seed, *entity.encode()])
    plan = protocols.find_protocol(protocol)
    case = draw_case(entity, rng, signs, rates)
    told = case.signs.get("prior_spine_surgery")
    operated = None if told is None else told == "present"
    spine = draw_spine(rng, age=case.age, female=case.female, step_mm=0.5, operated=operated)
    foci = patient.place_foci(case, spine, plan, rng)
    area = region or patient.region_of(case, foci, spine)
    centre = patient.centre_of(area, foci, spine)
    scene, foci = patient.paint(case, spine, foci, rng, plan, centre, field_t, generator)
    spoiled = draw_artefacts(rng.spawn(1)[0]) if artefacts is None else artefacts
    return _image(case, scene, foci, rng, plan, centre, seed, area, spoiled)


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
    spectrum: Spectrum | None = None
    for number, series in enumerate(plan.series, start=1):
        if series.role == "mrs":
            spectrum = _take_spectrum(case, scene, foci, centre, pose, rng)
            made.append(
                _listed(
                    series,
                    protocols.acquisition_of_spectrum(series, number, maker, scene.palette.field_t),
                    seed,
                    case.entity,
                )
            )
            continue
        place = positioning.station(series, plan, scene.spine, centre)
        name = f"{series.plane}-{series.station}-{series.matrix}-{series.slices}"
        moved = spoiled.moved_mm > 0 and number > 1 and restless.random() < 0.3
        if moved:
            name += f"-moved-{number}"
        if name not in slabs:
            grid = positioning.grid(series, scene.spine, place, centre, foci, pose)
            filled = series.thickness_mm / (series.thickness_mm + spoiled.gaps * series.gap_mm)
            own = (
                scanner.bend_of(scene.spine, centre, positioning.jolt(pose, spoiled.moved_mm, restless), reach)
                if moved
                else bend
            )
            margin = _margin(series, phases[series.plane], spoiled)
            slabs[name] = scanner.cut(
                scanner.widen(grid, margin), own, scene.body, scene.canal, plan.samples, filled, margin
            )
            textures[name] = scene.generator.texture(slabs[name].grid.shape)
        slab = slabs[name].core()
        if series.role in ("ct", "ct_myelogram"):
            voxels, header = _take_ct(series, number, slab, case, scene, maker, PARTS[area], rng)
        else:
            sequence, train = protocols.weighting(series, scene.palette.field_t, rng)
            header = protocols.acquisition_of(
                series, sequence, train, number, maker, scene.palette.field_t, PARTS[area]
            )
            if series.role == "ADC":
                b_0, b_high = (replace(sequence, b_value=b) for b in protocols.B_VALUES)
                voxels = diffusion.map_adc(slab, scene.palette, b_0, b_high, noise, rng)
            else:
                how = _exposure(scene, series, sequence, place, noise, phases[series.plane])
                voxels = scanner.expose(slabs[name], how, spoiled, rng, textures[name])
        made.append(_series(series, voxels, slab.grid, header, scene.spine, place, seed, case.entity))
        enhanced = any(other.role == "T1w_ce" for other in plan.series)
        truths[series.key] = _truth(slab, series.key, enhanced)
        if instances is None:
            instances = LabelMap(Volume(slab.instance.astype(np.int16), slab.grid.affine), {}, series.key, SEGMENTER)
    assert instances is not None
    first = made[0].key
    truth = tell(case, scene, foci, plan)
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
    return Phantom(
        case.entity, seed, study, *truths[first], instances, truths, truth.findings, context, identity, truth, spectrum
    )


def _take_ct(
    series: SeriesPlan,
    number: int,
    slab: scanner.Slab,
    case: Case,
    scene: Scene,
    maker: str,
    part: str,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int16], Acquisition]:
    numbers = attenuation.hounsfield_of(scene.palette, case.age, rng, myelogram=series.role == "ct_myelogram")
    return attenuation.expose(slab, numbers, rng), protocols.acquisition_of_ct(series, number, maker, part)


def _take_spectrum(
    case: Case, scene: Scene, foci: list[Focus], centre: float, pose: NDArray[np.float64], rng: np.random.Generator
) -> Spectrum:
    """A spectrum of the largest lesion, or of the cord at the middle of the field of view."""
    place = max(foci, key=lambda focus: focus.half_mm).s if foci else centre
    affine = np.eye(4)
    affine[:3, :3] = np.diag(VOXEL_MM)
    affine[:3, 3] = np.linalg.inv(pose)[:3, :3] @ (positioning.offset(scene.spine, place, centre) - pose[:3, 3])
    return acquire(case, affine, scene.palette.field_t, rng)


def _listed(plan: SeriesPlan, header: Acquisition, seed: int, entity: str) -> Series:
    return Series(plan.key, "mrs", 1.0, "caller", plan.plane, None, header,
                  frame_of_reference_uid=make_uid(seed, entity, "frame of reference"),
                  series_instance_uid=make_uid(seed, entity, "series", plan.key))  # fmt: skip


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
