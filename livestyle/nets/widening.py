"""Widening: weights for a network with more channels that paints the same picture.

Net2WiderNet (Chen et al., arXiv 1511.05641, section 2.2): each new channel repeats an old one, and
whatever reads a channel shares its weight out among the copies,

    w'[o, i] = w[g(o), g(i)] * share[o, i],   the shares of the copies of one channel summing to 1.

The shares are uneven, or the copies would learn the same for ever.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

LEAST_SHARE = 0.2
"""Of what is shared out evenly."""


def widened(weights: Mapping[str, Tensor], wide: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of a wide network, made from those of a narrow one of the same layers.

    Args:
        weights: the narrow network's state.
        wide: the wide network's, for its shapes. The first channels of a layer are the old ones,
            the others repeat them in turn.

    Returns:
        The wide network's state. Draws from torch's random numbers.
    """
    return {name: _widened(weights[name], wide[name].shape) for name in wide}


def _widened(weight: Tensor, shape: torch.Size) -> Tensor:
    channels = [torch.arange(count) % old for count, old in zip(shape, weight.shape, strict=True)]
    for dimension, chosen in enumerate(channels):
        weight = weight.index_select(dimension, chosen)
    is_convolution = weight.dim() == 4 and shape[0] > 1
    return weight * _shares(shape, channels[1]) if is_convolution else weight


def _shares(shape: torch.Size, inputs: Tensor) -> Tensor:
    """What each input channel keeps of its weight, for each output, (out, in, 1, 1)."""
    shares = torch.empty(shape[:2]).uniform_(LEAST_SHARE, 1)
    same = (inputs[:, None] == inputs[None]).to(shares)
    return (shares / (shares @ same))[..., None, None]
