"""What lies in the spinal canal: epidural fat and veins, dura, CSF, cord with grey matter, roots and cauda equina."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.simulation.canvas import CLEAR, Field, Noise, Sheet
from thecal.simulation.physics import Palette
from thecal.simulation.spine import DISC_CODES, Profile, Spine, Tube, wander

CORD, SAC, EPIDURAL = 1, 2, 3
DURA_MM = 0.45
# How far above the atlas the canal's own sheet ends and the brainstem of the body's sheet begins, mm.
MAGNUM_MM = 11.0
# How many people keep a central canal that MRI shows; judged.
OPEN_CANAL = 0.02


@dataclass(frozen=True, eq=False)
class Root:
    """One root or fibre bundle of the cauda equina: its centre over s, and from where to where it runs in the sac."""

    u: Profile
    v: Profile
    radius: float
    top: float
    end: float
    ventral: bool


def radius_in(tube: Tube, spine: Spine, sheet: Sheet) -> Field:
    """Elliptic radius around a tube's centre: 1 on its wall, large where the tube has ended."""
    u, v, _ = sheet.axes
    centre_u, centre_v, a, b = (
        np.interp(sheet.s, spine.s, p).astype(np.float32) for p in (tube.u, tube.v, tube.a, tube.b)
    )
    gone = (a < 0.25) | (b < 0.25)
    a, b = np.where(gone, 1e-3, a), np.where(gone, 1e-3, b)
    return np.asarray(np.sqrt(((u - centre_u) / a) ** 2 + ((v - centre_v) / b) ** 2), dtype=np.float32)


def paint_canal(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, roots: list[Root]) -> None:
    """Paints everything within the bony canal onto the fine sheet, up to the foramen magnum."""
    sheet = sheet.crop(s=(-1e4, spine.level("C1").high + MAGNUM_MM * spine.scale))
    _paint_epidural(sheet, spine, palette, rng)
    in_sac = radius_in(spine.sac, spine, sheet)
    thickness = np.float32(DURA_MM) / np.maximum(np.interp(sheet.s, spine.s, spine.sac.b), 1.0).astype(np.float32)
    sheet.put((in_sac < 1 + thickness) & (in_sac < 3), palette["ligament"], EPIDURAL)
    inside = in_sac < 1
    sheet.put(inside, palette["csf"], SAC)
    _paint_flow(sheet, spine, palette, rng, inside)
    own = rng.spawn(1)[0]
    for root in [*roots, *draw_rootlets(spine, own)]:
        paint_root(sheet, spine, root, palette["nerve"])
    _paint_protrusions(sheet, spine, palette)
    paint_cord(sheet, spine, palette)
    if own.random() < OPEN_CANAL:
        _paint_central_canal(sheet, spine, palette, own)


def _paint_protrusions(sheet: Sheet, spine: Spine, palette: Palette) -> None:
    """Torn discs that stand into the canal beside the midline."""
    for level in spine.levels:
        disc = spine.discs.get(level.name)
        if disc is None or disc.protrusion is None:
            continue
        across, size = disc.protrusion[0] * spine.scale, disc.protrusion[1] * spine.scale
        middle = (level.low + level.disc_low) / 2
        part = sheet.crop(s=(middle - size - 1, middle + size + 1))
        if part.s.size == 0:
            continue
        u, v, s = part.axes
        front = spine.at(spine.canal.v + spine.canal.b, middle)
        lump = ((u - across) / (1.5 * size)) ** 2 + ((v - front - 0.2 * size) / size) ** 2 + ((s - middle) / size) ** 2
        where = (lump < 1) & (part.tissue != CLEAR)
        part.put(where, palette["disc_annulus"], spine.disc_code(level.name))
        rim = (lump >= 1) & (lump < 1.35) & (part.tissue != CLEAR) & (part.anatomy == SAC)
        part.put(rim, palette["ligament"], EPIDURAL)


def _paint_central_canal(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    """A central canal that stayed open over some segments: a thread of fluid in the middle of the cord."""
    middle = float(rng.uniform(spine.conus_tip + 60 * spine.scale, spine.level("C3").low))
    part = sheet.crop(s=(middle - rng.uniform(15, 60), middle + rng.uniform(15, 60)))
    if part.s.size == 0:
        return
    u, v, _ = part.axes
    centre_u, centre_v = (np.interp(part.s, spine.s, p).astype(np.float32) for p in (spine.cord.u, spine.cord.v))
    part.put((u - centre_u) ** 2 + (v - centre_v) ** 2 < rng.uniform(0.4, 0.75) ** 2, palette["csf"])


def _paint_epidural(sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator) -> None:
    in_canal = radius_in(spine.canal, spine, sheet)
    sheet.put(in_canal < 1, palette["fat"], EPIDURAL)
    u, v, _ = sheet.axes
    sac_front = np.interp(sheet.s, spine.s, spine.sac.v + spine.sac.b).astype(np.float32)
    veins = Noise(rng, 5.0, (-20, 20), (-20, 20), (float(sheet.s[0]), float(sheet.s[-1]))).over(sheet)
    beside = (np.abs(u) > 3.5) & (v > sac_front - 2.5) & (in_canal < 1)
    sheet.put(beside & (veins > 0.2), palette["venous_plexus"], EPIDURAL)
    # Fat fills the recess between the laminae behind the sac.
    back = np.interp(sheet.s, spine.s, spine.canal.v - spine.canal.b).astype(np.float32)
    pad = np.interp(sheet.s, spine.s, _pads(spine)).astype(np.float32)
    recess = (v < back + 1.5) & (v > back - pad) & (np.abs(u) < (v - (back - pad)) * 0.9)
    sheet.put(recess & (sheet.tissue == CLEAR), palette["fat"], EPIDURAL)


def _pads(spine: Spine) -> Profile:
    """How far the fat behind the sac reaches between two laminae, mm."""
    pads = np.zeros_like(spine.s)
    for level in spine.levels:
        if level.name not in DISC_CODES or level.name == "C2":
            continue
        size = {"C": 1.2, "T": 3.2, "L": 5.0}[level.name[0]] * spine.scale
        centre = level.low - 0.5 * (level.low - level.disc_low)
        pads = np.maximum(pads, size * np.exp(-(((spine.s - centre) / (7.0 * spine.scale)) ** 2)))
    return pads


def _paint_flow(
    sheet: Sheet, spine: Spine, palette: Palette, rng: np.random.Generator, inside: NDArray[np.bool_]
) -> None:
    """Pulsating CSF that loses signal, most behind the thoracic cord."""
    _, v, _ = sheet.axes
    span = (float(sheet.s[0]), float(sheet.s[-1]))
    field = Noise(rng, 9.0, (-20, 20), (-20, 20), span).over(sheet)
    pull = np.interp(sheet.s, [spine.level("T12").low, spine.level("T8").low, spine.level("T1").low, spine.level("C4").low],
                     [0.0, 1.0, 0.8, 0.3]).astype(np.float32)  # fmt: skip
    behind = v < np.interp(sheet.s, spine.s, spine.cord.v).astype(np.float32)
    sheet.put(inside & behind & (field * 0.55 + pull > 1.6), palette["csf_flow"])


def paint_cord(sheet: Sheet, spine: Spine, palette: Palette) -> None:
    """The cord with its white matter, the butterfly of grey matter, the fissure in front and the central canal."""
    reach = float(spine.cord.a.max()) + float(np.abs(spine.cord.u).max()) + 1
    part = sheet.crop(u=(-reach, reach))
    radius = radius_in(spine.cord, spine, part)
    part.put(radius < 1, palette["white_matter"], CORD)
    across, along = cord_coordinates(part, spine)
    ventral = ((np.abs(across) - 0.33) / 0.19) ** 2 + ((along - 0.20) / 0.33) ** 2 < 1
    slant = np.abs(across) - 0.28 - 0.30 * (-0.05 - along)
    dorsal = (np.abs(slant) < 0.085) & (along > -0.78) & (along < 0.05)
    bridge = (np.abs(across) < 0.34) & (np.abs(along - 0.02) < 0.11)
    part.put((ventral | dorsal | bridge) & (radius < 0.93), palette["grey_matter"])
    fissure = (np.abs(across) < 0.035) & (along > 0.42)
    part.put(fissure & (radius < 1), palette["csf"])


def cord_coordinates(sheet: Sheet, spine: Spine) -> tuple[Field, Field]:
    """Place in the cord's cross-section: to the right and to the front, both −1 to 1 at its wall."""
    u, v, _ = sheet.axes
    cord = spine.cord
    centre_u, centre_v, a, b = (
        np.interp(sheet.s, spine.s, p).astype(np.float32) for p in (cord.u, cord.v, cord.a, cord.b)
    )
    across, along = (u - centre_u) / np.maximum(a, 0.3), (v - centre_v) / np.maximum(b, 0.3)
    return across.astype(np.float32), along.astype(np.float32)


def draw_roots(spine: Spine, rng: np.random.Generator) -> list[Root]:
    """Roots of the cauda equina: they leave the conus, sink to the back of the sac and run to their foramen; one filum."""
    roots: list[Root] = []
    names = [f"L{n}" for n in range(1, 6)] + [f"S{n}" for n in range(1, 5)]
    for order, name in enumerate(names):
        for side in (-1.0, 1.0):
            for ventral in (True, False):
                roots.append(_draw_root(spine, rng, order, name, side, ventral))
    zero = np.zeros_like(spine.s)
    back = spine.sac.v - 0.62 * spine.sac.b
    roots.append(Root(zero + 0.3 * wander(rng, len(spine.s), 60), back, 0.5, spine.conus_tip + 4, spine.sac_end, False))
    return roots


def _draw_root(spine: Spine, rng: np.random.Generator, order: int, name: str, side: float, ventral: bool) -> Root:
    end = spine.level(name).low + (4.0 if name[0] == "L" else 12.0)
    top = spine.conus_tip + (42.0 - 4.0 * order) * spine.scale
    # Roots that leave first lie outermost, and the lowest ones next to the filum.
    spread = 0.80 - 0.075 * order + 0.04 * rng.standard_normal()
    angle = (1.15 + 0.30 * spread - (0.28 if ventral else 0.0)) * spread
    share = np.clip((top - spine.s) / max(top - spine.conus_tip, 1.0), 0, 1)
    leave = np.clip((spine.s - end) / (26.0 * spine.scale), 0, 1) ** 0.6
    drift = 0.05 * wander(rng, len(spine.s), 40)
    depth = (0.72 if not ventral else 0.52) * (1 - 0.35 * spread) + 0.05 * rng.standard_normal()
    near_u = spine.cord.u + side * np.maximum(spine.cord.a * (0.8 if ventral else 0.6), 0.6)
    near_v = spine.cord.v + (0.8 if ventral else -0.8) * np.maximum(spine.cord.b, 0.6)
    u_free = side * np.sin(angle) * spine.sac.a * 0.82 + drift * spine.sac.a
    v_free = spine.sac.v - depth * spine.sac.b + drift * spine.sac.b
    u = near_u * (1 - share) + u_free * share
    v = near_v * (1 - share) + v_free * share
    u = u * leave + side * spine.sac.a * 0.97 * (1 - leave)
    v = v * leave + spine.sac.v * (1 - leave) + 0.2 * spine.sac.b * (1 - leave)
    radius = float(np.interp(order, [0, 4, 5, 8], [0.55, 0.75, 0.7, 0.35])) * spine.scale * (0.85 if ventral else 1.0)
    return Root(u, v, radius, top, end, ventral)


def draw_rootlets(spine: Spine, rng: np.random.Generator) -> list[Root]:
    """Rootlets of cervical and thoracic nerves: from the cord's flanks down to where each nerve leaves the sac."""
    rootlets: list[Root] = []
    top = spine.level("C1").high
    for level in spine.levels:
        if level.name[0] not in "CT" or level.low < spine.conus_tip + 30 * spine.scale:
            continue
        # A segment lies the higher above its foramen the farther down it is.
        share = np.clip((top - level.low) / max(top - spine.conus_tip, 1.0), 0, 1)
        drop = (5.0 + 42.0 * float(share) ** 1.3) * spine.scale
        start = min(level.low + drop, top)
        along = np.clip((start - spine.s) / max(start - level.low, 1.0), 0, 1)
        for side in (-1.0, 1.0):
            for ventral in (True, False):
                near_u = spine.cord.u + side * 0.72 * spine.cord.a
                near_v = spine.cord.v + (0.75 if ventral else -0.75) * spine.cord.b
                far_u = spine.sac.u + side * 0.96 * spine.sac.a
                far_v = spine.sac.v + (0.12 if ventral else -0.02) * spine.sac.b
                drift = 0.04 * spine.sac.b * wander(rng, len(spine.s), 20)
                u, v = near_u * (1 - along) + far_u * along, near_v * (1 - along) + far_v * along + drift
                radius = (0.42 if level.name[0] == "T" else 0.6) * min(spine.scale, 1.0)
                rootlets.append(Root(u, v, radius, start, level.low, ventral))
    return rootlets


def paint_root(sheet: Sheet, spine: Spine, root: Root, tissue: int, *, thicker: float = 1.0, lesion: int | None = None,
               instance: int | None = None, coat_mm: float = 0.0) -> None:  # fmt: skip
    """A root as a thin strand in the sac; with coat_mm the layer around it instead of the strand."""
    part = sheet.crop(s=(root.end, root.top))
    if part.s.size == 0:
        return
    centre_u, centre_v = (np.interp(part.s, spine.s, p).astype(np.float32) for p in (root.u, root.v))
    radius = root.radius * thicker
    reach = radius + coat_mm + 0.6
    part = part.crop(u=(float(centre_u.min()) - reach, float(centre_u.max()) + reach),
                     v=(float(centre_v.min()) - reach, float(centre_v.max()) + reach))  # fmt: skip
    u, v, _ = part.axes
    distance = np.sqrt((u - centre_u) ** 2 + (v - centre_v) ** 2)
    where = (distance < radius + coat_mm) & (part.anatomy == SAC)
    if coat_mm:
        where &= distance >= radius
    part.put(where, tissue, None, lesion, instance)
