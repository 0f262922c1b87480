"""A lesion that takes up a vertebra destroys it where its shell is gone; without CT that is never sure."""

from __future__ import annotations

import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import bone_destruction
from thecal.records import Finding

EATEN = spines.with_blobs(Spine(), Blob(10, (0, 18, 0), (12, 10, 7), spines.NODULE))


def test_the_volume_of_vertebra_taken_is_measured() -> None:
    finding = asked.seen(bone_destruction, EATEN, ("T2w",))
    assert finding.state == "present"
    assert finding.probabilities is not None
    assert finding.probabilities["present"] < 0.85, "a lesion in the marrow with its shell kept looks the same"
    # The front half of an ellipsoid of 12 × 10 × 7 mm, from the canal's front wall at 11 mm on.
    whole = 4 / 3 * 3.1416 * 12 * 10 * 7
    below = 0.25 * (1 - 0.7) ** 2 * (2 + 0.7)
    assert spines.value(finding) == pytest.approx(whole * (1 - below), rel=0.1)


@pytest.mark.parametrize("name", ["inside", "outside"])
def test_a_lesion_in_the_dura_destroys_nothing(name: str) -> None:
    assert asked.seen(bone_destruction, spines.CASES[name], ("T2w",)).state == "absent"


@pytest.mark.parametrize(("density", "state"), [(60.0, "present"), (520.0, "absent")])
def test_on_ct_the_shell_decides(density: float, state: str) -> None:
    placed = phantoms.aligned(asked.ct(EATEN, (density,)))
    said = asked.ask(bone_destruction, placed, phantoms.truth(EATEN, placed))
    assert isinstance(said, Finding)
    assert said.state == state
    assert "on CT" in said.method


def test_without_labelled_vertebrae_it_is_not_assessed() -> None:
    codes = range(11, 101)
    why = asked.gap(bone_destruction, EATEN, ("T2w",), change=lambda maps: spines.without(maps, *codes))
    assert why == "no vertebra is labelled beside the lesion"


def test_without_a_series_that_shows_bone_it_is_not_assessed() -> None:
    assert asked.gap(bone_destruction, EATEN, ("ADC",)).startswith("no CT or T1w before contrast or T2w")
