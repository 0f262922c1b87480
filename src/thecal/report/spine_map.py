"""A drawing of the whole spine with the lesions at their vertebral levels and in their compartments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from thecal.records import Lesion
from thecal.report.canvas import encode, font

LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    "S1",
    "S2",
)
CONUS = LEVELS.index("L1")
STEP, TOP, SCALE = 23, 20, 2
BODY, CORD = 118, 196
_COLOURS = {"intramedullary": (200, 90, 20), "intradural_extramedullary": (31, 92, 120), "extradural": (110, 80, 140)}
_PLACES = {"intramedullary": 0, "intradural_extramedullary": 17, "extradural": 37}


def span_of(lesion: Lesion) -> tuple[int, int] | None:
    """First and last vertebral level of a lesion, counted from C1; None where no level was told."""
    found = [
        LEVELS.index(name) for level in lesion.levels for name in re.findall(r"[CTLS]\d+", level) if name in LEVELS
    ]
    return (min(found), max(found)) if found else None


def draw_map(lesions: Sequence[Lesion]) -> str:
    """The map as PNG, base64: vertebrae on the left, cord and sac beside them, a numbered lesion over the levels it spans.

    The front of the patient is left. In the cord stands a lesion of the cord, in the sac one outside the cord, beside the
    sac one outside the dura.
    """
    from PIL import Image, ImageDraw

    height = TOP * 2 + STEP * len(LEVELS)
    image = Image.new("RGB", (330 * SCALE, height * SCALE), "white")
    pen = ImageDraw.Draw(image)
    for index, name in enumerate(LEVELS):
        y = (TOP + STEP * index) * SCALE
        box = ((BODY - 34) * SCALE, y + 5, (BODY + 34) * SCALE, y + (STEP - 2.5) * SCALE)
        pen.rounded_rectangle(box, 6 * SCALE, fill=(238, 241, 244), outline=(170, 180, 190), width=2)
        pen.text((24 * SCALE, y + STEP * SCALE / 2), name, fill=(70, 82, 94), font=font(14 * SCALE), anchor="lm")
    _canal(pen, height)
    for place, lesion in enumerate(lesions):
        if (span := span_of(lesion)) is not None:
            _mark(pen, lesion, span, place)
    return encode(image.resize((330, height), Image.Resampling.LANCZOS))


def _canal(pen: Any, height: int) -> None:
    top, end = (TOP - 8) * SCALE, (height - TOP) * SCALE
    conus = (TOP + STEP * (CONUS + 0.7)) * SCALE
    left, right = (CORD - 27) * SCALE, (CORD + 27) * SCALE
    pen.rounded_rectangle((left, top, right, end), 26 * SCALE, fill=(226, 238, 244), outline=(120, 150, 165), width=3)
    cord = [
        ((CORD - 10) * SCALE, top), ((CORD + 10) * SCALE, top), ((CORD + 10) * SCALE, conus - 40 * SCALE),
        (CORD * SCALE, conus), ((CORD - 10) * SCALE, conus - 40 * SCALE),
    ]  # fmt: skip
    pen.polygon(cord, fill=(206, 196, 176), outline=(140, 128, 104))


def _mark(pen: Any, lesion: Lesion, span: tuple[int, int], place: int) -> None:
    compartment = max(sorted(lesion.compartment), key=lambda name: lesion.compartment[name], default="extradural")
    x = (CORD + _PLACES[compartment]) * SCALE
    top, end = (TOP + STEP * span[0] + 4) * SCALE, (TOP + STEP * (span[1] + 1) - 4) * SCALE
    pen.ellipse((x - 9 * SCALE, top, x + 9 * SCALE, end), fill=_COLOURS[compartment], outline="white", width=3)
    middle = (top + end) / 2
    side = (262 + 30 * (place % 2)) * SCALE
    pen.line([(x + 9 * SCALE, middle), (side - 12 * SCALE, middle)], fill=_COLOURS[compartment], width=2)
    pen.ellipse(
        (side - 13 * SCALE, middle - 13 * SCALE, side + 13 * SCALE, middle + 13 * SCALE), fill=_COLOURS[compartment]
    )
    pen.text((side, middle), str(lesion.instance), fill="white", font=font(15 * SCALE), anchor="mm")
