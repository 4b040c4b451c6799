"""Colours of a predicted style made those of its picture: its last convolution is changed.

Which colours a picture has can be counted, and need not be guessed. A network is asked what it
paints of a few views, and the linear map from those colours to the picture's is multiplied into
its last convolution. Behind instance norms its colours hardly depend on the photo.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.styles.from_picture.painter import Weights
from livestyle.styles.from_picture.surface import LUMA

Floats = NDArray[np.float64]

COUNTED_PX = 192
"""Long side of a picture whose colours are counted."""

GAIN = (0.55, 3.0)
"""Bounds of what is done to contrast: of a faint painting no fog is made, and no noise. Below, they
hold for light alone, as a drawing in ink has no colour at all."""

LIGHT = (0.25, 0.8)
"""Bounds of the mean luma: in a picture of the night sky nobody would be seen."""

VIVIDNESS = 1.2
"""Contrast and chroma, in those of the picture: blind, what is painted so was preferred."""

ROUNDS = 4
"""The network's last step, a tanh, is not linear; this often the map is corrected."""

LAST = "up2"
EDGE = 1e-3
"""How near to black and white colours count as such, in [0, 1]."""


class ColourMap(NamedTuple):
    """What a network's colours are multiplied by and moved by, in front of its tanh.

    Attributes:
        change: (3, 3).
        offset: (3,).
    """

    change: Floats
    offset: Floats


def colour_map(painted: Sequence[Pixels], picture: Pixels) -> ColourMap:
    """What gives a network the colours of a picture: their mean and covariance, somewhat more
    vivid, see `VIVIDNESS`.

    Args:
        painted: what it paints of some views, RGB uint8 (H, W, 3).
        picture: whose colours are wanted, likewise.
    """
    wanted_mean, wanted = _statistics([_small(picture)])
    grey = wanted_mean @ LUMA
    wanted_mean = np.clip(grey, *LIGHT) + VIVIDNESS * (wanted_mean - grey)
    wanted = VIVIDNESS**2 * wanted
    before = [_before_tanh(view.reshape(-1, 3) / 255) for view in painted]
    _, found = _statistics([_after_tanh(p) for p in before])
    missing = GAIN[0] ** 2 * LUMA @ found @ LUMA - LUMA @ wanted @ LUMA
    wanted = wanted + max(missing, 0.0)  # in grey: as much in every channel
    bounded = _power(_linear_map(found, wanted), 1.0, 0.0, GAIN[1])
    wanted = bounded @ found @ bounded
    change, offset = np.eye(3), np.zeros(3)
    for _ in range(ROUNDS):
        mean, found = _statistics([_after_tanh(p @ change.T + offset) for p in before])
        step = _linear_map(found, wanted)
        change, offset = step @ change, step @ (offset - _before_tanh(mean))
        offset = offset + _before_tanh(wanted_mean)
    return ColourMap(change, offset)


def recoloured(network: Weights, colours: ColourMap) -> Weights:
    """A light network whose last convolution paints in other colours."""
    weight, bias = network[f"{LAST}.weight"], network[f"{LAST}.bias"]
    rows = weight.reshape(3, -1)  # of a colour, all its four places in the shuffle
    places = bias.reshape(3, -1)
    return network | {
        f"{LAST}.weight": np.asarray(colours.change @ rows, np.float32).reshape(weight.shape),
        f"{LAST}.bias": np.asarray(
            colours.change @ places + colours.offset[:, np.newaxis], np.float32
        ).reshape(bias.shape),
    }


def _linear_map(found: Floats, wanted: Floats) -> Floats:
    """The symmetric map that gives colours of one covariance another, and changes them least.

    Pitié and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour
    transfer" (2007), eq. 6: A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2.
    """
    root, inverse_root = _power(found, 0.5), _power(found, -0.5)
    changes = inverse_root @ _power(root @ wanted @ root, 0.5, 0.0) @ inverse_root
    return np.asarray(changes)


def _power(matrix: Floats, exponent: float, low: float = 1e-5, high: float = np.inf) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * values.clip(low, high) ** exponent) @ vectors.T)


def _statistics(colours: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Mean (3,) and covariance (3, 3) of rows of colours, the means over several pictures."""
    means = np.mean([rows.mean(0) for rows in colours], axis=0)
    return means, np.mean([np.cov(rows, rowvar=False) for rows in colours], axis=0)


def _small(picture: Pixels) -> Floats:
    scale = min(1.0, COUNTED_PX / max(picture.shape))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small.reshape(-1, 3) / 255, np.float64)


def _before_tanh(colours: Floats) -> Floats:
    return np.asarray(np.arctanh(2 * colours.clip(EDGE, 1 - EDGE) - 1))


def _after_tanh(values: Floats) -> Floats:
    return np.asarray(np.tanh(values) / 2 + 0.5)
