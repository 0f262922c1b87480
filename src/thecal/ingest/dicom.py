"""DICOM files as images: one pass over the headers, one examination chosen, then each series' pixels in turn."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.ingest.choice import choose_study
from thecal.ingest.found import Findings, Found
from thecal.ingest.frames import Frame, frames_of, kind_of
from thecal.ingest.headers import flatten, read_header
from thecal.ingest.limits import Limits
from thecal.ingest.pixels import declared_bytes, decode, stack
from thecal.ingest.sources import Source
from thecal.ingest.stacks import TILT_DEGREES, Stack, arrange, group_by, places, separate
from thecal.ingest.tags import Tags
from thecal.records import Issue, Unread, Volume
from thecal.records.geometry import resample, slice_axis_of, voxel_to_mm
from thecal.records.volume import Grid


@dataclass(frozen=True, eq=False)
class File:
    """One DICOM file: the Tags of each of its image planes, and its kind (`planes`, `radiograph` … or why it is left unread)."""

    source: Source
    planes: tuple[Tags, ...]
    kind: str

    @property
    def tags(self) -> Tags:
        """What the file as a whole states."""
        return self.planes[0]


READ_KINDS = ("planes", "radiograph", "mrs", "topogram")


def read_dicom(sources: Sequence[Source], limits: Limits, study_instance_uid: str | None, out: Findings) -> None:
    """Adds the images of one examination to out, and says what was left unread.

    Raises StudyUnreadable when the files are of several patients or examinations and study_instance_uid picks none of them.
    """
    skipped: Counter[tuple[str, str]] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [file for source in sources if (file := _scan(source, limits, skipped))]
        chosen = choose_study([file.tags for file in files if file.kind in READ_KINDS], study_instance_uid)
        files = [file for file in files if _belongs(file, chosen, skipped)]
        files = _drop_copies(files, out.issues)
        images = [file for file in files if file.kind in READ_KINDS]
        if images:
            out.personal = min((file.tags for file in images), key=lambda tags: str(tags.get("SOPInstanceUID")))
        for series in group_by(images, lambda file: (file.kind, file.tags.get("SeriesInstanceUID"))):
            _read_series(series, limits, out, skipped)
    out.unread.extend(Unread(_counted(what, count), why) for (what, why), count in sorted(skipped.items()))


def _scan(source: Source, limits: Limits, skipped: Counter[tuple[str, str]]) -> File | None:
    try:
        with source.open() as stream:
            planes = tuple(flatten(read_header(stream)))
    except Exception:  # noqa: BLE001  a damaged file may break the parser in any way
        skipped[source.name, "not a DICOM file, or a damaged one"] += 1
        return None
    kind = kind_of(planes[0])
    if declared_bytes(planes[0]) > limits.series_bytes:
        kind = f"its header asks for {declared_bytes(planes[0]) / 1024**3:.1f} GiB of pixels"
    if kind not in READ_KINDS:
        planes = planes[:1]
    return File(source, planes, kind)


def _belongs(file: File, study: str | None, skipped: Counter[tuple[str, str]]) -> bool:
    if study is not None and file.tags.get("StudyInstanceUID") != study:
        skipped["files of another examination", "not the one that was chosen"] += 1
        return False
    if file.kind not in READ_KINDS:
        skipped[_label(file.tags), file.kind] += 1
    return True


def _drop_copies(files: list[File], issues: list[Issue]) -> list[File]:
    seen: set[str] = set()
    kept = []
    for file in files:
        uid = file.tags.get("SOPInstanceUID")
        if uid is None or uid not in seen:
            kept.append(file)
        seen.add(str(uid))
    if len(kept) < len(files):
        message = f"{len(files) - len(kept)} files are copies of others (same SOP instance UID) and were read once."
        issues.append(Issue("duplicate_images", "info", message))
    return kept


def _label(tags: Tags) -> str:
    """A series in words that its reader knows it by."""
    number = tags.get("SeriesNumber")
    name = f"series {number:.0f}" if number is not None else f"a series of {tags.get('Modality', 'no stated modality')}"
    return f"{name} ({tags['SeriesDescription']})" if "SeriesDescription" in tags else name


def _counted(what: str, count: int) -> str:
    return what if count == 1 else f"{what}, {count} files"


def _read_series(files: list[File], limits: Limits, out: Findings, skipped: Counter[tuple[str, str]]) -> None:
    files = sorted(files, key=lambda file: str(file.tags.get("SOPInstanceUID")))
    if files[0].kind != "planes":
        out.images.append(_found(files[0].kind, [file.tags for file in files], files[0].tags))
        return
    frames: list[Frame] = []
    for file in files:
        placed = frames_of(file.source, file.planes)
        if isinstance(placed, str):
            skipped[_label(file.tags), placed] += 1
        else:
            frames.extend(placed)
    if frames and sum(declared_bytes(file.tags) for file in files) > limits.series_bytes:
        skipped[
            _label(files[0].tags), f"more than {limits.series_bytes / 1024**3:.0f} GiB of pixels in one series"
        ] += 1
    elif frames:
        _read_planes(frames, limits, out, skipped)


def _read_planes(frames: list[Frame], limits: Limits, out: Findings, skipped: Counter[tuple[str, str]]) -> None:
    label = _label(frames[0].tags)
    groups = separate(frames)
    if len(groups) > limits.volumes:
        skipped[label, f"{len(groups)} images in one series (phases or directions): export those that matter"] += 1
        return
    values = _decode_all(frames, skipped)
    for group in groups:
        readable = [frame for frame in group if (frame.source, frame.index) in values]
        if readable:
            _read_group(readable, values, out, skipped)


Values = dict[tuple[Source, int], NDArray[Any]]


def _decode_all(frames: list[Frame], skipped: Counter[tuple[str, str]]) -> Values:
    values: Values = {}
    for of_file in group_by(frames, lambda frame: frame.source):
        first = of_file[0]
        try:
            decoded = decode(first.source, [frame.index for frame in of_file], first.tags)
        except Exception:  # noqa: BLE001  a decoder may break in any way on damaged pixels
            skipped[_label(first.tags), "its pixels are cut off, damaged or compressed in an unknown way"] += 1
            continue
        values.update({(first.source, index): frame for index, frame in decoded.items()})
    return values


def _read_group(group: list[Frame], values: Values, out: Findings, skipped: Counter[tuple[str, str]]) -> None:
    by_place = places(group)
    stacks, left, why = arrange([place[0] for place in by_place])
    doubled = sum(len(place) > 1 for place in by_place)
    for frame in left:
        skipped[_label(frame.tags), why] += 1
    for piece in stacks:
        volume, issues = _build(piece, values)
        if doubled:
            message = f"{doubled} slices were found more than once at the same place; the first acquired was kept."
            issues.append(Issue("duplicate_slices", "warning", message))
        axis = 2 if piece.frames[0].tags.get("MRAcquisitionType") == "2D" else slice_axis_of(volume.grid)
        tags = [frame.tags for frame in piece.frames]
        out.images.append(_found("planes", tags, tags[0], volume, axis, tuple(issues)))


def _build(piece: Stack, values: Values) -> tuple[Volume, list[Issue]]:
    slices = [values[frame.source, frame.index] for frame in piece.frames]
    volume = Volume(stack(slices, [frame.tags for frame in piece.frames]), piece.affine)
    issues = []
    if piece.gap:
        message = f"The slices are not evenly spaced: {piece.gap}. Each evenly spaced part is read as its own series."
        issues.append(Issue("missing_slices", "warning", message))
    if piece.tilt_degrees > TILT_DEGREES and len(slices) > 1:
        volume = straighten(volume)
        tilt = f"{piece.tilt_degrees:.1f}°"
        message = f"The gantry was tilted by {tilt}; each slice was moved within its plane to set the image upright."
        issues.append(Issue("gantry_tilt", "warning", message))
    stated = piece.frames[0].tags.get("SpacingBetweenSlices")
    apart = float(np.linalg.norm(piece.step))
    if stated and len(slices) > 1 and apart > 1.5 * abs(stated):
        message = f"Slices lie {apart:.1f} mm apart and the header states {abs(stated):.1f} mm: some may be missing."
        issues.append(Issue("slice_spacing_differs", "warning", message))
    return volume, issues


def straighten(volume: Volume) -> Volume:
    """The slices of a sheared stack shifted within their planes, so that the third axis stands upright on them.

    Only in-plane neighbours are interpolated; the field grows to hold every slice, and the least value fills the corners.
    """
    along, down, step = volume.affine[:3, :3].T
    normal = np.cross(along, down)
    normal *= (step @ normal) / (normal @ normal)
    upright = volume.affine.copy()
    upright[:3, 2] = normal
    ends = np.array([[0, 0, 0], [0, 0, volume.shape[2] - 1]])
    index = (np.linalg.inv(upright) @ np.c_[voxel_to_mm(volume, ends), [1, 1]].T)[:2].T
    low, high = np.floor(index.min(axis=0) + 1e-6).astype(int), np.ceil(index.max(axis=0) - 1e-6).astype(int)
    upright[:3, 3] = voxel_to_mm(Grid(volume.shape, upright), [low[0], low[1], 0])
    width, height = (int(volume.shape[k] + high[k] - low[k]) for k in range(2))
    return resample(volume, Grid((width, height, volume.shape[2]), upright), fill=float(volume.voxels.min()))


def _found(
    kind: str,
    several: Sequence[Tags],
    tags: Tags,
    volume: Volume | None = None,
    slice_axis: int | None = None,
    issues: tuple[Issue, ...] = (),
) -> Found:
    uids = dict.fromkeys(str(each["SOPInstanceUID"]) for each in several if "SOPInstanceUID" in each)
    names = [tags.get("SeriesDescription"), tags.get("SeriesInstanceUID")]
    if "SeriesNumber" in tags:
        names.append(f"{tags['SeriesNumber']:.0f}")
    order = f"{tags.get('AcquisitionDate', '')} {tags.get('AcquisitionTime', '')}"
    return Found(
        kind, tags, volume, slice_axis, tuple(uids), issues, aliases=tuple(name for name in names if name), order=order
    )
