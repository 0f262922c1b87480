"""KO: the source slices that the report's key images show, as a key object selection that a workstation opens at once.

Source: DICOM PS3.3 A.35.4, PS3.16 TID 2010 (key object selection)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thecal.export.dicom import sources
from thecal.export.dicom.origin import MARK, Origin
from thecal.records import Figure, Series, SourceImage

DESCRIPTION = f"{MARK}: the slices that the report's key images show; not approved by a reader"


def slices_of(figures: Sequence[Figure], series: Mapping[str, Series]) -> list[tuple[Series, SourceImage]]:
    """The source slices behind the key images, each once, in the order of the figures."""
    found = {}
    for figure in figures:
        if figure.where is not None and figure.where.series_key in series:
            of = series[figure.where.series_key]
            if (image := sources.image_at(of, figure.where)) is not None:
                found[image] = (of, image)
    return list(found.values())


def build(slices: Sequence[tuple[Series, SourceImage]], origin: Origin, number: int) -> Any:
    """The selection of those slices, as a highdicom object. slices is not empty."""
    import highdicom
    from pydicom.sr.codedict import codes as known

    # One object once, whatever the number of its frames that are shown.
    objects = {image.sop_instance_uid: sources.header_of(series, image, origin) for series, image in slices}
    content = highdicom.ko.KeyObjectSelection(
        document_title=known.DCM.ForReportAttachment, referenced_objects=list(objects.values()), description=DESCRIPTION
    )
    _name_frames(content, slices)
    made = highdicom.ko.KeyObjectSelectionDocument(
        evidence=list(objects.values()), content=content, **origin.made("key images", number)
    )
    return origin.stamp(made)


def _name_frames(content: Any, slices: Sequence[tuple[Series, SourceImage]]) -> None:
    """The frames that are meant, where an object holds several."""
    for item in content[0].ContentSequence:
        if item.ValueType == "IMAGE":
            object_ = item.ReferencedSOPSequence[0]
            frames = [
                image.frame_number for _, image in slices if image.sop_instance_uid == object_.ReferencedSOPInstanceUID
            ]
            if frames[0] is not None:
                object_.ReferencedFrameNumber = sorted(frame for frame in frames if frame is not None)
