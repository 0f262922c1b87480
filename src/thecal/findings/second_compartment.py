"""Finding: a part of the same lesion in another compartment."""

from __future__ import annotations

import numpy as np

from thecal.findings import belief
from thecal.findings.axis import axis_of
from thecal.findings.views import CORD, SAC, Mask, View, grown, look
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation

CODE = "second_compartment"
NEEDS = ("lesion", "cord", "sac")
SUBJECT = "lesion"
# Volume from which a part counts as being in another compartment, and its uncertainty (judged). Outlines drawn a voxel too wide
# put some of every lesion on the wrong side: only what lies deeper than that counts, and more than so small a share.
SEEN_MM3, SEEN_SD_MM3, LEAST_SHARE, SHARE_SD = 40.0, 15.0, 0.03, 0.01
# What lies outside the dura and the vertebrae farther than this to a side of the cord lies beside the spine: past the pedicles
# and out of the foramen (judged).
BESIDE_MM = 18.0
STATES = ("intramedullary", "intradural_extramedullary", "extradural", "paraspinal")


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether a part of the lesion lies in another compartment than most of it: cord, dura, epidural space, or beside the spine.

    By the volume of its parts in each, clear of the border of the first.
    Not assessed where cord and sac were not both drawn around it.
    """
    assert lesion is not None
    views = [look(aligned, segmentation, one.key) for one in aligned.study.images()]
    seen = [view for view in views if view.body(lesion).any() and view.cord.any() and (view.anatomy == SAC).any()]
    if not seen:
        return NotAssessed(CODE, lesion.tracking_uid, "cord and thecal sac were not both drawn around the lesion")
    parts = np.mean([shares(view, lesion) for view in seen], axis=0)
    order = np.argsort(parts)[::-1]
    deep = np.median([deep_parts(view, lesion, int(order[0])) for view in seen], axis=0)
    second = int(max(order[1:], key=lambda n: deep[n]))
    whole = np.median([np.count_nonzero(view.core(lesion)) * view.grid.voxel_volume_mm3 for view in seen])
    present = min(belief.above(float(deep[second]), SEEN_MM3, SEEN_SD_MM3),
                  belief.above(float(deep[second] / whole), LEAST_SHARE, SHARE_SD))  # fmt: skip
    scores = {"none": 1 - present, **{state: 0.0 for n, state in enumerate(STATES) if n != order[0]}}
    scores[STATES[second]] = present
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.weighed(scores),
        measurement=Measurement(round(float(deep[second]), 1), "mm3"), where=seen[0].place(seen[0].mm(seen[0].body(lesion))),
        method=f"volume of the lesion's largest part in another compartment, a voxel clear of the first; a part counts from "
               f"{SEEN_MM3:g} mm³ and {100 * LEAST_SHARE:.0f} % (judged)",
    )  # fmt: skip


def shares(view: View, lesion: Lesion) -> tuple[float, float, float, float]:
    """Share of the lesion's body in the cord, in the dura outside the cord, outside the dura, and beside the spine."""
    where = places(view, view.core(lesion))
    cord, sac, out, beside = (float(np.mean(where == n)) for n in range(4))
    return cord, sac, out, beside


def places(view: View, part: Mask) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """The compartment of each of a part's voxels, as its place in STATES."""
    codes, axis = view.anatomy[part], axis_of(view)
    aside = np.zeros(len(codes)) if axis is None else np.abs(axis.locate(view.mm(part))[1])
    return np.select([codes == CORD, codes == SAC, (codes == 0) & (aside > BESIDE_MM)], [0, 1, 3], 2)


def deep_parts(view: View, lesion: Lesion, first: int) -> tuple[float, float, float, float]:
    """Volume in mm³ of a lesion in each compartment but the first, where it lies more than a voxel clear of that one."""
    near = view.around(view.core(lesion), 4.0)
    core = near.core(lesion)
    where = np.full(core.shape, -1)
    where[core] = places(near, core)
    home = {0: near.cord, 1: near.anatomy == SAC}.get(first, np.zeros(core.shape, dtype=bool))
    clear = ~grown(near, home | (where == first), 0.0)
    found = [float(np.count_nonzero(clear & (where == n))) * near.grid.voxel_volume_mm3 for n in range(4)]
    return found[0], found[1], found[2], found[3]
