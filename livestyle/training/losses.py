"""The losses of neural style transfer, as pure functions of features and pictures."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = 16

COLOUR_DIRECTIONS = 16
CHROMA_SCALE = 8
"""Colours of the photo are kept over areas of so many pixels across, not in every stroke."""


def gram_matrix(features: Tensor) -> Tensor:
    """G = F F^T / (C H W), Gatys et al. (arXiv 1508.06576, eq. 3), normalised as by Johnson.

    Args:
        features: (N, C, H, W); fastest where they lie in memory as channels_last.

    Returns:
        (N, C, C), float32.
    """
    gram: Tensor = _Gram.apply(features)
    return gram


class _Gram(torch.autograd.Function):
    """The Gram matrix of features as they lie, and its gradient in the features' own precision.

    What autograd would make of it multiplies twice where once will do, as G is symmetric, and
    gives gradients laid out otherwise than the features, so that every sum with others crawls.
    It took half of a training step.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        n, c, h, w = features.shape
        rows = features.permute(0, 2, 3, 1).reshape(n, h * w, c)
        ctx.save_for_backward(rows)
        ctx.features_shape = features.shape
        with torch.autocast(features.device.type, enabled=False):
            return _products(rows) / (c * h * w)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        n, c, h, w = ctx.features_shape
        both = (gradient + gradient.mT) / (c * h * w)
        with torch.autocast(rows.device.type, enabled=False):
            found: Tensor = rows @ both.to(rows.dtype)
        return found.reshape(n, h, w, c).permute(0, 3, 1, 2)


def _products(rows: Tensor) -> Tensor:
    """R^T R for (N, rows, C), float32. Half precision is multiplied as such, where it is fast.

    Its products are rounded to 8 bits; so they are taken of parts of the rows and summed exactly,
    which leaves errors of less than a thousandth in the mean.
    """
    if rows.dtype == torch.float32:
        return rows.mT @ rows
    n, count, c = rows.shape
    parts = math.gcd(count, PARTS if count > PARTS * c else PARTS // 4)
    split = rows.reshape(n * parts, count // parts, c)
    return (split.mT @ split).reshape(n, parts, c, c).sum(1, dtype=torch.float32)


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """||found - wanted||² / ||wanted||², the mean over a batch; a float32 scalar.

    Args:
        found: (N, ...).
        wanted: likewise, or one for all, (1, ...).
    """
    found, wanted = found.float(), wanted.float()
    squares = (found - wanted).square().flatten(1).sum(1)
    return (squares / wanted.square().flatten(1).sum(1).clamp_min(1e-12)).mean()


def style_loss(features: dict[str, Tensor], target_grams: dict[str, Tensor]) -> Tensor:
    """Mean over layers of the relative error of Gram matrices, a scalar.

    Cheng et al. (arXiv 2104.10064): divided by the artwork's own, every layer counts as much as
    the others, and every artwork as much as others.

    Args:
        features: layer -> (N, C, H, W); layers without a target are passed over.
        target_grams: layer -> (1, C, C).
    """
    losses = [
        relative_error(gram_matrix(features[layer]), gram) for layer, gram in target_grams.items()
    ]
    return torch.stack(losses).mean()


def total_variation_loss(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, a scalar (arXiv 1603.08155, section 3.2).

    Args:
        pictures: (N, C, H, W).
    """
    down = torch.mean((pictures[:, :, 1:] - pictures[:, :, :-1]) ** 2)
    right = torch.mean((pictures[:, :, :, 1:] - pictures[:, :, :, :-1]) ** 2)
    return down + right


def palette_loss(pictures: Tensor, palette: Tensor) -> Tensor:
    """How far the colours of pictures are, wherever they lie, from those of an artwork; a scalar.

    Sliced Wasserstein distance (Heitz et al., arXiv 2006.07229, eq. 4) of colours: along each of
    some directions in colour space, sorted values are compared with sorted values.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        palette: colours of the artwork, RGB in [0, 1], (3, P); as many are taken of each picture.
    """
    pixels = pictures.float().flatten(2)
    places = torch.linspace(0, pixels.shape[2] - 1, palette.shape[1], device=pixels.device).long()
    directions = _directions().to(pixels)
    seen = (directions @ pixels[:, :, places]).sort(dim=2).values
    wanted = (directions @ palette.to(pixels)).sort(dim=1).values
    return F.mse_loss(seen, wanted.expand_as(seen))


def chroma_loss(pictures: Tensor, photos: Tensor) -> Tensor:
    """Mean squared difference of blue and red chroma (BT.601) over areas of 8 x 8; a scalar.

    With it the artwork gives strokes and light, the photo its colours (Gatys et al.,
    arXiv 1606.05897, section 5, do so by transferring luminance only).

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        photos: what they were painted from, likewise.
    """
    to_chroma = pictures.new_tensor(
        [[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], dtype=torch.float32
    )
    change = F.avg_pool2d(pictures.float() - photos.float(), CHROMA_SCALE)
    return torch.einsum("kc,nchw->nkhw", to_chroma, change).square().mean()


def _directions() -> Tensor:
    """Unit vectors in colour space, (D, 3), the same ones every time."""
    generator = torch.Generator().manual_seed(0)
    return F.normalize(torch.randn(COLOUR_DIRECTIONS, 3, generator=generator))
