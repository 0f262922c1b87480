"""Which signs a simulated case shows: fixed by the caller, else drawn jointly from rates, else from entities.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from thecal.records import CallWrong, NumberRate, Rates, Vocabulary
from thecal.simulation import chances
from thecal.simulation.chances import Chance, Coupling, States
from thecal.simulation.limits import ELSEWHERE, Form, find_undrawable

COMPARTMENTS = {
    "intramedullary": ("intramedullary_mass", "plaque"),
    "intradural_extramedullary": ("nodule", "coating", "cyst", "subdural", "web"),
    "extradural": ("epidural", "bone", "disc", "synovial"),
}  # fmt: skip
# Of the person, not of the image: told in the context.
PERSON = (
    "onset", "setting", "known_primary", "known_primary_site", "syndrome", "infection_signs", "prior_radiation",
    "prior_spine_surgery", "immunosuppression", "steroids_before_mri", "anticoagulation", "trauma", "radicular_pain", "weakness",
    "gait_disturbance", "sphincter_disturbance", "cauda_equina_syndrome", "meningism", "demyelination_history",
    "csf_malignant_cells", "csf_inflammatory",
)  # fmt: skip
NUMBERS = ("age_years", "length_segments", "t2_length_segments", "time_to_nadir_hours")
# What a sign is where entities.yaml does not speak of it.
QUIET: Mapping[str, str] = {
    "compartment": "", "second_compartment": "none", "lesion_count": "single", "leptomeningeal_pattern": "none",
    "nerve_root_thickening": "absent", "nerve_root_clumping": "absent", "nerve_root_enhancement": "absent",
    "canal_stenosis": "absent", "filum_attachment": "absent", "dysraphism": "absent", "cord_expansion": "absent",
    "dural_base": "absent", "foraminal_extension": "absent", "bone_remodelling": "absent", "bone_destruction": "absent",
    "exophytic": "absent", "fat_signal": "absent", "flow_voids": "absent", "siderosis_or_subarachnoid_blood": "absent",
    "haemorrhage": "absent", "cap_sign": "absent", "haemosiderin_ring": "absent", "tumoral_cyst": "absent",
    "polar_cyst": "absent",
    "syrinx": "absent", "oedema": "absent", "calcification": "absent", "restricted_diffusion": "absent",
    "choline_raised": "absent",
    "enhancement": "absent", "rim_flame_sign": "absent", "target_sign": "absent", "pachymeningeal_enhancement": "absent",
    "vertebral_lesion": "absent", "margins": "well_defined", "flow_void_site": "perimedullary", "cleavage_plane": "not_visible",
}  # fmt: skip
# Every finding of the images, whether or not a case has it.
IMAGING = (*QUIET, "level", "axial_position", "axial_territory", "canal_position", "leptomeningeal_site", "cord_compression",
           "t1_signal", "t2_signal", "enhancement_pattern", "length_segments", "t2_length_segments",
           *sorted(ELSEWHERE))  # fmt: skip
# The lesion of another compartment than the entity's own.
STRANGER = {"intramedullary": "intramedullary_mass", "intradural_extramedullary": "nodule", "extradural": "epidural"}
# Signs that go together beyond the knowledge's trees, by the compartment the entity mostly grows in; see `chances.Coupling`.
_ABOVE = ("craniocervical", "cervical", "thoracic", "conus")
_PRESSED = (("deformed_with_t2_change", "deformed", "contact"), ("absent",))
_EVERYWHERE = (
    Coupling({"axial_position": (("central",), ("eccentric",)),
              "axial_territory": (("central_grey", "holocord", "anterior_horns"),
                                  ("lateral", "dorsal_columns", "dorsal_subpial"))}),
    Coupling({"tumoral_cyst": (("present",), ("absent",)), "enhancement_pattern": (("mural_nodule",),)}),
    Coupling({"leptomeningeal_pattern": (("nodular", "diffuse", "mixed"), ("none",)),
              "second_compartment": (("intradural_extramedullary",), ("intramedullary", "extradural", "paraspinal"), ("none",))}),
    Coupling({"leptomeningeal_site": (("roots", "both"), ("cord_surface",)),
              "nerve_root_enhancement": (("both", "ventral", "dorsal"), ("absent",))}),
    Coupling({"margins": (("well_defined",), ("ill_defined",)),
              "cleavage_plane": (("visible",), ("partial",), ("not_visible",))}),
)  # fmt: skip
_SWOLLEN = (("extensive", "limited"), ("absent",))
_OUTSIDE = Coupling({"level": (_ABOVE, ("cauda_equina",)), "cord_compression": _PRESSED, "oedema": _SWOLLEN})
_BEYOND = (("extradural", "intradural_extramedullary"), ("intramedullary",))
_INSIDE = Coupling({"compartment": _BEYOND, "cord_compression": _PRESSED})
_STENOSED = Coupling({"canal_stenosis": (("present",), ("absent",)), "cord_compression": _PRESSED})
TRIES = 400


@dataclass(frozen=True)
class Case:
    """What is to be drawn: the archetype, the person, where, how many and how long, and the states of the signs.

    signs holds what is to be painted and what is told of the person; drawn all that was drawn, undrawable the reason for each
    sign of it that no image of this case can show.
    """

    entity: str
    archetype: str
    age: float
    female: bool
    level: str
    length_segments: float
    count: int
    signs: Mapping[str, str]
    filling: str | None = None
    surface_cysts: bool = False
    t2_length_segments: float | None = None
    nadir_hours: float | None = None
    drawn: Mapping[str, str] = field(default_factory=dict)
    undrawable: Mapping[str, str] = field(default_factory=dict)

    def is_(self, sign: str, state: str = "present") -> bool:
        """Whether a sign has a state."""
        return self.signs.get(sign) == state

    @property
    def compartment(self) -> str | None:
        """Where the lesion grows; None without a lesion."""
        return self.signs.get("compartment")


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
    """A case of the entity, its signs drawn jointly. signs fixes states of findings, age_years and lengths.

    An entity that is the sum of others is drawn as one of them. Refuses fixed signs that cannot occur together or be shown.
    """
    fixed = dict(signs or {})
    entity = _one_of(entity, rng)
    rules = _rules(entity)
    if rules["archetype"] == "none":
        return _healthy(rules, fixed, rng)
    home = next(name for name, kinds in COMPARTMENTS.items() if rules["archetype"] in kinds)
    table = _chances(entity, chances.from_table(_table(rules, home, fixed)), rates)
    couplings = _couplings(home, rules)
    states = {code: str(state) for code, state in fixed.items() if code not in NUMBERS}
    _refuse_unknown(states, table, entity)
    numbers = {rate.finding: rate for rate in rates.numbers if rate.entity == entity} if rates is not None else {}
    case = None
    for _ in range(TRIES):
        case = _make(entity, rules, chances.draw(table, states, rng, couplings), numbers, fixed, rng)
        if not set(fixed) & set(case.undrawable) - ELSEWHERE:
            return case
    assert case is not None
    code = next(code for code in fixed if code in case.undrawable)
    raise CallWrong("simulation", expected=f"a sign that this simulated {entity} can show", found=f"{code}={fixed[code]}",
                    remedy=case.undrawable[code][0].upper() + case.undrawable[code][1:] + ".")  # fmt: skip


def _chances(entity: str, plain: tuple[Chance, ...], rates: Rates | None) -> tuple[Chance, ...]:
    """The knowledge's chances, and the plain ones for signs that it does not speak of; parents first."""
    if rates is None:
        return plain
    known = chances.from_rates(rates, entity)
    told = {chance.finding for chance in known}
    rest = [chance for chance in plain if chance.finding not in told]
    before = [chance for chance in rest if chance.given not in told]
    return (*before, *known, *(chance for chance in rest if chance.given in told))


def _one_of(entity: str, rng: np.random.Generator) -> str:
    choice = _rules(entity).get("one_of")
    return str(rng.choice(choice)) if choice else entity


def _couplings(home: str, rules: Mapping[str, Any]) -> tuple[Coupling, ...]:
    if rules.get("stenosed"):
        return (*_EVERYWHERE, _STENOSED)
    return (*_EVERYWHERE, _INSIDE if home == "intramedullary" else _OUTSIDE)


def _table(rules: Mapping[str, Any], home: str, fixed: Mapping[str, Any]) -> dict[str, States | str]:
    """Every sign's states without rates: as entities.yaml says, else quiet."""
    plain = ("archetype", "age", "length", "count", "filling", "surface_cysts", "hollow", "stenosed", "one_of")
    told = {code: states for code, states in rules.items() if code not in plain and states is not None}
    table: dict[str, States | str] = {**QUIET, **told, "compartment": told.get("compartment", home)}
    count = rules.get("count", 1)
    if "lesion_count" not in told and isinstance(count, Mapping):
        single = float(count.get(1, 0))
        table["lesion_count"] = {"single": single, "multiple": float(sum(count.values())) - single}
    table |= {code: str(state) for code, state in fixed.items() if code not in table and code in (*PERSON, *_OPEN)}
    return {code: states if isinstance(states, Mapping) else str(states) for code, states in table.items()}


# Signs with neither a quiet state nor, for some entities, a word in entities.yaml.
_OPEN = ("axial_position", "axial_territory", "canal_position", "leptomeningeal_site", "cord_compression", "t1_signal",
         "t2_signal", "enhancement_pattern", "sex", "level", *ELSEWHERE)  # fmt: skip


def _refuse_unknown(states: Mapping[str, str], table: tuple[Chance, ...], entity: str) -> None:
    known = {chance.finding for chance in table}
    for code in states:
        if code not in known and code != "sex":
            raise CallWrong("simulation", expected=f"a sign that a simulated {entity} can show", found=repr(code),
                            remedy=f"It can show: {', '.join(sorted(known))}.")  # fmt: skip


def _make(
    entity: str,
    rules: Mapping[str, Any],
    drawn: dict[str, str],
    numbers: Mapping[str, NumberRate],
    fixed: Mapping[str, Any],
    rng: np.random.Generator,
) -> Case:
    def measure(name: str, span: Any, limits: tuple[float, float]) -> float:
        if name in fixed:
            return float(np.clip(float(fixed[name]), *limits))
        return _measure(numbers[name], limits, rng) if name in numbers else float(np.exp(rng.uniform(*np.log(span))))

    drawn.setdefault("sex", str(fixed.get("sex", rng.choice(["female", "male"]))))
    archetype, drawn_count = _archetype(rules, drawn), 1
    if drawn.get("lesion_count") == "multiple":
        drawn_count = 3 if rng.random() < 0.35 else 2
    form = Form(archetype, drawn.get("level", "thoracic"), bool(rules.get("hollow")))
    undrawable = find_undrawable(drawn, form)
    length = measure("length_segments", rules.get("length", [1, 1]), (0.25, 18))
    wide = measure("t2_length_segments", [1, 1], (0.25, 20)) if {"t2_length_segments"} & {*fixed, *numbers} else None
    shown = {code: state for code, state in drawn.items() if code not in undrawable}
    return Case(
        entity, archetype, measure("age_years", np.maximum(rules["age"], 0.5), (0, 95)), drawn["sex"] == "female",
        form.level, length, drawn_count, shown, rules.get("filling"), bool(rules.get("surface_cysts")), wide,
        measure("time_to_nadir_hours", [1, 1], (0, 2000)) if "time_to_nadir_hours" in numbers else None, drawn, undrawable,
    )  # fmt: skip


def _archetype(rules: Mapping[str, Any], drawn: Mapping[str, str]) -> str:
    """How the lesion grows in the compartment drawn: the entity's own way at home, a plain one elsewhere."""
    own, compartment = str(rules["archetype"]), drawn["compartment"]
    if own == "web":
        return own
    if own not in COMPARTMENTS[compartment]:
        return "plaque" if own == "plaque" and compartment == "intramedullary" else STRANGER[compartment]
    rooted = any(
        drawn.get(f"nerve_root_{word}", "absent") != "absent" for word in ("thickening", "clumping", "enhancement")
    )
    if own == "coating" and drawn.get("leptomeningeal_pattern", "none") == "none" and not rooted:
        return "nodule"
    return own


def _healthy(rules: Mapping[str, Any], fixed: Mapping[str, Any], rng: np.random.Generator) -> Case:
    for code in fixed:
        if code not in ("age_years", "sex", "level"):
            raise CallWrong("simulation", expected="age_years, sex or level for a healthy spine", found=repr(code))
    age = float(fixed["age_years"]) if "age_years" in fixed else float(np.exp(rng.uniform(*np.log(rules["age"]))))
    sex = str(fixed.get("sex", rng.choice(["female", "male"])))
    level = str(
        fixed.get("level") or chances.pick({name: float(w) for name, w in rules["level"].items()}, float(rng.random()))
    )
    return Case("healthy", "none", age, sex == "female", level, 1.0, 0, {}, drawn={"sex": sex, "level": level})


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
        if term.kind == "number":
            _check_number(code, state)


def _check_number(code: str, state: str | float) -> None:
    try:
        float(state)
    except ValueError as fault:
        raise CallWrong("simulation", expected=f"a number for {code}", found=repr(state)) from fault


def _nearest(near: list[str]) -> str:
    return f"Nearest: {', '.join(near)}." if near else ""


def _measure(rate: NumberRate, limits: tuple[float, float], rng: np.random.Generator) -> float:
    """A number of its distribution, drawn again where it falls outside what there is."""
    weights = np.array([component[0] for component in rate.components])
    value = limits[0]
    for _ in range(50):
        _, mean, spread = rate.components[int(rng.choice(len(weights), p=weights / weights.sum()))]
        value = float(rng.normal(mean, spread))
        value = float(np.exp(value)) if rate.log else value
        if limits[0] <= value <= limits[1]:
            return value
    return float(np.clip(value, *limits))


def without(case: Case, *codes: str, **states: str) -> Case:
    """The case with some signs taken out and others set, as parts of a lesion need it."""
    signs = {code: state for code, state in case.signs.items() if code not in codes}
    return replace(case, signs={**signs, **states})
