"""What an image's header states, under its DICOM keywords, whatever file it came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from thecal.records import Acquisition

# Keyword → number, text or tuple, in DICOM's units (ms, mm, LPS). A keyword that is absent was not stated.
Tags = Mapping[str, Any]

TEXTS = (
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "Modality",
    "Manufacturer", "ManufacturerModelName", "SeriesDescription", "ProtocolName", "StudyDescription",
    "BodyPartExamined", "SequenceName", "PulseSequenceName", "MRAcquisitionType", "ContrastBolusAgent",
    "ContrastBolusRoute", "ContrastBolusStartTime", "AcquisitionTime", "AcquisitionDate", "AcquisitionDateTime",
    "SeriesDate", "SeriesTime", "ContentTime", "StudyDate", "PatientPosition", "ConvolutionKernel", "AngioFlag",
    "PhotometricInterpretation", "ViewPosition", "AcquisitionContrast", "EchoPulseSequence",
    "SpectrallySelectedSuppression", "InversionRecovery", "ComplexImageComponent", "StackID", "PatientAge",
    "PatientBirthDate", "PatientSex", "PatientName", "PatientID", "IssuerOfPatientID", "AccessionNumber",
    "StudyTime", "StudyID", "ReferringPhysicianName",
    "SteadyStatePulseSequence", "MagnetizationTransfer", "PhaseContrast",
    "TimeOfFlightContrast", "T2Preparation", "ContrastBolusAgentAdministered", "DiffusionDirectionality",
    "VolumetricProperties",
)  # fmt: skip
LISTS = ("ImageType", "ScanningSequence", "SequenceVariant", "ScanOptions", "DerivationDescription")
NUMBERS = (
    "SeriesNumber", "AcquisitionNumber", "InstanceNumber", "MagneticFieldStrength", "EchoTime", "RepetitionTime",
    "InversionTime", "FlipAngle", "EchoTrainLength", "EchoNumbers", "DiffusionBValue", "SliceThickness",
    "SpacingBetweenSlices", "KVP", "ContrastBolusVolume", "TemporalPositionIdentifier", "TriggerTime", "Rows",
    "Columns", "NumberOfFrames", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel",
    "RescaleSlope", "RescaleIntercept", "PixelBandwidth",
)  # fmt: skip
VECTORS = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "DiffusionGradientOrientation")
# What the patient's own facts travel in; nothing of it enters a Study but age and sex.
PERSONAL = (
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientAge", "PatientSex", "AccessionNumber",
    "StudyDescription", "ReferringPhysicianName",
)  # fmt: skip


def text(value: Any) -> str | None:
    """A value as one line of text, None when it is empty."""
    plain = str(value).strip().strip("\x00").strip()
    return plain or None


def listing(value: Any) -> tuple[str, ...]:
    """A value of one or several texts as a tuple of those that say something."""
    several = value if isinstance(value, (list, tuple)) or _is_multiple(value) else str(value).split("\\")
    return tuple(item for item in (text(part) for part in several) if item)


def number(value: Any) -> float | None:
    """A finite number, the first of several; None where there is none."""
    single: Any = next(iter(value), None) if _is_multiple(value) else value
    try:
        result = float(single)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def vector(value: Any) -> tuple[float, ...] | None:
    """Several finite numbers; None where one of them is not."""
    try:
        result = tuple(float(part) for part in value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if result and all(math.isfinite(part) for part in result) else None


def _is_multiple(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, (str, bytes))


def acquisition(tags: Tags) -> Acquisition:
    """How a series was acquired, in seconds, for the record that flows on."""
    return Acquisition(
        modality=tags.get("Modality"),
        manufacturer=tags.get("Manufacturer"),
        manufacturer_model_name=tags.get("ManufacturerModelName"),
        magnetic_field_strength_t=_tesla(tags.get("MagneticFieldStrength")),
        series_number=_whole(tags.get("SeriesNumber")),
        series_description=tags.get("SeriesDescription"),
        protocol_name=tags.get("ProtocolName"),
        body_part_examined=tags.get("BodyPartExamined"),
        image_type=tags.get("ImageType", ()),
        scanning_sequence=tags.get("ScanningSequence", ()),
        sequence_variant=tags.get("SequenceVariant", ()),
        scan_options=tags.get("ScanOptions", ()),
        sequence_name=tags.get("SequenceName"),
        pulse_sequence_name=tags.get("PulseSequenceName"),
        mr_acquisition_type=tags.get("MRAcquisitionType"),
        echo_time_s=_seconds(tags.get("EchoTime")),
        repetition_time_s=_seconds(tags.get("RepetitionTime")),
        inversion_time_s=_seconds(tags.get("InversionTime")),
        flip_angle_deg=tags.get("FlipAngle"),
        echo_train_length=_whole(tags.get("EchoTrainLength")),
        diffusion_b_value=tags.get("DiffusionBValue"),
        slice_thickness_mm=tags.get("SliceThickness"),
        spacing_between_slices_mm=tags.get("SpacingBetweenSlices"),
        contrast_bolus_agent=tags.get("ContrastBolusAgent"),
        contrast_bolus_volume_ml=tags.get("ContrastBolusVolume"),
        contrast_bolus_start_time=tags.get("ContrastBolusStartTime"),
        acquisition_time=tags.get("AcquisitionTime"),
        patient_position=tags.get("PatientPosition"),
        kvp=tags.get("KVP"),
        convolution_kernel=tags.get("ConvolutionKernel"),
    )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds / 1000, 9)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _tesla(value: float | None) -> float | None:
    """Some scanners state the field in gauss."""
    return value / 10_000 if value is not None and value > 100 else value
