"""The image the others are placed against, and the order in which they are."""

from __future__ import annotations

import numpy as np

from thecal.records import AlignedStudy, Grid, Plane, Role, Series, Study
from thecal.records.geometry import covers, extend, isotropic, voxel_to_mm

# Best first: sequences that show cord and sac most plainly.
ROLES: tuple[Role, ...] = ("T2w", "T2w_fs", "T1w", "T1w_ce", "T2starw", "ct_myelogram", "ct", "ADC", "dwi")
PLANES: tuple[Plane, ...] = ("sagittal", "volumetric", "coronal", "oblique", "axial")


def pick_reference(study: Study) -> Series | None:
    """The best sagittal T2w; without one the best sagittal image, then the best image; None where nothing has voxels."""
    placed = AlignedStudy(study, None)
    wishes: list[tuple[tuple[Role, ...], Plane | None]] = [
        (("T2w",), "sagittal"), (("T2w",), "volumetric"),
        *(((role,), "sagittal") for role in ROLES),
        *(((role,), plane) for role in ROLES for plane in PLANES),
        (("other", "localizer"), None),
    ]  # fmt: skip
    for roles, plane in wishes:
        fits = placed.pick(roles, plane)
        if fits:
            return fits[0]
    return next(iter(study.images()), None)


def rank(series: Series) -> tuple[int, int, float, str]:
    """Sorts series so that those that make good neighbours to match against come first."""
    role = ROLES.index(series.role) if series.role in ROLES else len(ROLES)
    plane = PLANES.index(series.plane)
    return plane, role, -series.role_confidence, series.key


def span(reference: Series, study: Study) -> Grid:
    """The reference's own lattice, enlarged over the other stations in its frame of reference.

    Axial blocks count by the column through their middle, so that their wide fields do not widen the grid.
    """
    assert reference.volume is not None
    others = []
    for one in study.images():
        if (
            one.volume is not None
            and one.key != reference.key
            and same_frame(one, reference)
            and one.role != "localizer"
        ):
            others.append(_middle_column(one) if one.plane == "axial" else one.volume.grid)
    return extend(reference.volume.grid, others)


def _middle_column(series: Series) -> Grid:
    assert series.volume is not None
    grid = series.volume.grid
    along = (
        int(np.argmax(np.abs(grid.affine[2, :3]) / grid.spacing_mm)) if series.slice_axis is None else series.slice_axis
    )
    shape, first = [1, 1, 1], np.array([n // 2 for n in grid.shape], dtype=np.float64)
    shape[along], first[along] = grid.shape[along], 0
    affine = grid.affine.copy()
    affine[:3, 3] = voxel_to_mm(grid, first)
    return Grid((shape[0], shape[1], shape[2]), affine)


def same_frame(one: Series, other: Series) -> bool:
    """Whether the headers place both in one frame of reference; where either is silent they are taken at their word."""
    frames = {one.frame_of_reference_uid, other.frame_of_reference_uid} - {None}
    return len(frames) < 2


def overlap(one: Grid, other: Grid, spacing_mm: float = 4.0) -> tuple[float, float]:
    """Shared field of view of two grids: in cm³, and as a share of the smaller of the two."""
    coarse = isotropic(one, spacing_mm)
    shared = float(np.count_nonzero(covers(other, coarse) & covers(one, coarse))) * spacing_mm**3 / 1000
    smaller = min(_content_cm3(one), _content_cm3(other))
    return shared, shared / smaller if smaller else 0.0


def _content_cm3(grid: Grid) -> float:
    return float(np.prod(grid.shape)) * grid.voxel_volume_mm3 / 1000
