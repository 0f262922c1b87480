"""How bright each tissue is: by the physics of a sequence drawn at random, or by chance alone.

Relaxation times are round literature values at 1.5 to 3 T, jittered widely; a network trained on them must not depend on them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.painting import TISSUES, T
from training.spine import Law

F = NDArray[np.float32]
# T1, T2, T2* in ms, proton density, diffusion in 1e-3 mm²/s, what magnetisation transfer leaves, uptake of contrast agent.
_TABLE: dict[str, tuple[float, float, float, float, float, float, float]] = {
    "air": (1000, 1, 0.5, 0.0, 0.0, 1.0, 0.0), "csf": (4200, 1600, 300, 1.0, 3.0, 1.0, 0.0),
    "csf_flow": (4200, 120, 40, 0.7, 3.0, 1.0, 0.0), "white": (820, 74, 34, 0.70, 0.85, 0.60, 0.0),
    "grey": (930, 80, 40, 0.80, 0.85, 0.68, 0.0), "root": (950, 80, 32, 0.75, 1.2, 0.70, 0.05),
    "ganglion": (1150, 95, 30, 0.80, 1.3, 0.75, 0.3), "fat": (340, 140, 28, 0.95, 0.05, 1.0, 0.0),
    "fat2": (330, 130, 30, 1.0, 0.05, 1.0, 0.0), "marrow": (600, 65, 9, 0.65, 0.4, 0.9, 0.1),
    "marrow2": (450, 90, 10, 0.75, 0.3, 0.95, 0.05), "cortex": (500, 4, 1.5, 0.15, 0.0, 0.9, 0.0),
    "dura": (700, 12, 5, 0.4, 0.3, 0.8, 0.1), "flavum": (800, 30, 12, 0.55, 0.8, 0.8, 0.05),
    "nucleus": (1150, 105, 45, 0.82, 1.8, 0.85, 0.0), "annulus": (900, 38, 14, 0.55, 1.0, 0.75, 0.0),
    "muscle": (950, 34, 24, 0.75, 1.4, 0.60, 0.08), "muscle2": (850, 45, 24, 0.80, 1.3, 0.65, 0.1),
    "blood": (1700, 150, 60, 0.85, 2.0, 0.9, 1.0), "void": (1700, 10, 4, 0.05, 2.0, 1.0, 0.0),
    "plexus": (1500, 120, 35, 0.75, 1.6, 0.9, 0.7), "organ": (700, 40, 20, 0.75, 1.2, 0.75, 0.3),
    "organ2": (1100, 85, 40, 0.80, 1.8, 0.8, 0.5), "skin": (900, 32, 12, 0.6, 1.0, 0.8, 0.1),
    "mucosa": (1250, 85, 30, 0.8, 1.4, 0.85, 0.5), "lung": (1200, 30, 1, 0.12, 0.1, 1.0, 0.0),
    "brain_white": (800, 74, 45, 0.70, 0.8, 0.6, 0.0), "brain_grey": (1200, 92, 55, 0.82, 0.85, 0.72, 0.0),
    "tumour": (1150, 110, 45, 0.82, 1.1, 0.8, 0.6), "tumour2": (1250, 140, 55, 0.85, 1.4, 0.85, 0.2),
    "cyst": (2600, 700, 200, 0.97, 2.6, 1.0, 0.0), "oedema": (1200, 120, 58, 0.85, 1.3, 0.8, 0.0),
    "plaque": (1150, 112, 50, 0.83, 1.25, 0.75, 0.1), "haemosiderin": (900, 22, 4, 0.55, 0.8, 0.8, 0.0),
    "bleeding": (420, 90, 22, 0.85, 0.9, 0.85, 0.0), "mass": (1050, 75, 40, 0.8, 1.0, 0.75, 0.8),
    "mass2": (1250, 150, 50, 0.88, 1.5, 0.85, 0.6), "mass3": (1500, 400, 80, 0.95, 1.0, 0.95, 0.0),
    "epidural_mass": (1100, 85, 35, 0.8, 0.9, 0.75, 0.5), "coat": (1150, 110, 45, 0.82, 1.1, 0.8, 0.6),
}  # fmt: skip
VALUES = np.array([_TABLE[name] for name in TISSUES])
FATTY = np.array([T[name] for name in ("fat", "fat2")])
HALF_FATTY = np.array([T[name] for name in ("marrow", "marrow2")])
SEQUENCES = ("T1w", "T1w_ce", "T2w", "T2w_fs", "STIR", "T2starw", "MT", "PD", "dwi", "bssfp", "T1gre")
_SHARES = (0.16, 0.05, 0.20, 0.05, 0.09, 0.13, 0.10, 0.05, 0.06, 0.05, 0.06)


def draw_signals(rng: np.random.Generator, law: Law) -> tuple[F, str]:
    """Signal of every tissue, 0 to about 1, and the name of the contrast."""
    if rng.random() < law.random_contrast:
        return _by_chance(rng), "random"
    name = str(rng.choice(SEQUENCES, p=_SHARES))
    jitter = 0.15 if law.name == "first" else 0.08
    values = VALUES * np.exp(rng.normal(0, jitter, VALUES.shape) * (rng.random() < 0.9))
    signal = by_physics(rng, name, values)
    top = np.percentile(signal, 90)
    return np.asarray(np.clip(signal / max(top, 1e-6), 0, 2.5), np.float32), name


def _by_chance(rng: np.random.Generator) -> F:
    """Any brightness for any tissue, but cord and its water stay apart; grey stays near white matter."""
    signal = rng.uniform(0, 1, len(TISSUES))
    signal[T["air"]] = 0 if rng.random() < 0.8 else rng.uniform(0, 0.3)
    if rng.random() < 0.7:
        signal[[T["cortex"], T["dura"], T["void"]]] *= rng.uniform(0, 0.5)
    apart = rng.uniform(0.12, 0.9) * rng.choice([-1, 1])
    cord = rng.uniform(max(0.05, 0.05 - apart), min(1, 1 - apart))
    signal[T["white"]], signal[T["csf"]] = cord, cord + apart
    signal[T["grey"]] = cord * (1 + rng.normal(0, 0.08))
    signal[T["csf_flow"]] = cord + apart * rng.uniform(0.2, 1)
    signal[T["root"]] = cord + apart * rng.uniform(-0.3, 0.6)
    for name in ("dura", "plexus", "fat"):
        if rng.random() < 0.25:
            signal[T[name]] = signal[T["csf"]] + rng.normal(0, 0.05)
    return np.asarray(np.clip(signal, 0, 1.2), np.float32)


def by_physics(rng: np.random.Generator, name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Signal of every tissue in one sequence, its timing drawn at random, from the tissues' values."""
    t1, t2, t2star, density, diffusion, transfer, uptake = values.T
    between = rng.uniform
    fat_left = 1.0
    if name in ("T1w", "T1w_ce"):
        if name == "T1w_ce":
            t1 = 1 / (1 / t1 + uptake * between(0, 1.2) / 250)
            fat_left = between(0.02, 0.3) if rng.random() < 0.5 else 1.0
        signal = (1 - np.exp(-between(350, 900) / t1)) * np.exp(-between(7, 22) / t2)
    elif name in ("T2w", "T2w_fs"):
        fat_left = between(0.02, 0.3) if name == "T2w_fs" else 1.0
        signal = (1 - np.exp(-between(1500, 6000) / t1)) * np.exp(-between(60, 160) / t2)
    elif name == "STIR":
        fat_left = between(0.0, 0.15)
        inversion, repeat = between(140, 230), between(2500, 6000)
        signal = np.abs(1 - 2 * np.exp(-inversion / t1) + np.exp(-repeat / t1)) * np.exp(-between(25, 90) / t2)
    elif name in ("T2starw", "MT"):
        repeat, angle = between(30, 900), np.radians(between(5, 40))
        decay = np.exp(-repeat / t1)
        signal = np.sin(angle) * (1 - decay) / (1 - np.cos(angle) * decay) * np.exp(-between(3, 28) / t2star)
        if name == "MT":
            signal = signal * (1 - (1 - transfer) * between(0.2, 1.0))
    elif name == "PD":
        signal = (1 - np.exp(-between(1500, 4000) / t1)) * np.exp(-between(10, 40) / t2)
    elif name == "dwi":
        fat_left = between(0.0, 0.2)
        signal = (
            (1 - np.exp(-between(2500, 7000) / t1))
            * np.exp(-between(50, 100) / t2)
            * np.exp(-between(0.3, 1.1) * diffusion)
        )
    elif name == "bssfp":
        angle = np.radians(between(30, 70))
        ratio = t1 / t2
        signal = np.sin(angle) / (1 + np.cos(angle) + (1 - np.cos(angle)) * ratio)
    else:
        inversion = between(600, 1100)
        signal = np.abs(1 - 2 * np.exp(-inversion / t1) / (1 + np.exp(-between(1500, 2500) / t1))) * np.exp(
            -between(2, 6) / t2star
        )
        if rng.random() < 0.5:
            angle, repeat = np.radians(between(8, 25)), between(6, 25)
            decay = np.exp(-repeat / t1)
            signal = np.sin(angle) * (1 - decay) / (1 - np.cos(angle) * decay)
    signal = np.asarray(signal * density)
    signal[FATTY] *= fat_left
    signal[HALF_FATTY] *= 0.4 + 0.6 * fat_left
    signal[T["void"]] *= between(0, 0.5)
    return signal


def draw_texture(rng: np.random.Generator) -> F:
    """How rough each tissue is, as a share of its signal."""
    rough = rng.uniform(0.02, 0.12, len(TISSUES)).astype(np.float32)
    for name in ("muscle", "muscle2", "organ", "organ2", "lung", "plexus", "epidural_mass", "tumour", "mass"):
        rough[T[name]] = rng.uniform(0.05, 0.3)
    for name in ("white", "grey"):
        rough[T[name]] = rng.uniform(0.0, 0.10)
    return rough
