"""How well one click outlines a simulated lesion, and how long it takes.

Each lesion is clicked once at its deepest point; where the mask misses, a second click corrects the largest miss (inside or
outside). Prints Dice against the truth after one and after two clicks, and the time, on the study's reference grid.
Usage: python benchmarks/clicks.py [--entities ependymoma meningioma …] [--seeds 3]
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal import alignment, simulation
from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.pipeline import Result
from thecal.records import Report, Segmentation
from thecal.server import forms, proposals

ENTITIES = (
    "ependymoma",
    "haemangioblastoma",
    "meningioma",
    "schwannoma",
    "myxopapillary_ependymoma",
    "intramedullary_metastasis",
)
# The part of a lesion that one outline is to hold: oedema, coating, polar cysts and syrinx are other structures.
BODY = (1, 2, 4, 5, 7, 8, 9)
SMALLEST_VOXELS = 30
Mask = NDArray[np.bool_]


def deepest(mask: Mask, spacing: NDArray[np.float64]) -> tuple[int, int, int]:
    """The voxel of a mask that is furthest from its edge."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    i, j, k = (int(place) for place in np.unravel_index(int(depth.argmax()), mask.shape))
    return i, j, k


def dice(one: Mask, other: Mask) -> float:
    """Overlap of two masks."""
    return float(2 * (one & other).sum() / max(int(one.sum() + other.sum()), 1))


def proposed(result: Result, form: forms.Click, shape: tuple[int, int, int]) -> tuple[Mask, float]:
    """The mask of a click, and how long it took in seconds."""
    start = time.perf_counter()
    runs = proposals.grown(result, form)
    seconds = time.perf_counter() - start
    flat = np.zeros(int(np.prod(shape)), bool)
    for first, length in runs:
        flat[first : first + length] = True
    return flat.reshape(shape, order="F"), seconds


def lesions(entity: str, seed: int) -> list[tuple[float, float, float]]:
    """Dice after one and two clicks, and seconds of the slower, for each lesion of a simulated study."""
    known = load()
    rates = pool_text(known.text, known.vocabulary)
    made = simulation.simulate(entity, seed, vocabulary=known.vocabulary, rates=rates)
    aligned = alignment.headers_only(made.study)
    grid = aligned.reference
    assert grid is not None
    report: Any = Report
    result = Result(made.study, aligned, Segmentation(), report)
    tissue, instance = made.lesion.volume.voxels, made.instances.volume.voxels
    if tissue.shape != grid.shape:
        return []
    found = []
    for number in range(1, int(instance.max()) + 1):
        truth = np.asarray((instance == number) & np.isin(tissue, BODY))
        if truth.sum() < SMALLEST_VOXELS:
            continue
        click = forms.Click(at=deepest(truth, grid.spacing_mm))
        first, seconds = proposed(result, click, grid.shape)
        missed, spilt = truth & ~first, first & ~truth
        again = deepest(missed if missed.sum() > spilt.sum() else spilt, grid.spacing_mm)
        more = {"add": [again]} if missed.sum() > spilt.sum() else {"refuse": [again]}
        second, longer = proposed(result, click.model_copy(update=more), grid.shape)
        found.append((dice(first, truth), dice(second, truth), max(seconds, longer)))
    return found


def main() -> int:
    """Clicks and tells."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("--entities", nargs="+", default=ENTITIES)
    call.add_argument("--seeds", type=int, default=2)
    call.add_argument("--from-seed", type=int, default=500)
    asked = call.parse_args()
    every: list[tuple[float, float, float]] = []
    print(f"{'entity':<28}{'lesions':>8}{'one click':>11}{'two clicks':>12}{'slowest s':>11}")
    for entity in asked.entities:
        found = [one for seed in range(asked.seeds) for one in lesions(entity, asked.from_seed + seed)]
        every += found
        if found:
            table = np.array(found)
            first, second, seconds = np.median(table[:, 0]), np.median(table[:, 1]), table[:, 2].max()
            print(f"{entity:<28}{len(found):>8}{first:>11.2f}{second:>12.2f}{seconds:>11.2f}", flush=True)
    table = np.array(every)
    first, second, slowest = np.median(table[:, 0]), np.median(table[:, 1]), table[:, 2].max()
    print(f"{'all (median)':<28}{len(table):>8}{first:>11.2f}{second:>12.2f}{slowest:>11.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
