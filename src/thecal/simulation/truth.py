"""What is true of a phantom, in the words of the vocabulary: the signs rendered, numbers measured on what was painted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

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
from thecal.simulation.spine import DISC_CODES, VERTEBRA_CODES

LESION_NAMES: Mapping[int, str] = {
    1: "enhancing tumour", 2: "solid tumour without enhancement", 3: "oedema", 4: "tumoral cyst",
    5: "haemorrhage or haemosiderin", 6: "leptomeningeal enhancement", 7: "cord T2 change that is itself the lesion",
    8: "tumour, enhancement not assessed", 9: "extramedullary cyst", 10: "extradural or bone lesion", 11: "polar cyst", 12: "syrinx",
}  # fmt: skip
CORE = (ENHANCING, SOLID, TUMOUR_CYST, BLOOD, OUTER_CYST, EXTRADURAL, CORD_CHANGE)
# Signs told as measured, and signs that only an enhanced study can show; the rest of what is rendered is told as drawn.
MEASURED = ("cord_expansion", "oedema", "tumoral_cyst", "polar_cyst", "syrinx", "haemorrhage")
WITH_CONTRAST = ("enhancement", "enhancement_pattern", "leptomeningeal_pattern", "leptomeningeal_site", "nerve_root_enhancement")
CHANGED_SHARE = 1.18


@cache
def anatomy_names() -> Mapping[int, str]:
    """What each code of the anatomy map means."""
    names = {1: "spinal cord", 2: "thecal sac less the cord", 3: "epidural space"}
    names |= {code: f"vertebra {name}" for name, code in VERTEBRA_CODES.items() if code != 50}
    names |= {50: "sacrum"} | {code: f"disc below {name}" for name, code in DISC_CODES.items()}
    return names


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
    many = len(foci) > 1 or case.signs.get("leptomeningeal_pattern") in ("nodular", "mixed", "diffuse")
    told["lesion_count"] = "multiple" if many else "single"
    shown = [code for code in RENDERED[case.archetype] if code not in MEASURED and (enhanced or code not in WITH_CONTRAST)]
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
    core = _span(scene, CORE, index.instance)
    if core and case.archetype != "coating":
        told["length_segments"] = round(spine.segments_between(*core), 2)
    inside = compartment_of(case) == "intramedullary"
    present = {code: _any(scene, code) for code in (OEDEMA, TUMOUR_CYST, POLAR_CYST, SYRINX, BLOOD)}
    if inside:
        told |= {code: "present" if present[number] else "absent"
                 for code, number in (("polar_cyst", POLAR_CYST), ("syrinx", SYRINX))}  # fmt: skip
        change = _span(scene, (*CORE, OEDEMA), index.instance)
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


def _areas(scene: Scene, low: float, high: float) -> NDArray[np.float64]:
    sheet = scene.canal.crop(s=(low, high))
    cell = float((sheet.u[1] - sheet.u[0]) * (sheet.v[1] - sheet.v[0]))
    return np.asarray((sheet.anatomy == CORD).sum(axis=(0, 1)) * cell, dtype=np.float64)


def _neighbours(scene: Scene, focus: Focus) -> float:
    """Cord area some way above and below a lesion, mm²."""
    away = 26.0
    parts = [_areas(scene, focus.high + away, focus.high + away + 12), _areas(scene, focus.low - away - 12, focus.low - away)]
    sizes = [float(part.mean()) for part in parts if part.size and part.mean() > 12]
    return float(np.mean(sizes)) if sizes else 0.0


def _expansion(scene: Scene, focus: Focus) -> str:
    area = _areas(scene, focus.low, focus.high)
    usual = _neighbours(scene, focus)
    if not area.size or not usual:
        return focus.case.signs.get("cord_expansion", "absent")
    return "present" if float(np.percentile(area, 80)) > CHANGED_SHARE * usual else "absent"


def _oedema(scene: Scene, focus: Focus, core: tuple[float, float] | None) -> str:
    span = _span(scene, (OEDEMA,), focus.instance)
    if span is None or core is None:
        return "absent"
    beyond = max(core[0] - span[0], 0) + max(span[1] - core[1], 0)
    if beyond < 3:
        return "absent"
    return "extensive" if beyond > core[1] - core[0] else "limited"


def _compression(scene: Scene, focus: Focus) -> str:
    spine = scene.spine
    here = (spine.s > focus.low) & (spine.s < focus.high)
    round_ = spine.cord.b / np.maximum(spine.cord.a, 0.1)
    away = (spine.s > focus.high + 25) & (spine.s < focus.high + 45)
    usual = float(round_[away].mean()) if away.any() else float(round_.mean())
    lowest, highest = float(round_[here].min()), float(round_[here].max())
    if lowest < 0.82 * usual or highest > 1.22 * usual:
        return "deformed"
    gap = np.minimum(spine.sac.b - np.abs(spine.cord.v - spine.sac.v) - spine.cord.b, spine.sac.a - np.abs(spine.cord.u - spine.sac.u) - spine.cord.a)
    return "contact" if float(gap[here].min()) < 0.8 else "absent"


def told_context(case: Case) -> dict[str, str | float]:
    """What a clinic would know: age and sex, how it began, and what else of the person was drawn or fixed."""
    known: dict[str, str | float] = {"age_years": round(case.age), "sex": "female" if case.female else "male"}
    if case.archetype != "none":
        acute = case.entity in ("cord_infarct", "epidural_haematoma", "subdural_haematoma")
        subacute = case.archetype == "plaque" or case.entity in ("epidural_abscess", "infectious_meningitis", "intramedullary_abscess")
        known["onset"] = "acute" if acute else "subacute" if subacute else "chronic"
    return known | {code: case.signs[code] for code in PERSON if code in case.signs}
