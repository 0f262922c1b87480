"""Example images of an entity for the atlas: a simulated patient, each series as one picture of all its slices.

Made by a process of its own when somebody first asks, and kept in the data folder:

    python -m thecal.server.examples FOLDER ENTITY SEED
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thecal import __version__
from thecal.records import CallWrong

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from thecal.records import Series
    from thecal.simulation import Phantom

TYPICAL = 0
SHOWN = (("T2w", "sagittal"), ("T1w_ce", "sagittal"), ("T1w", "sagittal"), ("T2w", "axial"), ("T1w_ce", "axial"))
NAMES = {"T2w": "T2", "T1w": "T1", "T1w_ce": "T1 with contrast"}
COLUMNS = 4
QUALITY = 84
PROTOCOL = "standard"
LIKELY = (0.55, 0.75)


@dataclass
class Maker:
    """Makes examples one after the other; whoever asks hears how far it is."""

    folder: Path
    protocol: str = PROTOCOL
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: tuple[str, subprocess.Popen[bytes]] | None = None
    _failed: set[str] = field(default_factory=set)

    def look(self, entity: str, seed: int) -> dict[str, Any]:
        """The example's description when it is there; else that it is being made, waits its turn, or could not be made."""
        name = f"{entity}-{seed}"
        with self._lock:
            self._reap()
            told = self._kept(name)
            if told is not None:
                return {"state": "ready", **told}
            if name in self._failed:
                self._failed.discard(name)
                return {"state": "failed"}
            if self._running is None:
                self._running = (name, self._start(entity, seed))
            return {"state": "making" if self._running[0] == name else "waiting"}

    def picture(self, entity: str, seed: int, key: str) -> Path | None:
        """The file of a series' picture."""
        file = self.folder / f"{entity}-{seed}" / f"{key}.webp"
        return file if file.is_file() else None

    def stop(self) -> None:
        """Ends what is being made."""
        with self._lock:
            if self._running is not None:
                self._running[1].kill()
                self._running[1].wait()

    def _start(self, entity: str, seed: int) -> subprocess.Popen[bytes]:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        command = [sys.executable, "-m", "thecal.server.examples", str(self.folder), entity, str(seed), self.protocol]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _reap(self) -> None:
        if self._running is None or self._running[1].poll() is None:
            return
        if self._running[1].returncode != 0:
            self._failed.add(self._running[0])
        self._running = None

    def _kept(self, name: str) -> dict[str, Any] | None:
        try:
            told: dict[str, Any] = json.loads((self.folder / name / "example.json").read_bytes())
        except (OSError, ValueError):
            return None
        return told if told.get("version") == __version__ else None


def make(folder: Path, entity: str, seed: int, protocol: str = PROTOCOL) -> Path:
    """Simulates a patient and writes the pictures and their description, whole or not at all."""
    import shutil

    phantom = _simulate(entity, seed, protocol)
    target = folder / f"{entity}-{seed}"
    partial = Path(tempfile.mkdtemp(dir=folder, prefix=".example-"))
    series = [_write(one, phantom, partial) for one in _chosen(phantom)]
    told = {"version": __version__, "entity": entity, "seed": seed, "signs": _signs(phantom), "series": series}
    (partial / "example.json").write_text(json.dumps(told), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(partial, target)
    return target


def _simulate(entity: str, seed: int, protocol: str) -> Phantom:
    """A patient drawn by seed; seed 0 shows each sign in its most frequent state, as far as the states go together."""
    from thecal.differential import pool_text
    from thecal.knowledge import load
    from thecal.simulation import simulate
    from thecal.simulation.artefacts import NONE

    known = load()
    rates = pool_text(known.text, known.vocabulary)
    drawn: dict[str, Any] = {"vocabulary": known.vocabulary, "rates": rates, "protocol": protocol, "artefacts": NONE}
    for least in LIKELY if seed == TYPICAL else ():
        means = {rate.finding: rate.mean for rate in rates.states if rate.entity == entity and rate.given is None}
        signs = {
            code: max(mean, key=lambda state: mean[state])
            for code, mean in means.items()
            if max(mean.values()) >= least
        }
        try:
            return simulate(entity, seed, signs=signs, **drawn)
        except CallWrong:
            continue
    return simulate(entity, seed, **drawn)


def _signs(phantom: Phantom) -> list[dict[str, str]]:
    """The painted signs that say something is there."""
    silent = ("absent", "none")
    return [{"finding": code, "state": state} for code, state in phantom.findings.items()
            if isinstance(state, str) and state not in silent]  # fmt: skip


def _chosen(phantom: Phantom) -> list[Series]:
    images = phantom.study.images()
    found = [next((one for one in images if (one.role, one.plane) == wanted), None) for wanted in SHOWN]
    return [one for one in found if one is not None] or list(images[:3])


def _write(series: Series, phantom: Phantom, folder: Path) -> dict[str, Any]:
    """One WebP of all slices, COLUMNS in a row, and what a page must know to show them one by one."""
    import numpy as np
    from PIL import Image

    assert series.volume is not None
    slices = _upright(np.asarray(series.volume.voxels), series.volume.affine, series.plane)
    lesion = _upright(np.asarray(phantom.by_series[series.key][1].volume.voxels), series.volume.affine, series.plane)
    low, high = np.percentile(slices, (1.0, 99.6))
    grey = np.clip((slices - low) * (255.0 / max(high - low, 1.0)), 0, 255).astype(np.uint8)
    count, height, width = grey.shape
    sheet = np.zeros((ceil(count / COLUMNS) * height, COLUMNS * width), np.uint8)
    for place, image in enumerate(grey):
        row, column = divmod(place, COLUMNS)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    Image.fromarray(sheet).save(folder / f"{series.key}.webp", quality=QUALITY, method=4)
    area = (lesion > 0).sum(axis=(1, 2))
    return {
        "key": series.key, "name": f"{NAMES.get(series.role, series.role)}, {series.plane}", "plane": series.plane,
        "slices": count, "width": width, "height": height, "columns": COLUMNS,
        "start": int(area.argmax()) if area.any() else count // 2,
        "letters": {"sagittal": "APHF", "axial": "RLAP", "coronal": "RLHF"}.get(series.plane, ""),
    }  # fmt: skip


def _upright(voxels: NDArray[np.generic], affine: NDArray[np.floating[Any]], plane: str) -> NDArray[np.float32]:
    """Slices × rows × columns as a radiologist holds them.

    Sagittal: from the patient's right to left, head up, anterior at the left. Axial: from head to feet, anterior up, the
    patient's right at the left. Coronal: from front to back, head up, right at the left.
    """
    import numpy as np

    axes = [int(np.argmax(np.abs(affine[row, :3]))) for row in range(3)]
    ras = np.transpose(voxels, axes).astype(np.float32)
    for place, axis in enumerate(axes):
        if affine[place, axis] < 0:
            ras = np.flip(ras, place)
    turned: Mapping[str, NDArray[np.float32]] = {
        "sagittal": ras[::-1, ::-1, ::-1].transpose(0, 2, 1),
        "axial": ras[::-1, ::-1, ::-1].transpose(2, 1, 0),
    }
    return turned.get(plane, ras[::-1, ::-1, ::-1].transpose(1, 2, 0))


if __name__ == "__main__":
    os.nice(5)
    make(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:5])
