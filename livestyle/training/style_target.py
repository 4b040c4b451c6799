"""What the style loss compares with: the artwork's Gram matrices and its colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork
from livestyle.training.artwork import without_grain
from livestyle.training.losses import colour_statistics, gram_matrix, ycbcr

MIN_SIDE_PX = 64
LONG_SIDE_PX = 512
FORM = 1.4
"""How much larger the loss network's last three stages see the artwork: forms are larger than
texture."""

ENLARGED = 1.45
"""At most, of an artwork's own size, for its forms: what is enlarged further paints a mesh."""


@dataclass(frozen=True, slots=True)
class StyleTarget:
    """An artwork as the style loss sees it.

    Attributes:
        grams: layer -> (1, C, C).
        colours: mean and covariance of its colours, of `colour_statistics`.
    """

    grams: dict[str, Tensor]
    colours: Tensor


def style_target(
    loss_network: LossNetwork,
    layers: Sequence[str],
    picture_path: Path,
    stroke: float,
    remove_grain: bool = False,
) -> StyleTarget:
    """Reads an artwork.

    Args:
        loss_network: opened with `layers`.
        layers: where the Gram matrices are taken.
        picture_path: the artwork.
        stroke: size of the strokes, a factor of the artwork's size.
        remove_grain: see `livestyle.training.artwork.without_grain`.

    Raises:
        SourceError: the picture cannot be read.
        TrainingError: it is too small.
    """
    picture = _read_artwork(picture_path, remove_grain)
    height, width = picture.shape[:2]
    device = loss_network.mean.device
    texture = LONG_SIDE_PX * stroke
    form = max(texture, min(FORM * texture, ENLARGED * max(height, width)))
    grams: dict[str, Tensor] = {}
    with torch.no_grad():
        for long_side, stages in ((texture, "12"), (form, "345")):
            artwork = to_batch(to_long_side(picture, round(long_side)))
            features = loss_network(artwork.to(device))
            seen = [layer for layer in layers if layer[len("relu")] in stages]
            grams |= {layer: gram_matrix(features[layer]) for layer in seen}
    in_order = {layer: grams[layer] for layer in layers}
    return StyleTarget(in_order, colour_statistics(artwork).to(device))


def artwork_colours(picture_path: Path, remove_grain: bool = False) -> Tensor:
    """Mean and covariance of an artwork's colours, of `colour_statistics`.

    Args and errors as of `style_target`.
    """
    picture = _read_artwork(picture_path, remove_grain)
    return colour_statistics(to_batch(to_long_side(picture, LONG_SIDE_PX)))


def artwork_planes(picture_path: Path) -> NDArray[np.float32]:
    """An artwork in YCbCr, (H, W, 3), for patterns in its colours; errors as of `style_target`."""
    picture = to_batch(to_long_side(_read_artwork(picture_path, False), LONG_SIDE_PX))
    return ycbcr(picture)[0].permute(1, 2, 0).contiguous().numpy()


def _read_artwork(path: Path, remove_grain: bool) -> Pixels:
    picture = read_picture(path)
    height, width = picture.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise TrainingError(
            f"The style picture {path} has {width}x{height} pixels. "
            f"It must have at least {MIN_SIDE_PX} on each side, better {LONG_SIDE_PX}."
        )
    return without_grain(picture) if remove_grain else picture
