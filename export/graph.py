"""The frame that graphs are traced with."""

import torch
from torch import Tensor

EXAMPLE_SIZE = (161, 118)
"""(width, height) that graphs are traced at; no multiple of anything, so nothing is fixed."""


def example_frame() -> Tensor:
    """Random RGB uint8, (1, H, W, 3), for tracing."""
    width, height = EXAMPLE_SIZE
    generator = torch.Generator().manual_seed(0)
    shape = (1, height, width, 3)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
