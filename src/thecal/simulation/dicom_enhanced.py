"""One enhanced multi-frame MR object: what all frames share, what each has of its own, and how they are ordered."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from thecal.records import Acquisition, Identity
from thecal.simulation.dicom import (
    ENHANCED_MR_IMAGE_STORAGE,
    LARMOR_MHZ_PER_T,
    Names,
    Slices,
    decimal,
    decimals,
    start,
)
from thecal.simulation.uids import make_uid

# An inversion time below this nulls fat (STIR); above it, fluid.
STIR_LIMIT_S = 0.35
T2_FROM_ECHO_S = 0.06


def build(slices: Slices, acquisition: Acquisition, identity: Identity, names: Names) -> Dataset:
    """The whole series as one enhanced MR image, a frame for each slice."""
    data = start(slices, acquisition, identity, names)
    data.SOPClassUID, data.SOPInstanceUID = ENHANCED_MR_IMAGE_STORAGE, names.instance(1)
    data.InstanceNumber, data.NumberOfFrames = 1, len(slices.pixels)
    _tell_image(data, acquisition)
    _tell_pulse_sequence(data, acquisition)
    _tell_contrast(data, acquisition)
    _tell_dimensions(data, names)
    data.SharedFunctionalGroupsSequence = [_shared(slices, acquisition, data)]
    data.PerFrameFunctionalGroupsSequence = [_frame(slices, index, data) for index in range(len(slices.pixels))]
    data.PixelData = slices.pixels.tobytes()
    data["PixelData"].VR = "OW"
    return data


def contrast_of(acquisition: Acquisition) -> str:
    """DICOM's word for the weighting, from the sequence's times."""
    if acquisition.diffusion_b_value is not None:
        return "DIFFUSION"
    if acquisition.inversion_time_s is not None:
        return "STIR" if acquisition.inversion_time_s < STIR_LIMIT_S else "FLUID_ATTENUATED"
    late = (acquisition.echo_time_s or 0) > T2_FROM_ECHO_S
    if "GR" in acquisition.scanning_sequence:
        return "T2_STAR" if (acquisition.echo_time_s or 0) > 0.008 else "T1"
    return "T2" if late else "T1"


def _tell_image(data: Dataset, acquisition: Acquisition) -> None:
    data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER", "NONE"]
    data.AcquisitionNumber = 1
    data.AcquisitionDateTime = f"{data.AcquisitionDate}{data.AcquisitionTime}"
    del data.AcquisitionDate, data.AcquisitionTime
    data.AcquisitionDuration = 180.0
    data.ContentQualification = "RESEARCH"
    data.ResonantNucleus, data.KSpaceFiltering = "1H", "NONE"
    data.MagneticFieldStrength = decimal(acquisition.magnetic_field_strength_t or 3.0)
    data.ApplicableSafetyStandardAgency = "IEC"
    data.ComplexImageComponent, data.AcquisitionContrast = "MAGNITUDE", contrast_of(acquisition)
    data.PixelPresentation, data.VolumetricProperties = "MONOCHROME", "VOLUME"
    data.VolumeBasedCalculationTechnique = "NONE"
    data.BurnedInAnnotation, data.LossyImageCompression, data.PresentationLUTShape = "NO", "00", "IDENTITY"
    data.AcquisitionContextSequence = []


def _tell_pulse_sequence(data: Dataset, acquisition: Acquisition) -> None:
    gradient = "GR" in acquisition.scanning_sequence
    data.PulseSequenceName = acquisition.pulse_sequence_name or acquisition.sequence_name or "sim"
    data.MRAcquisitionType = acquisition.mr_acquisition_type or "2D"
    data.EchoPulseSequence = "GRADIENT" if gradient else "SPIN"
    if not gradient:
        data.MultipleSpinEcho = "NO"
    data.MultiPlanarExcitation, data.PhaseContrast, data.TimeOfFlightContrast = "NO", "NO", "NO"
    data.SteadyStatePulseSequence = "NONE"
    data.EchoPlanarPulseSequence, data.SaturationRecovery = "NO", "NO"
    data.SpectrallySelectedSuppression = "FAT" if "FS" in acquisition.scan_options else "NONE"
    data.OversamplingPhase, data.GeometryOfKSpaceTraversal = "NONE", "RECTILINEAR"
    data.RectilinearPhaseEncodeReordering, data.SegmentedKSpaceTraversal = "LINEAR", "SINGLE"
    if data.MRAcquisitionType == "3D":
        data.CoverageOfKSpace = "FULL"
    data.NumberOfKSpaceTrajectories = 1


def _coded(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _tell_contrast(data: Dataset, acquisition: Acquisition) -> None:
    if acquisition.contrast_bolus_agent is None:
        return
    agent = _coded("768763008", "SCT", acquisition.contrast_bolus_agent)
    agent.ContrastBolusAgentNumber = 1
    agent.ContrastBolusAdministrationRouteSequence = [_coded("47625008", "SCT", "Intravenous route")]
    agent.ContrastBolusIngredientCodeSequence = [_coded("58281002", "SCT", "Gadolinium")]
    agent.ContrastBolusVolume = _or_empty(acquisition.contrast_bolus_volume_ml)
    agent.ContrastBolusIngredientConcentration = ""
    data.ContrastBolusAgentSequence = [agent]


def _or_empty(value: float | None) -> Any:
    return "" if value is None else float(value)


def _tell_dimensions(data: Dataset, names: Names) -> None:
    organisation = Dataset()
    organisation.DimensionOrganizationUID = make_uid(names.series, "dimensions")
    stack, place = Dataset(), Dataset()
    stack.DimensionIndexPointer, place.DimensionIndexPointer = 0x00209056, 0x00209057
    for index in (stack, place):
        index.FunctionalGroupPointer = 0x00209111
        index.DimensionOrganizationUID = organisation.DimensionOrganizationUID
    data.DimensionOrganizationSequence = [organisation]
    data.DimensionIndexSequence = [stack, place]


def _group(**values: Any) -> Dataset:
    group = Dataset()
    for keyword, value in values.items():
        setattr(group, keyword, value)
    return group


def _shared(slices: Slices, acquisition: Acquisition, data: Dataset) -> Dataset:
    groups = Dataset()
    thickness = decimal(acquisition.slice_thickness_mm or slices.spacing_mm[2])
    groups.PixelMeasuresSequence = [
        _group(PixelSpacing=decimals(slices.spacing_mm[:2]), SliceThickness=thickness,
               SpacingBetweenSlices=decimal(slices.spacing_mm[2]))
    ]  # fmt: skip
    groups.PlaneOrientationSequence = [
        _group(ImageOrientationPatient=decimals([*slices.along_row, *slices.along_column]))
    ]
    groups.FrameAnatomySequence = [
        _group(FrameLaterality="U", AnatomicRegionSequence=[_coded("421060004", "SCT", "Spine")])
    ]
    groups.PixelValueTransformationSequence = [
        _group(RescaleIntercept=decimal(slices.intercept), RescaleSlope=decimal(slices.slope), RescaleType="US")
    ]
    groups.MRImageFrameTypeSequence = [_frame_type(data)]
    groups.FrameVOILUTSequence = [_window(slices)]
    _share_physics(groups, slices, acquisition)
    if acquisition.contrast_bolus_agent is not None:
        groups.ContrastBolusUsageSequence = [
            _group(ContrastBolusAgentNumber=1, ContrastBolusAgentAdministered="YES", ContrastBolusAgentDetected="YES")
        ]
    return groups


def _frame_type(data: Dataset) -> Dataset:
    return _group(
        FrameType=data.ImageType, ComplexImageComponent="MAGNITUDE", AcquisitionContrast=data.AcquisitionContrast,
        PixelPresentation="MONOCHROME", VolumetricProperties="VOLUME", VolumeBasedCalculationTechnique="NONE",
    )  # fmt: skip


def _window(slices: Slices) -> Dataset:
    low, high = np.percentile(slices.pixels[:: max(1, len(slices.pixels) // 5)], [1, 99.5])
    width = max((high - low) * slices.slope, slices.slope * 2)
    return _group(WindowCenter=decimal((low + high) / 2 * slices.slope + slices.intercept), WindowWidth=decimal(width))


def _share_physics(groups: Dataset, slices: Slices, acquisition: Acquisition) -> None:
    rows, columns = slices.pixels.shape[1:]
    gradient = "GR" in acquisition.scanning_sequence
    timing = _group(RepetitionTime=decimal(round((acquisition.repetition_time_s or 0.5) * 1000, 6)),
                    FlipAngle=decimal(acquisition.flip_angle_deg or 90.0),
                    EchoTrainLength=0 if gradient else acquisition.echo_train_length or 1,
                    RFEchoTrainLength=0 if gradient else acquisition.echo_train_length or 1,
                    GradientEchoTrainLength=1 if gradient else 0,
                    SpecificAbsorptionRateSequence=[_group(SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY",
                                                           SpecificAbsorptionRateValue=1.0)],
                    GradientOutputType="DB_DT", GradientOutput=10.0)  # fmt: skip
    timing.OperatingModeSequence = [
        _group(OperatingModeType=kind, OperatingMode="IEC_NORMAL") for kind in ("STATIC FIELD", "RF", "GRADIENT")
    ]
    groups.MRTimingAndRelatedParametersSequence = [timing]
    groups.MRFOVGeometrySequence = [
        _group(InPlanePhaseEncodingDirection="ROW", MRAcquisitionFrequencyEncodingSteps=int(rows),
               MRAcquisitionPhaseEncodingStepsInPlane=int(columns), MRAcquisitionPhaseEncodingStepsOutOfPlane=1,
               PercentSampling=decimal(100), PercentPhaseFieldOfView=decimal(100))
    ]  # fmt: skip
    groups.MREchoSequence = [_group(EffectiveEchoTime=float((acquisition.echo_time_s or 0) * 1000))]
    groups.MRModifierSequence = [_modifier(acquisition)]
    groups.MRImagingModifierSequence = [_imaging_modifier(acquisition)]
    groups.MRReceiveCoilSequence = [_group(ReceiveCoilName="Spine", ReceiveCoilManufacturerName="thecal",
                                           ReceiveCoilType="MULTICOIL", QuadratureReceiveCoil="NO")]  # fmt: skip
    groups.MRReceiveCoilSequence[0].MultiCoilDefinitionSequence = [
        _group(MultiCoilElementName="1", MultiCoilElementUsed="YES")
    ]
    groups.MRTransmitCoilSequence = [_group(TransmitCoilName="Body", TransmitCoilManufacturerName="thecal",
                                            TransmitCoilType="BODY")]  # fmt: skip
    groups.MRAveragesSequence = [_group(NumberOfAverages=decimal(1))]
    if acquisition.diffusion_b_value is not None:
        groups.MRDiffusionSequence = [
            _group(DiffusionBValue=float(acquisition.diffusion_b_value), DiffusionDirectionality="ISOTROPIC")
        ]


def _modifier(acquisition: Acquisition) -> Dataset:
    inverted = acquisition.inversion_time_s is not None
    group = _group(InversionRecovery="YES" if inverted else "NO", FlowCompensation="NONE", Spoiling="RF", T2Preparation="NO",
                   SpectrallySelectedExcitation="NONE", SpatialPresaturation="NONE", PartialFourier="NO",
                   ParallelAcquisition="NO")  # fmt: skip
    if acquisition.inversion_time_s is not None:
        group.InversionTimes = [float(acquisition.inversion_time_s * 1000)]
    return group


def _imaging_modifier(acquisition: Acquisition) -> Dataset:
    field_t = acquisition.magnetic_field_strength_t or 3.0
    return _group(MagnetizationTransfer="NONE", BloodSignalNulling="NO", Tagging="NONE",
                  TransmitterFrequency=float(field_t * LARMOR_MHZ_PER_T), PixelBandwidth=decimal(200))  # fmt: skip


def _frame(slices: Slices, index: int, data: Dataset) -> Dataset:
    groups = Dataset()
    content = _group(StackID="1", InStackPositionNumber=index + 1, DimensionIndexValues=[1, index + 1],
                     FrameAcquisitionNumber=1, FrameAcquisitionDateTime=data.AcquisitionDateTime,
                     FrameReferenceDateTime=data.AcquisitionDateTime, FrameAcquisitionDuration=180000.0)  # fmt: skip
    groups.FrameContentSequence = [content]
    groups.PlanePositionSequence = [_group(ImagePositionPatient=decimals(slices.positions_mm[index]))]
    return groups
