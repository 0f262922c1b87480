"""Contact sheets of simulated entities: sagittal T2, T1, T1 C+ and axial T2, T1 C+ through each lesion.

    python benchmarks/contact_sheet.py OUT_DIR [--seed N] [--entities a b …] [--protocol standard] [--hide]

Writes sheet-01.png … with eight entities each; --hide numbers the rows instead of naming them, and writes key.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.records import LabelMap, Volume
from thecal.simulation import Phantom, entity_codes, simulate

ROWS = 8
COLUMNS = ("acq-sag_T2w", "acq-sag_T1w", "acq-sag_ce-gadolinium_T1w", "acq-ax_T2w", "acq-ax_ce-gadolinium_T1w")
CROP_MM = {"acq-sag": 140.0, "acq-ax": 80.0}


def main() -> None:
    """Simulates, and draws a sheet for every eight entities."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entities", nargs="*", default=list(entity_codes()))
    parser.add_argument("--protocol", default="standard")
    parser.add_argument("--hide", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    names = list(given.entities)
    if given.hide:
        np.random.default_rng(given.seed).shuffle(names)
        (given.out / "key.json").write_text(json.dumps(dict(enumerate(names, start=1)), indent=1))
    for page, start in enumerate(range(0, len(names), ROWS), start=1):
        part = names[start : start + ROWS]
        rows = [tiles_of(simulate(name, given.seed, protocol=given.protocol)) for name in part]
        titles = [str(start + n + 1) if given.hide else name for n, name in enumerate(part)]
        draw(rows, titles, given.out / f"sheet-{page:02d}.png")
        print(given.out / f"sheet-{page:02d}.png", *part)


def tiles_of(phantom: Phantom) -> list[NDArray[Any]]:
    """One picture for each column, cut around the lesion."""
    tiles = []
    for key in COLUMNS:
        series = phantom.study.find(key)
        assert series.volume is not None
        lesion = phantom.by_series[key][1]
        tiles.append(crop(series.volume, lesion, CROP_MM[key.split("_")[0]]))
    return tiles


def crop(volume: Volume, lesion: LabelMap, size_mm: float) -> NDArray[Any]:
    """The slice with most of the lesion, a square around it; the image's middle where there is none."""
    found = lesion.volume.voxels > 0
    shape = np.array(volume.shape)
    k = int(np.argmax(found.sum((0, 1)))) if found.any() else shape[2] // 2
    middle = (
        [int(x) for x in np.argwhere(found[:, :, k]).mean(0)]
        if found[:, :, k].any()
        else [int(n) // 2 for n in shape[:2]]
    )
    half = int(size_mm / 2 / volume.spacing_mm[0])
    spans = [
        slice(max(0, min(m, n - half) - half if m + half > n else m - half), m + half)
        for m, n in zip(middle, shape, strict=False)
    ]
    picture = np.asarray(volume.voxels[spans[0], spans[1], k].T[::-1], dtype=np.float32)
    return picture / max(float(np.percentile(volume.voxels[:, :, k], 99.6)), 1.0)


def draw(rows: list[list[NDArray[Any]]], titles: list[str], path: Path) -> None:
    """Draws the tiles, a row for each entity."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(rows), len(COLUMNS), figsize=(3.2 * len(COLUMNS), 3.2 * len(rows)), squeeze=False)
    for row, (tiles, title) in enumerate(zip(rows, titles, strict=True)):
        for axis, tile, key in zip(axes[row], tiles, COLUMNS, strict=True):
            axis.imshow(tile, cmap="gray", vmin=0, vmax=1)
            axis.axis("off")
            axis.set_title(f"{title} · {key}" if axis is axes[row][0] else key, fontsize=8)
    figure.tight_layout(pad=0.3)
    figure.savefig(path, dpi=80)
    plt.close(figure)


if __name__ == "__main__":
    main()
