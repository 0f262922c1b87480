"""What is true of a phantom, in the words of the vocabulary: the signs rendered, numbers measured on what was painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from thecal.simulation.chances import EXISTS
from thecal.simulation.inspection import INSPECTORS
from thecal.simulation.limits import ELSEWHERE
from thecal.simulation.look import CORE, Look, span
from thecal.simulation.protocols import Protocol
from thecal.simulation.scene import BLOOD, OEDEMA, SYRINX, Focus, Scene
from thecal.simulation.signs import IMAGING, PERSON, Case
from thecal.simulation.spine import DISC_NAMES, VERTEBRA_CODES

LESION_NAMES: Mapping[int, str] = {
    1: "enhancing tumour", 2: "solid tumour without enhancement", 3: "oedema", 4: "tumoral cyst",
    5: "haemorrhage or haemosiderin", 6: "leptomeningeal enhancement", 7: "cord T2 change that is itself the lesion",
    8: "tumour, enhancement not assessed", 9: "extramedullary cyst", 10: "extradural or bone lesion", 11: "polar cyst",
    12: "syrinx",
}  # fmt: skip
# Findings that a study without a lesion can have or lack; the rest is told of a lesion.
HEALTHY: Mapping[str, str] = {
    "leptomeningeal_pattern": "none",
    "nerve_root_thickening": "absent",
    "nerve_root_clumping": "absent",
    "nerve_root_enhancement": "absent",
    "cord_compression": "absent",
    "cord_expansion": "absent",
    "dysraphism": "absent",
    "bone_destruction": "absent",
    "bone_remodelling": "absent",
    "flow_voids": "absent",
    "siderosis_or_subarachnoid_blood": "absent",
    "haemorrhage": "absent",
    "syrinx": "absent",
    "calcification": "absent",
    "pachymeningeal_enhancement": "absent",
    "vertebral_lesion": "absent",
}
# What the painted sheets decide, whatever was drawn.
MEASURED = ("cord_expansion", "oedema", "tumoral_cyst", "polar_cyst", "syrinx", "cord_compression")
WITH_CONTRAST = ("enhancement", "enhancement_pattern", "leptomeningeal_pattern", "leptomeningeal_site", "nerve_root_enhancement",
                 "rim_flame_sign", "pachymeningeal_enhancement")  # fmt: skip
# Findings whose image must be in the study to show them: any of these roles.
NEEDED: Mapping[str, tuple[tuple[str, ...], str]] = {
    **dict.fromkeys(WITH_CONTRAST, (("T1w_ce",), "no T1w after contrast")),
    "t1_signal": (("T1w",), "no T1w before contrast"), "fat_signal": (("T1w", "ct"), "neither T1w nor CT"),
    "restricted_diffusion": (("ADC", "dwi"), "no diffusion series"), "calcification": (("ct", "ct_myelogram"), "no CT"),
    "choline_raised": (("mrs",), "no spectrum"),
    **dict.fromkeys(("t2_signal", "oedema"), (("T2w", "T2w_fs"), "no T2w")),
    **dict.fromkeys(("haemorrhage", "cap_sign", "haemosiderin_ring", "siderosis_or_subarachnoid_blood"),
                    (("T2starw", "T2w"), "neither T2*w nor T2w")),
}  # fmt: skip
ROOTS = ("nerve_root_thickening", "nerve_root_clumping", "nerve_root_enhancement")
UNTOLD = {
    **dict.fromkeys(ELSEWHERE, "the head lies outside the field of view"),
    "length_segments": "a coating has no length of its own", "t2_length_segments": "it is told of changes within the cord",
    "cord_compression": "nothing presses on the cord from outside, or there is none beside the lesion",
}  # fmt: skip
LEPTOMENINGEAL = ("leptomeningeal_pattern", "leptomeningeal_site")
NO_LESION = "there is no lesion to tell it of"


@cache
def anatomy_names() -> Mapping[int, str]:
    """What each code of the anatomy map means."""
    names = {1: "spinal cord", 2: "thecal sac less the cord", 3: "epidural space"}
    names |= {code: f"vertebra {name}" for name, code in VERTEBRA_CODES.items() if code != 50}
    return names | {50: "sacrum"} | DISC_NAMES


@dataclass(frozen=True)
class Truth:
    """What is true of a phantom: findings as painted, why others cannot be shown, and what this study's series do not show.

    drawn holds every state as it was drawn, those of the person and of the head included.
    """

    findings: Mapping[str, str | float]
    not_drawable: Mapping[str, str]
    not_shown: Mapping[str, str]
    drawn: Mapping[str, str]


def tell(case: Case, scene: Scene, foci: list[Focus], plan: Protocol) -> Truth:
    """Every imaging finding of a phantom: its state, or why it has none; the same whichever series are acquired."""
    if case.archetype == "none":
        left = {code: NO_LESION for code in IMAGING if code not in HEALTHY}
        left |= dict.fromkeys(ELSEWHERE, "the head lies outside the field of view")
        return Truth(dict(HEALTHY), left, _not_shown(HEALTHY, scene, plan), dict(case.drawn))
    told: dict[str, str | float] = {code: state for code, state in case.signs.items() if code in IMAGING}
    told["level"] = _level(scene, foci)
    told |= _measured(case, scene, foci)
    undefined = {
        code: f"it is told only where {parent} is {' or '.join(states)}"
        for code, (parent, states) in EXISTS.items()
        if code in IMAGING and code not in told and told.get(parent) not in states
    }
    rest = {code: UNTOLD.get(code, "nothing says how often it is seen") for code in IMAGING if code not in told}
    return Truth(told, {**rest, **undefined, **case.undrawable}, _not_shown(told, scene, plan), dict(case.drawn))


def _not_shown(told: Mapping[str, str | float], scene: Scene, plan: Protocol) -> dict[str, str]:
    """The findings that no series of the study can show, and why."""
    roles = {series.role for series in plan.series}
    why = {code: reason for code, (needed, reason) in NEEDED.items() if code in told and not roles & set(needed)}
    if scene.canal.s[0] > scene.spine.conus_tip - 40 * scene.spine.scale:
        away = (*ROOTS, *(LEPTOMENINGEAL if told.get("leptomeningeal_site") == "roots" else ()))
        why |= {code: "the roots of the cauda equina lie outside the field of view" for code in away if code in told}
    if not roles - {"localizer"}:
        return dict.fromkeys(told, "localizers only")
    return why


def _level(scene: Scene, foci: list[Focus]) -> str:
    spine = scene.spine
    largest = max(foci, key=lambda focus: focus.half_mm)
    s = largest.s
    if s < spine.conus_tip:
        return "cauda_equina"
    if s < spine.conus_tip + 34 * spine.scale and s < spine.level("T11").low:
        return "conus"
    if s < spine.level("T1").high:
        return "thoracic"
    return "cervical" if s < spine.level("C2").low else "craniocervical"


def _measured(case: Case, scene: Scene, foci: list[Focus]) -> dict[str, str | float]:
    look = Look(scene, foci)
    spine, main = scene.spine, look.main
    told: dict[str, str | float] = {}
    core = span(look, CORE, main.instance) or span(look, (BLOOD, SYRINX), main.instance)
    if core and case.archetype != "coating":
        told["length_segments"] = round(spine.segments_between(*core), 2)
    if case.compartment == "intramedullary" and case.archetype != "web":
        change = span(look, (*CORE, BLOOD, OEDEMA), main.instance)
        if change and case.signs.get("t2_signal") != "isointense":
            told["t2_length_segments"] = round(spine.segments_between(*change), 2)
    pressed = (
        () if case.compartment == "intramedullary" or "cord_compression" in case.undrawable else ("cord_compression",)
    )
    for code in MEASURED:
        if code in (*case.signs, *pressed) and (state := INSPECTORS[code](look)) is not None:
            told[code] = state
    return told


def told_context(case: Case) -> dict[str, str | float]:
    """What a clinic would know: age and sex, how it began, and what else of the person was drawn or fixed."""
    known: dict[str, str | float] = {"age_years": round(case.age), "sex": "female" if case.female else "male"}
    if case.archetype != "none":
        acute = case.entity in ("cord_infarct", "epidural_haematoma", "subdural_haematoma")
        subacute = case.archetype == "plaque" or case.entity in (
            "epidural_abscess",
            "infectious_meningitis",
            "intramedullary_abscess",
        )
        known["onset"] = "acute" if acute else "subacute" if subacute else "chronic"
    if case.nadir_hours is not None:
        known["time_to_nadir_hours"] = round(case.nadir_hours, 1)
    return known | {code: case.signs[code] for code in PERSON if code in case.signs}
