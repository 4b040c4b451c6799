"""A loss network with random weights, and a photo and an artwork of unlike colours."""

import numpy as np
import pytest
import torch

from livestyle.frame import Pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.training.similarity import LAYERS


@pytest.fixture(scope="session")
def loss_network() -> LossNetwork:
    """VGG16 as it is before it learns; its first layer sees colours all the same."""
    torch.manual_seed(0)
    return LossNetwork("vgg16", LAYERS)


@pytest.fixture
def photo() -> Pixels:
    """Blurred patches of blue and green, 72 x 96."""
    return patches(0, (40, 90, 160))


@pytest.fixture
def artwork() -> Pixels:
    """Blurred patches about a loud orange, 72 x 96."""
    return patches(1, (230, 120, 20))


def patches(seed: int, colour: tuple[int, int, int]) -> Pixels:
    """Squares of 12 px about a colour."""
    rng = np.random.default_rng(seed)
    spread = rng.integers(-40, 41, (6, 8, 3))
    squares = np.clip(np.array(colour) + spread, 0, 255).astype(np.uint8)
    return squares.repeat(12, axis=0).repeat(12, axis=1)
