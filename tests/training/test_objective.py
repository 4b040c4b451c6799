"""What a step weighs, and the light and noise that photos are seen in."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from livestyle.errors import TrainingError
from livestyle.nets.light import Light, NoiseMap
from livestyle.training.brushes import BRUSHES
from livestyle.training.config import TrainConfig
from livestyle.training.data.augmentation import in_another_light
from livestyle.training.loop import Trainer
from livestyle.training.objective import BrushObjective, Objective
from livestyle.training.steadiness import random_warp, through_a_sensor

GREY = torch.full((4, 3, 16, 16), 0.5)


class Counting(nn.Module):
    """Paints nothing, and counts the pictures it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.fills: list[Tensor | None] = []

    def forward(self, pictures: Tensor, fill: Tensor | None = None) -> Tensor:
        self.seen.append(pictures)
        self.fills.append(fill)
        return pictures


class Tinting(nn.Conv2d):
    """Mixes the colours, somehow."""

    def __init__(self) -> None:
        super().__init__(3, 3, 1)

    def forward(self, pictures: Tensor, fill: Tensor | None = None) -> Tensor:
        return super().forward(pictures)


class Showing(nn.Module):
    """Paints its noise, or the noise as it is some cells further."""

    def __init__(self, moved: int = 0) -> None:
        super().__init__()
        self.seed, self.moved = NoiseMap(1), moved

    def forward(self, pictures: Tensor, fill: Tensor | None = None) -> Tensor:
        height, width = pictures.shape[2] // 4, pictures.shape[3] // 4
        self.seed(torch.zeros(1, 1, height, width))
        noise = self.seed.laid(self.seed.tile, height, width).roll(self.moved // 2, 3)
        return pictures + 0.03 * F.interpolate(noise, scale_factor=4.0, mode="bilinear")


def objective_of(config: TrainConfig, share: slice = slice(None)) -> Objective:
    trainer = Trainer(config)
    assert trainer.loss_network
    return Objective(config, trainer.loss_network, trainer.target, share, None)


@pytest.mark.parametrize(
    ("weight", "progress", "pictures"), [(20.0, 0.1, 2), (20.0, 0.5, 4), (0.0, 0.5, 2)]
)
def test_nothing_is_painted_twice_while_steadiness_weighs_nothing(
    config: TrainConfig, weight: float, progress: float, pictures: int
) -> None:
    net = Counting()
    objective = objective_of(replace(config, batch=2, steadiness_weight=weight))
    losses = objective(net, torch.zeros(2, 3, 64, 64, dtype=torch.uint8), progress)
    assert [len(seen) for seen in net.seen] == [pictures]
    assert list(losses) == ["content", "style", "tv", "steadiness", "colour", "detail"]
    assert (losses["steadiness"] > 0) == (pictures == 4)


def test_only_what_stands_still_is_painted_with_the_seed(config: TrainConfig) -> None:
    net = Counting()
    crops = torch.full((4, 3, 64, 64), 128, dtype=torch.uint8)
    crops[..., 32:] = 30
    objective = objective_of(replace(config, batch=4, steadiness_weight=10.0, augment=0.0))
    objective(net, crops, 0.9)
    photos, again = net.seen[0].chunk(2)
    moved = (again - photos).abs().mean(dim=(1, 2, 3)) > 0.02  # noise alone changes less
    assert net.fills[0] is not None
    assert torch.equal(net.fills[0][:, 0, 0, 0] == 0, moved.repeat(2))
    assert moved.sum() == 2


def test_faces_weigh_where_there_are_some(config: TrainConfig) -> None:
    crops = torch.randint(0, 256, (2, 4, 64, 64), dtype=torch.uint8)
    crops[:, 3] = 0
    crops[1, 3, 20:40, 20:40] = 255
    some = objective_of(replace(config, batch=2, augment=0.0, face_weight=10.0))
    assert some(Tinting(), crops, 1.0)["face"] > 0
    crops[:, 3] = 0
    assert some(Tinting(), crops, 1.0)["face"] == 0
    assert "face" not in some(Tinting(), crops[:, :3], 1.0)
    none = objective_of(replace(config, batch=2, augment=0.0, face_weight=0.0))
    assert "face" not in none(Tinting(), crops, 1.0)


@pytest.mark.parametrize(("name", "weight"), [("colour", 10.0), ("detail", 100.0)])
def test_colours_weigh_what_is_asked_for(config: TrainConfig, name: str, weight: float) -> None:
    crops = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    losses = []
    for factor in (1, 2):
        torch.manual_seed(0)
        some = replace(config, batch=2, augment=0.0, **{f"{name}_weight": factor * weight})  # type: ignore[arg-type]
        net = Tinting()
        losses.append(objective_of(some)(net, crops, 1.0)[name].item())
    assert losses[1] == pytest.approx(2 * losses[0]) and losses[0] > 0


def brush_objective_of(config: TrainConfig) -> BrushObjective:
    trainer = Trainer(config)
    assert config.brush
    brush = BRUSHES[config.brush]
    return BrushObjective(config, brush, trainer.target.colours, slice(None), None)


def test_a_brush_weighs_strokes_and_steadiness_and_needs_no_loss_network(
    config: TrainConfig, tmp_path: Path
) -> None:
    config = replace(config, brush="flowing", vgg_weights=tmp_path / "none.safetensors", batch=2)
    crops = torch.randint(0, 256, (2, 4, 64, 64), dtype=torch.uint8)
    net = Light()
    losses = brush_objective_of(config)(net, crops, 0.9)
    assert list(losses) == ["brushwork", "steadiness"]
    assert all(loss > 0 for loss in losses.values())
    losses["brushwork"].backward()
    assert all(weight.grad is not None for weight in net.parameters())


def test_strokes_lie_where_the_network_has_its_noise(config: TrainConfig) -> None:
    """A network that paints what its noise map says, and grey elsewhere, is nearly right."""
    config = replace(config, brush="swept", augment=0.0, steadiness_weight=0.0)
    objective = brush_objective_of(config)
    grey = torch.full((1, 3, 160, 160), 128, dtype=torch.uint8)
    found, elsewhere = Showing(), Showing(moved=40)
    right = objective(found, grey, 0.0)["brushwork"]
    assert right < 0.97 * objective(elsewhere, grey, 0.0)["brushwork"]


def test_a_network_without_noise_cannot_learn_a_brush(config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="--net light"):
        Trainer(replace(config, brush="swept", net="johnson"))
    assert not config.out.exists()


@pytest.mark.parametrize("augment", [0.0, 1.0])
def test_the_network_sees_photos_as_they_are_only_without_augmentation(
    config: TrainConfig, augment: float
) -> None:
    net = Counting()
    crops = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    objective_of(replace(config, augment=augment))(net, crops, 0.0)
    assert torch.equal(net.seen[0], crops / 255) == (augment == 0)


def test_a_share_sees_what_the_whole_batch_sees_there(config: TrainConfig) -> None:
    config = replace(config, batch=4)
    crops = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    whole, part = Counting(), Counting()
    objective = objective_of(config)
    torch.manual_seed(5)
    objective(whole, crops, 0.5)
    torch.manual_seed(5)
    replace(objective, share=slice(2, 4))(part, crops[2:], 0.5)
    expected = whole.seen[0][[2, 3, 6, 7]]  # the photos, and the photos moved
    torch.testing.assert_close(part.seen[0], expected)


def test_light_changes_a_little_and_otherwise_for_each_photo() -> None:
    torch.manual_seed(1)
    many = torch.full((200, 3, 2, 2), 0.5)
    lit = in_another_light(many, 200, slice(None))[:, :, 0, 0]
    assert 0.83 < lit[:, 1].min() / 0.5 < 0.87  # a quarter of a stop
    assert 1.15 < lit[:, 1].max() / 0.5 < 1.2
    assert 0.03 < (lit[:, 0] / lit[:, 1] - 1).abs().max() < 0.06
    assert torch.equal(in_another_light(many, 200, slice(None), 0.0), many)


def test_noise_and_light_and_movement_do_not_depend_on_the_share() -> None:
    share = slice(1, 3)
    torch.manual_seed(2)
    whole = through_a_sensor(in_another_light(GREY, 4, slice(None)), 4)
    moved = random_warp(4, 16, 16)
    torch.manual_seed(2)
    part = through_a_sensor(in_another_light(GREY[share], 4, share), 4, share)
    assert torch.equal(whole[share], part)
    assert torch.equal(moved.grid[share], random_warp(4, 16, 16).of(share).grid)


def test_what_is_painted_along_the_edge_of_a_crop_counts_for_nothing(config: TrainConfig) -> None:
    class Framing(nn.Module):
        def __init__(self, width_px: int) -> None:
            super().__init__()
            self.width_px = width_px

        def forward(self, pictures: Tensor, fill: Tensor | None = None) -> Tensor:
            framed, width = torch.ones_like(pictures), self.width_px
            framed[:, :, width:-width, width:-width] = pictures[:, :, width:-width, width:-width]
            return framed

    objective = objective_of(replace(config, batch=1, augment=0.0, steadiness_weight=0.0))
    photo = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    totals = [
        float(torch.stack(list(objective(Framing(width), photo, 1.0).values())).sum())
        for width in (1, 8, 9)  # an eighth of the side is left off
    ]
    assert totals[0] == totals[1] != totals[2]
