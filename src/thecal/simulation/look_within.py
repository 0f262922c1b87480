"""Signs of what a lesion is made of, holds and wears, measured on the painted sheets."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from thecal.simulation.canal import CORD, radius_in
from thecal.simulation.look import CORE, FEW, FRAYED, SOLIDS, Look, gadolinium, span
from thecal.simulation.scene import BLOOD, OEDEMA
from thecal.simulation.substance import T1, T2, cord_signal, word_for


def _signal(look: Look, sequence: Any) -> str | None:
    skipped = [
        look.palette[name]
        for name in ("calcification", "flow_void", "ligament", "lesion_heart")
        if name in look.palette.names
    ]
    tissue = look.solid[~np.isin(look.solid, skipped)]
    if tissue.size < FEW:
        return None
    values = look.palette.signals(sequence)[tissue] / cord_signal(look.palette, sequence)
    shares = sorted([float(np.mean(values < 0.9)), float(np.mean(values > 1.1))])
    return "mixed" if shares[0] > 0.2 else word_for(float(np.median(values)))


def t1_signal(look: Look) -> str | None:
    """Brightness of the solid part on T1 against cord."""
    return _signal(look, T1)


def t2_signal(look: Look) -> str | None:
    """Brightness of the solid part on T2 against cord."""
    return _signal(look, T2)


def enhancement(look: Look) -> str | None:
    """How much contrast the enhancing part holds."""
    if look.solid.size < FEW:
        return None
    plain = [look.palette[name] for name in ("lesion_flame", "fat") if name in look.palette.names]
    held = gadolinium(look)[look.solid[~np.isin(look.solid, plain)]]
    bright = held[held > 0.06]
    if bright.size < max(0.01 * held.size, 4):
        return "absent"
    return "mild" if float(bright.mean()) < 0.3 else "marked"


def enhancement_pattern(look: Look) -> str | None:
    """Which part of the lesion enhances: how much of it, at its wall or not, in one piece or band."""
    mask, sheet = look.own(look.near, *SOLIDS), look.near
    gd = (gadolinium(look)[sheet.tissue] > 0.06) & mask
    if mask.sum() < 40 or not gd.any():
        return None
    share = float(gd.sum() / mask.sum())
    if share > 0.93:
        return "homogeneous"
    along = np.flatnonzero(gd.any(axis=(0, 1)))
    full = np.flatnonzero(mask.any(axis=(0, 1)))
    if np.ptp(along) < 0.62 * np.ptp(full):
        pieces, count = ndimage.label(gd)
        biggest = np.bincount(pieces.ravel())[1:].max() / gd.sum() if count else 0
        wide = np.ptp(np.flatnonzero(gd.any(axis=(1, 2)))) > 0.75 * np.ptp(np.flatnonzero(mask.any(axis=(1, 2))))
        if biggest > 0.8:
            return "transverse_band" if wide and np.ptp(along) < 0.5 * np.ptp(full) else "mural_nodule"
    depth = ndimage.distance_transform_edt(mask, sampling=sheet.spacing)
    deep = float(np.median(depth[mask]))
    outer, inner = float(gd[mask & (depth <= deep)].mean()), float(gd[mask & (depth > deep)].mean())
    if outer > inner + 0.25:
        u = sheet.axes[0]
        shell, middle = mask & (depth <= deep), float((u * mask).sum() / mask.sum())
        reach = float(np.abs(u - middle)[:, 0, 0][mask.any(axis=(1, 2))].max())
        sides = [float(gd[shell & (side * (u - middle) > 0.5 * reach)].mean()) for side in (-1.0, 1.0)]
        return "open_ring" if min(sides) < 0.3 * max(sides) else "linear" if share < 0.34 else "ring"
    return "heterogeneous" if share > 0.45 else "patchy"


def margins(look: Look) -> str | None:
    """How frayed the lesion's wall is: the share of cells that hang by few neighbours."""
    mask = look.own(look.near, *CORE, BLOOD)
    if mask.sum() < 60:
        return None
    beside = (
        ndimage.convolve(
            mask.astype(np.uint8), ndimage.generate_binary_structure(3, 1).astype(np.uint8), mode="constant"
        )
        - 1
    )
    return "ill_defined" if float(np.mean(beside[mask] <= 3)) > FRAYED else "well_defined"


def _pole_and_flank(look: Look) -> tuple[float, float, float, float]:
    """Share of the lesion's wall that is haemosiderin at its poles (the darker) and flanks, and how thick it is there in mm."""
    dark = look.is_(look.near, "haemosiderin") & look.own(look.near, BLOOD)
    mask = look.whole
    shell = mask & ~ndimage.binary_erosion(mask, iterations=1)
    places = np.flatnonzero(mask.any(axis=(0, 1)))
    if not places.size:
        return 0.0, 0.0, 0.0, 0.0
    low, high = places[0], places[-1]
    length = max(high - low, 1)
    z = (np.arange(mask.shape[2]) - (low + high) / 2) / (length / 2)
    depth = ndimage.distance_transform_edt(mask, sampling=look.near.spacing)
    found = []
    for part in (z > 0.75, z < -0.75, np.abs(z) < 0.5):
        wall = shell & part[None, None, :]
        held = dark & part[None, None, :]
        found.append((float((dark & wall).sum() / max(wall.sum(), 1)), float(depth[held].max(initial=0.0))))
    top, bottom, flank = found
    pole = max(top, bottom)
    return pole[0], flank[0], pole[1], flank[1]


def cap_sign(look: Look) -> str | None:
    """A dark rim at a pole; None within a complete ring, which takes in the poles anyway."""
    pole, flank, _, _ = _pole_and_flank(look)
    return None if flank > 0.4 else "present" if pole > 0.4 else "absent"


def haemosiderin_ring(look: Look) -> str | None:
    """A dark rim along the flanks."""
    return "present" if _pole_and_flank(look)[1] > 0.4 else "absent"


def fat_signal(look: Look) -> str | None:
    """Fat within the lesion."""
    return (
        None
        if not look.solid.size
        else "present"
        if float(np.mean(look.solid == look.palette["fat"])) > 0.03
        else "absent"
    )


def calcification(look: Look) -> str | None:
    """Chalk within the lesion."""
    if not look.solid.size:
        return None
    return "present" if float(np.mean(look.solid == look.palette["calcification"])) > 0.01 else "absent"


def restricted_diffusion(look: Look) -> str | None:
    """Diffusion of the solid part below that of cord."""
    if look.solid.size < FEW:
        return None
    adc = np.array([tissue.adc for tissue in look.palette.tissues])
    return "present" if float(np.median(adc[look.solid])) < 0.8 * adc[look.palette["white_matter"]] else "absent"


def flow_voids(look: Look) -> str | None:
    """Dark vessels in the lesion or in the CSF."""
    return "present" if flow_void_site(look) else "absent"


def flow_void_site(look: Look) -> str | None:
    """Where dark vessels run."""
    sheet = look.scene.canal
    found = look.is_(sheet, "flow_void")
    inside = int((found & (sheet.lesion > 0)).sum()) + int(
        (look.is_(look.scene.body, "flow_void") & (look.scene.body.lesion > 0)).sum()
    )
    outside = int((found & (sheet.lesion == 0)).sum())
    if inside > FEW and outside > 40:
        return "both"
    return "intralesional" if inside > FEW else "perimedullary" if outside > 40 else None


def exophytic(look: Look) -> str | None:
    """A part of a lesion of the cord beyond the cord's outline."""
    radius = radius_in(look.scene.spine.cord, look.scene.spine, look.near)
    mask = look.whole & (look.near.anatomy == CORD)
    return "present" if int((mask & (radius > 1.12)).sum()) > 0.02 * mask.sum() else "absent"


def cleavage_plane(look: Look) -> str | None:
    """A bright line between lesion and cord, on one side or all around."""
    line = look.is_(look.near, "cleft")
    if line.sum() <= FEW:
        return "not_visible"
    u = look.near.axes[0]
    middle = float((u * look.whole).sum() / max(look.whole.sum(), 1))
    right = float((line & (u > middle)).sum() / line.sum())
    return "partial" if right > 0.85 or right < 0.15 else "visible"


def rim_flame_sign(look: Look) -> str | None:
    """A part that enhances more than the rest."""
    held = gadolinium(look)[look.solid]
    bright = held[held > 0.06]
    if bright.size < FEW:
        return None
    return "present" if float(np.mean(held > 1.6 * np.median(bright))) > 0.01 else "absent"


def target_sign(look: Look) -> str | None:
    """A heart darker on T2 than the rim around it."""
    if "lesion_heart" not in look.palette.names or not look.is_(look.near, "lesion_heart").any():
        return "absent"
    return "present" if look.relative("lesion_heart") < 0.9 * look.relative("lesion_enhancing") else "absent"


def oedema(look: Look) -> str | None:
    """Cord change beyond the lesion's ends, less or more than its length."""
    outer = span(look, (OEDEMA,), look.main.instance)
    core = (
        span(look, CORE, look.main.instance)
        or span(look, (BLOOD,), look.main.instance)
        or (look.main.low, look.main.high)
    )
    if outer is None:
        return "absent"
    beyond = max(core[0] - outer[0], 0) + max(outer[1] - core[1], 0)
    if beyond < 3:
        return "absent"
    return "extensive" if beyond > core[1] - core[0] else "limited"
