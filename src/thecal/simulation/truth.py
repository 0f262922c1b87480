"""What is true of a phantom, in the words of the vocabulary: the signs rendered, numbers measured on what was painted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.simulation.canal import CORD
from thecal.simulation.protocols import Protocol
from thecal.simulation.scene import (
    BLOOD,
    CORD_CHANGE,
    ENHANCING,
    EXTRADURAL,
    OEDEMA,
    OUTER_CYST,
    POLAR_CYST,
    SOLID,
    SYRINX,
    TUMOUR_CYST,
    Focus,
    Scene,
)
from thecal.simulation.signs import COMPARTMENTS, PERSON, RENDERED, Case
from thecal.simulation.spine import DISC_NAMES, VERTEBRA_CODES, Tube

LESION_NAMES: Mapping[int, str] = {
    1: "enhancing tumour", 2: "solid tumour without enhancement", 3: "oedema", 4: "tumoral cyst",
    5: "haemorrhage or haemosiderin", 6: "leptomeningeal enhancement", 7: "cord T2 change that is itself the lesion",
    8: "tumour, enhancement not assessed", 9: "extramedullary cyst", 10: "extradural or bone lesion", 11: "polar cyst",
    12: "syrinx",
}  # fmt: skip
CORE = (ENHANCING, SOLID, TUMOUR_CYST, OUTER_CYST, EXTRADURAL, CORD_CHANGE)
# Signs told as measured, and signs that only an enhanced study can show; the rest of what is rendered is told as drawn.
MEASURED = ("cord_expansion", "oedema", "tumoral_cyst", "polar_cyst", "syrinx", "haemorrhage")
WITH_CONTRAST = (
    "enhancement",
    "enhancement_pattern",
    "leptomeningeal_pattern",
    "leptomeningeal_site",
    "nerve_root_enhancement",
)
# Cord area against its own before the lesion, and change of its shape, from which a reader would say so; judged.
EXPANDED, DEFORMED = 1.15, 1.15


@cache
def anatomy_names() -> Mapping[int, str]:
    """What each code of the anatomy map means."""
    names = {1: "spinal cord", 2: "thecal sac less the cord", 3: "epidural space"}
    names |= {code: f"vertebra {name}" for name, code in VERTEBRA_CODES.items() if code != 50}
    return names | {50: "sacrum"} | DISC_NAMES


def compartment_of(case: Case) -> str | None:
    """The compartment of a case's lesion; None without a lesion."""
    return next((name for name, kinds in COMPARTMENTS.items() if case.archetype in kinds), None)


def true_findings(case: Case, scene: Scene, foci: list[Focus], plan: Protocol) -> dict[str, str | float]:
    """Every finding that was rendered, by code."""
    roles = {series.role for series in plan.series}
    enhanced, weighted = "T1w_ce" in roles, bool(roles & {"T2w", "T1w"})
    if case.archetype == "none" or not weighted:
        return {"leptomeningeal_pattern": "none"} if enhanced and weighted else {}
    told: dict[str, str | float] = {}
    compartment = compartment_of(case)
    if compartment:
        told["compartment"] = compartment
    told["level"] = _level(scene, foci)
    # Coating counts as one lesion, its nodules each.
    many = len(foci) > 1 or case.signs.get("leptomeningeal_pattern") in ("nodular", "mixed")
    told["lesion_count"] = "multiple" if many else "single"
    unseen = {*MEASURED, *(() if enhanced else WITH_CONTRAST), *(() if "T1w" in roles else ("t1_signal", "fat_signal"))}
    shown = [code for code in RENDERED[case.archetype] if code not in unseen]
    told |= {code: case.signs[code] for code in shown if code in case.signs}
    if enhanced:
        told.setdefault("leptomeningeal_pattern", "none")
    told |= _measured(case, scene, foci)
    return told


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


def _span(scene: Scene, codes: tuple[int, ...], instance: int) -> tuple[float, float] | None:
    reach: list[float] = []
    for sheet in scene.sheets:
        found = np.isin(sheet.lesion, codes) & (sheet.instance == instance)
        along = np.flatnonzero(found.sum(axis=(0, 1)) > 1)
        if along.size:
            half = (sheet.s[1] - sheet.s[0]) / 2
            reach += [float(sheet.s[along[0]] - half), float(sheet.s[along[-1]] + half)]
    return (min(reach), max(reach)) if reach else None


def _measured(case: Case, scene: Scene, foci: list[Focus]) -> dict[str, str | float]:
    told: dict[str, str | float] = {}
    index = max(foci, key=lambda focus: focus.half_mm)
    spine = scene.spine
    core = _span(scene, CORE, index.instance) or _span(scene, (BLOOD,), index.instance)
    if core and case.archetype != "coating":
        told["length_segments"] = round(spine.segments_between(*core), 2)
    inside = compartment_of(case) == "intramedullary"
    present = {code: _any(scene, code) for code in (OEDEMA, TUMOUR_CYST, POLAR_CYST, SYRINX, BLOOD)}
    if inside:
        told |= {code: "present" if present[number] else "absent"
                 for code, number in (("polar_cyst", POLAR_CYST), ("syrinx", SYRINX))}  # fmt: skip
        change = _span(scene, (*CORE, BLOOD, OEDEMA), index.instance)
        if change and case.signs.get("t2_signal") != "isointense":
            told["t2_length_segments"] = round(spine.segments_between(*change), 2)
        told["cord_expansion"] = _expansion(scene, index)
    if case.archetype in ("intramedullary_mass", "nodule"):
        told["tumoral_cyst"] = "present" if present[TUMOUR_CYST] else "absent"
        told["haemorrhage"] = "present" if present[BLOOD] else "absent"
    if case.archetype == "intramedullary_mass":
        told["oedema"] = _oedema(scene, index, core)
    if not inside and case.archetype != "coating" and index.s > spine.conus_tip + 10:
        told["cord_compression"] = _compression(scene, index)
    return told


def _any(scene: Scene, code: int) -> bool:
    return any(int((sheet.lesion == code).sum()) > 8 for sheet in scene.sheets)


def _along(scene: Scene, focus: Focus) -> tuple[Tube, Tube, NDArray[np.bool_]]:
    """The cord as it is and as it was before the lesion, and where along the canal the lesion lies."""
    spine = scene.spine
    assert spine.healthy_cord is not None
    return (
        spine.cord,
        spine.healthy_cord,
        (spine.s >= focus.low - 1) & (spine.s <= focus.high + 1) & (spine.healthy_cord.area > 8),
    )


def _expansion(scene: Scene, focus: Focus) -> str:
    """Whether the cord is wider than it was without the lesion."""
    now, before, here = _along(scene, focus)
    return "present" if here.any() and float((now.area[here] / before.area[here]).max()) > EXPANDED else "absent"


def _oedema(scene: Scene, focus: Focus, core: tuple[float, float] | None) -> str:
    span = _span(scene, (OEDEMA,), focus.instance)
    if span is None or core is None:
        return "absent"
    beyond = max(core[0] - span[0], 0) + max(span[1] - core[1], 0)
    if beyond < 3:
        return "absent"
    return "extensive" if beyond > core[1] - core[0] else "limited"


def _compression(scene: Scene, focus: Focus) -> str:
    """Whether a lesion outside the cord touches it or changes its shape."""
    now, before, here = _along(scene, focus)
    if not here.any():
        return "absent"
    flattened = (now.b[here] / now.a[here]) / (before.b[here] / before.a[here])
    if (
        float(np.abs(np.log(flattened)).max()) > np.log(DEFORMED)
        or float((now.area[here] / before.area[here]).min()) < 1 / DEFORMED
    ):
        return "deformed"
    sheet = scene.canal.crop(s=(focus.low, focus.high))
    near = ndimage.binary_dilation(sheet.anatomy == CORD, iterations=2)
    return "contact" if bool((near & (sheet.lesion > 0) & (sheet.anatomy != CORD)).any()) else "absent"


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
    return known | {code: case.signs[code] for code in PERSON if code in case.signs}
