"""Where every series lies in the space of the reference image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.alignment.reference import overlap, pick_reference, rank, same_frame, span
from thecal.alignment.registration import MOST_DEGREES, MOST_MM, Match, match
from thecal.records import AlignedStudy, Series, Study

# Series that share less than this are not matched: neither part of the smaller field, nor content in cm³.
LEAST_SHARE, LEAST_CM3 = 0.25, 15.0
# A refinement is taken when mutual information grows by this share and the halves of the spine agree better than before.
LEAST_GAIN, LEAST_BETTER_MM = 0.01, 0.15
# Images that tell less of each other than this (nats) show no spine in common.
LEAST_INFORMATION = 0.03
# Halves that land farther apart than this say that the match was not found at all: without a gain, and with one.
LOST_MM, LOST_WITH_GAIN_MM = 1.5, 4.0
UNMATCHED = ("localizer", "radiograph", "mrs", "other")


@dataclass(frozen=True, eq=False)
class _Place:
    to_reference: NDArray[np.float64]
    residual_mm: float | None
    refined: bool


def align(study: Study) -> AlignedStudy:
    """The study with every series placed in the space of its best sagittal T2w image.

    Headers place each series first. It is then matched, rigidly, with the series already placed that shares most of its
    field, and moved where mutual information clearly grows, both halves of the spine agree, and the motion is plausible.
    residual_mm is the root mean square by which the upper and lower half of the spine, matched each on its own from starts
    pushed apart, depart from the placement (against the series it was matched with); None where no match was possible: too
    little shared field, a localizer, or a match that was lost. The reference's residual is 0.
    The reference grid is that image's own lattice, enlarged over the other stations in its frame of reference.
    """
    reference = pick_reference(study)
    if reference is None:
        return AlignedStudy(study, None)
    places = {reference.key: _Place(np.eye(4), 0.0, False)}
    placed = [reference]
    for series in sorted(study.images(), key=rank):
        if series.key != reference.key:
            places[series.key] = _place(series, placed, places)
            placed.append(series)
    keys = [series.key for series in study.images()]
    return AlignedStudy(
        study, span(reference, study),
        {key: places[key].to_reference for key in keys},
        {key: places[key].residual_mm for key in keys},
        {key: places[key].refined for key in keys},
    )  # fmt: skip


def headers_only(study: Study) -> AlignedStudy:
    """The study with every series where its header puts it: nothing matched, no residual measured."""
    reference = pick_reference(study)
    keys = [series.key for series in study.images()]
    return AlignedStudy(
        study, None if reference is None else span(reference, study),
        {key: np.eye(4) for key in keys}, dict.fromkeys(keys), dict.fromkeys(keys, False),
    )  # fmt: skip


def _place(series: Series, placed: list[Series], places: dict[str, _Place]) -> _Place:
    partner = _partner(series, placed)
    if partner is None or series.role in UNMATCHED:
        return _Place(np.eye(4), None, False)
    assert partner.volume is not None
    assert series.volume is not None
    base = places[partner.key].to_reference
    found = match(partner.volume, series.volume)
    if found is None or lost(found):
        return _Place(base, None, False)
    if not believable(found):
        return _Place(base, found.stay_mm, False)
    return _Place(np.asarray(base @ found.to_fixed), found.rest_mm, True)


def lost(found: Match) -> bool:
    """Whether the two images were not matched at all."""
    apart = found.rest_mm > (LOST_WITH_GAIN_MM if found.gain > LEAST_GAIN else LOST_MM)
    return apart or found.information < LEAST_INFORMATION


def believable(found: Match) -> bool:
    """Whether a match is better than the headers' word, and possible between two series of one sitting."""
    better = found.gain > LEAST_GAIN and found.rest_mm < found.stay_mm - LEAST_BETTER_MM
    return better and found.shift_mm <= MOST_MM and found.degrees <= MOST_DEGREES


def _partner(series: Series, placed: list[Series]) -> Series | None:
    """The placed series that shares most of this one's field, of those in its frame of reference if any is."""
    assert series.volume is not None
    kin = [one for one in placed if same_frame(one, series)] or placed
    shares = []
    for order, one in enumerate(kin):
        if one.volume is None or one.role in UNMATCHED:
            continue
        content, share = overlap(series.volume.grid, one.volume.grid)
        if content >= LEAST_CM3 and share >= LEAST_SHARE:
            shares.append((-round(share, 1), order, one))
    return min(shares, key=lambda entry: entry[:2])[2] if shares else None
