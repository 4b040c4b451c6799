"""Style error, content error and edges kept, of pictures whose answer is known."""

import numpy as np
import pytest
import torch
from torch import Tensor

from livestyle.frame import Pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.training.similarity import LAYERS, gradient_ssim, relative_error, similarity


def noise(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (64, 96, 3), dtype=np.uint8)


def test_an_unpainted_photo_keeps_its_content_and_an_artwork_its_style() -> None:
    torch.manual_seed(0)
    network = LossNetwork("vgg16", LAYERS)
    photo, artwork = noise(0), (noise(1) // 3)
    unpainted = similarity(network, photo, photo, artwork)
    assert unpainted.content_error == 0 and unpainted.gradient_ssim == pytest.approx(1)
    assert unpainted.style_error > 0.01
    copied = similarity(network, artwork, photo, artwork)
    assert copied.style_error == 0 and copied.content_error > 0


def test_relative_error_is_the_share_of_the_wanted_energy() -> None:
    wanted: Tensor = torch.tensor([3.0, 4.0])
    assert relative_error(torch.zeros(2), wanted).item() == 1
    assert relative_error(wanted * 1.5, wanted).item() == pytest.approx(0.25)


def test_edges_are_told_from_colours() -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = 200
    tinted = np.clip(photo + np.array([20, 20, 20], np.uint8), 0, 255).astype(np.uint8)
    moved = np.roll(photo, 8, axis=1)
    assert gradient_ssim(photo, tinted) == pytest.approx(1, abs=1e-3)
    assert gradient_ssim(photo, moved) < 0.9
