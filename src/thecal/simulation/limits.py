"""What of a drawn case no image of it can show, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Findings of the head, which lies outside every field of view here.
ELSEWHERE = frozenset({"brain_lesion", "hydrocephalus"})
# Signs that need something solid to show them; the state each has where nothing shows.
BODILY: Mapping[str, str | None] = {
    "margins": None, "enhancement_pattern": None, "haemorrhage": "absent", "cap_sign": "absent", "haemosiderin_ring": "absent",
    "tumoral_cyst": "absent", "polar_cyst": "absent", "target_sign": "absent", "calcification": "absent", "fat_signal": "absent",
    "restricted_diffusion": "absent", "choline_raised": "absent", "exophytic": "absent", "cleavage_plane": None,
    "rim_flame_sign": "absent", "dural_base": "absent", "foraminal_extension": "absent", "canal_position": None,
    "filum_attachment": "absent",
}  # fmt: skip
SIGNAL = ("t1_signal", "t2_signal", "enhancement", "enhancement_pattern", "restricted_diffusion", "choline_raised")
CENTRAL = ("central_grey", "holocord", "anterior_horns")


@dataclass(frozen=True)
class Form:
    """How a case is painted, as far as it decides what can be shown."""

    archetype: str
    level: str
    hollow: bool = False


def find_undrawable(drawn: Mapping[str, str], form: Form) -> dict[str, str]:
    """The signs of a drawn case that its images cannot show, each with the reason."""
    reasons = {code: "the head lies outside the field of view" for code in ELSEWHERE if code in drawn}
    told = {**_by_place(drawn, form), **_by_form(drawn, form), **_by_each_other(drawn, form)}
    return reasons | {code: why for code, why in told.items() if code in drawn}


def _has(drawn: Mapping[str, str], code: str, quiet: str = "absent") -> bool:
    return drawn.get(code, quiet) != quiet


def _by_place(drawn: Mapping[str, str], form: Form) -> dict[str, str]:
    """What the compartment and the level rule out."""
    inside = drawn.get("compartment") == "intramedullary"
    pressed = form.archetype == "web" or (form.archetype == "plaque" and drawn.get("canal_stenosis") == "present")
    told: dict[str, str] = {}
    if form.archetype == "plaque" and drawn.get("cord_compression") in ("deformed", "contact"):
        told["cord_compression"] = "the lesion is itself a change on T2 where the cord is pressed"
    if inside and not pressed and _has(drawn, "cord_compression"):
        told["cord_compression"] = "a lesion within the cord does not press on it from outside"
    if inside and form.archetype != "web":
        for code in ("dural_base", "foraminal_extension"):
            if _has(drawn, code):
                told[code] = "a lesion within the cord reaches neither dura nor foramen"
    if not inside and _has(drawn, "cord_expansion"):
        told["cord_expansion"] = "a lesion outside the cord displaces it"
    if not inside and _has(drawn, "rim_flame_sign"):
        told["rim_flame_sign"] = "it is a sign of lesions within the cord"
    if not inside and form.level == "cauda_equina":
        told |= {code: "there is no cord at this level" for code in ("cord_compression", "oedema") if _has(drawn, code)}
    if not inside and form.archetype not in ("nodule", "cyst") and _has(drawn, "dural_base"):
        told["dural_base"] = "a lesion outside the dura, or blood beneath it, lies along it anyway"
    if _has(drawn, "filum_attachment") and form.level not in ("conus", "cauda_equina"):
        told["filum_attachment"] = "the filum begins at the conus"
    return told


def _by_form(drawn: Mapping[str, str], form: Form) -> dict[str, str]:
    """What the lesion's form has no place for."""
    hollow = form.hollow and drawn.get("syrinx") == "present" and form.archetype == "plaque"
    thin = form.archetype == "coating" and drawn.get("leptomeningeal_pattern") in ("none", "diffuse")
    told: dict[str, str] = {}
    if hollow or thin or form.archetype == "web":
        why = (
            "a cavity has no solid part"
            if hollow
            else "a coating is too thin to hold it"
            if thin
            else "a web or hernia is no mass"
        )
        told = {code: why for code, quiet in BODILY.items() if quiet is None or drawn.get(code) != quiet}
    if hollow:
        told |= dict.fromkeys(SIGNAL, "a cavity has no solid part")
        told["axial_position"] = told["axial_territory"] = "a syrinx lies at the centre by its nature"
    if form.archetype == "web":
        told |= dict.fromkeys(
            (*SIGNAL, "lesion_count", "second_compartment", "cord_expansion"), "a web or hernia is no mass"
        )
        told |= dict.fromkeys(("axial_position", "axial_territory", "oedema"), "the cord's change follows its bend")
        told.pop("canal_position", None)
    if form.archetype == "coating":
        told |= {
            code: "a coating lies all around"
            for code in ("canal_position", "foraminal_extension", "dural_base")
            if _has(drawn, code)
        }
        if drawn.get("leptomeningeal_pattern") == "none":
            told |= _roots_only(drawn)
    if form.archetype in ("subdural", "cyst"):
        told |= {
            code: "its wall is too thin to hold it"
            for code in ("cap_sign", "haemosiderin_ring", "target_sign")
            if _has(drawn, code)
        }
    if (
        form.archetype == "coating"
        and drawn.get("leptomeningeal_pattern") == "diffuse"
        and _has(drawn, "lesion_count", "single")
    ):
        told["lesion_count"] = "a coating is one lesion"
    if form.archetype == "coating" and _has(drawn, "cord_compression"):
        told["cord_compression"] = "a coating does not press on the cord"
    return told


def _roots_only(drawn: Mapping[str, str]) -> dict[str, str]:
    why = "nothing but roots is changed"
    told = dict.fromkeys(("t1_signal", "t2_signal", "lesion_count"), why)
    if not _has(drawn, "nerve_root_enhancement") and _has(drawn, "enhancement"):
        told["enhancement"] = why
    return told


def _by_each_other(drawn: Mapping[str, str], form: Form) -> dict[str, str]:
    """What two drawn signs leave no room for."""
    told: dict[str, str] = {}
    central = drawn.get("axial_territory") in CENTRAL
    if "axial_position" in drawn and "axial_territory" in drawn and central != (drawn["axial_position"] == "central"):
        if form.archetype == "plaque":
            told["axial_position"] = "it follows from the territory drawn"
        else:
            told["axial_territory"] = "a mass lies where its position says"
    if (
        _has(drawn, "fat_signal")
        and drawn.get("t2_signal") in ("hypointense", "isointense")
        and drawn.get("t1_signal") == "hyperintense"
    ):
        told["t2_signal"] = "fat is bright on T2"
    on_roots = drawn.get("leptomeningeal_site") in ("roots", "both") and drawn.get("leptomeningeal_pattern") in (
        "diffuse",
        "mixed",
    )
    if on_roots and drawn.get("nerve_root_enhancement") == "absent":
        told["nerve_root_enhancement"] = "the coating takes in the roots"
    if drawn.get("leptomeningeal_site") == "cord_surface" and _has(drawn, "nerve_root_enhancement"):
        told["leptomeningeal_site"] = "the roots enhance as well"
    patterned = _has(drawn, "leptomeningeal_pattern", "none")
    if form.archetype == "coating" and drawn.get("enhancement") == "absent" and patterned:
        told["enhancement"] = "the leptomeningeal pattern is one of enhancement"
    return told
