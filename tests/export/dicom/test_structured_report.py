from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from export.dicom import studies
from export.dicom.conftest import Study

from thecal.export import dicom
from thecal.knowledge import load
from thecal.records.report import Status


def sr_of(made: studies.Made) -> Any:
    """The study's measurement report, read back."""
    files = dicom.write(made.report, made.aligned, made.segmented, load().codes).files
    return pydicom.dcmread(BytesIO(files["report-sr.dcm"]))


def read(study: Study) -> Any:
    """The measurement report of a study that was written once."""
    return pydicom.dcmread(BytesIO(study[1]["report-sr.dcm"]))


def items(data: Any) -> Iterator[Any]:
    """Every content item of a report, from the top down."""
    for item in data.get("ContentSequence", ()):
        yield item
        yield from items(item)


def named(data: Any, code: str) -> list[Any]:
    """The content items that a code names."""
    return [
        one for one in items(data) if "ConceptNameCodeSequence" in one and _code(one.ConceptNameCodeSequence[0]) == code
    ]


def _code(item: Any) -> str:
    return str(item.get("CodeValue") or item.get("LongCodeValue"))


@pytest.mark.parametrize(
    ("status", "flags"),
    [("preliminary", ("PARTIAL", "UNVERIFIED", "PRELIMINARY")), ("approved", ("COMPLETE", "UNVERIFIED", "FINAL"))],
)
def test_a_report_is_partial_and_preliminary_until_approved(
    tmp_path: Path, status: Status, flags: tuple[str, str, str]
) -> None:
    made = studies.make(tmp_path)
    sr = sr_of(replace(made, report=replace(made.report, status=status)))
    assert (sr.CompletionFlag, sr.VerificationFlag, sr.PreliminaryFlag) == flags


def test_a_finding_is_a_coded_answer_with_its_probability(classic: Study) -> None:
    sr = read(classic)
    (answer,) = named(sr, "cap_sign")
    assert answer.ConceptNameCodeSequence[0].CodingSchemeDesignator == "99THECAL"
    assert _code(answer.ConceptCodeSequence[0]) == "52101004"
    (probability,) = named(sr, "cap_sign.present")
    assert float(probability.MeasuredValueSequence[0].NumericValue) == 0.8


def test_what_was_not_assessed_is_not_evaluated_with_its_reason_and_never_absent(classic: Study) -> None:
    (gap,) = named(read(classic), "enhancement")
    assert _code(gap.ConceptCodeSequence[0]) == "373121007"
    assert gap.ContentSequence[0].TextValue == "no post-contrast T1w"


def test_a_measure_has_its_ucum_unit_its_uncertainty_and_its_image(classic: Study) -> None:
    made, _ = classic
    (length,) = named(read(classic), "length_segments")
    value = length.MeasuredValueSequence[0]
    assert (float(value.NumericValue), _code(value.MeasurementUnitsCodeSequence[0])) == (2.5, "{vertebral_segment}")
    upper = named(length, "371886008")[0].MeasuredValueSequence[0]
    assert (float(upper.NumericValue), _code(upper.MeasurementUnitsCodeSequence[0])) == (0.3, "{vertebral_segment}")
    (image,) = [item for item in length.ContentSequence if item.ValueType == "IMAGE"]
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == made.series.source_images[4].sop_instance_uid


def test_words_with_a_checked_code_elsewhere_bring_it_along(classic: Study) -> None:
    (signal,) = named(read(classic), "t2_signal")
    name, answer = signal.ConceptNameCodeSequence[0], signal.ConceptCodeSequence[0]
    assert (name.EquivalentCodeSequence[0].CodeValue, answer.EquivalentCodeSequence[0].CodeValue) == (
        "110805",
        "RID35805",
    )


def test_what_was_only_told_of_the_person_is_no_observation(classic: Study) -> None:
    assert named(read(classic), "sex") == []


@pytest.mark.parametrize("kind", ["classic", "enhanced"])
def test_a_lesion_refers_to_its_segment_and_its_source_images(request: pytest.FixtureRequest, kind: str) -> None:
    made, files = request.getfixturevalue(kind)
    sr = pydicom.dcmread(BytesIO(files["report-sr.dcm"]))
    seg = pydicom.dcmread(BytesIO(files[f"seg-lesion_{made.series.key}.dcm"]))
    tracked = [item.UID for item in named(sr, "112040")]
    assert tracked[:2] == [studies.LESION_UID, studies.OTHER_UID]
    reference = named(sr, "121191")[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == seg.SOPInstanceUID
    described = {item.SegmentNumber: item for item in seg.SegmentSequence}
    assert described[reference.ReferencedSegmentNumber].TrackingUID == studies.LESION_UID
    images = [item.ReferencedSOPSequence[0] for item in named(sr, "121233")]
    known = {image.sop_instance_uid for image in made.series.source_images}
    assert {image.ReferencedSOPInstanceUID for image in images} <= known
    if kind == "enhanced":
        assert images[0].ReferencedFrameNumber == 4


def test_dcmqi_reads_the_measures_back(tmp_path: Path, classic: Study) -> None:
    if studies.tool("tid1500reader") is None:
        pytest.skip("dcmqi is not installed")
    path = tmp_path / "sr.dcm"
    path.write_bytes(classic[1]["report-sr.dcm"])
    studies.run("tid1500reader", "--inputDICOM", path, "--outputMetadata", tmp_path / "sr.json")
    told = json.loads((tmp_path / "sr.json").read_text())
    first = told["Measurements"][0]
    assert first["TrackingUniqueIdentifier"] == studies.LESION_UID
    values = {item["quantity"]["CodeValue"]: float(item["value"]) for item in first["measurementItems"]}
    assert values["118565006"] == pytest.approx(2310.0)
    assert values["length_segments"] == 2.5
