"""Which vertebral level a place of the spine lies at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thecal.records import AlignedStudy, LabelMap, Segmentation
from thecal.records.geometry import transform_points, voxel_to_mm

NAMES = {
    **{10 + n: f"C{n}" for n in range(1, 8)}, **{20 + n: f"T{n}" for n in range(1, 14)},
    **{40 + n: f"L{n}" for n in range(1, 7)}, 50: "S1",
}  # fmt: skip
# The vertebra above each disc.
ABOVE_DISC = {
    **{63 + n: 12 + n for n in range(5)}, 71: 17, **{72 + n: 21 + n for n in range(12)}, 91: 32,
    **{92 + n: 41 + n for n in range(5)}, 100: 45,
}  # fmt: skip

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Levels:
    """A continuous count of vertebrae down the spine: whole numbers at their middles, halves at the discs.

    C1 is 1, T1 8, L1 20 (21 with a thirteenth thoracic vertebra). marks (n, 3) are landmarks in the reference's mm, count
    their numbers; names says what the numbers are called.
    """

    marks: Array
    count: Array
    names: Mapping[int, str]

    def at(self, points: Array) -> Array:
        """The count at points (n, 3) of the reference, from the nearest place on the line through the landmarks."""
        line = self.marks[1:] - self.marks[:-1]
        length2 = np.maximum((line**2).sum(axis=1), 1e-9)
        share = np.einsum("nmk,mk->nm", points[:, None] - self.marks[None, :-1], line) / length2
        last = len(line) - 1
        for n in range(last + 1):
            share[:, n] = np.clip(share[:, n], None if n == 0 else 0.0, None if n == last else 1.0)
        away = np.linalg.norm(points[:, None] - self.marks[:-1] - share[..., None] * line, axis=-1)
        nearest = away.argmin(axis=1)
        rows = np.arange(len(points))
        return np.asarray(self.count[nearest] + share[rows, nearest] * (self.count[nearest + 1] - self.count[nearest]))

    def name(self, count: float) -> str:
        """The name of the vertebra at a count."""
        return self.names.get(round(count), "")


@lru_cache(maxsize=4)
def levels_of(aligned: AlignedStudy, segmentation: Segmentation) -> Levels | None:
    """The levels as labelled in the composed anatomy, else in the series with the most labels; None under two vertebrae.

    Discs bound the levels; where fewer than two are labelled the middles of whole vertebrae do.
    """
    best: dict[int, Array] = {}
    for anatomy in (
        segmentation.composed_anatomy,
        *(segmentation.anatomy[key] for key in sorted(segmentation.anatomy)),
    ):
        found = {} if anatomy is None else _middles(anatomy, aligned)
        if len(found) > len(best):
            best = found
        if best and anatomy is segmentation.composed_anatomy:
            break
    return _line(best)


def forget() -> None:
    """Lets go of the levels that were kept."""
    levels_of.cache_clear()


def _middles(anatomy: LabelMap, aligned: AlignedStudy) -> dict[int, Array]:
    """The middle of each labelled vertebra and disc, in the reference's mm; those cut by the field's edge are left out."""
    codes = anatomy.volume.voxels
    edge = np.ones(codes.shape, dtype=bool)
    edge[1:-1, 1:-1, 1:-1] = False
    place = np.argwhere(codes >= 11)
    kinds = codes[tuple(place.T)]
    carry = aligned.to_reference.get(anatomy.source_key or "", np.eye(4))
    found: dict[int, Array] = {}
    for code in np.unique(kinds):
        if int(code) in NAMES or int(code) in ABOVE_DISC:
            mine = place[kinds == code]
            if _cut_below_or_above(mine, codes.shape, anatomy.volume.affine):
                continue
            found[int(code)] = transform_points(carry, voxel_to_mm(anatomy.volume, mine.mean(axis=0)))
    return found


def _cut_below_or_above(index: NDArray[np.intp], shape: tuple[int, ...], affine: Array) -> bool:
    """Whether a structure touches the edge of the field along the axis that runs nearest to the spine."""
    axis = int(np.argmax(np.abs(affine[2, :3]) / np.linalg.norm(affine[:3, :3], axis=0)))
    return bool(index[:, axis].min() == 0 or index[:, axis].max() == shape[axis] - 1)


def _line(middles: Mapping[int, Array]) -> Levels | None:
    extra = 33 in middles or 83 in middles
    order = {code: n + 1 for n, code in enumerate(code for code in NAMES if code != 33 or extra)}
    order[50] = order[45] + (2 if 46 in middles or 96 in middles else 1)
    discs = {
        order[_above(code, extra, middles)] + 0.5: middle for code, middle in middles.items() if code in ABOVE_DISC
    }
    bodies = {float(order[code]): middle for code, middle in middles.items() if code in NAMES}
    marks = discs if len(discs) >= 2 else bodies
    if len(marks) < 2:
        return None
    count = np.array(sorted(marks))
    return Levels(np.array([marks[n] for n in count]), count, {n: NAMES[code] for code, n in order.items()})


def _above(disc: int, extra: bool, middles: Mapping[int, Array]) -> int:
    if disc == 91 and extra:
        return 33
    return 46 if disc == 100 and (46 in middles or 96 in middles) else ABOVE_DISC[disc]
