"""The line along the middle of the cord and, below it, of the sac.

Found by dynamic programming from the head down: nothing, then cord, then sac without cord, then nothing again; each change
happens at most once, and the line bends as little as the image allows. The method follows the idea of a filter response
joined by an optimal path (Gros et al., Med Image Anal 2018, the spinal cord toolbox's OptiC), without a trained filter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.segmentation.evidence import look
from thecal.segmentation.frame import Floats, Frame, Image, Mask, coarse

# Evidence per mm that is worth nothing: below it a slice is better left out.
CORD_WORTH = 0.20
SAC_WORTH = 0.24
STIFFNESS = 0.08
CHANGE_COST = 3.0
ENTER_COST = 1.0
LONGEST_SHIFT_MM = 10.0
GUIDE_MM = 10.0
GUIDE_FIELD_MM = 40.0
GUIDE_BONUS = 0.10
_NEVER = np.float32(-1e9)


@dataclass(frozen=True, eq=False)
class Centreline:
    """Points along the canal, in frame mm from foot to head.

    cord tells whether the cord is there (else sac only); csf which way CSF differs from cord (+1 brighter);
    worth is the evidence above the break-even, summed over mm; evidence its value per point.
    """

    x: Floats
    y: Floats
    z: Floats
    cord: Mask
    evidence: Floats
    csf: int
    worth: float

    def __len__(self) -> int:
        return len(self.z)

    def moved(self, by: Floats) -> Centreline:
        """The same line seen from another origin: x and y shifted, in mm."""
        return replace(self, x=self.x + by[0], y=self.y + by[1])

    @property
    def quality(self) -> float:
        """Mean evidence per point."""
        return float(self.evidence.mean()) if len(self) else 0.0


def find(frame: Frame, csf: int, guide: Centreline | None = None) -> Centreline:
    """The best line in an image whose CSF is brighter (+1) or darker (−1) than the cord; it may be empty.

    guide, a line found on another series and carried here, holds the search within GUIDE_MM of it where it runs.
    """
    part = frame if guide is None or not len(guide) else frame.near(guide.x, guide.y, GUIDE_FIELD_MM)
    aside = frame.offset_to(part)
    work, step, plane = coarse(part)
    cord, sac = look(work, plane, csf)
    if guide is not None and len(guide):
        cord, sac = _guided(cord, sac, step, plane, guide.moved(-aside))
    return _line(cord, sac, step, plane, csf).moved(aside)


def _guided(cord: Image, sac: Image, step: float, plane: float, guide: Centreline) -> tuple[Image, Image]:
    cord, sac = cord.copy(), sac.copy()
    y, x = np.ogrid[: cord.shape[1], : cord.shape[2]]
    for number in range(len(cord)):
        z = number * step
        if not guide.z[0] - step / 2 <= z <= guide.z[-1] + step / 2:
            continue
        gx, gy = np.interp(z, guide.z, guide.x), np.interp(z, guide.z, guide.y)
        away = np.hypot(x * plane - gx, y * plane - gy)
        has_cord = np.interp(z, guide.z, guide.cord.astype(float)) >= 0.5
        cord[number] += np.where(away < GUIDE_MM, GUIDE_BONUS * (1.5 if has_cord else -1.0), -1.0)
        sac[number] += np.where(away < GUIDE_MM, GUIDE_BONUS * (-1.0 if has_cord else 1.5), -1.0)
    return cord, sac


def _shifts(step: float, plane: float) -> NDArray[np.int_]:
    reach = max(1, int(np.ceil(min(step, LONGEST_SHIFT_MM) / plane)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    keep = y**2 + x**2 <= reach**2 + 1
    return np.stack([y[keep], x[keep]], axis=1)


def _push(scores: Image, shifts: NDArray[np.int_], cost: Floats) -> tuple[Image, NDArray[np.int16]]:
    """For each point of a slice the best way to it from the slice above, and which shift that was."""
    height, width = scores.shape
    reach = int(np.abs(shifts).max())
    wide = np.pad(scores, reach, constant_values=_NEVER)
    best = np.full(scores.shape, 2 * _NEVER, dtype=np.float32)
    which = np.zeros(scores.shape, dtype=np.int16)
    for number, (dy, dx) in enumerate(shifts):
        from_here = wide[reach + dy : reach + dy + height, reach + dx : reach + dx + width] - np.float32(cost[number])
        better = from_here > best
        best[better] = from_here[better]
        which[better] = number
    return best, which


@dataclass(frozen=True, eq=False)
class _Step:
    """How a slice was entered: cord from cord or from nothing, sac from nothing, cord or sac; where nothing below began."""

    cord_stays: Mask
    cord_shift: NDArray[np.int16]
    sac_from: NDArray[np.int_]
    sac_shift: NDArray[np.int16]
    below_from: int
    cord_end: int
    sac_end: int


def _line(cord: Image, sac: Image, step: float, plane: float, csf: int) -> Centreline:
    shifts = _shifts(step, plane)
    cost = STIFFNESS * (shifts**2).sum(axis=1) * plane**2 / step
    gain_cord, gain_sac = (cord - CORD_WORTH) * step, (sac - SAC_WORTH) * step
    in_cord = np.full(cord.shape[1:], _NEVER, dtype=np.float32)
    in_sac, below = in_cord.copy(), float(_NEVER)
    steps: list[_Step] = []
    for number in range(len(cord) - 1, -1, -1):
        from_cord, cord_shift = _push(in_cord, shifts, cost)
        from_sac, sac_shift = _push(in_sac, shifts, cost)
        ends = (float(in_cord.max()), float(in_sac.max()), below)
        choices = np.stack([np.full_like(from_cord, -ENTER_COST), from_cord - CHANGE_COST, from_sac])
        steps.append(_Step(
            from_cord >= -ENTER_COST, cord_shift, choices.argmax(axis=0), sac_shift,
            1 + int(np.argmax(ends)), int(in_cord.argmax()), int(in_sac.argmax()),
        ))  # fmt: skip
        below = max(ends)
        in_cord = np.maximum(from_cord, -ENTER_COST) + gain_cord[number]
        in_sac = choices.max(axis=0) + gain_sac[number]
    final = (0.0, float(in_cord.max()), float(in_sac.max()), below)
    state = int(np.argmax(final))
    place = int((in_cord if state == 1 else in_sac).argmax())
    points = _trace(steps, state, divmod(place, cord.shape[2]), shifts, cord.shape[2])
    return _told(points, cord, sac, step, plane, csf, final[state])


def _trace(
    steps: list[_Step], state: int, place: tuple[int, int], shifts: NDArray[np.int_], width: int
) -> list[tuple[int, int, int, bool]]:
    points: list[tuple[int, int, int, bool]] = []
    y, x = place
    for number, entry in enumerate(reversed(steps)):
        if state == 0:
            break
        if state == 3:
            state = entry.below_from
            y, x = divmod(entry.cord_end if state == 1 else entry.sac_end, width)
            continue
        points.append((number, y, x, state == 1))
        if state == 1:
            state, shift = int(entry.cord_stays[y, x]), entry.cord_shift[y, x]
        else:
            state = int(entry.sac_from[y, x])
            shift = entry.cord_shift[y, x] if state == 1 else entry.sac_shift[y, x]
        if state:
            y, x = y + int(shifts[shift, 0]), x + int(shifts[shift, 1])
    return points


def _told(
    points: list[tuple[int, int, int, bool]], cord: Image, sac: Image, step: float, plane: float, csf: int, worth: float
) -> Centreline:
    if not points:
        nothing = np.zeros(0)
        return Centreline(nothing, nothing, nothing, np.zeros(0, dtype=bool), nothing, csf, 0.0)
    z, y, x = (np.array([point[axis] for point in points]) for axis in range(3))
    is_cord = np.array([point[3] for point in points])
    evidence = np.where(is_cord, cord[z, y, x], sac[z, y, x]).astype(np.float64)
    smooth = 6.0 / step
    return Centreline(
        ndimage.gaussian_filter1d(x * plane, smooth, mode="nearest"),
        ndimage.gaussian_filter1d(y * plane, smooth, mode="nearest"),
        z * step, is_cord, evidence, csf, worth,
    )  # fmt: skip
