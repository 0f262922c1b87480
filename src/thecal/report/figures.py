"""Key images: each lesion sagittal and axial, and the spine with its outlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from thecal.records import AlignedStudy, Figure, LabelMap, Lesion, Place, Reading, Role, Segmentation, Series
from thecal.records.geometry import transform_points, voxel_to_mm
from thecal.report import canvas, planes
from thecal.report import words as languages
from thecal.report.canvas import Canvas
from thecal.report.planes import Frame, Picture, View
from thecal.report.wording import Wording, capital

Point: TypeAlias = NDArray[np.float64]

LESIONS_DRAWN = 6
OVERVIEWS = 3
PIXELS = 560
# Half of what is shown around a lesion is the lesion at most; never less than this, in mm (judged).
LEAST_MM: Mapping[View, tuple[float, float]] = {"sagittal": (90.0, 130.0), "axial": (75.0, 75.0)}
ENHANCING: tuple[Role, ...] = ("T1w_ce", "T2w", "T2w_fs", "T1w", "T2starw", "ct_myelogram", "ct")
OTHER: tuple[Role, ...] = ("T2w", "T2w_fs", "T1w_ce", "T1w", "T2starw", "ct_myelogram", "ct")
# Codes of a lesion map: what is the lesion itself, and what lies around it.
TUMOUR, AROUND = (1, 2, 5, 6, 7, 8, 10), (3, 4, 9, 11, 12)
CORD, AROUND_CORD = (1,), (2,)


def draw(
    aligned: AlignedStudy, segmentation: Segmentation, reading: Reading, *, words: Mapping[str, str] | None = None
) -> tuple[Figure, ...]:
    """The key images: an overview of each sagittal station, and two images per lesion.

    Sagittal images have the front on the left, axial ones the patient's right. Of more than six lesions the largest are
    drawn. A series' own slice is shown where it was acquired in that plane, else a cut through it, and the caption says so.
    """
    wording = Wording(words or languages.read())
    largest = sorted(reading.lesions, key=lambda lesion: -lesion.volume_mm3)[:LESIONS_DRAWN]
    figures = list(_overviews(aligned, segmentation, reading, wording))
    for lesion in sorted(largest, key=lambda one: one.instance):
        for view in ("sagittal", "axial"):
            figures += _lesion(lesion, view, aligned, segmentation, wording)
    return tuple(figures)


def carry(point: Place, aligned: AlignedStudy, key: str) -> Point:
    """A place in the mm of another series of the study."""
    there = np.array([point.x, point.y, point.z])
    identity = np.eye(4)
    to_reference = aligned.to_reference.get(point.series_key, identity)
    from_reference = np.linalg.inv(aligned.to_reference.get(key, identity))
    return np.asarray(transform_points(from_reference @ to_reference, there), dtype=np.float64)


def choose(lesion: Lesion, view: View, aligned: AlignedStudy) -> Series | None:
    """The series a lesion is best shown on in a view: acquired so before cut so, enhanced first where it enhances."""
    roles = ENHANCING if {1, 6} & set(lesion.tissues) else OTHER
    fitting = [s for s in aligned.pick(roles) if planes.shows(s, carry(lesion.where, aligned, s.key))]

    def order(series: Series) -> tuple[int, int, int]:
        drawn = 0 if series.plane == view else 1 if series.plane == "volumetric" else 2
        return (drawn, 0 if series.key in lesion.series_keys else 1, roles.index(series.role))

    return min(fitting, key=order, default=None)


def _overviews(
    aligned: AlignedStudy, segmentation: Segmentation, reading: Reading, wording: Wording
) -> Iterable[Figure]:
    for number, series in enumerate(_stations(aligned), start=1):
        assert series.volume is not None
        middle = _middle(series, segmentation)
        frame = planes.frame_through(series, middle, "sagittal", (260.0, 420.0), PIXELS)
        colours = canvas.shade(planes.cut(series.volume, frame))
        colours, legend = _outlined(colours, frame, series, aligned, segmentation, wording, anatomy=True)
        drawn = Canvas(colours, frame)
        inside = [
            lesion for lesion in reading.lesions if planes.shows(series, carry(lesion.where, aligned, series.key))
        ]
        for lesion in inside:
            drawn.badge(frame.pixel_of(carry(lesion.where, aligned, series.key)), str(lesion.instance))
        legend += [wording.say("figure.numbers")] if inside else []
        caption = _caption("figure.overview", series, "sagittal", frame, legend, wording)
        yield Figure(
            f"overview-{number}", caption, _finish(drawn, series), Place(series.key, *map(float, frame.centre))
        )


def _lesion(
    lesion: Lesion, view: View, aligned: AlignedStudy, segmentation: Segmentation, wording: Wording
) -> Iterable[Figure]:
    series = choose(lesion, view, aligned)
    if series is None or series.volume is None:
        return
    point = carry(lesion.where, aligned, series.key)
    frame = planes.frame_through(series, point, view, _reach(lesion, view), PIXELS)
    colours = canvas.shade(planes.cut(series.volume, frame))
    tumour = _share(frame, series, aligned, segmentation, "lesion", TUMOUR)
    colours, legend = _outlined(colours, frame, series, aligned, segmentation, wording, anatomy=False)
    drawn = Canvas(colours, frame)
    drawn.arrow(_tip(_own(lesion, tumour, frame, series, aligned, segmentation), frame.pixel_of(point)))
    caption = _caption("figure.lesion", series, view, frame, legend, wording, instance=lesion.instance)
    yield Figure(
        f"lesion-{lesion.instance}-{view}", caption, _finish(drawn, series), Place(series.key, *map(float, point))
    )


def _outlined(
    colours: NDArray[np.float32],
    frame: Frame,
    series: Series,
    aligned: AlignedStudy,
    segmentation: Segmentation,
    wording: Wording,
    *,
    anatomy: bool,
) -> tuple[NDArray[np.float32], list[str]]:
    """The picture with the outlines that fall into it, and a legend of those."""
    kinds = [("around", "lesion", AROUND, canvas.BLUE), ("tumour", "lesion", TUMOUR, canvas.ORANGE)]
    if anatomy:
        kinds = [("sac", "anatomy", AROUND_CORD, canvas.YELLOW), ("cord", "anatomy", CORD, canvas.GREEN), *kinds]
    legend = []
    for name, kind, codes, colour in kinds:
        share = _share(frame, series, aligned, segmentation, kind, codes)
        if share is not None and share.max() > 0.5:
            if name == "sac":
                share = share + _inside(frame, series, aligned, segmentation)
            colours = canvas.outline(colours, share, colour)
            legend.append(wording.say(f"figure.{name}"))
    return colours, legend or [wording.say("figure.nothing_drawn")]


def _share(
    frame: Frame, series: Series, aligned: AlignedStudy, segmentation: Segmentation, kind: str, codes: Sequence[int]
) -> Picture | None:
    """How far each pixel lies in a structure, 0 to 1: from the series' own map, else from the composed one."""
    own: LabelMap | None = getattr(segmentation, kind).get(series.key)
    composed: LabelMap | None = getattr(segmentation, f"composed_{kind}")
    label = own or composed
    if label is None:
        return None
    to_map = None if own is not None else np.asarray(aligned.to_reference.get(series.key, np.eye(4)))
    return planes.cut(label.volume, frame, to_map, codes=codes)


def _own(
    lesion: Lesion,
    tumour: Picture | None,
    frame: Frame,
    series: Series,
    aligned: AlignedStudy,
    segmentation: Segmentation,
) -> Picture | None:
    """How far each pixel lies in this lesion and no other, where the lesions are numbered on a map."""
    numbered = segmentation.composed_instances
    if numbered is None:
        return tumour
    to_map = np.asarray(aligned.to_reference.get(series.key, np.eye(4)))
    return planes.cut(numbered.volume, frame, to_map, codes=(lesion.instance,))


def _inside(frame: Frame, series: Series, aligned: AlignedStudy, segmentation: Segmentation) -> Picture | float:
    """The cord, which the sac's outline goes round as well."""
    cord = _share(frame, series, aligned, segmentation, "anatomy", CORD)
    return 0.0 if cord is None else cord


def _stations(aligned: AlignedStudy) -> Sequence[Series]:
    """The sagittal series that show the spine, one a station: the best role that has any."""
    for roles in (("T2w", "T2w_fs"), ("T1w_ce", "T1w"), ("T2starw",)):
        for plane in ("sagittal", "volumetric"):
            found = aligned.pick(roles, plane)
            if found:
                same = [series for series in found if series.role == found[0].role]
                return sorted(_apart(same), key=_height, reverse=True)[:OVERVIEWS]
    return ()


def _apart(series: Sequence[Series]) -> list[Series]:
    """Those of the series whose middle no other one before them shows."""
    kept: list[Series] = []
    for one in series:
        assert one.volume is not None
        if not any(planes.shows(other, one.volume.grid.centre_mm) for other in kept):
            kept.append(one)
    return kept


def _height(series: Series) -> float:
    assert series.volume is not None
    return float(series.volume.grid.centre_mm[2])


def _middle(series: Series, segmentation: Segmentation) -> Point:
    """The middle of the cord where one was drawn on the series, else of the field of view; in mm."""
    assert series.volume is not None
    label = segmentation.anatomy.get(series.key)
    cord = None if label is None else np.argwhere(label.volume.voxels == CORD[0])
    if label is None or cord is None or not len(cord):
        return series.volume.grid.centre_mm
    middle = voxel_to_mm(label.volume, np.median(cord, axis=0))
    centre = series.volume.grid.centre_mm
    return np.array([middle[0], middle[1], centre[2]])


def _reach(lesion: Lesion, view: View) -> tuple[float, float]:
    """Width and height of the picture: twice the lesion's likely length, at least what shows where one is."""
    width, height = LEAST_MM[view]
    long = 2.5 * (lesion.volume_mm3 / 60) if view == "sagittal" else 0.0
    return width, float(np.clip(long, height, 260.0))


def _tip(share: Picture | None, at: tuple[float, float]) -> tuple[float, float]:
    """Where the arrow's tip goes: on the drawn lesion's lower left edge, a little off it; on the centre where none is drawn."""
    if share is None or share.max() <= 0.5:
        return at
    rows, columns = np.nonzero(share > 0.5)
    lower_left = int(np.argmin(columns - rows))
    return float(columns[lower_left]) - 4, float(rows[lower_left]) + 4


def _caption(
    key: str, series: Series, view: View, frame: Frame, legend: Sequence[str], wording: Wording, **told: object
) -> str:
    how = "" if series.plane == view else wording.say("figure.reformatted")
    plane = wording.name("plane", view)
    orientation = wording.say("figure.orientation", left=wording.say(f"figure.left_{frame.letters()[0]}"))
    said = wording.say(
        key, plane=plane, role=wording.name("role", series.role), how=how, series=series.key,
        legend=" ".join((*legend, orientation)), **told,
    )  # fmt: skip
    return capital(said)


def _finish(drawn: Canvas, series: Series) -> str:
    drawn.letters()
    drawn.scale_bar()
    drawn.text(series.key, (drawn.frame.size[0] - 8, drawn.frame.size[1] - 12), 11, "rm")
    return drawn.png()
