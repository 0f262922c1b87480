"""Finding: thickened roots of the cauda equina."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.roots import roots_of
from thecal.records import PATIENT, AlignedStudy, Finding, Measurement, NotAssessed, Segmentation

CODE = "nerve_root_thickening"
NEEDS = ("T2w", "sac", "cord")
SUBJECT = "patient"
# Area of all roots together, in a section below the conus, from which they are thick (judged), and its error: CSF that flows
# passes for root.
CUT_MM2, CUT_SD_MM2 = 44.0, 7.0


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Area of all roots in the sac below the cord on T2w, the median over its sections, lesions left out.

    A voxel counts by how far its signal lies from CSF towards nerve. Not assessed where the sac below the cord's end is not in
    view.
    """
    del lesion
    roots = roots_of(aligned, segmentation)
    if roots is None:
        return NotAssessed(CODE, PATIENT, "the thecal sac below the end of the cord is not in view")
    area = float(np.median(roots.area))
    axial = roots.tail.view.series.plane == "axial"
    sd = CUT_SD_MM2 * (1.0 if axial else 1.4)
    points = roots.tail.view.mm(roots.tail.inside)
    return Finding(
        CODE, PATIENT, "measured", belief.yes_no(belief.above(area, CUT_MM2, sd)),
        measurement=Measurement(round(area, 1), "mm2", round(sd, 1)), where=roots.tail.view.place(points[roots.share > 0.5])
        if (roots.share > 0.5).any() else roots.tail.view.place(points),
        method=f"area of all roots in a section of the sac below the cord on T2w ({len(roots.area)} sections, median); "
               "thick from "
               f"{CUT_MM2:g} mm² (judged)",
    )  # fmt: skip
