"""Signs of where a lesion lies and of what it does to what is around it, measured on the painted sheets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.simulation.canal import CORD, EPIDURAL, SAC, cord_coordinates, radius_in
from thecal.simulation.canvas import Mask
from thecal.simulation.cordwork import TOWARDS
from thecal.simulation.intramedullary import TERRITORIES
from thecal.simulation.look import CONTACT_MM, CORE, DEFORMED, EXPANDED, FEW, NARROW_MM, SOLIDS, Look, gadolinium
from thecal.simulation.scene import (
    BLOOD,
    COATING,
    CORD_CHANGE,
    ENHANCING,
    EXTRADURAL,
    OEDEMA,
    SOLID,
    SYRINX,
    TUMOUR_CYST,
)
from thecal.simulation.spine import Tube


def _centre(look: Look) -> tuple[float, float] | None:
    across, along = cord_coordinates(look.near, look.scene.spine)
    mask = look.own(look.near, *SOLIDS, TUMOUR_CYST) & (np.abs(across) < 1.1) & (np.abs(along) < 1.1)
    if mask.sum() < FEW:
        return None
    return float((across * mask).sum() / mask.sum()), float((along * mask).sum() / mask.sum())


def axial_position(look: Look) -> str | None:
    """Whether the lesion's middle lies in the cord's."""
    centre = _centre(look)
    if centre is None or look.main.case.archetype == "plaque":
        return None
    return "central" if float(np.hypot(*centre)) < 0.17 else "eccentric"


def axial_territory(look: Look) -> str | None:
    """The territory that a lesion without a mass fills best."""
    if look.main.case.archetype != "plaque":
        return None
    half = look.main.half_mm * 0.5
    sheet = look.near.crop(s=(look.main.s - half, look.main.s + half))
    across, along = cord_coordinates(sheet, look.scene.spine)
    mask, cord = look.own(sheet, *SOLIDS, TUMOUR_CYST, BLOOD), sheet.anatomy == CORD
    if mask.sum() < FEW:
        return None
    fits: dict[str, float] = {}
    for name, section in TERRITORIES.items():
        for side in (-1.0, 1.0):
            place = (section(across * side, along) < 1) & cord
            fits[name] = max(fits.get(name, 0.0), 2.0 * float((mask & place).sum()) / float(mask.sum() + place.sum()))
    return max(fits, key=lambda name: fits[name])


def canal_position(look: Look) -> str | None:
    """On which side of the sac's middle the lesion lies."""
    sheet, spine = look.near, look.scene.spine
    mask = look.own(sheet, *CORE, BLOOD)
    if mask.sum() < FEW or foraminal_extension(look) == "present":
        return None
    u, v, _ = sheet.axes
    centre_u, centre_v = (np.interp(sheet.s, spine.s, profile) for profile in (spine.canal.u, spine.canal.v))
    du, dv = float(((u - centre_u) * mask).sum() / mask.sum()), float(((v - centre_v) * mask).sum() / mask.sum())
    return max(
        TOWARDS, key=lambda name: (abs(du) * TOWARDS[name][0] + dv * TOWARDS[name][1]) / np.hypot(*TOWARDS[name])
    )


def _along(look: Look) -> tuple[Tube, Tube, Mask]:
    spine, focus = look.scene.spine, look.main
    assert spine.healthy_cord is not None
    here = (spine.s >= focus.low - 1) & (spine.s <= focus.high + 1) & (spine.healthy_cord.area > 8 * spine.scale**2)
    return spine.cord, spine.healthy_cord, here


def cord_expansion(look: Look) -> str | None:
    """Whether the cord is wider than it was without the lesion."""
    now, before, here = _along(look)
    return "present" if here.any() and float((now.area[here] / before.area[here]).max()) > EXPANDED else "absent"


def cord_compression(look: Look) -> str | None:
    """Whether a lesion outside the cord, or a narrow canal, touches it, changes its shape, or its signal."""
    now, before, here = _along(look)
    case = look.main.case
    if not here.any() or case.archetype in ("intramedullary_mass", "coating"):
        return None
    shape = np.abs(np.log((now.b[here] / now.a[here]) / (before.b[here] / before.a[here])))
    if float(shape.max()) > np.log(DEFORMED) or float((now.area[here] / before.area[here]).min()) < 1 / DEFORMED:
        part = look.near.crop(s=(look.main.low, look.main.high))
        changed = np.isin(part.lesion, (OEDEMA, CORD_CHANGE)) & (part.anatomy == CORD)
        middle = np.abs(part.s - look.main.s) < max(0.7 * look.main.half_mm, 2.5)
        return "deformed_with_t2_change" if changed[:, :, middle].sum() > FEW else "deformed"
    if case.archetype in ("plaque", "web"):
        spine = look.scene.spine
        return "contact" if float(2 * (spine.sac.b - now.b)[here].min()) < NARROW_MM else "absent"
    sheet = look.near.crop(s=(look.main.low, look.main.high))
    away = ndimage.distance_transform_edt(sheet.anatomy != CORD, sampling=sheet.spacing)
    touching = (away < CONTACT_MM) & (away > 0) & np.isin(sheet.lesion, (*CORE, BLOOD))
    return "contact" if int(touching.sum()) > FEW else "absent"


def siderosis_or_subarachnoid_blood(look: Look) -> str | None:
    """Haemosiderin on the cord away from the lesion."""
    sheet = look.scene.canal
    return "present" if int((look.is_(sheet, "haemosiderin") & (sheet.lesion == 0)).sum()) > 200 else "absent"


def dural_base(look: Look) -> str | None:
    """Lesion along the dura beyond the lesion's bulk."""
    if look.main.case.archetype not in ("nodule", "cyst"):
        return None
    sheet, spine = look.near, look.scene.spine
    wall = radius_in(spine.sac, spine, sheet)
    bulk = look.whole.sum(axis=(0, 1))
    ends_ = np.flatnonzero(bulk > 0.3 * bulk.max(initial=1))
    if not ends_.size:
        return None
    inner = (np.arange(len(sheet.s)) >= ends_[0] - 1) & (np.arange(len(sheet.s)) <= ends_[-1] + 1)
    tail = look.own(sheet, ENHANCING, SOLID, EXTRADURAL) & (np.abs(wall - 1) < 0.22) & ~inner[None, None, :]
    return "present" if int(tail.sum()) > 20 else "absent"


def foraminal_extension(look: Look) -> str | None:
    """Lesion beside the canal, beyond the foramen."""
    body, spine = look.scene.body, look.scene.spine
    u, v, _ = body.axes
    wide = np.interp(body.s, spine.s, spine.canal.a)
    beyond = (np.abs(u) > wide + 3) & (np.abs(u) < wide + 20)
    level = look.own(body, *CORE) & beyond & (body.anatomy == 0) & (v > -6) & (v < 14)
    return "present" if int(level.sum()) > FEW else "absent"


def bone_remodelling(look: Look) -> str | None:
    """A canal wider at the lesion than it was before."""
    spine, focus = look.scene.spine, look.main
    assert look.scene.usual_canal is not None
    wider = spine.at(spine.canal.area, focus.s) / spine.at(look.scene.usual_canal.area, focus.s)
    return "present" if wider > 1.25 else "absent"


def bone_destruction(look: Look) -> str | None:
    """Lesion of a vertebra that has lost its shell."""
    body = look.scene.body
    vertebra = (body.anatomy > 10) & (body.anatomy <= 50)
    own = look.own(body, *CORE) & vertebra
    bare = ndimage.binary_dilation(own) & ~vertebra & ~look.is_(body, "bone")
    return "present" if int(bare.sum()) > 0.5 * own.sum() and own.sum() > 30 else "absent"


def vertebral_lesion(look: Look) -> str | None:
    """Lesion of a vertebra other than the main lesion's."""
    body = look.scene.body
    other = (body.anatomy > 10) & (body.anatomy <= 50) & (body.lesion > 0)
    other &= ~np.isin(body.instance, [focus.instance for focus in look.foci])
    return "present" if int(other.sum()) > FEW else "absent"


def dysraphism(look: Look) -> str | None:
    """Vertebrae of the lower back without an arch in the midline."""
    body, spine = look.scene.body, look.scene.spine
    open_, seen = 0, 0
    for level in spine.levels:
        if not (body.s[0] + 10 < level.middle < body.s[-1] - 10) or level.name in ("C1", "S3", "S4", "S5"):
            continue
        part = body.crop(
            u=(-2.5, 2.5),
            v=(-70, spine.at(spine.canal.v - spine.canal.b, level.middle)),
            s=(level.disc_low, level.high),
        )
        seen += 1
        open_ += int((part.anatomy >= 11).sum()) < 4
    return None if not seen else "present" if open_ else "absent"


def pachymeningeal_enhancement(look: Look) -> str | None:
    """Dura that takes up contrast."""
    gd = gadolinium(look)[look.scene.canal.tissue] > 0.2
    spine, sheet = look.scene.spine, look.scene.canal
    wall = radius_in(spine.sac, spine, sheet)
    held = gd & (sheet.lesion == 0) & (sheet.anatomy == EPIDURAL) & (wall < 1.25) & ~look.is_(sheet, "venous_plexus")
    return "present" if int(held.sum()) > 100 else "absent"


def _roots(look: Look) -> tuple[NDArray[np.float64], ...] | None:
    """For each place along the cauda equina's sac: area of roots in mm², their mean distance from the middle, CSF or not."""
    spine = look.scene.spine
    sheet = look.scene.canal.crop(s=(spine.sac_end + 30, spine.conus_tip - 12))
    if len(sheet.s) < 12:
        return None
    radius = radius_in(spine.sac, spine, sheet)
    root = (look.is_(sheet, "nerve") | (sheet.lesion == COATING)) & (radius < 1)
    area = root.sum(axis=(0, 1)) * sheet.spacing[0] * sheet.spacing[1]
    spread = (radius * root).sum(axis=(0, 1)) / np.maximum(root.sum(axis=(0, 1)), 1)
    usual = sum(np.pi * root_.radius**2 * ((sheet.s > root_.end) & (sheet.s < root_.top)) for root_ in look.scene.roots)
    return np.asarray(area, float), np.asarray(spread, float), np.asarray(usual, float)


def nerve_root_thickening(look: Look) -> str | None:
    """Roots of the cauda equina that take up more room than they should."""
    told = _roots(look)
    if told is None:
        return None
    area, _, usual = told
    return "present" if float(area.sum() / max(usual.sum(), 1.0)) > 1.4 else "absent"


def nerve_root_clumping(look: Look) -> str | None:
    """Roots of the cauda equina in the middle of the sac, or on its wall."""
    told = _roots(look)
    if told is None:
        return None
    spread = float(np.median(told[1][told[0] > 0])) if (told[0] > 0).any() else 0.7
    return "central" if spread < 0.42 else "peripheral" if spread > 0.80 else "absent"


def nerve_root_enhancement(look: Look) -> str | None:
    """Which roots of the cauda equina enhance."""
    spine, sheet = look.scene.spine, look.scene.canal
    places = np.arange(max(spine.sac_end + 40, float(sheet.s[0]) + 5), spine.conus_tip - 10, 4.0)
    if places.size < 3:
        return None
    gd = gadolinium(look)
    found: dict[bool, list[bool]] = {True: [], False: []}
    for root in look.scene.roots[:-1]:
        for s in places[(places > root.end + 6) & (places < root.top - 4)]:
            at = [int(np.argmin(np.abs(axis - value))) for axis, value in
                  ((sheet.u, spine.at(root.u, s)), (sheet.v, spine.at(root.v, s)), (sheet.s, s))]  # fmt: skip
            if sheet.anatomy[tuple(at)] == SAC:
                found[root.ventral].append(bool(gd[sheet.tissue[tuple(at)]] > 0.06))
    ventral, dorsal = (float(np.mean(found[side])) if found[side] else 0.0 for side in (True, False))
    if max(ventral, dorsal) < 0.3:
        return "absent"
    return "both" if min(ventral, dorsal) > 0.5 * max(ventral, dorsal) else "ventral" if ventral > dorsal else "dorsal"


def leptomeningeal_pattern(look: Look) -> str | None:
    """Layers and deposits on cord and roots."""
    sheet, spine = look.scene.canal, look.scene.spine
    coated = sheet.lesion == COATING
    rind = np.interp(sheet.s, spine.s, np.minimum(spine.cord.a, spine.cord.b))
    above = sheet.s > spine.conus_tip + 46 * spine.scale
    layer = int((coated & above & (radius_in(spine.cord, spine, sheet) < 1 + 2.0 / np.maximum(rind, 1.0))).sum()) > 60
    lumps = look.is_(sheet, "coat") & (sheet.lesion == ENHANCING)
    if look.main.case.archetype == "coating":
        lumps = lumps | np.isin(sheet.lesion, (ENHANCING, SOLID))
    lump = int(lumps.sum()) > FEW
    if coated.any() and not layer:
        return None
    return "mixed" if layer and lump else "diffuse" if layer else "nodular" if lump else "none"


def second_compartment(look: Look) -> str | None:
    """Where else the main lesion grows."""
    home, canal = look.main.case.compartment, look.scene.canal
    if foraminal_extension(look) == "present" or look.main.case.archetype in ("coating", "web"):
        return None
    sac = radius_in(look.scene.spine.sac, look.scene.spine, canal) < 1
    own = look.own(canal, *CORE)
    cord = radius_in(look.scene.spine.cord, look.scene.spine, canal) < 0.95
    parts = {"intramedullary": own & cord & sac, "intradural_extramedullary": own & sac & ~cord & (canal.anatomy == SAC),
             "extradural": own & ~sac & (canal.anatomy == EPIDURAL)}  # fmt: skip
    body, spine = look.scene.body, look.scene.spine
    far = np.abs(body.axes[0]) > np.interp(body.s, spine.s, spine.canal.a) + 24
    parts["paraspinal"] = look.own(body, *CORE) & far
    counts = {name: int(mask.sum()) for name, mask in parts.items() if name != home}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > 25 else "none"


def lesion_count(look: Look) -> str | None:
    """Whether more than one lesion stands apart."""
    canal = look.scene.canal
    found = np.isin(canal.lesion, (*CORE, BLOOD, COATING, SYRINX)) & ~look.is_(canal, "coat")
    if look.main.case.archetype == "coating":
        _, lumps = ndimage.label(found & (canal.lesion != COATING))
        return "multiple" if lumps + bool((canal.lesion == COATING).any()) > 1 else "single"
    return "multiple" if len(set(np.unique(canal.instance[found]).tolist()) - {0}) > 1 else "single"


def compartment(look: Look) -> str | None:
    """Where most of the main lesion lies."""
    canal, spine = look.scene.canal, look.scene.spine
    if look.main.case.archetype == "web" or foraminal_extension(look) == "present":
        return None
    own = look.own(canal, *CORE, BLOOD, COATING, SYRINX)
    cord = own & (canal.anatomy == CORD)
    sac = own & (radius_in(spine.sac, spine, canal) < 1) & (canal.anatomy != CORD)
    outside = int(look.own(look.scene.body, *CORE).sum()) * 6 + int((own & ~cord & ~sac).sum())
    counts = {"intramedullary": int(cord.sum()), "intradural_extramedullary": int(sac.sum()), "extradural": outside}
    return max(counts, key=lambda name: counts[name]) if sum(counts.values()) > FEW else None
