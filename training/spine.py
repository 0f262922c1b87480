"""A spine by numbers: where its levels lie, how wide canal, sac and cord are along it, and what has gone wrong with it.

Everything is a profile over s, the position along the spine in mm: 0 at the top of the body of C2, negative towards the feet.
Typical sizes are round numbers of adult anatomy, spread widely on purpose: a network learns from variety, not from means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Profile = NDArray[np.float32]

STEP_MM = 0.5
S_MM = np.arange(-760.0, 140.0, STEP_MM, dtype=np.float32)
LEVELS = ("C2", *(f"C{n}" for n in range(3, 8)), *(f"T{n}" for n in range(1, 13)), *(f"L{n}" for n in range(1, 6)),
          *(f"S{n}" for n in range(1, 6)))  # fmt: skip
BODY_MM = (
    20,
    *[14] * 5,
    16,
    17,
    17.5,
    18,
    18.5,
    19,
    19.5,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    26.5,
    27,
    27.5,
    28,
    24,
    20,
    18,
    15,
)
DISC_MM = (5, *[5.5] * 5, 4, 3.5, 3.5, 3.5, 4, 4, 4, 4.5, 5, 5.5, 6, 6.5, 7.5, 9, 10, 10.5, 10, 2, 1.5, 1, 1, 1)
# Knots at fixed shares of the way: top of C2, C5, T1, T6, T12, L3, S1, S5.
KNOTS = (0, 3, 6, 11, 17, 20, 23, 27)
CANAL_A = (12.0, 12.0, 11.0, 8.8, 10.5, 11.5, 13.5, 8.0)
CANAL_B = (8.8, 7.2, 7.5, 7.6, 8.2, 8.2, 7.8, 3.5)
BODY_A = (9.0, 9.5, 13.0, 15.0, 20.0, 23.5, 26.0, 12.0)
BODY_DEPTH = (15.0, 16.0, 17.5, 26.0, 31.0, 34.0, 32.0, 10.0)
FAT_BACK = (0.7, 0.7, 1.6, 2.4, 2.4, 2.6, 4.0, 3.0)
FAT_FRONT = (0.7, 0.7, 0.7, 0.7, 0.9, 1.2, 4.0, 3.0)


@dataclass(frozen=True)
class Law:
    """How far a generator lets its numbers stray. The second one differs in every law, so that it can judge the first."""

    name: str
    size: tuple[float, float]
    spread: float
    exponent: tuple[float, float]
    ripple: float
    random_contrast: float
    noise: str


FIRST = Law("first", (0.75, 1.2), 0.12, (1.7, 2.9), 0.05, 0.5, "rician")
SECOND = Law("second", (0.85, 1.1), 0.07, (2.0, 2.2), 0.10, 0.3, "correlated")


@dataclass(frozen=True)
class Spine:
    """One spine. low and high bound each body; profiles are sampled on S_MM; shapes holds what is painted beside them."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    x: Profile
    y: Profile
    profiles: dict[str, Profile]
    conus: float
    sac_end: float
    magnum: float
    numbers: dict[str, Any] = field(default_factory=dict)


def bump(middle: float, half: float, power: float = 2.0) -> Profile:
    """A hill of height 1 along the spine, half its height at ± half."""
    return np.asarray(np.exp(-0.693 * np.abs((S_MM - middle) / half) ** power), np.float32)


def _wander(rng: np.random.Generator, amount: float, every_mm: float) -> Profile:
    knots = np.arange(S_MM[0], S_MM[-1] + every_mm, every_mm)
    return smooth(np.interp(S_MM, knots, rng.normal(0, amount, len(knots))), every_mm / 3)


def smooth(values: NDArray[Any], width_mm: float) -> Profile:
    """A profile without its detail below width_mm."""
    n = max(1, int(width_mm / STEP_MM))
    kernel = np.hanning(2 * n + 1)[1:-1] if n > 1 else np.ones(1)
    padded = np.pad(values, len(kernel) // 2, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid").astype(np.float32)


def draw_spine(rng: np.random.Generator, law: Law) -> Spine:
    """One spine, healthy or not, under a generator's law."""
    size = float(rng.uniform(*law.size))
    heights = np.array(BODY_MM) * size * rng.normal(1, 0.05, 28)
    gaps = np.array(DISC_MM) * size * np.clip(rng.normal(1, 0.22, 28), 0.3, 1.6)
    high = -np.concatenate([[0], np.cumsum(heights + gaps)[:-1]])
    low = high - heights
    at = [float(high[k]) for k in KNOTS]

    def along(values: tuple[float, ...], spread: float = law.spread) -> Profile:
        own = np.array(values) * size * np.exp(rng.normal(0, spread) + rng.normal(0, spread / 2, len(values)))
        return smooth(np.interp(S_MM, at[::-1], own[::-1]), 25.0)

    canal_a, canal_b = along(CANAL_A), along(CANAL_B)
    profiles = {"canal_a": canal_a, "canal_b": canal_b, "body_a": along(BODY_A), "body_depth": along(BODY_DEPTH)}
    fat_back, fat_front = along(FAT_BACK, 0.4), along(FAT_FRONT, 0.4)
    if rng.random() < 0.12:
        fat_back = fat_back + (rng.uniform(1, 4) * bump(rng.uniform(low[22], low[4]), rng.uniform(20, 120))).astype(
            np.float32
        )
    conus = float(rng.uniform(high[20], low[16])) if rng.random() < 0.93 else float(rng.uniform(low[22], high[20]))
    sac_end = float(rng.uniform(low[25], high[23]))
    magnum = float(rng.uniform(22, 42)) * size
    numbers: dict[str, Any] = {"size": size, "lesions": [], "masses": []}
    _sac_and_cord(rng, law, profiles, fat_back, fat_front, conus, sac_end, numbers, low, high)
    x, y = _curve(rng, at)
    return Spine(low, high, x, y, profiles, conus, sac_end, magnum, numbers)


def _curve(rng: np.random.Generator, at: list[float]) -> tuple[Profile, Profile]:
    """Bends in the frontal and the sagittal plane: neck and loins hollow, chest round, more or less; scoliosis in some."""
    strength = rng.normal(1, 0.45)
    bend = np.array([0, 9, -4, -28, -4, 16, 2, -45]) * strength + rng.normal(0, 4, 8)
    y = np.interp(S_MM, at[::-1], bend[::-1]) + 0.0 * S_MM
    y = y + np.clip(S_MM, 0, None) * rng.normal(0.05, 0.2)
    scoliosis = 3.0 if rng.random() < 0.75 else 18.0
    x = _wander(rng, scoliosis, 90.0) + _wander(rng, 0.4, 25.0)
    return smooth(x, 40.0), smooth(y, 70.0)


def _cord(rng: np.random.Generator, low: Any, conus: float, size: float) -> tuple[Profile, Profile]:
    """Half axes of the cord, side to side and front to back: two enlargements, a thin chest part, a tapering end."""
    neck, loin = float(low[3] + rng.normal(0, 12)), conus + rng.uniform(30, 55)
    a = 4.4 + 2.0 * bump(neck, rng.uniform(45, 75)) + rng.uniform(0.2, 1.0) * bump(loin, rng.uniform(22, 35))
    a += 0.6 * bump(20.0, 50)
    b = 3.35 + 0.45 * bump(neck, 70) + rng.uniform(0.3, 1.0) * bump(loin, rng.uniform(22, 35)) + 0.4 * bump(10.0, 40)
    grow = size**0.6 * np.exp(rng.normal(0, 0.09))
    grow *= rng.uniform(0.6, 0.85) if rng.random() < 0.1 else 1.0
    a, b = a * grow * np.exp(rng.normal(0, 0.06)), b * grow * np.exp(rng.normal(0, 0.06))
    taper = np.clip((S_MM - conus) / rng.uniform(22, 45), 0, 1) ** rng.uniform(0.45, 0.8)
    return (a * taper).astype(np.float32), (b * taper).astype(np.float32)


def _sac_and_cord(rng: np.random.Generator, law: Law, profiles: dict[str, Profile], fat_back: Profile, fat_front: Profile,
                  conus: float, sac_end: float, numbers: dict[str, Any], low: Any, high: Any) -> None:  # fmt: skip
    canal_a, canal_b = profiles["canal_a"], profiles["canal_b"]
    front = np.zeros_like(S_MM)
    for level in rng.integers(0, 23, rng.integers(0, 6)):
        middle = (low[level] + high[min(level + 1, 27)]) / 2
        front += rng.uniform(0.5, 4.5) * bump(middle, rng.uniform(2.5, 6))
        fat_back += rng.uniform(0, 3.0) * bump(middle, rng.uniform(3, 7))
    profiles["bulge"] = front.astype(np.float32)
    closing = np.clip((S_MM - sac_end) / rng.uniform(15, 50), 0, 1) ** 0.6
    side = rng.uniform(0.4, 1.8) + np.abs(_wander(rng, 0.4, 30))
    sac_a = np.clip(canal_a - side, 3.0, None) * closing
    sac_b = np.clip(canal_b - (fat_back + fat_front + front) / 2, 1.8, None) * closing
    sac_v = (fat_back - fat_front - front) / 2
    cord_a, cord_b = _cord(rng, low, conus, numbers["size"])
    _add_lesions(rng, numbers, conus)
    for lesion in numbers["lesions"]:
        hill = bump(lesion["middle"], lesion["half"] * lesion["reach"], 3.0)
        cord_a, cord_b = cord_a * (1 + lesion["swell"] * hill), cord_b * (1 + lesion["swell"] * hill)
        sac_a = np.where(hill > 0.3, np.maximum(sac_a, np.minimum(cord_a + 0.3, canal_a)), sac_a)
        sac_b = np.where(hill > 0.3, np.maximum(sac_b, np.minimum(cord_b + 0.3, canal_b)), sac_b)
    room = rng.uniform(0.5, 1.4)
    flat = np.minimum(cord_b, np.clip(sac_b - room, 0.9, None))
    cord_a = np.minimum(
        cord_a * np.sqrt(np.clip(cord_b / np.maximum(flat, 0.1), 1, 1.6)), np.maximum(sac_a - room, 0.5)
    )
    cord_a, cord_b = smooth(cord_a, 3.0), smooth(flat, 3.0)
    away = _wander(rng, 0.4, 40.0) * (sac_b - cord_b)
    kyphosis = 0.45 * bump((low[6] + low[17]) / 2, 90) - 0.3 * bump(conus, 60)
    cord_v = (
        sac_v
        + np.clip(away + (sac_b - cord_b) * kyphosis * rng.uniform(0, 1.6), -(sac_b - cord_b), sac_b - cord_b) * 0.95
    )
    cord_u = np.clip(_wander(rng, 0.18, 40.0), -0.8, 0.8) * (sac_a - cord_a)
    _add_masses(rng, numbers, cord_u, cord_v, cord_a, cord_b, sac_a, sac_b, sac_v, sac_end)
    profiles.update(sac_a=smooth(sac_a, 2.0), sac_b=smooth(sac_b, 2.0), sac_v=smooth(sac_v, 2.0), cord_a=cord_a,
                    cord_b=cord_b, cord_u=smooth(cord_u, 4.0), cord_v=smooth(cord_v, 4.0))  # fmt: skip
    profiles["turn"] = _wander(rng, 0.10, 60.0)
    numbers["cord_p"], numbers["sac_p"], numbers["canal_p"] = (float(rng.uniform(*law.exponent)) for _ in range(3))
    numbers["ripple"] = [
        (int(k), float(rng.normal(0, law.ripple / k)), float(rng.uniform(0, 6.28))) for k in (2, 3, 4, 5)
    ]


def _add_lesions(rng: np.random.Generator, numbers: dict[str, Any], conus: float) -> None:
    """Lesions inside the cord: masses with cysts and oedema, syrinx, plaques. The cord keeps them in its label."""
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.45, 0.3, 0.15, 0.1]))):
        kind = str(rng.choice(["mass", "syrinx", "plaque", "oedema"], p=[0.5, 0.2, 0.2, 0.1]))
        half = {
            "mass": rng.uniform(4, 35),
            "syrinx": rng.uniform(10, 80),
            "plaque": rng.uniform(3, 15),
            "oedema": rng.uniform(10, 60),
        }[kind]
        swell = {
            "mass": rng.uniform(0, 0.9),
            "syrinx": rng.uniform(-0.15, 0.5),
            "plaque": 0.0,
            "oedema": rng.uniform(0, 0.2),
        }[kind]
        numbers["lesions"].append({
            "kind": kind, "middle": float(rng.uniform(conus + 5, 10)), "half": float(half), "swell": float(swell),
            "reach": float(rng.uniform(0.8, 1.4)), "fill": float(rng.uniform(0.3, 0.95)),
            "u": float(rng.normal(0, 0.25)), "v": float(rng.normal(0, 0.25)),
        })  # fmt: skip


def _add_masses(rng: np.random.Generator, numbers: dict[str, Any], cord_u: Any, cord_v: Any, cord_a: Any, cord_b: Any,
                sac_a: Any, sac_b: Any, sac_v: Any, sac_end: float) -> None:  # fmt: skip
    """Masses in the sac beside the cord, which push it aside and flatten it (arrays change in place)."""
    for _ in range(int(rng.choice([0, 1, 2, 4], p=[0.6, 0.22, 0.1, 0.08]))):
        middle, angle = float(rng.uniform(sac_end + 20, 10)), float(rng.uniform(0, 2 * np.pi))
        here = int((middle - S_MM[0]) / STEP_MM)
        radius = float(rng.uniform(1.0, 0.75 * max(2.0, min(sac_a[here], sac_b[here] * 1.6))))
        half = radius * rng.uniform(0.8, 2.0)
        hill = bump(middle, half * 1.2, 2.5)
        du, dv = np.cos(angle), np.sin(angle)
        reach_u, reach_v = sac_a - cord_a * 0.8, sac_b - cord_b * 0.8
        push = hill * min(1.0, radius / 4.0)
        cord_u += push * (-du * np.maximum(reach_u, 0) - cord_u) * abs(du)
        cord_v += push * (sac_v - dv * np.maximum(reach_v, 0) - cord_v) * abs(dv)
        squeeze = 1 - 0.35 * push * rng.uniform(0, 1)
        cord_a *= np.where(abs(du) > 0.6, squeeze, 1)
        cord_b *= np.where(abs(dv) > 0.6, squeeze, 1)
        numbers["masses"].append({
            "middle": middle, "half": float(half), "radius": radius, "angle": angle, "tissue": int(rng.integers(0, 3)),
        })  # fmt: skip
