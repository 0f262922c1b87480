"""Finding: blood products in or around a lesion."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.dark import Dark, chalk, darks_of, emptiness, reference
from thecal.findings.fat_signal import fat_in, fatty
from thecal.findings.needs import ROLE_WORDS
from thecal.findings.views import Mask, View, best, inner
from thecal.findings.within_dura import is_coat, outside_dura
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "haemorrhage"
NEEDS = ("lesion", "T2starw|T2w")
SUBJECT = "lesion"
# Share of the lesion from which blood counts, dark on T2*w or T2w, or bright on T1w (judged).
SHARE, SHARE_SD = 0.025, 0.008
# Old blood keeps some signal on T1w; what is as black there as here is flow or chalk (judged).
EMPTY, EMPTY_SD = 0.74, 0.10
# Methaemoglobin: so much brighter on T1w than cord and than the lesion's own median (judged).
BRIGHT, BRIGHTER = 1.5, 1.35
# Codes of the anatomy from here on are vertebrae and discs.
BONE = 11
# Without suppression that only fat gives way to, what is bright is blood as probably as this (judged).
UNTOLD = 0.4
# In a thin coat blood can be denied below this probability, and not called.
DENIED = 0.25


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether the lesion, or its edge, holds parts black on T2*w (T2w without it) that keep some T1w signal, or T1w-bright parts
    that are not fat.

    Chalk seen on CT is left out. A flow void and chalk that no CT shows look alike: they are as black on T1w.
    """
    assert lesion is not None
    darks = darks_of(aligned, segmentation, lesion)
    if not darks:
        return NotAssessed(CODE, lesion.tracking_uid, "the lesion cannot be compared with cord on T2*w or T2w")
    dark, share, old, place = max((_old(one, aligned, segmentation, lesion) for one in darks), key=lambda one: one[2])
    fresh, bright_share, where = _fresh(aligned, segmentation, lesion)
    if max(old, fresh) > DENIED and is_coat(aligned, segmentation, lesion):
        return NotAssessed(CODE, lesion.tracking_uid, "a coat along cord and roots is too thin to tell blood in it")
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(1 - (1 - old) * (1 - fresh)),
        measurement=Measurement(round(100 * max(share, bright_share), 2), "%", round(100 * SHARE_SD, 2)),
        where=place if old >= fresh or where is None else where,
        method=f"share of the lesion darker than half of cord and lesion on {ROLE_WORDS[dark.role]} and not as black on T1w "
               f"({100 * share:.1f} %), or bright on T1w and not fat ({100 * bright_share:.1f} %); from {100 * SHARE:g} "
               "% (judged)",
    )  # fmt: skip


def _old(
    dark: Dark, aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion
) -> tuple[Dark, float, float, Place]:
    """Share of the lesion taken up by what is black as old blood is, how probable that makes blood, and where."""
    near, tumour = dark.near, dark.near.tumour(lesion)
    # The rim of a lesion outside the dura touches bone.
    outside = outside_dura(segmentation, aligned, lesion)
    black = dark.black & inner(tumour)[0] & (near.anatomy < BONE) if outside else dark.black
    stone = chalk(aligned, segmentation, lesion, near)
    black = black if stone is None else black & ~stone
    # Beside water fat turns black on gradient echoes.
    black &= ~fat_in(aligned, segmentation, lesion, near)
    share = float(np.count_nonzero(black) / max(int(np.count_nonzero(tumour)), 1))
    empty = emptiness(near, black, dark.level, aligned, segmentation, lesion)
    blood = 0.6 if empty is None else 1 - belief.above(empty, EMPTY, EMPTY_SD)
    return (
        dark,
        share,
        belief.above(share, SHARE, SHARE_SD) * blood,
        near.place(near.mm(black if black.any() else tumour)),
    )


def _fresh(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion) -> tuple[float, float, Place | None]:
    """How probable methaemoglobin is, the share of the lesion that looks like it, and where."""
    view = best(aligned, segmentation, ("T1w",), lesion)
    if view is None or not view.tumour(lesion).any():
        return 0.0, 0.0, None
    near = view.around(view.tumour(lesion), 3.0)
    bright = _bright(view, near, lesion)
    if not bright.any():
        return 0.0, 0.0, None
    fat = fatty(aligned, segmentation, near)
    tumour = inner(near.tumour(lesion))[0]
    whole = max(int(np.count_nonzero(tumour)), 1)
    share, doubt = float(np.count_nonzero(bright) / whole), UNTOLD
    if fat is not None:
        # The edge of fat is half suppressed.
        dry = bright & ~ndimage.binary_dilation(bright & fat.mask, np.ones((3, 3, 3)))
        if fat.sure or np.count_nonzero(dry) / whole >= SHARE:
            share, doubt, bright = float(np.count_nonzero(dry) / whole), 1.0, dry
    place = near.place(near.mm(bright)) if bright.any() else None
    return doubt * belief.above(share, SHARE, SHARE_SD), share, place


def _bright(view: View, near: View, lesion: Lesion) -> Mask:
    # Marrow's fat blurs into what lies in a vertebra.
    tumour = inner(near.tumour(lesion))[0] & (near.anatomy < BONE)
    level = reference(view, near, lesion)
    if not tumour.any():
        return tumour
    middle = float(np.median(near.values[tumour]))
    return np.asarray(tumour & (near.values > BRIGHT * level) & (near.values > BRIGHTER * middle))
