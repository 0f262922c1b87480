"""Finding: a spinal canal narrowed at some place, other than by a lesion in the dura."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.canal_room import beside, room_of
from thecal.findings.levels import levels_of
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Segmentation

CODE = "canal_stenosis"
NEEDS = ("sac", "levels")
SUBJECT = "patient"
# The sac is narrowed where its depth falls below this share of its neighbours' (judged), with what one voxel more or less does.
CUT, CUT_SD = 0.70, 0.05
# Neighbours lie this far above and below.
NEAR_MM, FAR_MM = 9.0, 24.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Smallest depth of the sac, front to back, over that of its neighbours half a level away.

    The depth is that of the ellipse with the same moments. Narrowing beside a lesion outside the dura counts as the lesion's,
    not as stenosis. Not assessed without 60 mm of the sac.
    """
    del lesion
    room = room_of(aligned, segmentation)
    if room is None or len(room.sac.along) < 8:
        return NotAssessed(CODE, PATIENT, "less than 60 mm of the thecal sac was drawn")
    view, sac = room.view, room.sac
    ratios = np.ones(len(sac.along))
    drawn = room.axis.locate(view.mm(view.tissue > 0))[0] if (view.tissue > 0).any() else np.zeros(0)
    for n, at in enumerate(sac.along):
        found = beside(sac.depth, sac.along, at, NEAR_MM, FAR_MM)
        both = sac.along.min() + NEAR_MM < at < sac.along.max() - NEAR_MM
        if found is not None and both and not np.any(np.abs(drawn - at) < 6.0):
            ratios[n] = sac.depth[n] / found[0]
    worst = int(np.argmin(ratios))
    if np.count_nonzero(ratios != 1.0) < 5:
        return NotAssessed(CODE, PATIENT, "the lesion takes up all of the canal that was drawn")
    levels = levels_of(aligned, segmentation)
    points = view.mm(view.in_dura)
    here = np.abs(room.axis.locate(points)[0] - sac.along[worst]) < 2.5
    place = view.place(points[here] if here.any() else points)
    assert levels is not None
    name = levels.name(float(levels.at(view.reference_mm(np.array([[place.x, place.y, place.z]])))[0]))
    return Finding(
        CODE, PATIENT, "measured", belief.yes_no(1 - belief.above(float(ratios[worst]), CUT, CUT_SD)),
        measurement=Measurement(round(float(ratios[worst]), 3), "1", CUT_SD), where=place,
        method=f"smallest depth of the sac ({sac.depth[worst]:.1f} mm, at {name or 'an unnamed level'}) over that of "
               "the sac above "
               f"and below it; narrowed below {CUT:g} (judged)",
    )  # fmt: skip
