"""What a network trained on simulated spines alone sees in an image: how likely each voxel is cord.

It works at 1 mm whatever the slices, on cubes of 64 voxels along the canal, so that memory does not grow with the image; where
cubes overlap, their probabilities are averaged, the middle of a cube counting most. Its boundary lies where a voxel is half
filled. How it was trained and measured stands in its card.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from scipy import ndimage

from thecal.records import Volume
from thecal.records.geometry import average_into
from thecal.segmentation.centreline import Centreline
from thecal.segmentation.frame import Frame, Image, softened

ANATOMY, LESIONS = "anatomy.onnx", "lesions.onnx"
STEP_MM = 1.0
SIDE, STRIDE, MULTIPLE = 64, 44, 16
CORD = 1
MARGIN = 8
MOST_THREADS = 8
# Probabilities (classes, x, y, z) of images (channels, x, y, z).
Net = Callable[[Image], Image]


@cache
def load(name: str) -> Net:
    """A stored network, from images of mean 0 and spread 1 to the probability of each class."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Cubes differ in size; a pattern or an arena kept for each would let memory grow.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    session: Any = onnxruntime.InferenceSession(weights(name), options, providers=["CPUExecutionProvider"])

    def net(image: Image) -> Image:
        found: Image = session.run(None, {"image": image[None]})[0][0]
        return found

    return net


def weights(name: str) -> bytes:
    """A stored network."""
    return resources.files("thecal.segmentation").joinpath("weights", name).read_bytes()


@cache
def digest() -> str:
    """SHA-256 of the stored networks, one after the other, which their card states."""
    return hashlib.sha256(weights(ANATOMY) + weights(LESIONS)).hexdigest()


def look(frame: Frame, line: Centreline, net: Net) -> Image:
    """Probability of cord on the frame's voxels, near a line along the canal; 0 where no cube was laid."""
    cubic = _cubic(frame)
    total, seen = np.zeros(cubic.shape, dtype=np.float32), np.zeros(cubic.shape, dtype=np.float32)
    for cube in _cubes(line, cubic.shape):
        part = cubic.voxels[cube]
        padded = np.zeros([-(-n // MULTIPLE) * MULTIPLE for n in part.shape], dtype=np.float32)
        held = tuple(slice(0, n) for n in part.shape)
        padded[held] = normalise(part)
        weight = taper(part.shape)
        total[cube] += net(padded[None])[CORD][held] * weight
        seen[cube] += weight
    whole = Volume(total / np.maximum(seen, 1e-6), cubic.affine)
    return np.asarray(average_into(whole, frame.grid).voxels, np.float32)


def _cubic(frame: Frame) -> Volume:
    """The frame's image with equal steps along its axes, detail finer than a step averaged out."""
    ratio = STEP_MM / frame.spacing
    image = softened(frame.voxels, ratio)
    shape = [max(1, round(n / r)) for n, r in zip(frame.shape, ratio, strict=True)]
    # Voxel centres keep their distance from the field's first edge.
    offset = ratio / 2 - 0.5
    voxels = ndimage.affine_transform(image, ratio, offset, output_shape=shape, order=1, mode="nearest")
    carry = np.diag([*ratio, 1.0])
    carry[:3, 3] = offset
    return Volume(voxels.astype(np.float32, copy=False), frame.affine @ carry)


def normalise(image: Image) -> Image:
    """Brightness brought to mean 0 and spread 1, its darkest and brightest few thousandths cut off."""
    values = image.ravel()
    low, high = np.percentile(values[:: max(1, values.size // 20000)], (0.2, 99.7))
    clipped = np.clip(image, low, high)
    return np.asarray((clipped - clipped.mean()) / (clipped.std() + 1e-6), dtype=np.float32)


def _cubes(line: Centreline, shape: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Cubes that follow a line from foot to head, each centred on its stretch of it."""
    low, high = (float(line.z[n]) / STEP_MM for n in (0, -1))
    count = 1 + max(0, int(np.ceil((high - low + MARGIN - SIDE) / STRIDE)))
    for foot in np.linspace(low - MARGIN / 2, max(low, high + MARGIN / 2 - SIDE), count):
        inside = (line.z >= foot * STEP_MM) & (line.z <= (foot + SIDE) * STEP_MM)
        middle = [float(np.mean(part[inside] if inside.any() else part)) / STEP_MM for part in (line.x, line.y)]
        corner = (middle[0] - SIDE / 2, middle[1] - SIDE / 2, foot)
        starts = [int(np.clip(round(c), 0, max(n - SIDE, 0))) for c, n in zip(corner, shape, strict=True)]
        yield tuple(slice(c, min(c + SIDE, n)) for c, n in zip(starts, shape, strict=True))


def taper(shape: tuple[int, ...]) -> Image:
    """Weight of a cube's voxels: 1 in the middle, falling towards the faces."""
    out = np.ones((1, 1, 1), dtype=np.float32)
    for axis, n in enumerate(shape):
        away = np.minimum(np.arange(n) + 1, n - np.arange(n)) / max(n / 4, 1)
        view = [1, 1, 1]
        view[axis] = n
        out = out * np.clip(away, 0.05, 1).astype(np.float32).reshape(view)
    return out
