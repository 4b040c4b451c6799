"""Look: how a painted picture meets the original one."""

from dataclasses import dataclass

import cv2
import numpy as np

from livestyle.frame import Pixels

SPLIT_LINE = (245, 245, 245)
"""RGB of the line between the two halves of the split view."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is done to a picture after it was painted.

    Attributes:
        strength: 0.0 the original to 1.0 the full style.
        keep_color: take only the light and dark of the style, the colours of the original.
        split: show the original in the left half.
        mirror: flip left and right, as in a mirror.
    """

    strength: float = 1.0
    keep_color: bool = False
    split: bool = False
    mirror: bool = False


def apply(original: Pixels, painted: Pixels, look: Look) -> Pixels:
    """Puts original and painted together: colour, strength, mirror, split, in this order.

    Args:
        original: RGB uint8, (H, W, 3).
        painted: the same shape.
        look: what to do; the default one gives back `painted` itself.

    Returns:
        RGB uint8, (H, W, 3). Neither input is written to.
    """
    result = _blended(original, painted, look)
    if look.mirror:
        result = _mirrored(result)
    if look.split:
        result = _split(_mirrored(original) if look.mirror else original, result)
    return result


def _blended(original: Pixels, painted: Pixels, look: Look) -> Pixels:
    if look.strength <= 0:
        return original
    if look.keep_color:
        painted = _with_colors_of(original, painted)
    if look.strength >= 1:
        return painted
    blended = cv2.addWeighted(painted, look.strength, original, 1 - look.strength, 0)
    return np.asarray(blended, np.uint8)


def _with_colors_of(original: Pixels, painted: Pixels) -> Pixels:
    """Luminance Y of YCrCb from the painted picture, Cr and Cb from the original."""
    colors = cv2.cvtColor(original, cv2.COLOR_RGB2YCrCb)
    luminance = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY)  # the same weights as Y
    cv2.insertChannel(luminance, colors, 0)
    return np.asarray(cv2.cvtColor(colors, cv2.COLOR_YCrCb2RGB), np.uint8)


def _mirrored(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.flip(pixels, 1), np.uint8)


def _split(left: Pixels, right: Pixels) -> Pixels:
    width = left.shape[1]
    middle, line_px = width // 2, max(1, width // 320)
    result = np.concatenate((left[:, :middle], right[:, middle:]), axis=1)
    if width > 2:
        result[:, middle : middle + line_px] = SPLIT_LINE
    return result
