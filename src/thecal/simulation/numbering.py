"""How many vertebrae a spine has above the sacrum: the usual 24, one more or one fewer; and half-transitional ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

USUAL = (
    *(f"C{n}" for n in range(1, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)),
    *(f"S{n}" for n in range(1, 6)),
)  # fmt: skip
# Whole-spine CT of 551 and of 226 people: 68 + 6 had 23 vertebrae above the sacrum, 22 + 14 had 25; of those 36, 19 had ribs
# on the first lumbar one. Sources: lstv_wholespine_2025, nakajima_2014
PEOPLE, ONE_FEWER, ONE_MORE, WITH_RIBS = 777, 74, 36, 19
# Of those with one fewer, how many lack a pair of ribs and not a lumbar vertebra; and a last lumbar vertebra half joined to the
# sacrum in a spine of the usual count. Judged: series count the latter from 4 to 36 % (apazidis_2011), by how little suffices.
FEWER_RIBS, HALF_JOINED = 0.4, 0.10


@dataclass(frozen=True)
class Numbering:
    """Names of the vertebrae from the head down; half_joined where the last lumbar one is partly fused with the sacrum."""

    names: tuple[str, ...] = USUAL
    half_joined: bool = False

    @property
    def last_lumbar(self) -> str:
        """The vertebra above the sacrum."""
        return self.names[self.names.index("S1") - 1]

    @property
    def kind(self) -> str:
        """usual, T11, L4, T13 or L6: which count differs."""
        known = set(self.names)
        if "T13" in known or "L6" in known:
            return "T13" if "T13" in known else "L6"
        return "usual" if {"T12", "L5"} <= known else "L4" if "T12" in known else "T11"


def numbered(kind: str, half_joined: bool = False) -> Numbering:
    """The names of a spine that lacks or adds one: usual, T11 (no T12), L4 (no L5), T13 or L6."""
    names = list(USUAL)
    if kind in ("T11", "L4"):
        names.remove({"T11": "T12", "L4": "L5"}[kind])
    elif kind in ("T13", "L6"):
        names.insert(names.index("L1" if kind == "T13" else "S1"), kind)
    return Numbering(tuple(names), half_joined)


def draw_numbering(rng: np.random.Generator) -> Numbering:
    """A count of vertebrae at the rates of whole-spine CT."""
    draw, second = float(rng.random()), float(rng.random())
    if draw < ONE_FEWER / PEOPLE:
        return numbered("T11" if second < FEWER_RIBS else "L4")
    if draw < (ONE_FEWER + ONE_MORE) / PEOPLE:
        return numbered("T13" if second < WITH_RIBS / ONE_MORE else "L6")
    return numbered("usual", second < HALF_JOINED)
