"""What the style loss compares with: the artwork's Gram matrices, and what they weigh."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.images import read_picture, to_long_side
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork
from livestyle.training.losses import gram_matrix, style_loss

log = logging.getLogger(__name__)

MIN_SIDE_PX = 64
PALETTE_COLOURS = 4096
LONG_SIDE_PX = 512
UNPAINTED = 1.15e-3
"""Style loss of unpainted photos against the classic example's mosaic, for which the weights
that everybody uses (1e5 and 1e10) were found."""


@dataclass(frozen=True, slots=True)
class StyleTarget:
    """An artwork as the style loss sees it.

    Artworks differ: unpainted photos have ten times the style loss against gold leaf that they
    have against a misty harbour. One style weight for both would paint the one and hardly touch
    the other, so the weight is multiplied by a factor that makes unpainted photos cost the same.

    Attributes:
        grams: layer -> (1, C, C).
        factor: of the style weight.
        palette: colours of its pixels, RGB in [0, 1], (3, P).
    """

    grams: dict[str, Tensor]
    factor: float
    palette: Tensor


def style_target(
    loss_network: LossNetwork,
    layers: Sequence[str],
    picture_path: Path,
    stroke: float,
    photos: Sequence[Pixels],
) -> StyleTarget:
    """Reads an artwork.

    Args:
        loss_network: opened with `layers`.
        layers: where the Gram matrices are taken.
        picture_path: the artwork.
        stroke: size of the strokes; 1.0 shows the artwork at a long side of 512 pixels.
        photos: some photos, RGB uint8 (H, W, 3), to set the weight by.

    Raises:
        SourceError: the picture cannot be read.
        TrainingError: it is too small.
    """
    picture = read_picture(picture_path)
    height, width = picture.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise TrainingError(
            f"The style picture {picture_path} has {width}x{height} pixels. "
            f"It must have at least {MIN_SIDE_PX} on each side, better {LONG_SIDE_PX}."
        )
    device = loss_network.mean.device
    with torch.no_grad():
        artwork = to_batch(to_long_side(picture, round(LONG_SIDE_PX * stroke)))
        features = loss_network(artwork.to(device))
        grams = {layer: gram_matrix(features[layer]) for layer in layers}
        unpainted = [
            float(style_loss(loss_network(to_batch(photo).to(device)), grams)) for photo in photos
        ]
    factor = UNPAINTED * len(unpainted) / max(sum(unpainted), 1e-12) if unpainted else 1.0
    log.info("The style weight is multiplied by %.2f for this artwork.", factor)
    return StyleTarget(grams, factor, _colours(artwork).to(device))


def _colours(artwork: Tensor) -> Tensor:
    """Colours from all over the artwork, (1, 3, H, W) -> (3, P)."""
    pixels = artwork[0].flatten(1)
    return pixels[:, torch.linspace(0, pixels.shape[1] - 1, PALETTE_COLOURS).long()]
