"""Simulated and real sagittal images side by side, with their intensities: where the simulation still looks simulated.

    python benchmarks/simulated_beside_real.py REAL_DIR OUT.png [--seeds 1 2]

REAL_DIR holds t2-cervicothoracic-apcrop, t1-cspine-crop and t2-lumbar-full. Every image is cut to the same region and scaled so
that its cord (in the neck) or its CSF (in the back) has median 1; the histograms share that scale. Printed: quartiles of the
intensities, how grainy bodies are, how wide the edge of the cord is.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import Volume
from thecal.records.geometry import to_ras
from thecal.simulation import simulate
from thecal.simulation.artefacts import NONE, Artefacts

Picture = NDArray[np.float64]
# An ordinary scanner's fat shift, ringing and coil, and nothing else.
QUIET = Artefacts(bandwidth_hz=220.0, ringing=0.4, bias=1.0, metal=1.0)


@dataclass(frozen=True)
class Pair:
    """A real image and what of a simulated study is put beside it: role, region, the square that is cut, where unity is set.

    hint is where the canal lies at mid-height of the real image, as a share of its depth from the back.
    """

    file: str
    series: str
    region: str
    height_mm: float
    front_mm: float
    back_mm: float
    unity: str
    hint: float


PAIRS = (
    Pair("t2-cervicothoracic-apcrop/t2.nii.gz", "acq-sag_T2w", "cervical", 150.0, 45.0, 75.0, "cord", 0.5),
    Pair("t1-cspine-crop/t1w.nii.gz", "acq-sag_T1w", "cervical", 75.0, 30.0, 32.0, "cord", 0.5),
    Pair("t2-lumbar-full/t2_lumbar.nii.gz", "acq-sag_T2w", "lumbar", 150.0, 75.0, 70.0, "csf", 0.32),
)


def main() -> None:
    """Draws the figure and prints what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("real", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2])
    given = parser.parse_args()
    rows = []
    for pair in PAIRS:
        pictures = {"real": real_picture(given.real / pair.file, pair)}
        for seed in given.seeds:
            pictures[f"simulated, seed {seed}"] = simulated_picture(pair, seed)
        rows.append((pair, pictures))
        for name, picture in pictures.items():
            quarters = np.percentile(picture[picture > 0.05], [10, 25, 50, 75, 90, 98])
            print(f"{pair.file.split('/')[0]:<28}{name:<20}", " ".join(f"{value:5.2f}" for value in quarters),
                  f"grain {grain(picture):.3f}  edge {edge_mm(picture):.2f} mm")  # fmt: skip
    draw(rows, given.out)


def real_picture(path: Path, pair: Pair) -> Picture:
    """The middle sagittal slice of a real volume at 1 mm, cut to the pair's region around its canal."""
    image = nibabel.load(path)
    volume = to_ras(Volume(np.squeeze(np.asarray(image.dataobj, dtype=np.float64)), image.affine))
    centre = canal_of(volume, pair)
    return scaled(cut(volume, centre, pair), pair)


def simulated_picture(pair: Pair, seed: int) -> Picture:
    """The middle sagittal slice of a healthy simulated study, cut the same way, its canal known."""
    signs = {"age_years": 30.0}
    phantom = simulate("healthy", seed, protocol="clinical", region=pair.region, signs=signs, artefacts=QUIET or NONE)
    series = phantom.study.find(pair.series)
    assert series.volume is not None
    truth = to_ras(Volume(np.isin(phantom.by_series[pair.series][0].volume.voxels, (1, 2)), series.volume.affine))
    volume = to_ras(series.volume)
    places = np.argwhere(truth.voxels)
    middle = np.median(places, axis=0)
    near = places[(np.abs(places[:, 2] - middle[2]) < 3) & (places[:, 0] == int(middle[0]))]
    centre = np.array([middle[0], near[:, 1].mean() if len(near) else middle[1], middle[2]])
    return scaled(cut(volume, centre, pair), pair)


def canal_of(volume: Volume, pair: Pair) -> Picture:
    """Voxel of the canal at mid-height of a real image: the brightest (or, on T1, the evenest) band along the spine."""
    voxels = np.asarray(volume.voxels, dtype=np.float64)
    across = voxels.shape[0] // 2
    plane = ndimage.gaussian_filter(voxels[across], 1.5)
    middle = plane.shape[1] // 2
    band = plane[:, middle - 8 : middle + 8].mean(1)
    near = slice(int(pair.hint * len(band)) - 16, int(pair.hint * len(band)) + 16)
    if pair.series.endswith("T1w"):
        band = -plane[:, middle - 8 : middle + 8].std(1) / (band + 1e-9)
    return np.array([across, near.start + int(np.argmax(band[near])), middle], float)


def cut(volume: Volume, centre: Picture, pair: Pair) -> Picture:
    """A sagittal picture at 1 mm, front on the left, head on top."""
    spacing = volume.spacing_mm
    ahead = np.arange(pair.front_mm, -pair.back_mm, -1.0) / spacing[1] + centre[1]
    up = np.arange(pair.height_mm / 2, -pair.height_mm / 2, -1.0) / spacing[2] + centre[2]
    rows, columns = np.meshgrid(up, ahead, indexing="ij")
    plane = np.asarray(volume.voxels[int(centre[0])], dtype=np.float64)
    blur = [max(1.0 / size - 1, 0) * 0.4 for size in spacing[1:]]
    plane = ndimage.gaussian_filter(plane, blur)
    return np.asarray(ndimage.map_coordinates(plane, [columns, rows], order=1, mode="constant"))


def scaled(picture: Picture, pair: Pair) -> Picture:
    """The picture over the median of its cord or CSF, which stands in the columns of the canal."""
    canal = int(pair.front_mm)
    band = ndimage.gaussian_filter(picture, 1.0)[:, canal - 9 : canal + 9]
    if pair.unity == "csf":
        return np.asarray(picture / np.median(band.max(1)))
    rows = band[band.shape[0] // 3 : 2 * band.shape[0] // 3]
    # The cord is the evenest run of columns within the canal.
    tracks = [np.median(rows[:, n : n + 4]) for n in range(rows.shape[1] - 4)]
    spreads = [rows[:, n : n + 4].std() for n in range(rows.shape[1] - 4)]
    return np.asarray(picture / tracks[int(np.argmin(spreads))])


def grain(picture: Picture) -> float:
    """Unevenness within small neighbourhoods of bodies and muscle: median of local spread over local mean."""
    mean = ndimage.uniform_filter(picture, 3)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(picture**2, 3) - mean**2, 0))
    body = (mean > 0.12) & (mean < 0.9)
    return float(np.median(spread[body] / mean[body]))


def edge_mm(picture: Picture) -> float:
    """How sharp the image is: height of its strongest edges over their slope, in mm."""
    slope = np.abs(np.diff(picture, axis=1))
    height = ndimage.maximum_filter1d(picture, 7, axis=1) - ndimage.minimum_filter1d(picture, 7, axis=1)
    strong = (height[:, :-1] > np.percentile(height, 90)) & (slope >= ndimage.maximum_filter1d(slope, 7, axis=1))
    return float(np.median(height[:, :-1][strong] / slope[strong]))


def draw(rows: list[tuple[Pair, dict[str, Picture]]], path: Path) -> None:
    """Pictures of each pair in a row, their histograms at the end."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    columns = len(rows[0][1]) + 1
    figure, axes = plt.subplots(len(rows), columns, figsize=(4.6 * columns, 5.0 * len(rows)), squeeze=False)
    for row, (pair, pictures) in zip(axes, rows, strict=True):
        top = 1.2 if pair.unity == "csf" else 3.2 if pair.series.endswith("T2w") else 2.0
        for axis, (name, picture) in zip(row, pictures.items(), strict=False):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=top, interpolation="bilinear")
            axis.set_title(f"{name}: {pair.series.split('_')[-1]}, {pair.region}", fontsize=10)
            axis.axis("off")
        for name, picture in pictures.items():
            row[-1].hist(picture.ravel(), bins=80, range=(0, top * 1.1), histtype="step", density=True, label=name)
        row[-1].set_yscale("log")
        row[-1].set_xlabel(f"intensity over {pair.unity}")
        row[-1].legend(fontsize=8)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, dpi=60)
    plt.close(figure)


if __name__ == "__main__":
    main()
