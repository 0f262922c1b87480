"""The network: a three-dimensional U-Net of about 1.4 million weights."""

from __future__ import annotations

import torch
from torch import nn


def _pair(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before in (inputs, outputs):
        layers += [nn.Conv3d(before, outputs, 3, padding=1, bias=False), nn.InstanceNorm3d(outputs, affine=True),
                   nn.LeakyReLU(0.01, inplace=True)]  # fmt: skip
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Channels in, one map of scores per class out, at the size of the input (a multiple of 16 along each axis).

    Few channels at full size, where a crop costs most and edges are put in place; many at a sixteenth, where the spine is seen.
    """

    def __init__(self, channels: int = 1, classes: int = 6, widths: tuple[int, ...] = (8, 16, 32, 64, 128)) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        before = channels
        for width in widths:
            self.down.append(_pair(before, width))
            before = width
        self.pool = nn.MaxPool3d(2)
        self.narrow, self.up = nn.ModuleList(), nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.narrow.append(nn.ConvTranspose3d(before, width, 2, stride=2))
            self.up.append(_pair(2 * width, width))
            before = width
        self.head = nn.Conv3d(before, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax, shape (n, classes, x, y, z)."""
        kept = []
        for number, block in enumerate(self.down):
            image = block(image if number == 0 else self.pool(image))
            kept.append(image)
        kept.pop()
        for narrow, block in zip(self.narrow, self.up, strict=True):
            image = block(torch.cat([narrow(image), kept.pop()], dim=1))
        return self.head(image)


def count_weights(network: nn.Module) -> int:
    """How many numbers training sets."""
    return sum(part.numel() for part in network.parameters())
