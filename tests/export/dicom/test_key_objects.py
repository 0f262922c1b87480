from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from export.dicom import studies

from thecal.export.dicom import key_objects
from thecal.records import Place
from thecal.records.geometry import voxel_to_mm
from thecal.simulation.dicom import Kind


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_the_selection_names_the_slices_behind_the_key_images(tmp_path: Path, kind: Kind) -> None:
    made = studies.make(tmp_path, kind=kind)
    series, (figure,) = made.series, made.report.figures
    assert series.volume is not None
    other = Place(series.key, *(float(x) for x in voxel_to_mm(series.volume, [2, 2, 7])))
    figures = [figure, replace(figure, where=other), figure, replace(figure, where=None)]
    slices = key_objects.slices_of(figures, {series.key: series})
    assert [image for _, image in slices] == [series.source_images[4], series.source_images[7]]
    data = key_objects.build(slices, made.origin, 5)
    found = [item.ReferencedSOPSequence[0] for item in data.ContentSequence if item.ValueType == "IMAGE"]
    if kind == "classic":
        assert [one.ReferencedSOPInstanceUID for one in found] == [image.sop_instance_uid for _, image in slices]
    else:
        assert [list(one.ReferencedFrameNumber) for one in found] == [[5, 8]]


def test_the_selection_says_that_it_is_for_the_report_and_not_approved(tmp_path: Path) -> None:
    made = studies.make(tmp_path)
    slices = key_objects.slices_of(made.report.figures, {made.series.key: made.series})
    data = key_objects.build(slices, made.origin, 5)
    assert data.ConceptNameCodeSequence[0].CodeValue == "113020"
    assert "not approved" in data.ContentSequence[0].TextValue
