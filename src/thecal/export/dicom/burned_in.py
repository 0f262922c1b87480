"""Text burned into an image: what its header says of it, and signs of it in the pixels.

Letters are drawn in one value, the brightest, as many small separate strokes side by side. Tissue does not look so. The signs are
a warning and no proof: text in grey, or smoothed by compression, goes unseen.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

# A line of text: at least this many strokes of one value, none larger than this, within one band of rows (judged).
FEWEST_STROKES, LARGEST_STROKE, BAND = 6, 32, 24
Text = Literal["stated", "suspected", "none"]


def look(header: Any, pixels: NDArray[Any] | None) -> Text:
    """Whether an image carries burned-in text: its header says so, its pixels look like it, or neither."""
    if str(header.get("BurnedInAnnotation", "")).upper() == "YES":
        return "stated"
    if pixels is None:
        return "none"
    frames = pixels if pixels.ndim == 3 else pixels[np.newaxis]
    return "suspected" if any(_has_line(frame) for frame in frames) else "none"


def _has_line(frame: NDArray[Any]) -> bool:
    from scipy import ndimage

    brightest = frame == frame.max()
    # One pixel is the maximum of any image; a large bright area is no stroke.
    if not FEWEST_STROKES * 3 <= brightest.sum() <= frame.size // 10:
        return False
    parts, _ = ndimage.label(brightest, structure=np.ones((3, 3)))
    strokes = [
        (rows.start + rows.stop) / 2
        for rows, columns in ndimage.find_objects(parts)
        if 4 <= rows.stop - rows.start <= LARGEST_STROKE and 2 <= columns.stop - columns.start <= LARGEST_STROKE
    ]
    middles = np.sort(strokes)
    return any(
        np.searchsorted(middles, middle + BAND / 2) - index >= FEWEST_STROKES for index, middle in enumerate(middles)
    )
