"""Chalk is denser than blood on CT; without CT nothing is said of it."""

from __future__ import annotations

from dataclasses import replace

import phantoms
import pytest
from findings import asked, spines
from phantoms import Blob, Spine

from thecal.findings import calcification
from thecal.records import Finding, NotAssessed

MASS = Blob(1, (0, 0, 0), (6, 5, 14), {}, within="cord")
SPECK = Blob(1, (1, 0, 2), (2.5, 2.5, 3), {}, within="cord")


def _ask(densities: tuple[float, float], spine: Spine | None = None) -> Finding | NotAssessed:
    drawn = spine or spines.with_blobs(spines.WIDE, MASS, SPECK)
    placed = phantoms.aligned(asked.ct(drawn, densities))
    return asked.ask(calcification, placed, phantoms.truth(drawn, placed))


@pytest.mark.parametrize(("dense", "state"), [(400.0, "present"), (85.0, "absent"), (45.0, "absent")])
def test_chalk_is_told_from_blood_and_from_tumour(dense: float, state: str) -> None:
    said = _ask((45.0, dense))
    assert isinstance(said, Finding)
    assert said.state == state
    assert said.measurement is not None
    share = 2.5**2 * 3 / (6 * 5 * 14)
    assert said.measurement.value == pytest.approx(100 * share if state == "present" else 0, abs=1.0)


def test_the_chalk_is_pointed_at() -> None:
    spine = spines.with_blobs(spines.WIDE, MASS, replace(SPECK, centre=(1, 0, 9)))
    said = _ask((45.0, 500.0), spine)
    assert isinstance(said, Finding)
    assert said.where is not None
    assert said.where.z == pytest.approx(9, abs=2)


def test_without_ct_and_on_a_myelogram_nothing_is_said() -> None:
    spine = spines.with_blobs(spines.WIDE, MASS)
    assert asked.gap(calcification, spine, ("T2w",)) == "no CT"
    myelogram = replace(asked.ct(spine, (45.0,)), role="ct_myelogram")
    placed = phantoms.aligned(myelogram)
    said = asked.ask(calcification, placed, phantoms.truth(spine, placed))
    assert isinstance(said, NotAssessed)
    assert said.reason == "no CT"


def test_a_lesion_within_bone_is_not_assessed() -> None:
    spine = spines.with_blobs(Spine(), Blob(10, (0, 22, 0), (8, 6, 6)))
    said = _ask((300.0,), spine)  # type: ignore[arg-type]
    assert isinstance(said, NotAssessed)
    assert "too near to bone" in said.reason
