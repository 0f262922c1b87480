"""Phantoms: the image shows what the truth says, left is left, and the seed decides everything."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from thecal import knowledge
from thecal.records import CallWrong, Grid, Rate, Rates
from thecal.records.geometry import plane_of, voxel_to_mm
from thecal.simulation import PROTOCOLS, Phantom, entity_codes, scanner, simulate
from thecal.simulation.artefacts import NONE
from thecal.simulation.canvas import CLEAR, new_sheet
from thecal.simulation.signs import COMPARTMENTS, PERSON, draw_case
from thecal.simulation.spine import draw_spine


@cache
def tiny(entity: str, seed: int = 3, protocol: str = "tiny", **signs: str | float) -> Phantom:
    return simulate(entity, seed, protocol=protocol, signs=signs, artefacts=NONE)


def _values(phantom: Phantom, key: str) -> NDArray[np.float64]:
    volume = phantom.study.find(key).volume
    assert volume is not None
    return volume.voxels.astype(np.float64)


def _truth(phantom: Phantom, key: str) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    anatomy, lesion = phantom.by_series[key]
    return anatomy.volume.voxels, lesion.volume.voxels


@pytest.mark.parametrize("entity", entity_codes())
def test_every_entity_can_be_drawn_and_its_truth_agrees_with_its_maps(entity: str) -> None:
    phantom = tiny(entity)
    codes = set(
        np.unique(np.concatenate([_truth(phantom, series.key)[1].ravel() for series in phantom.study.series]))
    ) - {0}
    told = phantom.findings
    if entity == "healthy":
        assert codes == set()
        assert set(told.values()) == {"absent", "none"}
        return
    assert told["compartment"] in COMPARTMENTS
    inside = {1, 2, 3, 4, 5, 7, 11, 12}
    allowed = {"intramedullary": inside, "intradural_extramedullary": {1, 2, 4, 5, 6, 7, 9, 10, 12}, "extradural": {10}}
    assert codes <= allowed[str(told["compartment"])]
    if told.get("enhancement") == "absent":
        assert 1 not in codes
    for code, finding in ((12, "syrinx"), (11, "polar_cyst")):
        if code in codes and told["compartment"] == "intramedullary":
            assert told[finding] == "present"
    if "cap_sign" in told and told["cap_sign"] == "present":
        assert told["haemorrhage"] == "present"
    assert ("enhancement_pattern" in told) <= (told.get("enhancement") != "absent")


def test_the_same_seed_gives_the_same_voxels_and_another_seed_another_patient() -> None:
    first, again, other = (simulate("meningioma", seed, protocol="tiny") for seed in (5, 5, 6))
    for one, two in zip(first.study.series, again.study.series, strict=True):
        assert one.volume is not None
        assert two.volume is not None
        assert one.volume.digest == two.volume.digest
    assert first.findings == again.findings
    assert first.lesion.volume.digest == again.lesion.volume.digest
    assert other.study.series[0].volume is not None
    assert first.study.series[0].volume is not None
    assert other.study.series[0].volume.digest != first.study.series[0].volume.digest
    assert other.study.study_instance_uid != first.study.study_instance_uid


def test_csf_outshines_cord_on_t2_and_cord_outshines_csf_on_t1() -> None:
    phantom = simulate("healthy", 4, protocol="tiny", region="cervical", artefacts=NONE)
    anatomy, _ = _truth(phantom, "acq-ax_T2w")
    t2, t1 = _values(phantom, "acq-ax_T2w"), _values(phantom, "acq-ax_ce-gadolinium_T1w")
    assert t2[anatomy == 2].mean() > 1.5 * t2[anatomy == 1].mean()
    assert t1[anatomy == 1].mean() > 1.3 * t1[anatomy == 2].mean()


def test_an_enhancing_tumour_brightens_after_contrast_and_nothing_in_the_cord_beside_it() -> None:
    phantom = tiny(
        "intramedullary_lymphoma", 2, enhancement="marked", enhancement_pattern="homogeneous", length_segments=3.0
    )
    anatomy, lesion = _truth(phantom, "acq-sag_T1w")
    ratio = {}
    for key in ("acq-sag_T1w", "acq-sag_ce-gadolinium_T1w"):
        image = _values(phantom, key)
        cord = image[(anatomy == 1) & (lesion == 0)].mean()
        ratio[key] = image[lesion == 1].mean() / cord
    # At 2.6 mm the cord's edge is darkened by CSF.
    assert ratio["acq-sag_T1w"] < 1.25
    assert ratio["acq-sag_ce-gadolinium_T1w"] > 1.3 * ratio["acq-sag_T1w"]


def test_a_tumour_that_does_not_enhance_looks_the_same_before_and_after() -> None:
    phantom = tiny("diffuse_astrocytoma", 2, enhancement="absent")
    anatomy, lesion = _truth(phantom, "acq-sag_T1w")
    before, after = (_values(phantom, key) for key in ("acq-sag_T1w", "acq-sag_ce-gadolinium_T1w"))
    cord = (anatomy == 1) & (lesion == 0)
    assert after[lesion == 2].mean() / after[cord].mean() == pytest.approx(
        before[lesion == 2].mean() / before[cord].mean(), rel=0.08
    )
    assert "enhancement_pattern" not in phantom.findings


def test_stir_darkens_fat_that_t1_shows_bright() -> None:
    phantom = tiny("lipoma", 3)
    _, lesion = _truth(phantom, "acq-sag_T1w")
    anatomy, _ = _truth(phantom, "acq-sag_T1w")
    t1, stir = _values(phantom, "acq-sag_T1w"), _values(phantom, "acq-sagstir_T2w")
    cord = anatomy == 1
    assert t1[lesion == 2].mean() > 1.4 * t1[cord].mean()
    assert stir[lesion == 2].mean() < 0.8 * stir[cord].mean()


def test_the_front_is_in_front_and_the_head_on_top() -> None:
    anatomy = simulate("healthy", 8, protocol="tiny", region="lumbar").anatomy.volume
    sac = voxel_to_mm(anatomy, np.argwhere(anatomy.voxels == 2)).mean(0)
    discs = voxel_to_mm(anatomy, np.argwhere((anatomy.voxels >= 63) & (anatomy.voxels <= 100))).mean(0)
    assert discs[1] > sac[1] + 10
    upper, lower = (voxel_to_mm(anatomy, np.argwhere(anatomy.voxels == code)).mean(0) for code in (42, 44))
    assert upper[2] > lower[2] + 40


@pytest.mark.parametrize("affine", [np.array([[0, 0, 3.0, -20], [-2.0, 0, 0, 40], [0, 2.0, 0, -40], [0, 0, 0, 1]]),
                                    np.array([[-2.0, 0, 0, 40], [0, 2.0, 0, -40], [0, 0, 4.0, -15], [0, 0, 0, 1]])])  # fmt: skip
def test_what_is_painted_on_the_right_lies_on_the_right(affine: NDArray[np.float64]) -> None:
    spine = draw_spine(np.random.default_rng(2), age=40, female=False, step_mm=1.0)
    centre = spine.level("T6").middle
    span = (centre - 80, centre + 80)
    body = new_sheet((-40, 40), (-60, 60), span, (1.0, 1.0, 1.0), 0)
    canal = new_sheet((-5, 5), (-5, 5), span, (1.0, 1.0, 1.0), CLEAR)
    marked = body.crop(u=(12, 22), v=(20, 30), s=(centre + 4, centre + 14))
    marked.put(np.ones(marked.tissue.shape, bool), 7)
    slab = scanner.cut(
        Grid((41, 42, 14), affine), scanner.bend_of(spine, centre, np.eye(4), 200.0), body, canal, 3, 0.9
    )
    place = voxel_to_mm(slab.grid, np.argwhere(slab.tissue[0] == 7)).mean(0)
    assert place[0] == pytest.approx(17, abs=2.5)
    assert place[1] == pytest.approx(25, abs=3.5)
    assert place[2] == pytest.approx(9, abs=3.5)


def test_every_series_lies_in_its_plane_and_one_space() -> None:
    phantom = tiny("ependymoma", 7)
    for series in phantom.study.series:
        assert series.volume is not None
        assert plane_of(series.volume.grid, series.slice_axis) == series.plane
    centres = []
    for series in phantom.study.series:
        lesion = phantom.by_series[series.key][1].volume
        centres.append(voxel_to_mm(lesion, np.argwhere(lesion.voxels == 1)).mean(0))
    spread = np.ptp(centres, axis=0)
    assert spread[0] < 4
    assert spread[1] < 4


def test_numbers_are_measured_on_the_truth() -> None:
    short, long = (tiny("ependymoma", 9, length_segments=length, level="cervical") for length in (1.2, 4.0))
    assert short.findings["length_segments"] == pytest.approx(1.2, abs=0.35)
    assert long.findings["length_segments"] == pytest.approx(4.0, abs=0.5)
    capped = tiny("ependymoma", 9, length_segments=3.0, level="cervical", cap_sign="present")
    assert capped.findings["length_segments"] == pytest.approx(3.0, abs=0.5)
    assert float(long.findings["t2_length_segments"]) >= float(long.findings["length_segments"])
    wide, slim = (tiny("ependymoma", 9, cord_expansion=state) for state in ("present", "absent"))
    assert (wide.findings["cord_expansion"], slim.findings["cord_expansion"]) == ("present", "absent")


def test_without_contrast_nothing_is_told_of_enhancement_and_tumour_is_not_assessed() -> None:
    phantom = simulate("high_grade_astrocytoma", 1, protocol="t2_only")
    assert {"enhancement", "leptomeningeal_pattern", "t1_signal"} <= set(phantom.truth.not_shown)
    assert phantom.findings["enhancement"] != "absent"
    codes = set(np.unique(phantom.lesion.volume.voxels))
    assert 8 in codes
    assert not {1, 2} & codes


def test_fixed_signs_are_shown_and_impossible_ones_refused() -> None:
    phantom = tiny("ependymoma", 1, cap_sign="present", level="cervical", age_years=41.0, sex="female")
    assert phantom.findings["cap_sign"] == "present"
    assert phantom.findings["haemorrhage"] == "present"
    assert phantom.findings["level"] == "cervical"
    assert phantom.context == {"age_years": 41, "sex": "female", "onset": "chronic"}
    for entity, signs, why in (
        ("meningioma", {"cap_sign": "present", "haemorrhage": "absent"}, "cannot be where haemorrhage is absent"),
        ("ependymoma", {"enhancement": "absent", "enhancement_pattern": "ring"}, "told only where enhancement is"),
        ("meningioma", {"cord_expansion": "present"}, "outside the cord displaces it"),
        ("healthy", {"syrinx": "present"}, "healthy spine"),
    ):
        with pytest.raises(CallWrong, match=why):
            simulate(entity, 1, protocol="tiny", signs=signs)
    with pytest.raises(CallWrong, match="ependymoma"):
        simulate("ependimoma", 1)
    with pytest.raises(CallWrong, match="protocol"):
        simulate("ependymoma", 1, protocol="none")


def test_rates_decide_how_often_a_sign_is_drawn() -> None:
    rates = Rates((Rate("ependymoma", "polar_cyst", {"present": 1.0, "absent": 0.0}, 10, 1.0),), ())
    cases = [draw_case("ependymoma", np.random.default_rng(seed), None, rates) for seed in range(20)]
    assert all(case.signs["polar_cyst"] == "present" for case in cases)


def test_no_case_contradicts_itself() -> None:
    for entity in entity_codes():
        for seed in range(30):
            case = draw_case(entity, np.random.default_rng(seed))
            assert not (case.is_("cap_sign") and not case.is_("haemorrhage"))
            assert not (case.is_("enhancement", "absent") and "enhancement_pattern" in case.signs)
            assert case.archetype == "none" or case.archetype in COMPARTMENTS[case.signs["compartment"]]


@pytest.mark.parametrize(
    "entity", ["healthy", "ependymoma", "meningioma", "leptomeningeal_metastases_cns", "synovial_cyst"]
)
def test_every_imaging_finding_of_the_vocabulary_has_a_state_or_a_reason(entity: str) -> None:
    person = {*PERSON, "age_years", "sex", "setting", "time_to_nadir_hours", "proven_diagnosis", "mri_contraindicated",
              "days_since_lumbar_puncture"}  # fmt: skip
    truth = tiny(entity).truth
    assert set(truth.findings) | set(truth.not_drawable) == set(knowledge.load().vocabulary.findings) - person
    assert not set(truth.findings) & set(truth.not_drawable)


def test_a_localizer_alone_tells_nothing_of_a_lesion() -> None:
    phantom = simulate("ependymoma", 1, protocol="localizer_only")
    assert set(phantom.truth.not_shown) == set(phantom.findings)
    assert {series.role for series in phantom.study.series} == {"localizer"}
    assert "standard" in PROTOCOLS


def test_stations_overlap_and_cover_neck_to_sacrum() -> None:
    phantom = simulate("healthy", 2, protocol="whole")
    upper, lower = (set(np.unique(phantom.by_series[f"chunk-{n}_acq-sag_T2w"][0].volume.voxels)) for n in (1, 2))
    assert {12, 17, 25} <= upper
    assert {41, 45, 50} <= lower
    assert {code for code in upper & lower if 21 <= code <= 45}
    grids = [phantom.study.find(f"chunk-{n}_acq-sag_T2w").volume for n in (1, 2)]
    tops = [
        voxel_to_mm(grid, np.argwhere(np.ones(grid.shape, bool))[[0, -1]])[:, 2] for grid in grids if grid is not None
    ]
    assert tops[0].min() < tops[1].max() - 20
    assert tops[0].max() > tops[1].max() + 100
