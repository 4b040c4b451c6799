"""The artwork as the style loss sees it: its weight, its size."""

import numpy as np
import pytest
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.training.config import TrainConfig
from livestyle.training.style_target import StyleTarget, style_target

LAYERS = ("relu1_1",)


def target_of(config: TrainConfig, network: LossNetwork, **changes: float) -> StyleTarget:
    stroke = changes.get("stroke", 1.0)
    return style_target(network, LAYERS, config.style_image, stroke)


@pytest.fixture
def network(config: TrainConfig) -> LossNetwork:
    return load_loss_network("vgg16", ("relu1_1", "relu1_2"), config.vgg_weights)


def test_the_stroke_is_the_size_at_which_the_artwork_is_seen(
    config: TrainConfig, network: LossNetwork
) -> None:
    fine, coarse = (target_of(config, network, stroke=stroke) for stroke in (0.125, 0.5))
    assert not np.allclose(fine.grams["relu1_1"], coarse.grams["relu1_1"], rtol=0.05)


def test_a_tiny_painting_is_refused(config: TrainConfig, network: LossNetwork) -> None:
    write_picture(config.style_image, read_picture(config.style_image)[:20, :20])
    with pytest.raises(TrainingError, match="20x20"):
        target_of(config, network)


@pytest.mark.parametrize(("long_side", "forms"), [(800, 717), (400, 580), (200, 512)])
def test_forms_are_larger_than_texture_but_a_small_artwork_is_not_enlarged_for_them(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch, long_side: int, forms: int
) -> None:
    network = LossNetwork("vgg16", ("relu1_1", "relu3_1"))
    forward, seen = LossNetwork.forward, []

    def recording(self: LossNetwork, x: Tensor) -> dict[str, Tensor]:
        seen.append(max(x.shape[2:]))
        return forward(self, x)

    monkeypatch.setattr(LossNetwork, "forward", recording)
    picture = np.random.default_rng(0).integers(0, 255, (long_side // 2, long_side, 3), np.uint8)
    write_picture(config.style_image, picture)
    target = style_target(network, ("relu1_1", "relu3_1"), config.style_image, 1.0)
    assert seen == [512, forms]
    assert list(target.grams) == ["relu1_1", "relu3_1"]
