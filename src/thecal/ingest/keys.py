"""The name of each series within its study, in the words of BIDS.

`[chunk-N_]acq-PLANE[Fs]_[run-N_][ce-AGENT_]SUFFIX`: chunk counts stations from head to feet, run repeats of one field of view in
the order of acquisition. Names depend on what the images are and show, never on file names or the order of files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.ingest.regions import box_mm
from thecal.records import Plane, Role, Volume

_SUFFIX: dict[Role, str] = {
    "T1w": "T1w", "T1w_ce": "T1w", "T2w": "T2w", "T2w_fs": "T2w", "T2starw": "T2starw", "dwi": "dwi", "ADC": "ADC", "ct": "ct",
    "ct_myelogram": "ct", "radiograph": "xray", "mrs": "mrs", "localizer": "loc", "other": "MR",
}  # fmt: skip
_PLANE: dict[Plane, str] = {
    "sagittal": "sag", "axial": "ax", "coronal": "cor", "oblique": "obl", "volumetric": "iso",
}  # fmt: skip
_AGENT: dict[Role, str] = {"T1w_ce": "ce-gadolinium_", "ct_myelogram": "ce-intrathecal_"}
# Two fields of view that share more than this part of the smaller one show the same station.
_SAME_STATION = 0.5


@dataclass(frozen=True, eq=False)
class Named:
    """What a series is called by: its kind, its place, and when it was acquired (any text that sorts)."""

    role: Role
    plane: Plane
    fat_suppressed: bool
    volume: Volume | None
    order: str

    @property
    def stem(self) -> tuple[str, str]:
        """The key's parts before and after the run."""
        place = f"acq-{_PLANE[self.plane]}{'Fs' if self.fat_suppressed else ''}_" if self.volume is not None else ""
        return place, _AGENT.get(self.role, "") + _SUFFIX[self.role]


def name_all(series: Sequence[Named]) -> list[str]:
    """A key for each series, all different."""
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, each in enumerate(series):
        groups[each.stem].append(index)
    keys = [""] * len(series)
    for (place, end), members in groups.items():
        stations = _stations([series[index] for index in members])
        for number, station in enumerate(stations, start=1):
            chunk = f"chunk-{number}_" if len(stations) > 1 else ""
            for repeat, local in enumerate(station, start=1):
                run = f"run-{repeat}_" if len(station) > 1 else ""
                keys[members[local]] = f"{chunk}{place}{run}{end}"
    return keys


def _stations(series: Sequence[Named]) -> list[list[int]]:
    """Indices by station from head to feet, and within a station by time of acquisition."""
    if any(each.volume is None for each in series):
        return [sorted(range(len(series)), key=lambda index: series[index].order)]
    boxes = [box_mm(each.volume) for each in series if each.volume is not None]
    by_height = sorted(range(len(series)), key=lambda index: (*_from_head(boxes[index]), series[index].order))
    stations: list[list[int]] = []
    for index in by_height:
        near = [station for station in stations if overlap(boxes[index], boxes[station[0]]) > _SAME_STATION]
        if near:
            near[0].append(index)
        else:
            stations.append([index])
    return [sorted(station, key=lambda index: series[index].order) for station in stations]


def _from_head(box: tuple[NDArray[Any], NDArray[Any]]) -> tuple[float, ...]:
    middle = np.round((box[0] + box[1]) / 2, 1)
    return (-float(middle[2]), float(middle[0]), float(middle[1]))


def overlap(one: tuple[NDArray[Any], NDArray[Any]], other: tuple[NDArray[Any], NDArray[Any]]) -> float:
    """Shared part of two boxes as a share of the smaller one."""
    shared = np.clip(np.minimum(one[1], other[1]) - np.maximum(one[0], other[0]), 0, None)
    smaller = min(np.prod(one[1] - one[0]), np.prod(other[1] - other[0]))
    return float(np.prod(shared) / smaller)
