"""Which parts of the spine a series covers, as far as its words and its field of view tell."""

from __future__ import annotations

import numpy as np

from thecal.ingest.tags import Tags
from thecal.ingest.words import plain, read_regions, says_whole_spine
from thecal.records import Region, Volume
from thecal.records.geometry import voxel_to_mm

# From C1 to the sacrum an adult's spine is longer than this; a field this tall that is called whole spine holds all of it.
_WHOLE_SPINE_MM = 550.0
_WHOLE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")


def regions_of(tags: Tags, words: str, volume: Volume | None) -> tuple[Region, ...]:
    """The parts named by the description, else by the protocol or the header's body part; empty where none is known.

    One station of a whole-spine examination names no part: which one it shows is not known before the vertebrae are.
    """
    told = plain(tags.get("SeriesDescription"), words)
    parts = read_regions(told)
    if says_whole_spine(told):
        return _WHOLE if volume is not None and height_mm(volume) >= _WHOLE_SPINE_MM else ()
    return parts or read_regions(plain(tags.get("ProtocolName"))) or read_regions(plain(tags.get("BodyPartExamined")))


def height_mm(volume: Volume) -> float:
    """Extent of the field of view from head to foot, in mm."""
    low, high = box_mm(volume)
    return float(high[2] - low[2])


def box_mm(volume: Volume) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest x, y, z (RAS mm) of the field of view, voxels' edges included."""
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T * np.array(volume.shape) - 0.5
    points = voxel_to_mm(volume, corners)
    return points.min(axis=0), points.max(axis=0)
