"""Where the patient lies in the scanner and where the slices of each series go."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from thecal.records import Grid
from thecal.simulation.protocols import Protocol, SeriesPlan
from thecal.simulation.scene import Focus
from thecal.simulation.spine import Spine


def front_of(spine: Spine, centre: float, series: SeriesPlan) -> float:
    """How far the vertebral bodies reach to the front within a field of view, mm from the canal's centre."""
    seen = np.abs(spine.s - centre) < series.matrix * series.spacing_mm / 2
    return float((spine.canal.v + spine.canal.b + 2 * spine.body_depth)[seen].max())


def draw_pose(rng: np.random.Generator) -> NDArray[np.float64]:
    """How the patient lies: turned by a few degrees, scanner mm to body mm."""
    from scipy.spatial.transform import Rotation

    pose = np.eye(4)
    pose[:3, :3] = Rotation.from_euler("xyz", rng.normal(0, [2.0, 1.5, 1.5]), degrees=True).as_matrix()
    pose[:3, 3] = rng.normal(0, [1.5, 4.0, 4.0])
    return pose


def station(series: SeriesPlan, plan: Protocol, spine: Spine, centre: float) -> float:
    """Place along the canal at the middle of a series' field of view: its station's, or the study's."""
    if plan.stations == 1 or series.station is None:
        return centre
    half = series.matrix * series.spacing_mm / 2
    top, bottom = spine.level("C1").high + 10, spine.level("S3").low
    return {1: max(top - half, bottom + half), 2: bottom + half}[series.station]


def grid(
    series: SeriesPlan, spine: Spine, place: float, centre: float, foci: list[Focus], pose: NDArray[np.float64]
) -> Grid:
    """Where a series' slices lie: sagittal ones straight in the scanner, axial ones square on the canal at the lesion."""
    step, across = series.spacing_mm, series.thickness_mm + series.gap_mm
    to_scanner = np.linalg.inv(pose)
    affine = np.eye(4)
    if series.plane == "axial" and foci:
        place = foci[0].s
    middle = to_scanner[:3, :3] @ (offset(spine, place, centre) - pose[:3, 3])
    if series.plane == "sagittal":
        affine[:3, :3] = np.array([[0, 0, across], [-step, 0, 0], [0, step, 0]], dtype=np.float64)
        middle += [0.0, 6.0, 0.0]
    else:
        lean = float(np.interp(place, spine.s, spine.lean))
        cos, sin = np.cos(lean), np.sin(lean)
        affine[:3, :3] = to_scanner[:3, :3] @ np.array(
            [[-step, 0, 0], [0, step * cos, across * sin], [0, -step * sin, across * cos]]
        )
    shape = (series.matrix, series.matrix, series.slices)
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def jolt(pose: NDArray[np.float64], distance_mm: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The pose of a patient who has moved between two series by about that much, and turned by as many half degrees."""
    from scipy.spatial.transform import Rotation

    moved = np.eye(4)
    moved[:3, :3] = Rotation.from_euler("xyz", rng.normal(0, 0.5 * distance_mm, 3), degrees=True).as_matrix()
    moved[:3, 3] = rng.normal(0, distance_mm, 3)
    return np.asarray(moved @ pose)


def offset(spine: Spine, place: float, centre: float) -> NDArray[np.float64]:
    """From the canal's middle at one place to that at another, mm."""
    return np.array([np.interp(place, spine.s, row) - np.interp(centre, spine.s, row) for row in spine.curve()])
