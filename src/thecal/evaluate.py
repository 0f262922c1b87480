"""The door to the evaluation: finds what two folders or files hold of the same cases, and compares it.

Each side is a label map (NIfTI), findings (JSON), a case folder (a result of `thecal read`, a simulated study or its truth), or a
folder of case folders, paired by name. Of a result's maps the one in the grid of the other side's map is taken.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from thecal import evaluation
from thecal.evaluation import Case, Scored
from thecal.knowledge import load
from thecal.records import CallWrong, KnowledgeInvalid, LabelMap, StudyUnreadable, Vocabulary, Volume

NIFTI = (".nii", ".nii.gz")
KINDS = ("lesion", "anatomy", "instances")
FINDINGS = "findings.json"


@dataclass(frozen=True)
class Options:
    """What counts: labels of ours and of theirs that stand for one structure (empty: each label by itself), and which lesion."""

    labels: tuple[int, ...] = ()
    their_labels: tuple[int, ...] = ()
    lesion: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What the comparison gave, as data and as text, and what could not be compared, in words."""

    data: dict[str, Any]
    text: str
    faults: tuple[str, ...]
    empty: bool


def evaluate(ours: Path, theirs: Path, options: Options) -> Outcome:
    """Compares two sides. Raises CallWrong or StudyUnreadable where a single pair does not fit; of several, faults name those."""
    cases, faults = _cases(ours, theirs)
    tabled = any(_findings(one) and _findings(other) for _, one, other in cases)
    vocabulary = load().vocabulary if tabled else Vocabulary({}, {}, {})
    maps: list[Scored] = []
    findings: list[tuple[Case, Case]] = []
    for name, one, other in cases:
        try:
            maps += _compare_maps(name, one, other, options)
            findings += _compare_findings(one, other, vocabulary, options)
        except (StudyUnreadable, KnowledgeInvalid) as error:
            if len(cases) == 1:
                raise
            faults.append(f"{name}: {error}")
    states, numbers = evaluation.agreements(findings, vocabulary), evaluation.spreads(findings, vocabulary)
    if not (maps or states or numbers or faults):
        raise StudyUnreadable(
            str(theirs), expected="a label map or findings that both sides hold", found="none",
            remedy="Name two maps of one grid, two findings files, or two case folders.",
        )  # fmt: skip
    data, text = evaluation.as_data(maps, states, numbers), evaluation.as_text(maps, states, numbers)
    return Outcome({**data, "not_compared": faults}, text, tuple(faults), not (maps or states or numbers))


def _cases(ours: Path, theirs: Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """The cases of both sides; several where both are folders of case folders. Names that only one side has are faults."""
    for path in (ours, theirs):
        if not path.exists():
            raise CallWrong(str(path), expected="a file or folder that exists", found="none")
    if not (_holds_cases(ours) and _holds_cases(theirs)):
        return [(theirs.name, ours, theirs)], []
    left, right = ({path.name: path for path in side.iterdir() if path.is_dir()} for side in (ours, theirs))
    shared = sorted(left.keys() & right.keys())
    if not shared:
        raise CallWrong(str(theirs), expected=f"case folders named as in {ours}", found="no name in common")
    alone = [f"{name}: only ours has this case" for name in sorted(left.keys() - right.keys())]
    alone += [f"{name}: only theirs has this case" for name in sorted(right.keys() - left.keys())]
    return [(name, left[name], right[name]) for name in shared], alone


def _holds_cases(path: Path) -> bool:
    """Whether a folder is one of case folders, not a case itself."""
    return path.is_dir() and not _maps(path) and _findings(path) is None


def _inside(path: Path) -> Path:
    """A simulated study stands for its truth."""
    return path / "truth" if (path / "truth").is_dir() else path


def _maps(path: Path) -> list[Path]:
    """The label maps of a side: the file itself, or those of a case folder."""
    if path.is_file():
        return [path] if path.name.endswith(NIFTI) else []
    places = [_inside(path), _inside(path) / "labels", _inside(path) / "series"]
    found = (entry for place in places if place.is_dir() for entry in sorted(place.iterdir()))
    return [entry for entry in found if entry.name.endswith(NIFTI) and _kind(entry)]


def _kind(path: Path) -> str | None:
    """What a map's name says it shows."""
    return next((kind for kind in KINDS if kind in path.name), None)


def _findings(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix == ".json" else None
    file = _inside(path) / FINDINGS
    return file if file.is_file() else None


def _compare_maps(name: str, ours: Path, theirs: Path, options: Options) -> list[Scored]:
    """Each of their maps with ours of the same grid; one pair of files must have one grid."""
    our_files, their_files = _maps(ours), _maps(theirs)
    if ours.is_file() and theirs.is_file() and our_files and their_files:
        one, other = read_map(our_files[0]), read_map(their_files[0])
        _refuse_other_grid(our_files[0], one, their_files[0], other)
        return [_score(name, _kind(their_files[0]) or _kind(our_files[0]) or "labels", one, other, options)]
    if not (our_files and their_files):
        return []
    known = [(path, read_map(path)) for path in our_files]
    made = [_with_best(name, known, path, options) for path in their_files]
    paired = [one for one in made if one is not None]
    if not paired:
        grids = ", ".join(sorted({_grid(label) for _, label in known}))
        raise StudyUnreadable(
            name, expected="a map of theirs in the grid of one of ours", found=_grid(read_map(their_files[0])),
            remedy=f"Ours are {grids}. Resample theirs (nearest neighbour) onto one of them.",
        )  # fmt: skip
    return paired


def _with_best(name: str, known: Sequence[tuple[Path, LabelMap]], path: Path, options: Options) -> Scored | None:
    """Their map with ours that shows the same in the same grid, of the same series where names tell; None without one."""
    theirs, kind = read_map(path), _kind(path)
    fits = [(file, label) for file, label in known if label.volume.grid.same_as(theirs.volume.grid, 1e-2)]
    fits = [(file, label) for file, label in fits if kind is None or _kind(file) == kind]
    if not fits:
        return None
    file, ours = max(fits, key=lambda pair: (_shared_start(pair[0].name, path.name), -len(pair[0].name)))
    shown = f"{kind or _kind(file) or 'labels'}, {file.name.split('.')[0]} against {path.name.split('.')[0]}"
    return _score(name, shown, ours, theirs, options)


def _shared_start(one: str, other: str) -> int:
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _score(case: str, kind: str, ours: LabelMap, theirs: LabelMap, options: Options) -> Scored:
    ours, theirs = _only(ours, options.labels), _only(theirs, options.their_labels or options.labels)
    overlaps = evaluation.compare(ours, theirs, {**theirs.names, **ours.names})
    lesions = kind.startswith("lesion")
    detection = evaluation.detect(ours, theirs) if lesions else None
    return Scored(case, kind, overlaps[:1] if options.labels or options.their_labels else overlaps, detection)


def _only(label: LabelMap, labels: Collection[int]) -> LabelMap:
    """The map with the named labels as one; as it is where none are named."""
    if not labels:
        return label
    kept = np.isin(label.volume.voxels, list(labels)).astype(np.int16)
    return LabelMap(Volume(kept, label.volume.affine), {}, label.source_key, label.segmenter)


def read_map(path: Path) -> LabelMap:
    """A label map and the names in its sidecar, its axes turned to run to the right, the front and the head.

    StudyUnreadable unless it holds whole numbers on three axes.
    """
    import nibabel

    try:
        image = nibabel.as_closest_canonical(nibabel.load(path))
        values = np.asarray(image.dataobj)
    except Exception as error:  # a damaged file breaks the reader in any way
        raise StudyUnreadable(path.name, expected="a NIfTI label map", found=str(error)) from error
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim != 3:
        raise StudyUnreadable(
            path.name, expected="3 axes", found=f"{values.ndim} {values.shape}", remedy="Split it first."
        )
    whole = np.rint(values)
    if not np.all(np.isfinite(values)) or np.any(np.abs(values - whole) > 1e-3) or whole.min(initial=0) < 0:
        raise StudyUnreadable(
            path.name, expected="whole numbers from 0, a label each", found="other values",
            remedy="A probability map: set a threshold first.",
        )  # fmt: skip
    return LabelMap(Volume(whole.astype(np.int32), image.affine), _names(path), None, "")


def _names(path: Path) -> dict[int, str]:
    """The names of labels in the JSON beside a map, where there is one."""
    sidecar = path.with_name(path.name.split(".nii")[0] + ".json")
    try:
        told = json.loads(sidecar.read_text(encoding="utf-8"))["names"]
        return {int(label): str(name) for label, name in told.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _refuse_other_grid(our_file: Path, ours: LabelMap, their_file: Path, theirs: LabelMap) -> None:
    if not ours.volume.grid.same_as(theirs.volume.grid, 1e-2):
        raise StudyUnreadable(
            their_file.name, expected=f"the grid of {our_file.name} ({_grid(ours)})", found=_grid(theirs),
            remedy="Resample it (nearest neighbour) onto that grid.",
        )  # fmt: skip


def _grid(label: LabelMap) -> str:
    shape = " × ".join(map(str, label.volume.shape))
    spacing = " × ".join(f"{step:.2f}" for step in label.volume.spacing_mm)
    start = ", ".join(f"{mm:.1f}" for mm in label.volume.affine[:3, 3])
    return f"{shape} voxels of {spacing} mm from {start}"


def _compare_findings(ours: Path, theirs: Path, vocabulary: Vocabulary, options: Options) -> list[tuple[Case, Case]]:
    our_file, their_file = _findings(ours), _findings(theirs)
    if our_file is None or their_file is None:
        return []
    return [(_case(our_file, vocabulary, options), _case(their_file, vocabulary, options))]


def _case(path: Path, vocabulary: Vocabulary, options: Options) -> Case:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KnowledgeInvalid(path.name, expected="JSON", found=str(error)) from error
    several = isinstance(told, dict) and len(told.get("lesions") or ()) > 1
    return evaluation.case_of(told, vocabulary, path.name, options.lesion or (_largest(path) if several else None))


def _largest(path: Path) -> int | None:
    """The largest lesion of a result, as the report beside its findings says."""
    try:
        lesions = json.loads(path.with_name("report.json").read_text(encoding="utf-8"))["reading"]["lesions"]
        return int(max(lesions, key=lambda one: (one["volume_mm3"], -one["instance"]))["instance"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
