"""A crop of a spine painted as layers: which tissue, how much of each voxel, in what order. Contrast comes later.

Layers keep the share of a voxel that a tissue fills, so that edges are as soft as a scanner shows them and the truth (a voxel
belongs to what fills more than half of it) encloses an honest area.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.spine import S_MM, STEP_MM, Law, Spine

F = NDArray[np.float32]
TISSUES = (
    "air", "csf", "csf_flow", "white", "grey", "root", "ganglion", "fat", "fat2", "marrow", "marrow2", "cortex", "dura",
    "flavum", "nucleus", "annulus", "muscle", "muscle2", "blood", "void", "plexus", "organ", "organ2", "skin", "mucosa",
    "lung", "brain_white", "brain_grey", "tumour", "tumour2", "cyst", "oedema", "plaque", "haemosiderin", "bleeding", "mass",
    "mass2", "mass3", "epidural_mass", "coat",
)  # fmt: skip
T = {name: number for number, name in enumerate(TISSUES)}
BACKGROUND, CORD, SAC, BODY, DISC, SACRUM = range(6)
CLASSES = ("background", "cord", "sac", "body", "disc", "sacrum")
Layer = tuple[NDArray[np.intp] | None, F, int]


@dataclass
class Scene:
    """Layers of one crop, its truth, where the truth counts, and the noise its textures are made of."""

    shape: tuple[int, int, int]
    layers: list[Layer] = field(default_factory=list)
    truth: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    counts: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    base: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    coarse: F = field(default_factory=lambda: np.zeros(0, np.float32))

    def put(self, where: NDArray[np.intp] | None, share: F, tissue: str, code: int | None = None) -> None:
        """Lays a tissue over what is there; where are flat indices, None for all voxels."""
        if where is not None:
            keep = share > 0.02
            where, share = where[keep], share[keep]
        self.layers.append((where, share.astype(np.float32), T[tissue]))
        if code is not None:
            inside = share > 0.5
            self.truth[inside if where is None else where[inside]] = code

    def image(self, signal: F, texture: F, fine: F) -> F:
        """The crop as a sequence shows it: signal per tissue, texture its relative roughness (coarse and fine)."""
        out = signal[self.base] * (1 + texture[self.base] * (0.7 * self.coarse + 0.5 * fine))
        for where, share, tissue in self.layers:
            rough = texture[tissue]
            if where is None:
                value = signal[tissue] * (1 + rough * (0.7 * self.coarse + 0.5 * fine))
                out += share * (value - out)
            else:
                value = signal[tissue] * (1 + rough * (0.7 * self.coarse[where] + 0.5 * fine[where]))
                out[where] += share * (value - out[where])
        return np.asarray(np.maximum(out, 0).reshape(self.shape), np.float32)


def noise(rng: np.random.Generator, shape: tuple[int, int, int], every: float) -> F:
    """Smooth noise of unit spread with detail of about `every` voxels, flat."""
    small = [max(2, int(np.ceil(n / every)) + 2) for n in shape]
    field_ = rng.standard_normal(small, dtype=np.float32)
    for axis, n in enumerate(shape):
        place = np.linspace(0, 1, n) * (n / every) + rng.uniform(0, 1)
        low = np.clip(place.astype(int), 0, small[axis] - 2)
        weight = (place - low).astype(np.float32)
        view = [1, 1, 1]
        view[axis] = n
        w = weight.reshape(view)
        field_ = np.take(field_, low, axis) * (1 - w) + np.take(field_, low + 1, axis) * w
    return np.asarray(field_.ravel() / 0.6, dtype=np.float32)


def soft(depth: NDArray[Any], edge: float) -> F:
    """Share of a voxel inside a surface that lies `depth` mm deeper than its centre; edge is a voxel's width in mm."""
    return np.asarray(np.clip(depth / edge + 0.5, 0, 1), np.float32)


def place(
    shape: tuple[int, int, int], spacing: float, turn: NDArray[Any], scale: float, centre: NDArray[Any]
) -> tuple[F, F, F]:
    """Position in the body, mm, of every voxel of a crop turned and scaled about a centre."""
    axes = [(np.arange(n, dtype=np.float32) - (n - 1) / 2) * spacing * scale for n in shape]
    out = []
    for row in range(3):
        value = (
            (turn[row, 0] * axes[0])[:, None, None]
            + (turn[row, 1] * axes[1])[None, :, None]
            + (turn[row, 2] * axes[2])[None, None]
        )
        out.append((value + centre[row]).astype(np.float32).ravel())
    return out[0], out[1], out[2]


def along_spine(spine: Spine, x: F, y: F, z: F) -> tuple[F, F, F]:
    """Coordinates u (right), v (front), s (along) that follow the bent spine, of positions in the body."""
    slope_x, slope_y = np.gradient(spine.x, STEP_MM), np.gradient(spine.y, STEP_MM)
    length = np.sqrt(1 + slope_x**2 + slope_y**2)
    tx, ty, tz = (np.asarray(part, np.float32) for part in (slope_x / length, slope_y / length, 1 / length))
    s = z
    for _ in range(2):
        k = _index(s)
        s = z + np.clip(((y - spine.y[k]) * ty[k] + (x - spine.x[k]) * tx[k]) * tz[k], -22, 22)
    k = _index(s)
    u, v = x - spine.x[k], (y - spine.y[k]) / np.maximum(tz[k], 0.5)
    return np.asarray(u, np.float32), np.asarray(v, np.float32), np.asarray(s, np.float32)


def _index(s: F) -> NDArray[np.intp]:
    return np.asarray(np.clip((s - S_MM[0]) * (1 / STEP_MM) + 0.5, 0, len(S_MM) - 1), np.intp)


class Painter:
    """Paints one crop of one spine."""

    def __init__(self, rng: np.random.Generator, law: Law, spine: Spine, shape: tuple[int, int, int], spacing: float,
                 turn: NDArray[Any], scale: float, centre: NDArray[Any]) -> None:  # fmt: skip
        self.rng, self.law, self.spine = rng, law, spine
        self.u, self.v, self.s = along_spine(spine, *place(shape, spacing, turn, scale, centre))
        self.k = _index(self.s)
        self.edge = spacing * scale
        size = int(np.prod(shape))
        self.scene = Scene(shape, truth=np.zeros(size, np.uint8), counts=np.ones(size, bool))
        self.scene.coarse = noise(rng, shape, float(rng.uniform(3, 9)))
        self.blobs = noise(rng, shape, float(rng.uniform(8, 24)) / spacing)

    def on(self, name: str, where: NDArray[np.intp] | None = None) -> F:
        """A profile at the voxels."""
        k = self.k if where is None else self.k[where]
        return self.spine.profiles[name][k]

    def paint(self) -> Scene:
        """All layers from the outside in."""
        self._soft_tissue()
        near = np.flatnonzero((np.abs(self.u) < 60) & (self.v < 65) & (self.v > -60))
        if near.size:
            self._column(near)
            self._arch(near)
        self._vessels()
        canal = np.flatnonzero((np.abs(self.u) < 24) & (np.abs(self.v) < 19))
        if canal.size:
            self._canal(canal)
        self._head()
        return self.scene

    def _soft_tissue(self) -> None:
        rng, scene = self.rng, self.scene
        front = self.on("canal_b") + self.on("body_depth")
        base = np.full(self.u.shape, T["muscle"], np.uint8)
        streak = rng.uniform(0.05, 0.5)
        base[np.abs(self.blobs) < streak] = T["fat"]
        base[self.blobs > rng.uniform(0.6, 2.0)] = T["muscle2"]
        ahead = self.v > front + rng.uniform(-4, 3)
        if rng.random() < 0.8:
            kinds = [T[name] for name in ("organ", "organ2", "fat", "fat2", "mucosa", "muscle", "lung", "blood", "air")]
            cuts = np.sort(rng.normal(0, 0.9, 5))
            chosen = np.array(rng.choice(kinds, 6), np.uint8)
            base = np.where(ahead, chosen[np.searchsorted(cuts, self.blobs)], base)
        if rng.random() < 0.5:
            base[(np.abs(self.u) < rng.uniform(1, 3)) & (self.v < -self.on("canal_b"))] = T["fat"]
        back, thick = rng.uniform(38, 75), rng.uniform(3, 25)
        depth = self.v + back + 4 * np.cos(self.s / rng.uniform(30, 80)) + 0.002 * self.u**2
        base[depth < thick] = T["fat2"]
        base[depth < 2.0] = T["skin"]
        base[depth < 0] = T["air"]
        scene.base = base

    def _levels(self, s: F) -> tuple[NDArray[np.intp], F, F]:
        """Index of the level (its body and the disc below it), height above the body's foot, and depth within the body."""
        index = np.clip(np.searchsorted(-self.spine.high, -s, side="right") - 1, 0, len(self.spine.high) - 1)
        low, high = self.spine.low[index].astype(np.float32), self.spine.high[index].astype(np.float32)
        return index, s - low, np.minimum(s - low, high - s)

    def _column(self, near: NDArray[np.intp]) -> None:
        rng = self.rng
        u, v, s = self.u[near], self.v[near], self.s[near]
        canal_b, depth, half = self.on("canal_b", near), self.on("body_depth", near), self.on("body_a", near)
        index, up, inner = self._levels(s)
        tall = np.maximum(self.spine.high[index] - self.spine.low[index], 1).astype(np.float32)
        waist = 1 - rng.uniform(0.03, 0.14) * np.sin(np.pi * np.clip(up / tall, 0, 1)) * (up > 0)
        p = rng.uniform(2.1, 3.4)
        middle = canal_b + rng.uniform(0.3, 1.5) + depth / 2
        q = (np.abs(u / (half * waist)) ** p + np.abs((v - middle) / (depth / 2 * waist)) ** p) ** (1 / p)
        radial = (1 / np.maximum(q, 0.05) - 1) * np.minimum(np.hypot(u, v - middle), half)
        bulge = self.on("bulge", near) * (v < middle)
        wedge = rng.normal(0, 0.05) * (v - middle)
        sacral = index >= 23
        top_of_neck = s > self.spine.high[0]
        bone_depth = np.where(top_of_neck, -9, np.minimum(radial, inner + wedge * 0.3))
        disc_depth = np.where(top_of_neck | sacral, -9, np.minimum(radial + bulge + rng.uniform(-1.5, 1), -inner + 0.6))
        edge = self.edge
        rim = rng.uniform(0.5, 2.0)
        self.scene.put(near, soft(radial + rng.uniform(0.8, 2.5), edge) * ~top_of_neck, "dura")
        self.scene.put(near, soft(disc_depth, edge), "annulus", DISC)
        worn = rng.random(28) < rng.uniform(0, 0.8)
        core = np.minimum(radial - rng.uniform(1.5, 4), -inner - 0.4) * 1.0
        self.scene.put(near, soft(core, edge) * (disc_depth > 0) * ~worn[index], "nucleus")
        self.scene.put(near, soft(np.where(sacral, -9, bone_depth), edge), "cortex", BODY)
        if sacral.any():
            wing = (1 / np.maximum(q, 0.05) - 1) * np.hypot(u, v - middle)
            lateral = np.minimum(rng.uniform(30, 50) - np.abs(u), np.minimum(v + canal_b, middle + depth / 2 - v))
            whole = np.where(sacral, np.maximum(wing, lateral * (index < 26)), -9)
            whole = np.minimum(whole, self.spine.high[23] - s)
            self.scene.put(near, soft(whole, edge), "cortex", SACRUM)
            self.scene.put(near, soft(whole - rim, edge), "marrow", None)
            self.scene.put(near, soft(np.minimum(radial, -inner + 0.3), edge) * sacral * 0.8, "annulus")
        marrow = "marrow2" if rng.random() < 0.3 else "marrow"
        self.scene.put(near, soft(np.where(sacral, -9, np.minimum(radial - rim, inner - rim * 0.7)), edge), marrow)
        if rng.random() < 0.5:
            vein = np.minimum(1.2 - np.abs(up - tall / 2), 7 - np.abs(u)) - np.maximum(v - middle, 0)
            self.scene.put(near, soft(np.minimum(vein, bone_depth), edge), "plexus")
        if rng.random() < 0.2:
            bad = int(rng.integers(0, 23))
            self.scene.put(
                near, soft(np.where(index == bad, np.minimum(radial - rim, inner - rim), -9), edge), "epidural_mass"
            )
        self._dens(near, u, v, s, canal_b, edge)

    def _dens(self, near: NDArray[np.intp], u: F, v: F, s: F, canal_b: F, edge: float) -> None:
        if s.max() < self.spine.high[0] - 5:
            return
        size = self.spine.numbers["size"]
        up = s - self.spine.high[0]
        middle = canal_b + 6.0 * size
        peg = np.minimum(5.2 * size - np.hypot(u, v - middle) + 0.06 * up, 16 * size - up)
        peg = np.where(up > -3, peg, -9)
        self.scene.put(near, soft(peg, edge), "cortex", BODY)
        self.scene.put(near, soft(peg - 1.2, edge), "marrow")
        arch = np.minimum(3.2 * size - np.hypot(v - middle - 9 * size, (up - 9 * size) * 0.7), 11 * size - np.abs(u))
        beside = np.minimum(
            7 * size - np.abs(np.abs(u) - 20 * size),
            np.minimum(9 * size - np.abs(v - canal_b * 0.4), 8 * size - np.abs(up - 6 * size)),
        )
        rear = np.minimum(
            3.5 * size - np.hypot(v + canal_b * 1.1 + 5 * size + 0.03 * u**2, (up - 6 * size) * 0.8),
            22 * size - np.abs(u),
        )
        ring = np.maximum(np.maximum(arch, beside), rear)
        self.scene.put(near, soft(ring, edge), "cortex")
        self.scene.put(near, soft(ring - 1.2, edge), "marrow")

    def _arch(self, near: NDArray[np.intp]) -> None:
        """Pedicles, laminae, spinous, articular and transverse processes, yellow ligament, foramina."""
        rng, size, edge = self.rng, self.spine.numbers["size"], self.edge
        u, v, s = self.u[near], self.v[near], self.s[near]
        a, b = self.on("canal_a", near), self.on("canal_b", near)
        index, up, _ = self._levels(s + rng.uniform(0, 0.6) * np.maximum(-b - v, 0))
        pitch = (self.spine.high - np.append(self.spine.high[1:], self.spine.high[-1] - 18)).astype(np.float32)[index]
        phase = up / pitch
        outside = (np.hypot(u / a, v / b) - 1) * b
        thick = rng.uniform(3.5, 7) * size
        lamina = np.minimum(
            np.minimum(outside, thick - outside), (rng.uniform(0.25, 0.42) - np.abs(phase - 0.3)) * pitch
        )
        lamina = np.where(v < -0.15 * b, lamina, -9)
        long = np.where(index < 4, 16, np.where(index < 6, 28, 32)) * size * rng.uniform(0.8, 1.1)
        behind = -b - v - 2
        spinous = np.minimum(
            np.minimum(behind, long - behind),
            np.minimum(rng.uniform(2.2, 4.2) - np.abs(u), (rng.uniform(0.22, 0.4) - np.abs(phase - 0.25)) * pitch),
        )
        pedicle = np.minimum(
            np.minimum(np.abs(u) - a, a + rng.uniform(5, 9) * size - np.abs(u)), (0.24 - np.abs(phase - 0.6)) * pitch
        )
        pedicle = np.minimum(pedicle, np.minimum(v + 0.5 * b, b + 6 - v))
        out = np.abs(u) - a
        facet = np.minimum(
            np.minimum(out - 1, rng.uniform(11, 16) * size - out), rng.uniform(5, 9) * size - np.abs(v + b * 0.5)
        )
        joint = np.abs(up - 0.5 * (v + b * 0.5) - rng.uniform(0.0, 0.2) * pitch)
        facet = np.minimum(facet, joint - 0.8)
        wings = np.minimum(
            np.minimum(out - 6, rng.uniform(18, 34) * size - out),
            4 * size - np.hypot(v - 2, (phase - 0.55) * pitch * 0.8),
        )
        bone = np.maximum.reduce([lamina, spinous, pedicle, facet, wings])
        bone = np.where(s > self.spine.high[0] + 2, -9, np.minimum(bone, outside + 0.3))
        bone = np.where(self.scene.truth[near] > 0, -9, bone)
        foramen = np.minimum(
            np.minimum(out + 1, 12 - out), 0.3 * pitch - np.hypot(v - b * 0.5, up - rng.uniform(-2, 2))
        )
        hole = np.where(self.scene.truth[near] > 0, -9, foramen)
        self.scene.put(near, soft(hole, edge), "fat")
        self.scene.put(
            near,
            soft(rng.uniform(1.8, 3.6) * size - np.hypot(out - 4, np.hypot(v - b * 0.4, up - 1.0)), edge) * (hole > -1),
            "ganglion",
        )
        flavum = np.where(v < -0.15 * b, np.minimum(np.minimum(outside, rng.uniform(1.5, 5) - outside), 8 - behind), -9)
        self.scene.put(near, soft(np.where(self.scene.truth[near] > 0, -9, flavum), edge), "flavum")
        self.scene.put(near, soft(bone, edge), "cortex")
        self.scene.put(near, soft(bone - rng.uniform(0.8, 2.0), edge), "marrow")

    def _vessels(self) -> None:
        """Tubes in front of and beside the spine: airway, gullet, vessels; and others anywhere, bright or dark, as decoys."""
        rng = self.rng
        for _ in range(int(rng.integers(2, 9))):
            u0, v0 = rng.uniform(-45, 45), rng.uniform(-40, 70)
            near_canal = abs(u0) < 24 and -22 < v0 < 40
            if near_canal:
                continue
            lean_u, lean_v = rng.normal(0, 0.15, 2)
            s0 = float(self.s.mean())
            away = np.hypot(self.u - u0 - lean_u * (self.s - s0), self.v - v0 - lean_v * (self.s - s0))
            radius, wall = rng.uniform(1.5, 11), rng.uniform(0.8, 3)
            where = np.flatnonzero(away < radius + wall + 2)
            kinds = ("blood", "void", "air", "mucosa", "muscle", "csf", "fat", "organ", "root")
            self.scene.put(
                where, soft(radius + wall - away[where], self.edge), str(rng.choice(("muscle", "dura", "fat", "csf")))
            )
            self.scene.put(where, soft(radius - away[where], self.edge), str(rng.choice(kinds)))

    def _shape(self, u: F, v: F, a: F, b: F, p: float, ripple: bool = False) -> F:
        """Depth in mm below the surface of a tube with half axes a and b, superelliptic, rippled in the cord's case."""
        radius = np.hypot(u, v)
        q = (np.abs(u / np.maximum(a, 0.05)) ** p + np.abs(v / np.maximum(b, 0.05)) ** p) ** (1 / p)
        if ripple:
            angle = np.arctan2(v / np.maximum(b, 0.1), u / np.maximum(a, 0.1))
            q = q / (1 + sum(amount * np.cos(k * angle + turn) for k, amount, turn in self.spine.numbers["ripple"]))
        middle = np.minimum(a, b)
        return np.asarray(
            np.where(q > 0.05, np.minimum(radius * (1 / np.maximum(q, 0.05) - 1), middle), middle), np.float32
        )

    def _canal(self, where: NDArray[np.intp]) -> None:
        rng, edge, numbers, scene = self.rng, self.edge, self.spine.numbers, self.scene
        u, v, s = self.u[where], self.v[where], self.s[where]
        below_head = s < self.spine.magnum + 8
        canal = self._shape(u, v, self.on("canal_a", where) + 0.4, self.on("canal_b", where) + 0.4, numbers["canal_p"])
        canal = np.minimum(canal, s - self.spine.low[26])
        kept = (scene.truth[where] != DISC) | (canal > self.on("bulge", where) + 1.0)
        fill = soft(canal, edge) * below_head * kept
        scene.put(where, fill, "fat" if rng.random() < 0.75 else "plexus", BACKGROUND)
        veins = self.blobs[where] * 0.5 + self.scene.coarse[where] > rng.uniform(0, 1.5)
        scene.put(where, fill * veins * (v > 0), "plexus")
        sac_depth = self._shape(
            u, v - self.on("sac_v", where), self.on("sac_a", where), self.on("sac_b", where), numbers["sac_p"]
        )
        sac_depth = np.where(below_head, np.minimum(sac_depth, (s - self.spine.sac_end) * 0.7), -9)
        if rng.random() < 0.15:
            sac_depth = self._epidural_mass(where, u, v, s, canal, sac_depth)
        scene.put(where, soft(sac_depth + rng.uniform(0.2, 1.0), edge) * rng.uniform(0.2, 1.0), "dura")
        scene.put(where, soft(sac_depth, edge), "csf", SAC)
        inside = where[sac_depth > -1.0]
        if inside.size:
            self._inside_sac(inside, sac_depth[sac_depth > -1.0])
        # Where cord ends and brain begins is a matter of taste: a band there does not count.
        scene.counts[where] &= ~(np.abs(s - self.spine.magnum) < 9)

    def _epidural_mass(self, where: NDArray[np.intp], u: F, v: F, s: F, canal: F, sac_depth: F) -> F:
        rng = self.rng
        middle = float(rng.uniform(self.s.min(), self.s.max()))
        angle, radius = rng.uniform(0, 2 * np.pi), rng.uniform(3, 9)
        ring = self.on("canal_a", where) * 0.9
        away = np.sqrt(
            (u - np.cos(angle) * ring) ** 2
            + (v - np.sin(angle) * ring * 0.7) ** 2
            + ((s - middle) / rng.uniform(1, 4)) ** 2
        )
        depth = np.minimum(radius - away, canal + 0.5)
        self.scene.put(where, soft(depth, self.edge), "epidural_mass")
        # What lies in the cord's way stays: the mass takes only the sac's outer part.
        cord = self._shape(
            u - self.on("cord_u", where),
            v - self.on("cord_v", where),
            self.on("cord_a", where),
            self.on("cord_b", where),
            2.0,
        )
        return np.asarray(np.minimum(sac_depth, np.maximum(-depth, cord + 0.3)), np.float32)

    def _inside_sac(self, where: NDArray[np.intp], sac_depth: F) -> None:
        rng, edge, numbers, scene = self.rng, self.edge, self.spine.numbers, self.scene
        u, v, s = self.u[where], self.v[where], self.s[where]
        if rng.random() < 0.5:
            flow = self.scene.coarse[where] * 0.6 + self.blobs[where] > rng.uniform(0.2, 2.0)
            scene.put(where, soft(sac_depth - rng.uniform(0, 1.5), edge) * flow * rng.uniform(0.2, 1), "csf_flow")
        a, b = self.on("cord_a", where), self.on("cord_b", where)
        du, dv = u - self.on("cord_u", where), v - self.on("cord_v", where)
        turn = self.on("turn", where)
        du, dv = du * np.cos(turn) - dv * np.sin(turn), du * np.sin(turn) + dv * np.cos(turn)
        cord_depth = np.minimum(self._shape(du, dv, a, b, numbers["cord_p"], ripple=True), sac_depth)
        cord_depth = np.where(s > self.spine.conus, cord_depth, -9)
        notch = rng.uniform(0, 1.2)
        cord_depth = np.minimum(
            cord_depth, np.maximum(cord_depth - 9, np.hypot(du * 2.0, np.maximum(b - dv, 0)) - notch)
        )
        self._roots(where, sac_depth, cord_depth, u, v, s)
        self._masses(where, sac_depth, u, v, s)
        if rng.random() < 0.1:
            coat = np.minimum(cord_depth + rng.uniform(0.5, 2.0), 9) * (self.blobs[where] > rng.uniform(-1, 1))
            scene.put(where, soft(coat, edge), "coat")
        scene.put(where, soft(cord_depth, edge), "white", CORD)
        self._grey(where, cord_depth, du, dv, a, b)
        for lesion in numbers["lesions"]:
            self._lesion(where, cord_depth, du, dv, s, a, b, lesion)

    def _grey(self, where: NDArray[np.intp], depth: F, du: F, dv: F, a: F, b: F) -> None:
        """The butterfly: two horns on each side and a bridge."""
        if self.rng.random() < 0.15:
            return
        size = self.rng.uniform(0.8, 1.25)
        x, y = np.abs(du) / np.maximum(a, 0.3), dv / np.maximum(b, 0.3)
        front = 0.20 * size - np.hypot(x - 0.27, (y - 0.22) * 0.8)
        rear = 0.11 * size - np.hypot((x - 0.30 - 0.1 * y), np.clip(np.abs(y + 0.28) - 0.38, 0, None))
        bridge = np.minimum(0.09 * size - np.abs(y), 0.3 - x)
        share = soft(np.maximum.reduce([front, rear, bridge]) * np.minimum(a, b), self.edge)
        self.scene.put(where, share * (depth > 0.2), "grey")

    def _lesion(
        self, where: NDArray[np.intp], depth: F, du: F, dv: F, s: F, a: F, b: F, lesion: dict[str, Any]
    ) -> None:
        rng, edge, scene = self.rng, self.edge, self.scene
        along = (s - lesion["middle"]) / lesion["half"]
        if np.abs(along).min() > 2.5:
            return
        x, y = du / np.maximum(a, 0.3) - lesion["u"], dv / np.maximum(b, 0.3) - lesion["v"]
        width = np.minimum(a, b)
        wobble = 0.2 * self.scene.coarse[where] + 0.15 * self.blobs[where]
        core = (lesion["fill"] - np.sqrt(x**2 + y**2 + (lesion["fill"] * along) ** 2) + 0.3 * wobble) * width
        kind, keep = lesion["kind"], soft(depth, edge)
        if kind in ("mass", "oedema"):
            halo = (
                1.0 - np.sqrt(x**2 + y**2) * rng.uniform(0.3, 1) - (along / rng.uniform(1.2, 2.5)) ** 4 + wobble * 0.5
            ) * width
            scene.put(where, soft(halo, edge * 1.5) * keep * rng.uniform(0.4, 1), "oedema")
        if kind == "mass":
            scene.put(where, soft(core, edge * rng.uniform(1, 3)) * keep, "tumour")
            scene.put(
                where,
                soft(np.where(wobble > rng.uniform(0, 0.5), core - 0.5, -9), edge) * keep,
                str(rng.choice(["cyst", "tumour2", "bleeding"])),
            )
            if rng.random() < 0.4:
                poles = np.minimum(
                    lesion["fill"] * width * 0.8 - np.hypot(x, y) * width, (0.5 - np.abs(np.abs(along) - 1.3)) * 10
                )
                scene.put(where, soft(poles, edge) * keep, "cyst")
            if rng.random() < 0.3:
                rim = np.minimum(core + 0.7, np.abs(along) * 4 - 3)
                scene.put(where, soft(np.minimum(rim, 1.2 - core), edge) * keep, "haemosiderin")
        elif kind == "syrinx":
            scene.put(where, soft(core, edge) * keep, "cyst")
        elif kind == "plaque":
            scene.put(where, soft(core, edge * 1.5) * keep, "plaque")

    def _masses(self, where: NDArray[np.intp], sac_depth: F, u: F, v: F, s: F) -> None:
        for mass in self.spine.numbers["masses"]:
            if abs(float(np.clip(mass["middle"], s.min(), s.max())) - mass["middle"]) > mass["half"]:
                continue
            k = int(np.clip((mass["middle"] - S_MM[0]) / STEP_MM, 0, len(S_MM) - 1))
            a, b, v0 = (float(self.spine.profiles[name][k]) for name in ("sac_a", "sac_b", "sac_v"))
            radius = mass["radius"]
            cu, cv = (
                np.cos(mass["angle"]) * max(a - radius * 0.9, 0),
                v0 + np.sin(mass["angle"]) * max(b - radius * 0.9, 0),
            )
            away = np.sqrt((u - cu) ** 2 + (v - cv) ** 2 + ((s - mass["middle"]) * radius / mass["half"]) ** 2)
            depth = np.minimum(radius * (1 + 0.15 * self.blobs[where]) - away, sac_depth + 0.3)
            self.scene.put(where, soft(depth, self.edge), ("mass", "mass2", "mass3")[mass["tissue"]])

    def _roots(self, where: NDArray[np.intp], sac_depth: F, cord_depth: F, u: F, v: F, s: F) -> None:
        """Rootlets beside the cord; below its end the cauda equina, thinning out towards the foot of the sac."""
        rng, spine = self.rng, self.spine
        share = np.zeros(len(where), np.float32)
        tail = s < spine.conus + 25
        if tail.any():
            part = np.flatnonzero(tail)
            a, b, v0 = (self.on(name, where[part]) for name in ("sac_a", "sac_b", "sac_v"))
            down = np.clip((spine.conus + 25 - s[part]) / (spine.conus + 25 - spine.sac_end), 0, 1)
            sink = rng.uniform(-0.2, 0.7)
            for _ in range(int(rng.integers(4, 26))):
                angle, r0, leaves, thick = (
                    rng.uniform(0, 6.28),
                    rng.uniform(0.2, 0.95),
                    rng.uniform(0.2, 1.0),
                    rng.uniform(0.35, 1.1),
                )
                ru = np.cos(angle) * r0 * a * (0.55 + 0.4 * down)
                rv = v0 + (np.sin(angle) * r0 * 0.6 - sink * 0.5) * b * 0.9
                share[part] = np.maximum(
                    share[part], soft(thick - np.hypot(u[part] - ru, v[part] - rv), self.edge) * (down < leaves)
                )
        if rng.random() < 0.6:
            cu, cv = self.on("cord_u", where), self.on("cord_v", where)
            a = self.on("cord_a", where)
            beat = np.abs((s / rng.uniform(12, 30)) % 1 - 0.5) * 2
            for side in (-1, 1):
                for front in (-1, 1):
                    ru, rv = cu + side * (a + 1.2 + 2.5 * beat), cv + front * (0.6 + 1.5 * beat)
                    share = np.maximum(share, soft(0.6 - np.hypot(u - ru, (v - rv) * 0.7), self.edge))
        self.scene.put(where, share * (sac_depth > 0) * (cord_depth < 0.2), "root")

    def _head(self) -> None:
        """Above the great foramen: bone of the skull base, brainstem in its water, cerebellum behind; no cord there."""
        up = self.s - self.spine.magnum
        where = np.flatnonzero(up > -8)
        if not where.size:
            return
        u, v, h = self.u[where], self.v[where], up[where]
        rng, edge, size = self.rng, self.edge, self.spine.numbers["size"]
        b = self.on("canal_b", where)
        hole = np.maximum(0, 1 - h / 12) * 0.0 + 14 * size + np.clip(h, 0, 60) * rng.uniform(0.8, 1.6)
        room = np.minimum(hole - np.hypot(u, np.where(v < 0, v * 0.55, v)), h + 1)
        bone = np.minimum(np.minimum(h + 7, 14 - h + np.clip(-room, 0, 40) * 0.3), np.hypot(u, v) - 13 * size)
        self.scene.put(where, soft(np.minimum(bone, b + 45 - np.abs(v)), edge), "cortex")
        self.scene.put(where, soft(np.minimum(bone - 2.5, b + 42 - np.abs(v)), edge), "marrow")
        self.scene.put(where, soft(room, edge), "csf", BACKGROUND)
        cerebellum = np.minimum(room - 2, np.minimum(-v - 5 * size, h - rng.uniform(-2, 6)))
        self.scene.put(where, soft(cerebellum, edge), "brain_grey", BACKGROUND)
        self.scene.put(where, soft(cerebellum - 2.5, edge) * (self.blobs[where] > 0), "brain_white")
        wide = (6.5 + 0.16 * np.clip(h, 0, 45)) * size
        stem = np.minimum(wide - np.hypot(u, (v - 1) * 1.15), h + 8)
        self.scene.put(where, soft(np.where(h > -2, stem, -9), edge), "brain_white", BACKGROUND)
