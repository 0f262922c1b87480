"""What lesions do to cord and canal: widen the cord, press on it, narrow the canal; oedema, syrinx, polar cysts, vessels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from thecal.simulation.canal import CORD, SAC, cord_coordinates
from thecal.simulation.canvas import Field, Mask, Sheet
from thecal.simulation.scene import OEDEMA, POLAR_CYST, SYRINX, Focus, Scene
from thecal.simulation.spine import Profile, Spine, Tube, wander

Direction = tuple[float, float]
TOWARDS: dict[str, Direction] = {"ventral": (0.25, 1.0), "dorsal": (0.2, -1.0), "lateral": (1.0, -0.15)}
# Fluid left between a lesion and a cord that it does not touch, in mm.
CLEAR_MM = 1.9


def direction_of(focus: Focus) -> Direction | None:
    """Unit vector (right, front) from the sac's middle to the lesion; None where it lies in the middle."""
    towards = TOWARDS.get(focus.case.signs.get("canal_position", ""))
    if towards is None:
        return None
    side = 1.0 if (focus.instance + int(focus.s * 7)) % 2 else -1.0
    length = float(np.hypot(*towards))
    return side * towards[0] / length, towards[1] / length


def half_depth(tube: Tube, spine: Spine, direction: Direction, s: float) -> float:
    """Half the depth of a tube in a direction at one place, mm."""
    return float(np.hypot(direction[0] * spine.at(tube.a, s), direction[1] * spine.at(tube.b, s)))


def swell(spine: Spine, focus: Focus, factor: float, ease_mm: float, extra_mm: float = 0.0) -> None:
    """Widens the cord's area along a lesion by a factor; the sac gives way where it must."""
    longer = replace(focus, half_mm=focus.half_mm + extra_mm)
    grow = 1 + (np.sqrt(factor) - 1) * longer.hump(spine.s, ease_mm)
    cord, sac = spine.cord, spine.sac
    a, b = cord.a * grow, cord.b * grow
    spine.cord = Tube(cord.u, cord.v, a, b)
    short_a, short_b = np.maximum(a + 0.4 - sac.a, 0), np.maximum(b + 0.4 - sac.b, 0)
    short_a, short_b = np.where(grow > 1.001, short_a, 0), np.where(grow > 1.001, short_b, 0)
    spine.sac = Tube(sac.u, sac.v, sac.a + short_a, sac.b + short_b)
    canal = spine.canal
    spine.canal = Tube(canal.u, canal.v, np.maximum(canal.a, spine.sac.a + 0.7), np.maximum(canal.b, spine.sac.b + 0.7))


def lower_cord(spine: Spine, end_s: float) -> None:
    """Draws the cord out to a lower end, as a tethered cord or a filum with substance is."""
    top = spine.level("T10").middle
    if end_s >= spine.conus_tip:
        return
    place = np.where(
        spine.s < top, spine.conus_tip + (spine.s - end_s) * (top - spine.conus_tip) / (top - end_s), spine.s
    )
    cord = spine.cord
    u, v, a, b = (np.interp(place, spine.s, profile) for profile in (cord.u, cord.v, cord.a, cord.b))
    spine.cord = Tube(u, v, a, b)
    spine.healthy_cord = spine.cord


def press(
    spine: Spine, focus: Focus, direction: Direction, room_mm: float, ease_mm: float, rng: np.random.Generator
) -> float:
    """Makes room for a lesion in the sac as far as its drawn cord compression says; returns the room it has.

    Moves the cord away, leaves fluid before it, touches it or flattens it; without a drawn state the room alone decides.
    """
    state = focus.case.signs.get("cord_compression")
    hump = focus.hump(spine.s, ease_mm)
    depth = half_depth(spine.sac, spine, direction, focus.s)
    own = half_depth(spine.cord, spine, direction, focus.s) if focus.s > spine.conus_tip + 2 else 0.0
    free = 2 * (depth - own)
    squeeze: float | None = None
    if own > 0 and state in ("absent", "contact"):
        room_mm = min(room_mm, max(free - (CLEAR_MM + 0.4 if state == "absent" else 0.3), 0.8))
    elif own > 0 and state in ("deformed", "deformed_with_t2_change"):
        squeeze = float(rng.uniform(0.55, 0.72))
        room_mm = 2 * depth - 2 * own * squeeze - 0.3
    push_cord(spine, direction, room_mm * hump, hump, squeeze, CLEAR_MM if state == "absent" else 0.0,
              touch=state not in (None, "absent"))  # fmt: skip
    return room_mm


def push_cord(
    spine: Spine, direction: Direction, room_mm: Profile, hump: Profile, squeeze: float | None = None, gap_mm: float = 0.0,
    touch: bool = False,
) -> None:  # fmt: skip
    """Moves the cord away from what takes room_mm of the sac on that side, up to a gap; flattens it where it must."""
    cord, sac = spine.cord, spine.sac
    across, along = direction
    depth = np.sqrt((across * sac.a) ** 2 + (along * sac.b) ** 2)
    own = np.maximum(np.sqrt((across * cord.a) ** 2 + (along * cord.b) ** 2), 0.1)
    fit = np.clip(np.maximum(2 * depth - room_mm, 0.2) / (2 * own) * 0.97, 0.42, 1.0)
    pressed = fit if squeeze is None else np.minimum(fit, 1 - (1 - squeeze) * hump)
    pressed = np.where(room_mm > 0.3, pressed, 1.0)
    a = np.minimum(cord.a * pressed ** (across**2 - 0.5 * along**2), np.maximum(0.97 * sac.a, 0.1))
    b = np.minimum(cord.b * pressed ** (along**2 - 0.5 * across**2), np.maximum(0.97 * sac.b, 0.1))
    own = np.sqrt((across * a) ** 2 + (along * b) ** 2)
    beside = (cord.u - sac.u) * across + (cord.v - sac.v) * along
    limit = depth - room_mm - own - gap_mm * hump
    shift = np.minimum(limit - beside, 0.0)
    if touch:
        shift = np.where(hump > 0.9, limit - beside, shift)
    spine.cord = Tube(
        cord.u + shift * across, cord.v + shift * along,
        np.where(room_mm > 0.3, a, cord.a), np.where(room_mm > 0.3, b, cord.b),
    )  # fmt: skip


def narrow(spine: Spine, s: float, state: str, rng: np.random.Generator) -> None:
    """Canal stenosis at a disc: the disc bulges from the front, the yellow ligament folds in from the back.

    state is what it does to the cord: absent leaves fluid around it, contact none, deformed flattens it.
    """
    near = np.exp(-(((spine.s - s) / 5.5) ** 2))
    own = 2 * spine.at(spine.cord.b, s) if s > spine.conus_tip + 2 else 0.0
    room = 2 * spine.at(spine.sac.b, s)
    wanted = {"absent": own + 2.6, "contact": own + 0.75}.get(state, own * float(rng.uniform(0.55, 0.68)) + 0.5)
    if own == 0.0:
        wanted = room * float(rng.uniform(0.45, 0.6))
    loss = np.maximum(room - min(wanted, 0.74 * room if state == "absent" else wanted), 0) * near
    sac, canal = spine.sac, spine.canal
    spine.sac = Tube(sac.u, sac.v - 0.15 * loss, sac.a, sac.b - loss / 2)
    spine.canal = Tube(canal.u, canal.v - 0.15 * loss, canal.a, canal.b - loss / 2)
    name = spine.level_at(s)
    spine.bulge_mm[name] = max(spine.bulge_mm.get(name, 0.0), 1.8)
    spine.disc_state[name] = 1.0


def ends(sheet: Sheet, focus: Focus, half_mm: float | None = None, middle: float | None = None) -> Field:
    """Distance from a lesion's middle along the canal, 1 at its ends."""
    _, _, s = sheet.axes
    return np.asarray((s - (focus.s if middle is None else middle)) / (half_mm or focus.half_mm), dtype=np.float32)


def paint_around(focus: Focus, scene: Scene) -> None:
    """Oedema and syrinx of the cord that belong to a lesion, whichever compartment it grows in."""
    case = focus.case
    if case.signs.get("oedema", "absent") != "absent":
        _paint_oedema(focus, scene)
    if case.is_("syrinx"):
        _paint_syrinx(focus, scene)
    if case.is_("cord_compression", "deformed_with_t2_change"):
        _paint_pressed(focus, scene)


def _paint_oedema(focus: Focus, scene: Scene) -> None:
    """Oedema beyond a lesion's ends: less than the lesion's length, or more."""
    case = focus.case
    if case.archetype == "bone":
        # A tumour of a vertebra is as long as the vertebra, and of its arch longer.
        level = scene.spine.level(scene.spine.level_at(focus.s))
        own = (level.high - level.low) / 2 + (18.0 if case.is_("canal_position", "dorsal") else 1.0)
        focus = replace(focus, half_mm=max(focus.half_mm, own))
    length = 2 * focus.half_mm
    beyond = 0.0
    if case.t2_length_segments is not None and case.length_segments > 0:
        beyond = length * (case.t2_length_segments / case.length_segments - 1) / 2
    low, high = (1.5, 0.42 * length) if case.is_("oedema", "limited") else (0.62 * length, max(1.1 * length, 60.0))
    if not low <= beyond <= high:
        beyond = float(scene.rng.uniform(low, min(high, low + 1.0 * length + 4)))
    beyond = max(beyond, 2.2)
    # Where the cord, or what is painted of it, ends on one side, the rest goes to the other.
    spine, canal = scene.spine, scene.canal
    below = max(focus.low - max(spine.conus_tip + 3, float(canal.s[0])), 0.0)
    above = max(min(spine.level("C1").high + 6, float(canal.s[-1])) - focus.high, 0.0)
    up = min(beyond, above)
    down = min(2 * beyond - up, below)
    up = min(2 * beyond - down, above)
    sheet = canal.crop(s=(focus.low - down, focus.high + up))
    if sheet.s.size == 0:
        return
    across, along = cord_coordinates(sheet, spine)
    half = (focus.high + up - focus.low + down) / 2
    wide = 0.9 if case.is_("polar_cyst") else 0.72
    reach = ((across**2 + along**2) / wide**2) + np.abs(
        ends(sheet, focus, half, (focus.low - down + focus.high + up) / 2)
    ) ** 8
    rough = 0.10 * scene.noise(5.0).over(sheet)
    where = (sheet.anatomy == CORD) & (sheet.lesion == 0) & (reach + rough < 1)
    if case.is_("cord_compression", "deformed"):
        where &= np.abs(ends(sheet, focus)) > 1
    sheet.put(where, scene.palette["oedema"], None, OEDEMA, focus.instance)


def _paint_syrinx(focus: Focus, scene: Scene) -> None:
    """A cavity in the middle of the cord from a lesion's ends onwards; the nearest cord for a lesion below it."""
    rng, spine = scene.rng, scene.spine
    start = focus.half_mm
    low, high = (start + float(rng.uniform(14, 60)) * spine.scale for _ in range(2))
    middle = max(focus.s, spine.conus_tip + 12 * spine.scale)
    sheet = scene.canal.crop(s=(middle - low - 4, middle + high + 4))
    if sheet.s.size == 0:
        return
    across, along = cord_coordinates(sheet, spine)
    out = ends(sheet, focus, 1.0, middle)
    beyond = np.where(out < 0, -out / low, out / high)
    wave = 1 + 0.2 * np.interp(sheet.s, spine.s, wander(rng, len(spine.s), 8))[None, None, :]
    where = (sheet.anatomy == CORD) & ((across / 0.5) ** 2 + (along / 0.45) ** 2 + beyond**6 < wave)
    sheet.put(where, scene.palette["cyst_clear"], None, SYRINX, focus.instance)


def _paint_pressed(focus: Focus, scene: Scene) -> None:
    """Bright cord on T2 where it is pressed."""
    sheet = scene.canal.crop(s=(focus.low - 2, focus.high + 2))
    across, along = cord_coordinates(sheet, scene.spine)
    long = max(0.8 * focus.half_mm, 2.5)
    where = (across**2 + along**2) / 0.6 + np.abs(ends(sheet, focus, long)) ** 4 < 1
    sheet.put(
        where & (sheet.anatomy == CORD) & (sheet.lesion == 0), scene.palette["oedema"], None, OEDEMA, focus.instance
    )


def paint_polar_cysts(focus: Focus, scene: Scene, room: int = CORD) -> None:
    """Cysts that cap one pole of a lesion or both, in the cord or in the sac."""
    if not focus.case.is_("polar_cyst"):
        return
    rng, spine = scene.rng, scene.spine
    filling = "cyst_clear" if rng.random() < 0.5 else "cyst_protein"
    for pole in ((-1.0, 1.0), (-1.0,), (1.0,))[int(rng.integers(3))]:
        half = float(np.clip(rng.uniform(0.35, 0.7) * focus.half_mm, 4, 16))
        middle = focus.s + pole * (focus.half_mm + 0.6 * half)
        sheet = scene.canal.crop(s=(middle - half - 1, middle + half + 1))
        if sheet.s.size == 0:
            continue
        if room == CORD:
            across, along = cord_coordinates(sheet, spine)
            ball = scene.radius(across / 0.62, along / 0.62, ends(sheet, focus, half, middle))
        else:
            ball = scene.radius(
                *beside(sheet, focus, spine, 0.55 * spine.at(spine.sac.b, focus.s)), ends(sheet, focus, half, middle)
            )
        sheet.put((sheet.anatomy == room) & (ball < 1), scene.palette[filling], None, POLAR_CYST, focus.instance)


def beside(sheet: Sheet, focus: Focus, spine: Spine, radius: float) -> tuple[Field, Field]:
    """Coordinates across and along, −1 to 1 over a ball of that radius that lies against the sac on the lesion's side."""
    direction = direction_of(focus) or (0.0, 0.0)
    depth = half_depth(spine.sac, spine, direction, focus.s) if direction != (0.0, 0.0) else 0.0
    out = max(depth - 0.9 * radius, 0.0)
    u, v, _ = sheet.axes
    centre_u, centre_v = (
        spine.at(spine.sac.u, focus.s) + out * direction[0],
        spine.at(spine.sac.v, focus.s) + out * direction[1],
    )
    return ((u - centre_u) / radius).astype(np.float32), ((v - centre_v) / radius).astype(np.float32)


def paint_voids(focus: Focus, scene: Scene) -> None:
    """Dark winding vessels in the CSF behind the cord, along the lesion and beyond."""
    if not focus.case.is_("flow_voids") or focus.case.is_("flow_void_site", "intralesional"):
        return
    spine, rng = scene.spine, scene.rng
    reach = focus.half_mm + float(rng.uniform(25, 70))
    for _ in range(int(rng.integers(2, 5))):
        part = scene.canal.crop(
            s=(focus.s - reach * float(rng.uniform(0.6, 1)), focus.s + reach * float(rng.uniform(0.6, 1)))
        )
        sway, bob = (wander(rng, len(spine.s), 8) for _ in range(2))
        girth = np.interp(part.s, spine.s, 1 + 0.3 * np.clip(wander(rng, len(spine.s), 10), -1.5, 1.5))
        u, v, _ = part.axes
        centre_u = np.interp(part.s, spine.s, spine.cord.u + 0.55 * spine.sac.a * np.clip(sway, -1, 1))
        gap = np.maximum((spine.cord.v - spine.cord.b) - (spine.sac.v - spine.sac.b), 1.4)
        centre_v = np.interp(part.s, spine.s, spine.cord.v - spine.cord.b - gap * (0.45 + 0.25 * np.clip(bob, -1, 1)))
        wall = float(rng.uniform(0.6, 0.95))
        tube: Mask = (u - centre_u) ** 2 + (v - centre_v) ** 2 < (wall * girth) ** 2
        part.put(tube & (part.anatomy == SAC) & (part.lesion == 0), scene.palette["flow_void"])
