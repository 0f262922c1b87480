"""Two ways to shape and texture a lesion that share no code but their door, so that neither is judged on itself alone.

first: ellipsoids, roughened, with lumps of interpolated random numbers. second: superquadrics with lobes, and fields of plane
waves. Both are drawn anew for every phantom.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import CallWrong
from thecal.simulation.canvas import Field, Noise, Sheet, Span

Name = Literal["first", "second"]
WAVES = 14


class RandomField(Protocol):
    """A random field of mean 0 and spread about 1 over (u, v, s), the same wherever it is asked for."""

    def over(self, sheet: Sheet) -> Field:
        """The field in every cell of a sheet."""


class Generator(Protocol):
    """What shapes and textures lesions."""

    def noise(self, width_mm: float, u: Span, v: Span, s: Span) -> RandomField:
        """A new random field whose lumps reach about width_mm."""

    def radius(self, x: Field, y: Field, z: Field) -> Field:
        """Distance from a lesion's heart, 1 on its wall; coordinates are −1 to 1 along its three axes."""

    def texture(self, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Unevenness of an image's tissues, about 1."""


def make(name: str, rng: np.random.Generator) -> Generator:
    """The generator of that name."""
    if name == "first":
        return First(rng)
    if name == "second":
        return Second(rng)
    raise CallWrong("simulation", expected="a generator: first, second", found=repr(name))


class First:
    """Ellipsoids and interpolated random numbers."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def noise(self, width_mm: float, u: Span, v: Span, s: Span) -> RandomField:
        """Random numbers on a lattice, smoothly interpolated."""
        return Noise(self.rng, width_mm, u, v, s)

    def radius(self, x: Field, y: Field, z: Field) -> Field:
        """An ellipsoid's radius."""
        return np.asarray(np.sqrt(x**2 + y**2 + z**2), dtype=np.float32)

    def texture(self, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """White noise, smoothed."""
        raw = self.rng.standard_normal(shape, dtype=np.float32)
        soft = ndimage.gaussian_filter(raw, (1.4, 1.4, 0.4))
        return np.asarray(np.clip(1 + 0.06 * soft / soft.std(), 0.8, 1.2), dtype=np.float32)


class Second:
    """Superquadrics with lobes, and sums of plane waves."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.power = float(rng.uniform(1.7, 3.6))
        self.lobes = rng.normal(size=(5, 3))
        self.lobes /= np.linalg.norm(self.lobes, axis=1, keepdims=True)
        self.height = rng.uniform(-0.16, 0.16, 5)
        self.turn = float(rng.uniform(0, np.pi / 2))

    def noise(self, width_mm: float, u: Span, v: Span, s: Span) -> RandomField:  # noqa: ARG002 the door asks for them
        """A sum of plane waves in all directions."""
        return Waves(self.rng, width_mm)

    def radius(self, x: Field, y: Field, z: Field) -> Field:
        """A superquadric turned about the spine's axis, with bulges and dents."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        p, q = cos * x + sin * y, cos * y - sin * x
        length = np.sqrt(x**2 + y**2 + z**2) + 1e-6
        plain = (np.abs(p) ** self.power + np.abs(q) ** self.power + np.abs(z) ** self.power) ** (1 / self.power)
        bulge = 1.0
        for (a, b, c), height in zip(self.lobes, self.height, strict=True):
            bulge = bulge + height * np.clip((a * x + b * y + c * z) / length, 0, 1) ** 4
        # As large as the ellipsoid of the same axes.
        return np.asarray(plain / bulge * (1.0 + 0.06 * (self.power - 2)), dtype=np.float32)

    def texture(self, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Noise shaped in frequency: strong over long distances, weak over short ones."""
        spectrum = np.fft.rfft2(self.rng.standard_normal(shape, dtype=np.float32), axes=(0, 1))
        rows, columns = np.abs(np.fft.fftfreq(shape[0]))[:, None], np.abs(np.fft.rfftfreq(shape[1]))[None, :]
        spectrum *= (1 / (0.03 + np.hypot(rows, columns)) ** 1.3)[:, :, None]
        soft = np.fft.irfft2(spectrum, s=shape[:2], axes=(0, 1))
        return np.asarray(np.clip(1 + 0.06 * soft / soft.std(), 0.8, 1.2), dtype=np.float32)


class Waves:
    """A sum of plane waves of lengths around twice the lumps' width."""

    def __init__(self, rng: np.random.Generator, width_mm: float) -> None:
        direction = rng.normal(size=(WAVES, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        length = 2.2 * width_mm * np.exp(rng.uniform(-0.6, 0.6, WAVES))
        self.k = direction * (2 * np.pi / length)[:, None]
        self.phase = rng.uniform(0, 2 * np.pi, WAVES)

    def over(self, sheet: Sheet) -> Field:
        """The field in every cell of a sheet."""
        u, v, s = (
            np.exp(1j * np.outer(k, axis.astype(np.float64))).astype(np.complex64)
            for k, axis in zip(self.k.T, (sheet.u, sheet.v, sheet.s), strict=True)
        )
        total = np.zeros((len(sheet.u), len(sheet.v), len(sheet.s)), np.float32)
        for wave in range(WAVES):
            plane = np.outer(u[wave] * np.exp(1j * self.phase[wave]).astype(np.complex64), v[wave])
            total += (plane[:, :, None] * s[wave]).real
        return np.asarray(total * np.float32(np.sqrt(2 / WAVES)))
