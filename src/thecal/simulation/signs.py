"""Which signs a simulated case shows: fixed by the caller, else drawn from rates, else from entities.yaml; jointly consistent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from thecal.records import CallWrong, NumberRate, Rates, Vocabulary

EXTRADURAL = ("epidural", "bone", "disc", "synovial", "subdural")
_SIGNAL = ("t1_signal", "t2_signal", "enhancement", "enhancement_pattern")
# What each archetype can show; a sign beyond these is refused when fixed and left out of the truth when drawn.
RENDERED: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "intramedullary_mass": (*_SIGNAL, "margins", "axial_position", "exophytic", "flow_voids", "cap_sign", "haemosiderin_ring",
                            "haemorrhage", "oedema", "tumoral_cyst", "polar_cyst", "syrinx", "cord_expansion"),
    "plaque": (*_SIGNAL, "margins", "axial_territory", "flow_voids", "cord_expansion", "syrinx", "canal_stenosis"),
    "web": ("syrinx",),
    "nodule": (*_SIGNAL, "canal_position", "dural_base", "foraminal_extension", "bone_remodelling", "tumoral_cyst", "target_sign",
               "haemorrhage", "flow_voids", "fat_signal"),
    "coating": ("enhancement", "leptomeningeal_pattern", "leptomeningeal_site", "nerve_root_thickening", "nerve_root_clumping",
                "nerve_root_enhancement"),
    "cyst": ("canal_position", "bone_remodelling", "fat_signal"),
    "epidural": (*_SIGNAL, "canal_position", "foraminal_extension"),
    "bone": (*_SIGNAL, "canal_position", "foraminal_extension", "bone_destruction", "vertebral_lesion"),
    "disc": (*_SIGNAL, "canal_position"),
    "synovial": (*_SIGNAL, "canal_position"),
    "subdural": (*_SIGNAL, "canal_position"),
}  # fmt: skip
COMPARTMENTS = {
    "intramedullary": ("intramedullary_mass", "plaque", "web"), "intradural_extramedullary": ("nodule", "coating", "cyst"),
    "extradural": EXTRADURAL,
}  # fmt: skip
# Of the person, not of the image: told in the context.
PERSON = (
    "onset", "setting", "known_primary", "known_primary_site", "syndrome", "infection_signs", "prior_radiation",
    "prior_spine_surgery", "immunosuppression", "steroids_before_mri", "anticoagulation", "trauma", "radicular_pain", "weakness",
    "gait_disturbance", "sphincter_disturbance", "cauda_equina_syndrome", "meningism", "demyelination_history",
    "csf_malignant_cells", "csf_inflammatory",
)  # fmt: skip
PLACED = ("age_years", "sex", "level", "length_segments", "lesion_count", "compartment")
# What cannot be there without something else: (sign, its state, what must hold, the state it falls to).
NEEDS: tuple[tuple[str, str, str, str, str], ...] = (
    ("cap_sign", "present", "haemorrhage", "present", "absent"),
    ("haemosiderin_ring", "present", "haemorrhage", "present", "absent"),
)


@dataclass(frozen=True)
class Case:
    """What is to be drawn: the archetype, the person, where, how many and how long, and the states of the signs."""

    entity: str
    archetype: str
    age: float
    female: bool
    level: str
    length_segments: float
    count: int
    signs: Mapping[str, str]
    filling: str = "cyst_clear"
    surface_cysts: bool = False

    def is_(self, sign: str, state: str = "present") -> bool:
        """Whether a sign has a state."""
        return self.signs.get(sign) == state


@cache
def _entities() -> Mapping[str, Any]:
    text = resources.files("thecal.simulation").joinpath("entities.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table


def entity_codes() -> tuple[str, ...]:
    """Every entity that can be simulated, `healthy` first."""
    return tuple(_entities()["entities"])


def _rules(entity: str) -> dict[str, Any]:
    table = _entities()
    if entity not in table["entities"]:
        from difflib import get_close_matches

        near = get_close_matches(entity, table["entities"], 3, 0.4)
        raise CallWrong(
            "simulation", expected="an entity of the vocabulary, or healthy", found=repr(entity), remedy=_nearest(near)
        )
    own = dict(table["entities"][entity])
    return {**table["defaults"].get(own.pop("like", ""), {}), **own}


def draw_case(
    entity: str, rng: np.random.Generator, signs: Mapping[str, str | float] | None = None, rates: Rates | None = None
) -> Case:
    """A case of the entity. signs fixes states, age_years, level, length_segments; refuses a sign this entity cannot show."""
    rules, fixed = _rules(entity), dict(signs or {})
    _refuse_unshown(entity, rules["archetype"], fixed)
    known = {rate.finding: rate.mean for rate in rates.states if rate.entity == entity} if rates is not None else {}
    numbers = {rate.finding: rate for rate in rates.numbers if rate.entity == entity} if rates is not None else {}

    def pick(name: str, default: Any) -> Any:
        return fixed[name] if name in fixed else _draw(known.get(name, default), rng)

    def measure(name: str, span: Any) -> float:
        drawn = _measure(numbers[name], rng) if name in numbers else float(np.exp(rng.uniform(*np.log(span))))
        return float(fixed[name]) if name in fixed else drawn

    age = float(np.clip(measure("age_years", np.maximum(rules["age"], 0.5)), 0, 95))
    female = pick("sex", {"female": 1, "male": 1}) == "female"
    level = str(pick("level", rules["level"]))
    length = float(np.clip(measure("length_segments", rules.get("length", [1, 1])), 0.25, 12))
    count = int(_draw(rules.get("count", 1), rng))
    if "lesion_count" in fixed:
        count = max(count, 2) if fixed["lesion_count"] == "multiple" else 1
    shown = RENDERED[rules["archetype"]]
    names = [name for name in (*rules, *known, *fixed) if name in (*shown, *PERSON)]
    chosen = {
        name: str(pick(name, rules.get(name))) for name in dict.fromkeys(names) if _is_said(name, rules, known, fixed)
    }
    return Case(entity, rules["archetype"], age, female, level, length, count, _reconcile(chosen, fixed),
                rules.get("filling", "cyst_clear"), bool(rules.get("surface_cysts")))  # fmt: skip


def _is_said(name: str, rules: Mapping[str, Any], known: Mapping[str, Any], fixed: Mapping[str, Any]) -> bool:
    """Whether anything says how often a sign has which state."""
    return name in fixed or name in known or rules.get(name) is not None


def check_words(signs: Mapping[str, str | float], vocabulary: Vocabulary) -> None:
    """Refuses a code or a state that the vocabulary does not know, and names the nearest."""
    from difflib import get_close_matches

    for code, state in signs.items():
        term = vocabulary.findings.get(code)
        if term is None:
            near = get_close_matches(code, vocabulary.findings, 3, 0.4)
            raise CallWrong(
                "simulation", expected="a finding of the vocabulary", found=repr(code), remedy=_nearest(near)
            )
        if term.states and str(state) not in term.states:
            raise CallWrong("simulation", expected=f"{code}: {', '.join(term.states)}", found=repr(state))


def _nearest(near: list[str]) -> str:
    return f"Nearest: {', '.join(near)}." if near else ""


def _refuse_unshown(entity: str, archetype: str, fixed: Mapping[str, Any]) -> None:
    possible = (*RENDERED[archetype], *PERSON, *PLACED)
    for code in fixed:
        if code not in possible:
            raise CallWrong("simulation", expected=f"a sign that a simulated {entity} can show", found=repr(code),
                            remedy=f"It can show: {', '.join(possible)}.")  # fmt: skip
    wanted = fixed.get("compartment")
    if wanted is not None and archetype not in COMPARTMENTS.get(str(wanted), ()):
        raise CallWrong("simulation", expected=f"the compartment {entity} grows in", found=repr(wanted))


def _measure(rate: NumberRate, rng: np.random.Generator) -> float:
    weights = np.array([component[0] for component in rate.components])
    _, mean, spread = rate.components[int(rng.choice(len(weights), p=weights / weights.sum()))]
    value = float(rng.normal(mean, spread))
    return float(np.exp(value)) if rate.log else value


def _draw(states: Any, rng: np.random.Generator) -> Any:
    draw = float(rng.random())
    if not isinstance(states, Mapping):
        return states
    total = float(sum(states.values()))
    for state, weight in states.items():
        draw -= weight / total
        if draw < 0:
            return state
    return next(reversed(list(states)))


def _reconcile(signs: dict[str, str], fixed: Mapping[str, Any]) -> dict[str, str]:
    """Makes the signs fit each other; what the caller fixed decides."""
    for sign, state, needs, needed, otherwise in NEEDS:
        if signs.get(sign) != state or signs.get(needs) == needed:
            continue
        if sign in fixed:
            signs[needs] = needed
        else:
            signs[sign] = otherwise
    if signs.get("enhancement") == "absent":
        signs.pop("enhancement_pattern", None)
    if signs.get("enhancement_pattern") == "mural_nodule":
        signs["tumoral_cyst"] = "present"
    if signs.get("flow_voids") == "absent":
        signs.pop("flow_void_site", None)
    return signs
