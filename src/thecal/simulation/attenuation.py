"""CT of the painted body, in Hounsfield units, without or with contrast in the CSF."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy import ndimage

from thecal.simulation.physics import Palette
from thecal.simulation.scanner import Slab

RANGE = (-1024, 3071)
CSF = ("csf", "csf_flow")


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files("thecal.simulation").joinpath("attenuation.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table


def hounsfield_of(
    palette: Palette, age: float, rng: np.random.Generator, *, myelogram: bool = False
) -> NDArray[np.float32]:
    """Hounsfield units of every tissue, by number; marrow by age, CSF with contrast for a myelogram."""
    table = _table()
    bone = table["marrow"]
    marrow = bone["under_30"] - bone["per_year"] * max(age - 29, 0) + float(rng.normal(0, 0.5 * bone["spread"]))
    known = {name: float(value[0]) for name, value in table["hounsfield"].items()}
    if myelogram:
        known |= dict.fromkeys(CSF, float(rng.uniform(*table["myelogram"]["csf"])))
    values = [known.get(name, known.get(root, marrow)) for name, root in zip(palette.names, palette.roots, strict=True)]
    return np.array(values, dtype=np.float32)


def expose(slab: Slab, hounsfield: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.int16]:
    """One CT of a slab: mean attenuation of each voxel, a soft kernel, grained noise that grows with what lies around."""
    image = np.zeros(slab.grid.shape, np.float32)
    for layer in slab.tissue:
        image += hounsfield[layer]
    image /= np.float32(len(slab.tissue))
    image = ndimage.gaussian_filter(image, (0.55, 0.55, 0))
    grain = ndimage.gaussian_filter(rng.standard_normal(image.shape, dtype=np.float32), (0.8, 0.8, 0))
    noise = float(rng.uniform(7, 15)) * grain / float(grain.std())
    return np.asarray(np.clip(np.rint(image + noise), *RANGE), dtype=np.int16)
