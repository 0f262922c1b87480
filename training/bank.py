"""A bank of anatomies to learn from: every entity painted by the package's own simulator, made once and kept on disk.

    python -m training.bank BANK --count 300 [--first 0] [--generator second] [--entities meningioma schwannoma]

Block n is the same whenever it is made; what is there already is left alone. A block holds what lies in each cell of 0.75 mm
around a lesion (or a healthy stretch), and what its tissues are to a magnet; contrast and acquisition are training/render.py's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thecal.records import Grid
from thecal.simulation import entity_codes, scanner
from thecal.simulation.phantom import draw_subject
from thecal.simulation.physics import Palette, Tissue
from thecal.simulation.spine import Spine

Cells = NDArray[np.uint8]
CELL_MM = 0.75
# Right, front, up: 144 × 144 × 176 mm.
CELLS = (192, 192, 235)
HEALTHY = 0.25
# The arch of a vertebra, which the simulator's anatomy does not part from its body.
ARCH = 60
# How far from the middle of the examination its spine is painted.
PAINTED_MM = 160.0


@dataclass(frozen=True, eq=False)
class Block:
    """A painted piece of a spine: tissue, anatomy and lesion (codes of the simulator, but for ARCH) by cell, and its palette."""

    entity: str
    tissue: Cells
    anatomy: Cells
    lesion: Cells
    palette: Palette

    def save(self, file: Path) -> None:
        """Writes it, whole or not at all."""
        palette, part = self.palette, file.with_suffix(".part.npz")
        values = np.array([astuple(tissue) for tissue in palette.tissues])
        np.savez_compressed(part, entity=self.entity, tissue=self.tissue, anatomy=self.anatomy, lesion=self.lesion, values=values,
                            names=np.array(palette.names), roots=np.array(palette.roots), field_t=palette.field_t)  # fmt: skip
        part.replace(file)


def load(file: Path) -> Block:
    """A block as it was saved."""
    with np.load(file) as kept:
        palette = Palette(float(kept["field_t"]))
        palette.names, palette.roots = kept["names"].tolist(), kept["roots"].tolist()
        palette.tissues = [Tissue(*row) for row in kept["values"].tolist()]
        return Block(str(kept["entity"]), kept["tissue"], kept["anatomy"], kept["lesion"], palette)


def make(number: int, generator: str = "first", entities: Sequence[str] = ()) -> Block:
    """The block of that number: one of the entities, or else a healthy stretch in a quarter and any entity as often as any."""
    rng = np.random.default_rng([411, number])
    healthy = rng.random() < HEALTHY and not entities
    entity = "healthy" if healthy else str(rng.choice(list(entities or entity_codes()[1:])))
    subject = draw_subject(entity, number, float(rng.choice((1.5, 3.0))), generator)
    scene, half = subject.scene, np.array(CELLS) * CELL_MM / 2
    place = subject.foci[int(rng.integers(len(subject.foci)))].s if subject.foci else subject.centre
    most = PAINTED_MM - half[2]
    centre = subject.centre + float(np.clip(place - subject.centre + rng.uniform(-25, 25), -most, most))
    affine = np.diag([CELL_MM, CELL_MM, CELL_MM, 1.0])
    affine[:3, 3] = CELL_MM / 2 - half
    bend = scanner.bend_of(scene.spine, centre, np.eye(4), 200.0)
    slab = scanner.cut(Grid(CELLS, affine), bend, scene.body, scene.canal, 1, 1.0)
    anatomy = part_arches(slab, scene.spine, centre)
    return Block(entity, slab.tissue[0], anatomy, slab.lesion, scene.palette)


def part_arches(slab: scanner.Slab, spine: Spine, centre: float) -> Cells:
    """Anatomy with ARCH for what of a vertebra lies behind the bodies' back wall."""
    near = np.abs(spine.s - centre) < CELLS[2] * CELL_MM / 2
    vertebra = (slab.anatomy > 10) & (slab.anatomy < 50)
    wall = float(np.median(spine.body_wall()[near]))
    return np.where(vertebra & (slab.front_mm < wall - 1.0), np.uint8(ARCH), slab.anatomy)


def main() -> None:
    """Makes the blocks that the bank lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bank", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--generator", choices=("first", "second"), default="first")
    parser.add_argument("--entities", nargs="+", default=(), help="only these")
    given = parser.parse_args()
    given.bank.mkdir(parents=True, exist_ok=True)
    for number in range(given.first, given.first + given.count):
        file = given.bank / f"{number:05d}.npz"
        if not file.exists():
            block = make(number, given.generator, given.entities)
            block.save(file)


if __name__ == "__main__":
    main()
