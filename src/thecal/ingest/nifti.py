"""NIfTI files as images: three axes, finite values, millimetres, and an orientation that the file itself states."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.ingest import bids
from thecal.ingest.found import Findings, Found
from thecal.ingest.limits import Limits
from thecal.ingest.sources import Source
from thecal.records import Issue, Role, StudyUnreadable, Volume
from thecal.records.geometry import slice_axis_of, voxel_to_mm

_MM_PER_UNIT = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
# Voxels of an image of the spine are neither smaller nor larger than this, in mm; beyond, the unit is wrong.
_VOXEL_MM = (0.02, 60.0)
# Two statements of orientation in one header agree while no corner of the image moves by more than this.
_AGREE_MM = 1.0
# Columns of the affine at right angles to within this.
_SHEAR_DEGREES = 0.5


def read_nifti(source: Source, role: Role | None, limits: Limits) -> Found:
    """One NIfTI file as an image. Raises StudyUnreadable when it is not one three-dimensional image of real numbers."""
    assert source.path is not None
    tags = bids.read_sidecar(source.path)
    if role == "mrs" or bids.is_spectrum(source.name):
        return Found("mrs", tags, given=role, aliases=(bids.stem(source.name),))
    try:
        image = _open(source.path)
        shape, affine, issues = _grid(source.name, image, limits)
        voxels, faults = _values(source.name, image, shape)
        declared = image.header.get_dim_info()[2] if tags.get("MRAcquisitionType") == "2D" else None
    except StudyUnreadable:
        raise
    except Exception as fault:
        raise _refuse(source.name, "a NIfTI image", "a file that is cut off or damaged", "Convert it again.") from fault
    volume = Volume(voxels, affine)
    axis = slice_axis_of(volume.grid) if declared is None else int(declared)
    return Found(
        "planes", tags, volume, axis, issues=(*issues, *faults), words=bids.words(source.name), given=role,
        aliases=(source.name, bids.stem(source.name)), order=str(tags.get("AcquisitionTime", "")),
    )  # fmt: skip


def _open(path: Path) -> Any:
    import nibabel

    return nibabel.load(path)


def _grid(name: str, image: Any, limits: Limits) -> tuple[tuple[int, ...], NDArray[np.float64], list[Issue]]:
    shape = tuple(int(n) for n in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        remedy = "Split it into single images first (one echo, b-value or phase each)." if len(shape) > 3 else ""
        raise _refuse(name, "3 axes", f"{len(shape)} {shape}", remedy)
    if min(shape) < 1:
        raise _refuse(name, "voxels", f"none {shape}")
    kind = image.get_data_dtype()
    if kind.fields is not None or kind.kind not in "iuf":
        raise _refuse(
            name, "one real number a voxel", f"values of type {kind}", "Convert colour or complex images first."
        )
    if (asked := float(np.prod([float(n) for n in shape])) * max(kind.itemsize, 4)) > limits.series_bytes:
        raise _refuse(name, f"at most {limits.series_bytes / 1024**3:.0f} GiB", f"{asked / 1024**3:.1f} GiB")
    affine, issues = _affine(name, image.header, shape)
    return shape, affine, issues


def _affine(name: str, header: Any, shape: Sequence[int]) -> tuple[NDArray[np.float64], list[Issue]]:
    """The affine in mm that the header states: sform before qform, as its standard has it."""
    forms = [(header.get_sform(coded=True)), (header.get_qform(coded=True))]
    stated = [np.array(matrix, dtype=np.float64) for matrix, code in forms if matrix is not None and code > 0]
    if not stated:
        remedy = "Convert it again from its source: left and right can't be guessed."
        raise _refuse(name, "an orientation (sform or qform)", "neither", remedy)
    scale = np.diag([*[_MM_PER_UNIT.get(header.get_xyzt_units()[0], 1.0)] * 3, 1.0])
    usable = [scale @ matrix for matrix in stated if np.all(np.isfinite(matrix)) and _is_usable(scale @ matrix)]
    if not usable:
        found = "one that is empty, singular or out of scale"
        raise _refuse(
            name, f"an affine with voxels of {_VOXEL_MM[0]} to {_VOXEL_MM[1]:.0f} mm", found, "Convert it again."
        )
    return usable[0], _doubts(usable, shape)


def _is_usable(affine: NDArray[np.float64]) -> bool:
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if lengths.min() < _VOXEL_MM[0] or lengths.max() > _VOXEL_MM[1]:
        return False
    return bool(abs(np.linalg.det(affine[:3, :3] / lengths)) > 0.2)


def _doubts(affines: Sequence[NDArray[np.float64]], shape: Sequence[int]) -> list[Issue]:
    issues = []
    if len(affines) == 2:
        corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T * (np.array(shape) - 1)
        first, second = (corners @ affine[:3, :3].T + affine[:3, 3] for affine in affines)
        apart = float(np.linalg.norm(first - second, axis=1).max())
        if apart > _AGREE_MM:
            mirrored = np.linalg.det(affines[0][:3, :3]) * np.linalg.det(affines[1][:3, :3]) < 0
            sides = ", and contradict each other on left and right" if mirrored else ""
            message = f"sform and qform differ by up to {apart:.0f} mm{sides}; sform was used."
            issues.append(Issue("orientation_conflict", "error" if mirrored else "warning", message))
    axes = affines[0][:3, :3] / np.linalg.norm(affines[0][:3, :3], axis=0)
    skew = float(np.degrees(np.arcsin(np.clip(np.abs(axes.T @ axes - np.eye(3)).max(), 0, 1))))
    if skew > _SHEAR_DEGREES:
        message = (
            f"The voxel axes are not at right angles (off by {skew:.1f}°); distances across them are less certain."
        )
        issues.append(Issue("sheared_grid", "warning", message))
    return issues


def _values(name: str, image: Any, shape: Sequence[int]) -> tuple[NDArray[Any], list[Issue]]:
    voxels: NDArray[Any] = np.asanyarray(image.dataobj).reshape(shape, order="F")
    if voxels.dtype.kind in "iu" and voxels.dtype.itemsize <= 4:
        return voxels.astype(voxels.dtype.newbyteorder("="), copy=False), []
    voxels = voxels.astype(np.float32)
    broken = ~np.isfinite(voxels)
    count = int(broken.sum())
    if count > voxels.size / 2:
        raise _refuse(name, "finite values", f"{count} of {voxels.size} voxels without one", "Convert it again.")
    if not count:
        return voxels, []
    voxels[broken] = voxels[~broken].min()
    message = f"{count} voxels hold no finite value (NaN or infinite); they were given the image's least value."
    centre = np.argwhere(broken).mean(axis=0)
    place = voxel_to_mm(Volume(voxels, np.asarray(image.affine)), centre)
    message += f" They lie around x {place[0]:.0f}, y {place[1]:.0f}, z {place[2]:.0f} mm."
    return voxels, [Issue("values_not_finite", "warning", message)]


def read_folder(sources: Sequence[Source], named: set[str], limits: Limits, out: Findings) -> None:
    """Adds the NIfTI files of an input to out; label maps and files that cannot be read are left unread, with the reason.

    A file that the caller named (its name is in named) must be readable. Raises StudyUnreadable as well for files of several BIDS
    subjects or sessions.
    """
    _refuse_several([source.name for source in sources])
    beside_dicom = bool(out.images)
    for source in sources:
        if source.path is None:
            out.skip(source.name, "NIfTI inside an archive: unpack it and give the folder")
        elif source.name not in named and beside_dicom:
            out.skip(source.name, "NIfTI beside DICOM, likely made from it: name its role to read it as well")
        elif source.name not in named and bids.is_label_map(source.name):
            out.skip(source.name, "a label map by its name, not an image")
        else:
            try:
                out.images.append(read_nifti(source, None, limits))
            except StudyUnreadable as fault:
                if source.name in named:
                    raise
                out.skip(source.name, f"expected {fault.expected}, found {fault.found}")


def _refuse_several(names: Sequence[str]) -> None:
    for entity, word in (("sub", "subjects"), ("ses", "sessions")):
        found = {value for name in names if (value := bids.entities(name).get(entity))}
        if len(found) > 1:
            raise _refuse(
                "input", "one examination of one patient", f"{len(found)} {word}", "Give the folder of one of them."
            )


def _refuse(name: str, expected: str, found: str, remedy: str = "") -> StudyUnreadable:
    return StudyUnreadable(f"ingest: {Path(name).name}", expected=expected, found=found, remedy=remedy)
