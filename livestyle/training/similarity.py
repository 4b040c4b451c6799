"""How near painted pictures are to their artwork and to their photos."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.images import to_long_side
from livestyle.nets.pixels import to_batch
from livestyle.nets.vgg import LossNetwork
from livestyle.training.losses import gram_matrix, relative_error

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
CONTENT_LAYER, SHALLOW_LAYER = "relu4_2", "relu2_2"
LAYERS = (*STYLE_LAYERS, CONTENT_LAYER, SHALLOW_LAYER)
LONG_SIDE_PX = 512


@dataclass(frozen=True, slots=True)
class Similarity:
    """A picture beside its artwork and its photo; all 0 would be perfect, but for the last.

    Neither error alone is good or bad: compare style errors at the same content error.

    Attributes:
        style_errors: layer -> ||G(O) - G(S)||² / ||G(S)||² (Cheng et al., arXiv 2104.10064).
        content_error: ||F(O) - F(I)||² / ||F(I)||² at relu4_2, where forms are.
        shallow_error: the same at relu2_2, where edges and grain are.
        gradient_ssim: whether the photo's edges are still there, 1.0 all of them.
    """

    style_errors: dict[str, float]
    content_error: float
    shallow_error: float
    gradient_ssim: float

    @property
    def style_error(self) -> float:
        """Mean over the layers."""
        return float(np.mean(list(self.style_errors.values())))

    @classmethod
    def mean(cls, several: Sequence["Similarity"]) -> "Similarity":
        """The mean of several pictures' figures."""
        return cls(
            {layer: _mean(one.style_errors[layer] for one in several) for layer in STYLE_LAYERS},
            _mean(one.content_error for one in several),
            _mean(one.shallow_error for one in several),
            _mean(one.gradient_ssim for one in several),
        )


def similarity(
    loss_network: LossNetwork, painted: Pixels, photo: Pixels, artwork: Pixels, stroke: float = 1.0
) -> Similarity:
    """Measures a painted photo; all three pictures at a long side of 512 px.

    Args:
        loss_network: opened with `LAYERS`; VGG16 by convention.
        painted, photo: RGB uint8 (H, W, 3), of one shape.
        artwork: RGB uint8 (H', W', 3).
        stroke: the artwork's long side is 512 px times this.
    """
    return mean_similarity(loss_network, lambda _: painted, [photo], artwork, stroke)


def mean_similarity(
    loss_network: LossNetwork,
    paint: Callable[[Pixels], Pixels],
    photos: Sequence[Pixels],
    artwork: Pixels,
    stroke: float = 1.0,
) -> Similarity:
    """The mean of what `similarity` measures over photos.

    Args:
        loss_network, artwork, stroke: as of `similarity`.
        paint: the style; the identity measures the photos themselves.
        photos: RGB uint8 (H, W, 3), painted at the size they have.
    """
    device = loss_network.mean.device
    with torch.inference_mode():
        shown = to_batch(to_long_side(artwork, round(LONG_SIDE_PX * stroke)))
        style = loss_network(shown.to(device))
        grams = {layer: gram_matrix(style[layer]) for layer in STYLE_LAYERS}
        rows = []
        for photo in photos:
            pair = [to_long_side(pixels, LONG_SIDE_PX) for pixels in (paint(photo), photo)]
            found, wanted = (loss_network(to_batch(pixels).to(device)) for pixels in pair)
            errors = {
                layer: relative_error(gram_matrix(found[layer]), grams[layer]).item()
                for layer in STYLE_LAYERS
            }
            content, shallow = (
                relative_error(found[layer], wanted[layer]).item()
                for layer in (CONTENT_LAYER, SHALLOW_LAYER)
            )
            rows.append(Similarity(errors, content, shallow, gradient_ssim(*pair)))
    return Similarity.mean(rows)


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


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
