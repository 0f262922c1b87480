"""One drawn spine: its levels, its curve, and the size of cord, sac, canal and vertebrae along it.

Coordinates of a straightened spine: u to the right, v to the front, s along the canal to the head, all in mm from the canal's
centre; s is 0 at the lower end of S5. Profiles are arrays over s with a fixed step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from thecal.simulation.numbering import Numbering, draw_numbering
from thecal.simulation.sizes import (
    BODY_DEPTH,
    BODY_MM,
    BODY_WIDTH,
    CORD_AREA,
    CORD_ASPECT,
    DISC_MM,
    EPIDURAL,
    LEAN,
    SAC_AREA,
    SAC_ASPECT,
)
from thecal.simulation.surgery import Operation, draw_operation
from thecal.simulation.wear import Disc, draw_discs

Profile = NDArray[np.float64]

VERTEBRA_CODES = {
    **{f"C{n}": 10 + n for n in range(1, 8)}, **{f"T{n}": 20 + n for n in range(1, 14)},
    **{f"L{n}": 40 + n for n in range(1, 7)}, **{f"S{n}": 50 for n in range(1, 6)},
}  # fmt: skip
# Code of the disc below a vertebra in a spine of the usual count; Spine.disc_code knows the others. Source: contract of labels.
DISC_CODES = {
    **{f"C{n}": 61 + n for n in range(2, 7)}, "C7": 71, **{f"T{n}": 71 + n for n in range(1, 12)}, "T12": 91, "T13": 91,
    **{f"L{n}": 91 + n for n in range(1, 5)}, "L5": 100, "L6": 100,
}  # fmt: skip
DISC_NAMES = {
    **{61 + n: f"disc C{n}-C{n + 1}" for n in range(2, 7)}, 71: "disc C7-T1",
    **{71 + n: f"disc T{n}-T{n + 1}" for n in range(1, 13)}, 91: "disc last thoracic-L1",
    **{91 + n: f"disc L{n}-L{n + 1}" for n in range(1, 6)}, 100: "disc last lumbar-S1",
}  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One vertebra: where its body and the disc below it lie along the canal, in mm."""

    name: str
    low: float
    high: float
    disc_low: float

    @property
    def middle(self) -> float:
        """Mid-height of the body."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, eq=False)
class Tube:
    """A structure that runs along the canal: centre and half axes of its elliptic cross-section, profiles over s in mm."""

    u: Profile
    v: Profile
    a: Profile
    b: Profile

    @property
    def area(self) -> Profile:
        """Cross-sectional area in mm²."""
        return np.asarray(np.pi * self.a * self.b)


# Which level stands in for one that a spine lacks.
STAND_INS = {"T13": "T12", "T12": "T11", "L6": "L5", "L5": "L4"}
# Share of the variance of an area between people, that of the other area, and along one person's cord; judged, they sum to one.
PERSON, OTHER, ALONG = 0.80, 0.07, 0.13
# Women's cords against men's: half the difference at C2 (74.1 and 69.1 mm²) in SD. Source: pam50_normalized_metrics
SEX_SD = 0.36


@dataclass(eq=False)
class Spine:
    """A spine as drawn; lesions then change its profiles before it is painted.

    lean is the direction to the front, sideways the shift and twist (radians) of a scoliosis; disc_state runs from 0 (healthy)
    to 1 (collapsed, dark), bulge_mm says how far the disc stands into the canal; wall is where the vertebral bodies end at the
    back; healthy_cord is the cord as it was before any lesion.
    """

    levels: tuple[Level, ...]
    s: Profile
    lean: Profile
    sideways: Profile
    twist: Profile
    cord: Tube
    sac: Tube
    canal: Tube
    body_depth: Profile
    body_width: Profile
    conus_tip: float
    sac_end: float
    scale: float
    age: float
    female: bool
    numbering: Numbering
    wall: Profile
    cobb_deg: float = 0.0
    operation: Operation | None = None
    discs: dict[str, Disc] = field(default_factory=dict)
    disc_state: dict[str, float] = field(default_factory=dict)
    bulge_mm: dict[str, float] = field(default_factory=dict)
    healthy_cord: Tube | None = None

    def level(self, name: str) -> Level:
        """The vertebra of that name, or the one above it where this spine lacks it."""
        by_name = {level.name: level for level in self.levels}
        while name not in by_name:
            name = STAND_INS[name]
        return by_name[name]

    def disc_code(self, name: str) -> int:
        """Label of the disc below a vertebra of this spine; 0 where there is none."""
        names = [level.name for level in self.levels]
        below = names[min(names.index(name) + 1, len(names) - 1)]
        if below == "S1":
            return 100
        if name[0] == "T" and below == "L1":
            return 91
        return {"T12": 83, "L5": 96}.get(name, DISC_CODES.get(name, 50 if name[0] == "S" else 0))

    def body_wall(self) -> Profile:
        """Where the vertebral bodies begin behind, mm in front of the canal's centre: scalloped bone lies farther forward."""
        return np.maximum(self.wall, self.canal.v + self.canal.b)

    def at(self, profile: Profile, s: float) -> float:
        """A profile's value at one place."""
        return float(np.interp(s, self.s, profile))

    def level_at(self, s: float) -> str:
        """Name of the vertebra, with the disc below it, at a place along the canal."""
        for level in self.levels:
            if s >= level.disc_low:
                return level.name
        return self.levels[-1].name

    def segments_between(self, low: float, high: float) -> float:
        """Length between two places in vertebral segments; a level crossed in part counts by the share crossed."""
        total = 0.0
        for level in self.levels:
            crossed = min(high, level.high) - max(low, level.disc_low)
            total += max(crossed, 0.0) / (level.high - level.disc_low)
        return total

    def curve(self) -> NDArray[np.float64]:
        """Centre of the canal in mm, rows x, y, z over s; the origin lies at mid-length."""
        step = self.s[1] - self.s[0]
        y = np.cumsum(np.sin(self.lean)) * step
        z = np.cumsum(np.cos(self.lean)) * step
        middle = len(self.s) // 2
        return np.stack([self.sideways, y - y[middle], z - z[middle]])


def draw_spine(
    rng: np.random.Generator, *, age: float, female: bool, step_mm: float, numbering: Numbering | None = None,
    operated: bool | None = None,
) -> Spine:  # fmt: skip
    """A spine without a lesion of that age and sex, with the wear of that age.

    numbering and whether it was operated on are drawn unless given.
    """
    numbering = numbering or draw_numbering(rng)
    scale = float(rng.normal(0.975 if female else 1.035, 0.04)) * growth(age)
    discs = draw_discs(rng, age, numbering)
    levels = _stack(scale, rng, numbering, discs, age)
    length = levels[0].high + 60.0
    s = np.arange(0.0, length, step_mm)
    sideways, twist, cobb = _scoliosis(s, levels, rng, age, female)
    cord, sac, canal = _tubes(s, levels, rng, scale, age, female)
    spine = Spine(
        levels, s, _lean(s, levels, rng, age), sideways, twist, cord, sac, canal,
        _along(s, levels, BODY_DEPTH) * scale, _along(s, levels, BODY_WIDTH) * scale, 0.0, 0.0, scale, age, female,
        numbering, canal.v + canal.b, cobb,
        draw_operation(rng, age, numbering.names, operated), discs, {name: disc.state for name, disc in discs.items()},
        {name: disc.bulge_mm * scale for name, disc in discs.items()},
    )  # fmt: skip
    _end_cord(spine, rng)
    _narrow_at_discs(spine)
    spine.healthy_cord = spine.cord
    return spine


def growth(age: float) -> float:
    """Size of a spine of that age against the adult's; judged."""
    return float(np.interp(age, [0, 1, 5, 10, 15, 18], [0.45, 0.55, 0.70, 0.84, 0.97, 1.0]))


def cord_growth(age: float) -> tuple[float, float]:
    """Area of cord and of sac at that age against the adult's: both grow early, the sac first; judged."""
    cord = np.interp(age, [0, 1, 3, 6, 10, 15, 18], [0.34, 0.48, 0.62, 0.74, 0.86, 0.97, 1.0])
    sac = np.interp(age, [0, 1, 3, 6, 10, 15, 18], [0.42, 0.58, 0.74, 0.85, 0.93, 0.99, 1.0])
    return float(cord), float(sac)


def _stack(
    scale: float, rng: np.random.Generator, numbering: Numbering, discs: dict[str, Disc], age: float
) -> tuple[Level, ...]:
    levels: list[Level] = []
    s = 0.0
    # A child's discs are high against its bodies.
    young = 1 + 0.6 * (1 - growth(age))
    for name in reversed(numbering.names):
        jitter = 1 + 0.02 * rng.standard_normal()
        kept = discs[name].height if name in discs else 1.0
        disc, body = DISC_MM[name] * scale * kept * young, BODY_MM[name] * scale * jitter
        levels.append(Level(name, s + disc, s + disc + body, s))
        s += disc + body
    return tuple(reversed(levels))


def _along(s: Profile, levels: tuple[Level, ...], values: dict[str, float]) -> Profile:
    by_name = {level.name: level.middle for level in levels}
    places = sorted((by_name[name], value) for name, value in values.items() if name in by_name)
    return np.asarray(np.interp(s, [place for place, _ in places], [value for _, value in places]))


def _curved(s: Profile, levels: tuple[Level, ...], values: dict[str, float]) -> Profile:
    """Like _along, without corners at the levels and without overshoot between them."""
    by_name = {level.name: level.middle for level in levels}
    places = sorted((by_name[name], value) for name, value in values.items() if name in by_name)
    within = np.clip(s, places[0][0], places[-1][0])
    return np.asarray(PchipInterpolator([place for place, _ in places], [value for _, value in places])(within))


def _smooth(profile: Profile, width: float, step: float) -> Profile:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(profile, width / step, mode="nearest"))


def wander(rng: np.random.Generator, count: int, width: float) -> Profile:
    """A smooth random profile of unit spread; width is its correlation length in samples."""
    from scipy.ndimage import gaussian_filter1d

    raw = gaussian_filter1d(rng.standard_normal(count), width, mode="reflect")
    return np.asarray(raw / max(float(raw.std()), 1e-9))


def _lean(s: Profile, levels: tuple[Level, ...], rng: np.random.Generator, age: float) -> Profile:
    lordosis, kyphosis, neck = (
        float(x) for x in np.clip(rng.normal(1.0, [0.25, 0.25, 0.6]), [0.4, 0.4, -0.3], [1.6, 1.6, 2.0])
    )
    # Curves come with sitting and walking; the chest bends further in old age.
    upright, old = float(np.interp(age, [0, 0.5, 2, 6], [0.25, 0.4, 0.7, 1.0])), max(age - 55, 0) * 0.008
    strength = {
        "C": neck * upright, "T": kyphosis * (0.5 + 0.5 * upright) + old, "L": lordosis * upright,
        "S": 0.5 + 0.5 * lordosis,
    }  # fmt: skip
    degrees = _along(s, levels, {name: value * strength[name[0]] for name, value in LEAN.items()})
    step = float(s[1] - s[0])
    degrees = degrees + 1.5 * wander(rng, len(s), 40 / step) + rng.normal(0, 2)
    return np.radians(_smooth(degrees, 14, step))


def scoliosis_rate(age: float) -> float:
    """How many people of that age have a curve of 10 degrees or more: 3 % by the end of growth, then as mcaviney_2020 pooled it.

    Source: mcaviney_2020 (13 % before 60, 36 % after); the rise between is judged.
    """
    return float(np.interp(age, [0, 9, 16, 40, 55, 65], [0.0, 0.01, 0.03, 0.06, 0.13, 0.36]))


def _scoliosis(
    s: Profile, levels: tuple[Level, ...], rng: np.random.Generator, age: float, female: bool
) -> tuple[Profile, Profile, float]:
    """Shift to the side in mm and twist in radians along the canal, and the Cobb angle of the main curve in degrees."""
    step = float(s[1] - s[0])
    rate = scoliosis_rate(age) * (1.15 if female else 0.8)
    drawn = 10 + float(rng.exponential(8.0)), float(rng.uniform(0.5, 8.0))
    cobb = min(drawn[0], 45.0) if rng.random() < rate else drawn[1]
    apex = float(rng.normal(0.45, 0.1)) * levels[0].high
    width = float(rng.uniform(60, 105)) * levels[0].high / 640
    side = float(rng.choice([-1.0, 1.0]))
    # A bump's steepest slopes face each other at the Cobb angle: 0.858 · height / width is its slope.
    height = side * np.tan(np.radians(cobb / 2)) * width / 0.858
    bump = np.exp(-(((s - apex) / width) ** 2))
    beside = 0.35 * (
        np.exp(-(((s - apex - 2.1 * width) / width) ** 2)) + np.exp(-(((s - apex + 2.1 * width) / width) ** 2))
    )
    sway = wander(rng, len(s), 70 / step) * float(np.clip(rng.exponential(0.5), 0.1, 2.0))
    return height * (bump - beside) + sway, np.radians(0.5 * cobb) * side * (bump - beside), cobb


def _tubes(
    s: Profile, levels: tuple[Level, ...], rng: np.random.Generator, scale: float, age: float, female: bool
) -> tuple[Tube, Tube, Tube]:
    step = float(s[1] - s[0])
    person, person_sac = rng.standard_normal(2)
    sex = -SEX_SD if female else SEX_SD

    def sized(norms: dict[str, tuple[float, float]], z: Profile) -> Profile:
        mean, spread = (_curved(s, levels, {name: value[n] for name, value in norms.items()}) for n in (0, 1))
        return np.asarray(np.clip(mean + np.clip(z, -2.6, 2.6) * spread, 0.45 * mean, None))

    own = np.sqrt(max(PERSON + OTHER - SEX_SD**2, 0.0))
    cord_z = own * person + sex + np.sqrt(ALONG) * wander(rng, len(s), 60 / step)
    sac_z = np.sqrt(PERSON) * person_sac + np.sqrt(OTHER) * person + np.sqrt(ALONG) * wander(rng, len(s), 60 / step)
    young_cord, young_sac = cord_growth(age)
    cord_area, sac_area = sized(CORD_AREA, cord_z) * young_cord, sized(SAC_AREA, sac_z) * young_sac
    cord_aspect = _smooth(_along(s, levels, CORD_ASPECT), 10, step) * (1 + 0.05 * rng.standard_normal())
    sac_aspect = _smooth(_along(s, levels, SAC_ASPECT), 10, step) * (1 + 0.06 * rng.standard_normal())
    top = next(level.low for level in levels if level.name == "L1")
    sac_area = np.maximum(sac_area, np.where(s > top, 1.75 * cord_area, 0))
    forward = (
        _along(s, levels, {"C1": 0.5, "C5": 0.8, "T1": 1.0, "T5": 2.2, "T9": 1.6, "T12": -0.6, "L1": -1.8}) * scale
    )
    zero = np.zeros_like(s)
    sac = Tube(zero, zero, np.sqrt(sac_area * sac_aspect / np.pi), np.sqrt(sac_area / sac_aspect / np.pi))
    cord_a, cord_b = np.sqrt(cord_area * cord_aspect / np.pi), np.sqrt(cord_area / cord_aspect / np.pi)
    cord_a = np.minimum(cord_a, sac.a - 0.8)
    cord_b = np.minimum(cord_area / np.pi / cord_a, sac.b - 0.6)
    cord = Tube(zero, np.clip(forward, -(sac.b - cord_b - 0.5), np.maximum(sac.b - cord_b - 0.5, 0.0)), cord_a, cord_b)
    return cord, sac, _canal_around(s, levels, sac, scale)


def _canal_around(s: Profile, levels: tuple[Level, ...], sac: Tube, scale: float) -> Tube:
    front, back, side = (_along(s, levels, EPIDURAL[where]) * min(scale, 1.0) for where in ("front", "back", "side"))
    return Tube(sac.u, sac.v + (front - back) / 2, sac.a + side, sac.b + (front + back) / 2)


def _end_cord(spine: Spine, rng: np.random.Generator) -> None:
    """Ends the cord around the lower third of L1 (T12 to L2; a level lower at birth) and the sac at S2.

    Source: saifuddin_1998 (mean and range of 504 adults)
    """
    first = spine.level("L1")
    height = first.high - first.disc_low
    low = float(np.interp(spine.age, [0.0, 0.25, 1.0], [1.0, 0.4, 0.0]))
    place = first.low + 0.17 * (first.high - first.low) + float(rng.normal(0, 0.55)) * height - low * height
    bounds = (spine.level("L3" if low else "L2").low + 1.0, spine.level("T12").middle)
    spine.conus_tip = float(np.clip(place, *bounds))
    spine.sac_end = spine.level("S2").middle + float(rng.normal(0, 6)) * spine.scale
    taper = np.clip((spine.s - spine.conus_tip) / (26.0 * spine.scale), 0, 1) ** 0.7
    cord = spine.cord
    keep = np.clip((spine.s - spine.sac_end) / 22.0, 0, 1) ** 0.5
    sac = Tube(spine.sac.u, spine.sac.v, spine.sac.a * keep, spine.sac.b * keep)
    spine.cord, spine.sac = Tube(cord.u, cord.v, cord.a * taper, cord.b * taper), sac


def _narrow_at_discs(spine: Spine) -> None:
    """Bulging discs in front and thick yellow ligaments behind narrow the canal, the sac and at last the cord."""
    front, back, side = (np.zeros_like(spine.s) for _ in range(3))
    for level in spine.levels:
        disc = spine.discs.get(level.name)
        if disc is None:
            continue
        near = np.exp(-(((spine.s - (level.low + level.disc_low) / 2) / (5.0 * spine.scale)) ** 2))
        front = np.maximum(front, disc.bulge_mm * spine.scale * near)
        back = np.maximum(back, disc.flavum_mm * spine.scale * near)
        side = np.maximum(side, 0.6 * disc.flavum_mm * spine.scale * near)
    canal, sac = spine.canal, spine.sac
    room_front, room_back = canal.v + canal.b - sac.v - sac.b, canal.b - canal.v + sac.v - sac.b
    spine.canal = Tube(canal.u, canal.v + (back - front) / 2, canal.a - side, canal.b - (front + back) / 2)
    front, back = np.maximum(front - 0.6 * room_front, 0), np.maximum(back - 0.6 * room_back, 0)
    side = np.maximum(side - 0.5, 0)
    least = np.minimum(2.2, sac.b)
    b = np.maximum(sac.b - (front + back) / 2, least)
    spine.sac = Tube(sac.u, sac.v + (back - front) / 2, np.maximum(sac.a - side, np.minimum(2.5, sac.a)), b)
    spine.canal = Tube(
        spine.canal.u, spine.canal.v, np.maximum(spine.canal.a, spine.sac.a), np.maximum(spine.canal.b, b + 0.1)
    )
    _fit_cord(spine)


def _fit_cord(spine: Spine) -> None:
    """Moves the cord into the middle of a narrowed sac and flattens it where it must."""
    cord, sac = spine.cord, spine.sac
    room = np.maximum(sac.b - cord.b - 0.3, 0.0)
    flat = np.minimum(cord.b, np.maximum(sac.b - 0.3, 0.0))
    wide = np.minimum(cord.a * np.sqrt(np.divide(cord.b, np.maximum(flat, 0.1))), np.maximum(sac.a - 0.3, 0.0))
    spine.cord = Tube(cord.u, np.clip(cord.v, sac.v - room, sac.v + room), np.where(flat < cord.b, wide, cord.a), flat)
