"""From a picture to the style vector that `ConditionalLight` paints with.

In training the style vector follows from what the loss network sees in the artwork, which is at
hand there: the mean and the deviation of every channel of relu1_1 ... relu5_1. What ships is a
small network that tells the same statistics from the picture itself, and the rest unchanged.
"""

import torch
from torch import Tensor, nn

from livestyle.nets.vgg import CHANNELS

STATISTICS_SIZE = 2 * sum(CHANNELS)
COMPONENTS = 256
"""Principal components of the statistics: what is left out is a hundredth of their variance."""

HIDDEN, CODE_SIZE = 256, 128

GAIN = 3.0
"""Of the style vector, so that styles come apart in thousands of steps and not in millions."""


class StylePredictor(nn.Module):
    """Predicts the style vector from the statistics of an artwork's features.

    Args:
        style_size: numbers in a style vector.
    """

    centre: Tensor
    axes: Tensor

    def __init__(self, style_size: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(STATISTICS_SIZE))
        self.register_buffer("axes", torch.zeros(STATISTICS_SIZE, COMPONENTS))
        self.layers = nn.Sequential(
            nn.Linear(COMPONENTS, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, CODE_SIZE),
            nn.Linear(CODE_SIZE, style_size),
        )
        with torch.no_grad():  # begins near what all styles share
            self.layers[-1].weight.mul_(0.1)  # type: ignore[operator]
            self.layers[-1].bias.zero_()  # type: ignore[operator]

    @torch.no_grad()
    def fit(self, statistics: Tensor) -> None:
        """Takes centre, spread and principal axes from many artworks.

        Args:
            statistics: (N, STATISTICS_SIZE), N at least `COMPONENTS`.
        """
        self.centre.copy_(statistics.mean(0))
        spread = statistics.std(0) + 0.02
        _, sizes, axes = torch.linalg.svd((statistics - self.centre) / spread, full_matrices=False)
        deviation = sizes[:COMPONENTS].square().mean().sqrt() / len(statistics) ** 0.5
        self.axes.copy_((axes[:COMPONENTS] / deviation / spread).T)

    def components(self, statistics: Tensor) -> Tensor:
        """(N, STATISTICS_SIZE) -> (N, COMPONENTS), largest first, of variance 1 in the mean."""
        return (statistics - self.centre) @ self.axes

    def forward(self, components: Tensor) -> Tensor:
        """(N, COMPONENTS) -> (N, style_size)."""
        style: Tensor = GAIN * self.layers(components)
        return style


class PictureEncoder(nn.Module):
    """A small network that tells the components of `StylePredictor` from the picture.

    Like the statistics it stands for, it pools means and deviations over the picture at every
    scale, so that pictures may have any size.
    """

    WIDTHS = (48, 96, 160, 256)

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 32, 5, stride=2)
        widths = (32, *self.WIDTHS)
        strides = (1, 2, 2, 2)
        self.stages = nn.ModuleList(
            _conv(before, after, 3, stride)
            for before, after, stride in zip(widths, self.WIDTHS, strides, strict=False)
        )
        self.head = nn.Linear(2 * sum(self.WIDTHS), COMPONENTS)

    def forward(self, x: Tensor) -> Tensor:
        """RGB in [0, 1], (N, 3, H, W) -> (N, COMPONENTS)."""
        x = self.stem(x * 2 - 1)
        pooled = []
        for stage in self.stages:
            x = stage(x)
            mean = x.mean((2, 3))
            squares = x.square().mean((2, 3))
            pooled += [mean, (squares - mean.square()).clamp_min(1e-6).sqrt()]
        return self.head(torch.cat(pooled, dim=1))  # type: ignore[no-any-return]


def statistics(features: dict[str, Tensor]) -> Tensor:
    """Mean and deviation of every channel, as logarithms of one plus them: (N, 2 C).

    Args:
        features: layer -> (N, C, H, W), not negative.
    """
    found = []
    for layer in features.values():
        values = layer.float()
        found += [values.mean((2, 3)), values.std((2, 3))]
    return torch.log1p(torch.cat(found, dim=1))


def _conv(inputs: int, outputs: int, side: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
