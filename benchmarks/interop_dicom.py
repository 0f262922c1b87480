"""Whether other programs take the DICOM objects in: each object through each validator, and every segment back on its voxels.

A study is simulated, written as classic and as enhanced DICOM, and read; its objects go through dciodvfy (dicom3tools), dsrdump
and dcm2json (DCMTK), and dcmqi. Printed: object, validator, errors, warnings and why they stay; then, for each segment, how many
voxels dcmqi puts elsewhere than they were drawn (0 is wanted), and the same of an object without symmetry on coronal and oblique
slices; and the time it takes to write them all.

Usage: python benchmarks/interop_dicom.py [--entity ependymoma] [--seed 3] [--protocol standard] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nibabel
import numpy as np
from scipy.spatial.transform import Rotation

from thecal import ingest, pipeline, simulation
from thecal.export import dicom
from thecal.export.dicom import release, segmentation, segments, sources
from thecal.export.dicom.origin import Origin
from thecal.knowledge import load
from thecal.pipeline import Result
from thecal.records import Acquisition, Identity, LabelMap, Series, Volume
from thecal.records.geometry import to_ras
from thecal.simulation.dicom import Kind

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# Why a warning stays, by a part of what the validator says.
STAYS = {
    "Unrecognized defined term = <99THECAL>": "the vocabulary's own coding scheme, which the object declares",
    "does not support this Specific Character Set": "this build of the tool cannot check UTF-8, which the names need",
    "would be needed to build DICOMDIR": "emptied: the confidentiality profile asks for it",
    "Unrecognized defined term = <M>": "the scanner's own word for a magnitude image, kept as the source has it",
    "Unrecognized defined term = <OTHER>": "the simulated scanner's own word, kept as the source has it",
    "template constraints not yet supported": "the tool says what it cannot check itself",
}


@dataclass(frozen=True)
class Row:
    """What one validator says of one object: errors, and warnings, each with how often and why it stays ('' if nothing says)."""

    object: str
    validator: str
    errors: tuple[str, ...]
    warnings: tuple[tuple[str, int, str], ...] = ()
    missing: bool = False


def find(tool: str) -> str | None:
    """Where a program is, on the path or beside the interpreter."""
    beside = Path(sys.executable).parent / tool
    return shutil.which(tool) or (str(beside) if beside.exists() else None)


def validate(path: Path) -> Iterator[Row]:
    """Every validator that speaks of an object."""
    yield _ask(path, "dciodvfy", "-new")
    yield _ask(path, "dcm2json", "-q")
    if path.stem.startswith(("report-sr", "key-objects")):
        yield _ask(path, "dsrdump")
    if path.stem.startswith("report-sr"):
        yield _ask(path, "tid1500reader", "--outputMetadata", "/dev/null", "--inputDICOM")


def _ask(path: Path, tool: str, *options: str) -> Row:
    found = find(tool)
    if found is None:
        return Row(path.name, tool, (), missing=True)
    done = subprocess.run([found, *options, str(path)], capture_output=True, text=True, errors="replace", timeout=120)
    said = (done.stderr if tool == "dcm2json" else done.stdout + done.stderr).splitlines()
    errors = [line for line in said if line.startswith(("Error", "E: ", "F: ", "ERROR"))]
    errors += [f"exit code {done.returncode}"] if done.returncode else []
    warnings: dict[tuple[str, str], int] = {}
    for line in said:
        if line.startswith(("Warning", "W: ")):
            known = next((part for part in STAYS if part in line), None)
            key = (known or line.strip(), STAYS[known] if known else "")
            warnings[key] = warnings.get(key, 0) + 1
    return Row(path.name, tool, tuple(errors), tuple((what, count, why) for (what, why), count in warnings.items()))


def simulate(entity: str, seed: int, protocol: str, folder: Path, kind: Kind) -> Result:
    """A simulated study, written as DICOM and read from there by the whole pipeline."""
    knowledge = load()
    made = simulation.simulate(entity, seed, vocabulary=knowledge.vocabulary, field_t=3.0, protocol=protocol, signs={})
    simulation.write_phantom(made, folder, format="dicom" if kind == "classic" else "dicom-enhanced")
    study, identity = ingest.read(folder / "dicom", context=dict(made.context))
    return pipeline.read(study, identity, knowledge)


def misplaced(result: Result, folder: Path) -> Iterator[tuple[str, str, int, int]]:
    """For each segment of each segmentation: series, label, voxels drawn, and voxels that dcmqi puts elsewhere."""
    for series in result.study.images():
        for kind, drawn in _drawn(result, series):
            yield from _compare(folder / f"seg-{kind}_{series.key}.dcm", series, drawn)


def _compare(path: Path, series: Series, drawn: list[segments.Segment]) -> Iterator[tuple[str, str, int, int]]:
    tool = find("segimage2itkimage")
    if tool is None or series.volume is None:
        return
    with tempfile.TemporaryDirectory() as out:
        call = [tool, "-t", "nii", "--outputDirectory", out, "--inputDICOM", str(path)]
        subprocess.run(call, check=True, capture_output=True, timeout=300)
        for number, segment in enumerate(drawn, start=1):
            image = nibabel.load(Path(out) / f"{number}.nii.gz")
            back = to_ras(Volume(np.asarray(image.dataobj) > 0, image.affine))
            there = to_ras(Volume(segment.voxels, series.volume.affine))
            same = back.shape == there.shape and np.allclose(back.affine, there.affine, atol=1e-2)
            wrong = int((back.voxels != there.voxels).sum()) if same else int(there.voxels.size)
            yield series.key, segment.structure.label, int(segment.voxels.sum()), wrong


def turned(kind: Kind, axes: str, degrees: float, folder: Path) -> Iterator[tuple[str, str, int, int]]:
    """The same of a hook without any symmetry, on slices turned about an oblique line. axes says where i, j and k run."""
    steps = {"R": (1, 0, 0), "P": (0, -1, 0), "I": (0, 0, -1), "S": (0, 0, 1), "A": (0, 1, 0)}
    affine = np.eye(4)
    turn = Rotation.from_rotvec(np.radians(degrees) * np.array([0.9, 0.2, 0.4])).as_matrix()
    affine[:3, :3] = turn @ np.array([steps[letter] for letter in axes], dtype=float).T * np.array([0.7, 0.9, 3.4])
    affine[:3, 3] = 20.5, -30.25, 41.0
    values = np.random.default_rng(1).integers(1, 900, (37, 53, 9)).astype(np.uint16)
    simulation.dicom.write(Volume(values, affine), Acquisition(modality="MR", series_number=1), folder, kind=kind)
    (series,) = ingest.read(folder)[0].images()
    assert series.volume is not None
    hook = np.zeros((37, 53, 9), np.int16)
    hook[5:7, 10:25, 3:5], hook[7:15, 10:13, 3:6] = 1, 1
    label = LabelMap(Volume(hook, series.volume.affine), {}, series.key, "drawn")
    drawn, origin = segments.anatomy_of(label), Origin(Identity(), "2.25.1", datetime(2026, 1, 2), "0", "0")
    path = folder / "seg.dcm"
    source = sources.headers(series, origin)
    path.write_bytes(segmentation.build("anatomy", series, source, drawn, label, origin, 1).content)
    for _, _, voxels, wrong in _compare(path, series, drawn):
        yield f"{kind} {series.plane} {axes} {degrees:.0f} deg", "hook", voxels, wrong


def _drawn(result: Result, series: Series) -> Iterator[tuple[str, list[segments.Segment]]]:
    made = result.segmentation
    if series.key in made.anatomy and (found := segments.anatomy_of(made.anatomy[series.key])):
        yield "anatomy", found
    if series.key in made.lesion and (
        found := segments.lesions_of(made.lesion[series.key], series.key, made, result.aligned)
    ):
        yield "lesion", found


def rows(result: Result, folder: Path) -> list[Row]:
    """Writes the objects of a result into a folder and asks every validator about each."""
    folder.mkdir(parents=True, exist_ok=True)
    wall, cpu = time.perf_counter(), time.process_time()
    made = dicom.write(result.report, result.aligned, result.segmentation, load().codes, PDF)
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
    size = sum(map(len, made.files.values())) / 1024**2
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"# {len(made.files)} objects, {size:.1f} MiB, written in {wall:.2f} s ({cpu:.2f} s of one core)")
    return [row for name in made.files for row in validate(folder / name)]


def released(source: Path, folder: Path) -> list[Row]:
    """De-identifies the images under a folder and asks dciodvfy about the first of each series."""
    files = (path.read_bytes() for path in sorted(source.rglob("*.dcm")))
    account = release.Account()
    asked: list[Row] = []
    for name, content in release.release(files, b"benchmark", "0", account):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.stem == "0001":
            row = _ask(path, "dciodvfy", "-new")
            asked.append(Row(f"de-identified {name}", *(row.validator, row.errors, row.warnings, row.missing)))
    print(f"# {account.written} files de-identified, {sum(account.withheld.values())} withheld")
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entity", default="ependymoma")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--protocol", default="standard")
    parser.add_argument("--keep", type=Path, help="leave studies and objects in this folder")
    call = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = call.keep or Path(name)
        kinds: tuple[Kind, ...] = ("classic", "enhanced")
        for kind in kinds:
            result = simulate(call.entity, call.seed, call.protocol, base / kind, kind)
            print(f"\n## source {kind}: {len(result.study.images())} series")
            tell([*rows(result, base / kind / "objects"), *released(base / kind / "dicom", base / kind / "released")])
            for key, label, voxels, wrong in misplaced(result, base / kind / "objects"):
                print(f"{key:<34}{label:<44}{voxels:>8} voxels{wrong:>8} elsewhere")
            for axes, degrees in (
                ("PIR", 0.0),
                ("RPS", 0.0),
                ("RIA", 0.0),
                ("PIR", 17.0),
                ("RPS", -23.0),
                ("RPS", 48.0),
            ):
                for key, label, voxels, wrong in turned(kind, axes, degrees, base / f"{kind}-{axes}{degrees:.0f}"):
                    print(f"{key:<34}{label:<44}{voxels:>8} voxels{wrong:>8} elsewhere")


def tell(all_rows: list[Row]) -> None:
    """Prints a line a row, and each kind of warning below with the reason why it stays."""
    reasons = {}
    print(f"{'object':<48}{'validator':<16}{'errors':>7}{'warnings':>10}")
    for row in all_rows:
        count = sum(number for _, number, _ in row.warnings)
        print(
            f"{row.object:<48}{row.validator:<16}"
            + ("not installed" if row.missing else f"{len(row.errors):>7}{count:>10}")
        )
        for error in row.errors:
            print(f"    {error}")
        reasons.update({what: why for what, _, why in row.warnings})
    for what, why in reasons.items():
        print(f"warning: {what}: {why or 'NOT EXCUSED'}")


if __name__ == "__main__":
    main()
