"""One DICOM series as images: its planes decoded, parted into stacks, and what was wrong with them said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.ingest.decoder import Decoder
from thecal.ingest.found import Findings, Found
from thecal.ingest.frames import Frame, frames_of, source_image_of
from thecal.ingest.limits import Limits
from thecal.ingest.pixels import declared_bytes, decode, stack
from thecal.ingest.sources import Source
from thecal.ingest.stacks import TILT_DEGREES, Stack, arrange, group_by, places, separate
from thecal.ingest.straightening import straighten
from thecal.ingest.tags import Tags
from thecal.records import Issue, Volume
from thecal.records.geometry import slice_axis_of

# What is read or listed; any other kind of file says in words why it is left unread.
READ_KINDS = ("planes", "radiograph", "mrs", "topogram")
# Slices that lie further apart than this times the stated distance have lost some between them.
_LOST = 1.5
Values = dict[tuple[Source, int], NDArray[Any]]


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


def label_of(tags: Tags) -> str:
    """A series in words that its reader knows it by."""
    number = tags.get("SeriesNumber")
    name = f"series {number:.0f}" if number is not None else f"a series of {tags.get('Modality', 'no stated modality')}"
    return f"{name} ({tags['SeriesDescription']})" if "SeriesDescription" in tags else name


class SeriesReader:
    """Reads series after series into out; holds the process that decompresses, to be closed."""

    def __init__(self, limits: Limits, out: Findings) -> None:
        self._limits = limits
        self._out = out
        self._decoder = Decoder(limits.series_bytes)

    def close(self) -> None:
        """Ends the process that decompresses."""
        self._decoder.close()

    def read(self, files: list[File]) -> None:
        """Adds the images of one series, given as its files in any order."""
        files = sorted(files, key=lambda file: str(file.tags.get("SOPInstanceUID")))
        tags = files[0].tags
        if files[0].kind != "planes":
            self._out.images.append(found(files[0].kind, [file.tags for file in files]))
            return
        frames = [frame for file in files for frame in self._place(file)]
        groups = separate(frames) if frames else []
        if sum(declared_bytes(file.tags) for file in files) > self._limits.series_bytes:
            self._out.skip(
                label_of(tags), f"more than {self._limits.series_bytes / 1024**3:.0f} GiB of pixels in one series"
            )
        elif len(groups) > self._limits.volumes:
            self._out.skip(
                label_of(tags), f"{len(groups)} images in one series (phases or directions): export those that matter"
            )
        else:
            values = self._decode(frames)
            for group in groups:
                self._read_group([frame for frame in group if (frame.source, frame.index) in values], values)

    def _place(self, file: File) -> list[Frame]:
        placed = frames_of(file.source, file.planes)
        if isinstance(placed, str):
            self._out.skip(label_of(file.tags), placed)
            return []
        return placed

    def _decode(self, frames: list[Frame]) -> Values:
        values: Values = {}
        for of_file in group_by(frames, lambda frame: frame.source):
            first = of_file[0]
            try:
                decoded = decode(first.source, [frame.index for frame in of_file], first.tags, self._decoder)
            except Exception:  # noqa: BLE001  a decoder may break in any way on damaged pixels
                self._out.skip(label_of(first.tags), "its pixels are cut off, damaged or compressed in an unknown way")
                continue
            values.update({(first.source, index): frame for index, frame in decoded.items()})
        return values

    def _read_group(self, group: list[Frame], values: Values) -> None:
        if not group:
            return
        by_place = places(group)
        doubled = sum(len(place) > 1 for place in by_place)
        stacks, left, why = arrange([place[0] for place in by_place])
        for frame in left:
            self._out.skip(label_of(frame.tags), why)
        for piece in stacks:
            volume = _volume(piece, values)
            tags = [frame.tags for frame in piece.frames]
            axis = 2 if tags[0].get("MRAcquisitionType") == "2D" else slice_axis_of(volume.grid)
            image = found("planes", tags, volume, axis, _issues(piece, doubled))
            self._out.images.append(replace(image, source_images=tuple(map(source_image_of, piece.frames))))


def _volume(piece: Stack, values: Values) -> Volume:
    slices = [values[frame.source, frame.index] for frame in piece.frames]
    volume = Volume(stack(slices, [frame.tags for frame in piece.frames]), piece.affine)
    return straighten(volume) if piece.tilt_degrees > TILT_DEGREES else volume


def _issues(piece: Stack, doubled: int) -> tuple[Issue, ...]:
    told = []
    if doubled:
        message = f"{doubled} slices were found more than once at the same place; the first acquired was kept."
        told.append(Issue("duplicate_slices", "warning", message))
    if piece.gap:
        message = f"The slices are not evenly spaced: {piece.gap}. Each evenly spaced part is read as its own series."
        told.append(Issue("missing_slices", "warning", message))
    if piece.tilt_degrees > TILT_DEGREES:
        tilt = f"{piece.tilt_degrees:.1f}°"
        message = f"The gantry was tilted by {tilt}; each slice was moved within its plane to set the image upright."
        told.append(Issue("gantry_tilt", "warning", message))
    stated, apart = abs(piece.frames[0].tags.get("SpacingBetweenSlices", 0.0)), float(np.linalg.norm(piece.step))
    if stated and len(piece.frames) > 1 and apart > _LOST * stated:
        message = f"Slices lie {apart:.1f} mm apart and the header states {stated:.1f} mm: some may be missing."
        told.append(Issue("slice_spacing_differs", "warning", message))
    return tuple(told)


def found(
    kind: str,
    several: Sequence[Tags],
    volume: Volume | None = None,
    slice_axis: int | None = None,
    issues: tuple[Issue, ...] = (),
) -> Found:
    """An image with the UIDs of its slices in order, the names that the caller may know it by, and when it began."""
    tags = several[0]
    uids = dict.fromkeys(str(each["SOPInstanceUID"]) for each in several if "SOPInstanceUID" in each)
    number = f"{tags['SeriesNumber']:.0f}" if "SeriesNumber" in tags else None
    names = (tags.get("SeriesDescription"), tags.get("SeriesInstanceUID"), number)
    aliases = tuple(name for name in names if name)
    return Found(kind, tags, volume, slice_axis, tuple(uids), issues, aliases=aliases, order=min(map(_time, several)))


def _time(tags: Tags) -> str:
    """When an image was acquired, as text that sorts."""
    together = str(tags.get("AcquisitionDateTime", ""))
    day = tags.get("AcquisitionDate") or together[:8] or tags.get("SeriesDate", "")
    return f"{day} {tags.get('AcquisitionTime') or together[8:] or tags.get('SeriesTime', '')}"
