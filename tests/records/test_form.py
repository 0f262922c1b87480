"""Every record has one JSON form, with a schema and a golden example."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from examples import EXAMPLES, aligned, reading, study, volume
from golden_files import GOLDEN, as_json, assert_golden

import thecal.records
from thecal.records import Finding, KnowledgeInvalid, Reading, Study, Volume
from thecal.records.form import from_data, schema, to_data

SCHEMAS = Path(thecal.records.__file__).parent / "schema"


def voxels_of(record: Study) -> dict[str, Any]:
    return {to_data(s.volume)["voxels"]["sha256"]: s.volume.voxels for s in record.images() if s.volume is not None}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_golden_example_of_a_record_stands_and_fits_its_schema(name: str) -> None:
    record = EXAMPLES[name]()
    assert_golden(as_json(to_data(record)), GOLDEN / "records" / f"{name}.json")
    assert_golden(as_json(schema(type(record))), SCHEMAS / f"{name}.schema.json")
    jsonschema.validate(to_data(record), schema(type(record)))


@pytest.mark.parametrize("name", ["reading", "rates", "differential", "report"])
def test_a_record_without_voxels_comes_back_equal_from_its_json(name: str) -> None:
    record = EXAMPLES[name]()
    assert from_data(type(record), json.loads(json.dumps(to_data(record)))) == record


def test_a_study_comes_back_from_json_and_its_voxels() -> None:
    record = study()
    back = from_data(Study, to_data(record), voxels_of(record))
    assert to_data(back) == to_data(record)
    for one, other in zip(back.images(), record.images(), strict=True):
        assert one.volume is not None
        assert other.volume is not None
        np.testing.assert_array_equal(one.volume.voxels, other.volume.voxels)


def test_a_study_without_its_voxels_is_refused() -> None:
    with pytest.raises(KnowledgeInvalid, match="no voxels are stored"):
        from_data(Study, to_data(study()))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data["findings"][3]["probabilities"].update(present=0.9),
        lambda data: data["findings"][1].update(probabilities={"present": 1.0}),
        lambda data: data.pop("reading_id"),
        lambda data: data["findings"][0].update(basis="guessed"),
    ],
)
def test_a_reading_that_breaks_its_rules_is_refused_with_the_place(spoil: Callable[[Any], None]) -> None:
    data = to_data(reading())
    spoil(data)
    with pytest.raises(KnowledgeInvalid, match=r"Reading: .*expected"):
        from_data(Reading, data)


def test_a_number_that_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        to_data(Finding("age_years", "patient", "stated", value=float("nan")))


def test_the_digest_tells_a_change_of_one_voxel_and_of_the_place() -> None:
    first = volume(1)
    changed = first.voxels.copy()
    changed[3, 5, 7] += 1
    digests = {first.digest, Volume(changed, first.affine).digest, volume(1, 0.01).digest}
    assert len(digests) == 3
    assert volume(1).digest == first.digest


def test_voxels_and_affine_of_a_volume_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        volume(1).voxels[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        aligned().study.series[0].volume.affine[0, 0] = 1  # type: ignore[union-attr]
