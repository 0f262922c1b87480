"""Whether the same image gives the same label maps by whichever path it comes in.

Each volume of a folder is read as NIfTI and, written by `simulation.dicom`, as classic and enhanced DICOM, cut sagittally and
axially, turned obliquely, with shuffled file names. Printed: voxels whose label differs (0 is wanted) of all labelled ones.

Usage: python benchmarks/dicom_paths.py FOLDER
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import nibabel
import numpy as np
from numpy.typing import NDArray

from thecal import alignment, ingest, segmentation
from thecal.records import Acquisition, Role, Volume
from thecal.records.geometry import ras_axes, to_ras
from thecal.simulation import dicom

MASKS = ("seg", "label", "center", "levels", "msk", "cord.nii")
TILT_DEGREES = 15.0


def images(folder: Path) -> Iterator[Path]:
    """The images of the folder, without the masks beside them."""
    for path in sorted(folder.rglob("*.nii.gz")):
        words = path.name.lower().replace("label-", "")
        if not any(word in words for word in MASKS):
            yield path


def whole_numbers(path: Path) -> Volume:
    """The image in whole numbers from 0 to 4095, as DICOM can hold them."""
    image = nibabel.load(path)
    values = np.nan_to_num(np.squeeze(np.asarray(image.dataobj, dtype=np.float64)))
    low, high = values.min(), values.max()
    return Volume(np.rint((values - low) * (4095 / max(high - low, 1e-9))).astype(np.uint16), image.affine)


def tilted(volume: Volume) -> Volume:
    """The same voxels, the patient turned about the left-right axis."""
    a = np.radians(TILT_DEGREES)
    turn = np.array([[1, 0, 0, 0], [0, np.cos(a), -np.sin(a), 0], [0, np.sin(a), np.cos(a), 0], [0, 0, 0, 1.0]])
    return Volume(volume.voxels, turn @ volume.affine)


def role_of(name: str) -> Role:
    """What the file's name says the image is; told to every path, so that only the path differs."""
    words = name.lower()
    roles: dict[str, Role] = {"t1": "T1w", "dwi": "dwi", "mt0": "other", "mt1": "other", "mts": "other"}
    return next((role for word, role in roles.items() if word in words), "T2w")


def labels(path: Path, role: Role) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Anatomy and lesion of the only series of an input, in RAS order."""
    by_name: dict[str, Role] = {path.name: role} if path.is_file() else {"1": role}
    study, _ = ingest.read([path], roles=by_name)
    (series,) = study.images()
    made = segmentation.segment(alignment.align(study))
    empty = Volume(np.zeros(series.volume.shape, np.int16), series.volume.affine)  # type: ignore[union-attr]
    maps = [found[series.key].volume if series.key in found else empty for found in (made.anatomy, made.lesion)]
    return to_ras(maps[0]).voxels, to_ras(maps[1]).voxels


def compare(name: str, volume: Volume, folder: Path) -> int:
    """Prints one line a path; returns the number of voxels that differ."""
    nifti = folder / "image.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.asarray(volume.voxels), volume.affine), nifti)
    role = role_of(name.rsplit("/", 1)[1])
    wanted = labels(nifti, role)
    axes, _ = ras_axes(volume.affine)
    kinds: tuple[Literal["classic", "enhanced"], ...] = ("classic", "enhanced")
    differing = 0
    for kind in kinds:
        for plane, world in (("sagittal", 0), ("axial", 2)):
            out = folder / f"{kind}-{plane}"
            dicom.write(
                volume,
                Acquisition(modality="MR", series_number=1),
                out,
                kind=kind,
                slice_axis=int(axes[world]),
                shuffled=True,
            )
            found = labels(out, role)
            wrong = sum(int((one != other).sum()) for one, other in zip(wanted, found, strict=True))
            drawn = sum(int((one > 0).sum()) for one in wanted)
            print(f"{name:<44}{kind:<10}{plane:<10}{wrong:>8} of {drawn}")
            differing += wrong
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    total = 0
    for path in images(folder):
        for turn, words in ((lambda v: v, ""), (tilted, " oblique")):
            with tempfile.TemporaryDirectory() as name:
                total += compare(
                    f"{path.parent.name}/{path.name.split('.')[0]}{words}", turn(whole_numbers(path)), Path(name)
                )
    print(f"voxels that differ in all: {total}")


if __name__ == "__main__":
    main()
