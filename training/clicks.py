"""The small network that outlines a structure from a click, learnt from simulated lesions alone.

For each lesion of the simulated studies, clicks at and near its middle; of each click, voxels of the lesion, of what is near
and of the rest. The loss is one minus Dice, with some cross-entropy. Outlines of cord and canal are moved about, or withheld, and
series are missing now and then.
Usage: python -m training.clicks src/thecal/segmentation/weights/click.json [--seeds 100 112]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from thecal import alignment, simulation
from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.records import AlignedStudy
from thecal.segmentation import click
from thecal.server import forms, proposals

ENTITIES = (
    "ependymoma", "haemangioblastoma", "meningioma", "schwannoma", "myxopapillary_ependymoma", "intramedullary_metastasis",
    "diffuse_astrocytoma", "neurofibroma", "intramedullary_lymphoma", "cavernous_malformation", "paraganglioma",
    "multiple_sclerosis", "arachnoid_cyst", "subependymoma", "pilocytic_astrocytoma", "malignant_nerve_sheath_tumour",
    "solitary_fibrous_tumour",
)  # fmt: skip
# The part of a lesion that one outline is to hold: oedema, coating, polar cysts and syrinx are other structures.
BODY = (1, 2, 4, 5, 7, 8, 9)
SMALLEST_VOXELS = 30
# Voxels of a click: of the lesion, of anywhere, of what is reached easily (the fourth feature, root of mm).
OWN, ELSE, EASY, EASY_ROOT_MM = 1000, 1000, 2000, 3.9
HIDDEN, STEPS, BATCH, RATE, ENTROPY = 16, 2000, 24, 1.5e-2, 0.15
Rows = tuple[NDArray[np.float16], NDArray[np.bool_], NDArray[np.float32]]


def studies(seeds: Sequence[int]) -> Iterator[tuple[AlignedStudy, NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """Simulated studies with tissue, instances and anatomy on their reference grid."""
    known = load()
    rates = pool_text(known.text, known.vocabulary)
    for seed in seeds:
        for entity in ENTITIES:
            made = simulation.simulate(entity, seed, vocabulary=known.vocabulary, rates=rates)
            aligned = alignment.headers_only(made.study)
            maps = [one.volume.voxels for one in (made.lesion, made.instances, made.anatomy)]
            if aligned.reference is not None and maps[0].shape == aligned.reference.shape:
                yield aligned, maps[0], maps[1], maps[2]


def clicks_of(truth: NDArray[np.bool_], spacing: NDArray[np.float64], rng: np.random.Generator) -> list[click.Voxel]:
    """The middle of a lesion twice, and three places near it."""
    depth = ndimage.distance_transform_edt(np.pad(truth, 1), sampling=spacing)[1:-1, 1:-1, 1:-1]
    deep = np.argwhere(depth >= 0.6 * depth.max())
    middle = np.argwhere(depth == depth.max())[0]
    places = [middle, middle, *(deep[rng.integers(len(deep))] for _ in range(3))]
    return [(int(i), int(j), int(k)) for i, j, k in places]


def rows(
    aligned: AlignedStudy, truth: NDArray[np.bool_], anatomy: NDArray[Any], rng: np.random.Generator
) -> Iterator[Rows]:  # fmt: skip
    """Features, truth and weights of some voxels for each click on a lesion."""
    grid = aligned.reference
    assert grid is not None
    for number, place in enumerate(clicks_of(truth, grid.spacing_mm, rng)):
        looked = proposals.looked_at(aligned, grid, forms.Click(at=place), [place])
        images = {role: np.asarray(one, np.float64) for role, one in looked.images.items()}
        if number > 2:
            kept = rng.permutation(list(images))[: rng.integers(1, len(images) + 1)]
            images = {role: one for role, one in images.items() if role in kept}
        names, values = click.scaled(images)
        at = looked.within(place)
        sides = None if number in (1, 4) else _moved(proposals.sides(anatomy[looked.part]), rng)
        seen = click.features(names, values, grid.spacing_mm, at, sides)
        chosen = _chosen(seen.reshape(len(seen), -1), truth[looked.part].ravel(), rng)
        if chosen is not None:
            yield chosen


def _moved(sides: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    """Outlines as another hand would draw them: moved, and a little wider or narrower."""
    moved = np.roll(sides, (*rng.integers(-2, 3, 2), rng.integers(-1, 2) * int(rng.random() < 0.3)), (0, 1, 2))
    wider = int(rng.integers(-1, 3))
    if wider > 0:
        grown = ndimage.binary_dilation(moved > 0, iterations=wider)
        return np.where((moved == 0) & grown, 2, moved).astype(np.int16)
    return np.where(ndimage.binary_erosion(moved > 0, iterations=-wider), moved, 0).astype(np.int16) if wider else moved


def _chosen(seen: NDArray[np.float32], truth: NDArray[np.bool_], rng: np.random.Generator) -> Rows | None:
    own, rest = np.flatnonzero(truth), np.flatnonzero(~truth)
    easy = rest[seen[3, rest] < EASY_ROOT_MM]
    if len(easy) < 10 or not len(own):
        return None
    far = rest[seen[3, rest] >= EASY_ROOT_MM]
    groups = ((own, OWN), (far if len(far) else rest, ELSE), (easy, EASY))
    index = np.concatenate([rng.choice(group, count) for group, count in groups])
    weight = np.concatenate([np.full(count, len(group) / count / len(own)) for group, count in groups])
    return seen[:, index].astype(np.float16), truth[index], np.minimum(weight, 0.5).astype(np.float32)


def learn(data: Sequence[Rows]) -> torch.nn.Sequential:
    """The network after its steps."""
    torch.manual_seed(0)
    seen = torch.tensor(np.stack([one[0] for one in data])).float().permute(0, 2, 1)
    truth, weight = (torch.tensor(np.stack([one[n] for one in data])).float() for n in (1, 2))
    wide = seen.shape[2]
    net = torch.nn.Sequential(
        torch.nn.Linear(wide, HIDDEN), torch.nn.Tanh(), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.Tanh(),
        torch.nn.Linear(HIDDEN, 1),
    )  # fmt: skip
    descent = torch.optim.AdamW(net.parameters(), RATE, weight_decay=1e-3)
    pace = torch.optim.lr_scheduler.OneCycleLR(descent, RATE, total_steps=STEPS)
    for step in range(STEPS):
        some = torch.randint(len(seen), (BATCH,))
        odds, y, w = net(seen[some])[..., 0], truth[some], weight[some]
        p = torch.sigmoid(odds)
        dice = 1 - 2 * (w * p * y).sum(1) / ((w * p).sum(1) + (w * y).sum(1))
        entropy = torch.nn.functional.binary_cross_entropy_with_logits(odds, y, reduction="none")
        loss = dice.mean() + ENTROPY * (w * entropy).sum(1).clamp(max=6).mean()
        descent.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        descent.step()
        pace.step()
        if step % 200 == 199:
            sys.stdout.write(f"{step + 1} {float(dice.mean().detach()):.3f}\n")
    return net


def write(net: torch.nn.Sequential, path: Path, told: str) -> None:
    """The weights with their card."""
    layers = [
        {name: np.round(getattr(one, name).detach().numpy(), 5).tolist() for name in ("weight", "bias")}
        for one in net
        if isinstance(one, torch.nn.Linear)
    ]
    card = {
        "name": "click",
        "sees": "how alike each voxel is to one that was clicked: brightness on every series of the place, how it is reached, "
        "side of cord and dura (segmentation/click.py, features)",
        "trained_on": told,
        "measured": "benchmarks/clicks.py, simulated lesions of other seeds. No real tumour was ever measured.",
        "licence": "Apache-2.0",
        "layers": layers,
    }
    path.write_text(json.dumps(card) + "\n", encoding="utf-8")


def main() -> int:
    """Simulates, learns and writes."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("weights", type=Path)
    call.add_argument("--seeds", type=int, nargs=2, default=(100, 112))
    asked = call.parse_args()
    rng = np.random.default_rng(0)
    data: list[Rows] = []
    lesions = 0
    for aligned, tissue, instance, anatomy in studies(range(*asked.seeds)):
        for number in range(1, int(instance.max()) + 1):
            truth = np.asarray((instance == number) & np.isin(tissue, BODY))
            if truth.sum() >= SMALLEST_VOXELS:
                lesions += 1
                data += rows(aligned, truth, anatomy, rng)
    write(
        learn(data),
        asked.weights,
        f"{lesions} simulated lesions, {len(data)} clicks, seeds {asked.seeds[0]} up to {asked.seeds[1]}",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
