"""Lesions of known place, kind and size, and spines that have none, seen without learning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import phantoms
import pytest
from segmentation.spines import AXIAL, FINE, GREY, HEALTHY, NODULE, SAGITTAL, TUMOUR, WITH_GREY, overlap

from thecal.records import PATIENT, AlignedStudy, Grid, Role, Segmentation
from thecal.segmentation.classic import segment
from thecal.segmentation.lesions import LESION_THRESHOLD

CLINICAL: tuple[tuple[Role, Grid], ...] = (
    ("T2w", SAGITTAL), ("T2w_fs", SAGITTAL), ("T1w", SAGITTAL), ("T1w_ce", SAGITTAL), ("T1w_ce", AXIAL),
)  # fmt: skip


def study_of(spine: phantoms.Spine, *kinds: tuple[Role, Grid], noise: float = 0.05, seed: int = 0) -> AlignedStudy:
    return phantoms.aligned(*(
        phantoms.series(spine, role, grid, key=f"{number}-{role}", noise=noise, seed=seed + number)
        for number, (role, grid) in enumerate(kinds)
    ))  # fmt: skip


def drawn(made: Segmentation) -> set[int]:
    assert made.composed_lesion is not None
    return {int(code) for code in np.unique(made.composed_lesion.volume.voxels)} - {0}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [0.03, 0.12])
def test_a_healthy_spine_with_grey_matter_has_no_lesion(seed: int, noise: float) -> None:
    made = segment(study_of(WITH_GREY, *CLINICAL, noise=noise, seed=10 * seed))
    assert made.lesions == ()
    assert drawn(made) == set()
    assert made.lesion_threshold == LESION_THRESHOLD


@pytest.mark.parametrize("grid", [FINE, SAGITTAL, AXIAL])
def test_grey_matter_on_a_single_t2w_is_no_lesion(grid: Grid) -> None:
    assert segment(study_of(WITH_GREY, ("T2w", grid), noise=0.08, seed=5)).lesions == ()


def test_an_enhancing_cord_tumour_is_found_where_it_lies() -> None:
    spine = replace(HEALTHY, blobs=(GREY, TUMOUR))
    study = study_of(spine, *CLINICAL)
    made, true = segment(study), phantoms.truth(spine, study)
    assert len(made.lesions) == 1
    lesion = made.lesions[0]
    assert 1 in lesion.tissues
    assert lesion.confidence > LESION_THRESHOLD
    assert max(lesion.compartment, key=lambda name: lesion.compartment[name]) == "intramedullary"
    assert sum(lesion.compartment.values()) == pytest.approx(1)
    assert abs(lesion.where.z - 5) < 5
    assert made.composed_lesion is not None
    assert true.composed_lesion is not None
    truth = np.isin(true.composed_lesion.volume.voxels, (1,))
    assert overlap(made.composed_lesion.volume.voxels == 1, truth) > 0.6


def test_an_enhancing_nodule_in_the_sac_is_extramedullary() -> None:
    made = segment(study_of(replace(HEALTHY, blobs=(NODULE,)), *CLINICAL))
    assert [lesion.tissues[0] for lesion in made.lesions] == [1]
    shares = made.lesions[0].compartment
    assert shares["intradural_extramedullary"] > shares["intramedullary"] > 0


def test_two_lesions_are_numbered_from_the_head_down() -> None:
    made = segment(study_of(replace(HEALTHY, blobs=(TUMOUR, replace(NODULE, centre=(7, -4, -32)))), *CLINICAL))
    assert [lesion.instance for lesion in made.lesions] == [1, 2]
    assert made.lesions[0].where.z > made.lesions[1].where.z
    assert len({lesion.tracking_uid for lesion in made.lesions}) == 2
    assert made.composed_instances is not None
    assert set(np.unique(made.composed_instances.volume.voxels)) == {0, 1, 2}


def test_the_same_images_give_the_same_tracking_uid() -> None:
    study = study_of(replace(HEALTHY, blobs=(TUMOUR,)), ("T2w", SAGITTAL))
    first, second = segment(study), segment(study)
    assert [one.tracking_uid for one in first.lesions] == [one.tracking_uid for one in second.lesions]
    assert first.lesions[0].tracking_uid.startswith("2.25.")


def test_enhancement_is_not_assessed_without_an_image_before_contrast() -> None:
    spine = replace(HEALTHY, blobs=(TUMOUR,))
    for kinds in (
        (("T2w", SAGITTAL),),
        (("T2w", SAGITTAL), ("T1w", SAGITTAL)),
        (("T2w", SAGITTAL), ("T1w_ce", SAGITTAL)),
    ):
        made = segment(study_of(spine, *kinds))
        gaps = {gap.code: gap for gap in made.not_told}
        assert gaps["enhancement"].subject == PATIENT
        assert 1 not in drawn(made)
        assert made.composed_lesion is not None
        assert any("enhancement not assessed" in note for note in made.composed_lesion.notes)


def test_a_bright_swollen_cord_without_contrast_is_tumour_of_unknown_enhancement() -> None:
    spine = replace(HEALTHY, blobs=(replace(TUMOUR, radii=(7, 5, 11)),), swell=(5, 9, 1.9))
    made = segment(study_of(spine, ("T2w", FINE)))
    assert len(made.lesions) == 1
    assert 8 in made.lesions[0].tissues


def test_a_bright_spot_in_a_slender_cord_is_a_cord_change() -> None:
    spot = phantoms.Blob(7, (1.5, -1, 8), (3.0, 2.4, 6), {"T2w": 2.2}, within="cord")
    made = segment(study_of(replace(HEALTHY, blobs=(spot,)), ("T2w", FINE)))
    assert [lesion.tissues for lesion in made.lesions] == [(7,)]


def test_fluid_in_the_cord_beyond_any_tumour_is_a_syrinx() -> None:
    fluid = phantoms.Blob(12, (0, 0, 0), (3.4, 2.6, 18), {"T2w": 3.1}, within="cord")
    made = segment(study_of(replace(HEALTHY, blobs=(fluid,)), ("T2w", FINE)))
    assert len(made.lesions) == 1
    assert 12 in made.lesions[0].tissues


def test_change_around_an_enhancing_tumour_is_oedema() -> None:
    oedema = phantoms.Blob(3, (0, 0, 5), (5.5, 3.9, 22), {"T2w": 1.8, "T2w_fs": 1.8}, within="cord")
    made = segment(study_of(replace(HEALTHY, blobs=(oedema, TUMOUR)), ("T2w", FINE), ("T1w", FINE), ("T1w_ce", FINE)))
    assert len(made.lesions) == 1
    assert {1, 3} <= set(made.lesions[0].tissues)


def test_a_filling_defect_on_t2_alone_is_tumour_of_unknown_enhancement() -> None:
    mass = replace(NODULE, centre=(6.5, -4.0, -5), radii=(4.5, 4.0, 9))
    made = segment(study_of(replace(HEALTHY, blobs=(mass,)), ("T2w", FINE)))
    assert [lesion.tissues for lesion in made.lesions] == [(8,)]
    assert made.lesions[0].compartment["intradural_extramedullary"] > 0.5


def test_every_series_carries_the_lesion_on_its_own_grid() -> None:
    study = study_of(replace(HEALTHY, blobs=(TUMOUR,)), *CLINICAL)
    made = segment(study)
    for series in study.study.images():
        assert series.volume is not None
        assert made.lesion[series.key].volume.grid.same_as(series.volume.grid)
        assert (made.lesion[series.key].volume.voxels > 0).any()
        assert made.probability[series.key]["lesion"].voxels.max() > LESION_THRESHOLD


def test_a_tumour_and_its_syrinx_are_one_lesion_and_a_syrinx_alone_is_its_own() -> None:
    syrinx = phantoms.Blob(
        12, (0, 0, -22), (2.6, 2.2, 7), {"T2w": 3.6, "T2w_fs": 3.6, "T1w": 0.45, "T1w_ce": 0.45}, within="cord"
    )
    spine = replace(HEALTHY, blobs=(GREY, TUMOUR, syrinx))
    made = segment(study_of(spine, *CLINICAL))
    assert len(made.lesions) == 1
    assert {1, 12} <= set(made.lesions[0].tissues)
    alone = segment(study_of(replace(HEALTHY, blobs=(GREY, syrinx)), *CLINICAL))
    assert [12 in one.tissues for one in alone.lesions] == [True]
