"""The examination as it was acquired: Series, Study, and what is said beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from thecal.records.volume import Affine, Grid, Volume

Role = Literal[
    "T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw", "dwi", "ADC",
    "ct", "ct_myelogram", "radiograph", "mrs", "localizer", "other",
]  # fmt: skip
Plane = Literal["sagittal", "axial", "coronal", "oblique", "volumetric"]
Region = Literal["brain", "craniocervical", "cervical", "thoracic", "lumbar", "sacral"]
RoleBasis = Literal["caller", "header", "description", "image", "none"]
Severity = Literal["info", "warning", "error"]
Value = str | int | float


@dataclass(frozen=True)
class Acquisition:
    """How a series was acquired, as its header states it; None where the header is silent.

    Names are DICOM keywords in snake_case, with the unit at the end where there is one.
    """

    modality: str | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    magnetic_field_strength_t: float | None = None
    series_number: int | None = None
    series_description: str | None = None
    protocol_name: str | None = None
    body_part_examined: str | None = None
    image_type: tuple[str, ...] = ()
    scanning_sequence: tuple[str, ...] = ()
    sequence_variant: tuple[str, ...] = ()
    scan_options: tuple[str, ...] = ()
    sequence_name: str | None = None
    pulse_sequence_name: str | None = None
    mr_acquisition_type: str | None = None
    echo_time_s: float | None = None
    repetition_time_s: float | None = None
    inversion_time_s: float | None = None
    flip_angle_deg: float | None = None
    echo_train_length: int | None = None
    diffusion_b_value: float | None = None
    slice_thickness_mm: float | None = None
    spacing_between_slices_mm: float | None = None
    contrast_bolus_agent: str | None = None
    contrast_bolus_volume_ml: float | None = None
    contrast_bolus_start_time: str | None = None
    acquisition_time: str | None = None
    patient_position: str | None = None
    kvp: float | None = None
    convolution_kernel: str | None = None


@dataclass(frozen=True)
class SourceImage:
    """Where one slice of a series stands in DICOM: its object, its frame, and its place as the header states it.

    frame_number counts from 1 within a multi-frame object, None in an object of one image. image_position_patient is the centre
    of the first pixel, image_orientation_patient the directions along a row and down a column: LPS, mm. pixel_spacing is
    between rows, then between columns.
    """

    sop_class_uid: str
    sop_instance_uid: str
    frame_number: int | None
    image_position_patient: tuple[float, float, float]
    image_orientation_patient: tuple[float, float, float, float, float, float]
    pixel_spacing: tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One image series of the study, with what it shows.

    key is its BIDS-like name within the study (`chunk-2_acq-sag_ce-gadolinium_T1w`); role what kind of image it is, how surely
    (role_confidence, 0 to 1) and from what (role_basis); regions the parts of the spine its field covers, where that is known.
    volume is None where a series is listed and not measured (a radiograph, a spectrum).
    slice_axis is the voxel axis across slices (0, 1 or 2), None for a volume acquired in three dimensions.
    source_images tells the DICOM image behind each slice, in the order of the volume's last axis; empty for other formats.
    """

    key: str
    role: Role
    role_confidence: float
    role_basis: RoleBasis
    plane: Plane
    volume: Volume | None
    acquisition: Acquisition = field(default_factory=Acquisition)
    fat_suppressed: bool | None = None
    regions: tuple[Region, ...] = ()
    slice_axis: int | None = None
    frame_of_reference_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uids: tuple[str, ...] = ()
    source_images: tuple[SourceImage, ...] = ()


@dataclass(frozen=True)
class Unread:
    """Something in the input that was not read as an image, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Issue:
    """A flaw of the examination that bears on what may be concluded from it."""

    code: str
    severity: Severity
    message: str
    series_key: str | None = None


@dataclass(frozen=True)
class Study:
    """One examination of one patient: its series, and what was told with it.

    context holds findings of the person, stated by whoever asks (age_years, sex, known_primary …), in the vocabulary's codes;
    acquired_on is an ISO date; study_instance_uid is None for images that came without one.
    """

    series: tuple[Series, ...]
    unread: tuple[Unread, ...] = ()
    issues: tuple[Issue, ...] = ()
    context: Mapping[str, Value] = field(default_factory=dict)
    acquired_on: str | None = None
    study_instance_uid: str | None = None

    def images(self) -> tuple[Series, ...]:
        """The series that hold a volume, in the study's order."""
        return tuple(series for series in self.series if series.volume is not None)

    def find(self, key: str) -> Series:
        """The series of that key; KeyError if there is none."""
        for series in self.series:
            if series.key == key:
                return series
        raise KeyError(key)


@dataclass(frozen=True)
class Identity:
    """Who the patient is; travels beside the study and meets it again only in the report."""

    patient_name: str | None = None
    patient_id: str | None = None
    patient_birth_date: str | None = None
    patient_sex: str | None = None
    accession_number: str | None = None
    study_instance_uid: str | None = None
    study_date: str | None = None
    study_description: str | None = None
    issuer_of_patient_id: str | None = None
    study_time: str | None = None
    study_id: str | None = None
    referring_physician_name: str | None = None


@dataclass(frozen=True)
class ProtocolCheck:
    """Whether the examination suffices, question by question.

    issues name what is missing or flawed. answerable says for each question (`intramedullary_tumour`, `leptomeningeal_disease` …)
    yes, limited or no; not_stated lists what no header tells (contrast dose, delay).
    """

    issues: tuple[Issue, ...] = ()
    answerable: Mapping[str, Literal["yes", "limited", "no"]] = field(default_factory=dict)
    not_stated: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class AlignedStudy:
    """The study with every series placed in one space.

    reference is the common grid. to_reference maps each series' own RAS mm to the reference's mm (4 × 4, rigid);
    residual_mm says how far the placement may be off (None: not measured); refined tells whether image registration moved it.
    """

    study: Study
    reference: Grid | None
    to_reference: Mapping[str, Affine] = field(default_factory=dict)
    residual_mm: Mapping[str, float | None] = field(default_factory=dict)
    refined: Mapping[str, bool] = field(default_factory=dict)

    def pick(self, role: Role | tuple[Role, ...], plane: Plane | None = None) -> tuple[Series, ...]:
        """All series of a role (and plane), best first: surest role, then finest voxels."""
        roles = (role,) if isinstance(role, str) else role
        fits = [s for s in self.study.images() if s.role in roles and (plane is None or s.plane == plane)]
        return tuple(sorted(fits, key=_quality))


def _quality(series: Series) -> tuple[float, float, str]:
    assert series.volume is not None
    return (-round(series.role_confidence, 1), round(series.volume.grid.voxel_volume_mm3, 3), series.key)
