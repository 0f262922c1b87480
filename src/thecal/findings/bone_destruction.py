"""Finding: a vertebra that a lesion has destroyed or infiltrated."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from thecal.findings import belief
from thecal.findings.levels import NAMES
from thecal.findings.views import View, look, usable
from thecal.records import AlignedStudy, Finding, Lesion, Measurement, NotAssessed, Place, Segmentation

CODE = "bone_destruction"
NEEDS = ("lesion", "ct|T1w|T2w")
SUBJECT = "lesion"
# Volume of vertebra that the lesion takes up from which bone is infiltrated, without CT (judged).
TAKEN_MM3, TAKEN_SD_MM3 = 400.0, 150.0
# On CT: share below this density of the vertebra's surface that the lesion reaches, from which its shell is gone (judged).
SHELL_HU, SHARE, SHARE_SD = 260.0, 0.50, 0.12
# A lesion that reaches less of the surface than so many voxels leaves the shell whole.
LEAST = 20


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """How much of a labelled vertebra the lesion takes up, and on CT whether the shell beside it is gone.

    Without CT a lesion in the marrow with its shell kept passes for destruction: it is then never sure. Not assessed where no
    vertebra is labelled near the lesion.
    """
    assert lesion is not None
    views = [
        look(aligned, segmentation, one.key)
        for role in ("ct", "T1w", "T2w", "T2w_fs")
        for one in usable(aligned, (role,), lesion)
    ]
    views = [view for view in views if view.of(lesion).any() and (view.anatomy >= 11).any()]
    if not views:
        return NotAssessed(CODE, lesion.tracking_uid, "no vertebra is labelled beside the lesion")
    volumes = [taken(view, lesion) for view in views]
    volume, name, place = max(volumes, key=lambda one: one[0])
    infiltrated = belief.above(float(np.median([one[0] for one in volumes])), TAKEN_MM3, TAKEN_SD_MM3)
    ct = next((view for view in views if view.series.role == "ct"), None)
    share = None if ct is None else bare(ct, lesion)
    lost = 0.8 if share is None else belief.above(share, SHARE, SHARE_SD)
    shell = "; no CT shows whether its shell is kept"
    if share is not None:
        shell = f"; share of its surface reached by the lesion below {SHELL_HU:g} HU on CT {100 * share:.0f} %, from {SHARE:g}"
    return Finding(
        CODE, lesion.tracking_uid, "measured", belief.yes_no(infiltrated * lost),
        measurement=Measurement(round(volume, 0), "mm3", TAKEN_SD_MM3), where=place,
        method=f"volume of a vertebra ({name or 'none'}) that the lesion takes up, from {TAKEN_MM3:g} mm³{shell} (judged)",
    )  # fmt: skip


def taken(view: View, lesion: Lesion) -> tuple[float, str, Place]:
    """Volume of vertebra that a lesion takes up in mm³, the vertebra's name, and where.

    Voxels that were drawn as lesion and as vertebra count, and those drawn as lesion that vertebra lies around.
    """
    mine = view.of(lesion)
    bone = (view.anatomy >= 11) & (view.anatomy <= 50)
    inside = mine & bone
    codes = view.anatomy[inside]
    name = NAMES.get(int(np.bincount(codes).argmax()), "") if len(codes) else ""
    points = view.mm(inside if inside.any() else mine)
    return float(np.count_nonzero(inside)) * view.grid.voxel_volume_mm3, name, view.place(points)


def bare(ct: View, lesion: Lesion) -> float | None:
    """Share of the surface of a vertebra reached by the lesion that is not dense on CT; 0 where it reaches none of it, None where
    the lesion lies in no vertebra.
    """
    near = ct.around(ct.of(lesion), 6.0)
    bone = (near.anatomy >= 11) & (near.anatomy <= 50)
    inside = near.of(lesion) & bone
    if np.count_nonzero(inside) < LEAST:
        return None
    reached = inside & ~ndimage.binary_erosion(bone, border_value=1)
    if np.count_nonzero(reached) < LEAST:
        return 0.0
    # Bone blurs: the densest of the neighbours within a slice speaks for a place; whole bone beside a hole is not its shell.
    slices = near.series.slice_axis
    shell = np.where(bone & ~inside, -np.inf, near.values)
    densest = ndimage.maximum_filter(shell, [1 if n == slices else 3 for n in range(3)])
    return float(np.mean(densest[reached] < SHELL_HU))
