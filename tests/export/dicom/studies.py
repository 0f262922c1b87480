"""A small study on disk as DICOM, read back, with an object drawn on it that no flip or turn maps to itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import examples
import numpy as np
from numpy.typing import NDArray

from thecal import ingest
from thecal.alignment import headers_only
from thecal.export.dicom.origin import Origin, origin_of
from thecal.records import (
    Acquisition,
    AlignedStudy,
    Finding,
    Identity,
    LabelMap,
    Measurement,
    NotAssessed,
    Place,
    Reading,
    Report,
    Segmentation,
    Series,
    Volume,
)
from thecal.records.geometry import voxel_to_mm
from thecal.simulation import dicom
from thecal.simulation.dicom import Kind

LINEAR = {
    "sagittal": np.array([[0, 0, 3.3], [0.8, 0, 0], [0, -0.8, 0]]),
    "axial": np.array([[-0.7, 0, 0], [0, 0.6, 0], [0, 0, 4.0]]),
    "coronal": np.array([[0.7, 0, 0], [0, 0, 3.5], [0, 0.9, 0]]),
}
WHO = Identity(
    "Müller^Åsa", "P-77", "1970-06-01", "F", "ACC-9", "2.25.4711", "2026-03-04", "MRI of the whole spine",
    "HOSPITAL", "101112", "S-3", "Roe^Ann",
)  # fmt: skip
T2 = Acquisition(
    modality="MR", magnetic_field_strength_t=3.0, series_number=4, series_description="t2_tse_sag", echo_time_s=0.1,
    repetition_time_s=3.5, scanning_sequence=("SE",), slice_thickness_mm=3.0,
)  # fmt: skip
LESION_UID, OTHER_UID = "2.25.501", "2.25.502"


@dataclass(frozen=True)
class Made:
    """One study: its records, the files of its source images, and whom it is of."""

    aligned: AlignedStudy
    segmented: Segmentation
    report: Report
    folder: Path

    @property
    def series(self) -> Series:
        """The one series."""
        return self.aligned.study.series[0]

    @property
    def origin(self) -> Origin:
        """Whom and which study the objects belong to."""
        origin = origin_of(self.report)
        assert origin is not None
        return origin


def affine_of(plane: str, angle: float = 0.0) -> NDArray[np.float64]:
    """Slices in a plane, turned by an angle (radians) about an oblique line, their origin off centre."""
    x, y, z = np.array([1.0, 0.2, 0.4]) / np.linalg.norm([1.0, 0.2, 0.4])
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross) @ LINEAR[plane]
    affine[:3, 3] = [20.5, -30.25, 41.0]
    return affine


def make(folder: Path, plane: str = "sagittal", angle: float = 0.0, kind: Kind = "classic") -> Made:
    """A T2w series of 37 × 53 × 9 voxels with a cord, two tissues and two lesions drawn on it, read from its files."""
    values = np.random.default_rng(3).integers(1, 3000, (37, 53, 9)).astype(np.uint16)
    volume = Volume(values, affine_of(plane, angle))
    dicom.write(volume, T2, folder, kind=kind, shuffled=True, identity=WHO, uids=("2.25.31", "2.25.32"))
    study, identity = ingest.read(folder)
    aligned = headers_only(study)
    (series,) = study.images()
    assert series.volume is not None
    segmented = draw(series.key, series.volume, aligned)
    return Made(aligned, segmented, report(series, segmented, identity), folder)


def draw(key: str, volume: Volume, aligned: AlignedStudy) -> Segmentation:
    """Cord and vertebra; a hook of tumour with oedema beside it, and a second lesion: asymmetric along every axis."""
    shape = volume.shape
    anatomy, lesion, instances = (np.zeros(shape, np.int16) for _ in range(3))
    anatomy[5:9, 3 : shape[1] - 7, 2:7], anatomy[20:31, 10:22, 1:8], anatomy[20:31, 24:27, 1:8] = 1, 24, 74
    lesion[5:7, 10:25, 3:5], lesion[7:15, 10:13, 3:6], lesion[5:7, 25:29, 3:4], lesion[28:32, 40:45, 6:8] = 2, 2, 3, 8
    instances[(lesion == 2) | (lesion == 3)], instances[lesion == 8] = 1, 2
    assert aligned.reference is not None
    assert np.allclose(aligned.reference.affine, volume.affine)
    maps = [LabelMap(Volume(codes, volume.affine), {}, key, "classic") for codes in (anatomy, lesion, instances)]
    first, second = examples.lesions()
    place = Place(key, *(float(x) for x in voxel_to_mm(volume, [6, 17, 4])))
    lesions = (
        replace(first, tracking_uid=LESION_UID, where=place, series_keys=(key,)),
        replace(second, tracking_uid=OTHER_UID, where=place, series_keys=(key,)),
    )
    return Segmentation({key: maps[0]}, {key: maps[1]}, {}, maps[0], maps[1], maps[2], lesions)


def report(series: Series, segmented: Segmentation, identity: Identity) -> Report:
    """The example report, told about this series and these lesions."""
    place = segmented.lesions[0].where
    findings = (
        Finding("sex", "patient", "stated", {"female": 1.0, "male": 0.0}),
        Finding("length_segments", LESION_UID, "measured", value=2.5, value_sd=0.3, where=place),
        Finding("t2_signal", LESION_UID, "measured", {"hyperintense": 0.9, "mixed": 0.1},
                measurement=Measurement(1.83, "1", 0.12), where=place),
        Finding("cap_sign", LESION_UID, "measured", {"absent": 0.2, "present": 0.8}, where=place),
    )  # fmt: skip
    gaps = (NotAssessed("enhancement", LESION_UID, "no post-contrast T1w"),)
    made = examples.report()
    words = {"finding.cap_sign": "cap sign", "unit_of.length_segments": "vertebral segments"}
    return replace(
        made, identity=identity, study_instance_uid=identity.study_instance_uid, words=words,
        reading=Reading("reading-2", None, segmented.lesions, findings, gaps),
        figures=tuple(replace(figure, where=place) for figure in made.figures),
    )  # fmt: skip


def tool(name: str) -> str | None:
    """Where a program is, on the path or beside the interpreter."""
    beside = Path(sys.executable).parent / name
    return shutil.which(name) or (str(beside) if beside.exists() else None)


def run(name: str, *arguments: object) -> str:
    """What a program says; it has to end well."""
    found = tool(name)
    assert found is not None
    done = subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
