"""SEG: the structures and the lesions of one source series as DICOM segmentations in that series' own grid.

Every segment holds a frame for every slice of its source, empty ones included: readers that take the extent of a segmentation
from its frames then find the source's own grid, and those that step from slice to slice find no gap. Only an object that would
grow beyond `MOST_BYTES` leaves its empty frames out.

Source: DICOM PS3.3 A.51 (segmentation), C.8.20.2 (its segments and frames)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.export.dicom import sources
from thecal.export.dicom.concepts import concept
from thecal.export.dicom.origin import Origin
from thecal.export.dicom.segments import Segment
from thecal.records import LabelMap, Series

MOST_BYTES = 48 * 1024**2


def build(kind: str, series: Series, segments: Sequence[Segment], label: LabelMap, origin: Origin, number: int) -> Any:
    """The segmentation of one kind (`anatomy`, `lesion`) of a series, as a highdicom object. segments is not empty."""
    import highdicom

    described = [_describe(index, one, label, origin) for index, one in enumerate(segments, start=1)]
    planes = [one.voxels.transpose(2, 1, 0) for one in segments]
    source = sources.headers(series, origin)
    keeps_empty = len(planes) * planes[0].size / 8 <= MOST_BYTES
    made = highdicom.seg.Segmentation(
        source_images=source,
        pixel_array=_stack(planes),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=described,
        omit_empty_frames=not keeps_empty,
        content_label=f"THECAL_{kind.upper()}",
        content_description=f"{kind} drawn on {series.key}"[:64],
        **origin.made(f"{kind} {series.key}", number),
    )
    _refer_to_true_frames(made, series)
    return origin.stamp(made)


def _stack(planes: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint8]:
    """Segments without overlap as one array of their numbers, which is quicker to encode; with overlap one after another."""
    if sum(plane.sum(dtype=np.int64) for plane in planes) == np.count_nonzero(np.logical_or.reduce(planes)):
        numbers = np.zeros(planes[0].shape, dtype=np.uint8)
        for number, plane in enumerate(planes, start=1):
            numbers[plane] = number
        return numbers
    return np.stack(planes, axis=-1).astype(np.uint8)


def _describe(number: int, segment: Segment, label: LabelMap, origin: Origin) -> Any:
    import highdicom
    from pydicom.sr.codedict import codes as known

    learned = bool(label.weights_digest)
    family = known.DCM.ArtificialIntelligence if learned else known.DCM.MorphologicalOperations
    what = segment.structure
    return highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=what.label,
        segmented_property_category=concept(what.category),
        segmented_property_type=concept(what.kind),
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        algorithm_identification=highdicom.AlgorithmIdentificationSequence(
            name=f"thecal {label.segmenter}"[:64],
            family=family,
            version=origin.version,
            parameters={"weights_sha256": label.weights_digest} if learned else None,
        ),
        tracking_uid=segment.tracking_uid,
        tracking_id=what.label if segment.tracking_uid else None,
        anatomic_regions=[concept(what.region)] if what.region else None,
        display_color=highdicom.color.CIELabColor.from_rgb(*what.colour),
    )


def _refer_to_true_frames(made: Any, series: Series) -> None:
    """Source frames by their numbers in the source object, of which this stack may be a part."""
    numbers = [image.frame_number for image in series.source_images]
    if numbers[0] is None or numbers == list(range(1, len(numbers) + 1)):
        return
    # Frames of one slice share the item that names their source.
    items = {
        id(image): image
        for frame in made.PerFrameFunctionalGroupsSequence
        for derivation in frame.DerivationImageSequence
        for image in derivation.SourceImageSequence
    }
    for image in items.values():
        image.ReferencedFrameNumber = numbers[int(image.ReferencedFrameNumber) - 1]
