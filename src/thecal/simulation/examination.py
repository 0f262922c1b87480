"""One patient in one scanner: what all series of an examination share, and how each of them is taken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from thecal.records import Acquisition, Series, Volume
from thecal.records import Region as SpineRegion
from thecal.simulation import attenuation, diffusion, positioning, protocols, scanner
from thecal.simulation.artefacts import Artefacts
from thecal.simulation.physics import Sequence
from thecal.simulation.protocols import Protocol, SeriesPlan
from thecal.simulation.scene import Focus, Scene
from thecal.simulation.signs import Case
from thecal.simulation.spectrum import VOXEL_MM, Spectrum, acquire
from thecal.simulation.spine import Spine
from thecal.simulation.uids import make_uid

REGION_LEVELS: dict[SpineRegion, set[str]] = {
    "craniocervical": {"C1"}, "cervical": {"C3", "C4", "C5", "C6"}, "thoracic": {"T4", "T5", "T6", "T7", "T8"},
    "lumbar": {"L1", "L2", "L3", "L4"}, "sacral": {"S1", "S2"},
}  # fmt: skip
PARTS = {"cervical": "CSPINE", "thoracic": "TSPINE", "thoracolumbar": "TSPINE", "lumbar": "LSPINE"}
# How often a patient who moves between series does so before each.
MOVES = 0.3


@dataclass(frozen=True, eq=False)
class Subject:
    """Who is examined: the case painted in its scene, the region asked for, the place along the canal at its centre."""

    case: Case
    scene: Scene
    foci: list[Focus]
    seed: int
    area: str
    centre: float

    def uid(self, *parts: str) -> str:
        """An identifier of this patient's study."""
        return make_uid(self.seed, self.case.entity, *parts)


class Examination:
    """Takes the series of a protocol one by one; slices that two series share are cut through the body once."""

    def __init__(self, subject: Subject, plan: Protocol, spoiled: Artefacts, rng: np.random.Generator) -> None:
        self.subject, self.plan, self.spoiled, self.rng = subject, plan, spoiled, rng
        self.field_t = subject.scene.palette.field_t
        self.maker = protocols.draw_maker(rng)
        self.pose = positioning.draw_pose(rng)
        self.noise = float(rng.uniform(0.012, 0.028)) * (1.0 if self.field_t == 3.0 else 1.35)
        self.reach = 300.0 if plan.stations == 1 else 520.0
        self.bend = self._bend(self.pose)
        self.restless, self.phases = rng.spawn(1)[0], _draw_phases(rng.spawn(1)[0])
        self._cut: dict[str, tuple[scanner.Slab, NDArray[np.float32]]] = {}

    def take(self, number: int, series: SeriesPlan) -> tuple[Series, scanner.Slab]:
        """A series, the number-th, and the tissues in its voxels."""
        place = positioning.station(series, self.plan, self.subject.scene.spine, self.subject.centre)
        wide, texture = self._slab(number, series, place)
        slab = wide.core()
        if series.role in ("ct", "ct_myelogram"):
            voxels, header = self._take_ct(number, series, slab)
        else:
            voxels, header = self._take_mr(number, series, place, wide, texture)
        return self._listed(series, header, Volume(voxels, slab.grid.affine), place), slab

    def take_spectrum(self, number: int, series: SeriesPlan) -> tuple[Series, Spectrum]:
        """A spectrum of the largest lesion, or of the cord at the middle of the field of view."""
        subject, pose = self.subject, self.pose
        place = max(subject.foci, key=lambda focus: focus.half_mm).s if subject.foci else subject.centre
        affine = np.eye(4)
        affine[:3, :3] = np.diag(VOXEL_MM)
        away = positioning.offset(subject.scene.spine, place, subject.centre) - pose[:3, 3]
        affine[:3, 3] = np.linalg.inv(pose)[:3, :3] @ away
        spectrum = acquire(subject.case, affine, self.field_t, self.rng)
        header = protocols.acquisition_of_spectrum(series, number, self.maker, self.field_t)
        listed = Series(series.key, "mrs", 1.0, "caller", series.plane, None, header,
                        frame_of_reference_uid=subject.uid("frame of reference"),
                        series_instance_uid=subject.uid("series", series.key))  # fmt: skip
        return listed, spectrum

    def _bend(self, pose: NDArray[np.float64]) -> scanner.Bend:
        return scanner.bend_of(self.subject.scene.spine, self.subject.centre, pose, self.reach)

    def _slab(self, number: int, series: SeriesPlan, place: float) -> tuple[scanner.Slab, NDArray[np.float32]]:
        """The tissues in the voxels of a series, with a margin for what folds in, and the unevenness of its image."""
        name = f"{series.plane}-{series.station}-{series.matrix}-{series.slices}"
        moved = self.spoiled.moved_mm > 0 and number > 1 and self.restless.random() < MOVES
        if moved:
            name += f"-moved-{number}"
        if name not in self._cut:
            scene = self.subject.scene
            grid = positioning.grid(series, scene.spine, place, self.subject.centre, self.subject.foci, self.pose)
            filled = series.thickness_mm / (series.thickness_mm + self.spoiled.gaps * series.gap_mm)
            bend = self.bend
            if moved:
                bend = self._bend(positioning.jolt(self.pose, self.spoiled.moved_mm, self.restless))
            margin = _margin(series, self.phases[series.plane], self.spoiled)
            wide = scanner.widen(grid, margin)
            slab = scanner.cut(wide, bend, scene.body, scene.canal, self.plan.samples, filled, margin)
            self._cut[name] = slab, scene.generator.texture(slab.grid.shape)
        return self._cut[name]

    def _take_ct(self, number: int, series: SeriesPlan, slab: scanner.Slab) -> tuple[NDArray[np.int16], Acquisition]:
        subject = self.subject
        numbers = attenuation.hounsfield_of(
            subject.scene.palette, subject.case.age, self.rng, myelogram=series.role == "ct_myelogram"
        )
        header = protocols.acquisition_of_ct(series, number, self.maker, PARTS[subject.area])
        return attenuation.expose(slab, numbers, self.rng), header

    def _take_mr(
        self, number: int, series: SeriesPlan, place: float, wide: scanner.Slab, texture: NDArray[np.float32]
    ) -> tuple[NDArray[np.int16], Acquisition]:
        sequence, train = protocols.weighting(series, self.field_t, self.rng)
        part = PARTS[self.subject.area]
        header = protocols.acquisition_of(series, sequence, train, number, self.maker, self.field_t, part)
        if series.role == "ADC":
            b_0, b_high = (replace(sequence, b_value=b) for b in protocols.B_VALUES)
            palette = self.subject.scene.palette
            return diffusion.map_adc(wide.core(), palette, b_0, b_high, self.noise, self.rng), header
        return scanner.expose(wide, self._exposure(series, sequence, place), self.spoiled, self.rng, texture), header

    def _exposure(self, series: SeriesPlan, sequence: Sequence, place: float) -> scanner.Exposure:
        spine, palette = self.subject.scene.spine, self.subject.scene.palette
        sagittal, real = series.plane == "sagittal", series.role != "localizer"
        bodies = positioning.front_of(spine, place, series)
        neck = place > spine.level("T2").low
        return scanner.Exposure(
            palette.split(sequence), self.field_t, self.phases[series.plane], bodies + 9.0 if sagittal and real else None,
            self.noise, sequence.echo_time_s, sequence.refocused, palette["metal"], palette.disturbing(),
            palette.numbers(("csf", "csf_flow", "blood", "slow_blood")), bodies if neck and sagittal else None, not neck,
        )  # fmt: skip

    def _listed(self, plan: SeriesPlan, header: Acquisition, volume: Volume, place: float) -> Series:
        subject = self.subject
        return Series(
            plan.key, plan.role, 1.0, "caller", plan.plane, volume, header, plan.fat_suppressed,
            _regions(plan, subject.scene.spine, place), 2, subject.uid("frame of reference"), subject.uid("series", plan.key),
        )  # fmt: skip


def _draw_phases(rng: np.random.Generator) -> dict[str, int]:
    """The axis of phase encoding by plane: mostly head to feet, and right to left."""
    return {"sagittal": 1 if rng.random() < 0.7 else 0, "axial": 0 if rng.random() < 0.7 else 1}


def _margin(series: SeriesPlan, phase: int, spoiled: Artefacts) -> tuple[int, int]:
    """Voxels beyond the field of view from which signal folds in."""
    if not spoiled.wrap or series.plane not in ("sagittal", "axial"):
        return 0, 0
    pad = series.matrix // 10
    return (pad, 0) if phase == 0 else (0, pad)


def _regions(plan: SeriesPlan, spine: Spine, centre: float) -> tuple[SpineRegion, ...]:
    half = (
        plan.matrix * plan.spacing_mm / 2
        if plan.plane == "sagittal"
        else plan.slices * (plan.thickness_mm + plan.gap_mm) / 2
    )
    shown = {level.name for level in spine.levels if abs(level.middle - centre) < half - 5}
    return tuple(region for region, names in REGION_LEVELS.items() if shown & names)
