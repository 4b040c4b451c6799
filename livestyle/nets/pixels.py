"""Pictures in and out of torch."""

import numpy as np
import torch
from torch import Tensor

from livestyle.frame import Pixels


def to_batch(pixels: Pixels) -> Tensor:
    """RGB uint8 (H, W, 3) -> float in [0, 1], (1, 3, H, W)."""
    return torch.tensor(pixels).permute(2, 0, 1)[None].contiguous().float() / 255


def to_pixels(batch: Tensor) -> Pixels:
    """The reverse of `to_batch` for the first picture, clamped and rounded."""
    scaled = (batch[0].detach().clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(scaled.permute(1, 2, 0).cpu().numpy())
