"""How well segmenters draw on simulated studies: python benchmarks/segmentation.py STORE --count 2.

Each study is simulated, read and compared with its truth once per segmenter; a row goes into STORE/rows.csv as it is done, and
what stands there is not done again. Dice is of the first sagittal series of each study in its own grid; a vertebra is named
rightly where most of its true body bears its name.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thecal.alignment import align
from thecal.records import LabelMap, Segmentation
from thecal.segmentation import segment
from thecal.simulation import Phantom, simulate
from thecal.simulation.signs import entity_codes

Mask = NDArray[np.bool_]
CORD, CANAL = (1,), (1, 2)
VERTEBRAE = (*range(11, 18), *range(21, 34), *range(41, 47))
TISSUES = {"tumour": (1, 2, 8), "oedema": (3,), "fluid": (4, 9, 11, 12), "coating": (6,), "cord change": (7,)}
# A lesion counts as found where the drawing meets it; smaller truths than this are not asked for.
LEAST_VOXELS = 12
FIELDS = ("entity", "seed", "segmenter", "seconds", "cord", "canal", "vertebrae", "named", "named_right", "lesions",
          "lesions_found", "false_lesions", *TISSUES)  # fmt: skip


def dice(one: Mask, other: Mask) -> float | None:
    """Dice of two masks; None where neither holds anything."""
    size = int(one.sum() + other.sum())
    return 2 * int((one & other).sum()) / size if size else None


def within(labels: LabelMap | None, codes: Sequence[int], shape: tuple[int, ...]) -> Mask:
    return np.zeros(shape, bool) if labels is None else np.isin(labels.volume.voxels, codes)


def vertebrae(drawn: NDArray[np.int16], true: NDArray[np.int16]) -> tuple[float | None, int, int]:
    """Mean Dice of vertebral bodies matched by overlap, how many were named, and how many of those rightly."""
    scores, named, right = [], 0, 0
    for code in VERTEBRAE:
        body = true == code
        if body.sum() < LEAST_VOXELS:
            continue
        met = drawn[body]
        met = met[np.isin(met, VERTEBRAE)]
        best = int(np.bincount(met).argmax()) if len(met) else 0
        scores.append(dice(drawn == best, body) or 0.0 if best else 0.0)
        named, right = named + bool(best), right + (best == code)
    return (float(np.mean(scores)) if scores else None), named, right


def lesions(phantom: Phantom, made: Segmentation, key: str) -> tuple[int, int, int]:
    """How many lesions are there, how many were found, and how many calls meet none."""
    true = phantom.by_series[key][1].volume.voxels > 0
    drawn = within(made.lesion.get(key), range(1, 13), true.shape)
    there = int(true.sum() >= LEAST_VOXELS)
    found = int(there and (true & drawn).any())
    return there, found, max(0, len(made.lesions) - found)


def row_of(phantom: Phantom, made: Segmentation, seconds: float) -> dict[str, object]:
    """What one segmenter drew of one study, compared with the truth."""
    key = next((one.key for one in phantom.study.images() if one.plane == "sagittal"), phantom.study.images()[0].key)
    anatomy, lesion = phantom.by_series[key]
    true, shape = anatomy.volume.voxels, anatomy.volume.voxels.shape
    labels = made.anatomy.get(key)
    drawn = np.zeros(shape, np.int16) if labels is None else labels.volume.voxels
    bodies, named, right = vertebrae(drawn, true)
    there, found, false = lesions(phantom, made, key)
    row: dict[str, object] = {
        "entity": phantom.entity, "seed": phantom.seed, "seconds": round(seconds, 1),
        "cord": dice(np.isin(drawn, CORD), np.isin(true, CORD)), "canal": dice(np.isin(drawn, CANAL), np.isin(true, CANAL)),
        "vertebrae": bodies, "named": named, "named_right": right,
        "lesions": there, "lesions_found": found, "false_lesions": false,
    }  # fmt: skip
    for name, codes in TISSUES.items():
        wanted = np.isin(lesion.volume.voxels, codes)
        row[name] = dice(within(made.lesion.get(key), codes, shape), wanted) if wanted.sum() >= LEAST_VOXELS else None
    return row


def studies(count: int, first: int, entities: Sequence[str]) -> Iterator[tuple[str, int]]:
    for number in range(count):
        for entity in entities:
            yield entity, first + number


def stored(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def summary(rows: Sequence[Mapping[str, str]], segmenter: str) -> str:
    mine = [row for row in rows if row["segmenter"] == segmenter]

    def mean(name: str) -> str:
        values = [float(row[name]) for row in mine if row[name] != ""]
        return f"{np.mean(values):.2f} ({len(values)})" if values else "–"

    def total(name: str) -> int:
        return sum(int(row[name]) for row in mine)

    return (
        f"{segmenter}: {len(mine)} studies; cord {mean('cord')}, canal {mean('canal')}, vertebrae {mean('vertebrae')}; "
        f"named {total('named')}, right {total('named_right')}; lesions {total('lesions_found')} of {total('lesions')} found, "
        f"{total('false_lesions')} false; " + ", ".join(f"{name} {mean(name)}" for name in TISSUES)
        + f"; {mean('seconds')} s"
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path)
    parser.add_argument("--segmenters", nargs="+", default=["learned", "classic"])
    parser.add_argument("--count", type=int, default=2, help="studies per entity")
    parser.add_argument("--first", type=int, default=5000, help="first seed; keep it away from seeds used elsewhere")
    parser.add_argument("--entities", nargs="+", help="only these; all of the vocabulary and healthy by default")
    parser.add_argument("--protocol", default="standard")
    call = parser.parse_args()
    call.store.mkdir(parents=True, exist_ok=True)
    file = call.store / "rows.csv"
    entities = call.entities or list(entity_codes())
    done = {(row["entity"], int(row["seed"]), row["segmenter"]) for row in stored(file)}
    for entity, seed in studies(call.count, call.first, entities):
        todo = [name for name in call.segmenters if (entity, seed, name) not in done]
        if not todo:
            continue
        phantom = simulate(entity, seed, protocol=call.protocol)
        aligned = align(phantom.study)
        for name in todo:
            start = time.process_time()
            made = segment(aligned, segmenters=(name,))
            row = {"segmenter": name, **row_of(phantom, made, time.process_time() - start)}
            fresh = not file.exists()
            with file.open("a", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, FIELDS)
                if fresh:
                    writer.writeheader()
                writer.writerow(
                    {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
                )
    for name in call.segmenters:
        print(summary(stored(file), name))


if __name__ == "__main__":
    main()
