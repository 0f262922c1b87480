"""SEG: the structures and the lesions of one source series as DICOM segmentations in that series' own grid.

Every segment holds a frame for every slice of its source, empty ones included: readers that take the extent of a segmentation
from its frames then find the source's own grid, and those that step from slice to slice find no gap. Only an object that would
grow beyond `MOST_BYTES` leaves its empty frames out.

Source: DICOM PS3.3 A.51 (segmentation), C.8.20.2 (its segments and frames)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from thecal.export.dicom import frames
from thecal.export.dicom.concepts import concept
from thecal.export.dicom.origin import Origin
from thecal.export.dicom.segments import Segment
from thecal.records import LabelMap, Series

MOST_BYTES = 48 * 1024**2


@dataclass(frozen=True, eq=False)
class Made:
    """A segmentation: its header, and the whole file as bytes."""

    header: Any
    content: bytes


def build(
    kind: str,
    series: Series,
    source: Sequence[Dataset],
    segments: Sequence[Segment],
    label: LabelMap,
    origin: Origin,
    number: int,
) -> Made:
    """The segmentation of one kind (`anatomy`, `lesion`) of a series; source holds the headers of its images, segments something.

    highdicom makes the header; frames, which stand at the end of the file, are encoded by `frames`.
    """
    slices = series.source_images
    masks = [segment.planes == segment.number for segment in segments]
    keeps_empty = len(masks) * masks[0].size / 8 <= MOST_BYTES
    kept = [np.arange(len(slices)) if keeps_empty else np.flatnonzero(mask.any(axis=(1, 2))) for mask in masks]
    pairs = [(segment, int(k)) for segment, used in enumerate(kept, start=1) for k in used]
    header = _header(kind, series, source, segments, label, origin, number)
    header.NumberOfFrames = len(pairs)
    stream = BytesIO()
    header.save_as(stream, enforce_file_format=True)
    stream.write(frames.groups(pairs, slices, segments_shared=len(segments) == 1))
    stream.write(frames.pixels([mask[used] for mask, used in zip(masks, kept, strict=True)]))
    return Made(header, stream.getvalue())


def _header(
    kind: str,
    series: Series,
    source: Sequence[Dataset],
    segments: Sequence[Segment],
    label: LabelMap,
    origin: Origin,
    number: int,
) -> Any:
    """Everything but the frames: made with one empty frame a segment, which is taken out again."""
    import highdicom

    first = highdicom.PlanePositionSequence(
        highdicom.CoordinateSystemNames.PATIENT, series.source_images[0].image_position_patient
    )
    made = highdicom.seg.Segmentation(
        source_images=source,
        pixel_array=np.zeros((1, *segments[0].planes.shape[1:]), np.uint8),
        plane_positions=[first],
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_describe(index, one, label, origin) for index, one in enumerate(segments, start=1)],
        omit_empty_frames=False,
        content_label=f"THECAL_{kind.upper()}",
        content_description=f"{kind} drawn on {series.key}"[:64],
        **origin.made(f"{kind} {series.key}", number),
    )
    assert series.volume is not None
    measures = made.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SpacingBetweenSlices = round(float(series.volume.spacing_mm[2]), 6)
    # A lesion as a whole overlaps the tissues it is made of.
    made.SegmentsOverlap = "YES" if any(one.tracking_uid for one in segments) else "NO"
    del made.PerFrameFunctionalGroupsSequence, made.PixelData
    return origin.stamp(made)


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
