"""Painting by optimisation: the loss falls, and each method keeps what it promises."""

import numpy as np
import pytest
import torch

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.nets.hrnet import HRNet
from livestyle.nets.pixels import to_batch, to_pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.gatys import paint_gatys
from livestyle.optimisation.objective import LAYERS, Objective, Weights
from livestyle.optimisation.photorealistic import paint_photorealistic


@pytest.fixture(scope="module")
def loss_network() -> LossNetwork:
    torch.manual_seed(0)
    return LossNetwork("vgg16", LAYERS)


def noise(seed: int, height: int = 48, width: int = 48) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_the_objective_of_a_pair_of_equals_is_nothing(loss_network: LossNetwork) -> None:
    photo = to_batch(noise(0))
    assert Objective(loss_network, photo, photo, Weights(tv=0))(photo).item() == 0
    assert Objective(loss_network, photo, photo, Weights(0, 0, tv=1))(photo).item() > 0


def test_gatys_lowers_the_loss_step_by_step(loss_network: LossNetwork) -> None:
    losses: list[float] = []
    painted = paint_gatys(
        loss_network, noise(0), noise(1), steps=12, on_step=lambda _, loss: losses.append(loss)
    )
    assert painted.shape == (48, 48, 3) and painted.dtype == np.uint8
    assert len(losses) <= 12 and losses[-1] < losses[0]
    assert not np.array_equal(painted, noise(0))


def test_gatys_from_noise_does_not_begin_with_the_photo(loss_network: LossNetwork) -> None:
    options = {"steps": 1, "weights": Weights(1e-9, 0, 0)}
    from_photo = paint_gatys(loss_network, noise(0), noise(1), init="content", **options)
    from_noise = paint_gatys(loss_network, noise(0), noise(1), init="noise", **options)
    assert np.abs(from_photo.astype(int) - noise(0)).mean() < 2
    assert np.abs(from_noise.astype(int) - noise(0)).mean() > 20
    with pytest.raises(TrainingError, match="content or noise"):
        paint_gatys(loss_network, noise(0), noise(1), init="style")


def test_the_high_resolution_network_starts_as_the_photo() -> None:
    photo = torch.rand(1, 3, 32, 48) * 0.9 + 0.05
    assert torch.allclose(HRNet()(photo), photo, atol=0.02)


def test_photorealistic_transfer_lowers_the_loss_at_any_size(loss_network: LossNetwork) -> None:
    losses: list[float] = []
    painted = paint_photorealistic(
        loss_network,
        noise(0, 45, 50),
        noise(1),
        steps=15,
        on_step=lambda _, loss: losses.append(loss),
    )
    assert painted.shape == (45, 50, 3)
    assert losses[-1] < losses[0]


def test_pixels_survive_the_way_there_and_back() -> None:
    assert np.array_equal(to_pixels(to_batch(noise(3))), noise(3))
