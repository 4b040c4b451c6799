"""The artwork as the style loss sees it: its weight, its size."""

import numpy as np
import pytest
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.images import read_picture, write_picture
from livestyle.nets.vgg import LossNetwork, load_loss_network
from livestyle.training.artwork import without_grain
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


def test_grain_goes_and_contours_stay() -> None:
    flat = np.full((300, 400, 3), (200, 60, 40), np.uint8)
    flat[:, 200:] = (20, 40, 120)
    grain = np.random.default_rng(0).normal(0, 6, flat.shape)
    found = without_grain(np.clip(flat + grain, 0, 255).astype(np.uint8))
    assert found.shape == (825, 1100, 3)
    plane = found[100:700, 60:480].astype(float)
    assert plane.std((0, 1)).max() < 2.5
    assert np.abs(plane.mean((0, 1)) - (200, 60, 40)).max() < 3
    edge = found[400, 530:570].astype(int)
    assert (np.abs(edge - (200, 60, 40)).max(1) > 25).sum() > 10
    assert ((edge[:, 0] > 50) & (edge[:, 0] < 170)).sum() <= 6


@pytest.mark.parametrize(("long_side", "found"), [(90, 270), (2000, 1100)])
def test_an_artwork_without_grain_is_of_a_size_to_draw_firm_contours(
    long_side: int, found: int
) -> None:
    artwork = np.random.default_rng(0).integers(0, 255, (long_side, 70, 3), np.uint8)
    assert without_grain(artwork).shape[0] == found


def test_grain_is_taken_out_on_request(config: TrainConfig, network: LossNetwork) -> None:
    grainy, even = (
        style_target(network, LAYERS, config.style_image, 0.5, remove_grain)
        for remove_grain in (False, True)
    )
    assert not np.allclose(grainy.grams["relu1_1"], even.grams["relu1_1"], rtol=0.02)
