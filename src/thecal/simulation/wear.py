"""What age does to discs: water and height lost, bulges and protrusions, thick ligaments, changed end plates, spurs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thecal.simulation.numbering import Numbering

# How early a disc wears; judged after the order that whole-spine series give (lower neck and lower back first).
EARLY = {"C4": 1.15, "C5": 1.4, "C6": 1.3, "L3": 1.05, "L4": 1.35, "L5": 1.35, "L6": 1.35}
# Wear beyond which a reader calls a lumbar disc degenerate.
DEGENERATE, BULGING_MM = 0.5, 1.0


@dataclass(frozen=True)
class Disc:
    """One disc: state from 0 (healthy) to 1 (dark, collapsed), height left, bulge and thickness of the yellow ligament in mm.

    protrusion is (mm to the right of the midline, size in mm), None without one; endplate is oedema, fat or none; spur_mm how
    far bone grows out around it; node a dent in the end plate.
    """

    state: float
    height: float
    bulge_mm: float
    flavum_mm: float
    protrusion: tuple[float, float] | None
    endplate: str
    spur_mm: float
    node: bool


def draw_discs(rng: np.random.Generator, age: float, numbering: Numbering) -> dict[str, Disc]:
    """Every disc of a spine of that age by the vertebra above it.

    Degenerate and bulging lumbar discs come as often as brinjikji_2015 found them without complaints at 20 to 80 years.
    """
    # Places were fitted to its prevalences at 20 and 80 years; see benchmarks/simulation.py.
    mean = float(np.interp(age, [0, 10, 20, 40, 60, 80, 90], [-0.2, -0.05, 0.25, 0.36, 0.46, 0.56, 0.6]))
    person = 0.11 * float(rng.standard_normal())
    names = numbering.names[1 : numbering.names.index("S1")]
    discs = {}
    for name in names:
        weight = 1.35 if name == numbering.last_lumbar else EARLY.get(name, 0.8)
        state = float(np.clip((mean + person) * weight + 0.15 * rng.standard_normal(), 0, 1))
        discs[name] = _draw_disc(rng, name, state, numbering)
    return discs


def _draw_disc(rng: np.random.Generator, name: str, state: float, numbering: Numbering) -> Disc:
    joined = numbering.half_joined and name == numbering.last_lumbar
    bulge = float(np.clip((0.05 + 0.95 * state) * rng.gamma(2.2, 0.56), 0, 2.8 if name[0] != "T" else 1.6))
    flavum = float(np.clip(state * rng.gamma(1.6, 0.45), 0, 2.2)) * (0.5 if name[0] == "T" else 1.0)
    torn = rng.random() < (0.06 + 0.05 * state) * (0.3 if name[0] == "T" else 1.0)
    spot = float(rng.normal(0, 3.0)), float(rng.uniform(2.0, 4.5)) * (0.7 if name[0] == "C" else 1.0)
    plate = float(rng.random())
    worn = state > DEGENERATE
    endplate = "oedema" if worn and plate < 0.07 else "fat" if worn and plate < 0.22 else "none"
    height = 0.45 if joined else 1 - 0.5 * state**2.5
    spur = float(np.clip((state - 0.4) * rng.gamma(2.0, 2.0), 0, 5.0))
    node = bool(rng.random() < 0.04 and name[0] in "TL")
    # A half-joined vertebra spares its own disc.
    return Disc(0.3 * state if joined else state, height, 0.0 if joined else bulge, flavum, spot if torn else None, endplate,
                spur, node)  # fmt: skip
