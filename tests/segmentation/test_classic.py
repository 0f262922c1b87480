"""The segmenter without learning, on spines of known shape."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from numpy.typing import NDArray
from segmentation.spines import AXIAL, FINE, HEALTHY, SAGITTAL, overlap

from thecal.records import AlignedStudy, Grid, Role, Segmentation, Series, Study, Volume
from thecal.segmentation import segment


def agreement(made: Segmentation, true: Segmentation, key: str, code: int) -> float:
    """Dice of one structure on one series."""
    return overlap(made.anatomy[key].volume.voxels == code, true.anatomy[key].volume.voxels == code)


def alone(
    voxels: NDArray[np.float32], role: Role, spacing: tuple[float, float, float] = (1.0, 1.2, 1.3)
) -> AlignedStudy:
    volume = Volume(voxels, np.diag([*spacing, 1.0]))
    return phantoms.aligned(Series("only", role, 1.0, "caller", "volumetric", volume))


@pytest.mark.parametrize(
    ("role", "grid", "least"),
    [
        ("T2w", FINE, 0.93), ("T2w", SAGITTAL, 0.87), ("T2w", AXIAL, 0.93), ("T2w_fs", SAGITTAL, 0.87), ("T2starw", AXIAL, 0.90),
        ("T1w", FINE, 0.90), ("T1w", AXIAL, 0.90), ("T1w_ce", SAGITTAL, 0.80),
    ],
)  # fmt: skip
def test_cord_is_drawn_in_every_contrast_and_plane(role: Role, grid: Grid, least: float) -> None:
    study = phantoms.aligned(phantoms.series(HEALTHY, role, grid, key="only", noise=0.05, seed=3))
    made = segment(study)
    assert agreement(made, phantoms.truth(HEALTHY, study), "only", 1) > least


def test_sac_is_drawn_around_the_cord() -> None:
    study = phantoms.aligned(phantoms.series(HEALTHY, "T2w", FINE, key="only"))
    made = segment(study)
    assert agreement(made, phantoms.truth(HEALTHY, study), "only", 2) > 0.88
    assert any("outer boundary of CSF" in note for note in made.anatomy["only"].notes)


def test_t1_says_that_its_sac_is_the_whole_canal() -> None:
    made = segment(phantoms.aligned(phantoms.series(HEALTHY, "T1w", FINE, key="only")))
    assert any("whole canal" in note for note in made.anatomy["only"].notes)


def test_a_left_sided_cord_is_drawn_on_the_left() -> None:
    spine = phantoms.Spine(bend_mm=0.0)
    moved = phantoms.motion((-9.0, 0.0, 0.0))
    study = phantoms.aligned(phantoms.series(spine, "T2w", FINE, key="only", moved=moved))
    drawn = segment(study).anatomy["only"].volume
    centre = (np.argwhere(drawn.voxels == 1) @ drawn.affine[:3, :3].T + drawn.affine[:3, 3]).mean(axis=0)
    assert centre[0] == pytest.approx(9.0, abs=1.0)


@pytest.mark.parametrize(("order", "flips"), [((2, 0, 1), (True, False, True)), ((1, 2, 0), (False, True, True))])
def test_turning_the_array_leaves_the_drawing_where_it_was(
    order: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> None:
    study = phantoms.aligned(phantoms.series(HEALTHY, "T2w", SAGITTAL, key="only"))
    turned = phantoms.turned(study, order, flips)
    first, second = segment(study).anatomy["only"].volume, segment(turned).anatomy["only"].volume
    back = phantoms.turn(first, order, flips)
    assert np.array_equal(back.voxels, second.voxels)


def test_no_cord_is_drawn_in_the_cauda_equina() -> None:
    spine = phantoms.Spine(cord_ends_at=5.0)
    study = phantoms.aligned(phantoms.series(spine, "T2w", FINE, key="only"))
    made, true = segment(study), phantoms.truth(spine, study)
    below = (phantoms.points_of(FINE)[..., 2] < -5) & (true.anatomy["only"].volume.voxels == 2)
    assert not (made.anatomy["only"].volume.voxels[below] == 1).any()
    assert (made.anatomy["only"].volume.voxels[below] == 2).mean() > 0.8


def test_a_field_without_cord_gets_a_sac_and_the_reason() -> None:
    spine = phantoms.Spine(cord_ends_at=1e9)
    made = segment(phantoms.aligned(phantoms.series(spine, "T2w", FINE, key="only")))
    labels = made.anatomy["only"].volume.voxels
    assert (labels == 2).any()
    assert not (labels == 1).any()
    assert any(gap.code == "cord" and "conus" in gap.reason for gap in made.not_told)


@pytest.mark.parametrize("shape", [(3, 3, 3), (1, 64, 64), (64, 64, 1), (40, 40, 3), (37, 53, 29)])
@pytest.mark.parametrize("kind", ["constant", "noise"])
def test_images_without_a_spine_yield_not_told(shape: tuple[int, int, int], kind: str) -> None:
    random = np.random.default_rng(4)
    voxels = np.full(shape, 7.0) if kind == "constant" else 100 + 30 * random.standard_normal(shape)
    made = segment(alone(voxels.astype(np.float32), "T2w"))
    assert not made.anatomy
    assert not made.lesions
    assert {gap.code for gap in made.not_told} >= {"cord", "lesion"}


def test_roles_that_show_no_outline_are_left_alone() -> None:
    made = segment(alone(np.zeros((37, 53, 29), dtype=np.float32), "ct"))
    assert not made.anatomy
    assert any(gap.code == "lesion" for gap in made.not_told)


def test_a_study_without_images_is_not_told() -> None:
    made = segment(AlignedStudy(Study(()), None))
    assert made.composed_anatomy is None
    assert not made.lesions


def test_series_compose_into_the_reference() -> None:
    study = phantoms.aligned(
        phantoms.series(HEALTHY, "T2w", SAGITTAL, key="sagittal"),
        phantoms.series(HEALTHY, "T2w", AXIAL, key="axial", seed=1),
    )
    made, true = segment(study), phantoms.truth(HEALTHY, study)
    assert made.composed_anatomy is not None
    assert true.composed_anatomy is not None
    assert made.composed_anatomy.volume.grid.same_as(SAGITTAL)
    assert overlap(made.composed_anatomy.volume.voxels == 1, true.composed_anatomy.volume.voxels == 1) > 0.9


def test_probability_is_a_share_and_follows_the_labels() -> None:
    study = phantoms.aligned(phantoms.series(HEALTHY, "T2w", AXIAL, key="only"))
    made = segment(study)
    cord = made.probability["only"]["cord"].voxels
    assert cord.min() >= 0
    assert cord.max() <= 1 + 1e-6
    assert np.array_equal(cord > 0.5, made.anatomy["only"].volume.voxels == 1)


def test_what_was_given_stands() -> None:
    study = phantoms.aligned(phantoms.series(HEALTHY, "T2w", SAGITTAL, key="only"))
    given = phantoms.truth(HEALTHY, study)
    from thecal.segmentation.classic import segment as fill

    made = fill(study, given)
    assert made.anatomy["only"] is given.anatomy["only"]
    assert made.composed_lesion is given.composed_lesion
    assert "cord" in made.probability["only"]
