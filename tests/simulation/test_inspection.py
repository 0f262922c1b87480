"""What is painted is what was drawn, measured on the sheets without looking at the draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from thecal.simulation import patient
from thecal.simulation.inspection import inspect
from thecal.simulation.protocols import PROTOCOLS
from thecal.simulation.scene import Focus, Scene
from thecal.simulation.signs import draw_case
from thecal.simulation.spine import draw_spine
from thecal.simulation.substance import T1, T2, cord_signal

PLAN = replace(PROTOCOLS["tiny"], cell_mm=2.4, canal_mm=0.55,
               series=tuple(replace(series, matrix=64) for series in PROTOCOLS["tiny"].series))  # fmt: skip
COMMON: dict[str, str | float] = {"level": "thoracic", "age_years": 45.0, "length_segments": 1.6}


def painted(entity: str, generator: str = "first", **signs: str) -> tuple[Scene, list[Focus], dict[str, str]]:
    fixed: dict[str, str | float] = {**COMMON, **signs}
    rng = np.random.default_rng([5, *entity.encode()])
    case = draw_case(entity, rng, fixed)
    spine = draw_spine(rng, age=case.age, female=case.female, step_mm=0.5, operated=False)
    foci = patient.place_foci(case, spine, PLAN, rng)
    centre = patient.centre_of(patient.region_of(case, foci, spine), foci, spine)
    scene, foci = patient.paint(case, spine, foci, rng, PLAN, centre, 3.0, generator)
    return scene, foci, inspect(scene, foci)


@pytest.mark.parametrize("generator", ["first", "second"])
@pytest.mark.parametrize(
    ("entity", "signs"),
    [
        ("ependymoma", {"t1_signal": "isointense", "t2_signal": "hypointense", "cap_sign": "present",
                        "cord_expansion": "present"}),
        ("ependymoma", {"enhancement": "mild", "enhancement_pattern": "ring", "haemorrhage": "absent",
                        "cleavage_plane": "visible"}),
        ("ependymoma", {"t1_signal": "hyperintense", "margins": "ill_defined", "restricted_diffusion": "present",
                        "calcification": "present", "oedema": "extensive"}),
        ("schwannoma", {"t2_signal": "hyperintense", "tumoral_cyst": "present", "cord_compression": "deformed",
                        "canal_position": "lateral", "foraminal_extension": "absent"}),
        ("schwannoma", {"cord_compression": "absent", "flow_voids": "present", "flow_void_site": "both",
                        "pachymeningeal_enhancement": "present", "enhancement": "marked"}),
        ("multiple_sclerosis", {"axial_territory": "dorsal_columns", "t1_signal": "hypointense", "t2_signal": "hyperintense",
                                "lesion_count": "single", "siderosis_or_subarachnoid_blood": "present"}),
        ("epidural_abscess", {"restricted_diffusion": "present", "canal_position": "dorsal", "vertebral_lesion": "present"}),
    ],
)  # fmt: skip
def test_every_fixed_sign_is_found_again_on_the_sheets(entity: str, signs: dict[str, str], generator: str) -> None:
    _, _, seen = painted(entity, generator, **signs)
    assert {code: seen.get(code) for code in signs} == signs


def test_isointense_is_within_a_tenth_of_cord_at_both_fields() -> None:
    scene, _, _ = painted("meningioma", t1_signal="isointense", t2_signal="isointense")
    palette = scene.palette
    for sequence in (T1, T2):
        ratio = float(palette.signals(sequence)[palette["lesion_plain"]]) / cord_signal(palette, sequence)
        assert ratio == pytest.approx(1.0, abs=0.1)


def test_a_healthy_spine_shows_no_lesion_and_none_of_its_signs() -> None:
    rng = np.random.default_rng(3)
    case = draw_case("healthy", rng)
    spine = draw_spine(rng, age=40.0, female=True, step_mm=0.5, operated=False)
    scene, foci = patient.paint(case, spine, [], rng, PLAN, spine.level("T6").middle, 3.0)
    assert foci == []
    assert not any(sheet.lesion.any() for sheet in scene.sheets)


def test_generators_draw_other_shapes_of_one_case() -> None:
    masks = [
        painted("meningioma", generator, t2_signal="isointense")[0].canal.lesion > 0
        for generator in ("first", "second")
    ]
    assert masks[0].any()
    assert masks[1].any()
    assert masks[0].shape == masks[1].shape
    both = float((masks[0] & masks[1]).sum()) / float((masks[0] | masks[1]).sum())
    assert 0.2 < both < 0.97
