"""A structure outlined from a few clicks: how alike each voxel is to the one that was clicked, weighed by a small network.

The first click gives the whole structure, each further one corrects its surroundings. The weights were learnt from simulated
lesions alone (training/clicks.py); weights/click.json holds them with their card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import dijkstra

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Voxel = tuple[int, int, int]

# What lies within this of a click is looked at, of the first and of those that correct it (mm).
REACH_MM, REACH_MORE_MM = 45.0, 30.0
# Voxels within slices are taken no finer than about this (mm).
FINE_MM = 0.85
# Around a click the structure's own brightness is learnt within this, and the other tissues' beyond that (mm).
LEARN_MM, ELSEWHERE_MM = 2.6, 14.0
# The least sd of brightness, as a share of an image's range; what is more sds away than this squared is merely unlike.
LEAST_SD, UNLIKE = 0.03, 25.0
# Crossing this many mm of unlike tissue is as good as never arriving; alike tissue costs so little a mm.
FAR_MM, ALIKE = 20.0, 0.02
# A click this far outside the canal tells of a structure that the canal does not bound (mm).
OUTSIDE_MM = 3.0
# What a correcting click says counts this much more within its own reach, and less with each further reach.
NEARBY, FADES = 3.0, 2.0
LEAST_REACH_MM, MOST_REACH_MM, SUREST = 2.0, 20.0, 4.0
# Further away than this is all the same (mm).
MOST_MM = 60.0
GAIN = "gain"


def box(
    shape: tuple[int, ...], spacing: Floats, clicks: Sequence[Voxel], reach_mm: float = REACH_MM
) -> tuple[slice, ...]:
    """The part of a grid within reach of some clicks."""
    reach = np.ceil(reach_mm / spacing).astype(int)
    low = np.maximum(np.min(clicks, axis=0) - reach, 0)
    high = np.minimum(np.max(clicks, axis=0) + reach + 1, shape)
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def grow(
    images: Mapping[str, NDArray[Any]],
    spacing: Floats,
    inside: Sequence[Voxel],
    outside: Sequence[Voxel],
    anatomy: NDArray[Any] | None = None,
) -> Mask:
    """The structure that holds the clicks inside, the first of which is its middle, and none of those outside.

    images: by role (T1w_ce, T1w, T2w …), on one grid of the spacing in mm. anatomy, on the same grid, is 1 in the cord, 2 in the
    rest of the canal and 0 elsewhere; it draws the outline, and does not hold it. What is not joined to a click inside is left
    out, as are holes within slices.
    """
    step = np.maximum(np.round(FINE_MM / spacing).astype(int), 1)
    thin = tuple(slice(None, None, int(n)) for n in step)
    names, values = scaled({role: np.asarray(image[thin], np.float64) for role, image in images.items()})
    coded = None if anatomy is None else np.asarray(anatomy[thin])
    coarse = [[_coarse(voxel, step) for voxel in some] for some in (inside, outside)]
    odds = _steered(names, values, spacing * step, coarse[0], coarse[1], coded)
    shape = next(iter(images.values())).shape
    return _joined(_finer(odds, step, shape) > 0, inside, outside)


def _coarse(voxel: Voxel, step: NDArray[np.int_]) -> Voxel:
    i, j, k = (int(place) // int(n) for place, n in zip(voxel, step, strict=True))
    return i, j, k


def _finer(odds: Floats, step: NDArray[np.int_], shape: tuple[int, ...]) -> Floats:
    if np.all(step == 1):
        return odds
    places = np.meshgrid(*(np.arange(n) / s for n, s in zip(shape, step, strict=True)), indexing="ij")
    return np.asarray(ndimage.map_coordinates(odds, places, order=1, mode="nearest"))


def scaled(images: Mapping[str, Floats]) -> tuple[list[str], Floats]:
    """Images in shares of their range, slightly smoothed within slices; with both T1w also what contrast added."""
    smooth = {role: ndimage.gaussian_filter(image, (0.6, 0.6, 0)) for role, image in images.items()}
    ranges = {role: np.percentile(image, (2, 98)) for role, image in smooth.items()}
    out = {role: (smooth[role] - low) / max(float(high - low), 1e-9) for role, (low, high) in ranges.items()}
    if "T1w_ce" in images and "T1w" in images:
        as_bright = float(np.median(images["T1w_ce"])) / max(float(np.median(images["T1w"])), 1e-6)
        low, high = ranges["T1w_ce"]
        out[GAIN] = (smooth["T1w_ce"] - as_bright * smooth["T1w"]) / max(float(high - low), 1e-9)
    return list(out), np.stack(list(out.values()))


# --- clicks ---------------------------------------------------------------------------------------------------------


def _steered(
    names: Sequence[str], values: Floats, spacing: Floats, inside: Sequence[Voxel], outside: Sequence[Voxel],
    anatomy: NDArray[Any] | None,
) -> Floats:  # fmt: skip
    """Log odds of the structure: what the first click says, corrected by each other one as far as it was wrong there."""
    odds = told_by(names, values, spacing, inside[0], anatomy)
    for click, sign in [*((one, 1) for one in inside[1:]), *((one, -1) for one in outside)]:
        away = distance(odds.shape, spacing, click)[0]
        other = (sign * odds) > 0
        reach = float(np.clip(away[other].min() if other.any() else MOST_REACH_MM, LEAST_REACH_MM, MOST_REACH_MM))
        part = box(odds.shape, spacing, [click], REACH_MORE_MM)
        own = tuple(place - one.start for place, one in zip(click, part, strict=True))
        said = told_by(
            names, values[(slice(None), *part)], spacing, (own[0], own[1], own[2]), None if anatomy is None else anatomy[part]
        )  # fmt: skip
        near = away[part]
        said = np.minimum(said, SUREST) + NEARBY * (near < reach) - FADES * np.maximum(near / reach - 1, 0)
        odds[part] = sign * np.maximum(sign * odds[part], said)
    return odds


def told_by(
    names: Sequence[str], values: Floats, spacing: Floats, click: Voxel, anatomy: NDArray[Any] | None
) -> Floats:
    """Log odds that a voxel belongs to the structure that was clicked, by one click alone."""
    seen = features(names, values, spacing, click, anatomy)
    layers = _weights()
    out = seen.reshape(len(seen), -1)
    for number, (weight, bias) in enumerate(layers, 1):
        out = weight @ out + bias[:, None]
        if number < len(layers):
            out = np.tanh(out)
    return np.asarray(ndimage.gaussian_filter(out.reshape(seen.shape[1:]).astype(np.float64), (0.8, 0.8, 0.2)))


@cache
def _weights() -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    told = json.loads(resources.files("thecal.segmentation").joinpath("weights", "click.json").read_text("utf-8"))
    return [(np.array(one["weight"], np.float32), np.array(one["bias"], np.float32)) for one in told["layers"]]


# --- features -------------------------------------------------------------------------------------------------------


def distance(shape: tuple[int, ...], spacing: Floats, click: Voxel) -> tuple[Floats, Floats]:
    """Distance of each voxel from a click in mm, and the part of it across slices."""
    grid = np.ogrid[tuple(slice(0, n) for n in shape)]
    steps = [(grid[axis] - click[axis]) * spacing[axis] for axis in range(3)]
    return np.minimum(np.sqrt(steps[0] ** 2 + steps[1] ** 2 + steps[2] ** 2), MOST_MM), np.broadcast_to(
        np.abs(steps[2]), shape
    )


def features(
    names: Sequence[str], values: Floats, spacing: Floats, click: Voxel, anatomy: NDArray[Any] | None
) -> NDArray[np.float32]:
    """How alike each voxel is to a click (13, i, j, k): in brightness, in how it is reached, in its side of cord and dura.

    The third axis is that across slices.
    """
    away, across = distance(values.shape[1:], spacing, click)
    each = _unlike(values, away <= LEARN_MM)
    unlike = np.mean(each, axis=0)
    root = np.sqrt(unlike)
    others = np.sort(unlike[away > ELSEWHERE_MM])
    usual = np.searchsorted(others, unlike) / max(len(others), 1)
    outside, apart = _sides(away.shape, spacing, click, anatomy)
    edges = sum(ndimage.gaussian_gradient_magnitude(image, (1, 1, 0.01)) ** 2 for image in values)
    gain, t2 = (names.index(one) if one in names else 0 for one in (GAIN, "T2w"))
    return np.stack([
        root / 2, np.sqrt(np.max(each, axis=0)) / 2, np.log(usual + 1e-3) + 2, np.sqrt(_crossed(unlike, spacing, click)),
        away / 15, across / 8, ndimage.gaussian_filter(root, (1.5, 1.5, 0.3)) / 2, outside, apart,
        ndimage.uniform_filter(apart, (3, 3, 1)), np.sqrt(edges) * 5, np.sqrt(each[gain]) / 2, np.sqrt(each[t2]) / 2,
    ]).astype(np.float32)  # fmt: skip


def _unlike(values: Floats, near: Mask) -> Floats:
    """By image, how many sds of the clicked tissue a voxel's brightness is away from it, squared."""
    out = np.empty_like(values)
    for number, image in enumerate(values):
        noise = max(1.4826 * float(np.median(np.abs(np.diff(image, axis=0)))), 0.02)
        middle = float(np.median(image[near]))
        spread = 1.4826 * float(np.median(np.abs(image[near] - middle)))
        out[number] = np.minimum((image - middle) ** 2 / (spread**2 + noise**2 + LEAST_SD**2), UNLIKE)
    return out


def _crossed(unlike: Floats, spacing: Floats, click: Voxel) -> Floats:
    """How many mm of unlike tissue lie on the easiest way from a click."""
    cost = np.minimum(unlike / 6, 1.0) + ALIKE
    number = np.arange(cost.size).reshape(cost.shape)
    rows, columns, weights = [], [], []
    for axis in range(3):
        first: list[slice] = [slice(None)] * 3
        second: list[slice] = [slice(None)] * 3
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        rows.append(number[tuple(first)].ravel())
        columns.append(number[tuple(second)].ravel())
        weights.append((0.5 * (cost[tuple(first)] + cost[tuple(second)]) * spacing[axis]).ravel())
    links = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
    graph = sparse.coo_matrix(links, shape=(cost.size, cost.size)).tocsr()
    ways = dijkstra(graph, directed=False, indices=int(number[click]), limit=FAR_MM)
    return np.asarray(np.minimum(ways, FAR_MM).reshape(cost.shape))


def _sides(
    shape: tuple[int, ...], spacing: Floats, click: Voxel, anatomy: NDArray[Any] | None
) -> tuple[Floats, Floats]:
    """Distance outside the canal (of 6 mm; negative inside), and whether a voxel is of another part of it than the click."""
    unknown = np.zeros(shape), np.full(shape, 0.5)
    if anatomy is None or not (anatomy > 0).any() or (anatomy > 0).all():
        return unknown
    canal = anatomy > 0
    outside = ndimage.distance_transform_edt(~canal, sampling=spacing)
    outside -= ndimage.distance_transform_edt(canal, sampling=spacing)
    if outside[click] > OUTSIDE_MM:
        return unknown
    return np.clip(outside, -6, 6) / 6, np.asarray(anatomy != anatomy[click], np.float64)


# --- masks ----------------------------------------------------------------------------------------------------------


def _joined(mask: Mask, inside: Sequence[Voxel], outside: Sequence[Voxel]) -> Mask:
    """The parts of a mask that hold a click inside, without holes within slices and without the clicks outside."""
    mask = mask.copy()
    for sign, clicks in ((True, inside), (False, outside)):
        for click in clicks:
            mask[click] = sign
    labels, _ = ndimage.label(mask)
    kept = np.isin(labels, [labels[click] for click in inside if labels[click]])
    whole = np.stack([ndimage.binary_fill_holes(kept[..., k]) for k in range(mask.shape[2])], axis=2)
    for click in outside:
        whole[click] = False
    return np.asarray(whole)


def between(first: Mask, second: Mask, share: float, spacing: Floats) -> Mask:
    """The outline at a share of the way from one slice's outline to another's, by their signed distances.

    Source: raya1990
    """
    return np.asarray((1 - share) * _depth(first, spacing) + share * _depth(second, spacing) > 0)


def _depth(mask: Mask, spacing: Floats) -> Floats:
    """Distance to the outline, positive inside, in mm."""
    inner = ndimage.distance_transform_edt(mask, sampling=spacing)
    outer = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.asarray(inner - outer)
