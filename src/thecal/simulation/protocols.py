"""Which series a simulated examination has: weighting, plane, matrix and slices, and how a scanner would name them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from thecal.records import Acquisition, CallWrong, Plane, Role
from thecal.simulation.physics import Sequence
from thecal.simulation.spectrum import ECHO_S, REPETITION_S

Region = Literal["cervical", "thoracic", "lumbar"]


SUFFIXES: dict[str, str] = {
    "T1w": "T1w", "T1w_ce": "T1w", "T2w": "T2w", "T2w_fs": "T2w", "T2starw": "T2starw", "dwi": "dwi", "ADC": "ADC", "ct": "ct",
    "ct_myelogram": "ct", "mrs": "svs",
}  # fmt: skip


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
    b_value: float | None = None

    @property
    def key(self) -> str:
        """BIDS-like name of the series."""
        suffix = SUFFIXES.get(self.role, "localizer")
        if self.role == "mrs":
            return f"acq-press_{suffix}"
        word = self.plane[:3] if self.plane != "axial" else "ax"
        word += {"T2w_fs": "stir", "ct_myelogram": "myelo"}.get(self.role, "")
        word += f"b{self.b_value:g}" if self.b_value is not None else ""
        parts = [f"chunk-{self.station}"] if self.station else []
        parts += [f"acq-{word}"] + (["ce-gadolinium"] if self.role == "T1w_ce" else [])
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


B_VALUES = (0.0, 800.0)
_DIFFUSION = (
    *(SeriesPlan("dwi", "axial", 24, 128, 1.4, 4.0, 0.4, fat_suppressed=True, b_value=b) for b in B_VALUES),
    SeriesPlan("ADC", "axial", 24, 128, 1.4, 4.0, 0.4, fat_suppressed=True),
)  # fmt: skip
_CT = SeriesPlan("ct", "axial", 72, 256, 0.7, 2.5, 0.0)
_MYELOGRAM = replace(_CT, role="ct_myelogram")
_SPECTRUM = SeriesPlan("mrs", "volumetric", 1, 1, 9.0, 35.0, 0.0)
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
    "diffusion": Protocol((*_STANDARD, *_DIFFUSION)),
    "full": Protocol((*_STANDARD, _sagittal("T2starw", 320, 0.9), _axial("T2starw", 256, 0.7, 24), *_DIFFUSION, _SPECTRUM)),
    "everything": Protocol((*_STANDARD, _sagittal("T2starw", 320, 0.9), _axial("T2starw", 256, 0.7, 24), *_DIFFUSION, _SPECTRUM,
                            _CT, _MYELOGRAM)),
    "ct": Protocol((replace(_CT, slices=110),), samples=4),
    "ct_myelogram": Protocol((replace(_MYELOGRAM, slices=110),), samples=4),
    "mrs": Protocol((*_STANDARD, _SPECTRUM)),
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
    "tiny_everything": Protocol((*_six(96, 2.6, (64, 2.0, 7), sagittal_slices=9), _axial("T2starw", 64, 2.0, 7),
                                 *(replace(plan, matrix=64, spacing_mm=2.0, slices=7) for plan in (*_DIFFUSION, _CT, _MYELOGRAM)),
                                 _SPECTRUM), cell_mm=2.0, canal_mm=0.8, samples=3),
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
    "localizer": (0.9, 0.095, None, 150.0, 120), "dwi": (3.8, 0.068, None, 90.0, 1), "ADC": (3.8, 0.068, None, 90.0, 1),
}  # fmt: skip


def weighting(plan: SeriesPlan, field_t: float, rng: np.random.Generator) -> tuple[Sequence, int]:
    """How a series is weighted, a little different on every scanner, with its echo train length."""
    repetition, echo, inversion, flip, train = _TIMES[plan.role]
    repetition, echo = round(repetition * rng.uniform(0.93, 1.07), 3), round(echo * rng.uniform(0.93, 1.07), 4)
    delay = None if inversion is None else inversion[0 if field_t == 3.0 else 1]
    suppressed = plan.fat_suppressed and plan.role != "T2w_fs"
    told = Sequence(
        repetition, echo, delay, flip, plan.role != "T2starw", suppressed, plan.role == "T1w_ce", plan.b_value or 0.0
    )
    return told, train


_NAMES: dict[str, dict[str, str]] = {
    "SIEMENS": {
        "T2w": "t2_tse_{p}", "T1w": "t1_tse_{p}", "T1w_ce": "t1_tse_{p}_km", "T2w_fs": "t2_tirm_{p}", "T2starw": "t2_me2d_{p}",
        "localizer": "localizer", "dwi": "ep2d_diff_{p}", "ADC": "ep2d_diff_{p}_ADC",
        "ct": "Spine 2.0 Br40", "ct_myelogram": "CT Myelogram 2.0 Br40",
        "mrs": "svs_se_35",
    },
    "Philips": {
        "T2w": "T2W_TSE_{P}", "T1w": "T1W_TSE_{P}", "T1w_ce": "T1W_TSE_{P} +C", "T2w_fs": "STIR_{P}", "T2starw": "T2W_FFE_{P}",
        "localizer": "Survey", "dwi": "DWI_SSh_{P}", "ADC": "dADC_{P}", "ct": "Spine, C", "ct_myelogram": "CT myelography",
        "mrs": "SV_PRESS_35",
    },
    "GE MEDICAL SYSTEMS": {
        "T2w": "{Q} T2 FRFSE", "T1w": "{Q} T1 FSE", "T1w_ce": "{Q} T1 FSE +C", "T2w_fs": "{Q} STIR", "T2starw": "{Q} T2* MERGE",
        "localizer": "3-PLANE LOC", "dwi": "{Q} DWI", "ADC": "{Q} Apparent Diffusion Coefficient",
        "ct": "SPINE STD", "ct_myelogram": "POST MYELOGRAM",
        "mrs": "PROBE-P 35",
    },
}  # fmt: skip
_SHORT = {"volumetric": ("", "", ""), "sagittal": ("sag", "SAG", "Sag"), "axial": ("tra", "TRA", "Ax")}


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
    diffusion = plan.role in ("dwi", "ADC")
    image_type = {"dwi": ("ORIGINAL", "PRIMARY", "DIFFUSION"), "ADC": ("DERIVED", "PRIMARY", "DIFFUSION", "ADC")}
    return Acquisition(
        modality="MR", manufacturer=maker, manufacturer_model_name="Simulated", magnetic_field_strength_t=field_t,
        series_number=number, series_description=f"{name}{'_fs' if sequence.fat_suppressed else ''}", protocol_name=name,
        body_part_examined=part, image_type=image_type.get(plan.role, ("ORIGINAL", "PRIMARY", "M")),
        scanning_sequence=("EP", "SE") if diffusion else ("GR",) if not sequence.refocused
        else ("SE", "IR") if inverted else ("SE",),
        sequence_variant=("SK",) if diffusion else ("SP",) if not sequence.refocused else ("SK", "SP"),
        scan_options=("FS",) if sequence.fat_suppressed else (), mr_acquisition_type="2D",
        echo_time_s=sequence.echo_time_s, repetition_time_s=sequence.repetition_time_s,
        inversion_time_s=sequence.inversion_time_s, flip_angle_deg=sequence.flip_angle_deg, echo_train_length=train,
        slice_thickness_mm=plan.thickness_mm, spacing_between_slices_mm=plan.thickness_mm + plan.gap_mm,
        contrast_bolus_agent="Gadobutrol" if sequence.contrast else None,
        contrast_bolus_volume_ml=7.5 if sequence.contrast else None, patient_position="HFS",
        acquisition_time=f"09{number * 4 % 60:02d}00", diffusion_b_value=plan.b_value,
    )  # fmt: skip


def acquisition_of_ct(plan: SeriesPlan, number: int, maker: str, part: str) -> Acquisition:
    """The header of a CT."""
    name = _NAMES[maker][plan.role]
    return Acquisition(
        modality="CT", manufacturer=maker, manufacturer_model_name="Simulated", series_number=number, series_description=name,
        protocol_name=name, body_part_examined=part, image_type=("ORIGINAL", "PRIMARY", "AXIAL"), kvp=120.0,
        convolution_kernel={"SIEMENS": "Br40", "Philips": "C"}.get(maker, "STANDARD"), slice_thickness_mm=plan.thickness_mm,
        spacing_between_slices_mm=plan.thickness_mm + plan.gap_mm, patient_position="HFS",
        contrast_bolus_agent="Iohexol" if plan.role == "ct_myelogram" else None,
        contrast_bolus_volume_ml=10.0 if plan.role == "ct_myelogram" else None, acquisition_time=f"11{number % 60:02d}00",
    )  # fmt: skip


def acquisition_of_spectrum(plan: SeriesPlan, number: int, maker: str, field_t: float) -> Acquisition:
    """The header of a single-voxel spectrum."""
    name = _NAMES[maker]["mrs"]
    return Acquisition(modality="MR", manufacturer=maker, manufacturer_model_name="Simulated", magnetic_field_strength_t=field_t,
                       series_number=number, series_description=name, protocol_name=name, echo_time_s=ECHO_S,
                       repetition_time_s=REPETITION_S, slice_thickness_mm=plan.thickness_mm, patient_position="HFS")  # fmt: skip
