"""Image planes sorted into stacks by where they lie: stations, orientations, echoes, b-values and phases apart, gaps found.

File names, instance numbers and the order of files decide nothing about geometry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from thecal.ingest.frames import Frame
from thecal.records.geometry import LPS_TO_RAS

T = TypeVar("T")
# Slices of one stack have parallel normals to within this angle.
PARALLEL_DEGREES = 0.6
# Two planes nearer than this are the same place.
SAME_PLACE_MM = 0.05
# A slice may stand this share of the spacing away from where even spacing would put it, or as far as positions rounded to tenths
# of a millimetre put it, and no more.
UNEVEN_SHARE, ROUNDING_MM = 0.05, 0.11
# A stack whose slices drift sideways by more than this angle was taken with a tilted gantry.
TILT_DEGREES = 0.5
# What tells two images at one place apart, most telling first.
_DISTINCTIONS: tuple[str, ...] = (
    "in-plane origin", "EchoTime", "EchoNumbers", "DiffusionBValue", "ComplexImageComponent", "ImageType", "InversionTime",
    "TemporalPositionIdentifier", "StackID", "DiffusionGradientOrientation", "TriggerTime", "AcquisitionNumber",
)  # fmt: skip


@dataclass(frozen=True)
class Stack:
    """Evenly spaced parallel slices, in order along their normal; step is from one to the next (LPS, mm).

    gap tells, for a piece cut from a stack with missing slices, where they are missing.
    """

    frames: tuple[Frame, ...]
    step: tuple[float, float, float]
    gap: str = ""

    @property
    def affine(self) -> NDArray[np.float64]:
        """Voxel (column, row, slice) to RAS mm."""
        first = self.frames[0]
        lps = np.eye(4)
        lps[:3, 0] = first.row * first.spacing[1]
        lps[:3, 1] = first.column * first.spacing[0]
        lps[:3, 2] = self.step
        lps[:3, 3] = first.position
        return np.asarray(LPS_TO_RAS @ lps)

    @property
    def tilt_degrees(self) -> float:
        """Angle between the way from slice to slice and the slices' normal; none for one slice."""
        if len(self.frames) == 1:
            return 0.0
        step = np.array(self.step)
        cosine = step @ self.frames[0].normal / np.linalg.norm(step)
        return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def separate(frames: Sequence[Frame]) -> list[list[Frame]]:
    """One series as groups of parallel slices of one image each: no place occurs twice but for true duplicates."""
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    directions: list[NDArray[np.float64]] = []
    for frame in frames:
        spacing = tuple(round(value, 3) for value in frame.spacing)
        groups[_direction(frame, directions), frame.shape, spacing].append(frame)
    return [part for group in groups.values() for part in _split(group, _DISTINCTIONS)]


def _direction(frame: Frame, known: list[NDArray[np.float64]]) -> int:
    axes = np.stack([frame.row, frame.column])
    near = np.cos(np.radians(PARALLEL_DEGREES))
    for index, other in enumerate(known):
        if np.all(np.sum(axes * other, axis=1) > near):
            return index
    known.append(axes)
    return len(known) - 1


def _split(frames: list[Frame], distinctions: tuple[str, ...]) -> list[list[Frame]]:
    """Splits where a place is taken more than once, by the first value that takes as many values as places have images."""
    crowd = max(len(place) for place in places(frames))
    if crowd == 1 or not distinctions:
        return [frames]
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[_telling(frame, distinctions[0])].append(frame)
    # More values than images at a place: the value counts slices (a time, a number) and tells no images apart.
    if len(groups) > crowd or max(len(place) for part in groups.values() for place in places(part)) == crowd:
        return _split(frames, distinctions[1:])
    return [part for group in groups.values() for part in _split(group, distinctions[1:])]


def _telling(frame: Frame, distinction: str) -> Hashable:
    if distinction == "in-plane origin":
        return round(float(frame.position @ frame.row)), round(float(frame.position @ frame.column))
    value: Hashable = frame.tags.get(distinction)
    return value


def places(frames: Sequence[Frame]) -> list[list[Frame]]:
    """The frames by where they stand along their normal, in order; frames at one place together, the first acquired first."""
    normal = frames[0].normal
    ordered = sorted(frames, key=lambda frame: (float(frame.position @ normal), _age(frame)))
    found: list[list[Frame]] = []
    for frame in ordered:
        if found and float((frame.position - found[-1][0].position) @ normal) < SAME_PLACE_MM:
            found[-1].append(frame)
        else:
            found.append([frame])
    return [sorted(place, key=_age) for place in found]


def _age(frame: Frame) -> tuple[float, float, str, int]:
    numbers = (frame.tags.get("AcquisitionNumber", 0.0), frame.tags.get("InstanceNumber", 0.0))
    return (*numbers, str(frame.tags.get("SOPInstanceUID", "")), frame.index)


def arrange(frames: Sequence[Frame]) -> tuple[list[Stack], list[Frame], str]:
    """Slices at different places as evenly spaced stacks, cut wherever a slice is missing.

    Gives the stacks, the slices that belong to none, and why they do not. A stack cut from a larger one has three slices or more.
    """
    if len(frames) == 1:
        thickness = frames[0].tags.get("SliceThickness") or frames[0].tags.get("SpacingBetweenSlices") or 1.0
        return [_stack(frames, frames[0].normal * float(thickness))], [], ""
    depths = np.array([float(frame.position @ frames[0].normal) for frame in frames])
    spacing = float(np.median(np.diff(depths)))
    tolerance = max(UNEVEN_SHARE * spacing, ROUNDING_MM)
    breaks = [k + 1 for k, step in enumerate(np.diff(depths)) if abs(step - spacing) > tolerance]
    runs = [list(run) for run in np.split(np.arange(len(frames)), breaks)]
    even = [run for run in runs if len(run) >= min(3, len(frames)) and _is_straight([frames[k] for k in run])]
    stacks = [
        _stack([frames[k] for k in run], _step([frames[k] for k in run]), _gap(run, frames, depths, spacing))
        for run in even
    ]
    left = [frames[k] for run in runs if run not in even for k in run]
    why = f"slices spaced unevenly ({np.diff(depths).min():.2f} to {np.diff(depths).max():.2f} mm)" if left else ""
    return stacks, left, why


def _step(frames: Sequence[Frame]) -> NDArray[np.float64]:
    return (frames[-1].position - frames[0].position) / (len(frames) - 1)


def _is_straight(frames: Sequence[Frame]) -> bool:
    """Whether every slice stands where even steps from first to last would put it."""
    step = _step(frames)
    places = frames[0].position + np.arange(len(frames))[:, None] * step
    off = np.linalg.norm(np.array([frame.position for frame in frames]) - places, axis=1)
    return bool(off.max() <= max(UNEVEN_SHARE * float(np.linalg.norm(step)), ROUNDING_MM))


def _stack(frames: Sequence[Frame], step: NDArray[np.float64], gap: str = "") -> Stack:
    return Stack(tuple(frames), (float(step[0]), float(step[1]), float(step[2])), gap)


def _gap(run: list[int], frames: Sequence[Frame], depths: NDArray[np.float64], spacing: float) -> str:
    """Where slices are missing beside a run, in words; empty for a whole stack."""
    told = []
    for before, after in ((run[0] - 1, run[0]), (run[-1], run[-1] + 1)):
        if before >= 0 and after < len(frames):
            width = float(depths[after] - depths[before])
            x, y, z = frames[before].position * (-1, -1, 1)
            room = f"room for {round(width / spacing) - 1} slices" if width > 1.5 * spacing else "less than one slice"
            told.append(f"{width:.1f} mm ({room}) after the slice that begins at x {x:.0f}, y {y:.0f}, z {z:.0f} mm")
    return "; ".join(told)


def group_by(items: Iterable[T], key: Callable[[T], Hashable]) -> list[list[T]]:
    """Items that share a key, in order of appearance."""
    groups: dict[Hashable, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())
