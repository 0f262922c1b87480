"""What a network trained on simulated studies sees in all sequences of a study together: the tissue of every voxel of the canal.

Sequences of one plane are looked at together, in cubes along the canal at 1 mm; what several planes say is brought together as
the mean of their log-probabilities. A sequence that is missing leaves its slot empty, as it did when the network learned. How
the network was trained and measured stands in its card.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from thecal.records import AlignedStudy, Grid, Plane, Series, Volume
from thecal.records.geometry import covers, resample, voxel_to_mm
from thecal.segmentation.composition import weight_of
from thecal.segmentation.frame import Floats, Image, Mask, softened
from thecal.segmentation.network import MULTIPLE, STEP_MM, Net, normalise, taper

SLOTS = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw")
INPUTS = (*SLOTS, "gain")
BEFORE, AFTER, GAIN = (INPUTS.index(name) for name in ("T1w", "T1w_ce", "gain"))
CLASSES = (
    "background", "cord", "sac", "enhancing in cord", "solid in cord", "oedema", "fluid in cord", "haemorrhage", "cord change",
    "enhancing beside cord", "solid beside cord", "fluid beside cord", "coating", "extradural",
)  # fmt: skip
CORD, SAC, FIRST_LESION = 1, 2, 3
# Classes that lie in the cord, healthy cord among them, and those of lesions that lie in the sac beside it.
INSIDE_CORD = (CORD, *(CLASSES.index(name) for name in ("enhancing in cord", "solid in cord", "oedema", "fluid in cord",
                                                        "haemorrhage", "cord change")))  # fmt: skip
BESIDE_CORD = tuple(
    CLASSES.index(name) for name in ("enhancing beside cord", "solid beside cord", "fluid beside cord", "coating")
)
SIDES_MM = np.array([48, 48, 64])
STRIDE_MM, AROUND_MM = 46.0, 10.0
# A sequence that shows less of a cube than this is missing there.
LEAST_SHOWN = 0.5
FLOOR = 1e-3


@dataclass(frozen=True, eq=False)
class Tissues:
    """Share of every class (classes, x, y, z) on a grid of 1 mm in the reference's RAS mm, and where anything was looked at."""

    grid: Grid
    shares: Image
    seen: Mask

    def onto(self, grid: Grid, classes: Sequence[int], to_reference: Floats | None = None) -> Image:
        """The share of some classes together on another grid, of the reference or of a series that is carried into it."""
        together = self.shares[list(classes)].sum(axis=0)
        return np.asarray(resample(Volume(together, self.grid.affine), grid, to_reference).voxels, np.float32)


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sequence made ready: blurred where its voxels are smaller than a step."""

    series: Series
    volume: Volume
    from_reference: Floats


def look(aligned: AlignedStudy, canal: Grid, within: Mask, net: Net) -> Tissues | None:
    """Tissues along the canal, which is given as a mask on a grid of the reference; None where no sequence can be used."""
    line = _line(canal, within)
    planes = _planes(aligned)
    if not planes or not len(line):
        return None
    grid = _around(line)
    total = np.zeros((len(CLASSES), *grid.shape), np.float32)
    weight = np.zeros(grid.shape, np.float32)
    for sheets in planes:
        for cube in _cubes(line, grid):
            here = _part(grid, cube)
            image, shown = _gather(sheets, here)
            if not shown.any():
                continue
            counts = (taper(here.shape) * shown).astype(np.float32)
            total[(slice(None), *cube)] += np.log(np.maximum(net(image), FLOOR)) * counts
            weight[cube] += counts
    seen = weight > 0
    shares = np.exp(total / np.maximum(weight, 1e-6))
    return Tissues(grid, np.where(seen, shares / shares.sum(axis=0), 0).astype(np.float32), seen)


def _line(canal: Grid, within: Mask) -> Floats:
    """The middle of the canal at every mm of height, RAS mm of the reference, from foot to head."""
    points = voxel_to_mm(canal, np.argwhere(within))
    if not len(points):
        return points
    height = np.round(points[:, 2]).astype(int)
    levels = np.arange(height.min(), height.max() + 1)
    count = np.bincount(height - levels[0], minlength=len(levels))
    there = count > 0
    totals = [np.bincount(height - levels[0], points[:, axis], len(levels)) for axis in (0, 1)]
    middle = [np.interp(levels, levels[there], total[there] / count[there]) for total in totals]
    return np.column_stack([*middle, levels.astype(float)])


def _planes(aligned: AlignedStudy) -> list[list[Sheet]]:
    """The sequences that the network knows, by plane, those with the finest slices first."""
    planes: dict[Plane, list[Sheet]] = {}
    for series in aligned.study.images():
        if series.role in SLOTS and series.key in aligned.to_reference:
            back = np.asarray(np.linalg.inv(aligned.to_reference[series.key]), np.float64)
            planes.setdefault(series.plane, []).append(Sheet(series, _blurred(series), back))
    for sheets in planes.values():
        sheets.sort(key=lambda sheet: -weight_of(sheet.volume.grid))
    return list(planes.values())


def _blurred(series: Series) -> Volume:
    """The series without detail finer than a step."""
    assert series.volume is not None
    voxels = series.volume.voxels.astype(np.float32, copy=False)
    return Volume(softened(voxels, STEP_MM / series.volume.spacing_mm), series.volume.affine)


def _around(line: Floats) -> Grid:
    """A grid of 1 mm that holds the line's cubes."""
    reach = np.array([SIDES_MM[0] / 2, SIDES_MM[1] / 2, AROUND_MM])
    low, high = line.min(axis=0) - reach, line.max(axis=0) + reach
    shape = np.maximum(np.ceil((high - low) / STEP_MM).astype(int), SIDES_MM)
    affine = np.diag([STEP_MM, STEP_MM, STEP_MM, 1.0])
    affine[:3, 3] = (low + high) / 2 - (shape - 1) / 2 * STEP_MM
    return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


Cube = tuple[slice, slice, slice]


def _cubes(line: Floats, grid: Grid) -> Iterator[Cube]:
    """Cubes from foot to head, each centred on its stretch of the line."""
    tall = grid.shape[2] - SIDES_MM[2]
    for foot in np.linspace(0, tall, 1 + int(np.ceil(tall / STRIDE_MM))).round().astype(int):
        low = grid.affine[2, 3] + foot
        inside = (line[:, 2] >= low) & (line[:, 2] <= low + SIDES_MM[2])
        middle = line[inside if inside.any() else slice(None), :2].mean(axis=0) - grid.affine[:2, 3]
        first = np.clip(np.round(middle - SIDES_MM[:2] / 2), 0, np.array(grid.shape[:2]) - SIDES_MM[:2]).astype(int)
        x, y = (slice(int(a), int(a + side)) for a, side in zip(first, SIDES_MM, strict=False))
        yield x, y, slice(int(foot), int(foot + SIDES_MM[2]))


def _part(grid: Grid, cube: Cube) -> Grid:
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, [part.start for part in cube])
    assert all(side % MULTIPLE == 0 for side in SIDES_MM)
    return Grid((int(SIDES_MM[0]), int(SIDES_MM[1]), int(SIDES_MM[2])), affine)


def _gather(sheets: Sequence[Sheet], here: Grid) -> tuple[Image, Mask]:
    """Sequences of a cube in slots, and where any of them shows it.

    Of several series for a slot (two stations, say) the one that shows most of the cube counts, the finer one first.
    """
    out, shown = np.zeros((len(INPUTS), *here.shape), np.float32), np.zeros((len(SLOTS), *here.shape), bool)
    for number, slot in enumerate(SLOTS):
        views = [(covers(one.volume, here, one.from_reference), one) for one in sheets if one.series.role == slot]
        if not views:
            continue
        inside, sheet = max(views, key=lambda view: round(float(view[0].mean()), 1))
        if inside.mean() < LEAST_SHOWN:
            continue
        image = resample(sheet.volume, here, sheet.from_reference).voxels
        out[number][inside] = normalise(image[inside])
        shown[number] = inside
    out[GAIN] = (out[AFTER] - out[BEFORE]) * (shown[AFTER] & shown[BEFORE])
    return out, np.asarray(shown.any(axis=0))
