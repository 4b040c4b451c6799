"""Losses against values worked by hand."""

import pytest
import torch

from livestyle.training.losses import (
    chroma_loss,
    gram_matrix,
    palette_loss,
    relative_error,
    style_loss,
    total_variation_loss,
)

FEATURES = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # (1, 2, 1, 2)


def test_gram_matrix() -> None:
    # F F^T = [[1+4, 3+8], [3+8, 9+16]], divided by C H W = 4
    assert gram_matrix(FEATURES).tolist() == [[[1.25, 2.75], [2.75, 6.25]]]


@pytest.mark.parametrize("shape", [(2, 8, 40, 40), (1, 64, 12, 10), (1, 4, 7, 5)])
def test_gram_matrix_of_half_precision_features(shape: tuple[int, ...]) -> None:
    features = torch.rand(shape).bfloat16()
    found, exact = gram_matrix(features), gram_matrix(features.float())
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, exact, rtol=4e-3, atol=0)
    assert ((found - exact).abs() / exact).mean() < 2e-3


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_of_a_gram_matrix(layout: torch.memory_format) -> None:
    features = torch.rand(2, 3, 4, 5, dtype=torch.float64).to(memory_format=layout)
    weights = torch.rand(2, 3, 3)  # not symmetric
    ours, autograds = features.clone().requires_grad_(), features.clone().requires_grad_()
    (gram_matrix(ours) * weights).sum().backward()
    flat = autograds.reshape(2, 3, 20)
    (flat @ flat.mT / 60 * weights).sum().backward()
    torch.testing.assert_close(ours.grad, autograds.grad)


def test_relative_error_is_the_share_of_the_wanted_energy_in_the_mean_over_a_batch() -> None:
    wanted = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    assert relative_error(torch.zeros(2, 2), wanted).item() == 1
    assert relative_error(wanted * torch.tensor([[1.5], [1.0]]), wanted).item() == 0.125


def test_style_loss_is_the_mean_over_layers_and_passes_over_the_rest() -> None:
    features = {"a": FEATURES, "b": FEATURES, "other": FEATURES}
    targets = {"a": 2 * gram_matrix(FEATURES), "b": gram_matrix(FEATURES)}
    assert style_loss(features, targets).item() == pytest.approx(0.125)  # of 1/4 and 0


def test_style_loss_does_not_depend_on_how_strong_the_features_of_a_layer_are() -> None:
    features, artwork = torch.rand(2, 1, 8, 6, 6).unbind()
    losses = [
        style_loss({"a": features * scale}, {"a": gram_matrix(artwork * scale)}).item()
        for scale in (1.0, 30.0)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


def test_total_variation() -> None:
    picture = torch.tensor([[[[0.0, 1.0], [3.0, 7.0]]]])
    # down: (3^2 + 6^2) / 2; right: (1^2 + 4^2) / 2
    assert total_variation_loss(picture).item() == pytest.approx(22.5 + 8.5)


def test_the_palette_is_that_of_the_artwork_wherever_its_colours_lie() -> None:
    pictures = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    palette = pictures[0].flatten(1)[:, torch.randperm(64)]
    assert palette_loss(pictures, palette).item() == pytest.approx(0.0, abs=1e-12)
    assert palette_loss(pictures.flip(1), palette) > 1e-4  # red for blue


def test_palette_loss_of_pictures_all_of_one_colour() -> None:
    black, grey = torch.zeros(2, 3, 8, 8), torch.full((3, 16), 0.5)
    # along any direction d the distance is (0.5 (d1 + d2 + d3))^2, whose mean is 0.25
    assert palette_loss(black, grey).item() == pytest.approx(0.25, rel=0.5)
    assert palette_loss(black, grey / 2).item() == pytest.approx(
        palette_loss(black, grey).item() / 4
    )


def test_chroma_loss() -> None:
    photos = torch.full((1, 3, 16, 16), 0.5)
    assert chroma_loss(photos + 0.2, photos).item() == pytest.approx(0.0, abs=1e-10)  # lighter
    redder = photos + torch.tensor([0.1, 0, 0])[:, None, None]
    # Cb falls by 0.0168736, Cr rises by 0.05
    assert chroma_loss(redder, photos).item() == pytest.approx(
        (0.0168736**2 + 0.05**2) / 2, rel=1e-4
    )


def test_chroma_loss_leaves_fine_strokes_alone() -> None:
    photos = torch.full((1, 3, 16, 16), 0.5)
    stripes = torch.tensor([0.2, -0.2]).repeat(8)
    assert chroma_loss(photos + stripes * torch.tensor([1.0, 0, 0])[:, None, None], photos) < 1e-10
