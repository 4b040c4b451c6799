"""The losses of neural style transfer, as pure functions of features and pictures."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from livestyle.training.colour_map import linear_colour_map

PARTS = 16

AREA_PX = 8
"""Light and colour are compared over areas so wide; what is finer is the artwork's."""
LUMA_SHARE = 0.25

KEPT = 0.35
"""Share of the photo's own colours: a yellow hat is not lost in a painting without yellow."""
MEAN_KEPT = 0.4
"""Share of the photo's own mean light and colour."""
STRETCH = (0.3, 2.2)
"""Bounds of what a transfer does to any direction of colour."""
VARIANCE = 2e-3
"""Added to a photo's: few colours are not stretched without bound."""
SATURATION = 1.2
LIGHTNESS = (0.42, 0.6)
CONTRAST = (0.25, 0.29)
"""Bounds of the mean and the deviation of luma, whatever the artwork's: a dull reproduction is not
to make dull pictures."""
CONTRAST_GAIN = (0.8, 2.2)
"""Bounds of what a transfer does to contrast: a foggy photo is not to become all noise."""
FULL_DETAIL = 0.1
"""Local standard deviation of luma that counts in full, that of an eye in a face."""
LUMA = (0.299, 0.587, 0.114)


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


def style_loss(
    features: dict[str, Tensor],
    target_grams: dict[str, Tensor],
    weights: Sequence[float] | None = None,
) -> Tensor:
    """Weighted mean over layers of the relative error of Gram matrices, a scalar.

    Cheng et al. (arXiv 2104.10064): divided by the artwork's own, every layer counts by its weight
    alone, and every artwork as much as others.

    Args:
        features: layer -> (N, C, H, W); layers without a target are passed over.
        target_grams: layer -> (1, C, C).
        weights: one for each target, in their order; None: all alike.
    """
    weights = weights or [1.0] * len(target_grams)
    errors = [
        weight * relative_error(gram_matrix(features[layer]), gram)
        for weight, (layer, gram) in zip(weights, target_grams.items(), strict=True)
    ]
    return torch.stack(errors).sum() / sum(weights)


def total_variation_loss(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, a scalar (arXiv 1603.08155, section 3.2).

    Args:
        pictures: (N, C, H, W).
    """
    down = torch.mean((pictures[:, :, 1:] - pictures[:, :, :-1]) ** 2)
    right = torch.mean((pictures[:, :, :, 1:] - pictures[:, :, :, :-1]) ** 2)
    return down + right


def colour_statistics(artwork: Tensor) -> Tensor:
    """Mean and covariance of an artwork's colours.

    Args:
        artwork: RGB in [0, 1], (1, 3, H, W).

    Returns:
        (4, 3): the mean, then the rows of the covariance.
    """
    mean, covariance = _statistics(artwork.float())
    return torch.cat([mean, covariance[0]])


def colour_transfer(photos: Tensor, statistics: Tensor, saturation: float = SATURATION) -> Tensor:
    """Photos in an artwork's colours, with strong contrast.

    The linear map that gives them its covariance and moves colours least: what is dark gets the
    colour of its darks. A part of the photo's own colours is kept; luma gets the artwork's
    deviation, within bounds.

    Args:
        photos: RGB in [0, 1], (N, 3, H, W).
        statistics: of `colour_statistics`.
        saturation: factor of the chroma.

    Returns:
        YCbCr, chroma about 0, (N, 3, H, W).
    """
    photos = photos.float()
    wanted_mean, wanted = statistics[0], statistics[1:]
    mean, covariance = _statistics(photos)
    found = covariance + VARIANCE * torch.eye(3, device=photos.device)
    matrix = linear_colour_map(found, wanted, STRETCH)
    own = photos.flatten(2) - mean[:, :, None]
    centre = MEAN_KEPT * mean + (1 - MEAN_KEPT) * wanted_mean
    moved = (1 - KEPT) * (matrix @ own) + KEPT * own + centre[:, :, None]
    colours = ycbcr(moved.clamp(0, 1).reshape(photos.shape))
    luma, chroma = colours[:, :1], saturation * colours[:, 1:]
    weights = statistics.new_tensor(LUMA)
    light, deviation = luma.mean((2, 3), keepdim=True), luma.std((2, 3), keepdim=True)
    contrast = (weights @ wanted @ weights).clamp_min(0).sqrt().clamp(*CONTRAST)
    gain = (contrast / deviation.clamp_min(1e-3)).clamp(*CONTRAST_GAIN)
    wanted_light = (weights @ wanted_mean).clamp(*LIGHTNESS)
    lightness = MEAN_KEPT * (mean @ weights).view_as(light) + (1 - MEAN_KEPT) * wanted_light
    luma = ((luma - light) * gain + lightness).clamp(0.02, 0.98)
    return torch.cat([luma, chroma], 1)


def colour_loss(pictures: Tensor, transferred: Tensor) -> Tensor:
    """Mean squared difference of luma and of chroma over areas of 8 x 8; a scalar.

    Deep layers of a loss network hardly see light and colour; without this, painted faces go flat
    and all hues become one.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        transferred: of `colour_transfer`.
    """
    change = F.avg_pool2d(ycbcr(pictures) - transferred, AREA_PX).square()
    return LUMA_SHARE * change[:, :1].mean() + (1 - LUMA_SHARE) * change[:, 1:].mean()


def detail_loss(pictures: Tensor, transferred: Tensor) -> Tensor:
    """Mean squared difference of luma where the photo has detail: eyes, mouths, letters; a scalar.

    A difference counts by the photo's local deviation, at half size; strokes on smooth skin, walls
    and skies cost next to nothing.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W), at least 8 pixels on each side.
        transferred: of `colour_transfer`.
    """
    luma = F.avg_pool2d(ycbcr(pictures)[:, :1], 2)
    wanted = F.avg_pool2d(transferred[:, :1], 2)
    around = F.pad(wanted, (3, 3, 3, 3), mode="reflect")
    mean, mean_of_squares = F.avg_pool2d(around, 7, 1), F.avg_pool2d(around.square(), 7, 1)
    deviation = (mean_of_squares - mean.square()).clamp_min(0).sqrt()
    detail = F.max_pool2d((deviation / FULL_DETAIL).clamp(0, 1), 5, 1, 2)
    return (detail * (luma - wanted).square()).mean()


def face_loss(pictures: Tensor, transferred: Tensor, faces: Tensor) -> Tensor:
    """Mean squared difference of luma, and half of that of chroma, within faces; a scalar.

    At half size. Strokes across a face disturb more than anywhere else, so a style that leaves
    faces alone may be bold elsewhere.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        transferred: of `colour_transfer`.
        faces: 1 within faces, 0 elsewhere, (N, 1, H, W).
    """
    change = F.avg_pool2d(ycbcr(pictures) - transferred, 2).square()
    return (F.avg_pool2d(faces, 2) * (change[:, :1] + 0.5 * change[:, 1:].sum(1, True))).mean()


def brushwork_loss(pictures: Tensor, wanted: Tensor, weights: Tensor | float = 1.0) -> Tensor:
    """Mean absolute difference of luma, of its gradient and of chroma; a scalar.

    Absolute, for squares would rather blur a stroke than put it in a wrong place; luma at full
    size and at a quarter, chroma at half, for twice.

    Args:
        pictures: RGB in [0, 1], (N, 3, H, W).
        wanted: YCbCr, chroma about 0, (N, 3, H, W).
        weights: what each place counts, (N, 1, H, W), or one for all.
    """
    change = weights * (ycbcr(pictures) - wanted)
    luma, chroma = change[:, :1], F.avg_pool2d(change[:, 1:], 2)
    gradient = (luma[..., 1:] - luma[..., :-1]).abs().mean()
    gradient += (luma[:, :, 1:] - luma[:, :, :-1]).abs().mean()
    coarse = F.avg_pool2d(luma, 4).abs().mean()
    return luma.abs().mean() + 0.5 * coarse + gradient + 2 * chroma.abs().mean()


def ycbcr(pictures: Tensor) -> Tensor:
    """RGB in [0, 1], (N, 3, H, W) -> luma and chroma of BT.601, chroma about 0, float32."""
    matrix = torch.tensor(
        [LUMA, (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312)],
        device=pictures.device,
    )
    return torch.einsum("kc,nchw->nkhw", matrix, pictures.float())


def _statistics(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean, (N, 3), and covariance, (N, 3, 3), of the colours of each picture, (N, 3, H, W)."""
    pixels = pictures.flatten(2)
    mean = pixels.mean(2)
    own = pixels - mean[:, :, None]
    return mean, own @ own.mT / own.shape[2]
