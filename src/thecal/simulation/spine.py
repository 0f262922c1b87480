"""One drawn spine: its levels, its curve, and the size of cord, sac, canal and vertebrae along it.

Coordinates of a straightened spine: u to the right, v to the front, s along the canal to the head, all in mm from the canal's
centre; s is 0 at the lower end of S5. Profiles are arrays over s with a fixed step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Profile = NDArray[np.float64]

# Heights in mm of vertebral bodies and of the disc below each, adults; judged from anatomy texts, no single source.
BODY_MM = {
    "C1": 16.0, "C2": 20.0, "C3": 13.5, "C4": 13.2, "C5": 12.8, "C6": 13.2, "C7": 14.5,
    "T1": 16.0, "T2": 17.0, "T3": 17.5, "T4": 18.0, "T5": 18.5, "T6": 19.0, "T7": 19.5, "T8": 20.0, "T9": 20.5,
    "T10": 21.5, "T11": 22.5, "T12": 24.0, "L1": 26.0, "L2": 26.5, "L3": 27.0, "L4": 27.0, "L5": 27.0,
    "S1": 28.0, "S2": 23.0, "S3": 19.0, "S4": 16.0, "S5": 14.0,
}  # fmt: skip
DISC_MM = {
    "C1": 1.0, "C2": 5.0, "C3": 5.2, "C4": 5.3, "C5": 5.3, "C6": 5.6, "C7": 5.2,
    "T1": 4.6, "T2": 4.2, "T3": 4.0, "T4": 4.0, "T5": 4.2, "T6": 4.5, "T7": 4.8, "T8": 5.0, "T9": 5.2, "T10": 5.6,
    "T11": 6.0, "T12": 6.8, "L1": 8.0, "L2": 9.2, "L3": 10.5, "L4": 11.3, "L5": 9.8,
    "S1": 2.0, "S2": 1.0, "S3": 1.0, "S4": 1.0, "S5": 0.0,
}  # fmt: skip
NAMES = tuple(BODY_MM)
VERTEBRA_CODES = {
    **{f"C{n}": 10 + n for n in range(1, 8)}, **{f"T{n}": 20 + n for n in range(1, 13)},
    **{f"L{n}": 40 + n for n in range(1, 6)}, **{f"S{n}": 50 for n in range(1, 6)},
}  # fmt: skip
# Code of the disc below a vertebra, as contract/labels.md has it.
DISC_CODES = {
    **{f"C{n}": 61 + n for n in range(2, 7)}, "C7": 71, **{f"T{n}": 71 + n for n in range(1, 12)}, "T12": 91,
    **{f"L{n}": 91 + n for n in range(1, 5)}, "L5": 100,
}  # fmt: skip
# Cross-sectional area of the cord in mm², mean and SD. Source: pam50_normalized_metrics; C1, conus levels judged.
CORD_AREA = {
    "C1": (74.0, 7.0), "C2": (71.7, 6.9), "C4": (77.3, 7.5), "C7": (56.8, 7.2), "T3": (37.9, 5.2), "T6": (34.9, 3.9),
    "T9": (39.3, 4.7), "T11": (48.8, 8.6), "T12": (47.0, 8.0),
}  # fmt: skip
# Width of the cord over its depth; judged.
CORD_ASPECT = {"C1": 1.35, "C3": 1.55, "C5": 1.75, "C7": 1.6, "T3": 1.22, "T9": 1.2, "T12": 1.15, "L1": 1.1}
# Cross-sectional area of sac and cord together in mm²; C3, C7, T3 by pam50_normalized_metrics, the rest judged.
SAC_AREA = {
    "C1": (300.0, 40.0), "C2": (240.0, 32.0), "C3": (210.0, 29.0), "C5": (190.0, 28.0), "C7": (195.0, 32.0),
    "T3": (151.0, 28.0), "T7": (145.0, 26.0), "T10": (165.0, 28.0), "T12": (205.0, 32.0), "L2": (215.0, 36.0),
    "L4": (190.0, 38.0), "L5": (165.0, 36.0), "S1": (115.0, 30.0), "S2": (45.0, 15.0),
}  # fmt: skip
SAC_ASPECT = {"C1": 1.15, "C3": 1.5, "C6": 1.65, "T1": 1.35, "T6": 1.08, "T12": 1.25, "L3": 1.25, "L5": 1.3, "S2": 1.4}
# Half the depth and half the width in mm of the vertebral body; judged.
BODY_DEPTH = {
    "C2": 7.5, "C5": 8.3, "C7": 8.8, "T1": 9.0, "T6": 13.5, "T12": 15.5, "L3": 17.0, "L5": 17.5, "S1": 14.5, "S3": 7.0, "S5": 4.0,
}  # fmt: skip
BODY_WIDTH = {
    "C2": 9.0, "C5": 10.0, "C7": 12.5, "T2": 14.0, "T6": 14.5, "T12": 20.5, "L3": 23.0, "L5": 25.5, "S1": 27.0, "S3": 18.0,
    "S5": 10.0,
}  # fmt: skip
# Room between sac and bone in mm at the front, at the back and at the sides; judged.
EPIDURAL = {
    "front": {"C2": 0.7, "T6": 0.8, "T12": 1.0, "L4": 1.5, "L5": 3.0, "S1": 6.0, "S3": 3.0},
    "back": {"C2": 0.6, "C7": 0.8, "T4": 1.6, "T8": 2.0, "L3": 1.5, "S2": 2.5},
    "side": {"C2": 1.0, "T6": 1.0, "L2": 1.5, "L5": 3.0, "S1": 5.0, "S3": 3.0},
}
# Direction in degrees of the canal, upwards: positive leans to the front. Source: judged from standing-to-supine curves.
LEAN = {
    "S5": 42.0, "S2": 38.0, "S1": 27.0, "L5": 17.0, "L3": 0.0, "L1": -12.0, "T10": -13.0, "T7": 0.0, "T3": 15.0, "T1": 17.0,
    "C6": 9.0, "C4": -1.0, "C2": -7.0, "C1": -8.0,
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


@dataclass(eq=False)
class Spine:
    """A spine as drawn; lesions then change its profiles before it is painted.

    disc_state runs from 0 (healthy) to 1 (collapsed, dark), bulge_mm says how far the disc stands into the canal;
    healthy_cord is the cord as it was before any lesion.
    """

    levels: tuple[Level, ...]
    s: Profile
    lean: Profile
    sideways: Profile
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
    disc_state: dict[str, float] = field(default_factory=dict)
    bulge_mm: dict[str, float] = field(default_factory=dict)
    healthy_cord: Tube | None = None

    def level(self, name: str) -> Level:
        """The vertebra of that name."""
        return self.levels[NAMES.index(name)]

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


def draw_spine(rng: np.random.Generator, *, age: float, female: bool, step_mm: float) -> Spine:
    """A healthy spine of that age and sex."""
    scale = float(rng.normal(0.975 if female else 1.035, 0.04)) * growth(age)
    levels = _stack(scale, rng)
    length = levels[0].high + 60.0
    s = np.arange(0.0, length, step_mm)
    spine = Spine(
        levels, s, _lean(s, levels, rng), _sideways(s, rng), *_tubes(s, levels, rng, scale, female),
        _along(s, levels, BODY_DEPTH) * scale, _along(s, levels, BODY_WIDTH) * scale, 0.0, 0.0, scale, age, female,
    )  # fmt: skip
    _end_cord(spine, rng)
    _age_discs(spine, rng)
    spine.healthy_cord = spine.cord
    return spine


def growth(age: float) -> float:
    """Size of a spine of that age against the adult's; judged."""
    return float(np.interp(age, [0, 1, 5, 10, 15, 18], [0.45, 0.55, 0.70, 0.84, 0.97, 1.0]))


def _stack(scale: float, rng: np.random.Generator) -> tuple[Level, ...]:
    levels: list[Level] = []
    s = 0.0
    for name in reversed(NAMES):
        jitter = 1 + 0.02 * rng.standard_normal()
        disc, body = DISC_MM[name] * scale, BODY_MM[name] * scale * jitter
        levels.append(Level(name, s + disc, s + disc + body, s))
        s += disc + body
    return tuple(reversed(levels))


def _along(s: Profile, levels: tuple[Level, ...], values: dict[str, float]) -> Profile:
    by_name = {level.name: level.middle for level in levels}
    places = sorted((by_name[name], value) for name, value in values.items())
    return np.asarray(np.interp(s, [place for place, _ in places], [value for _, value in places]))


def _smooth(profile: Profile, width: float, step: float) -> Profile:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(profile, width / step, mode="nearest"))


def wander(rng: np.random.Generator, count: int, width: float) -> Profile:
    """A smooth random profile of unit spread; width is its correlation length in samples."""
    from scipy.ndimage import gaussian_filter1d

    raw = gaussian_filter1d(rng.standard_normal(count), width, mode="reflect")
    return np.asarray(raw / max(float(raw.std()), 1e-9))


def _lean(s: Profile, levels: tuple[Level, ...], rng: np.random.Generator) -> Profile:
    lordosis, kyphosis, neck = (
        float(x) for x in np.clip(rng.normal(1.0, [0.25, 0.25, 0.6]), [0.4, 0.4, -0.3], [1.6, 1.6, 2.0])
    )
    strength = {"C": neck, "T": kyphosis, "L": lordosis, "S": 0.5 + 0.5 * lordosis}
    degrees = _along(s, levels, {name: value * strength[name[0]] for name, value in LEAN.items()})
    step = float(s[1] - s[0])
    degrees = degrees + 1.5 * wander(rng, len(s), 40 / step) + rng.normal(0, 2)
    return np.radians(_smooth(degrees, 14, step))


def _sideways(s: Profile, rng: np.random.Generator) -> Profile:
    step = float(s[1] - s[0])
    return wander(rng, len(s), 70 / step) * float(np.clip(rng.exponential(0.8), 0.1, 4.0))


def _tubes(
    s: Profile, levels: tuple[Level, ...], rng: np.random.Generator, scale: float, female: bool
) -> tuple[Tube, Tube, Tube]:
    step = float(s[1] - s[0])
    person, person_sac = rng.standard_normal(2)
    # Women's cords are smaller by 5 mm² at C2 (74.1 and 69.1; source: pam50_normalized_metrics).
    sex = -0.35 if female else 0.35
    wobble = wander(rng, len(s), 60 / step)

    def sized(norms: dict[str, tuple[float, float]], z: Profile) -> Profile:
        mean = _along(s, levels, {name: value[0] for name, value in norms.items()})
        spread = _along(s, levels, {name: value[1] for name, value in norms.items()})
        return np.asarray(_smooth(np.clip(mean + z * spread, 0.45 * mean, None), 8, step))

    small = min(1.0, scale / 0.9) ** 1.5
    cord_area = sized(CORD_AREA, np.clip(0.85 * person + sex + 0.4 * wobble, -2.3, 2.3)) * small
    sac_area = sized(SAC_AREA, np.clip(0.85 * person_sac + 0.3 * person + 0.3 * wobble, -1.6, 2.2)) * small
    cord_aspect = _smooth(_along(s, levels, CORD_ASPECT), 10, step)
    sac_aspect = _smooth(_along(s, levels, SAC_ASPECT), 10, step) * (1 + 0.06 * rng.standard_normal())
    sac_area = np.maximum(sac_area, np.where(s > levels[NAMES.index("L1")].low, 1.9 * cord_area, 0))
    forward = (
        _along(s, levels, {"C1": 0.5, "C5": 0.8, "T1": 1.0, "T5": 2.2, "T9": 1.6, "T12": -0.6, "L1": -1.8}) * scale
    )
    zero = np.zeros_like(s)
    sac = Tube(zero, zero, np.sqrt(sac_area * sac_aspect / np.pi), np.sqrt(sac_area / sac_aspect / np.pi))
    cord_a, cord_b = np.sqrt(cord_area * cord_aspect / np.pi), np.sqrt(cord_area / cord_aspect / np.pi)
    cord = Tube(zero, np.clip(forward, -(sac.b - cord_b - 0.5), np.maximum(sac.b - cord_b - 0.5, 0.0)), cord_a, cord_b)
    return cord, sac, _canal_around(s, levels, sac)


def _canal_around(s: Profile, levels: tuple[Level, ...], sac: Tube) -> Tube:
    front, back, side = (_along(s, levels, EPIDURAL[where]) for where in ("front", "back", "side"))
    return Tube(sac.u, sac.v + (front - back) / 2, sac.a + side, sac.b + (front + back) / 2)


def _end_cord(spine: Spine, rng: np.random.Generator) -> None:
    """Ends the cord between T12 and L2 and the sac at S2."""
    middle = spine.level("L1").middle - float(np.clip(rng.normal(0, 1), -1.8, 1.8)) * 0.45 * BODY_MM["L1"] * spine.scale
    spine.conus_tip = middle
    spine.sac_end = spine.level("S2").middle + float(rng.normal(0, 6))
    taper = np.clip((spine.s - middle) / (26.0 * spine.scale), 0, 1) ** 0.7
    cord = spine.cord
    keep = np.clip((spine.s - spine.sac_end) / 22.0, 0, 1) ** 0.5
    sac = Tube(spine.sac.u, spine.sac.v, spine.sac.a * keep, spine.sac.b * keep)
    spine.cord, spine.sac = Tube(cord.u, cord.v, cord.a * taper, cord.b * taper), sac


def _age_discs(spine: Spine, rng: np.random.Generator) -> None:
    """Discs dehydrate and bulge with age, most at C5-C7 and L4-S1; judged."""
    worn = float(np.clip((spine.age - 20) / 60, 0, 1))
    for level in spine.levels:
        if level.name not in DISC_CODES:
            continue
        weight = {"C5": 1.3, "C6": 1.3, "L4": 1.4, "L5": 1.4}.get(level.name, 0.8)
        state = float(np.clip(worn * weight + 0.2 * rng.standard_normal(), 0, 1))
        spine.disc_state[level.name] = state
        spine.bulge_mm[level.name] = float(np.clip(state * rng.gamma(2.0, 0.55), 0, 2.6)) * spine.scale
