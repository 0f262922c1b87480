from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from export.dicom import studies

from thecal.export.dicom import segments
from thecal.records import LabelMap, Volume


def test_voxels_beside_a_numbered_lesion_count_to_the_nearest_and_a_part_of_its_own_does_not(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    key = made.series.key
    codes = np.array(made.segmented.lesion[key].volume.voxels)
    codes[5:7, 10:30, 3:5] = 2  # joins the oedema below; grows past what was numbered
    codes[1:3, 48:51, 1] = 2  # nothing numbered near
    label = LabelMap(Volume(codes, made.segmented.lesion[key].volume.affine), {}, key, "classic")
    numbers = segments.instances_on(label, key, made.segmented, made.aligned)
    assert numbers[5, 29, 4] == 1
    assert (numbers[1:3, 48:51, 1] == 0).all()
    assert numbers[29, 42, 6] == 2


def test_lesions_numbered_in_another_space_are_carried_over(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    key, reference = made.series.key, made.segmented.composed_instances
    assert reference is not None
    there = np.eye(4)
    there[:3, 3] = 15.0, -4.0, 7.0
    moved = replace(reference, volume=Volume(reference.volume.voxels, there @ reference.volume.affine))
    label = made.segmented.lesion[key]
    aligned = replace(made.aligned, to_reference={key: there})
    found = segments.instances_on(label, key, replace(made.segmented, composed_instances=moved), aligned)
    assert np.array_equal(found, reference.volume.voxels)


def test_tissues_come_before_lesions_and_nothing_drawn_gives_nothing(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    label = made.segmented.lesion[made.series.key]
    found = segments.lesions_of(label, made.series.key, made.segmented, made.aligned)
    assert [one.structure.label for one in found] == [
        "solid tumour without enhancement", "oedema", "tumour, enhancement not assessed", "lesion 1", "lesion 2",
    ]  # fmt: skip
    empty = replace(label, volume=Volume(np.zeros_like(label.volume.voxels), label.volume.affine))
    assert segments.lesions_of(empty, made.series.key, made.segmented, made.aligned) == []


def test_an_unknown_number_keeps_its_name() -> None:
    label = LabelMap(Volume(np.full((2, 2, 2), 77, np.int16), np.eye(4)), {77: "nerve root"}, None, "other")
    (one,) = segments.anatomy_of(replace(label, volume=Volume(np.full((2, 2, 2), 99, np.int16), np.eye(4))))
    assert one.structure.label == "label 99"
