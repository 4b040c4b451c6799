"""A high-resolution network for photorealistic transfer, fitted to one pair of pictures.

After Li et al., "High-Resolution Network for Photorealistic Style Transfer" (arXiv 1904.11617):
one branch keeps the full size from the first layer to the last, so that edges stay where they
are, while branches at 1/2 and 1/4 size see more of the picture; after each stage every branch
gets the sum of all. Here the network gives a change of the photo rather than the picture itself,
and starts with no change.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from livestyle.nets.light import ResidualBlock

WIDTHS = (16, 32, 64)
DARKEST = 0.01
"""Keeps black and white within reach of the change, whose slope is nothing at 0 and 1."""


class HRNet(nn.Module):
    """Three branches at 1/1, 1/2 and 1/4 size that exchange after every stage.

    Args:
        stages: rounds of residual block and exchange.

    Attributes:
        size_multiple: H and W of the input must be multiples of this.
    """

    size_multiple = 4

    def __init__(self, stages: int = 3) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, WIDTHS[0], 3, padding=1, padding_mode="reflect")
        self.begin = nn.ModuleList(
            _resampled(WIDTHS[0], 0, width, level) for level, width in enumerate(WIDTHS)
        )
        self.stages = nn.ModuleList(Exchange() for _ in range(stages))
        self.change = nn.Conv2d(WIDTHS[0], 3, 1)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """The photo in other colours.

        Args:
            x: RGB in [0, 1], (N, 3, H, W), H and W multiples of 4 and at least 16.

        Returns:
            RGB in [0, 1], (N, 3, H, W).
        """
        full = torch.relu(self.first(x * 2 - 1))
        branches = [begin(full) for begin in self.begin]
        for stage in self.stages:
            branches = stage(branches)
        bounded = DARKEST + (1 - 2 * DARKEST) * x
        return torch.sigmoid(torch.logit(bounded) + self.change(branches[0]))


class Exchange(nn.Module):
    """A residual block in each branch, then each branch becomes the sum of all."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ResidualBlock(width) for width in WIDTHS)
        self.fusion = nn.ModuleList(
            nn.ModuleList(
                _resampled(WIDTHS[origin], origin, WIDTHS[target], target)
                for origin in range(len(WIDTHS))
            )
            for target in range(len(WIDTHS))
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Branch features in, branch features out; shapes stay."""
        worked = [block(x) for block, x in zip(self.blocks, branches, strict=True)]
        return [
            torch.relu(
                torch.stack([move(x) for move, x in zip(row, worked, strict=True)]).sum(0)  # type: ignore[call-overload]
            )
            for row in self.fusion
        ]


class _Resample(nn.Module):
    """Mean to a smaller size, bilinear to a larger one."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        if self.scale < 1:
            return F.avg_pool2d(x, round(1 / self.scale))
        return F.interpolate(x, scale_factor=self.scale, mode="bilinear", align_corners=False)


def _resampled(inputs: int, origin: int, outputs: int, target: int) -> nn.Module:
    """From one branch's width and size to another's; the identity within a branch."""
    if origin == target and inputs == outputs:
        return nn.Identity()
    convert = nn.Conv2d(inputs, outputs, 1)
    scale = _Resample(2.0 ** (origin - target))
    return nn.Sequential(scale, convert) if target > origin else nn.Sequential(convert, scale)
