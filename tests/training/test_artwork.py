"""The artwork as the style loss sees it: its weight, its size."""

from dataclasses import replace

import numpy as np
import pytest

from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.training.config import TrainConfig
from livestyle.training.losses import style_loss
from livestyle.training.style_target import UNPAINTED, StyleTarget, style_target

LAYERS = ("relu1_1",)


def target_of(config: TrainConfig, network: LossNetwork, **changes: float) -> StyleTarget:
    photos = [read_picture(config.photos / f"{number}.png") for number in range(3)]
    stroke = changes.get("stroke", 1.0)
    return style_target(network, LAYERS, config.style_image, stroke, photos)


@pytest.fixture
def network(config: TrainConfig) -> LossNetwork:
    return load_loss_network("vgg16", ("relu1_1", "relu1_2"), config.vgg_weights)


def test_unpainted_photos_cost_the_same_whatever_the_artwork(
    config: TrainConfig, network: LossNetwork
) -> None:
    photos = [read_picture(config.photos / f"{number}.png") for number in range(3)]
    factors = []
    for brightness in (0.2, 1.0):
        picture = (read_picture(config.style_image) * brightness).astype(np.uint8)
        path = config.style_image.with_name("other.png")
        write_picture(path, picture)
        target = target_of(replace(config, style_image=path), network)
        losses = [style_loss(network(to_batch(photo)), target.grams).item() for photo in photos]
        assert target.factor * np.mean(losses) == pytest.approx(UNPAINTED)
        factors.append(target.factor)
    assert factors[0] != pytest.approx(factors[1], rel=0.1)


def test_the_stroke_is_the_size_at_which_the_artwork_is_seen(
    config: TrainConfig, network: LossNetwork
) -> None:
    fine, coarse = (target_of(config, network, stroke=stroke) for stroke in (0.125, 0.5))
    assert not np.allclose(fine.grams["relu1_1"], coarse.grams["relu1_1"], rtol=0.05)


def test_a_tiny_painting_is_refused(config: TrainConfig, network: LossNetwork) -> None:
    write_picture(config.style_image, read_picture(config.style_image)[:20, :20])
    with pytest.raises(TrainingError, match="20x20"):
        target_of(config, network)
