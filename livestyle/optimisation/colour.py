"""The linear map that gives a photo the mean and the covariance of its artworks' colours."""

from collections.abc import Sequence

import torch
from torch import Tensor

from livestyle.training.colour_map import linear_colour_map

FLAT = 1e-4
"""Variance added to both: a picture of few colours is not stretched without bound."""


def colour_transfer(
    photo: Tensor, artworks: Sequence[tuple[Tensor, float]]
) -> tuple[Tensor, Tensor]:
    """Of all maps with that mean and covariance, the one that moves colours least.

    Args:
        photo: RGB in [0, 1], (1, 3, H, W).
        artworks: likewise, each with its weight.

    Returns:
        Matrix (3, 3) and offset (3,); RGB becomes `matrix @ rgb + offset`.
    """
    mean, covariance = _statistics(photo)
    total = sum(weight for _, weight in artworks)
    wanted_mean, wanted = torch.zeros_like(mean), torch.zeros_like(covariance)
    for artwork, weight in artworks:
        found_mean, found = _statistics(artwork)
        wanted_mean += weight / total * found_mean
        wanted += weight / total * found
    matrix = linear_colour_map(covariance, wanted)
    return matrix.float(), (wanted_mean - matrix @ mean).float()


def recoloured(photo: Tensor, artworks: Sequence[tuple[Tensor, float]]) -> Tensor:
    """The photo, (1, 3, H, W), moved by `colour_transfer`, within [0, 1]."""
    matrix, offset = (part.to(photo.device) for part in colour_transfer(photo, artworks))
    moved = torch.einsum("ij,njhw->nihw", matrix, photo) + offset.view(1, 3, 1, 1)
    return moved.clamp(0, 1)


def _statistics(picture: Tensor) -> tuple[Tensor, Tensor]:
    pixels = picture[0].flatten(1).double().cpu()
    flat = FLAT * torch.eye(3, dtype=torch.float64)
    return pixels.mean(1), torch.cov(pixels) + flat
