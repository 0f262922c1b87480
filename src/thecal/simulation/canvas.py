"""Two sheets a phantom is painted on, a coarse one for the body and a fine one for the canal, in straightened coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Axis = NDArray[np.float32]
Mask = NDArray[np.bool_]
Field = NDArray[np.float32]
Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A regular grid over u (right), v (front) and s (head), mm, with what stands in each cell.

    tissue, anatomy, lesion and instance are uint8 of shape (u, v, s). Tissue CLEAR in the canal's sheet means:
    ask the body's sheet.
    """

    u: Axis
    v: Axis
    s: Axis
    tissue: NDArray[np.uint8]
    anatomy: NDArray[np.uint8]
    lesion: NDArray[np.uint8]
    instance: NDArray[np.uint8]

    @property
    def axes(self) -> tuple[Field, Field, Field]:
        """u, v, s shaped so that they spread over each other."""
        return self.u[:, None, None], self.v[None, :, None], self.s[None, None, :]

    def crop(self, u: Span | None = None, v: Span | None = None, s: Span | None = None) -> Sheet:
        """The part of the sheet within these spans; painting it paints the sheet."""
        cut = tuple(_within(axis, span) for axis, span in ((self.u, u), (self.v, v), (self.s, s)))
        return Sheet(self.u[cut[0]], self.v[cut[1]], self.s[cut[2]], self.tissue[cut], self.anatomy[cut], self.lesion[cut],
                     self.instance[cut])  # fmt: skip

    def put(
        self,
        where: Mask,
        tissue: int | None = None,
        anatomy: int | None = None,
        lesion: int | None = None,
        instance: int | None = None,
    ) -> None:
        """Writes into the cells where the mask holds; what is None stays."""
        for array, value in (
            (self.tissue, tissue),
            (self.anatomy, anatomy),
            (self.lesion, lesion),
            (self.instance, instance),
        ):
            if value is not None:
                np.putmask(array, np.broadcast_to(where, array.shape), np.uint8(value))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Size of a cell in mm."""
        steps = [float(axis[1] - axis[0]) if len(axis) > 1 else 1.0 for axis in (self.u, self.v, self.s)]
        return steps[0], steps[1], steps[2]


def _within(axis: Axis, span: Span | None) -> slice:
    if span is None:
        return slice(None)
    low, high = np.searchsorted(axis, [span[0], span[1]])
    return slice(int(low), int(high))


CLEAR = 255


def new_sheet(u: Span, v: Span, s: Span, spacing: tuple[float, float, float], tissue: int) -> Sheet:
    """An empty sheet over these spans."""
    axes = [np.arange(low, high, step, dtype=np.float32) for (low, high), step in zip((u, v, s), spacing, strict=True)]
    shape = tuple(len(axis) for axis in axes)
    blank = [np.full(shape, tissue, np.uint8), *(np.zeros(shape, np.uint8) for _ in range(3))]
    return Sheet(axes[0], axes[1], axes[2], blank[0], blank[1], blank[2], blank[3])


class Noise:
    """A smooth random field over (u, v, s), the same wherever it is asked for; mean 0, spread about 1.

    width_mm is how far its lumps reach, one number or one for each of u, v and s.
    """

    def __init__(
        self, rng: np.random.Generator, width_mm: float | tuple[float, float, float], u: Span, v: Span, s: Span
    ) -> None:
        self.step = np.broadcast_to(np.asarray(width_mm, dtype=np.float64), (3,))
        self.low = np.array([u[0], v[0], s[0]]) - 2 * self.step
        counts = [int((high - low) / step) + 6 for (low, high), step in zip((u, v, s), self.step, strict=True)]
        self.grid = rng.standard_normal(counts).astype(np.float32)

    def over(self, sheet: Sheet) -> Field:
        """The field in every cell of a sheet."""
        grid = self.grid
        for axis, (values, low) in enumerate(zip((sheet.u, sheet.v, sheet.s), self.low, strict=True)):
            place = np.clip((values - low) / self.step[axis], 0, self.grid.shape[axis] - 1.001)
            first = place.astype(np.intp)
            share = (place - first).astype(np.float32)
            share = share * share * (3 - 2 * share)
            shape = [1, 1, 1]
            shape[axis] = len(share)
            share = share.reshape(shape)
            grid = np.take(grid, first, axis) * (1 - share) + np.take(grid, first + 1, axis) * share
        return np.asarray(grid * np.float32(1.6))
