"""A picture with what a radiologist draws on it: outlines, an arrow, letters, a scale bar."""

from __future__ import annotations

import base64
import io
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thecal.report.planes import Frame, Picture

Colour: TypeAlias = tuple[int, int, int]
ORANGE: Colour = (255, 150, 40)
BLUE: Colour = (90, 190, 255)
GREEN: Colour = (110, 220, 130)
YELLOW: Colour = (240, 220, 90)
WHITE: Colour = (255, 255, 255)


def shade(picture: Picture) -> NDArray[np.float32]:
    """Grey values as RGB, the darkest hundredth black and the brightest two hundredths white."""
    inside = picture[picture > 0]
    low, high = np.percentile(inside, (1, 99)) if inside.size else (0.0, 1.0)
    grey = np.clip((picture - min(low, 0.0)) / max(high - min(low, 0.0), 1e-6), 0, 1) ** 0.9 * 255
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.float32)


def outline(colours: NDArray[np.float32], share: Picture, colour: Colour, width: float = 1.6) -> NDArray[np.float32]:
    """The picture with the line along which a structure fills half of each pixel; share runs from 0 to 1."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(share, 1.5)
    steep = np.hypot(*np.gradient(smooth)) + 1e-6
    near = np.clip(1.2 - np.abs(smooth - 0.5) / steep / width, 0, 1) * (steep > 0.01)
    return np.asarray(colours * (1 - near[:, :, None]) + np.array(colour, dtype=np.float32) * near[:, :, None])


class Canvas:
    """A picture being marked; marks are drawn at twice the size and brought down, so that their edges are smooth."""

    def __init__(self, colours: NDArray[np.float32], frame: Frame) -> None:
        from PIL import Image, ImageDraw

        self.frame = frame
        height, width = colours.shape[:2]
        self._base = Image.fromarray(colours.clip(0, 255).astype(np.uint8))
        self._marks = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._marks)

    def arrow(self, tip: tuple[float, float], length: float = 42.0) -> None:
        """An arrow from the lower left whose tip lies at a pixel; from the side with room."""
        height = self.frame.size[1]
        x, y = tip
        side = -1 if x > length + 6 else 1
        rise = 1 if y < height - length - 6 else -1
        way = np.array([-side, -rise]) / np.sqrt(2)
        start, end = np.array([x, y]) - way * length, np.array([x, y])
        across = np.array([-way[1], way[0]])
        head = [end, end - way * 15 + across * 8, end - way * 15 - across * 8]
        for colour, thick in (((0, 0, 0, 255), 14), ((*WHITE, 255), 9)):
            self._draw.line([tuple(start * 2), tuple((end - way * 10) * 2)], fill=colour, width=thick)
        self._draw.polygon([tuple(point * 2) for point in head], fill=(*WHITE, 255), outline=(0, 0, 0, 255), width=2)

    def badge(self, at: tuple[float, float], text: str) -> None:
        """A numbered disc."""
        x, y = at[0] * 2, at[1] * 2
        self._draw.ellipse((x - 22, y - 22, x + 22, y + 22), fill=(*ORANGE, 255), outline=(0, 0, 0, 220), width=3)
        self._draw.text((x, y), text, fill=(0, 0, 0, 255), font=font(28), anchor="mm")

    def letters(self) -> None:
        """Where the patient's sides lie, at the middle of each edge."""
        width, height = self.frame.size
        left, right, top, bottom = self.frame.letters()
        places = (
            (left, 14, height / 2),
            (right, width - 14, height / 2),
            (top, width / 2, 14),
            (bottom, width / 2, height - 14),
        )
        for letter, x, y in places:
            self.text(letter, (x, y), 17, "mm")

    def scale_bar(self) -> None:
        """A bar of 10, 20 or 50 mm, about a fifth of the picture's width, at the lower left."""
        height = self.frame.size[1]
        wanted = self.frame.width_mm / 5
        length = next((one for one in (10, 20, 50) if one >= wanted), 50)
        pixels = length / self.frame.pixel_mm
        y = height - 14.0
        for colour, thick in (((0, 0, 0, 200), 12), ((*WHITE, 255), 6)):
            self._draw.line([(24, y * 2), (24 + pixels * 2, y * 2)], fill=colour, width=thick)
        self.text(f"{length} mm", (12, y - 14), 14, "lm")

    def text(self, words: str, at: tuple[float, float], size: int, anchor: str) -> None:
        """White words with a dark edge."""
        self._draw.text(
            (at[0] * 2, at[1] * 2), words, fill=(*WHITE, 255), font=font(size * 2), anchor=anchor,
            stroke_width=3, stroke_fill=(0, 0, 0, 220),
        )  # fmt: skip

    def png(self) -> str:
        """The marked picture as PNG, base64; the same picture gives the same text."""
        from PIL import Image

        marks = self._marks.resize(self._base.size, Image.Resampling.LANCZOS)
        self._base.paste(marks, (0, 0), marks)
        return encode(self._base)


def encode(image: Any) -> str:
    """An image as PNG, base64."""
    held = io.BytesIO()
    image.save(held, "PNG", compress_level=4)
    return base64.b64encode(held.getvalue()).decode()


def font(size: int) -> Any:
    """The typeface that Pillow brings with it, so that pictures look alike everywhere."""
    from PIL import ImageFont

    return ImageFont.load_default(size)
