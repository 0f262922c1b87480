"""How well one click outlines a simulated lesion, and how long it takes.

Each lesion is clicked at its deepest point; each further click corrects the largest part that was missed or is false, at its
deepest point. Prints Dice against the truth after each click, and the time, on the study's reference grid.
Usage: python benchmarks/clicks.py [--entities ependymoma meningioma …] [--seeds 3] [--segmenter learned]
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal import alignment, segmentation, simulation
from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.pipeline import Result
from thecal.records import Grid, Report, Segmentation
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
CLICKS = 3
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


def lesions(entity: str, seed: int, segmenter: str | None) -> list[list[float]]:
    """Dice after each click, and seconds of the slowest, for each lesion of a simulated study."""
    known = load()
    rates = pool_text(known.text, known.vocabulary)
    made = simulation.simulate(entity, seed, vocabulary=known.vocabulary, rates=rates)
    aligned = alignment.headers_only(made.study)
    grid = aligned.reference
    assert grid is not None
    report: Any = Report
    maps = Segmentation() if segmenter is None else segmentation.segment(aligned, segmenters=(segmenter,))
    result = Result(made.study, aligned, maps, report)
    tissue, instance = made.lesion.volume.voxels, made.instances.volume.voxels
    if tissue.shape != grid.shape:
        return []
    truths = [np.asarray((instance == n) & np.isin(tissue, BODY)) for n in range(1, int(instance.max()) + 1)]
    return [steered(result, grid, truth) for truth in truths if truth.sum() >= SMALLEST_VOXELS]


def steered(result: Result, grid: Grid, truth: Mask) -> list[float]:
    """Dice after each click, and seconds of the slowest: the middle first, then that of the largest missed or false part."""
    form = forms.Click(at=deepest(truth, grid.spacing_mm))
    told, times = [], []
    for _ in range(CLICKS):
        mask, seconds = proposed(result, form, grid.shape)
        told.append(dice(mask, truth))
        times.append(seconds)
        missed, spilt = largest(truth & ~mask), largest(mask & ~truth)
        if missed.sum() > spilt.sum():
            form = form.model_copy(update={"add": [*form.add, deepest(missed, grid.spacing_mm)]})
        elif spilt.any():
            form = form.model_copy(update={"refuse": [*form.refuse, deepest(spilt, grid.spacing_mm)]})
    return [*told, max(times)]


def largest(mask: Mask) -> Mask:
    """The largest connected part of a mask."""
    labels, count = ndimage.label(mask)
    return np.asarray(labels == 1 + int(np.argmax(np.bincount(labels.ravel())[1:]))) if count else mask


def line(name: str, table: NDArray[np.float64]) -> str:
    """Medians of Dice and the slowest time, of some lesions."""
    return f"{name:<28}{len(table):>8}" + "".join(
        f"{one:>9.2f}" for one in (*np.median(table[:, :-1], axis=0), table[:, -1].max())
    )


def main() -> int:
    """Clicks and tells."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("--entities", nargs="+", default=ENTITIES)
    call.add_argument("--seeds", type=int, default=2)
    call.add_argument("--from-seed", type=int, default=500)
    call.add_argument("--segmenter", help="whose outlines of cord and canal bound the mask; none, when left out")
    asked = call.parse_args()
    every: list[list[float]] = []
    print(f"{'entity':<28}{'lesions':>8}" + "".join(f"{n:>8}x" for n in range(1, CLICKS + 1)) + f"{'s':>9}")
    for entity in asked.entities:
        found = [one for n in range(asked.seeds) for one in lesions(entity, asked.from_seed + n, asked.segmenter)]
        every += found
        if found:
            print(line(entity, np.array(found)), flush=True)
    table = np.array(every)
    print(line("all (median)", table))
    print(f"{'all (mean)':<36}" + "".join(f"{one:>9.2f}" for one in table[:, :-1].mean(axis=0)))
    worse = [float(np.mean(table[:, n + 1] < table[:, n] - 0.01)) for n in range(CLICKS - 1)]
    print("share of lesions worse by over 0.01 after a further click: " + ", ".join(f"{one:.2f}" for one in worse))
    return 0


if __name__ == "__main__":
    sys.exit(main())
