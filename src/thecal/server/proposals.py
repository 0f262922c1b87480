"""Masks that are proposed to a reader: around a click, and between two slices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.corrections import maps_of, runs_of
from thecal.pipeline import Result
from thecal.records import AlignedStudy, CallWrong, Grid, Series
from thecal.records.geometry import covers, mm_to_voxel, resample, transform_points, voxel_to_mm
from thecal.segmentation import click
from thecal.server import forms

Runs = tuple[tuple[int, int], ...]
# The images that show a tumour's edge, in this order; one of each of the first two kinds that show the place is looked at.
LOOKED_AT = (("T1w_ce",), ("T2w", "T2w_fs"), ("T1w",), ("T2starw", "ADC", "dwi", "other"))
KINDS_TOGETHER = 2


def grown(result: Result, form: forms.Click) -> Runs:
    """Runs of a mask in the reference grid around what was clicked."""
    grid = _grid(result.aligned)
    inside, outside = [form.at, *form.add], list(form.refuse)
    for voxel in (*inside, *outside):
        if not all(0 <= place < size for place, size in zip(voxel, grid.shape, strict=True)):
            raise CallWrong("click", expected=f"a voxel of the reference grid {grid.shape}", found=str(voxel))
    part = click.box(grid.shape, grid.spacing_mm, inside)
    first = np.array([one.start for one in part])
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, first)
    shape = [one.stop - one.start for one in part]
    cut = Grid((shape[0], shape[1], shape[2]), affine)
    images = np.stack([_image(result.aligned, one, cut) for one in _shown(result.aligned, grid, form)])
    mine, theirs = (_within(voxels, first, shape) for voxels in (inside, outside))
    mask = np.zeros(grid.shape, bool)
    mask[part] = click.grow(images, grid.spacing_mm, mine, theirs)
    return runs_of(np.flatnonzero(mask.ravel(order="F")))


def _grid(aligned: AlignedStudy) -> Grid:
    if aligned.reference is None:
        raise CallWrong("mask", expected="a study with a reference grid", found="none")
    return aligned.reference


def _within(voxels: list[Any], first: NDArray[np.int_], shape: list[int]) -> list[tuple[int, int, int]]:
    moved = [tuple(int(place) for place in np.array(voxel) - first) for voxel in voxels]
    return [(i, j, k) for i, j, k in moved if 0 <= i < shape[0] and 0 <= j < shape[1] and 0 <= k < shape[2]]


def _shown(aligned: AlignedStudy, grid: Grid, form: forms.Click) -> list[Series]:
    """The series that is named, else the best of each kind that shows the place."""
    if form.series is not None:
        held = [one for one in aligned.study.images() if one.key == form.series]
        if not held:
            raise CallWrong("click: series", expected="a series of the study", found=form.series)
        return held
    place = voxel_to_mm(grid, form.at)
    found: list[Series] = []
    for roles in LOOKED_AT:
        fits = [one for role in roles for one in aligned.pick(role) if _shows(aligned, one, place)]  # type: ignore[arg-type]
        found += sorted(fits, key=lambda one: one.plane != "sagittal")[:1]
    if not found:
        raise CallWrong("click", expected="a place that a series shows", found="one that none shows")
    return found[:KINDS_TOGETHER]


def _shows(aligned: AlignedStudy, series: Series, place: NDArray[np.float64]) -> bool:
    assert series.volume is not None
    back = np.linalg.inv(aligned.to_reference.get(series.key, np.eye(4)))
    index = mm_to_voxel(series.volume, transform_points(back, place))
    return bool(np.all(index > -0.5) and np.all(index < np.array(series.volume.shape) - 0.5))


def _image(aligned: AlignedStudy, series: Series, cut: Grid) -> NDArray[Any]:
    assert series.volume is not None
    back = np.linalg.inv(aligned.to_reference.get(series.key, np.eye(4)))
    moved = resample(series.volume, cut, back).voxels
    seen = covers(series.volume, cut, back)
    return np.where(seen, moved, np.median(moved[seen]) if seen.any() else 0)


def filled(result: Result, form: forms.Fill) -> Runs:
    """Runs of what lies between two drawn slices of a lesion in the reference grid."""
    grid = _grid(result.aligned)
    maps = maps_of(result.segmentation, grid)
    low, high = sorted(form.between)
    if not 0 <= low < high < grid.shape[form.axis]:
        raise CallWrong("fill: between", expected=f"two slices of axis {form.axis}", found=f"{low} and {high}")
    mine = np.moveaxis((maps.tissue == form.code) & (maps.instance == form.instance), form.axis, 0)
    if not (mine[low].any() and mine[high].any()):
        raise CallWrong("fill", expected="both slices drawn on", found="one without that tissue of that lesion")
    spacing = np.delete(grid.spacing_mm, form.axis)
    made = np.zeros(mine.shape, bool)
    for place in range(low + 1, high):
        made[place] = click.between(mine[low], mine[high], (place - low) / (high - low), spacing)
    whole = np.moveaxis(made & ~mine, 0, form.axis)
    return runs_of(np.flatnonzero(whole.ravel(order="F")))
