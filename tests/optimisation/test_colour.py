"""Where a fitted network begins: the photo in its artwork's colours."""

import torch

from livestyle.frame import Pixels
from livestyle.nets.hrnet import HRNet
from livestyle.nets.pixels import to_batch
from livestyle.optimisation.colour import colour_transfer


def test_the_photo_takes_the_mean_and_the_covariance_of_its_artworks_colours(
    photo: Pixels, artwork: Pixels
) -> None:
    source, wanted = to_batch(photo), to_batch(artwork)
    matrix, offset = colour_transfer(source, [(wanted, 2.0)])
    moved = matrix @ source[0].flatten(1) + offset[:, None]
    pixels = wanted[0].flatten(1)
    assert torch.allclose(moved.mean(1), pixels.mean(1), atol=1e-3)
    assert torch.allclose(torch.cov(moved), torch.cov(pixels), atol=1e-3)


def test_the_heavier_artwork_has_the_more_of_the_mean(photo: Pixels, artwork: Pixels) -> None:
    source, wanted = to_batch(photo), to_batch(artwork)
    matrix, offset = colour_transfer(source, [(wanted, 3.0), (source, 1.0)])
    mean = source[0].flatten(1).mean(1)
    expected = 0.75 * wanted[0].flatten(1).mean(1) + 0.25 * mean
    assert torch.allclose(matrix @ mean + offset, expected, atol=1e-3)


def test_a_photo_of_one_colour_becomes_the_artworks_mean(artwork: Pixels) -> None:
    grey, wanted = torch.full((1, 3, 16, 16), 0.5), to_batch(artwork)
    matrix, offset = colour_transfer(grey, [(wanted, 1.0)])
    moved = matrix @ grey[0, :, 0, 0] + offset
    assert torch.allclose(moved, wanted[0].flatten(1).mean(1), atol=1e-3)


def test_the_network_begins_with_the_map_it_is_given() -> None:
    torch.manual_seed(0)
    matrix, offset = torch.rand(3, 3), torch.rand(3)
    net, rgb = HRNet(), torch.rand(1, 3, 32, 32)
    net.start_as(matrix, offset)
    net.picture.weight.data[:, :-3] = 0  # what the features add
    wanted = torch.einsum("ij,njhw->nihw", matrix, rgb) + offset.view(1, 3, 1, 1)
    assert torch.allclose(net(rgb), wanted, atol=1e-5)
