"""A structure outlined from a few clicks: a random walk that crosses alike voxels easily and edges hardly.

Source: grady2006
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]
Voxel = tuple[int, int, int]

# What lies within this of a click is looked at; a walker from further away never comes (mm).
REACH_MM = 32.0
# Around a click the structure's own brightness is learnt within this (mm), in the click's own slice.
LEARN_MM = 2.0
# How hard an edge of one sd of noise is to cross, and how much brightness alone counts beside the walk.
EDGE, PRIOR = 0.4, 0.3
# What brightness says fades with the distance from the nearest click (mm).
FADES_MM = 16.0
# A voxel is like the structure within so many sd of its brightness; as likely anything else at this density.
SPREAD, ELSE = 2.5, 0.2
# Structures less bright or dark than this share of the image's range are not told from noise.
LEAST_SD = 0.04
# Noise is smoothed by so many voxels within slices.
SMOOTH = 0.7
TOLERANCE, STEPS = 1e-2, 120
SURE = 0.5


def box(shape: tuple[int, ...], spacing: Floats, clicks: list[Voxel]) -> tuple[slice, slice, slice]:
    """The part of a grid within reach of some clicks."""
    reach = np.ceil(REACH_MM / spacing).astype(int)
    low = np.maximum(np.min(clicks, axis=0) - reach, 0)
    high = np.minimum(np.max(clicks, axis=0) + reach + 1, shape)
    parts = [slice(int(a), int(b)) for a, b in zip(low, high, strict=True)]
    return parts[0], parts[1], parts[2]


def grow(images: NDArray[Any], spacing: Floats, inside: list[Voxel], outside: list[Voxel]) -> Mask:
    """The structure that holds the clicks inside and none of those outside.

    images (c, i, j, k): one or more images on one grid; spacing in mm. The edge of the images counts as outside. What is not
    joined to a click inside is left out.
    """
    values = np.stack([_scaled(image) for image in np.asarray(images, dtype=np.float64)])
    likely = _likely(values, spacing, inside)
    seeds = _seeds(values.shape[1:], inside, outside)
    share = _walk(values, likely, spacing, seeds)
    return _joined(share > SURE, inside)


def _scaled(image: Floats) -> Floats:
    """An image in shares of its range, slightly smoothed within slices."""
    image = ndimage.gaussian_filter(image, (SMOOTH, SMOOTH, 0) if image.shape[2] < image.shape[0] else SMOOTH)
    low, high = np.percentile(image, (1, 99))
    return np.asarray((image - low) / max(float(high - low), 1e-9))


def _near(shape: tuple[int, ...], spacing: Floats, clicks: list[Voxel], reach_mm: float) -> Mask:
    """Voxels within reach of a click; across slices thicker than the reach only the click's own."""
    grid = np.ogrid[tuple(slice(0, n) for n in shape)]
    near = np.zeros(shape, bool)
    for click in clicks:
        away = sum(((grid[axis] - click[axis]) * spacing[axis]) ** 2 for axis in range(3))
        near |= away <= reach_mm**2
    return near


def _likely(values: Floats, spacing: Floats, inside: list[Voxel]) -> Floats:
    """Probability of the structure by brightness alone, as it is seen around the clicks, and the less the further away."""
    near = _near(values.shape[1:], spacing, inside, LEARN_MM)
    inner = np.zeros(values.shape[1:])
    for image in values:
        own = image[near]
        middle = float(np.median(own))
        sd = max(1.4826 * float(np.median(np.abs(own - middle))), LEAST_SD)
        inner += ((image - middle) / (SPREAD * sd)) ** 2
    density = np.exp(-inner / (2 * len(values)))
    grid = np.ogrid[tuple(slice(0, n) for n in near.shape)]
    steps = [sum(((grid[axis] - click[axis]) * spacing[axis]) ** 2 for axis in range(3)) for click in inside]
    fading = np.exp(-np.min(steps, axis=0) / (2 * FADES_MM**2))
    return np.asarray(fading * density / (density + ELSE))


def _seeds(shape: tuple[int, ...], inside: list[Voxel], outside: list[Voxel]) -> NDArray[np.int8]:
    """1 where clicked inside, −1 where clicked outside and on the rim within slices, 0 elsewhere."""
    seeds = np.zeros(shape, np.int8)
    for axis in range(3):
        if shape[axis] > 8:
            rim: list[Any] = [slice(None)] * 3
            rim[axis] = [0, -1]
            seeds[tuple(rim)] = -1
    for click in inside:
        seeds[click] = 1
    for click in outside:
        seeds[click] = -1
    return seeds


def _walk(values: Floats, likely: Floats, spacing: Floats, seeds: NDArray[np.int8]) -> Floats:
    """Chance that a walker from each voxel first comes to a click inside."""
    shape = seeds.shape
    number = np.arange(seeds.size).reshape(shape)
    rows, columns, weights = [], [], []
    for axis in range(3):
        first: list[Any] = [slice(None)] * 3
        second: list[Any] = [slice(None)] * 3
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        step = values[(slice(None), *first)] - values[(slice(None), *second)]
        sd = max(float(np.sqrt((step**2).mean(axis=0)).mean()), 1e-3)
        likeness = np.exp(-EDGE * (step**2).sum(axis=0) / sd**2 / len(values)) + 1e-4
        rows.append(number[tuple(first)].ravel())
        columns.append(number[tuple(second)].ravel())
        weights.append((likeness * (spacing.min() / spacing[axis])).ravel())
    row, column, weight = (np.concatenate(parts) for parts in (rows, columns, weights))
    links = sparse.coo_matrix((weight, (row, column)), shape=(seeds.size, seeds.size))
    links = (links + links.T).tocsr()
    return np.asarray(_solve(links, likely.ravel(), seeds.ravel()).reshape(shape), dtype=np.float64)


def _solve(links: Any, likely: Floats, seeds: NDArray[np.int8]) -> Floats:
    """The walk's balance: at each free voxel the mean of its neighbours, drawn a little towards what its brightness says."""
    free = np.flatnonzero(seeds == 0)
    degree = np.asarray(links.sum(axis=1)).ravel()
    known = (seeds == 1).astype(np.float64)
    right = links[free] @ known + PRIOR * likely[free]
    diagonal = degree[free] + PRIOR
    system = sparse.diags(diagonal) - links[free][:, free]
    scale = sparse.diags(1 / diagonal)
    found, _ = cg(system, right, x0=likely[free], rtol=TOLERANCE, maxiter=STEPS, M=scale)
    share = known.copy()
    share[free] = found
    return np.asarray(share, dtype=np.float64)


def _joined(mask: Mask, inside: list[Voxel]) -> Mask:
    """The parts of a mask that hold a click, without holes within slices."""
    for click in inside:
        mask[click] = True
    labels, _ = ndimage.label(mask)
    kept = np.isin(labels, [labels[click] for click in inside])
    return np.asarray(kept)


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
