"""MR and CT images as DICOM files that a scanner could have written: classic slices or one enhanced multi-frame object.

The only place that writes simulated images as DICOM. Millimetres turn from RAS to LPS here, seconds to milliseconds.
Every UID follows from the seed, so the same call writes the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

from thecal.records import Acquisition, CallWrong, Identity, Study, Volume
from thecal.records.geometry import ras_axes, slice_axis_of
from thecal.simulation.uids import make_uid

MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4.1"
LARMOR_MHZ_PER_T = 42.577
# DICOM holds a plane by two perpendicular directions; a grid sheared by more than this cosine has no such form.
SHEAR_TOLERANCE = 1e-4
Kind = Literal["classic", "enhanced"]


@dataclass(frozen=True)
class Slices:
    """An image cut into slices as DICOM shows them: sagittal with the front on the left, axial with the right on the left.

    pixels (n, rows, columns) uint16, value = pixels · slope + intercept; directions and positions in LPS mm, position of the
    first pixel's centre; spacing_mm between rows, between columns, between slices.
    """

    pixels: NDArray[np.uint16]
    along_row: NDArray[np.float64]
    along_column: NDArray[np.float64]
    positions_mm: NDArray[np.float64]
    spacing_mm: tuple[float, float, float]
    slope: float
    intercept: float


@dataclass(frozen=True)
class Names:
    """The UIDs of one series: all drawn from the seed."""

    seed: str
    study: str
    series: str
    frame_of_reference: str

    def instance(self, number: int) -> str:
        """UID of the instance of that number, from 1."""
        return make_uid(self.seed, self.series, number)


def write(
    volume: Volume,
    acquisition: Acquisition,
    folder: Path,
    *,
    identity: Identity | None = None,
    seed: int | str = 0,
    series: str = "",
    kind: Kind = "classic",
    slice_axis: int | None = None,
    shuffled: bool = False,
    rescale: tuple[float, float] | None = None,
    uids: tuple[str | None, str | None] = (None, None),
) -> tuple[Path, ...]:
    """Writes one MR or CT series into folder and returns its files, in slice order; CT always as single slices.

    series names the series within the study (series of one seed share study and frame of reference). slice_axis is the voxel
    axis across slices, by default the coarsest, else the last. shuffled gives the files names without order. rescale is
    (slope, intercept); without it whole numbers are stored as they are and fractions over 16 bits. uids are those of
    series and frame of reference where they are known. Refuses sheared grids, NaN, and values beyond 16 bits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    who = identity or Identity(patient_name="Simulated^Patient", patient_id=f"SIM{seed}")
    study = who.study_instance_uid or make_uid(seed, "study")
    label = series or f"{acquisition.series_number}/{acquisition.series_description}"
    own, frame = uids
    own, frame = own or make_uid(seed, study, "series", label), frame or make_uid(seed, study, "frame of reference")
    names = Names(str(seed), study, own, frame)
    slices = cut(volume, slice_axis, rescale)
    if acquisition.modality == "CT":
        from thecal.simulation import dicom_ct

        datasets = [dicom_ct.build(slices, index, acquisition, who, names) for index in range(len(slices.pixels))]
    elif kind == "enhanced":
        from thecal.simulation.dicom_enhanced import build

        datasets = [build(slices, acquisition, who, names)]
    else:
        datasets = [_classic(slices, index, acquisition, who, names) for index in range(len(slices.pixels))]
    return tuple(_save(data, folder, label, number, shuffled) for number, data in enumerate(datasets, start=1))


def write_study(
    study: Study,
    folder: Path,
    *,
    identity: Identity | None = None,
    seed: int | str = 0,
    kind: Kind = "classic",
    shuffled: bool = False,
) -> tuple[Path, ...]:
    """Writes every series of the study that holds an image, a folder each; returns all files."""
    files: list[Path] = []
    for number, series in enumerate(study.images(), start=1):
        assert series.volume is not None
        files += write(
            series.volume, series.acquisition, folder / f"{number:03d}", identity=identity, seed=seed, series=series.key,
            kind=kind, slice_axis=series.slice_axis, shuffled=shuffled,
            uids=(series.series_instance_uid, series.frame_of_reference_uid),
        )  # fmt: skip
    return tuple(files)


def cut(volume: Volume, slice_axis: int | None = None, rescale: tuple[float, float] | None = None) -> Slices:
    """The volume as slices in the directions a radiologist expects, values as 16-bit whole numbers."""
    grid = volume.grid
    _refuse_shear(grid.affine)
    coarsest = slice_axis_of(grid)
    across = slice_axis if slice_axis is not None else (2 if coarsest is None else coarsest)
    axes, signs = ras_axes(grid.affine)
    column_axis, row_axis = (int(axis) for axis in axes if axis != across)
    # Images run to the patient's left, back and feet: all three are the negative directions of RAS.
    voxels, affine = volume.voxels, grid.affine.copy()
    for world, axis in enumerate(axes):
        if signs[world] > 0 and axis != across:
            voxels = np.flip(voxels, axis)
            affine[:3, 3] += affine[:3, axis] * (voxels.shape[axis] - 1)
            affine[:3, axis] *= -1
    steps = np.diag([-1.0, -1.0, 1.0]) @ affine[:3, :]
    spacing = np.linalg.norm(steps[:, :3], axis=0)
    along_row, along_column = steps[:, column_axis] / spacing[column_axis], steps[:, row_axis] / spacing[row_axis]
    positions = steps[:, 3] + np.arange(voxels.shape[across])[:, None] * steps[:, across]
    stack = np.transpose(voxels, (across, row_axis, column_axis))
    if float(np.dot(np.cross(along_row, along_column), steps[:, across])) < 0:
        stack, positions = stack[::-1], positions[::-1]
    pixels, slope, intercept = _store(stack, rescale)
    between = (float(spacing[row_axis]), float(spacing[column_axis]), float(spacing[across]))
    return Slices(pixels, along_row, along_column, positions, between, slope, intercept)


def _refuse_shear(affine: NDArray[np.float64]) -> None:
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    off = np.abs(directions.T @ directions - np.eye(3)).max()
    if off > SHEAR_TOLERANCE:
        raise CallWrong("simulation.dicom", expected="perpendicular axes", found=f"a cosine of {off:.4f} between two axes",
                        remedy="Resample to a grid without shear first.")  # fmt: skip


def _store(values: NDArray[Any], rescale: tuple[float, float] | None) -> tuple[NDArray[np.uint16], float, float]:
    if not np.isfinite(values).all():
        raise CallWrong("simulation.dicom", expected="finite values", found="NaN or infinite values")
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    if rescale is not None:
        slope, intercept = rescale
    elif np.issubdtype(values.dtype, np.integer):
        slope, intercept = 1.0, min(low, 0.0)
    else:
        slope, intercept = max((high - min(low, 0.0)) / 65535, 1e-12), min(low, 0.0)
    slope, intercept = float(f"{slope:.10g}"), float(f"{intercept:.10g}")
    stored = np.rint((values.astype(np.float64) - intercept) / slope)
    if stored.min() < 0 or stored.max() > 65535:
        raise CallWrong("simulation.dicom", expected="values within 16 bits", found=f"{low:g} to {high:g}",
                        remedy="Give a rescale that holds them.")  # fmt: skip
    return stored.astype(np.uint16), slope, intercept


def decimal(value: float) -> Any:
    """A number as a DICOM decimal string, at most 16 characters."""
    return DSfloat(float(value) + 0.0, auto_format=True)


def decimals(values: Iterable[float]) -> list[Any]:
    """Numbers as DICOM decimal strings."""
    return [decimal(value) for value in values]


def start(slices: Slices, acquisition: Acquisition, identity: Identity, names: Names) -> Dataset:
    """What both kinds share: patient, study, series, equipment, frame of reference and the form of the pixels."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    _tell_patient(data, identity, names)
    _tell_series(data, acquisition, identity, names)
    data.FrameOfReferenceUID = names.frame_of_reference
    data.PositionReferenceIndicator = ""
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.Rows, data.Columns = slices.pixels.shape[1:]
    data.BitsAllocated, data.PixelRepresentation = 16, 0
    data.BitsStored = 12 if slices.pixels.max(initial=0) < 4096 else 16
    data.HighBit = data.BitsStored - 1
    return data


def _tell_patient(data: Dataset, identity: Identity, names: Names) -> None:
    data.PatientName = identity.patient_name or ""
    data.PatientID = identity.patient_id or ""
    data.PatientBirthDate = _date(identity.patient_birth_date)
    data.PatientSex = {"female": "F", "male": "M"}.get(identity.patient_sex or "", identity.patient_sex or "")
    data.StudyInstanceUID = names.study
    data.StudyDate = _date(identity.study_date) or "20250101"
    data.StudyTime = "090000"
    data.ReferringPhysicianName = ""
    data.StudyID = "1"
    data.AccessionNumber = identity.accession_number or ""
    if identity.study_description:
        data.StudyDescription = identity.study_description


def _date(text: str | None) -> str:
    return (text or "").replace("-", "")


def _tell_series(data: Dataset, acquisition: Acquisition, identity: Identity, names: Names) -> None:
    data.Modality = acquisition.modality or "MR"
    data.SeriesInstanceUID = names.series
    data.SeriesNumber = 1 if acquisition.series_number is None else acquisition.series_number
    data.SeriesDate = data.AcquisitionDate = data.ContentDate = _date(identity.study_date) or "20250101"
    time = (acquisition.acquisition_time or "090000").replace(":", "")
    data.SeriesTime = data.AcquisitionTime = data.ContentTime = time
    data.BodyPartExamined = acquisition.body_part_examined or "SPINE"
    data.PatientPosition = acquisition.patient_position or "HFS"
    data.Manufacturer = acquisition.manufacturer or "thecal"
    data.ManufacturerModelName = acquisition.manufacturer_model_name or "Simulated"
    data.DeviceSerialNumber, data.SoftwareVersions = "0", "simulated"
    if acquisition.series_description:
        data.SeriesDescription = acquisition.series_description
    if acquisition.protocol_name:
        data.ProtocolName = acquisition.protocol_name


def _classic(slices: Slices, index: int, acquisition: Acquisition, identity: Identity, names: Names) -> Dataset:
    data = start(slices, acquisition, identity, names)
    data.SOPClassUID, data.SOPInstanceUID = MR_IMAGE_STORAGE, names.instance(index + 1)
    data.ImageType = list(acquisition.image_type or ("ORIGINAL", "PRIMARY", "OTHER"))
    data.AcquisitionNumber, data.InstanceNumber = 1, index + 1
    tell_plane(data, slices, index, acquisition)
    _tell_sequence(data, acquisition)
    _tell_contrast(data, acquisition)
    if (slices.slope, slices.intercept) != (1.0, 0.0):
        data.RescaleSlope, data.RescaleIntercept = decimal(slices.slope), decimal(slices.intercept)
    data.PixelData = slices.pixels[index].tobytes()
    data["PixelData"].VR = "OW"
    return data


def tell_plane(data: Dataset, slices: Slices, index: int, acquisition: Acquisition) -> None:
    """Where the slice of that index lies."""
    data.ImagePositionPatient = decimals(slices.positions_mm[index])
    data.ImageOrientationPatient = decimals([*slices.along_row, *slices.along_column])
    data.PixelSpacing = decimals(slices.spacing_mm[:2])
    data.SliceThickness = decimal(acquisition.slice_thickness_mm or slices.spacing_mm[2])
    data.SpacingBetweenSlices = decimal(slices.spacing_mm[2])
    normal = np.cross(slices.along_row, slices.along_column)
    data.SliceLocation = decimal(float(np.dot(normal, slices.positions_mm[index])))


def _tell_sequence(data: Dataset, acquisition: Acquisition) -> None:
    data.ScanningSequence = list(acquisition.scanning_sequence or ("SE",))
    data.SequenceVariant = list(acquisition.sequence_variant or ("NONE",))
    data.ScanOptions = list(acquisition.scan_options) or ""
    data.MRAcquisitionType = acquisition.mr_acquisition_type or "2D"
    data.SequenceName = acquisition.sequence_name or acquisition.pulse_sequence_name or "sim"
    data.RepetitionTime = _milliseconds(acquisition.repetition_time_s)
    data.EchoTime = _milliseconds(acquisition.echo_time_s)
    data.EchoTrainLength = acquisition.echo_train_length or 1
    if acquisition.inversion_time_s is not None:
        data.InversionTime = _milliseconds(acquisition.inversion_time_s)
    if acquisition.flip_angle_deg is not None:
        data.FlipAngle = decimal(acquisition.flip_angle_deg)
    data.NumberOfAverages, data.ImagedNucleus, data.EchoNumbers = decimal(1), "1H", 1
    if acquisition.magnetic_field_strength_t is not None:
        data.MagneticFieldStrength = decimal(acquisition.magnetic_field_strength_t)
        data.ImagingFrequency = decimal(acquisition.magnetic_field_strength_t * LARMOR_MHZ_PER_T)
    if acquisition.diffusion_b_value is not None:
        data.DiffusionBValue = float(acquisition.diffusion_b_value)


def _milliseconds(seconds: float | None) -> Any:
    return "" if seconds is None else decimal(round(seconds * 1000, 6))


def _tell_contrast(data: Dataset, acquisition: Acquisition) -> None:
    if acquisition.contrast_bolus_agent is None:
        return
    data.ContrastBolusAgent = acquisition.contrast_bolus_agent
    data.ContrastBolusRoute = "INTRAVENOUS"
    if acquisition.contrast_bolus_volume_ml is not None:
        data.ContrastBolusVolume = decimal(acquisition.contrast_bolus_volume_ml)
    if acquisition.contrast_bolus_start_time is not None:
        data.ContrastBolusStartTime = acquisition.contrast_bolus_start_time.replace(":", "")


def _save(data: Dataset, folder: Path, label: str, number: int, shuffled: bool) -> Path:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta = meta
    order = hashlib.sha256(f"{label}/{number}".encode()).hexdigest()[:12]
    path = folder / (f"{order}.dcm" if shuffled else f"{number:04d}.dcm")
    data.save_as(path, enforce_file_format=True)
    return path
