"""Draws a run's curves: python -m training.curve RUN OUT.png. Loss by step, and Dice on the second generator's hold-out."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def columns(file: Path) -> dict[str, list[float]]:
    """A table by its columns."""
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def draw(run: Path, target: Path) -> None:
    """Both curves side by side."""
    steps, judged = columns(run / "steps.csv"), columns(run / "judged.csv")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6))
    left.plot(steps["step"], steps["loss"], linewidth=0.8)
    left.set(xlabel="step", ylabel="loss, first generator")
    for name in judged.keys() - {"step", "bias"}:
        right.plot(judged["step"], judged[name], label=name)
    right.set(xlabel="step", ylabel="Dice, second generator", ylim=(0, 1))
    right.legend()
    figure.tight_layout()
    figure.savefig(target, dpi=90)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    draw(args.run, args.target)


if __name__ == "__main__":
    main()
