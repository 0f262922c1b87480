"""One numbering of the vertebrae for the whole study, from the series that shows the discs best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thecal.records import PATIENT, AlignedStudy, Grid, NotAssessed, Volume
from thecal.records.geometry import mm_to_voxel, transform_points, voxel_to_mm
from thecal.segmentation.codes import LEVELS
from thecal.segmentation.column import Column, trace
from thecal.segmentation.drawing import Drawing
from thecal.segmentation.frame import Floats
from thecal.segmentation.levels import Naming, from_words, name
from thecal.segmentation.vertebrae import Painter, painter

REACH_MM = 45.0
ASIDE_MM = 28.0
# A numbering is heard against another's from this probability; discs this near each other are one.
HEARD, SAME_DISC_MM = 0.4, 9.0


@dataclass(frozen=True, eq=False)
class Numbering:
    """Who paints the vertebrae (None where they could not be named), on which drawing, and each series' regions."""

    painter: Painter | None = None
    source: Drawing | None = None
    region: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_told: tuple[NotAssessed, ...] = ()

    def painted(self, aligned: AlignedStudy, key: str | None, labels: Volume) -> Volume:
        """A label map with vertebrae and discs where it has nothing yet; key None: it lies in the reference."""
        if self.painter is None or self.source is None:
            return labels
        out = np.array(labels.voxels)
        box = self._box(aligned, key, labels.grid)
        index = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij"), axis=-1)
        index = index.reshape(-1, 3)
        if len(index):
            frame = self.source.frame
            to_frame = np.diag([*frame.spacing, 1.0]) @ np.linalg.inv(frame.affine) @ self._carry(aligned, key)
            points = transform_points(to_frame @ labels.affine, index)
            near = (
                np.abs(points[:, 0] - np.interp(points[:, 2], self.painter.column.z, self.painter.column.x)) < ASIDE_MM
            )
            code = self.painter.at(points[near])
            place = tuple(index[near].T)
            out[place] = np.where(out[place] == 0, code, out[place])
        return Volume(out, labels.affine)

    def _carry(self, aligned: AlignedStudy, key: str | None) -> Floats:
        """From mm of a series (or of the reference) to RAS mm of the source series."""
        assert self.source is not None
        own = np.eye(4) if key is None else aligned.to_reference[key]
        return np.asarray(np.linalg.inv(aligned.to_reference[self.source.key]) @ own)

    def to_source(self, aligned: AlignedStudy, key: str | None, points: Floats) -> Floats:
        assert self.source is not None
        return self.source.frame.from_world(transform_points(self._carry(aligned, key), points))

    def _box(self, aligned: AlignedStudy, key: str | None, grid: Grid) -> tuple[slice, slice, slice]:
        """The part of a grid that can hold bodies or discs."""
        assert self.painter is not None
        assert self.source is not None
        column = self.painter.column
        at = np.arange(0, len(column.z), 5, dtype=np.float64)
        walls = np.concatenate([column.place(at, depth) + np.array([[aside, 0.0, 0.0]]) for depth in (0.0, REACH_MM)
                                for aside in (-ASIDE_MM, ASIDE_MM)])  # fmt: skip
        back = np.linalg.inv(self._carry(aligned, key))
        index = mm_to_voxel(grid, transform_points(back, self.source.frame.to_world(walls)))
        low = np.clip(np.floor(index.min(axis=0)), 0, grid.shape).astype(int)
        high = np.clip(np.ceil(index.max(axis=0)) + 1, 0, grid.shape).astype(int)
        parts = [slice(a, max(a, b)) for a, b in zip(low, high, strict=True)]
        return parts[0], parts[1], parts[2]


def number(aligned: AlignedStudy, drawings: Sequence[Drawing]) -> Numbering:
    """Numbers the vertebrae of a study by its clearest column, and tells each series' regions."""
    region: dict[str, Mapping[str, float]] = {}
    named: list[tuple[Naming, Column, Drawing]] = []
    for one in drawings:
        column = trace(one.frame, one.sac) if len(one.sac) else None
        words = one.series.regions
        naming = Naming((), 0.0, from_words(words), "") if column is None else name(column, one.cord, one.sac, words)
        if naming.region:
            region[one.key] = naming.region
        if column is not None:
            named.append((naming, column, one))
    if not named:
        why = "no series with thin enough slices along the spine shows the canal"
        return Numbering(None, None, region, (NotAssessed("levels", PATIENT, why),))
    best = max(named, key=lambda one: (one[0].told, one[0].probability))
    if best[0].told and any(_contradicts(aligned, best, other) for other in named):
        why = "the series of this study disagree on which vertebra is which"
        return Numbering(None, None, region, (NotAssessed("levels", PATIENT, why),))
    if not best[0].told:
        return Numbering(None, None, region, (NotAssessed("levels", PATIENT, best[0].why_not),))
    return Numbering(painter(best[1], best[0]), best[2], region)


def _contradicts(
    aligned: AlignedStudy, best: tuple[Naming, Column, Drawing], other: tuple[Naming, Column, Drawing]
) -> bool:
    """Whether another series, likely enough of its own numbering, gives most discs that both show another name."""
    if other[0].probability < HEARD:
        return False
    marks = []
    for naming, column, drawing in (best, other):
        world = drawing.frame.to_world(column.place(column.discs, 10.0))
        marks.append((transform_points(aligned.to_reference[drawing.key], world), np.array(naming.levels)))
    away = np.linalg.norm(marks[0][0][:, None] - marks[1][0][None], axis=2)
    nearest = away.argmin(axis=1)
    same = (away.min(axis=1) < SAME_DISC_MM) & (marks[0][1] >= 0) & (marks[1][1][nearest] >= 0)
    return bool(same.any() and (marks[0][1][same] != marks[1][1][nearest][same]).mean() > 0.5)


def spanned(numbering: Numbering, aligned: AlignedStudy, grid: Grid, mask: NDArray[np.bool_]) -> tuple[str, ...]:
    """Names of the levels that a lesion in the reference's space reaches, from head to foot; empty without a numbering."""
    if numbering.painter is None or numbering.source is None or not mask.any():
        return ()
    points = numbering.to_source(aligned, None, voxel_to_mm(grid, np.argwhere(mask)))
    _, index = numbering.painter.tree.query(points[:, 1:])
    level = numbering.painter.body[np.unique(index)]
    names = {code: label for label, code in LEVELS}
    order = [code for _, code in LEVELS]
    present = sorted({int(code) for code in level if int(code) in names}, key=order.index)
    return tuple(names[code] for code in present)
