"""How often each sign has each state in one entity, and a joint draw of all signs, some of them fixed beforehand.

Signs stand in trees, as in `Rates`: a child is drawn within the state of its parent, and does not exist in parent states that
`within` does not name. Fixed states are evidence: what they depend on is drawn as it is where they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import numpy as np

from thecal.records import CallWrong, Rates

States = Mapping[str, float]
# A state that a table does not name, fixed by the caller all the same.
RARE = 1e-9


@dataclass(frozen=True)
class Chance:
    """One sign of one entity: its own rates, or its rates within each state of the sign it is given."""

    finding: str
    own: States
    given: str | None = None
    within: Mapping[str, States] | None = None

    def among(self, drawn: Mapping[str, str]) -> States | None:
        """The rates that hold once its parent is drawn; None where the sign then does not exist."""
        if self.given is None or self.within is None:
            return self.own
        return self.within.get(drawn[self.given]) if self.given in drawn else None


def from_rates(rates: Rates, entity: str) -> tuple[Chance, ...]:
    """The chances of one entity, parents first, as the knowledge has them."""
    return tuple(
        Chance(rate.finding, rate.mean, rate.given, rate.within if rate.given else None)
        for rate in rates.states
        if rate.entity == entity
    )


# What exists only in some states of another sign, and what two signs cannot be at once; used where no rates are given.
EXISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "axial_position": ("compartment", ("intramedullary",)), "axial_territory": ("compartment", ("intramedullary",)),
    "exophytic": ("compartment", ("intramedullary",)), "cleavage_plane": ("compartment", ("intramedullary",)),
    "canal_position": ("compartment", ("intradural_extramedullary", "extradural")),
    "leptomeningeal_site": ("leptomeningeal_pattern", ("nodular", "diffuse", "mixed")),
    "enhancement_pattern": ("enhancement", ("mild", "marked")), "rim_flame_sign": ("enhancement", ("mild", "marked")),
    "flow_void_site": ("flow_voids", ("present",)),
    "known_primary_site": ("known_primary", ("cns_tumour", "solid_cancer", "haematological")),
}  # fmt: skip
EXCLUDED: Mapping[str, tuple[str, str, str]] = {
    "cap_sign": ("haemorrhage", "absent", "present"), "haemosiderin_ring": ("haemorrhage", "absent", "present"),
}  # fmt: skip


def from_table(table: Mapping[str, States | str]) -> tuple[Chance, ...]:
    """The chances that a plain table of states and weights gives, with what its signs cannot do without."""
    made: list[Chance] = []
    for finding in sorted(table, key=lambda code: code in EXISTS or code in EXCLUDED):
        told = table[finding]
        own = {told: 1.0} if isinstance(told, str) else {str(state): float(weight) for state, weight in told.items()}
        own = {**dict.fromkeys(_asked_of(finding), RARE), **own}
        parent, states = EXISTS.get(finding, (None, ()))
        if parent in table and parent is not None:
            made.append(Chance(finding, own, parent, dict.fromkeys(states, own)))
        elif finding in EXCLUDED and EXCLUDED[finding][0] in table:
            needed, missing, state = EXCLUDED[finding]
            rest = {name: weight for name, weight in own.items() if name != state} or {"absent": 1.0}
            made.append(Chance(finding, own, needed, {missing: rest, "present": own}))
        elif parent is None:
            made.append(Chance(finding, own))
    return tuple(made)


def _asked_of(finding: str) -> list[str]:
    """States in which a sign must be able to be, so that what hangs from it can be fixed."""
    asked = [state for parent, states in EXISTS.values() if parent == finding for state in states]
    asked += ["present" for parent, _, _ in EXCLUDED.values() if parent == finding]
    return asked + ([EXCLUDED[finding][2]] if finding in EXCLUDED else [])


@dataclass(frozen=True)
class Coupling:
    """Signs that go together beyond the knowledge's trees: one number orders all of them, so that each keeps its own rates.

    groups holds for each sign its states in classes; the first class of one sign goes with the first class of the others.
    """

    groups: Mapping[str, tuple[tuple[str, ...], ...]]


def draw(
    chances: Sequence[Chance],
    fixed: Mapping[str, str],
    rng: np.random.Generator,
    couplings: Iterable[Coupling] = (),
) -> dict[str, str]:
    """A state for every sign that exists, drawn jointly. Refuses fixed states that never occur together."""
    weights = _weigh(chances, fixed)
    if weights is None:
        raise _conflict(chances, fixed)
    shared: dict[str, tuple[Coupling, float]] = {}
    for coupling in couplings:
        place = _place(coupling, chances, fixed, rng)
        shared |= dict.fromkeys(coupling.groups, (coupling, place))
    drawn: dict[str, str] = {}
    for chance in chances:
        rates = chance.among(drawn)
        if rates is None:
            continue
        rates = _widen(rates, chance, fixed)
        joint = {state: rate * weights[chance.finding].get(state, 0.0) for state, rate in rates.items()}
        if chance.finding in shared:
            coupling, place = shared[chance.finding]
            joint = _ordered(joint, coupling.groups[chance.finding], rng)
        else:
            place = float(rng.random())
        drawn[chance.finding] = pick(joint, place)
    return drawn


def pick(states: States, place: float) -> str:
    """The state at a place from 0 to 1 along the states, laid end to end."""
    left = place * sum(states.values())
    for state, weight in states.items():
        left -= weight
        if left < 0:
            return state
    return max(states, key=lambda state: states[state])


def _widen(rates: States, chance: Chance, fixed: Mapping[str, str]) -> States:
    """A fixed state that the rates do not name is rare, not impossible, unless what it depends on rules it out."""
    state = fixed.get(chance.finding)
    if state is None or state in rates or (chance.given is not None and state in chance.own):
        return rates
    return {**rates, state: RARE}


def _weigh(chances: Sequence[Chance], fixed: Mapping[str, str]) -> dict[str, dict[str, float]] | None:
    """For each state of each sign, how likely what is fixed below it then is; None where nothing allows all of it."""
    children: dict[str, list[Chance]] = {chance.finding: [] for chance in chances}
    for chance in chances:
        if chance.given is not None:
            children[chance.given].append(chance)
    needed = _needed(chances, fixed)
    below: dict[str, dict[str, float]] = {}

    def message(child: Chance, state: str) -> float:
        rates = child.among({str(child.given): state})
        if rates is None:
            return 0.0 if child.finding in needed else 1.0
        return sum(rate * below[child.finding][own] for own, rate in _widen(rates, child, fixed).items())

    for chance in reversed(chances):
        told = fixed.get(chance.finding)
        states = {
            *chance.own,
            *(state for rates in (chance.within or {}).values() for state in rates),
            *([told] if told else []),
        }
        below[chance.finding] = {
            state: float(told in (None, state)) * prod(message(child, state) for child in children[chance.finding])
            for state in states
        }
        rates = _widen(chance.own, chance, fixed)
        if chance.given is None and sum(rate * below[chance.finding][state] for state, rate in rates.items()) <= 0:
            return None
    return below


def _needed(chances: Sequence[Chance], fixed: Mapping[str, str]) -> set[str]:
    """The fixed signs and all that they hang from."""
    parents = {chance.finding: chance.given for chance in chances}
    found: set[str] = set()
    for sign in fixed:
        above: str | None = sign
        while above is not None:
            found.add(above)
            above = parents.get(above)
    return found


def _place(coupling: Coupling, chances: Sequence[Chance], fixed: Mapping[str, str], rng: np.random.Generator) -> float:
    """The coupling's number: anywhere, or where a fixed sign of it has its state."""
    for chance in chances:
        if chance.finding in coupling.groups and chance.finding in fixed:
            own = _ordered(_widen(chance.own, chance, fixed), coupling.groups[chance.finding], rng)
            before = 0.0
            whole = sum(own.values())
            for state, weight in own.items():
                if state == fixed[chance.finding]:
                    return (before + float(rng.random()) * weight) / whole
                before += weight
    return float(rng.random())


def _ordered(states: States, groups: tuple[tuple[str, ...], ...], rng: np.random.Generator) -> dict[str, float]:
    """States in the order of their classes, shuffled within each."""
    named = [state for group in groups for state in rng.permutation(np.array(group, dtype=object)) if state in states]
    return {str(state): states[state] for state in [*named, *(state for state in states if state not in named)]}


def _conflict(chances: Sequence[Chance], fixed: Mapping[str, str]) -> CallWrong:
    for pair in [*combinations(fixed.items(), 1), *combinations(fixed.items(), 2)]:
        if _weigh(chances, dict(pair)) is None:
            found = " with ".join(f"{code}={state}" for code, state in pair)
            return CallWrong("simulation", expected="signs that can occur together", found=found, remedy=_why(pair))
    return CallWrong("simulation", expected="signs that can occur together", found=str(dict(fixed)))


def _why(pair: Sequence[tuple[str, str]]) -> str:
    for code, _ in pair:
        if code in EXISTS:
            parent, states = EXISTS[code]
            return f"{code} is told only where {parent} is {' or '.join(states)}."
        if code in EXCLUDED:
            parent, missing, state = EXCLUDED[code]
            return f"{code}={state} cannot be where {parent} is {missing}."
    return "What one of them depends on rules the other out."
