"""The result folder: written whole or not at all, and read again as an earlier study.

Everything is written into a hidden folder inside the target first and then moved into place entry by entry, so that a failure
leaves an older result as it was. Entries that thecal did not write are never touched.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from thecal import __version__
from thecal.pipeline import Result
from thecal.records import (
    AlignedStudy,
    CallWrong,
    Grid,
    Hole,
    LabelMap,
    Report,
    ReportUnwritable,
    Segmentation,
    Series,
    Study,
    StudyUnreadable,
    Volume,
)
from thecal.records.form import from_data, to_data
from thecal.records.geometry import resample
from thecal.records.volume import Affine

if TYPE_CHECKING:
    from thecal.export.dicom.release import Account
    from thecal.ingest.sources import Source

T = TypeVar("T")
OWNED = (
    "report.html", "report.pdf", "report.json", "report.txt", "report.ascii.txt", "findings.json", "differential.json",
    "comparison.json", "labels", "aligned", "figures", "dicom", "fhir", "log.jsonl",
)  # fmt: skip
OWNED_RELEASED = ("images", "deidentification.json")
OWNED_LABELS = ("anatomy.nii.gz", "anatomy.json", "lesion.nii.gz", "lesion.json")


@contextmanager
def staged(folder: Path, owned: Sequence[str] = OWNED) -> Iterator[Path]:
    """A hidden folder to write into; on a clean end its entries replace those named in owned, else it vanishes.

    Raises ReportUnwritable when the disk refuses, with the older entries still in place.
    """
    created = not folder.exists()
    partial: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder))
        yield partial
        with _uninterrupted():
            _swap(partial, folder, owned)
    except OSError as error:
        raise ReportUnwritable(
            str(folder), expected="a folder that can be written", found=error.strerror or str(error),
            remedy="Nothing was changed there. Free space or name another folder with -o.",
        ) from error  # fmt: skip
    finally:
        if partial is not None:
            shutil.rmtree(partial, ignore_errors=True)
        if created and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Holds Ctrl-C back for the moment in which entries change places."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: no signal arrives here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _swap(partial: Path, folder: Path, owned: Sequence[str]) -> None:
    fresh = [entry.name for entry in partial.iterdir()]
    aside = partial / ".aside"
    aside.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for name in sorted({*owned, *fresh}):
            if (folder / name).exists():
                moved.append(_move(folder / name, aside / name))
            if name in fresh:
                moved.append(_move(partial / name, folder / name))
    except OSError:
        for source, target in reversed(moved):
            target.replace(source)
        raise


def _move(source: Path, target: Path) -> tuple[Path, Path]:
    source.replace(target)
    return source, target


def make_ready(study: Study) -> None:
    """Loads what writing a study's results needs, seconds of it, on the side while stages work on the images.

    What is missing is told when it is written.
    """
    from_dicom = any(series.source_images for series in study.series)

    def load() -> None:
        for name in ("highdicom", "weasyprint") if from_dicom else ("weasyprint",):
            with contextlib.suppress(ImportError, OSError):
                import_module(name)

    Thread(target=load, daemon=True).start()


def write(result: Result, folder: Path, log: Sequence[Mapping[str, Any]]) -> tuple[Hole, ...]:
    """Writes everything a reading leaves: the report in each format, label maps, aligned series, key images and the log.

    A format that cannot be made here is left out, and handed back as a hole; the others are kept. Images are written beside the
    report: resampling and compressing leave the interpreter free for setting the text.
    """
    from thecal.knowledge import load

    codes = load().codes
    with staged(folder) as partial, ThreadPoolExecutor(1) as beside:
        images = beside.submit(_write_images, result, partial)
        holes = _write_reports(result.report, partial)
        holes += _write_bundle(result, partial, codes)
        _write_figures(result.report, partial / "figures")
        more, left_out = _write_dicom(result, partial, codes)
        images.result()
        told = [*log, *({"stage": "write", "left_out": words} for words in left_out)]
        lines = (json.dumps(line, ensure_ascii=False, default=str) for line in told)
        (partial / "log.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return (*holes, *more)


def _write_dicom(result: Result, folder: Path, codes: Mapping[str, Any]) -> tuple[tuple[Hole, ...], tuple[str, ...]]:
    """The DICOM objects of a study that came as DICOM; a hole where they failed, and in words what was left out."""
    from thecal.export import dicom

    pdf = folder / "report.pdf"
    document = pdf.read_bytes() if pdf.is_file() else None
    try:
        made = dicom.write(result.report, result.aligned, result.segmentation, codes, document)
    except Exception as error:  # noqa: BLE001  a header may break a writer in any way; the rest of the result stands
        return (Hole("write", f"{type(error).__name__}: {error}", "dicom"),), ()
    for name, content in made.files.items():
        (folder / "dicom").mkdir(exist_ok=True)
        (folder / "dicom" / name).write_bytes(content)
    return (), made.left_out


def _write_reports(report: Report, folder: Path) -> tuple[Hole, ...]:
    """The report in each format; holes name those that lack a library here."""
    from thecal.report import formats_of

    holes = []
    for form in formats_of(report):
        try:
            (folder / form.FILE).write_bytes(form.render(report))
        except ReportUnwritable as error:
            holes.append(Hole("write", str(error), form.FILE))
    return tuple(holes)


def _write_bundle(result: Result, folder: Path, codes: Mapping[str, Any]) -> tuple[Hole, ...]:
    """The report as a FHIR Bundle, with its PDF attached, or its text where no PDF could be made; a hole where it failed."""
    from thecal.export import fhir

    forms = (("application/pdf", "report.pdf"), ("text/plain", "report.txt"))
    documents = {kind: (folder / name).read_bytes() for kind, name in forms if (folder / name).is_file()}
    first = dict(list(documents.items())[:1])
    try:
        content = fhir.render(result.report, result.study, codes, first)
    except Exception as error:  # noqa: BLE001  a header may break a writer in any way; the rest of the result stands
        return (Hole("write", f"{type(error).__name__}: {error}", "fhir/bundle.json"),)
    (folder / "fhir").mkdir()
    (folder / "fhir" / fhir.FILE).write_bytes(content)
    return ()


def write_bids(result: Result, folder: Path, label: str, session: str | None) -> None:
    """Adds the reading to the BIDS derivatives data set in a folder; other participants and sessions stay as they are.

    Raises CallWrong as refuse_bids does.
    """
    from thecal.export import bids
    from thecal.knowledge import load

    refuse_bids(folder, label, session)
    knowledge, who = load(), bids.Participant(label, session)
    earlier = {name: (folder / name).read_bytes() for name in who.tables if (folder / name).is_file()}
    files = bids.dataset(result.report, result.segmentation, who, knowledge.vocabulary, knowledge.sources, earlier)
    subject = who.folder.split("/")[0]
    with staged(folder, ()) as partial:
        for name in ("phenotype", *((subject,) if session is not None else ())):
            if (folder / name).is_dir():
                shutil.copytree(
                    folder / name, partial / name, copy_function=os.link, ignore=_ignore(folder / who.folder)
                )
        for name in files:
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
        _side_by_side(lambda pair: _put(partial / pair[0], pair[1]), list(files.items()))


def _ignore(gone: Path) -> Callable[[str, list[str]], list[str]]:
    """Tells copytree to leave out one folder: the session that is written anew."""
    return lambda where, names: [name for name in names if Path(where) / name == gone]


def refuse_bids(folder: Path, label: str | None, session: str | None) -> None:
    """Raises CallWrong when a folder holds something else than a data set of thecal's, or a label is none."""
    from thecal.export import bids

    bids.Participant(label or "01", session)
    description = folder / "dataset_description.json"
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    made_by: Any = []
    if description.is_file():
        with contextlib.suppress(ValueError):
            made_by = json.loads(description.read_text(encoding="utf-8")).get("GeneratedBy", [])
    if not any(one.get("Name") == "thecal" for one in made_by):
        raise CallWrong(
            str(folder), expected="an empty folder or a data set that thecal wrote", found="something else",
            remedy="Name another folder with --bids.",
        )  # fmt: skip


def _put(path: Path, content: bytes | Volume) -> None:
    path.unlink(missing_ok=True)  # a linked file of the standing data set is not to be written through
    write_nifti(content, path) if isinstance(content, Volume) else path.write_bytes(content)


def write_released(paths: Sequence[Path], folder: Path, key: bytes) -> Account:
    """Copies the DICOM images under the paths without who they show, with an account of what was withheld and why.

    Raises StudyUnreadable where no image could be made clean; nothing is written then.
    """
    from thecal.export.dicom.release import Account, release
    from thecal.ingest.limits import Limits
    from thecal.ingest.sources import collect

    account = Account()
    with ExitStack() as closing, staged(folder, OWNED_RELEASED) as partial:
        found = collect(paths, Limits(), closing)
        for name, content in release(map(_content_of, found.sources), key, __version__, account):
            target = partial / "images" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if not account.written:
            why = "; ".join(account.withheld) or "no files"
            raise StudyUnreadable("deidentify: input", expected="DICOM images that can be cleaned by rule", found=why)
        told = json.dumps(account.told(), indent=1) + "\n"
        (partial / "deidentification.json").write_text(told, encoding="utf-8")
    return account


def _content_of(source: Source) -> bytes:
    with source.load() as stream:
        return stream.read()


def write_labels(made: Segmentation, source_key: str, folder: Path) -> None:
    """Writes anatomy and lesion of one series, in that series' own grid, each with its sidecar."""
    with staged(folder, OWNED_LABELS) as partial:
        for name, maps in (("anatomy", made.anatomy), ("lesion", made.lesion)):
            if source_key in maps:
                write_label_map(maps[source_key], partial / f"{name}.nii.gz")


def _write_images(result: Result, folder: Path) -> None:
    _write_labels(result, folder / "labels")
    write_aligned(result.aligned, folder / "aligned")


def _write_labels(result: Result, folder: Path) -> None:
    folder.mkdir()
    made = result.segmentation
    composed = {"anatomy": made.composed_anatomy, "lesion": made.composed_lesion, "instances": made.composed_instances}
    labels = [(label, folder / f"{name}.nii.gz") for name, label in composed.items() if label is not None]
    for name, maps in (("anatomy", made.anatomy), ("lesion", made.lesion)):
        labels += [(label, folder / f"{key}_desc-{name}_dseg.nii.gz") for key, label in maps.items()]
    _side_by_side(lambda pair: write_label_map(*pair), labels)


def write_aligned(aligned: AlignedStudy, folder: Path) -> None:
    """Writes every series as it lies in the reference grid; nothing where there is no reference."""
    folder.mkdir()
    reference = aligned.reference
    if reference is None:
        return

    def place(series: Series) -> None:
        assert series.volume is not None
        placed = _placed(series.volume, reference, aligned.to_reference[series.key])
        write_nifti(placed, folder / f"{series.key}.nii.gz")

    _side_by_side(place, aligned.study.images())


def _placed(volume: Volume, reference: Grid, to_reference: Affine) -> Volume:
    """An image on the reference grid, in whole numbers where it came in them; one that lies there already stays as it is."""
    if volume.grid.same_as(reference) and np.allclose(to_reference, np.eye(4)):
        return volume
    moved = resample(volume, reference, np.linalg.inv(to_reference))
    if not np.issubdtype(volume.voxels.dtype, np.integer):
        return moved
    return replace(moved, voxels=np.rint(moved.voxels).astype(volume.voxels.dtype))


def _side_by_side(work: Callable[[T], None], items: Sequence[T]) -> None:
    """The same work on several items, two at a time: compressing and resampling leave the interpreter free."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, items))


def _write_figures(report: Report, folder: Path) -> None:
    folder.mkdir()
    for figure in report.figures:
        (folder / f"{figure.name}.png").write_bytes(base64.b64decode(figure.png_base64))


def write_label_map(label: LabelMap, path: Path) -> None:
    """A label map as int16 NIfTI, with a sidecar that names its source series, its segmenter and what could not be told."""
    write_nifti(replace(label.volume, voxels=label.volume.voxels.astype(np.int16)), path)
    told = {key: value for key, value in to_data(label).items() if key != "volume"}
    sidecar = path.with_name(path.name.removesuffix(".nii.gz") + ".json")
    sidecar.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def write_nifti(volume: Volume, path: Path) -> None:
    """Writes a volume as compressed NIfTI."""
    path.write_bytes(nifti_of(volume))


def nifti_of(volume: Volume) -> bytes:
    """A volume as compressed NIfTI in scanner coordinates; the same volume gives the same bytes."""
    import nibabel

    image = nibabel.Nifti1Image(np.asarray(volume.voxels), volume.affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(volume.affine, code=1)
    image.set_qform(volume.affine, code=1)
    plain = io.BytesIO()
    image.to_file_map({"image": nibabel.FileHolder(fileobj=plain), "header": nibabel.FileHolder(fileobj=plain)})
    return gzip.compress(plain.getvalue(), compresslevel=1, mtime=0)


def read_earlier(folder: Path) -> Report:
    """The report of an earlier result folder; CallWrong where there is none or it is not thecal's."""
    path = folder / "report.json"
    if not path.is_file():
        raise CallWrong(str(folder), expected="the result folder of an earlier reading", found="no report.json in it")
    return from_data(Report, json.loads(path.read_text(encoding="utf-8")))
