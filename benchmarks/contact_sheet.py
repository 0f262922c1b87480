"""Contact sheets of simulated entities: mid-sagittal and axial through each lesion, each on T1, T2, T1 C+ and T2*.

    python benchmarks/contact_sheet.py OUT_DIR [--seed N] [--entities a b …] [--rows 9] [--hide KEY.json]

Writes sheet-01.png … with so many entities each. --hide shuffles and numbers the rows instead of naming them, and keeps what each
number is, with its group, in KEY.json: for a viewer who is not to know.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal import knowledge
from thecal.records import LabelMap, Volume
from thecal.simulation import Phantom, entity_codes, simulate

PROTOCOL = "both_planes"
COLUMNS = tuple(
    (f"acq-{plane}_{name}", f"{words} {title}")
    for plane, words in (("sag", "sagittal"), ("ax", "axial"))
    for name, title in (("T1w", "T1"), ("T2w", "T2"), ("ce-gadolinium_T1w", "T1 C+"), ("T2starw", "T2*"))
)
CROP_MM = {"sag": 120.0, "ax": 56.0}


def main() -> None:
    """Simulates, and draws a sheet for every few entities."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entities", nargs="*", default=list(entity_codes()[1:]))
    parser.add_argument("--rows", type=int, default=9)
    parser.add_argument("--hide", type=Path)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    names = list(given.entities)
    if given.hide is not None:
        np.random.default_rng(given.seed + 1000).shuffle(names)
        keep_key(names, given.hide)
    for page, start in enumerate(range(0, len(names), given.rows), start=1):
        part = names[start : start + given.rows]
        rows = [tiles_of(simulate(name, given.seed, protocol=PROTOCOL)) for name in part]
        titles = [str(start + n + 1) if given.hide else name.replace("_", " ") for n, name in enumerate(part)]
        draw(rows, titles, given.out / f"sheet-{page:02d}.png")
        print(given.out / f"sheet-{page:02d}.png", flush=True)


def keep_key(names: list[str], path: Path) -> None:
    """Writes what stands behind each number: the entity and its group in the vocabulary."""
    entities = knowledge.load().vocabulary.entities
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {str(n): {"entity": name, "group": entities[name].group} for n, name in enumerate(names, start=1)}
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def tiles_of(phantom: Phantom) -> list[NDArray[Any]]:
    """One picture for each column, cut around the lesion; sagittal ones of all series through the same slice."""
    tiles = []
    for key, title in COLUMNS:
        series = phantom.study.find(key)
        assert series.volume is not None
        sagittal = title.startswith("sag")
        tiles.append(crop(series.volume, phantom.by_series[key], sagittal, "T2" in title))
    return tiles


def crop(volume: Volume, truth: tuple[LabelMap, LabelMap], sagittal: bool, bright_csf: bool) -> NDArray[Any]:
    """A square around the canal where the lesion is largest; the image's middle where there is none.

    Windowed so that CSF is white where it is bright; else fat is, since what takes up contrast is to be seen beside it.
    """
    anatomy, codes = (labels.volume.voxels for labels in truth)
    canal = np.isin(anatomy, (1, 2, 3))
    # Oedema and syrinx reach far: the tumour itself decides where it has one.
    core = np.isin(codes, (1, 2, 4, 6, 7, 8, 9, 10))
    found = core if core.any() else codes > 0
    shape = np.array(volume.shape)
    # A slice beside the canal shows less of what matters, however large the lesion is there.
    weight = found.sum((0, 1)) * (1.0 + canal.sum((0, 1)))
    k = int(np.argmax(weight)) if found.any() else int(shape[2]) // 2
    middle = shape[:2] / 2
    if canal[:, :, k].any():
        middle = np.median(np.argwhere(canal[:, :, k]), axis=0)
    if sagittal and found[:, :, k].any():
        height = np.median(np.argwhere(found[:, :, k])[:, 1])
        rows = canal[:, int(height), k]
        middle = np.array([np.flatnonzero(rows).mean() if rows.any() else middle[0], height])
    half = int(CROP_MM["sag" if sagittal else "ax"] / 2 / volume.spacing_mm[0])
    low = [int(np.clip(m - half, 0, max(n - 2 * half, 0))) for m, n in zip(middle, shape[:2], strict=True)]
    picture = volume.voxels[low[0] : low[0] + 2 * half, low[1] : low[1] + 2 * half, k].T[::-1]
    return np.asarray(picture, dtype=np.float32) / max(float(np.percentile(picture, 98.0 if bright_csf else 95.0)), 1.0)


def draw(rows: list[list[NDArray[Any]]], titles: list[str], path: Path) -> None:
    """Draws the tiles, a row for each entity."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    size = 2.3
    figure, axes = plt.subplots(
        len(rows), len(COLUMNS), figsize=(size * len(COLUMNS), 1.06 * size * len(rows)), squeeze=False
    )
    for row, tiles, title in zip(axes, rows, titles, strict=True):
        for axis, tile, (_, words) in zip(row, tiles, COLUMNS, strict=True):
            axis.imshow(tile, cmap="gray", vmin=0, vmax=1, interpolation="bilinear")
            axis.axis("off")
            axis.set_title(f"{title} · {words}" if axis is row[0] else words, fontsize=7, loc="left", pad=2)
    figure.tight_layout(pad=0.2)
    figure.savefig(path, dpi=90)
    plt.close(figure)


if __name__ == "__main__":
    main()
