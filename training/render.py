"""Crops of a bank's anatomies, imaged on a device: cut, contrast and acquisition in torch, many images of one anatomy.

The arithmetic is the simulator's own (thecal.simulation.crop); here stand what training asks of it: where crops are cut, white
noise drawn on the device, brightness normalised, and truth in the classes of the tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from thecal.records import Role
from thecal.simulation import crop
from thecal.simulation.arrays import like, look_up
from training.bank import ARCH, CELL_MM, CELLS, Block
from training.crops import turn_at_random
from training.lesions import INPUTS, PRESENT, SLOTS, shown
from training.lesions import classes_of as lesion_classes
from training.painting import BODY, CORD, DISC, SAC, SACRUM

# Where the tissues of a voxel are looked up, as shares of it: four places that spread evenly.
PLACES = np.array([[-3, -1, 1], [-1, 3, -3], [1, -3, 3], [3, 1, -1]]) / 8
CENTRE = np.zeros((1, 3))
CANAL = (1, 2)
ON_LESION = 0.8
ANATOMY_ROLES: tuple[Role, ...] = ("T1w", "T1w", "T2w", "T2w", "T2w_fs", "T2starw", "T1w_ce", "dwi")
# How often the sequences of a study lie a voxel apart.
APART = 0.3
Shape = tuple[int, int, int]
Example = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@dataclass(frozen=True, eq=False)
class Crop:
    """A piece of a block on a device: tissues at some places in every voxel, the codes at its centre, the block's unevenness."""

    block: Block
    tissue: torch.Tensor
    anatomy: torch.Tensor
    lesion: torch.Tensor
    texture: torch.Tensor
    spacing_mm: float


class Darkroom:
    """Cuts and images crops on one device; a seed decides them for one kind of device."""

    def __init__(self, device: str, seed: tuple[int, ...]) -> None:
        self.rng = np.random.default_rng(seed)
        self.device = device
        self.generator = torch.Generator(device)
        self.generator.manual_seed(int(self.rng.integers(2**62)))

    def normal(self, shape: Shape) -> torch.Tensor:
        """White noise."""
        return torch.randn(shape, generator=self.generator, device=self.device)

    def cut(self, block: Block, shape: Shape, spacing_mm: float = 1.0) -> Crop:
        """A crop along the block's canal, on its lesion mostly, turned and stretched a little."""
        cells = block_on(block, self.device)
        to_cells = draw_place(self.rng, block, shape, spacing_mm)
        tissue = crop.sample(cells[0], to_cells, shape, PLACES)
        anatomy, lesion = (crop.sample(codes, to_cells, shape, CENTRE)[0] for codes in cells[1:])
        return Crop(block, tissue, anatomy, lesion, crop.roughen(self.normal(shape)), spacing_mm)

    def takes(self, piece: Crop, roles: Sequence[Role]) -> list[crop.Take]:
        """How each role is imaged, in the same slices."""
        return crop.draw_takes(
            self.rng, piece.block.palette, tuple(roles), tuple(piece.anatomy.shape), piece.spacing_mm
        )

    def image(self, piece: Crop, take: crop.Take) -> tuple[torch.Tensor, torch.Tensor]:
        """An image as a network sees it, and where it lies in the field of view."""
        made = crop.expose(piece.tissue, take, piece.texture, self.normal)
        inside = like(crop.see(take.slices, made.shape), made)
        return normalise(made, inside), inside


def block_on(block: Block, device: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Tissue, anatomy and lesion of a block as tensors on a device."""
    first, second, third = (torch.from_numpy(codes).to(device) for codes in (block.tissue, block.anatomy, block.lesion))
    return first, second, third


def draw_place(rng: np.random.Generator, block: Block, shape: Shape, spacing_mm: float) -> NDArray[np.float64]:
    """Carries voxels of a crop to cells of the block."""
    held = np.argwhere(block.lesion[::4, ::4, ::4])
    if not len(held) or rng.random() > ON_LESION:
        held = np.argwhere(np.isin(block.anatomy[::4, ::4, ::4], CANAL))
    sides, cells = np.array(shape) * spacing_mm / CELL_MM, np.array(CELLS)
    middle = 4.0 * held[rng.integers(len(held))] + rng.uniform(-0.35, 0.35, 3) * sides * (0.6, 0.6, 1.0)
    room = np.maximum((cells - sides) / 2, 0)
    middle = np.clip(middle, (cells - 1) / 2 - room, (cells - 1) / 2 + room)
    to_cells = np.eye(4)
    to_cells[:3, :3] = (
        turn_at_random(rng) @ np.diag(rng.uniform(0.85, 1.2) * rng.uniform(0.95, 1.05, 3)) * spacing_mm / CELL_MM
    )
    to_cells[:3, 3] = middle - to_cells[:3, :3] @ ((np.array(shape) - 1) / 2)
    return to_cells


def normalise(image: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Brightness within the field to mean 0 and spread 1, its brightest thousandth cut off; 0 outside the field."""
    values = image[::3, ::3, ::3][inside[::3, ::3, ::3]]
    low, high = torch.quantile(values, torch.tensor([0.002, 0.997], device=image.device))
    clipped, count = image.clamp(low, high) * inside, inside.sum().clamp(min=1)
    mean = clipped.sum() / count
    spread = ((clipped - mean) * inside).square().sum().div(count).sqrt()
    return (clipped - mean) / (spread + 1e-6) * inside


def classes_of(anatomy: torch.Tensor) -> torch.Tensor:
    """The simulator's anatomy in the classes of the anatomy task; arches are background there."""
    table = np.zeros(256, np.uint8)
    table[1], table[2], table[11:50], table[50], table[63:101] = CORD, SAC, BODY, SACRUM, DISC
    table[ARCH] = 0
    return look_up(like(table, anatomy), anatomy)


def draw_pair(
    block: Block, seed: tuple[int, ...], shape: Shape = (64, 64, 64), coarse: bool = False, device: str = "cpu"
) -> list[Example]:
    """Two images of one anatomy, each of any sequence in slices of its own, as the anatomy task takes them."""
    room = Darkroom(device, seed)
    piece = room.cut(block, shape, float(room.rng.uniform(1.8, 2.2)) if coarse else 1.0)
    truth, examples = classes_of(piece.anatomy), []
    for _ in range(2):
        (take,) = room.takes(piece, (ANATOMY_ROLES[int(room.rng.integers(len(ANATOMY_ROLES)))],))
        image, inside = room.image(piece, take)
        examples.append((image[None], truth, inside))
    return examples


def draw_case(block: Block, seed: tuple[int, ...], shape: Shape = (48, 48, 64), device: str = "cpu") -> Example:
    """A study of one anatomy: its sequences in slots, empty where they are missing, and what contrast added."""
    room = Darkroom(device, seed)
    piece = room.cut(block, shape)
    present = {slot: bool(room.rng.random() < chance) for slot, chance in PRESENT.items()}
    present["T2w"] |= not (present["T2w"] or present["T1w_ce"])
    slots: list[Role] = [slot for slot in SLOTS if present[slot]]  # type: ignore[misc]
    out = torch.zeros((len(INPUTS), *shape), device=device)
    inside = torch.ones(shape, dtype=torch.bool, device=device)
    for slot, take in zip(slots, room.takes(piece, slots), strict=True):
        number = SLOTS.index(slot)
        image, inside = room.image(piece, take)
        apart = room.rng.integers(-1, 2, 3) * (room.rng.random() < APART)
        out[number] = torch.roll(image, tuple(apart.tolist()), (0, 1, 2))
    if present["T1w"] and present["T1w_ce"]:
        out[INPUTS.index("gain")] = out[SLOTS.index("T1w_ce")] - out[SLOTS.index("T1w")]
    told, counts = shown(lesion_classes(piece.anatomy.cpu().numpy(), piece.lesion.cpu().numpy()), present)
    return out, torch.from_numpy(told).to(device), inside & torch.from_numpy(counts).to(device)
