"""The feed-forward network of Johnson et al. 2016 (arXiv 1603.08155, supplement table 1).

With instance normalisation (arXiv 1607.08022) and nearest-neighbour upsampling, as in the
implementation everybody knows. It is the baseline that we measure against.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from livestyle.nets.light import ResidualBlock


class Johnson(nn.Module):
    """Style transfer network of 154 kMAC per pixel and 1.7 million parameters.

    Attributes:
        size_multiple: H and W of the input must be multiples of this.
    """

    size_multiple = 4

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(
            *_layer(3, 32, 9), *_layer(32, 64, 3, stride=2), *_layer(64, 128, 3, stride=2)
        )
        self.trunk = nn.Sequential(*(ResidualBlock(128) for _ in range(5)))
        self.up1 = nn.Sequential(*_layer(128, 64, 3))
        self.up2 = nn.Sequential(*_layer(64, 32, 3))
        self.paint = _conv(32, 3, 9)

    def forward(self, x: Tensor, fill: Tensor | None = None) -> Tensor:
        """Repaints a batch.

        Args:
            x: RGB in [0, 1], (N, 3, H, W), H and W multiples of 4 and at least 16.
            fill: of the seed, see `Light`; this network has none.

        Returns:
            RGB, (N, 3, H, W); about [0, 1], not bounded, as in the paper's implementation.
        """
        x = self.trunk(self.down(x * 255))
        x = self.up1(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        x = self.up2(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        y: Tensor = self.paint(x) / 255
        return y


def _conv(inputs: int, outputs: int, side: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, padding_mode="reflect")


def _layer(inputs: int, outputs: int, side: int, stride: int = 1) -> list[nn.Module]:
    conv = _conv(inputs, outputs, side, stride)
    return [conv, nn.InstanceNorm2d(outputs, affine=True), nn.ReLU()]
