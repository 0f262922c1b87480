"""Finding: the level of a lesion's centre."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of
from thecal.findings.levels import levels_of
from thecal.findings.views import View, look
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "level"
NEEDS = ("lesion",)
SUBJECT = "lesion"
STATES = ("craniocervical", "cervical", "thoracic", "conus", "cauda_equina")
# Between C2 and C3, and between C7 and T1, in counts of vertebrae (C1 is 1): the regions' own bounds.
CRANIOCERVICAL, CERVICAL = 2.5, 7.5
# The cord's tip lies at the lower third of L1 on average, from T12 to L3 (saifuddin1998): count 20.3, sd 0.7.
TIP, TIP_SD = 20.3, 0.7
# The conus is the last 32 mm of the cord, about one and a half vertebrae (judged), give or take 8 mm.
CONUS_MM, CONUS_SD_MM, CONUS_COUNT = 32.0, 8.0, 1.5
# How sure a labelled level is, in vertebrae.
LABEL_SD = 0.15
REGIONS = {
    "brain": "craniocervical",
    "craniocervical": "craniocervical",
    "cervical": "cervical",
    "thoracic": "thoracic",
}


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """The region in which the lesion's centre lies: craniocervical to C2, cervical to C7, thoracic, conus, cauda equina.

    By labelled vertebrae; conus and cauda equina by the cord's tip where it is seen, else by where it lies on average.
    Without labels by the segmenter's probability of each region. Not assessed without either.
    Source: saifuddin1998
    """
    assert lesion is not None
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    view = next(view for view in views if view.body(lesion).any())
    centre = middle_of(view.mm(view.core(lesion)))
    below_tip = beneath_tip(view, centre)
    levels = levels_of(aligned, segmentation)
    if levels is not None:
        count = float(levels.at(view.reference_mm(centre[None]))[0])
        return Finding(
            CODE, lesion.tracking_uid, "measured", by_count(count, below_tip),
            measurement=Measurement(round(count, 3), "{vertebrae from C1}", LABEL_SD),
            where=view.place(view.mm(view.body(lesion))),
            method=f"centre of the lesion at {levels.name(count) or 'an unnamed level'} by labelled vertebrae, counted from C1"
                   + ("; the cord's tip is in view" if below_tip is not None else ""),
        )  # fmt: skip
    region = segmentation.region.get(view.series.key) or next(iter(segmentation.region.values()), None)
    if not region or sum(region.values()) <= 0:
        return NotAssessed(CODE, lesion.tracking_uid, "no vertebra could be named")
    return Finding(
        CODE, lesion.tracking_uid, "measured", by_region(dict(region), below_tip),
        where=view.place(view.mm(view.body(lesion))),
        method="the region the series shows, by its appearance; no vertebra could be named",
    )  # fmt: skip


def middle_of(
    points: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The middle between a lesion's ends: halfway up its height, in the middle of its points near there."""
    low, high = np.percentile(points[:, 2], (1, 99))
    away = np.abs(points[:, 2] - (low + high) / 2)
    return np.asarray(points[away <= max(0.15 * (high - low), float(away.min()) + 1.0)].mean(axis=0))


def beneath_tip(view: View, centre: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    """How far below the cord's tip a point lies, in mm (negative: above); None where the tip is not in view.

    The tip is in view where the sac was drawn for 15 mm or more beyond the end of the cord.
    """
    axis = axis_of(view)
    if axis is None or not view.cord.any():
        return None
    cord, _, _ = axis.locate(view.mm(view.cord))
    canal, _, _ = axis.locate(view.mm(view.in_dura))
    tip = float(np.percentile(cord, 0.5))
    if tip - float(canal.min()) < 15:
        return None
    return tip - float(axis.locate(centre[None])[0][0])


def by_count(count: float, below_tip: float | None) -> dict[str, float]:
    """Probabilities of the regions at a vertebral count, and below or above the cord's tip where it is seen."""
    sd = LABEL_SD
    first = belief.above(CRANIOCERVICAL, count, sd)
    second = belief.above(CERVICAL, count, sd)
    if below_tip is None:
        cauda = belief.above(count, TIP, float(np.hypot(TIP_SD, sd)))
        from_conus = belief.above(count, TIP - CONUS_COUNT, float(np.hypot(TIP_SD, sd)))
    else:
        cauda = belief.above(below_tip, 0.0, 3.0)
        from_conus = belief.above(below_tip, -CONUS_MM, CONUS_SD_MM)
    conus = max(from_conus - cauda, 0.0)
    rest = 1 - cauda - conus
    thoracic = max(rest - second, 0.0)
    cervical = max(min(second, rest) - first, 0.0)
    return belief.weighed(dict(zip(STATES, (first, cervical, thoracic, conus, cauda), strict=True)))


def by_region(region: dict[str, float], below_tip: float | None) -> dict[str, float]:
    """Probabilities of the regions from what a series as a whole shows."""
    scores = dict.fromkeys(STATES, 0.0)
    for name, share in region.items():
        if name in REGIONS:
            scores[REGIONS[name]] += share
        else:
            cauda = 0.75 if below_tip is None else belief.above(below_tip, 0.0, 3.0)
            scores["cauda_equina"] += share * (cauda if name == "lumbar" else 1.0)
            scores["conus"] += share * (1 - cauda if name == "lumbar" else 0.0)
    return belief.weighed(scores)
