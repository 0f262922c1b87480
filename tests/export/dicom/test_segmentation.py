from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from export.dicom import reader, studies
from numpy.typing import NDArray

from thecal.export.dicom import segmentation, segments, sources
from thecal.export.dicom.segments import Segment
from thecal.records import Volume
from thecal.records.geometry import to_ras
from thecal.simulation.dicom import Kind

KINDS: tuple[Kind, ...] = ("classic", "enhanced")
PLACES = [("sagittal", 0.0), ("axial", 0.0), ("coronal", 0.0), ("sagittal", 0.3), ("axial", -0.25)]


def written(made: studies.Made, kind: str, folder: Path) -> tuple[Path, list[Segment]]:
    """One segmentation on disk, and the segments that went into it."""
    key = made.series.key
    label = made.segmented.lesion[key] if kind == "lesion" else made.segmented.anatomy[key]
    found = (
        segments.lesions_of(label, key, made.segmented, made.aligned)
        if kind == "lesion"
        else segments.anatomy_of(label)
    )
    path = folder / f"{kind}.dcm"
    source = sources.headers(made.series, made.origin)
    path.write_bytes(segmentation.build(kind, made.series, source, found, label, made.origin, 1).content)
    return path, found


def indices(voxels: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Where voxels are set, in order."""
    return sorted((int(i), int(j), int(k)) for i, j, k in np.argwhere(voxels))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("plane", "angle"), PLACES)
@pytest.mark.parametrize("what", ["anatomy", "lesion"])
def test_every_segment_lands_on_the_same_voxels(
    tmp_path: Path, what: str, plane: str, angle: float, kind: Kind
) -> None:
    made = studies.make(tmp_path / "source", plane, angle, kind)
    path, drawn = written(made, what, tmp_path)
    found = reader.read(path)
    assert [item.description.SegmentLabel for item in found.values()] == [one.structure.label for one in drawn]
    assert made.series.volume is not None
    for read, one in zip(found.values(), drawn, strict=True):
        assert read.voxels(made.series.volume.affine) == indices(one.voxels)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("plane", "angle"), PLACES)
def test_dcmqi_puts_every_segment_on_the_sources_own_grid(tmp_path: Path, plane: str, angle: float, kind: Kind) -> None:
    if studies.tool("segimage2itkimage") is None:
        pytest.skip("dcmqi is not installed")
    made = studies.make(tmp_path / "source", plane, angle, kind)
    path, drawn = written(made, "lesion", tmp_path)
    out = tmp_path / "read"
    out.mkdir()
    studies.run("segimage2itkimage", "-t", "nii", "--outputDirectory", out, "--inputDICOM", path)
    assert made.series.volume is not None
    for number, one in enumerate(drawn, start=1):
        image = nibabel.load(out / f"{number}.nii.gz")
        back = to_ras(Volume(np.asarray(image.dataobj) > 0, image.affine))
        there = to_ras(Volume(one.voxels, made.series.volume.affine))
        assert np.array_equal(back.voxels, there.voxels)
        assert np.allclose(back.affine, there.affine, atol=1e-3)
    told = json.loads((out / "meta.json").read_text())["segmentAttributes"]
    assert [item["SegmentLabel"] for group in told for item in group] == [one.structure.label for one in drawn]


@pytest.mark.parametrize("what", ["anatomy", "lesion"])
def test_every_segment_has_a_frame_for_every_slice(tmp_path: Path, what: str) -> None:
    path, drawn = written(studies.make(tmp_path / "source"), what, tmp_path)
    assert [item.frames for item in reader.read(path).values()] == [9] * len(drawn)


def test_an_object_that_would_be_too_large_leaves_its_empty_frames_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmentation, "MOST_BYTES", 1000)
    made = studies.make(tmp_path / "source")
    path, drawn = written(made, "lesion", tmp_path)
    read = reader.read(path)
    assert [item.frames for item in read.values()] == [int(one.voxels.any(axis=(0, 1)).sum()) for one in drawn]
    assert made.series.volume is not None
    assert read[1].voxels(made.series.volume.affine) == indices(drawn[0].voxels)


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_names_the_source_image_at_its_own_place(tmp_path: Path, kind: Kind) -> None:
    made = studies.make(tmp_path / "source", "sagittal", 0.3, kind)
    path, _ = written(made, "anatomy", tmp_path)
    stored = {data.SOPInstanceUID: data for data in map(pydicom.dcmread, made.folder.iterdir())}
    written_ = pydicom.dcmread(path)
    assert written_.FrameOfReferenceUID == "2.25.32"
    for frame in written_.PerFrameFunctionalGroupsSequence:
        image = frame.DerivationImageSequence[0].SourceImageSequence[0]
        source = stored[image.ReferencedSOPInstanceUID]
        if kind == "enhanced":
            groups = source.PerFrameFunctionalGroupsSequence[image.ReferencedFrameNumber - 1]
            source = groups.PlanePositionSequence[0]
        assert list(frame.PlanePositionSequence[0].ImagePositionPatient) == list(source.ImagePositionPatient)


def test_a_stack_that_is_part_of_an_object_names_its_own_frames(tmp_path: Path) -> None:
    made = studies.make(tmp_path / "source", kind="enhanced")
    part = tuple(replace(image, frame_number=2 * (image.frame_number or 0)) for image in made.series.source_images)
    study = replace(made.aligned.study, series=(replace(made.series, source_images=part),))
    moved = replace(made, aligned=replace(made.aligned, study=study))
    path, _ = written(moved, "anatomy", tmp_path)
    frames = [
        groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedFrameNumber
        for groups in pydicom.dcmread(path).PerFrameFunctionalGroupsSequence
    ]
    assert sorted(set(frames)) == sorted(image.frame_number or 0 for image in part)


def test_a_lesion_is_a_segment_of_its_own_with_its_tracking_uid(tmp_path: Path) -> None:
    path, _ = written(studies.make(tmp_path / "source"), "lesion", tmp_path)
    items = [one.description for one in reader.read(path).values()]
    assert [item.get("TrackingUID") for item in items] == [None, None, None, studies.LESION_UID, studies.OTHER_UID]
    assert [item.SegmentLabel for item in items][3:] == ["lesion 1", "lesion 2"]
    assert pydicom.dcmread(path).SegmentsOverlap == "YES"
