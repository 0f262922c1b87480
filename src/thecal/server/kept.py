"""A reading as it is kept on disk: what each stage made, under the digest of its inputs, with the voxels beside it.

A study that is opened again goes on from there: a correction reruns only what depends on it, as if the first reader had
never left.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from thecal.records import (
    AlignedStudy,
    Differential,
    Hole,
    Identity,
    ProtocolCheck,
    Reading,
    Segmentation,
    Study,
    Volume,
)
from thecal.records.form import from_data, to_data, voxel_digest

if TYPE_CHECKING:
    from thecal.pipeline import Memory

FILE = "kept.json"
VOXELS = "voxels"
PROBABILITIES = "probabilities.json"


class Store(Mapping[str, NDArray[Any]]):
    """Arrays by the SHA-256 of their values, read from disk when they are looked at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, digest: str) -> NDArray[Any]:
        try:
            return cast("NDArray[Any]", np.load(self.folder / f"{digest}.npy", mmap_mode="r"))
        except FileNotFoundError as error:
            raise KeyError(digest) from error

    def __contains__(self, digest: object) -> bool:
        return (self.folder / f"{digest}.npy").is_file()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("*.npy")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def save(folder: Path, study: Study, identity: Identity, memory: Memory) -> None:
    """Writes what was read of a study into a folder. Probabilities stand apart: only an export asks for them."""
    (folder / VOXELS).mkdir()
    kept: dict[str, Any] = {}
    likely = Segmentation()
    for key, made in memory.items():
        stage = key.split(":", 1)[0]
        if isinstance(made, Segmentation) and stage == "segment":
            likely = Segmentation(probability=made.probability)
            made = replace(made, probability={})
        if stage in _WRITERS:
            kept[key] = {"hole": to_data(made)} if isinstance(made, Hole) else _WRITERS[stage](made)
            for volume in _volumes(made):
                _put(folder / VOXELS, volume)
    for volume in _volumes(study):
        _put(folder / VOXELS, volume)
    for volume in _volumes(likely):
        _put(folder / VOXELS, volume)
    told = {"study": to_data(study), "identity": to_data(identity), "memory": kept}
    (folder / FILE).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    (folder / PROBABILITIES).write_text(json.dumps(to_data(likely)), encoding="utf-8")


def load(folder: Path) -> tuple[Study, Identity, dict[str, Any]]:
    """A study, who it is of, and the memory its reading left."""
    told = json.loads((folder / FILE).read_text(encoding="utf-8"))
    store = Store(folder / VOXELS)
    memory: dict[str, Any] = {}
    for key, data in told["memory"].items():
        reader = _READERS[key.split(":", 1)[0]]
        whole = isinstance(data, dict) and set(data) == {"hole"}
        memory[key] = from_data(Hole, data["hole"]) if whole else reader(data, store)
    return from_data(Study, told["study"], store), from_data(Identity, told["identity"]), memory


def probabilities(folder: Path) -> Mapping[str, Mapping[str, Volume]]:
    """The probability of each structure on each series."""
    told = json.loads((folder / PROBABILITIES).read_text(encoding="utf-8"))
    return from_data(Segmentation, told, Store(folder / VOXELS)).probability


def flush(folder: Path) -> None:
    """Has the disk hold everything in a folder before anybody is told of it."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _put(folder: Path, volume: Volume) -> None:
    path = folder / f"{voxel_digest(volume.voxels)}.npy"
    if not path.exists():
        np.save(path, np.asarray(volume.voxels))


def _volumes(made: Any) -> Iterator[Volume]:
    """The volumes of a record."""
    if isinstance(made, Study):
        yield from (series.volume for series in made.series if series.volume is not None)
    elif isinstance(made, AlignedStudy):
        yield from _volumes(made.study)
    elif isinstance(made, Segmentation):
        composed = (made.composed_anatomy, made.composed_lesion, made.composed_instances)
        for label in (*made.anatomy.values(), *made.lesion.values(), *composed):
            if label is not None:
                yield label.volume
        for structures in made.probability.values():
            yield from structures.values()


_WRITERS: dict[str, Any] = {
    "check": to_data,
    "align": to_data,
    "segment": to_data,
    "measure": lambda made: [to_data(made[0]), [to_data(hole) for hole in made[1]]],
    "rank": lambda made: [to_data(one) for one in made],
}
_READERS: dict[str, Any] = {
    "check": lambda data, _: from_data(ProtocolCheck, data),
    "align": lambda data, store: from_data(AlignedStudy, data, store),
    "segment": lambda data, store: from_data(Segmentation, data, store),
    "measure": lambda data, _: (from_data(Reading, data[0]), tuple(from_data(Hole, one) for one in data[1])),
    "rank": lambda data, _: tuple(from_data(Differential, one) for one in data),
}
