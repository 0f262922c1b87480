"""Which series a simulated examination has: weighting, plane, matrix and slices, and how a scanner would name them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from thecal.records import Acquisition, CallWrong, Plane, Role
from thecal.simulation.physics import Sequence

Region = Literal["cervical", "thoracic", "lumbar"]


@dataclass(frozen=True)
class SeriesPlan:
    """One series to be acquired: matrix is rows = columns, spacing_mm in plane, thickness and gap across."""

    role: Role
    plane: Plane
    slices: int
    matrix: int
    spacing_mm: float
    thickness_mm: float
    gap_mm: float
    fat_suppressed: bool = False
    station: int | None = None

    @property
    def key(self) -> str:
        """BIDS-like name of the series."""
        suffix = {"T1w": "T1w", "T1w_ce": "T1w", "T2w": "T2w", "T2w_fs": "T2w", "T2starw": "T2starw"}.get(
            self.role, "localizer"
        )
        parts = [f"chunk-{self.station}"] if self.station else []
        parts.append(
            f"acq-{self.plane[:3] if self.plane != 'axial' else 'ax'}{'stir' if self.role == 'T2w_fs' else ''}"
        )
        parts += ["ce-gadolinium"] if self.role == "T1w_ce" else []
        return "_".join([*parts, suffix])


@dataclass(frozen=True)
class Protocol:
    """The series of an examination.

    stations is how many fields of view cover the spine; cell_mm and canal_mm how finely body and canal are painted; samples
    how often each voxel is looked up.
    """

    series: tuple[SeriesPlan, ...]
    stations: int = 1
    cell_mm: float = 0.85
    canal_mm: float = 0.42
    samples: int = 6


def _sagittal(
    role: Role, matrix: int, spacing: float, slices: int = 15, *, fs: bool = False, thick: float = 3.0
) -> SeriesPlan:
    return SeriesPlan(role, "sagittal", slices, matrix, spacing, thick, round(0.1 * thick, 2), fs)


def _axial(role: Role, matrix: int, spacing: float, slices: int, *, thick: float = 4.0) -> SeriesPlan:
    return SeriesPlan(role, "axial", slices, matrix, spacing, thick, round(0.1 * thick, 2))


def _six(
    matrix: int, spacing: float, axial: tuple[int, float, int], *, sagittal_slices: int = 15, fs: bool = False
) -> tuple[SeriesPlan, ...]:
    cut, cut_mm, count = axial
    return (
        _sagittal("T2w", matrix, spacing, sagittal_slices), _sagittal("T1w", matrix, spacing, sagittal_slices),
        _sagittal("T2w_fs", matrix, spacing, sagittal_slices, fs=True), _axial("T2w", cut, cut_mm, count),
        _sagittal("T1w_ce", matrix, spacing, sagittal_slices, fs=fs), _axial("T1w_ce", cut, cut_mm, count),
    )  # fmt: skip


_STANDARD = _six(320, 0.9, (256, 0.7, 24))
_WHOLE = tuple(
    replace(plan, station=station)
    for plan in (_sagittal("T2w", 336, 1.3), _sagittal("T1w", 336, 1.3), _sagittal("T1w_ce", 336, 1.3))
    for station in (1, 2)
)
PROTOCOLS: dict[str, Protocol] = {
    "standard": Protocol(_STANDARD),
    "clinical": Protocol(_six(512, 0.6, (320, 0.6, 40)), cell_mm=0.8),
    "unenhanced": Protocol(tuple(plan for plan in _STANDARD if plan.role != "T1w_ce")),
    "full": Protocol((*_STANDARD, _sagittal("T2starw", 320, 0.9), _axial("T2starw", 256, 0.7, 24))),
    "eano": Protocol(tuple(replace(plan, thickness_mm=2.7, gap_mm=0.3) if plan.plane == "sagittal" else plan
                           for plan in _six(320, 0.9, (256, 0.7, 24), fs=True))),
    "sagittal_only": Protocol(tuple(plan for plan in _STANDARD if plan.plane == "sagittal")),
    "t2_only": Protocol((_sagittal("T2w", 320, 0.9),)),
    "whole": Protocol(_WHOLE, stations=2, cell_mm=1.0),
    "localizer_only": Protocol((SeriesPlan("localizer", "sagittal", 5, 256, 1.6, 8.0, 4.0),
                                SeriesPlan("localizer", "axial", 5, 192, 1.6, 8.0, 30.0)), cell_mm=1.2, samples=3),
    "both_planes": Protocol(tuple(
        plan for role in ("T1w", "T2w", "T1w_ce", "T2starw")
        for plan in (_sagittal(role, 224, 1.0, 9), _axial(role, 128, 0.7, 9))
    )),
    "tiny": Protocol(_six(96, 2.6, (64, 2.0, 7), sagittal_slices=9), cell_mm=2.0, canal_mm=0.8, samples=3),
}  # fmt: skip


def find_protocol(name: str) -> Protocol:
    """The protocol of that name."""
    if name not in PROTOCOLS:
        raise CallWrong("simulation", expected=f"a protocol: {', '.join(PROTOCOLS)}", found=repr(name))
    return PROTOCOLS[name]


# Times in s by weighting: repetition, echo, inversion at 3 T and at 1.5 T, flip angle, echo train.
_TIMES: dict[Role, tuple[float, float, tuple[float, float] | None, float, int]] = {
    "T2w": (3.6, 0.102, None, 150.0, 18), "T1w": (0.62, 0.0105, None, 140.0, 3), "T1w_ce": (0.62, 0.0105, None, 140.0, 3),
    "T2w_fs": (4.4, 0.056, (0.222, 0.180), 150.0, 12), "T2starw": (0.55, 0.0165, None, 26.0, 1),
    "localizer": (0.9, 0.095, None, 150.0, 120),
}  # fmt: skip


def weighting(plan: SeriesPlan, field_t: float, rng: np.random.Generator) -> tuple[Sequence, int]:
    """How a series is weighted, a little different on every scanner, with its echo train length."""
    repetition, echo, inversion, flip, train = _TIMES[plan.role]
    repetition, echo = round(repetition * rng.uniform(0.93, 1.07), 3), round(echo * rng.uniform(0.93, 1.07), 4)
    delay = None if inversion is None else inversion[0 if field_t == 3.0 else 1]
    suppressed = plan.fat_suppressed and plan.role != "T2w_fs"
    return Sequence(repetition, echo, delay, flip, plan.role != "T2starw", suppressed, plan.role == "T1w_ce"), train


_NAMES: dict[str, dict[str, str]] = {
    "SIEMENS": {
        "T2w": "t2_tse_{p}", "T1w": "t1_tse_{p}", "T1w_ce": "t1_tse_{p}_km", "T2w_fs": "t2_tirm_{p}", "T2starw": "t2_me2d_{p}",
        "localizer": "localizer",
    },
    "Philips": {
        "T2w": "T2W_TSE_{P}", "T1w": "T1W_TSE_{P}", "T1w_ce": "T1W_TSE_{P} +C", "T2w_fs": "STIR_{P}", "T2starw": "T2W_FFE_{P}",
        "localizer": "Survey",
    },
    "GE MEDICAL SYSTEMS": {
        "T2w": "{Q} T2 FRFSE", "T1w": "{Q} T1 FSE", "T1w_ce": "{Q} T1 FSE +C", "T2w_fs": "{Q} STIR", "T2starw": "{Q} T2* MERGE",
        "localizer": "3-PLANE LOC",
    },
}  # fmt: skip
_SHORT = {"sagittal": ("sag", "SAG", "Sag"), "axial": ("tra", "TRA", "Ax")}


def draw_maker(rng: np.random.Generator) -> str:
    """Who built the scanner."""
    return str(rng.choice(sorted(_NAMES)))


def acquisition_of(
    plan: SeriesPlan, sequence: Sequence, train: int, number: int, maker: str, field_t: float, part: str
) -> Acquisition:
    """The header of a series, as that maker would write it."""
    low, high, mixed = _SHORT[plan.plane]
    name = _NAMES[maker][plan.role].format(p=low, P=high, Q=mixed)
    inverted = sequence.inversion_time_s is not None
    return Acquisition(
        modality="MR", manufacturer=maker, manufacturer_model_name="Simulated", magnetic_field_strength_t=field_t,
        series_number=number, series_description=f"{name}{'_fs' if sequence.fat_suppressed else ''}", protocol_name=name,
        body_part_examined=part, image_type=("ORIGINAL", "PRIMARY", "M"),
        scanning_sequence=("GR",) if not sequence.refocused else ("SE", "IR") if inverted else ("SE",),
        sequence_variant=("SP",) if not sequence.refocused else ("SK", "SP"),
        scan_options=("FS",) if sequence.fat_suppressed else (), mr_acquisition_type="2D",
        echo_time_s=sequence.echo_time_s, repetition_time_s=sequence.repetition_time_s,
        inversion_time_s=sequence.inversion_time_s, flip_angle_deg=sequence.flip_angle_deg, echo_train_length=train,
        slice_thickness_mm=plan.thickness_mm, spacing_between_slices_mm=plan.thickness_mm + plan.gap_mm,
        contrast_bolus_agent="Gadobutrol" if sequence.contrast else None,
        contrast_bolus_volume_ml=7.5 if sequence.contrast else None, patient_position="HFS",
        acquisition_time=f"09{number * 4 % 60:02d}00",
    )  # fmt: skip
