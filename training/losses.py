"""What training pulls on, and what it is judged by: soft Dice with cross-entropy, and Dice with its area bias."""

from __future__ import annotations

import torch
from torch.nn import functional


def loss_of(
    scores: torch.Tensor, truth: torch.Tensor, counts: torch.Tensor, dice_weight: tuple[float, ...]
) -> torch.Tensor:
    """Cross-entropy plus soft Dice over the classes that a batch shows; voxels that don't count are left out."""
    weight = counts.float()
    entropy = (functional.cross_entropy(scores, truth, reduction="none") * weight).sum() / weight.sum().clamp(min=1)
    probability = scores.softmax(dim=1) * weight[:, None]
    total, share = scores.new_zeros(()), 0.0
    for code in range(1, scores.shape[1]):
        true = (truth == code).float() * weight
        if float(true.sum()) < 20:
            continue
        both = (probability[:, code] * true).sum()
        dice = 2 * both / (probability[:, code].pow(2).sum() + true.sum() + 1)
        total, share = total + dice_weight[code] * (1 - dice), share + dice_weight[code]
    return entropy + (total / share if share else total)


def tally(scores: torch.Tensor, truth: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """Voxels per class that are drawn, true and both, shape (classes, 3)."""
    drawn = scores.argmax(dim=1)
    rows = []
    for code in range(scores.shape[1]):
        mine, true = (drawn == code) & counts, (truth == code) & counts
        rows.append(torch.stack([mine.sum(), true.sum(), (mine & true).sum()]))
    return torch.stack(rows).double()
