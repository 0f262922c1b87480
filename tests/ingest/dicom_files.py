"""Tiny DICOM files with every detail open to a test: one stack of slices, or one slice, with any header value changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

MR, CT = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.2"
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
T2: dict[str, Any] = {
    "ScanningSequence": "SE",
    "EchoTime": 100.0,
    "RepetitionTime": 3500.0,
    "SeriesDescription": "t2_tse_sag",
    "SeriesNumber": 4,
}
T1: dict[str, Any] = {
    "ScanningSequence": "SE",
    "EchoTime": 10.0,
    "RepetitionTime": 600.0,
    "SeriesDescription": "t1_tse_sag",
    "SeriesNumber": 5,
}


def uid(*parts: object) -> str:
    """A UID that follows from its parts."""
    return f"2.25.{int(hashlib.sha256(repr(parts).encode()).hexdigest()[:30], 16)}"


def values(count: int, shape: tuple[int, int] = (7, 9), seed: int = 0) -> NDArray[np.uint16]:
    """Slices (count, rows, columns) without any symmetry."""
    return np.random.default_rng(seed).integers(1, 1000, (count, *shape)).astype(np.uint16)


def dataset(
    pixels: NDArray[Any], position: Sequence[float], axes: Sequence[float] = SAGITTAL, **changes: Any
) -> Dataset:
    """One classic image; a change of None takes the element away."""
    data = Dataset()
    data.SOPClassUID, data.Modality = MR, "MR"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "Doe^Jane", "P1", "19700601", "F"
    data.StudyInstanceUID, data.SeriesInstanceUID = uid("study"), uid("series", changes.get("SeriesNumber", 4))
    data.StudyDate, data.AcquisitionDate, data.AcquisitionTime = "20240315", "20240316", "101500"
    data.FrameOfReferenceUID, data.ImageType = uid("frame"), ["ORIGINAL", "PRIMARY", "M"]
    data.Rows, data.Columns = pixels.shape[:2]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = pixels.dtype.itemsize * 8
    data.HighBit, data.PixelRepresentation = data.BitsStored - 1, int(pixels.dtype.kind == "i")
    data.PixelSpacing, data.SliceThickness = [0.7, 0.9], 3.0
    data.ImagePositionPatient, data.ImageOrientationPatient = [round(float(x), 6) for x in position], list(axes)
    data.PixelData = pixels.tobytes()
    for word, value in {**T2, **changes}.items():
        if value is None:
            if word in data:
                delattr(data, word)
        else:
            setattr(data, word, value)
    if "SOPInstanceUID" not in data:
        data.SOPInstanceUID = uid(data.SeriesInstanceUID, list(position), sorted(changes.items(), key=str))
    return data


def save(data: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    """Writes one file; a compressed syntax compresses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID, data.file_meta.MediaStorageSOPInstanceUID = (
        data.SOPClassUID,
        data.SOPInstanceUID,
    )
    if syntax != ExplicitVRLittleEndian:
        data.compress(syntax, generate_instance_uid=False)
    data.save_as(path, enforce_file_format=True)
    return path


def positions(count: int, axes: Sequence[float], step: float, start: Sequence[float]) -> NDArray[np.float64]:
    """Where evenly spaced slices begin (LPS mm)."""
    normal = np.cross(axes[:3], axes[3:])
    return np.array(start) + np.arange(count)[:, None] * step * normal


def write_stack(
    folder: Path,
    count: int = 5,
    *,
    axes: Sequence[float] = SAGITTAL,
    step: float = 3.3,
    start: Sequence[float] = (-7.0, -40.0, 55.0),
    pixels: NDArray[Any] | None = None,
    skip: Sequence[int] = (),
    prefix: str = "",
    **changes: Any,
) -> NDArray[Any]:
    """Writes slices under names whose order says nothing; gives the pixels (count, rows, columns) in order along the normal."""
    block = values(count) if pixels is None else pixels
    for index, place in enumerate(positions(len(block), axes, step, start)):
        if index not in skip:
            data = dataset(block[index], place, axes, **changes)
            name = hashlib.sha256(f"{prefix}{index}{changes}".encode()).hexdigest()[:8]
            save(data, folder / f"{name}.dcm")
    return block


def at(volume: Any, lps: Sequence[float]) -> float:
    """The value of the voxel at an LPS place."""
    index = np.linalg.inv(volume.affine) @ np.array([-lps[0], -lps[1], lps[2], 1.0])
    i, j, k = (round(float(x)) for x in index[:3])
    return float(volume.voxels[i, j, k])
