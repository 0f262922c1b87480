"""Outlines of cord and sac around the centreline, as a radius for each height and direction.

Convention: the cord's outline runs where the signal has gone EDGE_SHARE of the way from the cord's own level to the
brightest (T2) or darkest (T1) CSF that the ray meets within 2 mm beyond; the sac's outline where it has gone half of the way
from CSF to what lies around the sac. Outlines lie in the series' own axial voxel planes, not perpendicular to the cord.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from thecal.segmentation.centreline import Centreline
from thecal.segmentation.frame import Floats, Frame, Image, smoothed

RAYS = 36
ANGLES: Floats = np.arange(RAYS) * 2 * np.pi / RAYS
RAY_STEP_MM = 0.25
CORD_RADII: Floats = np.arange(0.25, 13.0, RAY_STEP_MM)
# 0.4: pia and partial volume belong to CSF's side of the edge; half-way drew 6 to 19 % more area than readers' masks.
EDGE_SHARE = 0.4
# Half-axes right-left and front-back, in mm, to which outlines lean where the image is silent.
CORD_ELLIPSE = (6.3, 4.3)
ROUNDS = 3
SLOW_MM = 30.0
OUTLINE_STEP_MM = 1.0


@dataclass(frozen=True, eq=False)
class Tube:
    """A closed surface around a line: centre x, y at heights z (frame mm, ascending), radius (height, direction) in mm.

    confidence (0 to 1) per height; expected the radius that the structure's own course would give there.
    """

    x: Floats
    y: Floats
    z: Floats
    radius: Floats
    confidence: Floats
    expected: Floats

    def __len__(self) -> int:
        return len(self.z)

    @cached_property
    def step_mm(self) -> float:
        """Distance between heights."""
        return float(np.median(np.diff(self.z))) if len(self) > 1 else 5.0

    def areas_mm2(self) -> Floats:
        """Area of each cross-section."""
        return np.asarray(np.pi * (self.radius**2).mean(axis=1), dtype=np.float64)

    def at(self, z: float) -> Slice | None:
        """The cross-section at a height; None beyond the ends (by more than half a step) and inside gaps."""
        half = self.step_mm / 2 + 1e-6
        if not len(self) or not self.z[0] - half <= z <= self.z[-1] + half:
            return None
        upper = int(np.clip(np.searchsorted(self.z, z), 1, max(1, len(self) - 1)))
        if len(self) == 1:
            return Slice(
                float(self.x[0]), float(self.y[0]), self.radius[0], float(self.confidence[0]), self.expected[0]
            )
        low, high = self.z[upper - 1], self.z[upper]
        if high - low > 1.6 * self.step_mm and low + half < z < high - half:
            return None
        share = float(np.clip((z - low) / (high - low), 0, 1))
        mix = [(1 - share) * part[upper - 1] + share * part[upper]
               for part in (self.x, self.y, self.radius, self.confidence, self.expected)]  # fmt: skip
        return Slice(float(mix[0]), float(mix[1]), mix[2], float(mix[3]), mix[4])

    def covers(self, heights: Floats) -> NDArray[np.bool_]:
        """Whether there is a cross-section at each of the heights."""
        return np.array([self.at(float(z)) is not None for z in heights], dtype=bool)

    def moved(self, by: Floats) -> Tube:
        """The same tube seen from another origin: x and y shifted, in mm."""
        return replace(self, x=self.x + by[0], y=self.y + by[1])

    def part(self, keep: NDArray[np.bool_]) -> Tube:
        """The cross-sections that keep marks."""
        return Tube(*(part[keep] for part in (self.x, self.y, self.z, self.radius, self.confidence, self.expected)))


@dataclass(frozen=True, eq=False)
class Slice:
    """One cross-section of a tube."""

    x: float
    y: float
    radius: Floats
    confidence: float
    expected: Floats

    def reach(self, angle: Floats) -> Floats:
        """Radius in the given directions (radians)."""
        return _around(self.radius, angle)


@dataclass(frozen=True, eq=False)
class Levels:
    """Signal of the cord and of CSF at each height of a tube, and the noise within the cord in units of their difference."""

    z: Floats
    cord: Floats
    csf: Floats
    noise: Floats

    def relative(self, values: Image, z: float) -> Image:
        """Signal on a scale where the cord is 0 and CSF is 1."""
        cord, csf = np.interp(z, self.z, self.cord), np.interp(z, self.z, self.csf)
        return np.asarray((values - cord) / _apart(csf - cord), dtype=np.float32)


def _apart(difference: ArrayLike) -> Floats:
    """A difference kept away from zero, with its sign."""
    value = np.asarray(difference, dtype=np.float64)
    return np.where(value < 0, -1.0, 1.0) * np.maximum(np.abs(value), 1e-9)


def _around(radius: Floats, angle: Floats) -> Floats:
    place = np.mod(angle, 2 * np.pi) / (2 * np.pi) * RAYS
    return np.asarray(np.interp(place, np.arange(RAYS + 1), np.append(radius, radius[0])), dtype=np.float64)


def along(values: Floats, sigma: float) -> Floats:
    """Values smoothed from slice to slice."""
    if sigma <= 0.05 or len(values) < 2:
        return values
    return np.asarray(ndimage.gaussian_filter1d(values, sigma, axis=0, mode="nearest"))


def profiles(image: Image, spacing: Floats, x: Floats, y: Floats, z: Floats, radii: Floats) -> Image:
    """Signal along rays from each centre: height, direction, radius."""
    px = x[:, None, None] + np.cos(ANGLES)[None, :, None] * radii
    py = y[:, None, None] + np.sin(ANGLES)[None, :, None] * radii
    pz = np.broadcast_to(z[:, None, None], px.shape)
    places = [part / step for part, step in zip((px, py, pz), spacing, strict=True)]
    out: Image = ndimage.map_coordinates(image, places, order=1, mode="nearest", output=np.float32)
    return out


def ellipse(half_x: float, half_y: float) -> Floats:
    """Radius of an ellipse in each direction."""
    return np.asarray(half_x * half_y / np.hypot(half_y * np.cos(ANGLES), half_x * np.sin(ANGLES)))


def closed_path(cost: Image, reach: int = 2, bend: float = 0.02) -> NDArray[np.int_]:
    """For each height the closed curve of least cost (height, direction, radius): index of the radius in each direction.

    Neighbouring directions differ by at most `reach` steps. Runs twice round and keeps the middle, which closes the curve.
    """
    count, rays, depth = cost.shape
    shifts = np.arange(-reach, reach + 1)
    total, back = cost[:, 0].copy(), []
    for number in range(1, 2 * rays + 1):
        wide = np.pad(total, ((0, 0), (reach, reach)), constant_values=1e6)
        ways = np.stack([wide[:, reach + s : reach + s + depth] + bend * s * s for s in shifts])
        best = ways.argmin(axis=0)
        total = np.take_along_axis(ways, best[None], 0)[0] + cost[:, number % rays]
        back.append(shifts[best])
    rows, place = np.arange(count), total.argmin(axis=1)
    path = np.zeros((count, 2 * rays + 1), dtype=int)
    path[:, -1] = place
    for number in range(2 * rays - 1, -1, -1):
        place = np.clip(place + back[number][rows, place], 0, depth - 1)
        path[:, number] = place
    middle = path[:, rays // 2 : rays // 2 + rays]
    return np.roll(middle, rays // 2, axis=1)


def course(radius: Floats, reach: float) -> Floats:
    """The outline that the structure's own course gives at each height: running median, low harmonics, smoothed."""
    half = max(2, round(reach))
    median = np.stack([np.median(radius[max(0, n - half) : n + half + 1], axis=0) for n in range(len(radius))])
    waves = np.fft.rfft(median, axis=1)
    waves[:, 5:] = 0
    return along(np.fft.irfft(waves, RAYS, axis=1), half / 3)


def heights(line: Centreline, frame: Frame) -> tuple[Floats, Floats, Floats]:
    """Centres (x, y, z) at which outlines are drawn: each slice of a stack, each OUTLINE_STEP_MM of a fine volume."""
    step = float(max(frame.spacing[2], OUTLINE_STEP_MM))
    first, last = max(float(line.z[0]) - 1.0, 0.0), float(line.z[-1]) + 1.0
    top = (frame.shape[2] - 1) * frame.spacing[2]
    z = np.arange(np.ceil(first / step - 1e-6), np.floor(min(last, top) / step + 1e-6) + 1) * step
    z = z if len(z) else line.z[:1]
    return np.interp(z, line.z, line.x), np.interp(z, line.z, line.y), z


def draw_cord(frame: Frame, line: Centreline) -> tuple[Tube, Levels]:
    """The cord's outline around a centreline, and the signal levels it was read by."""
    image = smoothed(frame)
    x, y, z = heights(line, frame)
    step = float(np.median(np.diff(z))) if len(z) > 1 else 5.0
    base = ellipse(*CORD_ELLIPSE)
    expected = np.broadcast_to(base, (len(z), RAYS))
    for number in range(ROUNDS):
        rays = profiles(image, frame.spacing, x, y, z, CORD_RADII)
        levels = _levels(rays, z, line.csf, step)
        scaled = _scaled(rays, levels, step)
        slope, index = _cord_edge(scaled, expected, first=number == 0)
        radius = CORD_RADII[index]
        if number < ROUNDS - 1:
            expected = 0.85 * course(radius, SLOW_MM / step) + 0.15 * base
            x, y = (along(c + np.clip(d, -2, 2), 3.0 / step) for c, d in zip((x, y), off_centre(radius), strict=True))
    edge, found = _crossing(scaled, index, frame.spacing)
    edge = along(edge, 1.0 / step)
    edge = np.asarray(ndimage.gaussian_filter1d(edge, 0.8, axis=1, mode="wrap"))
    confidence = along(_confidence(slope, index, found, levels), 4.0 / step)
    return Tube(x, y, z, edge, confidence, expected), levels


def _levels(rays: Image, z: Floats, csf: int, step: float) -> Levels:
    inner = rays[:, :, CORD_RADII < 2.0].reshape(len(z), -1)
    cord = np.median(inner, axis=1).astype(np.float64)
    ring = rays[:, :, (CORD_RADII > 3.0) & (CORD_RADII < 10.0)]
    peak = np.median(csf * (csf * ring).max(axis=2), axis=1).astype(np.float64)
    cord, peak = along(cord, 4.0 / step), along(peak, 4.0 / step)
    apart = csf * np.maximum(csf * (peak - cord), 1e-6 * np.abs(peak) + 1e-9)
    spread = np.abs(inner - np.median(inner, axis=1)[:, None]).mean(axis=1) * 1.25
    return Levels(z, cord, cord + apart, np.asarray(spread / np.abs(apart), dtype=np.float64))


def _scaled(rays: Image, levels: Levels, step: float) -> Image:
    apart = _apart(levels.csf - levels.cord)
    scaled = (rays - levels.cord[:, None, None]) / apart[:, None, None]
    scaled = ndimage.gaussian_filter1d(scaled, 0.7, axis=1, mode="wrap")
    return along(scaled, 1.0 / step if step < 3 else 0.0).astype(np.float32)


def _slope(scaled: Image) -> Image:
    """Rise of the signal over 1 mm along the ray."""
    rise = np.zeros_like(scaled)
    rise[:, :, 2:-2] = scaled[:, :, 4:] - scaled[:, :, :-4]
    return rise


def _cord_edge(scaled: Image, expected: Floats, first: bool) -> tuple[Image, NDArray[np.int_]]:
    """The first rise to CSF all round: slope, little CSF inside, near the expected outline."""
    slope = _slope(scaled)
    start = np.full((*expected.shape, 1), 2.0) if first else 0.7 * expected[:, :, None]
    highest = np.maximum.accumulate(np.where(start < CORD_RADII, scaled, -1), axis=2)
    passed = np.cumsum(np.clip(highest - 0.35, -0.35, 0.5), axis=2) * RAY_STEP_MM
    away = np.minimum((CORD_RADII - expected[:, :, None]) ** 2, 6.0)
    cost = -1.6 * np.clip(slope, -0.2, 0.3) + 0.2 * passed + (0.03 if first else 0.2) * away
    cost += np.where(start * 0.85 > CORD_RADII, 0.5, 0.0)
    cost[:, :, CORD_RADII < 1.5] += 5
    return slope, closed_path(cost.astype(np.float32))


def tube_of(probability: Image, spacing: Floats, step: float, radii: Floats) -> Tube:
    """The tube along which a probability map passes one half, at steps from foot to head; confidence its mean within.

    Each cross-section is centred on its own middle; heights that hold nothing are left out.
    """
    top = (probability.shape[2] - 1) * spacing[2]
    z = np.arange(0.0, top + 1e-6, step)
    near = np.clip(np.round(z / spacing[2]).astype(int), 0, probability.shape[2] - 1)
    inside = np.where(probability > 0.5, probability, 0)[:, :, near]
    mass, size = inside.sum(axis=(0, 1)), (inside > 0).sum(axis=(0, 1))
    keep = size > 0
    weight = np.maximum(mass, 1e-6)
    x = (inside.sum(axis=1) * (np.arange(inside.shape[0]) * spacing[0])[:, None]).sum(axis=0) / weight
    y = (inside.sum(axis=0) * (np.arange(inside.shape[1]) * spacing[1])[:, None]).sum(axis=0) / weight
    x, y, z, confidence = x[keep], y[keep], z[keep], (mass / np.maximum(size, 1))[keep]
    if not len(z):
        return Tube(x, y, z, np.zeros((0, RAYS)), confidence, np.zeros((0, RAYS)))
    rays = profiles(probability, spacing, x, y, z, radii)
    out = rays < 0.5
    first = np.where(out.any(axis=2), out.argmax(axis=2), len(radii) - 1)
    high, low = (take(rays, (first + n)[:, :, None])[:, :, 0] for n in (-1, 0))
    part = np.clip((high - 0.5) / np.maximum(high - low, 1e-6), 0, 1)
    radius = np.where(first > 0, radii[np.maximum(first, 1) - 1] + part * (radii[1] - radii[0]), radii[0])
    return Tube(x, y, z, radius, confidence, course(radius, SLOW_MM / step))


def joined(one: Tube, other: Tube) -> Tube:
    """The cross-sections of both tubes from foot to head."""
    order = np.argsort(np.concatenate([one.z, other.z]), kind="stable")
    parts = ((getattr(one, name), getattr(other, name)) for name in ("x", "y", "z", "radius", "confidence", "expected"))
    return Tube(*(np.concatenate(pair)[order] for pair in parts))


def levels_along(frame: Frame, tube: Tube, csf: int) -> Levels:
    """Signal of cord and CSF along a cord that is already drawn."""
    rays = profiles(smoothed(frame), frame.spacing, tube.x, tube.y, tube.z, CORD_RADII)
    return _levels(rays, tube.z, csf, tube.step_mm)


def off_centre(radius: Floats) -> tuple[Floats, Floats]:
    """x and y of each outline's centre of area relative to the centre it was drawn from."""
    area = 1.5 * (radius**2).sum(axis=1)
    return (radius**3 * np.cos(ANGLES)).sum(axis=1) / area, (radius**3 * np.sin(ANGLES)).sum(axis=1) / area


def _ahead(values: Image, index: NDArray[np.int_], ahead: NDArray[np.int_]) -> Image:
    return take(values, index[:, :, None] + ahead)


def take(values: Image, index: NDArray[np.int_]) -> Image:
    """Values along rays (the last axis) at whole-numbered steps, the ends repeated beyond."""
    return np.take_along_axis(values, np.clip(index, 0, values.shape[2] - 1), axis=2)


def _crossing(scaled: Image, index: NDArray[np.int_], spacing: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Radius, finer than a step, where the ray rises through the share of its own CSF; and whether it does near the edge.

    Along rays that cross thick slices CSF is met up to a slice further out, and the edge is the blurred step's middle.
    """
    thick = np.hypot(spacing[0] * np.cos(ANGLES), spacing[1] * np.sin(ANGLES))
    reach = np.ceil(np.maximum(2.0, thick) / RAY_STEP_MM)
    ahead = np.arange(1, int(reach.max()) + 1)
    beyond = np.where(ahead <= reach[:, None], _ahead(scaled, index, ahead), -np.inf).max(axis=2)
    share = EDGE_SHARE + (0.5 - EDGE_SHARE) * np.clip((thick - 1) / 2, 0, 1)
    level = share * np.clip(beyond, 0.4, 1.3)
    high = scaled - level[:, :, None]
    rises = (high[:, :, :-1] <= 0) & (high[:, :, 1:] > 0)
    away = np.where(rises, np.abs(np.arange(scaled.shape[2] - 1) - index[:, :, None]), 99)
    nearest = away.argmin(axis=2)
    found = take(away, nearest[:, :, None])[:, :, 0] <= 4
    low, up = (take(high, nearest[:, :, None] + n)[:, :, 0] for n in (0, 1))
    part = np.where(found, -low / np.where(up == low, 1, up - low), 0)
    return CORD_RADII[0] + RAY_STEP_MM * (np.where(found, nearest, index) + part), np.asarray(found)


def _confidence(slope: Image, index: NDArray[np.int_], found: NDArray[np.bool_], levels: Levels) -> Floats:
    """Share of directions with a real edge, times how far the edge stands out of noise and of flatness."""
    rise = take(slope, index[:, :, None])[:, :, 0]
    edges = ((rise > 0.25) & found).mean(axis=1)
    clear = np.clip((1 / (levels.noise + 1e-3) - 0.5) / 2, 0, 1)
    total = np.abs(levels.csf) + np.abs(levels.cord) + 1e-9
    contrast = np.clip(np.abs(levels.csf - levels.cord) / total / 0.06, 0, 1)
    return np.asarray(edges * clear * contrast, dtype=np.float64)


def coverage(tube: Tube, frame: Frame, soft_mm: float = 0.2) -> Image:
    """Share of each voxel inside a tube, from 0 to 1, on the frame's voxels; the boundary blurs over soft_mm."""
    out = np.zeros(frame.shape, dtype=np.float32)
    if not len(tube):
        return out
    box = _box(tube, frame)
    counts = [max(1, int(np.ceil(s / 0.5))) for s in frame.spacing[:2]]
    xs, ys = ((np.arange(part.start, part.stop)[:, None] + (np.arange(n) + 0.5) / n - 0.5).ravel() * s
              for part, n, s in zip(box, counts, frame.spacing[:2], strict=True))  # fmt: skip
    layers = max(1, int(np.ceil(frame.spacing[2] / 1.5))) if len(tube) > 1 else 1
    for k in range(frame.shape[2]):
        for layer in (np.arange(layers) + 0.5) / layers - 0.5:
            cut = tube.at((k + layer) * frame.spacing[2])
            if cut is not None:
                inside = _inside(cut, xs, ys, soft_mm).reshape(-1, counts[0], len(ys) // counts[1], counts[1])
                out[box[0], box[1], k] += inside.mean(axis=(1, 3)) / layers
    return out


def _box(tube: Tube, frame: Frame) -> tuple[slice, slice]:
    reach = float(tube.radius.max()) + 2
    parts = []
    for centre, step, count in zip((tube.x, tube.y), frame.spacing, frame.shape, strict=False):
        parts.append(
            slice(max(0, int((centre.min() - reach) / step)), min(count, int((centre.max() + reach) / step) + 2))
        )
    return parts[0], parts[1]


def _inside(cut: Slice, xs: Floats, ys: Floats, soft_mm: float) -> Image:
    out = np.zeros((len(xs), len(ys)), dtype=np.float32)
    reach = float(cut.radius.max()) + 5 * soft_mm
    near_x, near_y = np.abs(xs - cut.x) < reach, np.abs(ys - cut.y) < reach
    dx, dy = xs[near_x][:, None] - cut.x, ys[near_y][None] - cut.y
    depth = cut.reach(np.arctan2(dy, dx)) - np.hypot(dx, dy)
    out[np.ix_(near_x, near_y)] = 1 / (1 + np.exp(-np.clip(depth / soft_mm, -30, 30)))
    return out


def trusted(tube: Tube, least: float) -> Tube:
    """The cross-sections whose confidence reaches `least`, without islands shorter than 10 mm beside a longer run."""
    good = tube.confidence >= least
    labels, count = ndimage.label(good)
    if count > 1:
        sizes = ndimage.sum_labels(good, labels, range(1, count + 1)) * tube.step_mm
        for number, size in enumerate(sizes, start=1):
            if size < min(10.0, sizes.max()):
                good[labels == number] = False
    return tube.part(good)


def bridged(tube: Tube, least: float, longest_mm: float) -> Tube:
    """The tube with short uncertain stretches between certain ones drawn as its own course has them.

    A lesion that fills the cord, or a flow void, hides the edge; the cord still runs through.
    """
    good = tube.confidence >= least
    if good.all() or good.sum() < 2:
        return tube
    labels, count = ndimage.label(~good)
    x, y, radius, confidence = tube.x.copy(), tube.y.copy(), tube.radius.copy(), tube.confidence.copy()
    for number in range(1, count + 1):
        gap = np.flatnonzero(labels == number)
        if gap[0] == 0 or gap[-1] == len(tube) - 1 or len(gap) * tube.step_mm > longest_mm:
            continue
        ends = [gap[0] - 1, gap[-1] + 1]
        for values in (x, y, confidence):
            values[gap] = np.interp(tube.z[gap], tube.z[ends], values[ends])
        share = (tube.z[gap] - tube.z[ends[0]]) / (tube.z[ends[1]] - tube.z[ends[0]])
        radius[gap] = (1 - share[:, None]) * radius[ends[0]] + share[:, None] * radius[ends[1]]
    return replace(tube, x=x, y=y, radius=radius, confidence=confidence)
