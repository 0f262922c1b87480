"""Studies of diseased spines to learn from: one painting, its sequences in slots, and the kind of lesion at every voxel.

T1w before and after contrast share timing and tissue, so that only contrast agent tells them apart; what no acquired sequence
can show does not count against the network.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.acquisition import acquire, draw_slices
from training.contrast import VALUES, by_physics, draw_texture
from training.crops import place_at, turn_at_random
from training.painting import TISSUES, Painter, Scene, T, noise
from training.spine import Law, Spine, draw_spine

F = NDArray[np.float32]
SLOTS = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw")
KINDS = ("none", "enhancing", "solid", "oedema", "fluid", "haemorrhage", "coating", "cord change", "extradural")
K = {name: number for number, name in enumerate(KINDS)}
# Shares of paintings centred on a lesion, on a healthy stretch, and anywhere.
ON_LESION, HEALTHY = 0.6, 0.25
PRESENT = {"T1w": 0.8, "T1w_ce": 0.75, "T2w": 0.85, "T2w_fs": 0.4, "T2starw": 0.25}
_SOLID = ("tumour", "tumour2", "mass", "mass2")
_ENHANCES = {"tumour": 0.75, "tumour2": 0.6, "mass": 0.92, "mass2": 0.9}
_FIXED = {"cyst": "fluid", "mass3": "fluid", "oedema": "oedema", "plaque": "cord change", "haemosiderin": "haemorrhage",
          "bleeding": "haemorrhage", "epidural_mass": "extradural", "coat": "coating"}  # fmt: skip


def draw_case(seed: tuple[int, ...], law: Law, side: int = 64) -> list[tuple[F, NDArray[np.uint8], NDArray[np.bool_]]]:
    """One painting acquired as two sets of sequences: slots and their presence (10, side³), kinds, and where they count."""
    rng = np.random.default_rng((*seed, 1))
    spine = draw_spine(rng, law)
    centre = _where(rng, spine)
    shape = (side, side, side)
    scene = Painter(rng, law, spine, shape, 1.0, turn_at_random(rng), float(rng.uniform(0.85, 1.2)), centre).paint()
    values, kinds = draw_disease(rng)
    truth = kinds[scene.diseased].reshape(shape)
    texture = draw_texture(rng)
    fine = noise(rng, shape, 1.6)
    return [_acquired(rng, law, scene, values, texture, fine, truth) for _ in range(2)]


def draw_disease(rng: np.random.Generator) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Tissue values of one patient, and the kind of lesion that each tissue is (by tissue index)."""
    values = VALUES * np.exp(rng.normal(0, 0.12, VALUES.shape))
    kinds = np.zeros(len(TISSUES), np.uint8)
    for name in _SOLID:
        row = values[T[name]]
        row[0] *= np.exp(rng.normal(0, 0.15))
        row[1:3] *= np.exp(rng.normal(0, 0.3))
        enhances = rng.random() < _ENHANCES[name]
        row[6] = rng.uniform(0.25, 1.3) if enhances else rng.uniform(0, 0.03)
        kinds[T[name]] = K["enhancing" if enhances else "solid"]
    values[T["coat"], 6] = rng.uniform(0.3, 1.3)
    values[T["oedema"], 6] = values[T["cyst"], 6] = values[T["mass3"], 6] = 0.0
    values[T["plaque"], 6] = rng.uniform(0, 0.6) if rng.random() < 0.4 else 0.0
    for name, kind in _FIXED.items():
        kinds[T[name]] = K[kind]
    return values, kinds


def _where(rng: np.random.Generator, spine: Spine) -> NDArray[np.float64]:
    """On a lesion mostly, else on the canal."""
    middles = [lesion["middle"] for lesion in (*spine.numbers["lesions"], *spine.numbers["masses"])]
    if middles and rng.random() < ON_LESION / (1 - HEALTHY * 0.5):
        z = float(rng.choice(middles) + rng.uniform(-18, 18))
    else:
        z = float(rng.uniform(spine.low[25], spine.magnum))
    return place_at(rng, spine, z, 12.0)


def _acquired(rng: np.random.Generator, law: Law, scene: Scene, values: NDArray[Any], texture: F, fine: F,
              truth: NDArray[np.uint8]) -> tuple[F, NDArray[np.uint8], NDArray[np.bool_]]:  # fmt: skip
    """One set of sequences in the same slices, each with its own noise, shading and shift."""
    shape = truth.shape
    slices = draw_slices(rng, (shape[0], shape[1], shape[2]), 1.0)
    present = {slot: rng.random() < chance for slot, chance in PRESENT.items()}
    if not (present["T2w"] or present["T1w_ce"]):
        present["T2w"] = True
    out = np.zeros((2 * len(SLOTS), *shape), np.float32)
    inside = np.ones(shape, bool)
    for number, (slot, signal) in enumerate(_signals(rng, values).items()):
        if not present[slot]:
            continue
        image = scene.image(np.asarray(signal, np.float32), texture, fine)
        if rng.random() < 0.4:
            image = np.roll(image, rng.integers(-1, 2, 3), (0, 1, 2))
        out[number], inside = acquire(rng, law, image, slices)
        out[len(SLOTS) + number] = 1.0
    kinds, shown = _visible(truth, present)
    return out, kinds, scene.counts.reshape(shape) & inside & shown


def _signals(rng: np.random.Generator, values: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Signal of every tissue per slot; the two T1w share their timing."""
    timing = int(rng.integers(2**31))
    dose = rng.uniform(0.5, 1.2) if rng.random() < 0.95 else rng.uniform(0.1, 0.5)
    after = values.copy()
    after[:, 0] = 1 / (1 / values[:, 0] + values[:, 6] * dose / 250)
    signals = {"T1w": by_physics(np.random.default_rng(timing), "T1w", values),
               "T1w_ce": by_physics(np.random.default_rng(timing), "T1w", after),
               "T2w": by_physics(rng, "T2w", values),
               "T2w_fs": by_physics(rng, str(rng.choice(["T2w_fs", "STIR"])), values),
               "T2starw": by_physics(rng, "T2starw", values)}  # fmt: skip
    if rng.random() < 0.4:
        signals["T1w_ce"][[T["fat"], T["fat2"]]] *= rng.uniform(0.02, 0.3)
    return {slot: signals[slot] / max(float(np.percentile(signals[slot], 90)), 1e-6) for slot in SLOTS}


def _visible(truth: NDArray[np.uint8], present: dict[str, bool]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Kinds as far as the sequences can tell them, and where they count.

    Without a T1w after contrast, tumour is tumour whether it enhances or not, and coating can't be seen; without T2, oedema
    and cord change can't.
    """
    kinds, shown = truth.copy(), np.ones(truth.shape, bool)
    if not present["T1w_ce"]:
        kinds[kinds == K["enhancing"]] = K["solid"]
        shown &= kinds != K["coating"]
    if not (present["T2w"] or present["T2w_fs"]):
        shown &= ~np.isin(kinds, (K["oedema"], K["cord change"]))
    return kinds, shown
