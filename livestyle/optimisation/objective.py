"""What both methods make small: content, style and total variation of one picture."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from livestyle.nets.vgg import LossNetwork
from livestyle.training.losses import (
    content_loss,
    gram_matrix,
    style_loss,
    total_variation_loss,
)

CONTENT_LAYER = "relu4_2"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
LAYERS = (CONTENT_LAYER, *STYLE_LAYERS)

OnStep = Callable[[int, float], None]
"""Called with the number of steps done and the loss."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Factors of the losses.

    Attributes:
        content: of the mean squared difference of features at relu4_2.
        style: of the sum over relu1_1 to relu5_1 of that of Gram matrices.
        tv: of the mean squared difference of neighbouring pixels.
    """

    content: float = 1e5
    style: float = 1e11
    tv: float = 1e5


DEFAULT_WEIGHTS = Weights()


class Objective:
    """The loss of a picture for one pair (Gatys et al., arXiv 1508.06576, eq. 7).

    Args:
        loss_network: a VGG opened with `LAYERS`.
        content: the photo, RGB in [0, 1], (1, 3, H, W).
        style: the artwork, RGB in [0, 1], (1, 3, H', W').
        weights: factors of the losses.
    """

    def __init__(
        self, loss_network: LossNetwork, content: Tensor, style: Tensor, weights: Weights
    ) -> None:
        self._loss_network = loss_network
        self._weights = weights
        with torch.no_grad():
            self._content = loss_network(content)[CONTENT_LAYER]
            features = loss_network(style)
            self._grams = {layer: gram_matrix(features[layer]) for layer in STYLE_LAYERS}

    def __call__(self, picture: Tensor) -> Tensor:
        """The weighted sum, a scalar; the picture is RGB in [0, 1], (1, 3, H, W)."""
        features = self._loss_network(picture)
        return (
            self._weights.content * content_loss(features[CONTENT_LAYER], self._content)
            + self._weights.style * style_loss(features, self._grams)
            + self._weights.tv * total_variation_loss(picture)
        )
