"""All DICOM objects of one reading, as bytes, and what could not be written and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from thecal.export.dicom import document, key_objects, segmentation, segments, sources, structured_report
from thecal.export.dicom.origin import Origin, origin_of
from thecal.export.dicom.segments import Segment
from thecal.export.dicom.structured_report import SegmentReference
from thecal.records import AlignedStudy, LabelMap, Report, Segmentation, Series


@dataclass(frozen=True)
class Written:
    """The objects by file name, and in words what was left out and why."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()


@dataclass
class _Writer:
    """One writing: the objects so far, where each lesion was drawn, and the headers that the report refers to."""

    origin: Origin
    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    drawn: dict[str, SegmentReference] = field(default_factory=dict)
    evidence: list[Any] = field(default_factory=list)
    headers: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return len(self.files)

    def keep(self, name: str, made: Any) -> None:
        stream = BytesIO()
        made.save_as(stream, enforce_file_format=True)
        self.files[f"{name}.dcm"] = stream.getvalue()

    def segment(self, kind: str, series: Series, label: LabelMap, found: list[Segment]) -> None:
        """Writes one segmentation, and notes where each lesion stands in it."""
        if series.key not in self.headers:
            self.headers[series.key] = sources.headers(series, self.origin)
        source = self.headers[series.key]
        written = segmentation.build(kind, series, source, found, label, self.origin, self.number)
        self.files[f"seg-{kind}_{series.key}.dcm"] = written.content
        made = written.header
        self.evidence.append(made)
        for index, one in enumerate(found, start=1):
            if one.tracking_uid is not None:
                reference = SegmentReference(
                    made.SOPClassUID, made.SOPInstanceUID, index, series.key, _images_of(one, series)
                )
                self.drawn[one.tracking_uid] = _better(self.drawn.get(one.tracking_uid), reference)


def write(
    report: Report,
    aligned: AlignedStudy,
    segmented: Segmentation,
    known: Mapping[str, Any],
    pdf: bytes | None = None,
) -> Written:
    """Every DICOM object of a reading: SEG per source series, SR, key objects, and the PDF where one is given.

    known is the checked table of the vocabulary's codes in other terminologies.

    Nothing is written for a study that did not come as DICOM: without source images there is no patient, study or geometry
    that an object could truthfully take over.
    """
    origin = origin_of(report)
    # What names no series cannot be referred to.
    came = [series for series in aligned.study.series if series.source_images and series.series_instance_uid]
    if origin is None or not came:
        return Written(
            {}, ("DICOM objects: the study did not come as DICOM, so there is nothing they could belong to",)
        )
    writer = _Writer(origin)
    for series, kind, label, found in _drawings(aligned, segmented):
        if why := sources.why_not(series, label):
            writer.left_out.append(f"the {kind} of {series.key} as DICOM segmentation: {why}")
        else:
            writer.segment(kind, series, label, found)
    _report(writer, report, {series.key: series for series in came}, known)
    if pdf is not None:
        writer.keep("report-pdf", document.build(pdf, origin, writer.number, report.status != "preliminary"))
    return Written(writer.files, tuple(writer.left_out))


def _report(writer: _Writer, report: Report, series: Mapping[str, Series], known: Mapping[str, Any]) -> None:
    slices = key_objects.slices_of(report.figures, series)
    if slices:
        writer.keep("key-objects", key_objects.build(slices, writer.origin, writer.number))
    headers = [header for one in series.values() for header in sources.all_headers(one, writer.origin)]
    evidence = [*headers, *writer.evidence]
    writer.keep(
        "report-sr",
        structured_report.build(report, series, writer.drawn, evidence, known, writer.origin, writer.number),
    )


def _drawings(aligned: AlignedStudy, segmented: Segmentation) -> Iterator[tuple[Series, str, LabelMap, list[Segment]]]:
    """What was drawn on each series that came as DICOM; a map with nothing in it is not an object."""
    for series in aligned.study.images():
        if not series.source_images:
            continue
        if (anatomy := segmented.anatomy.get(series.key)) and (found := segments.anatomy_of(anatomy)):
            yield series, "anatomy", anatomy, found
        if (lesion := segmented.lesion.get(series.key)) and (
            found := segments.lesions_of(lesion, series.key, segmented, aligned)
        ):
            yield series, "lesion", lesion, found


def _images_of(segment: Segment, series: Series) -> tuple[Any, ...]:
    """The source images of the slices that a segment takes up."""
    used = (segment.planes == segment.number).any(axis=(1, 2))
    return tuple(image for image, shown in zip(series.source_images, used, strict=True) if shown)


def _better(known: SegmentReference | None, new: SegmentReference) -> SegmentReference:
    """Of two drawings of a lesion the one over more slices; the report refers to one."""
    return new if known is None or len(new.images) > len(known.images) else known
