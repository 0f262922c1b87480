"""Measures of probabilities against proven diagnoses: ranks, losses, calibration, each with its bootstrap interval."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rows = list[list[int]]
"""The columns (entities) of each case's diagnosis; a parent's are its children's."""


@dataclass(frozen=True)
class Set:
    """The cases to score."""

    names: tuple[str, ...]
    diagnoses: tuple[str, ...]
    findings: tuple[Mapping[str, Any], ...]
    origins: tuple[tuple[str, str], ...]


def read_set(path: Path) -> Set:
    """Coded cases with their proven diagnosis and where they were published (address, title)."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    origins = [
        (str(row.get("source", {}).get("url") or ""), str(row.get("source", {}).get("title") or "")) for row in rows
    ]
    names, diagnoses, findings = (tuple(row[key] for row in rows) for key in ("id", "diagnosis", "findings"))
    return Set(names, diagnoses, findings, tuple(origins))


def ranks(probability: Array, rows: Rows) -> tuple[Array, Array]:
    """The rank of each diagnosis (children count towards a parent) among all other entities, and its probability."""
    chance = np.array([one[own].sum() for one, own in zip(probability, rows, strict=True)])
    above = [(np.delete(one, own) > mine).sum() for one, own, mine in zip(probability, rows, chance, strict=True)]
    return 1 + np.array(above), chance


def squares(probability: Array, rows: Rows) -> Array:
    """Squared distance of each case's probabilities from the truth (Brier); a diagnosis's own rows are summed."""
    pairs = zip(probability, rows, strict=True)
    return np.array([(np.delete(one, own) ** 2).sum() + (1 - one[own].sum()) ** 2 for one, own in pairs])


MEASURES: dict[str, Callable[[Array, Array, Array], float]] = {
    "top-1": lambda rank, _, __: float((rank <= 1).mean()),
    "top-3": lambda rank, _, __: float((rank <= 3).mean()),
    "top-5": lambda rank, _, __: float((rank <= 5).mean()),
    "MRR": lambda rank, _, __: float((1 / rank).mean()),
    "log loss": lambda _, chance, __: float(-np.log(chance).mean()),
    "Brier": lambda _, __, square: float(square.mean()),
}


def measure(probability: Array, rows: Rows) -> dict[str, float]:
    """All measures of a set of probabilities (cases × entities)."""
    rank, chance = ranks(probability, rows)
    square = squares(probability, rows)
    return {name: one(rank, chance, square) for name, one in MEASURES.items()}


def bootstrap(probability: Array, rows: Rows, rounds: int = 2000) -> dict[str, tuple[float, float]]:
    """95 % intervals of all measures over the drawing of cases."""
    rank, chance = ranks(probability, rows)
    square, rng = squares(probability, rows), np.random.default_rng(0)
    picks = [rng.integers(0, len(rank), len(rank)) for _ in range(rounds)]
    drawn = {name: [one(rank[p], chance[p], square[p]) for p in picks] for name, one in MEASURES.items()}
    return {name: (float(np.percentile(told, 2.5)), float(np.percentile(told, 97.5))) for name, told in drawn.items()}


def hits(probability: Array, rows: Rows) -> Array:
    """1 where an entity is the diagnosis (of a parent's children, the likeliest), cases × entities."""
    told = np.zeros_like(probability)
    for one, own in enumerate(rows):
        told[one, own[int(np.argmax(probability[one, own]))]] = 1
    return told


def calibrate(probability: Array, target: Array, weight: Array) -> tuple[float, float]:
    """Slope and intercept of a logistic regression of 'is the diagnosis' on the log odds, over cases × entities."""
    clipped = np.clip(probability, 1e-6, 1 - 1e-6).ravel()
    design = np.stack([np.ones(clipped.size), np.log(clipped) - np.log1p(-clipped)], axis=1)
    w, y, beta = np.repeat(weight, probability.shape[1]), target.ravel(), np.array([0.0, 1.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-design @ beta))
        slope = design * (w * p * (1 - p))[:, None]
        step = np.linalg.solve(design.T @ slope + 1e-9 * np.eye(2), design.T @ (w * (y - p)))
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return float(beta[1]), float(beta[0])


def describe_calibration(probability: Array, rows: Rows, weight: Array, rounds: int = 300) -> str:
    """Slope and intercept with their 95 % bootstrap intervals."""
    target, rng = hits(probability, rows), np.random.default_rng(1)
    slope, intercept = calibrate(probability, target, weight)
    picks = [rng.integers(0, len(rows), len(rows)) for _ in range(rounds)]
    low, high = np.percentile([calibrate(probability[p], target[p], weight[p]) for p in picks], [2.5, 97.5], axis=0)
    return (
        f"slope {slope:.2f} ({low[0]:.2f} to {high[0]:.2f}), intercept {intercept:.2f} ({low[1]:.2f} to {high[1]:.2f})"
    )


def plot_reliability(probability: Array, rows: Rows, target: Path) -> None:
    """Draws the share that was the diagnosis (Wilson interval) against the stated probability, by bins of the stated one."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    hit, stated = hits(probability, rows).ravel(), probability.ravel()
    place = np.digitize(stated, [0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85])
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7")
    for bin_ in np.unique(place):
        own = place == bin_
        seen, n, z = hit[own].mean(), own.sum(), 1.96
        middle, half = seen + z * z / (2 * n), z * np.sqrt(seen * (1 - seen) / n + (z / (2 * n)) ** 2)
        low, high = np.clip(np.array([middle - half, middle + half]) / (1 + z * z / n), 0, 1)
        error = np.maximum([[seen - low], [high - seen]], 0)
        axes.errorbar(stated[own].mean(), seen, yerr=error, fmt="o", color="C0")
    axes.set(xlabel="stated probability", ylabel="share that was the diagnosis", title="published base rates")
    figure.savefig(target, dpi=120, bbox_inches="tight")
    print(f"reliability plot: {target}")
