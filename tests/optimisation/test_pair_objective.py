"""The losses: nothing for equals, the same in tiles, and of several artworks."""

import numpy as np
import pytest
import torch
from torch import Tensor

from livestyle.errors import TrainingError
from livestyle.frame import Pixels
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork
from livestyle.optimisation.objective import Objective
from livestyle.optimisation.settings import NORMALISED, PUBLISHED, RECIPES, Recipe, recipe_of
from livestyle.optimisation.tiling import tiles_of


def noise(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_a_picture_that_is_photo_and_artwork_costs_nothing(
    loss_network: LossNetwork, recipe: Recipe
) -> None:
    photo = noise(48, 64)
    losses = Objective(loss_network, photo, [(photo, 1.0)], recipe).losses(photo)
    assert float(sum(losses.values())) == pytest.approx(0, abs=1e-6)


def test_the_published_style_loss_is_that_of_plain_gram_matrices(
    loss_network: LossNetwork,
) -> None:
    photo, artwork, picture = noise(32, 48), noise(32, 48, 1), noise(32, 48, 2)
    found = Objective(loss_network, photo, [(artwork, 1.0)], PUBLISHED, 15.0).losses(picture)
    wanted = 0.0
    for layer, weight in zip(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), PUBLISHED.layers, strict=True
    ):
        a, b = (loss_network(x)[layer][0].flatten(1) for x in (picture, artwork))
        wanted += weight * float(((a @ a.T - b @ b.T) ** 2).mean()) / a.numel()
    assert found["style"].item() == pytest.approx(15 * wanted, rel=1e-3)
    content = [loss_network(x)["relu4_2"] for x in (picture, photo)]
    assert found["content"].item() == pytest.approx(
        150 * float(((content[0] - content[1]) ** 2).mean()), rel=1e-3
    )


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_tiles_give_the_losses_and_the_gradient_of_the_whole_picture(
    loss_network: LossNetwork, recipe: Recipe
) -> None:
    photo, artwork = noise(290, 341), noise(64, 64, 1)
    gradients, losses = [], []
    for tile_px in (1024, 96):
        objective = Objective(loss_network, photo, [(artwork, 1.0)], recipe, tile_px=tile_px)
        picture = noise(290, 341, 2).requires_grad_()
        losses.append(sum(objective.gradient(picture).values()))
        gradients.append(picture.grad)
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert gradients[0] is not None and gradients[1] is not None
    apart = (gradients[0] - gradients[1]).norm() / gradients[0].norm()
    assert apart < 1e-3


def test_tiles_cover_every_pixel_once() -> None:
    covered = np.zeros((290, 341), int)
    for tile in tiles_of(290, 341, 96, 80):
        covered[tile.rows, tile.columns] += 1
    assert (covered == 1).all()


def test_the_heavier_of_two_artworks_is_the_nearer_one(
    loss_network: LossNetwork, photo: Pixels, artwork: Pixels
) -> None:
    one, other = to_batch(photo), to_batch(artwork)
    heavy = Objective(loss_network, one, [(one, 0.9), (other, 0.1)], NORMALISED).losses(one)
    light = Objective(loss_network, one, [(one, 0.1), (other, 0.9)], NORMALISED).losses(one)
    assert 0 < heavy["style"] < light["style"]


def test_an_unknown_recipe_is_refused() -> None:
    with pytest.raises(TrainingError, match="published or normalised"):
        recipe_of("secret")
    assert recipe_of("published", content=7).content == 7
