"""The network: a three-dimensional U-Net of about 1.3 million weights, the same at 1 mm and at 2 mm."""

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
    """Channels in, one map of scores per class out, at the size of the input (a multiple of 8 along each axis).

    The body works at half size, where a crop costs an eighth; two thin layers at full size put the edges back in place.
    """

    def __init__(
        self, channels: int = 1, classes: int = 6, widths: tuple[int, ...] = (24, 64, 128), fine: int = 8
    ) -> None:
        super().__init__()
        self.stem = nn.Conv3d(channels, widths[0], 4, stride=2, padding=1)
        self.down = nn.ModuleList()
        before = widths[0]
        for width in widths:
            self.down.append(_pair(before, width))
            before = width
        self.pool = nn.MaxPool3d(2)
        self.narrow, self.up = nn.ModuleList(), nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.narrow.append(nn.ConvTranspose3d(before, width, 2, stride=2))
            self.up.append(_pair(2 * width, width))
            before = width
        self.grow = nn.ConvTranspose3d(before, fine, 2, stride=2)
        self.edge = nn.Sequential(nn.Conv3d(fine + channels, fine, 3, padding=1), nn.LeakyReLU(0.01, inplace=True))
        self.head = nn.Conv3d(2 * fine, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Scores before the softmax, shape (n, classes, x, y, z)."""
        kept = []
        half = self.stem(image)
        for number, block in enumerate(self.down):
            half = block(half if number == 0 else self.pool(half))
            kept.append(half)
        kept.pop()
        for narrow, block in zip(self.narrow, self.up, strict=True):
            half = block(torch.cat([narrow(half), kept.pop()], dim=1))
        full = self.grow(half)
        return self.head(torch.cat([full, self.edge(torch.cat([full, image], dim=1))], dim=1))


def count_weights(network: nn.Module) -> int:
    """How many numbers training sets."""
    return sum(part.numel() for part in network.parameters())
