"""How much an input may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds that a clinical study of the whole spine does not reach and a hostile file would.

    files bounds how many files an input holds; file_bytes one file; zip_bytes all of an archive once unpacked; zip_ratio its
    unpacked size against its packed size, asked only beyond zip_free_bytes; series_bytes the voxels of one series; volumes the
    images that one series may split into (echoes, b-values, phases).
    """

    files: int = 50_000
    file_bytes: int = 4 * 1024**3
    zip_bytes: int = 16 * 1024**3
    zip_ratio: float = 200.0
    zip_free_bytes: int = 64 * 1024**2
    series_bytes: int = 2 * 1024**3
    volumes: int = 12
