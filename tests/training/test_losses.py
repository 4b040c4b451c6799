"""Losses against values worked by hand."""

import pytest
import torch

from livestyle.training import losses
from livestyle.training.losses import (
    colour_loss,
    colour_statistics,
    colour_transfer,
    detail_loss,
    face_loss,
    gram_matrix,
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


def test_style_loss_weighs_layers() -> None:
    features = {"a": FEATURES, "b": FEATURES}
    targets = {"a": 2 * gram_matrix(FEATURES), "b": gram_matrix(FEATURES)}
    assert style_loss(features, targets, (3.0, 1.0)).item() == pytest.approx(0.75 / 4)


@pytest.mark.parametrize("kept", [0.0, 1.0])
def test_transferred_colours_are_the_artworks_or_the_photos(
    kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KEPT": kept, "MEAN_KEPT": kept}.items():
        monkeypatch.setattr(losses, name, value)
    monkeypatch.setattr(losses, "CONTRAST_GAIN", (1.0, 1.0))
    monkeypatch.setattr(losses, "LIGHTNESS", (0.0, 1.0))
    monkeypatch.setattr(losses, "VARIANCE", 0.0)
    generator = torch.Generator().manual_seed(1)
    photos, artwork = 0.3 + 0.4 * torch.rand(2, 1, 3, 32, 32, generator=generator)
    artwork[:, 2] = 0.5 * artwork[:, 2] + 0.5 * artwork[:, 0]  # blue goes with red
    statistics = colour_statistics(artwork)
    found = colour_transfer(photos, statistics, saturation=1.0).flatten(2)[0]
    wanted = photos if kept else artwork
    ycbcr = losses.ycbcr(wanted).flatten(2)[0]
    torch.testing.assert_close(found.mean(1), ycbcr.mean(1), atol=0.01, rtol=0)
    torch.testing.assert_close(torch.cov(found), torch.cov(ycbcr), atol=1e-3, rtol=0.05)


def test_a_foggy_photo_gains_contrast_within_bounds() -> None:
    fog = 0.5 + 0.01 * torch.rand(1, 3, 16, 16)
    transferred = colour_transfer(fog, colour_statistics(torch.rand(1, 3, 16, 16)))
    own = losses.ycbcr(fog)[:, 0].std()
    assert 1.2 * own < transferred[:, 0].std() < 2.2 * 2.2 * own


@pytest.mark.parametrize("light", [0.0, 1.0])
def test_no_artwork_makes_pictures_that_are_black_or_white(light: float) -> None:
    photos = torch.rand(1, 3, 16, 16)
    artwork = torch.full((1, 3, 16, 16), light)
    luma = colour_transfer(photos, colour_statistics(artwork))[:, 0]
    assert 0.4 < luma.mean() < 0.62
    assert luma.std() > 0.1


def test_colour_transfer_of_a_batch_is_that_of_each() -> None:
    photos, statistics = torch.rand(3, 3, 16, 16), colour_statistics(torch.rand(1, 3, 16, 16))
    together = colour_transfer(photos, statistics)
    alone = torch.cat([colour_transfer(photo[None], statistics) for photo in photos])
    torch.testing.assert_close(together, alone)


def test_colour_loss_sees_areas_and_leaves_fine_strokes_alone() -> None:
    photos = torch.full((1, 3, 16, 16), 0.5)
    wanted = losses.ycbcr(photos)
    assert colour_loss(photos, wanted).item() == pytest.approx(0.0, abs=1e-10)
    stripes = torch.tensor([0.1, -0.1]).repeat(8)
    assert colour_loss(photos + stripes, wanted) < 1e-10
    # 0.1 lighter: luma alone, which counts a quarter
    assert colour_loss(photos + 0.1, wanted).item() == pytest.approx(0.25 * 0.1**2, rel=1e-3)


def test_detail_loss_counts_where_the_photo_has_detail() -> None:
    photo = torch.full((1, 3, 64, 64), 0.5)
    photo[..., 8:24, 8:24] = (torch.arange(16) // 4 % 2).float()  # letters on a wall
    wanted = losses.ycbcr(photo)
    on_letters, on_wall = photo.clone(), photo.clone()
    on_letters[..., 8:24, 8:24] += 0.1
    on_wall[..., 40:56, 40:56] += 0.1
    assert detail_loss(on_wall, wanted) < 1e-9
    # 8 x 8 of the 32 x 32 pixels at half size, all of them full of detail
    assert detail_loss(on_letters, wanted).item() == pytest.approx(0.1**2 / 16, rel=1e-3)


def test_face_loss_counts_within_faces() -> None:
    photo = torch.full((1, 3, 64, 64), 0.5)
    wanted, faces = losses.ycbcr(photo), torch.zeros(1, 1, 64, 64)
    faces[..., 8:24, 8:24] = 1
    on_face, on_wall = photo.clone(), photo.clone()
    on_face[..., 8:24, 8:24] += 0.1
    on_wall[..., 40:56, 40:56] += 0.1
    assert face_loss(on_wall, wanted, faces) < 1e-9
    assert face_loss(on_face, wanted, faces).item() == pytest.approx(0.1**2 / 16, rel=1e-3)
    tinted = photo.clone()
    tinted[:, 2, 8:24, 8:24] += 0.1  # blue: little luma, chroma counts half
    y, cb, cr = 0.114 * 0.1, 0.5 * 0.1, -0.081312 * 0.1
    expected = (y**2 + (cb**2 + cr**2) / 2) / 16
    assert face_loss(tinted, wanted, faces).item() == pytest.approx(expected, rel=1e-3)
