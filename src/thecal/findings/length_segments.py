"""Finding: length of a lesion in vertebral segments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.findings.axis import spread
from thecal.findings.diameters import diameters_of
from thecal.findings.levels import Levels, levels_of
from thecal.findings.views import Mask, View, best
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Plane, Role, Segmentation
from thecal.records.geometry import mm_to_voxel

CODE = "length_segments"
NEEDS = ("lesion", "levels")
SUBJECT = "lesion"
# What two readers' ends of one lesion differ by, in mm, beside the voxel (judged).
ENDS_MM = 1.5
ROLES: tuple[Role, ...] = ("T1w_ce", "T2w", "T2w_fs", "T1w", "T2starw", "ct", "other", "dwi", "ADC", "ct_myelogram")
PLANES: tuple[Plane, ...] = ("sagittal", "volumetric", "coronal", "axial", "oblique")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Cranio-caudal length of the solid lesion, in vertebral segments.

    A level crossed in part counts by the share crossed. Without a solid part the length of the changed cord counts; polar
    cysts and syrinx are left out. The method tells the three diameters and the longest on one slice. Not assessed with fewer
    than two labelled vertebrae.
    """
    assert lesion is not None
    levels = levels_of(aligned, segmentation)
    assert levels is not None
    found = (best(aligned, segmentation, ROLES, lesion, (plane,)) for plane in PLANES)
    views = [view for plane, view in zip(PLANES, found, strict=True) if view is not None and view.series.plane == plane]
    parts = [(view, view.core(lesion)) for view in views if view.core(lesion).any()]
    if not parts:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion was not drawn on any series")
    told = of_parts(CODE, parts, levels, lesion, "length of the solid part and its cysts (or of what stands for it)")
    sizes = diameters_of(aligned, segmentation, lesion)
    return told if sizes is None else replace(told, method=f"{told.method}; {sizes.words}")


def of_parts(code: str, parts: list[tuple[View, Mask]], levels: Levels, lesion: Lesion, what: str) -> Finding:
    """The length of a part of the lesion as a finding, from the series in which it reaches farthest up and down.

    A tapering end can fall between the slices of one plane and lie within a slice of another. Half a step of a coarser series
    is not believed where a finer one ends before it.
    """
    spans = [span(view, part, levels) for view, part in parts]
    half = [step_mm(view) / 2 for view, _ in parts]
    finest = min(half)
    pitches = [one[2] / max(one[0] - one[1], 1e-6) for one in spans]
    slack = [(one - finest) / max(pitch, 1e-6) for one, pitch in zip(half, pitches, strict=True)]
    spans = [(low - less, high + less, mm) for (low, high, mm), less in zip(spans, slack, strict=True)]
    down, up = (int(np.argmax([one[0] for one in spans])), int(np.argmin([one[1] for one in spans])))
    bottom, top = spans[down][0], spans[up][1]
    length = bottom - top
    pitch = pitches[down]
    view, part = parts[up]
    ends_mm = float(np.hypot(max(coarseness(parts[n][0]) for n in (up, down)), ENDS_MM))
    cut = any(reaches_edge(*parts[n]) for n in {up, down})
    # What is cut by the field's end may be any longer: its length is a least one, and no more than that.
    sd = ends_mm / pitch + (0.3 * length if cut else 0.0)
    return Finding(
        code, lesion.tracking_uid, "measured", value=round(length, 3), value_sd=round(float(sd), 3),
        measurement=Measurement(round(length * pitch, 2), "mm", round(ends_mm, 2)),
        where=view.place(view.mm(part)),
        method=f"{what} along the line of vertebrae, from {levels.name(top) or 'above the labels'} to "
               f"{levels.name(bottom) or 'below the labels'}; a level crossed in part counts by the share crossed"
               + ("; cut by the end of the field, so at least this long" if cut else ""),
    )  # fmt: skip


def reaches_edge(view: View, part: Mask) -> bool:
    """Whether a part reaches the first or last voxels of the image along the axis nearest to the spine."""
    volume = view.series.volume
    assert volume is not None
    axis = int(np.argmax(np.abs(view.affine[2, :3]) / view.grid.spacing_mm))
    index = mm_to_voxel(volume, view.mm(part))[:, axis]
    return bool(index.min() < 1.5 or index.max() > volume.shape[axis] - 2.5)


def span(view: View, part: Mask, levels: Levels) -> tuple[float, float, float]:
    """Lower and upper end of a part in vertebral counts, and its height in mm. Specks under 4 % of it are left out."""
    from scipy import ndimage

    pieces, count = ndimage.label(part, np.ones((3, 3, 3)))
    if count > 1:
        sizes = np.bincount(pieces.ravel())
        part = part & ~np.isin(pieces, np.flatnonzero(sizes < 0.04 * sizes[1:].sum()))
    points = view.reference_mm(spread(view.grid, np.argwhere(part), 1.0))
    counts = levels.at(points)
    low, high = float(counts.min()), float(counts.max())
    inner_mm = levels_mm(levels, np.array([low, high]))
    # The points stand in the middle of their pieces of a voxel: half a piece is missing at either end.
    grown = 1 + piece_mm(view) / max(inner_mm, 1e-6)
    middle, half = (low + high) / 2, (high - low) / 2 * grown
    return middle + half, middle - half, inner_mm * grown


def levels_mm(levels: Levels, counts: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Distance in mm between two counts along the line of vertebrae, measured at the canal's side as at the bodies."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(levels.marks, axis=0), axis=1))])
    slope = (along[-1] - along[0]) / (levels.count[-1] - levels.count[0])
    inside = np.interp(counts, levels.count, along)
    beyond = np.clip(counts - levels.count[-1], 0, None) + np.clip(counts - levels.count[0], None, 0)
    places = inside + slope * beyond
    return float(abs(places[1] - places[0]))


def piece_mm(view: View) -> float:
    """Height of the pieces into which `spread` cuts a voxel."""
    steps = np.maximum(np.ceil(view.grid.spacing_mm - 1e-6), 1)
    return float(np.abs(view.affine[2, :3] / steps).max())


def coarseness(view: View) -> float:
    """How far the ends of a part may be off because of the voxel's height, in mm (both ends together)."""
    return step_mm(view) / float(np.sqrt(6))


def step_mm(view: View) -> float:
    """Height of a voxel along the spine."""
    return float(np.abs(view.affine[2, :3]).max())
