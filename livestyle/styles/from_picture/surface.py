"""What an artwork is painted on: canvas, paper, the hairs of a brush.

The fine texture of a picture as noise of the same spectrum (Galerne, Gousseau and Morel, "Random
Phase Textures", 2011): its phases are random, so that no motif is in it, and it tiles.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels

SIDE = 320
"""Of the tile, in pixels of what is painted. With half of it, one saw that it repeats."""

LONG_SIDE_PX = 640
"""Of the artwork, at a stroke of 1: as large as frames are painted."""

FINE_PX = 4.0
"""Deviation of the blur that takes off everything that is no texture of a surface."""

MOST = 0.035
"""Deviation of luma: where an artwork has more, it is drawing and hatching."""

CLIPPED = 3.0
"""In deviations: contours are not to count."""

BEFORE_TANH = 2.0
"""What moves a middle grey by 1 after the network's last step, tanh(x) / 2."""

LUMA = np.array([0.299, 0.587, 0.114])
EPSILON = 1e-6


class SurfaceTile(NamedTuple):
    """Tensors of `livestyle.nets.light.Surface`, float32.

    Attributes:
        tile: seamless, of mean 0, (1, 1, SIDE, SIDE).
        colour: what each channel gets of it, (1, 3, 1, 1).
    """

    tile: NDArray[np.float32]
    colour: NDArray[np.float32]


def surface_of(picture: Pixels, stroke: float = 1.0) -> SurfaceTile:
    """The surface of an artwork.

    Args:
        picture: RGB uint8, (H, W, 3).
        stroke: size of the strokes; the texture gets as much finer.
    """
    residual = _residual(picture, stroke)
    luma = residual @ LUMA
    deviation = float(np.median(np.abs(luma))) / 0.6745  # of noise; few contours do not move it
    clip = np.maximum(1, np.abs(luma) / (CLIPPED * deviation + EPSILON))
    residual, luma = residual / clip[..., np.newaxis], luma / clip
    colour = residual.reshape(-1, 3).T @ luma.reshape(-1) / (np.square(luma).sum() + EPSILON)
    noise = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    phases = np.exp(1j * np.angle(np.fft.fft2(noise)))
    tile = np.fft.ifft2(_spectrum(luma) * phases).real
    tile *= BEFORE_TANH * min(deviation, MOST) / (tile.std() + EPSILON)
    return SurfaceTile(
        np.asarray(tile, np.float32)[np.newaxis, np.newaxis],
        np.asarray(colour, np.float32).reshape(1, 3, 1, 1),
    )


def _residual(picture: Pixels, stroke: float) -> NDArray[np.float64]:
    """The fine texture, (H, W, 3), in [-1, 1]; without the edges, which often are a frame's."""
    scale = LONG_SIDE_PX * stroke / max(picture.shape)
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = tuple(max(8, round(side * scale)) for side in picture.shape[1::-1])
    sized = cv2.resize(picture, size, interpolation=interpolation) / 255
    margin = min(sized.shape[:2]) // 32
    inner = sized[margin : sized.shape[0] - margin, margin : sized.shape[1] - margin]
    return np.asarray(inner - cv2.GaussianBlur(inner, (0, 0), FINE_PX), np.float64)


def _spectrum(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amplitudes by frequency, (SIDE, SIDE): means over parts that overlap by half (Welch)."""
    missing = (max(0, SIDE - side) for side in luma.shape)
    padded = np.pad(luma, [(0, count) for count in missing], mode="symmetric")
    window = np.sqrt(np.outer(np.hanning(SIDE + 1)[:-1], np.hanning(SIDE + 1)[:-1]))
    tops, lefts = (range(0, side - SIDE + 1, SIDE // 2) for side in padded.shape)
    powers = [
        np.square(np.abs(np.fft.fft2(window * padded[top : top + SIDE, left : left + SIDE])))
        for top in tops
        for left in lefts
    ]
    return np.asarray(np.sqrt(np.mean(powers, axis=0)))
