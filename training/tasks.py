"""What there is to learn: anatomy on any single image, and lesions on whatever sequences a study has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from training import lesions
from training.crops import draw_pair
from training.painting import CLASSES
from training.spine import SECOND, Law

# Image (channels, x, y, z), class of every voxel, and where it counts.
Example = tuple[Any, Any, Any]


@dataclass(frozen=True)
class Task:
    """A network's inputs and classes, what its loss and its score weigh, and where its examples come from.

    draw gives two examples of one painting (a seed, a generator's laws, whether at 2 mm, the bank where one is learned from);
    the weights of loss and score go by class, background first. Classes from rare on fill so few voxels that the loss dwells on
    them, less and less as training goes.
    """

    channels: int
    classes: tuple[str, ...]
    loss: tuple[float, ...]
    score: tuple[float, ...]
    draw: Callable[[tuple[int, ...], Law, bool | None, Path | None], list[Example]]
    rare: int = 0
    sources: tuple[str, ...] = ("spine", "painting", "contrast", "acquisition", "crops", "network", "losses", "tasks")

    def worth(self, dice: Mapping[str, float]) -> float:
        """What weights are chosen by: Dice on the second generator, weighted."""
        return float(np.average([dice[name] for name in self.classes[1:]], weights=self.score[1:]))


def _anatomy(seed: tuple[int, ...], law: Law, coarse: bool | None, _: Path | None) -> list[Example]:
    images, truth, counts, _ = draw_pair(seed, law, coarse=coarse)
    return [(image[None], truth, where) for image, where in zip(images, counts, strict=True)]


def _lesions(seed: tuple[int, ...], law: Law, _: bool | None, bank: Path | None) -> list[Example]:
    # Only who learns lesions needs the package.
    from training.bank import load
    from training.render import draw_case

    if bank is None:
        raise SystemExit(
            "Lesions are learned from a bank of painted studies: make one with training.bank, give it with --bank."
        )
    blocks = _blocks(bank / ("second" if law is SECOND else "first"))
    block = load(blocks[int(np.random.default_rng(seed).integers(len(blocks)))])
    cases = [draw_case(block, (*seed, number)) for number in range(2)]
    return [(image.numpy(), truth.numpy(), counts.numpy()) for image, truth, counts in cases]


@cache
def _blocks(folder: Path) -> list[Path]:
    return sorted(folder.glob("?????.npz"))


TASKS = {
    # Cord and sac matter most; no weight stands in the cross-entropy, where it would shift the boundary outwards.
    "anatomy": Task(1, CLASSES, (0.0, 2.0, 1.5, 1.0, 1.0, 0.7), (0.0, 0.5, 0.3, 0.1, 0.1, 0.0), _anatomy),
    "lesions": Task(
        len(lesions.INPUTS), lesions.CLASSES, (0.0, 1.5, 0.7, 1.5, 1.5, 1.0, 1.0, 0.5, 1.2, 1.5, 1.2, 1.0, 1.5, 0.7),
        (0.0, 1.5, 0.5, 1.5, 1.0, 0.7, 1.0, 0.3, 1.0, 1.5, 1.0, 0.7, 1.0, 0.5), _lesions, 3,
        ("bank", "render", "crops", "lesions", "network", "losses", "tasks"),
    ),
}  # fmt: skip
