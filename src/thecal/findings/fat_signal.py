"""Finding: fat within a lesion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.dark import reference
from thecal.findings.views import Mask, View, best, inner, look, usable
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Segmentation, Series, Volume
from thecal.records.geometry import covers, resample

CODE = "fat_signal"
NEEDS = ("lesion", "T1w|ct")
SUBJECT = "lesion"
# Share of the lesion from which fat counts (judged).
SHARE, SHARE_SD = 0.04, 0.012
# Fat is at least so much brighter than cord on T1w (judged), at most so bright against the fat around the spine where that is
# suppressed, and below this in Hounsfield units.
BRIGHT, SUPPRESSED, FAT_HU = 1.45, 1.7, -30.0
# Fat is bright on T2w as well; melanin, old blood and protein need not be, and short T1 gives way to an inversion as fat does.
T2_BRIGHT = 1.4
# How surely it is fat where only an inversion recovery image tells (judged).
INVERTED = 0.75


@dataclass(frozen=True, eq=False)
class Suppressed:
    """Where signal is suppressed as that of fat; sure where only fat gives way to the suppression."""

    mask: Mask
    sure: bool


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether parts of the lesion are bright on T1w and lose their signal where fat is suppressed, or as thin as fat on CT.

    T1w alone cannot tell fat from blood, melanin and protein: without fat suppression and without CT it is not assessed,
    unless nothing in the lesion is bright. Source: ajr1992_fs
    """
    assert lesion is not None
    ct = best(aligned, segmentation, ("ct",), lesion)
    if ct is not None and ct.tumour(lesion).any():
        tumour = ct.tumour(lesion)
        return _told(
            lesion, ct, tumour & (ct.values < FAT_HU) & (ct.values > -250), tumour, f"below {FAT_HU:g} HU on CT"
        )
    view = best(aligned, segmentation, ("T1w",), lesion)
    if view is None or not view.tumour(lesion).any():
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion is not seen on T1w before contrast or CT")
    near = view.around(view.tumour(lesion), 3.0)
    tumour = near.tumour(lesion)
    bright = tumour & (near.values > BRIGHT * reference(view, near, lesion))
    fat = fatty(aligned, segmentation, near)
    if fat is None and belief.above(float(np.mean(bright[tumour])), SHARE, SHARE_SD) > 0.2:
        return NotAssessed(
            CODE, lesion.tracking_uid, "bright on T1w, and no fat-suppressed image or CT to tell fat from blood"
        )
    if fat is None:
        return _told(lesion, near, bright, tumour, "bright on T1w")
    how = "bright on T1w and dark with fat suppression" + (
        "" if fat.sure else " by inversion, which darkens blood as well"
    )
    return _told(lesion, near, bright & fat.mask, tumour, how, 1.0 if fat.sure else INVERTED)


def _told(lesion: Lesion, view: View, fat: Mask, tumour: Mask, how: str, surely: float = 1.0) -> Finding:
    share = float(np.count_nonzero(fat) / np.count_nonzero(tumour))
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(surely * belief.above(share, SHARE, SHARE_SD)),
        measurement=Measurement(round(100 * share, 2), "%", round(100 * SHARE_SD, 2)),
        where=view.place(view.mm(fat if fat.any() else tumour)),
        method=f"share of the lesion that is {how}; fat from {100 * SHARE:g} % (judged)",
    )  # fmt: skip


def fatty(aligned: AlignedStudy, segmentation: Segmentation, near: View) -> Suppressed | None:
    """Where signal is suppressed as it is in the fat around the spine, on a view's grid; None without such a series over
    the view.

    A fat-suppressed T1w after contrast tells surely; an inversion recovery image only with T2w, on which fat is bright.
    Fat around the spine: what is brightest on the view itself outside the dura.
    """
    after = [one for one in usable(aligned, ("T1w_ce",), None) if one.fat_suppressed]
    for series in (*after, *usable(aligned, ("T2w_fs",), None)):
        values = _over(aligned, segmentation, series, near)
        level = _suppressed(look(aligned, segmentation, near.series.key), look(aligned, segmentation, series.key))
        if values is None or level is None:
            continue
        mask = values < SUPPRESSED * level
        if series.role == "T1w_ce":
            return Suppressed(np.asarray(mask), True)
        for water in sorted(usable(aligned, ("T2w",), None), key=lambda one: one.plane != near.series.plane):
            bright = _over(aligned, segmentation, water, near)
            view = look(aligned, segmentation, water.key)
            cord = inner(view.cord & (view.tissue == 0), 40)[0]
            if bright is not None and cord.any():
                mask &= bright > T2_BRIGHT * float(np.median(view.values[cord]))
                break
        return Suppressed(np.asarray(mask), False)
    return None


def _over(aligned: AlignedStudy, segmentation: Segmentation, series: Series, near: View) -> NDArray[np.float32] | None:
    """A series on a view's grid; None where it does not cover the lesions there."""
    view = look(aligned, segmentation, series.key)
    across = np.linalg.inv(view.to_reference) @ near.to_reference
    if not covers(view.grid, near.grid, across)[near.tissue > 0].all():
        return None
    return np.asarray(resample(Volume(view.values, view.affine), near.grid, across).voxels, dtype=np.float32)


def fat_in(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion, near: View) -> Mask:
    """Where a lesion is bright on T1w and suppressed as fat is, and a voxel around, on a view's grid; nowhere if not told."""
    view = best(aligned, segmentation, ("T1w",), lesion)
    nothing = np.zeros(near.values.shape, dtype=bool)
    if view is None or not view.tumour(lesion).any():
        return nothing
    plain = view.around(view.tumour(lesion), 3.0)
    fat = fatty(aligned, segmentation, plain)
    if fat is None:
        return nothing
    lesion_fat = fat.mask & plain.tumour(lesion) & (plain.values > BRIGHT * reference(view, plain, lesion))
    if np.mean(lesion_fat[plain.tumour(lesion)]) < SHARE:
        return nothing
    across = np.linalg.inv(plain.to_reference) @ near.to_reference
    there = resample(Volume(lesion_fat.astype(np.float32), plain.affine), near.grid, across, fill=0.0).voxels > 0.2
    return np.asarray(ndimage.binary_dilation(there))


def _suppressed(whole: View, view: View) -> float | None:
    """Signal of suppressed fat on `view`: where the T1w-like `whole` is brightest outside the dura, of what was drawn "
    "on neither."""
    outside = ~whole.in_dura & (whole.tissue == 0) & (whole.values > 0)
    if np.count_nonzero(outside) < 200:
        return None
    bright = outside & (whole.values > np.percentile(whole.values[outside], 90))
    across = np.linalg.inv(whole.to_reference) @ view.to_reference
    there = resample(Volume(bright.astype(np.float32), whole.affine), view.grid, across, fill=0.0).voxels > 0.9
    return float(np.median(view.values[there])) if np.count_nonzero(there) >= 50 else None
