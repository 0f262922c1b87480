from __future__ import annotations

import numpy as np

from thecal.ingest.regions import box_mm, height_mm, regions_of
from thecal.records import Volume


def tall(height: float) -> Volume:
    """A sagittal field of that height."""
    return Volume(np.zeros((13, 40, 50), np.int8), np.diag([3.0, 5.0, height / 50, 1.0]))


def test_the_description_goes_before_the_protocol_and_the_header() -> None:
    tags = {"SeriesDescription": "t2 sag LWS", "ProtocolName": "HWS", "BodyPartExamined": "BRAIN"}
    assert regions_of(tags, "", None) == ("lumbar",)
    assert regions_of({**tags, "SeriesDescription": "t2 sag"}, "", None) == ("cervical",)
    assert regions_of({"BodyPartExamined": "TSPINE"}, "", None) == ("thoracic",)


def test_nothing_stated_is_nothing_known() -> None:
    assert regions_of({"BodyPartExamined": "SPINE"}, "", tall(700)) == ()


def test_a_whole_spine_counts_as_whole_only_in_a_field_tall_enough() -> None:
    tags = {"SeriesDescription": "t2 whole spine"}
    assert regions_of(tags, "", tall(700)) == ("cervical", "thoracic", "lumbar", "sacral")
    assert regions_of(tags, "", tall(300)) == ()


def test_the_field_of_view_reaches_to_the_voxels_edges() -> None:
    volume = tall(300)
    low, high = box_mm(volume)
    assert np.allclose(high - low, [39, 200, 300])
    assert np.isclose(height_mm(volume), 300)
