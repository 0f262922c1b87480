"""How much each point of an image looks like the middle of the cord, or of the sac below it.

A cord is a small even ellipse enclosed by CSF of another brightness, in a canal enclosed in turn by something else, midway
between mirror-like halves of the body. Contrast is Michelson's, so that coil shading and units drop out.
Sizes are those of the adult cord (about 12.6 × 8.6 mm) and canal, tried at 0.85 and 1.15 times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.segmentation.frame import Image, Mask

DIRECTIONS = 12
SCALES = (0.85, 1.15)
# Evidence where there can be no cord: air, and the outermost layer of the body.
NOWHERE = -0.3
SKIN_MM = 15.0
_BLOCKED = np.array([[[0] * 3] * 3, [[0, 1, 0], [1, 1, 1], [0, 1, 0]], [[0] * 3] * 3])


def look(work: Image, plane_mm: float, csf: int) -> tuple[Image, Image]:
    """Evidence for the cord's middle and for the middle of a sac without cord, on the search grid (z, y, x).

    csf is +1 where CSF is brighter than cord (T2), −1 where it is darker (T1, diffusion).
    """
    floor = 0.10 * float(np.percentile(work, 95)) + 1e-6
    fine = _blur(work, 0.8, 0.8, plane_mm)
    around = _blur(work, 20.0, 20.0, plane_mm)
    mirror = symmetry(work, plane_mm, 24.0, 5.0) + symmetry(work, plane_mm, 60.0, 40.0)
    cord = np.full_like(work, -1.0)
    sac = np.full_like(work, -1.0)
    for scale in SCALES:
        one, other = _look_at_scale(work, fine, around, plane_mm, csf, floor, scale)
        np.maximum(cord, one, out=cord)
        np.maximum(sac, other, out=sac)
    body = _inside(work, plane_mm)
    return (
        np.where(body, cord + 0.15 * mirror, NOWHERE).astype(np.float32),
        np.where(body, sac + 0.15 * mirror, NOWHERE).astype(np.float32),
    )


def _look_at_scale(
    work: Image, fine: Image, around: Image, plane: float, csf: int, floor: float, scale: float
) -> tuple[Image, Image]:
    middle = _blur(work, 1.4 * scale, 2.2 * scale, plane)
    disc = _blur(work, 2.5 * scale, 3.0 * scale, plane)
    half = _ring(fine, 2.0 * scale, 3.5 * scale, plane)
    near = _ring(fine, 6.0 * scale + 0.3, 8.3 * scale, plane)
    far = _ring(fine, 10.0 * scale + 1.0, 13.0 * scale + 1.0, plane)
    uneven = np.clip(np.abs(_contrast(half, middle, floor)), 0, 0.4).mean(axis=0)
    cord = _enclosed(csf * _contrast(near, middle, floor)) - 0.5 * uneven
    cord += 0.5 * _enclosed(csf * _contrast(near, far, floor))
    cord += 0.3 * np.clip(csf * _contrast(near.mean(axis=0), around, floor), -0.3, 0.4)
    sac = 0.7 * _enclosed(csf * _contrast(disc, far, floor))
    sac += 0.3 * np.clip(csf * _contrast(disc, around, floor), -0.3, 0.4)
    return cord.astype(np.float32), sac.astype(np.float32)


def _blur(image: Image, sigma_y: float, sigma_x: float, plane: float) -> Image:
    blurred: Image = ndimage.gaussian_filter(image, (0, sigma_y / plane, sigma_x / plane))
    return blurred


def _ring(image: Image, half_y: float, half_x: float, plane: float) -> Image:
    """The image seen from points on an ellipse around each voxel; first axis: direction."""
    pad = int(np.ceil(max(half_y, half_x) / plane)) + 1
    wide = np.pad(image, ((0, 0), (pad, pad), (pad, pad)), mode="edge")
    out = np.empty((DIRECTIONS, *image.shape), dtype=np.float32)
    for number in range(DIRECTIONS):
        angle = 2 * np.pi * number / DIRECTIONS
        y = pad + round(half_y * np.sin(angle) / plane)
        x = pad + round(half_x * np.cos(angle) / plane)
        out[number] = wide[:, y : y + image.shape[1], x : x + image.shape[2]]
    return out


def _contrast(one: Image, other: Image, floor: float) -> Image:
    return np.asarray((one - other) / (np.abs(one) + np.abs(other) + floor), dtype=np.float32)


def _enclosed(contrast: Image) -> Image:
    """How well contrast holds all round: the mean, and the second weakest quarter, since one wall may be missing."""
    clipped = np.clip(contrast, -0.3, 0.4)
    quarters = np.roll(clipped, 1, axis=0).reshape(4, DIRECTIONS // 4, *contrast.shape[1:]).mean(axis=1)
    quarters.partition(1, axis=0)
    return np.asarray(0.4 * clipped.mean(axis=0) + 0.6 * quarters[1], dtype=np.float32)


def symmetry(work: Image, plane: float, reach_mm: float, tall_mm: float) -> Image:
    """How much the image left of each point is the mirror of the image right of it: 1 a mirror image, 0 unrelated."""
    image = _blur(work, 1.5, 1.5, plane)
    image = np.log(np.maximum(image, 0) + 0.1 * float(np.percentile(image, 95)) + 1e-6)
    width = work.shape[2]
    reach = max(2, min(int(reach_mm / plane), width // 2))
    image = image - ndimage.uniform_filter1d(image, 2 * reach + 1, axis=2)
    wide = np.pad(image, ((0, 0), (0, 0), (reach, reach)), mode="edge")
    product, power = np.zeros_like(image), np.zeros_like(image)
    for away in range(2, reach + 1, 2 if reach_mm < 30 else 3):
        left = wide[:, :, reach - away : reach - away + width]
        right = wide[:, :, reach + away : reach + away + width]
        product += left * right / reach
        power += 0.5 * (left * left + right * right) / reach
    tall = tall_mm / plane
    product, power = (ndimage.gaussian_filter1d(part, tall, axis=1) for part in (product, power))
    return np.asarray(np.clip(product / (power + 0.01), -1, 1), dtype=np.float32)


def _inside(work: Image, plane: float) -> Mask:
    """Where a cord can be: in tissue, and not in the skin."""
    local = _blur(work, 1.5, 1.5, plane)
    wide = _blur(work, 25.0, 25.0, plane)
    tissue = (local > 0.3 * wide) & (local > 0.03 * float(np.percentile(local, 98)))
    return np.asarray(tissue & ~_skin(work, plane))


def _skin(work: Image, plane: float) -> Mask:
    soft = _blur(work, 3.0, 3.0, plane)
    labels, count = ndimage.label(soft < 0.03 * float(np.percentile(work, 98)), _BLOCKED)
    outside: NDArray[np.bool_] = np.zeros(count + 1, dtype=bool)
    for face in (labels[:, 0], labels[:, -1], labels[:, :, 0], labels[:, :, -1]):
        outside[np.unique(face)] = True
    outside[0] = False
    air = outside[labels]
    skin = np.zeros(work.shape, dtype=bool)
    for number, there in enumerate(air.any(axis=(1, 2))):
        if there:
            skin[number] = ndimage.distance_transform_edt(~air[number]) * plane < SKIN_MM
    return skin
