"""Style error, content error and edges kept, of pictures whose answer is known."""

from functools import partial

import numpy as np
import pytest
import torch

from livestyle.frame import Pixels
from livestyle.nets.vgg import LossNetwork
from livestyle.training.similarity import (
    LAYERS,
    Similarity,
    gradient_ssim,
    mean_similarity,
    similarity,
)


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


def test_the_mean_over_photos_is_that_of_each_layer_and_error() -> None:
    one = Similarity({f"relu{stage}_1": float(stage) for stage in range(1, 6)}, 1.0, 2.0, 0.5)
    other = Similarity({f"relu{stage}_1": 0.0 for stage in range(1, 6)}, 3.0, 0.0, 1.0)
    mean = Similarity.mean([one, other])
    assert mean.style_errors == {f"relu{stage}_1": stage / 2 for stage in range(1, 6)}
    assert mean.style_error == pytest.approx(1.5)
    assert (mean.content_error, mean.shallow_error, mean.gradient_ssim) == (2.0, 1.0, 0.75)


def test_a_lost_photo_shows_in_both_content_errors() -> None:
    torch.manual_seed(0)
    network = LossNetwork("vgg16", LAYERS)
    photos, artwork = [noise(0), noise(1)], noise(2) // 3

    def faded(share: float, photo: Pixels) -> Pixels:
        return np.asarray(photo * share, np.uint8)

    unpainted, grey, black = (
        mean_similarity(network, partial(faded, share), photos, artwork) for share in (1, 0.5, 0)
    )
    assert unpainted.content_error == unpainted.shallow_error == 0
    assert 0 < grey.content_error < black.content_error
    assert 0 < grey.shallow_error < black.shallow_error


def test_the_artwork_is_shown_at_the_size_of_the_stroke() -> None:
    torch.manual_seed(0)
    network = LossNetwork("vgg16", LAYERS)
    artwork = noise(3)
    halved, whole = (
        similarity(network, artwork, artwork, artwork, stroke).style_error for stroke in (0.5, 1.0)
    )
    assert whole == 0 < halved


def test_edges_are_told_from_colours() -> None:
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = 200
    tinted = np.clip(photo + np.array([20, 20, 20], np.uint8), 0, 255).astype(np.uint8)
    moved = np.roll(photo, 8, axis=1)
    assert gradient_ssim(photo, tinted) == pytest.approx(1, abs=1e-3)
    assert gradient_ssim(photo, moved) < 0.9
