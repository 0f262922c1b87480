"""Finding: a marrow lesion in a vertebra elsewhere in the spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.levels import NAMES
from thecal.findings.views import View, grown, look, usable
from thecal.records import PATIENT, AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Role, Segmentation

CODE = "vertebral_lesion"
NEEDS = ("T1w|T2w_fs|T2w",)
SUBJECT = "patient"
# Marrow that departs from that of the other vertebrae by so many of their spreads is abnormal, over this volume (judged).
APART, VOLUME_MM3, VOLUME_SD_MM3 = 4.0, 500.0, 180.0
# On T1w marrow that is darker, on a fat-suppressed image marrow that is brighter is looked for.
SIGNS: dict[Role, float] = {"T1w": -1.0, "T2w_fs": 1.0, "T2w": 1.0}
LEAST_VERTEBRAE = 3
# A lesion lies within a vertebra when this share of it does; one that was drawn there is believed by this much of its confidence.
IN_BONE, BELIEVED = 0.7, 0.95


@dataclass(frozen=True)
class Odd:
    """The largest abnormal piece of marrow of a view: volume in mm³, the vertebra's code and where."""

    volume_mm3: float
    code: int
    where: Place
    role: Role


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: object) -> Finding | NotAssessed:
    """Volume of the largest piece of marrow, in a vertebra that no drawn lesion lies in or beside, that differs from other
    vertebrae's: darker on T1w, or brighter where fat is suppressed.

    A lesion drawn in a vertebra beside a larger one elsewhere is one as well. Not assessed without that and with fewer than three
    whole vertebrae labelled. Fractures, discs' reactions and haemangiomas look alike.
    """
    del lesion
    drawn = _drawn(aligned, segmentation)
    for role in SIGNS:
        views = [look(aligned, segmentation, one.key) for one in usable(aligned, (role,), None) if one.plane != "axial"]
        found = [one for view in views if (one := odd_marrow(view)) is not None]
        if not found:
            continue
        odd = max(found, key=lambda one: one.volume_mm3)
        seen = belief.above(odd.volume_mm3, VOLUME_MM3, VOLUME_SD_MM3)
        if drawn is not None and BELIEVED * drawn.confidence > seen:
            return _of_drawn(drawn)
        return Finding(
            CODE, PATIENT, "measured", belief.yes_no(seen),
            measurement=Measurement(round(odd.volume_mm3, 0), "mm3", VOLUME_SD_MM3), where=odd.where,
            method=f"largest piece of marrow away from the lesions that differs from other vertebrae's on {odd.role} by "
                   "more than "
                   f"{APART:g} of their spreads ({NAMES.get(odd.code, 'a vertebra')}); from {VOLUME_MM3:g} mm³ (judged)",
        )  # fmt: skip
    if drawn is not None and drawn.confidence > 0.5:
        return _of_drawn(drawn)
    return NotAssessed(CODE, PATIENT, "fewer than three vertebrae are labelled on a T1w or fat-suppressed series")


def _of_drawn(drawn: Lesion) -> Finding:
    return Finding(
        CODE, PATIENT, "measured", belief.yes_no(BELIEVED * drawn.confidence),
        measurement=Measurement(round(drawn.volume_mm3, 0), "mm3"), where=drawn.where,
        method="a lesion beside the largest one was drawn within a vertebra; present by its confidence",
    )  # fmt: skip


def _drawn(aligned: AlignedStudy, segmentation: Segmentation) -> Lesion | None:
    """The surest lesion other than the largest that was drawn within a vertebra; None without one."""
    largest = max(segmentation.lesions, key=lambda one: one.volume_mm3, default=None)
    beside = [one for one in segmentation.lesions if one is not largest and _in_bone(aligned, segmentation, one)]
    return max(beside, key=lambda one: one.confidence, default=None)


def _in_bone(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> bool:
    for series in aligned.study.images():
        view = look(aligned, segmentation, series.key)
        mine = view.of(lesion)
        if mine.any():
            return bool(np.mean(view.anatomy[mine] >= 11) > IN_BONE)
    return False


def odd_marrow(view: View) -> Odd | None:
    """The marrow that differs most from the rest; None with fewer than three vertebrae."""
    held = {int(code): view.anatomy == code for code in np.unique(view.anatomy) if 11 < code < 50}
    slices = view.series.slice_axis
    near = grown(view, view.tissue > 0, 4.0)
    spacing = [1e3 if n == slices else float(step) for n, step in enumerate(view.grid.spacing_mm)]
    step = float(np.sort(view.grid.spacing_mm)[0])
    marrow: dict[int, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]] = {}
    for code, mask in held.items():
        depth = ndimage.distance_transform_edt(mask, sampling=spacing)
        core = mask & (depth > max(3.5, 2 * step))
        # The body is what is thick; arches are thin and left out with the shell.
        if np.count_nonzero(core) * view.grid.voxel_volume_mm3 > 900:
            marrow[code] = core
    if len(marrow) < LEAST_VERTEBRAE:
        return None
    medians = {code: float(np.median(view.values[core])) for code, core in marrow.items()}
    middle = float(np.median(list(medians.values())))
    around = [float(np.median(np.abs(view.values[core] - medians[code]))) for code, core in marrow.items()]
    spread = max(1.4826 * float(np.median(around)), 0.04 * middle)
    sign = SIGNS[view.series.role]
    best = Odd(0.0, 0, view.place(view.mm(next(iter(marrow.values())))), view.series.role)
    for code, core in marrow.items():
        if (near & held[code]).any():
            continue
        others = [value for other, value in medians.items() if other != code and abs(other - code) <= 3]
        usual = float(np.median(others)) if others else middle
        apart = core & (sign * (ndimage.uniform_filter(view.values, _size(view)) - usual) > APART * spread)
        pieces, count = ndimage.label(apart, np.ones((3, 3, 3)))
        if not count:
            continue
        sizes = np.bincount(pieces.ravel())[1:]
        volume = float(sizes.max()) * view.grid.voxel_volume_mm3
        if volume > best.volume_mm3:
            best = Odd(volume, code, view.place(view.mm(pieces == 1 + int(np.argmax(sizes)))), view.series.role)
    return best


def _size(view: View) -> list[int]:
    return [3 if step <= 1.5 else 1 for step in view.grid.spacing_mm]
