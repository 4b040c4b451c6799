"""How near a painted picture is to its artwork and to its photo, in three numbers."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livestyle.frame import Pixels
from livestyle.images import to_long_side
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork
from livestyle.training.losses import gram_matrix

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER = "relu4_2"
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER)
LONG_SIDE_PX = 512


@dataclass(frozen=True, slots=True)
class Similarity:
    """A picture beside its artwork and its photo; all 0 would be perfect, but for the last.

    Attributes:
        style_errors: layer -> ||G(O) - G(S)||² / ||G(S)||² (Cheng et al., arXiv 2104.10064).
        content_error: ||F(O) - F(I)||² / ||F(I)||² at relu4_2.
        gradient_ssim: whether the photo's edges are still there, 1.0 all of them.
    """

    style_errors: dict[str, float]
    content_error: float
    gradient_ssim: float

    @property
    def style_error(self) -> float:
        """Mean over the layers."""
        return float(np.mean(list(self.style_errors.values())))


def similarity(
    loss_network: LossNetwork, painted: Pixels, photo: Pixels, artwork: Pixels
) -> Similarity:
    """Measures a painted photo; all three pictures at a long side of 512 px.

    Args:
        loss_network: opened with `LAYERS`; VGG16 by convention.
        painted, photo: RGB uint8 (H, W, 3), of one shape.
        artwork: RGB uint8 (H', W', 3).
    """
    painted, photo, artwork = (to_long_side(p, LONG_SIDE_PX) for p in (painted, photo, artwork))
    with torch.inference_mode():
        device = loss_network.mean.device
        found, wanted, style = (
            loss_network(to_batch(pixels).to(device)) for pixels in (painted, photo, artwork)
        )
        errors = {
            layer: relative_error(gram_matrix(found[layer]), gram_matrix(style[layer])).item()
            for layer in STYLE_LAYERS
        }
        content = relative_error(found[CONTENT_LAYER], wanted[CONTENT_LAYER]).item()
    return Similarity(errors, content, gradient_ssim(painted, photo))


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """||found - wanted||² / ||wanted||², a float32 scalar."""
    found, wanted = found.float(), wanted.float()
    return (found - wanted).square().sum() / wanted.square().sum().clamp_min(1e-12)


def gradient_ssim(one: Pixels, other: Pixels) -> float:
    """Mean SSIM (Wang et al. 2004) of the pictures' edges: of the gradients of their luminance.

    Args:
        one, other: RGB uint8 (H, W, 3), of one shape.

    Returns:
        Up to 1.0, for equal edges.
    """
    a, b = _edges(one), _edges(other)
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a, variance_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    covariance = _blurred(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    ssim = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    ssim /= (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return float(ssim.mean())


def _edges(pixels: Pixels) -> NDArray[np.float32]:
    """Length of the gradient of the luminance, about [0, 1]."""
    luminance = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    across, down = cv2.Sobel(luminance, cv2.CV_32F, 1, 0), cv2.Sobel(luminance, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down) / 4, np.float32)


def _blurred(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)
