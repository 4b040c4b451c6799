"""The network that a training begins with: what paints at once in the manner of the artwork."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livestyle.errors import StyleError, TrainingError
from livestyle.images import read_picture
from livestyle.nets.light import SURFACE_SIDE, Light
from livestyle.styles.from_picture.painter import PATTERN, SURFACE, weights
from livestyle.styles.from_picture.predictor import predict
from livestyle.styles.from_picture.style_folder import in_colours_of


def predicted_network(picture: Path, stroke: float) -> dict[str, Tensor]:
    """The state dict of the light network that `--style PICTURE` paints with.

    Args:
        picture: the artwork.
        stroke: size of the strokes.

    Raises:
        TrainingError: there is no style in the picture.
        SourceError: it cannot be read.
    """
    try:
        pixels = read_picture(picture)
        (style,) = predict(pixels, (stroke,))
    except StyleError as error:
        raise TrainingError(
            f"No network can be predicted from {picture}: {error} --from mosaic begins with that "
            "of a style in the box."
        ) from error
    return as_state_dict(in_colours_of(pixels, weights(style)))


def as_state_dict(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    """The state dict of a light network; tensors that are not there are zero, but a pattern and a
    surface, which it has only if they are there."""
    net = Light()
    if PATTERN in arrays:
        planes = arrays[PATTERN].size // net.seed.tile.numel()
        net.seed.take_pattern(net.seed.tile.new_zeros(1, planes, *net.seed.tile.shape[2:]))
    if SURFACE in arrays:
        tile, colour = torch.zeros(1, 1, SURFACE_SIDE, SURFACE_SIDE), torch.zeros(1, 3, 1, 1)
        net.surface.take(tile, colour)
    return {
        name: torch.from_numpy(arrays[name].astype(np.float32)).reshape(value.shape)
        if name in arrays
        else torch.zeros_like(value)
        for name, value in net.state_dict().items()
    }
