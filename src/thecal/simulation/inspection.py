"""What the painted sheets show, sign by sign, measured without looking at what was drawn.

Each inspector takes a Look and returns a state, or None where the sheets cannot tell. Cuts are judged; they lie between what the
painters aim at, and are looked at in benchmarks/simulated_signs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from thecal.simulation import look_around as around
from thecal.simulation import look_within as within
from thecal.simulation.look import FEW, Look
from thecal.simulation.scene import BLOOD, POLAR_CYST, SYRINX, TUMOUR_CYST, Focus, Scene


def _code(code: int) -> Callable[[Look], str | None]:
    def present(look: Look) -> str | None:
        held = any(int((sheet.lesion == code).sum()) > FEW for sheet in look.scene.sheets)
        return "present" if held else "absent"

    return present


INSPECTORS: Mapping[str, Callable[[Look], str | None]] = {
    "compartment": around.compartment,
    "second_compartment": around.second_compartment,
    "lesion_count": around.lesion_count,
    "axial_position": around.axial_position,
    "axial_territory": around.axial_territory,
    "canal_position": around.canal_position,
    "leptomeningeal_pattern": around.leptomeningeal_pattern,
    "nerve_root_thickening": around.nerve_root_thickening,
    "nerve_root_clumping": around.nerve_root_clumping,
    "nerve_root_enhancement": around.nerve_root_enhancement,
    "cord_compression": around.cord_compression,
    "cleavage_plane": within.cleavage_plane,
    "dysraphism": around.dysraphism,
    "cord_expansion": around.cord_expansion,
    "margins": within.margins,
    "dural_base": around.dural_base,
    "foraminal_extension": around.foraminal_extension,
    "bone_remodelling": around.bone_remodelling,
    "bone_destruction": around.bone_destruction,
    "exophytic": within.exophytic,
    "t1_signal": within.t1_signal,
    "t2_signal": within.t2_signal,
    "fat_signal": within.fat_signal,
    "flow_voids": within.flow_voids,
    "flow_void_site": within.flow_void_site,
    "siderosis_or_subarachnoid_blood": around.siderosis_or_subarachnoid_blood,
    "haemorrhage": _code(BLOOD),
    "cap_sign": within.cap_sign,
    "haemosiderin_ring": within.haemosiderin_ring,
    "tumoral_cyst": _code(TUMOUR_CYST),
    "polar_cyst": _code(POLAR_CYST),
    "syrinx": _code(SYRINX),
    "oedema": within.oedema,
    "calcification": within.calcification,
    "restricted_diffusion": within.restricted_diffusion,
    "enhancement": within.enhancement,
    "enhancement_pattern": within.enhancement_pattern,
    "rim_flame_sign": within.rim_flame_sign,
    "target_sign": within.target_sign,
    "pachymeningeal_enhancement": around.pachymeningeal_enhancement,
    "vertebral_lesion": around.vertebral_lesion,
}


def inspect(scene: Scene, foci: list[Focus]) -> dict[str, str]:
    """Every sign that the painted sheets tell, by code."""
    look = Look(scene, foci)
    told = {code: inspector(look) for code, inspector in INSPECTORS.items()}
    return {code: state for code, state in told.items() if state is not None}
