"""The ADC map that a scanner computes from images without and with diffusion weighting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thecal.simulation.physics import Palette, Sequence
from thecal.simulation.scanner import Slab

# Below this share of the brightest, a voxel holds too little signal for a map.
FLOOR = 0.04


def map_adc(
    slab: Slab, palette: Palette, plain: Sequence, weighted: Sequence, noise: float, rng: np.random.Generator
) -> NDArray[np.int16]:
    """ADC in 1e-6 mm²/s from two spin echoes of one slab that differ in b; 0 where there is no signal to speak of."""
    first, second = (_mean(slab, palette.signals(sequence)) for sequence in (plain, weighted))
    top = float(np.percentile(first[::3, ::3], 99.0))
    sigma = np.float32(noise * top)
    noisy = [np.abs(image + sigma * rng.standard_normal(image.shape, dtype=np.float32)) for image in (first, second)]
    held = first > FLOOR * top
    ratio = np.maximum(noisy[0], 1e-6) / np.maximum(noisy[1], 0.3 * float(sigma))
    adc = np.log(np.maximum(ratio, 1e-3)) / (weighted.b_value - plain.b_value) * 1e6
    return np.asarray(np.rint(np.where(held, np.clip(adc, 0, 4000), 0)), dtype=np.int16)


def _mean(slab: Slab, signals: NDArray[np.float32]) -> NDArray[np.float32]:
    image = np.zeros(slab.grid.shape, np.float32)
    for layer in slab.tissue:
        image += signals[layer]
    return np.asarray(image / np.float32(len(slab.tissue)))
