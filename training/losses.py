"""What training pulls on, and what it is judged by: soft Dice with cross-entropy, and Dice with its area bias."""

from __future__ import annotations

import torch
from torch.nn import functional

# A class with fewer voxels has no Dice; how much the rare classes count together.
LEAST, TOGETHER = 20, 2.0


def loss_of(
    scores: torch.Tensor, truth: torch.Tensor, counts: torch.Tensor, dice_weight: tuple[float, ...],
    rare: int = 0, emphasis: float = 1.0,
) -> torch.Tensor:  # fmt: skip
    """Cross-entropy plus soft Dice over the classes that a batch shows; voxels that don't count are left out.

    Classes from rare on (0: none is) weigh emphasis in the cross-entropy, and have a Dice of their own all together.
    """
    here = counts.float()
    weight = here * torch.where(truth >= rare, emphasis, 1.0) if rare else here
    entropy = (functional.cross_entropy(scores, truth, reduction="none") * weight).sum() / weight.sum().clamp(min=1)
    probability = scores.softmax(dim=1) * here[:, None]
    parts = [(probability[:, code], truth == code, dice_weight[code]) for code in range(1, scores.shape[1])]
    if rare:
        parts.append((probability[:, rare:].sum(dim=1), truth >= rare, TOGETHER))
    total, share = scores.new_zeros(()), 0.0
    for likely, mask, worth in parts:
        true = mask.float() * here
        if float(true.sum()) < LEAST:
            continue
        dice = 2 * (likely * true).sum() / (likely.pow(2).sum() + true.sum() + 1)
        total, share = total + worth * (1 - dice), share + worth
    return entropy + (total / share if share else total)


def tally(scores: torch.Tensor, truth: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Voxels per class that are drawn, true and both, shape (classes, 3)."""
    drawn = scores.argmax(dim=1)
    rows = []
    for code in range(scores.shape[1]):
        mine, true = (drawn == code) & counts, (truth == code) & counts
        rows.append(torch.stack([mine.sum(), true.sum(), (mine & true).sum()]))
    return torch.stack(rows).double()
