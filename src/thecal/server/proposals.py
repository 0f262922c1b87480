"""Masks that are proposed to a reader: around a click, and between two slices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.corrections import maps_of, runs_of
from thecal.pipeline import Result
from thecal.records import AlignedStudy, CallWrong, Grid, Role, Series
from thecal.records.geometry import covers, mm_to_voxel, resample, transform_points, voxel_to_mm
from thecal.segmentation import click
from thecal.server import forms

Runs = tuple[tuple[int, int], ...]
# The images that show a structure's edge, one of each kind; the series that was clicked on stands for its own kind.
LOOKED_AT: tuple[tuple[Role, ...], ...] = (("T1w_ce",), ("T1w",), ("T2w", "T2w_fs"))
# Where none of those shows the place, one of these does.
ELSE: tuple[Role, ...] = ("T2starw", "ADC", "dwi", "other")
CORD, CANAL = 1, (2, 3)


@dataclass(frozen=True, eq=False)
class Looked:
    """What is looked at around some clicks: a part of the reference grid, and by kind the image of a series on it."""

    part: tuple[slice, ...]
    images: Mapping[str, NDArray[Any]]

    def within(self, voxel: Sequence[int]) -> click.Voxel:
        """A voxel of the reference grid in the part."""
        i, j, k = (int(place) - one.start for place, one in zip(voxel, self.part, strict=True))
        return i, j, k

    def holds(self, voxel: Sequence[int]) -> bool:
        """Whether a voxel of the reference grid lies in the part."""
        return all(one.start <= place < one.stop for place, one in zip(voxel, self.part, strict=True))


def grown(result: Result, form: forms.Click) -> Runs:
    """Runs of a mask in the reference grid around what was clicked."""
    grid = _grid(result.aligned)
    inside, outside = [form.at, *form.add], list(form.refuse)
    for voxel in (*inside, *outside):
        if not all(0 <= place < size for place, size in zip(voxel, grid.shape, strict=True)):
            raise CallWrong("click", expected=f"a voxel of the reference grid {grid.shape}", found=str(voxel))
    looked = looked_at(result.aligned, grid, form, inside)
    anatomy = result.segmentation.composed_anatomy
    codes = anatomy.volume.voxels[looked.part] if anatomy is not None and anatomy.volume.grid.same_as(grid) else None
    mask = np.zeros(grid.shape, bool)
    mask[looked.part] = click.grow(
        looked.images, grid.spacing_mm, [looked.within(one) for one in inside],
        [looked.within(one) for one in outside if looked.holds(one)], None if codes is None else sides(codes),
    )  # fmt: skip
    return runs_of(np.flatnonzero(mask.ravel(order="F")))


def sides(codes: NDArray[Any]) -> NDArray[np.int16]:
    """1 in the cord, 2 in the rest of the canal, 0 elsewhere, from the codes of the anatomy."""
    return np.where(codes == CORD, 1, np.where(np.isin(codes, CANAL), 2, 0)).astype(np.int16)


def looked_at(aligned: AlignedStudy, grid: Grid, form: forms.Click, inside: Sequence[Sequence[int]]) -> Looked:
    """The surroundings of the clicks inside, on every kind of image that shows the first of them."""
    part = click.box(grid.shape, grid.spacing_mm, [(int(i), int(j), int(k)) for i, j, k in inside])
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, np.array([one.start for one in part]))
    a, b, c = (one.stop - one.start for one in part)
    cut = Grid((a, b, c), affine)
    return Looked(part, {kind: _image(aligned, one, cut) for kind, one in _shown(aligned, grid, form).items()})


def _grid(aligned: AlignedStudy) -> Grid:
    if aligned.reference is None:
        raise CallWrong("mask", expected="a study with a reference grid", found="none")
    return aligned.reference


def _shown(aligned: AlignedStudy, grid: Grid, form: forms.Click) -> dict[str, Series]:
    """By kind, the best series that shows the place; the one that is named first."""
    place = voxel_to_mm(grid, form.at)
    named = [one for one in aligned.study.images() if one.key == form.series]
    if form.series is not None and not named:
        raise CallWrong("click: series", expected="a series of the study", found=form.series)
    found: dict[str, Series] = {}
    for roles in LOOKED_AT:
        fits = [one for role in roles for one in aligned.pick((role,)) if _shows(aligned, one, place)]
        fits = [one for one in named if one.role in roles] + sorted(fits, key=lambda one: one.plane != "sagittal")
        if fits:
            found[roles[0]] = fits[0]
    others = [one for one in named if one not in found.values()]
    if not found:
        others += [one for role in ELSE for one in aligned.pick((role,)) if _shows(aligned, one, place)][:1]
    found |= {str(one.role): one for one in others}
    if not found:
        raise CallWrong("click", expected="a place that a series shows", found="one that none shows")
    return found


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
