"""Which signs a simulated case shows: fixed by the caller, else drawn from rates, else from entities.yaml; jointly consistent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from thecal.records import CallWrong, Rates

NOT_SIGNS = ("archetype", "like", "age", "level", "length", "count", "filling", "surface_cysts")
INTRAMEDULLARY = ("intramedullary_mass", "plaque")
EXTRADURAL = ("epidural", "bone", "disc", "synovial", "subdural")
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
        raise CallWrong("simulation", expected="an entity of the vocabulary, or healthy", found=repr(entity),
                        remedy=f"Nearest: {', '.join(near)}." if near else "")  # fmt: skip
    own = dict(table["entities"][entity])
    return {**table["defaults"].get(own.pop("like", ""), {}), **own}


def draw_case(
    entity: str, rng: np.random.Generator, signs: Mapping[str, str | float] | None = None, rates: Rates | None = None
) -> Case:
    """A case of the entity. signs fixes states (and age_years, sex, length_segments); refuses a sign that has no such place."""
    rules, fixed = _rules(entity), dict(signs or {})
    known = {rate.finding: rate.mean for rate in rates.states if rate.entity == entity} if rates is not None else {}

    def pick(name: str, default: Any) -> Any:
        if name in fixed:
            return fixed.pop(name)
        return _draw(known.get(name, default), rng)

    age = float(fixed.pop("age_years", _number(rules["age"], rng)))
    female = pick("sex", {"female": 1, "male": 1}) == "female"
    level = str(pick("level", rules["level"]))
    length = float(fixed.pop("length_segments", np.exp(_number(np.log(rules.get("length", [1, 1])), rng))))
    count = int(_draw(rules.get("count", 1), rng))
    if "lesion_count" in fixed:
        count = max(count, 2) if fixed["lesion_count"] == "multiple" else 1
    chosen = {name: pick(name, value) for name, value in rules.items() if name not in NOT_SIGNS and value is not None}
    chosen = {name: str(state) for name, state in {**chosen, **fixed}.items() if name not in ("compartment", "lesion_count")}
    return Case(entity, rules["archetype"], age, female, level, length, count, _reconcile(chosen, fixed),
                rules.get("filling", "cyst_clear"), bool(rules.get("surface_cysts")))  # fmt: skip


def _number(span: Any, rng: np.random.Generator) -> float:
    return float(rng.uniform(span[0], span[1]))


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
