"""A phantom on disk: images as NIfTI with BIDS sidecars or as DICOM, truth, and what a clinic would know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import nibabel as nib
import numpy as np

from thecal.records import Acquisition, LabelMap, Series, Volume
from thecal.simulation.phantom import Phantom
from thecal.simulation.signs import entity_codes
from thecal.simulation.spectrum import header_of, to_bytes

# BIDS names of what a header states.
SIDECAR = {
    "modality": "Modality", "manufacturer": "Manufacturer", "manufacturer_model_name": "ManufacturersModelName",
    "magnetic_field_strength_t": "MagneticFieldStrength", "series_number": "SeriesNumber",
    "series_description": "SeriesDescription", "protocol_name": "ProtocolName", "body_part_examined": "BodyPartExamined",
    "image_type": "ImageType", "scanning_sequence": "ScanningSequence", "sequence_variant": "SequenceVariant",
    "scan_options": "ScanOptions", "mr_acquisition_type": "MRAcquisitionType", "echo_time_s": "EchoTime",
    "repetition_time_s": "RepetitionTime", "inversion_time_s": "InversionTime", "flip_angle_deg": "FlipAngle",
    "echo_train_length": "EchoTrainLength", "slice_thickness_mm": "SliceThickness",
    "spacing_between_slices_mm": "SpacingBetweenSlices", "contrast_bolus_agent": "ContrastBolusIngredient",
    "patient_position": "PatientPosition", "diffusion_b_value": "DiffusionBValue",
    "kvp": "KVP", "convolution_kernel": "ConvolutionKernel",
}  # fmt: skip


def write_phantom(
    phantom: Phantom,
    folder: Path,
    format: Literal["nifti", "dicom", "dicom-enhanced"] = "nifti",
    *,
    shuffled: bool = False,
) -> None:
    """Writes images (`images/` or `dicom/`), `truth/` and `context.json` of a phantom into folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if format == "nifti":
        for series in phantom.study.images():
            _write_series(series, folder / "images")
    else:
        # What writes DICOM is loaded where DICOM is wanted: training draws from the simulator without it.
        from thecal.simulation import dicom

        kind: dicom.Kind = "enhanced" if format == "dicom-enhanced" else "classic"
        seed = f"{phantom.entity}-{phantom.seed}"
        dicom.write_study(
            phantom.study, folder / "dicom", identity=phantom.identity, seed=seed, kind=kind, shuffled=shuffled
        )
    if phantom.spectrum is not None:
        _write_spectrum(phantom, folder / ("images" if format == "nifti" else "mrs"))
    truth = folder / "truth"
    truth.mkdir(exist_ok=True)
    for name, labels in (("anatomy", phantom.anatomy), ("lesion", phantom.lesion), ("instances", phantom.instances)):
        _write_labels(labels, truth / name)
    for key, (anatomy, lesion) in phantom.by_series.items():
        _write_labels(anatomy, truth / "series" / f"{key}_anatomy")
        _write_labels(lesion, truth / "series" / f"{key}_lesion")
    diagnosis = phantom.entity if phantom.entity in entity_codes()[1:] else "no_lesion"
    told = phantom.truth
    _write_json(
        {
            "findings": dict(told.findings), "not_drawable": dict(told.not_drawable), "not_shown": dict(told.not_shown),
            "drawn": dict(told.drawn), "diagnosis": diagnosis, "seed": phantom.seed,
        },
        truth / "findings.json",
    )  # fmt: skip
    _write_json(dict(phantom.context), folder / "context.json")


def sidecar_of(acquisition: Acquisition) -> dict[str, Any]:
    """A series' header in BIDS words, s and mm; what the header does not state is left out."""
    told = {name: getattr(acquisition, field) for field, name in SIDECAR.items()}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in told.items()
        if value not in (None, ())
    }


def _write_series(series: Series, folder: Path) -> None:
    assert series.volume is not None
    _write_volume(series.volume, folder / f"sub-sim_{series.key}.nii.gz")
    _write_json(sidecar_of(series.acquisition), folder / f"sub-sim_{series.key}.json")


def _write_spectrum(phantom: Phantom, folder: Path) -> None:
    assert phantom.spectrum is not None
    folder.mkdir(parents=True, exist_ok=True)
    series = next(series for series in phantom.study.series if series.role == "mrs")
    (folder / f"sub-sim_{series.key}.nii.gz").write_bytes(_zip(to_bytes(phantom.spectrum)))
    _write_json(
        {**sidecar_of(series.acquisition), **header_of(phantom.spectrum)}, folder / f"sub-sim_{series.key}.json"
    )


def _write_labels(labels: LabelMap, path: Path) -> None:
    _write_volume(
        Volume(labels.volume.voxels.astype(np.int16), labels.volume.affine), path.with_name(f"{path.name}.nii.gz")
    )
    names = {str(code): name for code, name in labels.names.items()}
    _write_json(
        {"SourceSeries": labels.source_key, "Segmenter": labels.segmenter, "Labels": names},
        path.with_name(f"{path.name}.json"),
    )


def _write_volume(volume: Volume, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(np.asarray(volume.voxels), volume.affine)
    image.header.set_xyzt_units("mm", "sec")
    path.write_bytes(_zip(image.to_bytes()))


def _zip(content: bytes) -> bytes:
    import gzip

    # No time in the header: the same phantom gives the same bytes.
    return gzip.compress(content, compresslevel=5, mtime=0)


def _write_json(content: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
