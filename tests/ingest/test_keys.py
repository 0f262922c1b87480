from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thecal.ingest.keys import Named, name_all
from thecal.records import Plane, Role, Volume


def at(z: float = 0.0, x: float = 0.0, size: float = 100.0) -> Volume:
    """A cube of that size in mm, centred there."""
    affine = np.diag([size / 10, size / 10, size / 10, 1.0])
    affine[:3, 3] = np.array([x, 0, z]) - size / 2 + size / 20
    return Volume(np.zeros((10, 10, 10), np.int8), affine)


def named(role: Role = "T2w", plane: Plane = "sagittal", fat: bool = False, order: str = "1", **place: Any) -> Named:
    """A series to be named."""
    return Named(role, plane, fat, at(**place), order)


@pytest.mark.parametrize(
    ("series", "key"),
    [
        (named("T1w"), "acq-sag_T1w"),
        (named("T1w_ce", "axial"), "acq-ax_ce-gadolinium_T1w"),
        (named("T1w_ce", "axial", fat=True), "acq-axFs_ce-gadolinium_T1w"),
        (named("T2w_fs", "coronal", fat=True), "acq-corFs_T2w"),
        (named("T2w", "volumetric"), "acq-iso_T2w"),
        (named("T2starw", "oblique"), "acq-obl_T2starw"),
        (named("ct_myelogram", "axial"), "acq-ax_ce-intrathecal_ct"),
        (named("other"), "acq-sag_MR"),
        (named("localizer"), "acq-sag_loc"),
        (named("dwi", "axial"), "acq-ax_dwi"),
        (Named("radiograph", "oblique", False, None, ""), "xray"),
        (Named("mrs", "oblique", False, None, ""), "mrs"),
    ],
)
def test_a_series_alone_is_called_by_plane_kind_and_contrast(series: Named, key: str) -> None:
    assert name_all([series]) == [key]


def test_stations_are_counted_from_head_to_feet() -> None:
    keys = name_all([named(z=-200), named(z=250), named(z=20)])
    assert keys == ["chunk-3_acq-sag_T2w", "chunk-1_acq-sag_T2w", "chunk-2_acq-sag_T2w"]


def test_stations_that_overlap_at_their_ends_are_still_stations() -> None:
    assert name_all([named(z=0), named(z=70)]) == ["chunk-2_acq-sag_T2w", "chunk-1_acq-sag_T2w"]


def test_repeats_of_one_field_are_counted_by_time() -> None:
    keys = name_all([named(order="1015"), named(order="0930"), named(order="1100", z=5)])
    assert keys == ["acq-sag_run-2_T2w", "acq-sag_run-1_T2w", "acq-sag_run-3_T2w"]


def test_a_repeat_of_one_station_among_several_has_both() -> None:
    keys = name_all([named(order="1", z=0), named(order="2", z=200), named(order="3", z=1)])
    assert keys == ["chunk-2_acq-sag_run-1_T2w", "chunk-1_acq-sag_T2w", "chunk-2_acq-sag_run-2_T2w"]


def test_pieces_side_by_side_are_no_repeats() -> None:
    assert sorted(name_all([named(x=-80), named(x=80)])) == ["chunk-1_acq-sag_T2w", "chunk-2_acq-sag_T2w"]


@given(st.permutations(range(6)))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_the_order_of_series_changes_no_name(order: list[int]) -> None:
    series = [named(order=str(n), z=z) for n, z in enumerate((0, 0, 200, 200))] + [named("T1w"), named("T1w_ce")]
    keys = name_all(series)
    assert name_all([series[index] for index in order]) == [keys[index] for index in order]
    assert len(set(keys)) == 6


def test_names_never_collide() -> None:
    roles: tuple[Role, ...] = (
        "T1w",
        "T1w_ce",
        "T2w",
        "T2w_fs",
        "T2starw",
        "ct",
        "ct_myelogram",
        "other",
        "localizer",
        "dwi",
        "ADC",
    )
    planes: tuple[Plane, ...] = ("sagittal", "axial", "coronal", "oblique", "volumetric")
    every = [named(role, plane, role == "T2w_fs") for role, plane in itertools.product(roles, planes)]
    assert len(set(name_all(every))) == len(every)
