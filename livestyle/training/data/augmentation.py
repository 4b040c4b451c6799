"""Photos in another light: exposure and white balance as webcams have them."""

import torch
from torch import Tensor

EXPOSURE_STOPS = 0.25
"""How much brighter or darker, at most, at a strength of 1: 19%."""

TINT_STOPS = 0.08
"""How much more or less of red and blue, at most, at a strength of 1: 6%."""


def in_another_light(photos: Tensor, batch: int, share: slice, strength: float = 1.0) -> Tensor:
    """Each photo under another exposure and white balance, from torch's random numbers.

    Args:
        photos: this process's share, RGB in [0, 1], (N, 3, H, W).
        batch: photos in the whole batch.
        share: which of them these are.
        strength: factor of the stops.
    """
    stops = torch.empty(batch, 1, 1, 1).uniform_(-EXPOSURE_STOPS, EXPOSURE_STOPS)
    tint = torch.empty(batch, 3, 1, 1).uniform_(-TINT_STOPS, TINT_STOPS)
    tint[:, 1] = 0
    gain = 2 ** (strength * (stops + tint))[share]
    return (photos * gain.to(photos)).clamp(max=1)
