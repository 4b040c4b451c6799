"""The losses of neural style transfer, as pure functions of features and pictures."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = 16

LUMA_AREA_PX, CHROMA_AREA_PX = 4, 8
"""Light and colour are compared over areas so wide; what is finer is the artwork's."""
LUMA_SHARE = 0.2
GAIN = (0.6, 1.8)
"""Bounds of what a transfer does to contrast: a foggy photo is not to become all noise."""
KEPT = 0.3
FULL_DETAIL = 0.1
"""Local standard deviation of luma that counts in full, that of an eye in a face."""


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


def colour_statistics(artwork: Tensor) -> Tensor:
    """Mean and standard deviation of an artwork's luma and chroma (YCbCr of BT.601).

    Args:
        artwork: RGB in [0, 1], (1, 3, H, W).

    Returns:
        (2, 3, 1, 1): means, then deviations.
    """
    mean, deviation = _statistics(_ycbcr(artwork))
    return torch.cat([mean, deviation])


def colour_transfer(photos: Tensor, statistics: Tensor) -> Tensor:
    """Photos in an artwork's colours: equal mean and deviation of luma and chroma, and no more.

    Reinhard et al., "Color transfer between images" (2001), eq. 10 to 12. What is light stays
    light and what is red stays redder than the rest. A part of the photo's own colours is kept
    (`KEPT`), so that a yellow hat is not lost in a painting without yellow.

    Args:
        photos: RGB in [0, 1], (N, 3, H, W).
        statistics: of `colour_statistics`.

    Returns:
        YCbCr, chroma about 0, (N, 3, H, W).
    """
    own = _ycbcr(photos)
    mean, deviation = _statistics(own)
    wanted_mean, wanted_deviation = statistics[:1], statistics[1:]
    gain = (wanted_deviation / deviation).clamp(*GAIN)
    return (1 - KEPT) * ((own - mean) * gain + wanted_mean) + KEPT * own


def colour_loss(pictures: Tensor, transferred: Tensor) -> Tensor:
    """Mean squared difference of luma over areas of 4 x 4 and of chroma over 8 x 8; a scalar.

    Deep layers of a loss network hardly see light and colour; without this, painted faces go flat
    and all hues become one.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        transferred: of `colour_transfer`.
    """
    change = _ycbcr(pictures) - transferred
    luma = F.avg_pool2d(change[:, :1], LUMA_AREA_PX).square().mean()
    chroma = F.avg_pool2d(change[:, 1:], CHROMA_AREA_PX).square().mean()
    return LUMA_SHARE * luma + (1 - LUMA_SHARE) * chroma


def detail_loss(pictures: Tensor, transferred: Tensor) -> Tensor:
    """Mean squared difference of luma where the photo has detail: eyes, mouths, letters; a scalar.

    A difference counts by the photo's local deviation, at half size; strokes on smooth skin, walls
    and skies cost next to nothing.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W), at least 8 pixels on each side.
        transferred: of `colour_transfer`.
    """
    luma = F.avg_pool2d(_ycbcr(pictures)[:, :1], 2)
    wanted = F.avg_pool2d(transferred[:, :1], 2)
    around = F.pad(wanted, (3, 3, 3, 3), mode="reflect")
    mean, mean_of_squares = F.avg_pool2d(around, 7, 1), F.avg_pool2d(around.square(), 7, 1)
    deviation = (mean_of_squares - mean.square()).clamp_min(0).sqrt()
    detail = F.max_pool2d((deviation / FULL_DETAIL).clamp(0, 1), 5, 1, 2)
    return (detail * (luma - wanted).square()).mean()


def _ycbcr(pictures: Tensor) -> Tensor:
    """RGB in [0, 1], (N, 3, H, W) -> luma and chroma of BT.601, chroma about 0, float32."""
    matrix = torch.tensor(
        [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]],
        device=pictures.device,
    )
    return torch.einsum("kc,nchw->nkhw", matrix, pictures.float())


def _statistics(ycbcr: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation over each picture, (N, 3, 1, 1) both."""
    mean = ycbcr.mean((2, 3), keepdim=True)
    return mean, ycbcr.std((2, 3), keepdim=True).clamp_min(1e-3)
