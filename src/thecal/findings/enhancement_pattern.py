"""Finding: the pattern in which a lesion enhances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.belief import above
from thecal.findings.enhancement import CUTS, LEAST_DRAWN, degree
from thecal.findings.uptake import Uptake, smooth_gain, uptake
from thecal.findings.views import CORD_CHANGE, ENHANCING, EXTRADURAL, HAEMORRHAGE, SOLID, TUMORAL_CYST, Mask
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "enhancement_pattern"
NEEDS = ("lesion", "T1w", "T1w_ce", "cord")
SUBJECT = "lesion"
# Directions in which a rim is looked for.
DIRECTIONS = 40


@dataclass(frozen=True)
class Shape:
    """What the enhancing part looks like within the lesion; shares from 0 to 1, lengths in mm.

    share and evenness (spread of gain over its mean) are those of the solid part, core that of the innermost third of the
    lesion; rim how much of the outline enhances; cystic how much of what does not enhance was drawn as cyst; parts the number
    of separate enhancing pieces; long, broad and thin the sizes of the enhancing part; flat how its height compares with the
    lesion's; across how its width compares with the lesion's.
    """

    share: float
    evenness: float
    core: float
    rim: float
    cystic: float
    parts: int
    long: float
    broad: float
    flat: float
    across: float


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How enhancement is spread within the lesion: evenly, unevenly, in a ring closed or open, as a nodule in the wall of a
    cyst, in patches, along a line, or as a band across the cord.

    Only where there is enhancement.
    """
    assert lesion is not None
    taken = uptake(aligned, segmentation, lesion)
    if isinstance(taken, str):
        return NotAssessed(CODE, lesion.tracking_uid, taken)
    gain, sd = degree(taken, lesion)
    if above(gain, CUTS[0], sd) < 0.5:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion does not enhance")
    shape = _shape(taken, lesion, max(CUTS[0], 0.25 * gain))
    if shape is None:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is too small for its pattern to be seen")
    part = taken.view.body(lesion)
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(scores(shape)),
        measurement=Measurement(round(100 * shape.share, 2), "%"), where=taken.view.place(taken.view.mm(part)),
        method="share of the solid part that enhances (given in percent), evenness, rim against core, number, shape and "
               "direction of the enhancing pieces",
    )  # fmt: skip


def scores(shape: Shape) -> dict[str, float]:
    """How well each pattern fits a shape, from 0 to 1. The bounds are judged."""
    hollow = 1 - above(shape.core, 0.40, 0.10)
    ring = hollow * above(shape.rim, 0.55, 0.10)
    closed = above(shape.rim, 0.87, 0.05)
    nodule = hollow_or_small(shape) * above(shape.cystic, 0.5, 0.15) * (1 - above(shape.rim, 0.5, 0.10))
    line = above(shape.long / max(shape.broad, 1.0), 3.5, 0.7) * (1 - above(shape.broad, 4.5, 0.8)) * (1 - ring)
    band = (1 - above(shape.flat, 0.40, 0.08)) * above(shape.across, 0.65, 0.08) * float(shape.parts == 1)
    rest = (1 - ring) * (1 - nodule) * (1 - line) * (1 - band)
    full = above(shape.share, 0.80, 0.06)
    even = full * (1 - above(shape.evenness, 0.34, 0.05))
    pieces = (above(float(shape.parts), 1.5, 0.3)) * (1 - above(shape.share, 0.65, 0.10))
    return {
        "homogeneous": rest * even, "heterogeneous": rest * (1 - even) * (1 - pieces),
        "ring": ring * closed * (1 - nodule), "open_ring": ring * (1 - closed) * (1 - nodule), "mural_nodule": nodule,
        "patchy": rest * (1 - even) * pieces, "linear": line * (1 - band), "transverse_band": band * (1 - ring) * (1 - nodule),
    }  # fmt: skip


def hollow_or_small(shape: Shape) -> float:
    """How far the enhancing part leaves most of the lesion dark, as a nodule in a cyst does."""
    return float(shape.parts <= 2) * above(3.0, shape.long / max(shape.broad, 1.0), 0.7)


def _shape(taken: Uptake, lesion: Lesion, cut: float) -> Shape | None:
    view = taken.view
    whole = view.of(lesion, (*SOLID, *CORD_CHANGE, TUMORAL_CYST, HAEMORRHAGE)) & taken.covered
    axis = taken.axis
    if np.count_nonzero(whole) < 30:
        return None
    values, noise, _ = smooth_gain(taken, whole, rimless=False)
    bright = np.zeros_like(whole)
    bright[whole] = values > cut
    drawn = view.of(lesion, (ENHANCING,)) & whole
    other = whole & ~drawn & (view.tissue != EXTRADURAL)
    if min(np.count_nonzero(drawn), np.count_nonzero(other)) >= LEAST_DRAWN:
        # Parted from the rest by whoever drew it: thick slices blur the gain of one into the other.
        bright = (bright & ~other) | drawn
    if np.count_nonzero(bright) < 5:
        return None
    solid = view.body(lesion) & taken.covered
    depth = ndimage.distance_transform_edt(np.pad(whole, 1), sampling=view.grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    inner_third = whole & (depth > 0.6 * depth.max())
    evenness, share = _evenness(taken, solid, noise), float(np.mean(bright[_rimless(solid)]))
    dark = whole & ~bright
    cystic = float(np.mean(view.tissue[dark] == TUMORAL_CYST)) if dark.any() else 0.0
    sizes = _sizes(view.mm(bright))
    along, right, front = axis.locate(view.mm(bright))
    along_all, right_all, front_all = axis.locate(view.mm(whole))
    step = float(np.abs(view.affine[2, :3]).max())
    flat = (np.ptp(along) + step) / (np.ptp(along_all) + step)
    widths = ((right, right_all), (front, front_all))
    across = min(float(np.std(one)) / max(float(np.std(every)), 1e-6) for one, every in widths)
    return Shape(share, evenness, float(np.mean(bright[inner_third])), _rim(view.mm(whole), bright[whole], depth[whole]),
                 cystic, _parts(bright), sizes[0], sizes[1], float(flat), across)  # fmt: skip


def _rimless(mask: Mask) -> Mask:
    core = ndimage.binary_erosion(mask, border_value=1)
    return core if core.any() else mask


def _evenness(taken: Uptake, solid: Mask, noise: float) -> float:
    values, _, _ = smooth_gain(taken, solid)
    spread = np.sqrt(max(float(np.var(values)) - noise**2, 0))
    return float(spread / max(float(values.mean()), 0.1))


def _sizes(points: NDArray[np.float64]) -> list[float]:
    """Lengths of the ellipsoid with the same moments, longest first."""
    spread = np.cov(points.T) if len(points) > 3 else np.eye(3)
    return [float(4.47 * np.sqrt(max(one, 0.1))) for one in sorted(np.linalg.eigvalsh(spread), reverse=True)]


def _parts(bright: Mask) -> int:
    parts, count = ndimage.label(bright, np.ones((3, 3, 3)))
    sizes = np.bincount(parts.ravel())[1:] if count else np.array([0])
    return int(np.count_nonzero(sizes >= 0.08 * sizes.sum()))


def _rim(points: NDArray[np.float64], bright: Mask, depth: NDArray[np.float64]) -> float:
    """Share of the directions from the middle in which the outermost part enhances."""
    offset = points - points.mean(axis=0)
    scale = np.maximum(offset.std(axis=0), 1e-3)
    direction = offset / scale / np.maximum(np.linalg.norm(offset / scale, axis=1, keepdims=True), 1e-6)
    n = np.arange(DIRECTIONS) + 0.5
    polar, turn = np.arccos(1 - 2 * n / DIRECTIONS), np.pi * (1 + 5**0.5) * n
    aims = np.column_stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)])
    outer = depth < 0.55 * depth.max()
    aim = (direction @ aims.T).argmax(axis=1)
    seen = [float(np.mean(bright[outer & (aim == one)])) for one in range(DIRECTIONS) if np.any(outer & (aim == one))]
    return float(np.mean(np.array(seen) > 0.3)) if seen else 0.0
