"""The losses of neural style transfer, as pure functions of features and pictures."""

import torch
from torch import Tensor


def gram_matrix(features: Tensor) -> Tensor:
    """G = F F^T / (C H W), Gatys et al. (arXiv 1508.06576, eq. 3), normalised as by Johnson.

    Args:
        features: (N, C, H, W).

    Returns:
        (N, C, C), float32.
    """
    n, c, h, w = features.shape
    flat = features.float().reshape(n, c, h * w)
    return flat @ flat.transpose(1, 2) / (c * h * w)


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features (arXiv 1603.08155, eq. 2), a scalar."""
    return torch.mean((features.float() - target.float()) ** 2)


def style_loss(features: dict[str, Tensor], target_grams: dict[str, Tensor]) -> Tensor:
    """Sum over layers of the mean squared difference of Gram matrices, a scalar.

    arXiv 1603.08155, eq. 4, with the mean over the C x C entries in place of the sum.

    Args:
        features: layer -> (N, C, H, W); layers without a target are passed over.
        target_grams: layer -> (1, C, C).
    """
    losses = [
        torch.mean((gram_matrix(features[layer]) - gram) ** 2)
        for layer, gram in target_grams.items()
    ]
    return torch.stack(losses).sum()


def total_variation_loss(pictures: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, a scalar (arXiv 1603.08155, section 3.2).

    Args:
        pictures: (N, C, H, W).
    """
    down = torch.mean((pictures[:, :, 1:] - pictures[:, :, :-1]) ** 2)
    right = torch.mean((pictures[:, :, :, 1:] - pictures[:, :, :, :-1]) ** 2)
    return down + right
