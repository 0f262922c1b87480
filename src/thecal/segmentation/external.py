"""Segmenters that a user has installed (Spinal Cord Toolbox, TotalSpineSeg, an nnU-Net model folder), run through the same door.

Each is a command that takes an image file and leaves a label map in the image's own grid; external.yaml says how it is called and
what its labels are. What it draws stands; what it lacks is left to the next segmenter.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from thecal.records import AlignedStudy, CallWrong, LabelMap, NotAssessed, Segmentation, Series, Volume
from thecal.records.geometry import resample
from thecal.segmentation import codes

KINDS = ("sct", "totalspineseg", "nnunet=FOLDER")
LONGEST_SECONDS = 3600
Meaning = Mapping[int, tuple[str, int]]


@dataclass(frozen=True)
class Tool:
    """An installed segmenter as it was named: its recipe, and the model it is to use, if any."""

    name: str
    recipe: Mapping[str, Any]
    model: str

    def meaning(self) -> Meaning:
        """Which map and which of our codes each of its labels stands for."""
        labels = self.recipe["labels"]
        if labels == "same":
            return {code: ("anatomy", code) for code in codes.ANATOMY if code}
        if labels == "named":
            return _named(Path(self.model) / "dataset.json")
        return {int(theirs): ("anatomy", int(ours)) for theirs, ours in labels.items()}


def tool(name: str) -> Tool | None:
    """The installed segmenter of that name (`sct`, `totalspineseg`, `nnunet=FOLDER`); None where the name is none of these.

    Raises CallWrong where its command is not installed or its model is not named.
    """
    kind, _, model = name.partition("=")
    recipe = _book().get(kind) if kind != "names" else None
    if recipe is None:
        return None
    if "{model}" in recipe["command"] and not Path(model, "dataset.json").is_file():
        raise CallWrong(
            name, expected=f"{kind}=FOLDER with a trained model and its dataset.json", found=model or "no folder"
        )
    if shutil.which(recipe["command"][0]) is None:
        raise CallWrong(
            name, expected=f"{recipe['title']} to be installed", found=f"no command {recipe['command'][0]}",
            remedy="Install it and put it on the PATH, or leave --segmenter out.",
        )  # fmt: skip
    return Tool(name, recipe, model)


def segment(chosen: Tool, aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """What the installed segmenter draws on each series; a series on which it fails is told, and left to others."""
    meaning = chosen.meaning()
    maps: dict[str, dict[str, LabelMap]] = {"anatomy": {}, "lesion": {}}
    untold = list(given.not_told) if given else []
    for series in aligned.study.images():
        drawn = _run(chosen, series)
        if isinstance(drawn, str):
            untold.append(NotAssessed(chosen.name, series.key, drawn))
            continue
        for kind, names in (("anatomy", codes.ANATOMY), ("lesion", codes.LESION)):
            if kind in {what for what, _ in meaning.values()}:
                maps[kind][series.key] = LabelMap(_translated(drawn, meaning, kind), names, series.key, chosen.name)
    return Segmentation(
        maps["anatomy"], maps["lesion"], composed_anatomy=_composed(aligned, maps["anatomy"]), not_told=tuple(untold)
    )


def _run(chosen: Tool, series: Series) -> Volume | str:
    """The label map that the command leaves for one series, or why there is none."""
    import nibabel

    assert series.volume is not None
    with tempfile.TemporaryDirectory(prefix="thecal-") as place:
        images, folder = Path(place, "images"), Path(place, "labels")
        images.mkdir()
        folder.mkdir()
        image = nibabel.Nifti1Image(np.asarray(series.volume.voxels, np.float32), series.volume.affine)
        nibabel.save(image, images / chosen.recipe["image"])
        gaps = {"images": images, "folder": folder, "model": chosen.model}
        command = [part.format(**gaps) for part in chosen.recipe["command"]]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return f"{chosen.name} did not end within {LONGEST_SECONDS // 60} minutes"
        output = folder / chosen.recipe["output"]
        if ended.returncode or not output.is_file():
            last = (ended.stderr or ended.stdout).strip().splitlines()[-1:] or ["nothing said"]
            return f"{chosen.name} ended with {ended.returncode} and left no label map ({last[0]})"
        labels = nibabel.load(output)
        drawn = Volume(np.asarray(labels.dataobj), np.asarray(labels.affine, dtype=np.float64))
    if not drawn.grid.same_as(series.volume.grid):
        return f"the label map of {chosen.name} is not in the image's grid"
    return drawn


def _translated(drawn: Volume, meaning: Meaning, kind: str) -> Volume:
    labels = np.zeros(drawn.voxels.shape, dtype=np.int16)
    found = np.rint(drawn.voxels).astype(np.int64)
    for theirs, (what, ours) in meaning.items():
        if what == kind:
            labels[found == theirs] = ours
    return Volume(labels, drawn.affine)


def _composed(aligned: AlignedStudy, maps: Mapping[str, LabelMap]) -> LabelMap | None:
    """The maps laid over one another in the reference grid, finer ones above coarser ones."""
    if aligned.reference is None or not maps:
        return None
    labels = np.zeros(aligned.reference.shape, dtype=np.int16)
    for key, one in sorted(maps.items(), key=lambda pair: -float(np.prod(pair[1].volume.spacing_mm))):
        carry = np.linalg.inv(aligned.to_reference[key])
        placed = resample(one.volume, aligned.reference, carry, order=0).voxels
        labels = np.where(placed > 0, placed, labels).astype(np.int16)
    first = next(iter(maps.values()))
    return LabelMap(Volume(labels, aligned.reference.affine), codes.ANATOMY, None, first.segmenter)


def _named(file: Path) -> Meaning:
    """What a model's labels stand for, by their names in its dataset.json. Raises CallWrong for a name that says nothing here."""
    names = _book()["names"]
    out = {}
    for name, label in json.loads(file.read_text(encoding="utf-8"))["labels"].items():
        plain = name.lower().replace("_", " ")
        if plain == "background" or not isinstance(label, int):
            continue
        if plain not in names:
            raise CallWrong(str(file), expected=f"labels named {', '.join(names)}", found=name)
        out[label] = tuple(names[plain])
    return out


@cache
def _book() -> Mapping[str, Any]:
    book: Mapping[str, Any] = yaml.safe_load(
        resources.files("thecal.segmentation").joinpath("external.yaml").read_text("utf-8")
    )
    return book
