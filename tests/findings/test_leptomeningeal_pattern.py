"""Leptomeningeal enhancement is called where seen, and denied only when the whole spine was enhanced."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from findings import spines
from phantoms import Spine

from thecal.findings import leptomeningeal_pattern
from thecal.findings.leptomeningeal_pattern import Coat
from thecal.findings.views import look
from thecal.records import AlignedStudy, Finding, NotAssessed, Region

CODE = "leptomeningeal_pattern"
WHOLE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")


def _covering(placed: AlignedStudy, regions: dict[str, tuple[Region, ...]]) -> AlignedStudy:
    series = tuple(replace(one, regions=regions.get(one.role, WHOLE)) for one in placed.study.series)
    return replace(placed, study=replace(placed.study, series=series))


@pytest.mark.parametrize(
    ("name", "state"), [("coat", "diffuse"), ("nodules", "nodular"), ("coat and nodules", "mixed")]
)
def test_each_pattern_is_recovered(name: str, state: str) -> None:
    finding = spines.seen(spines.case(name), CODE)
    assert finding.subject == "patient"
    assert finding.state == state


def test_a_coat_that_thickens_to_nodules_is_mixed_though_it_is_one_lesion() -> None:
    lumpy = tuple(replace(one, instance=1, code=6, radii=(4, 3.5, 5)) for one in spines.NODULES)
    assert spines.seen(spines.reading_of(spines.with_blobs(Spine(), spines.COAT, *lumpy)), CODE).state == "mixed"


def test_a_coat_that_was_not_drawn_is_found_on_the_images() -> None:
    bare = spines.with_blobs(Spine(), replace(spines.COAT, code=0, instance=1))
    assert spines.seen(spines.reading_of(bare), CODE).state == "diffuse"


def test_the_whole_spine_enhanced_and_clean_is_none_and_never_certain() -> None:
    placed = _covering(spines.study(Spine()), {})
    finding = spines.seen(spines.read(placed, spines.truth(Spine(), placed)), CODE)
    assert finding.state == "none"
    assert finding.probabilities is not None
    assert finding.probabilities["none"] < 0.9
    assert "cervical, thoracic, lumbar, sacral" in finding.method


@pytest.mark.parametrize(
    ("roles", "regions"),
    [
        (("T2w",), {}), (("T2w", "T1w"), {}), (("T2w", "T1w_ce"), {}), (("T1w_ce",), {}),
        (("T2w", "T1w", "T1w_ce"), {"T1w_ce": ("thoracic",)}),
        (("T2w", "T1w", "T1w_ce"), {"T1w": ("thoracic", "lumbar", "sacral")}),
        (("T2w", "T1w", "T1w_ce"), {"T1w_ce": (), "T1w": ()}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["healthy", "touching"])
def test_unenhanced_or_partly_covered_nothing_is_denied(
    name: str, roles: tuple[str, ...], regions: dict[str, tuple[Region, ...]]
) -> None:
    spine = spines.CASES[name]
    placed = _covering(spines.study(spine, roles), regions)
    told = spines.sign(spines.read(placed, spines.truth(spine, placed)), CODE)
    assert isinstance(told, NotAssessed)


def test_one_enhancing_tumour_is_no_leptomeningeal_disease() -> None:
    placed = _covering(spines.study(spines.OUTSIDE), {})
    told = spines.sign(spines.read(placed, spines.truth(spines.OUTSIDE, placed)), CODE)
    assert isinstance(told, Finding)
    assert told.state == "none"


def test_without_cord_or_sac_nothing_is_said() -> None:
    placed = _covering(spines.study(Spine()), {})
    bare = spines.without(spines.truth(Spine(), placed), 2)
    assert spines.gap(spines.read(placed, bare), CODE) == "the thecal sac was not drawn"


@pytest.mark.parametrize(("same", "other", "state"), [(0.0, 1.0, None), (1.0, 0.0, "diffuse")])
def test_a_pair_in_one_plane_is_heard_before_a_pair_in_two(
    same: float, other: float, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = spines.study(spines.INSIDE, ("T1w", "T1w_ce"))
    maps = spines.truth(spines.INSIDE, placed)
    view = look(placed, maps, "acq-sag_T1w")
    coats = iter([Coat(view, other, np.zeros((1, 3)), False), Coat(view, same, np.zeros((1, 3)), True)])
    twice = [placed.study.images()[0]] * 2
    monkeypatch.setattr(leptomeningeal_pattern, "usable", lambda *_: twice)
    monkeypatch.setattr(leptomeningeal_pattern, "coat_of", lambda *_: next(coats))
    told = leptomeningeal_pattern.measure(placed, maps, None)
    assert (told.state if isinstance(told, Finding) else None) == state
