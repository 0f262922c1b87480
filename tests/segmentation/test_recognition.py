"""Lesions that a network tells in the cord, beside those that depart from its course, and what it may not add."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from segmentation.spines import SAGITTAL

from thecal.records import AlignedStudy, Grid, Role
from thecal.segmentation import codes, recognition
from thecal.segmentation.drawing import Drawing, draw
from thecal.segmentation.lesions import Canal, Harvest, Tissue, doubted
from thecal.segmentation.recognition import CODES, NOTE, seek
from thecal.segmentation.tissues import CLASSES, CORD, SAC, Tissues

SHAPE = (31, 35, 63)
GRID = Grid(SHAPE, np.array([[1.0, 0, 0, -15], [0, 1, 0, -17], [0, 0, 1, -31], [0, 0, 0, 1]]))
PAIR: tuple[Role, ...] = ("T2w", "T1w", "T1w_ce")
MIDDLE = (slice(13, 18), slice(15, 20), slice(25, 36))


def box(middle: tuple[int, int, int], half: tuple[int, int, int]) -> tuple[slice, ...]:
    return tuple(slice(m - h, m + h + 1) for m, h in zip(middle, half, strict=True))


def told(*parts: tuple[str, tuple[slice, ...]], certainty: float = 0.95) -> Tissues:
    """A cord in its sac with boxes of other classes, of which the network is so certain."""
    x, y = np.arange(SHAPE[0])[:, None, None] - 15, np.arange(SHAPE[1])[None, :, None] - 17
    away = np.hypot(x, y) + np.zeros(SHAPE)
    healthy = np.select([away < 5, away < 9], [CORD, SAC], 0)
    shares = np.zeros((len(CLASSES), *SHAPE), np.float32)
    np.put_along_axis(shares, healthy[None], 1, axis=0)
    for name, place in parts:
        i, j, k = place
        shares[:, i, j, k] *= 1 - certainty
        shares[CLASSES.index(name), i, j, k] += certainty
    return Tissues(GRID, shares, np.ones(SHAPE, bool))


def found(seen: Tissues | None, roles: tuple[Role, ...] = PAIR) -> Harvest:
    series = [phantoms.series(phantoms.Spine(), role, SAGITTAL, key=role) for role in roles]
    study: AlignedStudy = phantoms.aligned(*series)
    drawings: list[Drawing] = [draw(one) for one in series]
    canal = Canal(GRID, np.zeros(SHAPE, np.float32), np.ones(SHAPE, np.float32))
    return seek(seen, study, drawings, canal)


@pytest.mark.parametrize("name", ["enhancing in cord", "solid in cord", "oedema", "haemorrhage", "cord change"])
def test_a_lesion_that_is_told_in_the_cord_lies_in_the_cord(name: str) -> None:
    made = found(told((name, MIDDLE)))
    assert len(made.lesions) == 1
    chances = made.lesions[0].compartment
    assert max(chances, key=lambda one: chances[one]) == "intramedullary"
    assert sum(chances.values()) == pytest.approx(1)
    assert made.lesions[0].tissues == (CODES[name],)
    assert made.lesions[0].volume_mm3 == 5 * 5 * 11
    assert made.lesions[0].series_keys == PAIR
    assert NOTE in made.notes


@pytest.mark.parametrize(("name", "certainty"), [
    ("enhancing in cord", 0.8), ("enhancing beside cord", 0.95), ("coating", 0.95), ("extradural", 0.95),
])  # fmt: skip
def test_what_is_unsure_or_beside_the_cord_adds_nothing(name: str, certainty: float) -> None:
    assert found(told((name, MIDDLE), certainty=certainty)).lesions == ()


def test_tumour_without_contrast_is_of_unknown_enhancement_and_that_is_said() -> None:
    made = found(told(("solid in cord", MIDDLE)), ("T2w",))
    assert made.lesions[0].tissues == (codes.UNASSESSED,)
    assert [one.code for one in made.untold] == ["enhancement"]
    compared = found(told(("solid in cord", MIDDLE)))
    assert compared.lesions[0].tissues == (codes.SOLID,)
    assert compared.untold == ()


def test_fluid_is_named_by_what_it_touches() -> None:
    pole = ("fluid in cord", box((15, 17, 38), (2, 2, 2)))
    assert found(told(("enhancing in cord", MIDDLE), pole)).lesions[0].tissues == (codes.ENHANCING, codes.POLAR_CYST)
    assert found(told(pole)).lesions[0].tissues == (codes.SYRINX,)


@pytest.mark.parametrize(("name", "compartment"), [
    ("enhancing in cord", "intramedullary"), ("enhancing beside cord", "intradural_extramedullary"),
    ("extradural", "extradural"), ("sac", "intradural_extramedullary"),
])  # fmt: skip
def test_where_outlines_and_network_tell_a_lesion_the_network_says_where(
    name: str, compartment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = np.zeros(SHAPE, np.int16)
    drawn[MIDDLE] = codes.ENHANCING
    outlined = doubted(0.3, 0.7, 0.0)
    departing = Tissue(drawn, (drawn > 0).astype(np.float32), lambda mine: ["T1w_ce"], lambda body: outlined)
    monkeypatch.setattr(recognition, "tissue_of", lambda *given: departing)
    (lesion,) = found(told((name, MIDDLE))).lesions
    assert max(lesion.compartment, key=lambda one: lesion.compartment[one]) == compartment
    assert lesion.tissues == (codes.ENHANCING,)
    assert lesion.series_keys[0] == "T1w_ce"


def test_a_healthy_cord_has_no_lesion_and_without_the_network_only_departures_are_heard() -> None:
    assert found(told()).lesions == ()
    assert NOTE not in found(None).notes
