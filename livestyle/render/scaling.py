"""Scaling: a picture painted at another size and brought back to its own.

A network's strokes have a size in pixels of what it paints. So the size it paints at decides how
large they are on the screen, and what they cost.
"""

from collections.abc import Callable

import cv2
import numpy as np

from livestyle.frame import Pixels
from livestyle.resize import resized

Size = tuple[int, int]

LOCKED_PIXELS = 640 * 480
"""What is painted has this many pixels where strokes are locked, whatever the frame has."""

MULTIPLE_PX = 8
"""Sides of scaled pictures are multiples of this; the networks pad to 4 or 8 anyway."""

LEAST_PX = 64

NOISE_LEVELS = 4
"""Detail of the camera up to this many levels (of 255) is taken for noise and not brought back."""

NO_DETAIL = 128
"""Stands for 0 where detail, brighter or darker, is kept in a byte: a third of the time of two."""

_LEVELS = np.arange(256)
_WITHOUT_NOISE = np.where(abs(_LEVELS - NO_DETAIL) <= NOISE_LEVELS, NO_DETAIL, _LEVELS).astype(
    np.uint8
)


def locked_scale(size: Size) -> float:
    """The scale at which strokes cover the same share of a picture as they do at 640x480.

    Args:
        size: (width, height) of the picture in pixels.

    Returns:
        Scale of each side: below 1 for larger pictures, which then take no longer than one of
        640x480, and above 1 for smaller ones, which take as long.
    """
    return float((LOCKED_PIXELS / (size[0] * size[1])) ** 0.5)


def scaled_size(size: Size, scale: float) -> Size:
    """The size to paint at.

    Args:
        size: (width, height) of the picture in pixels.
        scale: of each side.

    Returns:
        (width, height): `size` itself at scale 1; otherwise sides in multiples of 8, at least 64,
        and not above `size` where it shrinks.
    """
    if scale == 1:
        return size
    width, height = (_scaled_side(side, scale) for side in size)
    return width, height


def painted_at(size: Size, pixels: Pixels, paint: Callable[[Pixels], Pixels]) -> Pixels:
    """Paints at another size.

    Args:
        size: (width, height) to paint at, in pixels.
        pixels: RGB uint8, (H, W, 3).
        paint: a style.

    Returns:
        The painted picture in the size of `pixels`, RGB uint8 (H, W, 3).
    """
    own_size = pixels.shape[1], pixels.shape[0]
    if size == own_size:
        return paint(pixels)
    sized = resized(pixels, size, cv2.INTER_CUBIC)
    painted = resized(paint(sized), own_size, cv2.INTER_CUBIC)
    return _with_detail(painted, pixels, sized) if size[0] < own_size[0] else painted


def painted_within(most: int, pixels: Pixels, paint: Callable[[Pixels], Pixels]) -> Pixels:
    """Paints at the picture's own size, or at one of so many pixels where it has more.

    Args:
        most: pixels.
        pixels: RGB uint8, (H, W, 3).
        paint: a style.

    Returns:
        The painted picture in the size of `pixels`, RGB uint8 (H, W, 3).
    """
    own_size = pixels.shape[1], pixels.shape[0]
    scale = (most / (own_size[0] * own_size[1])) ** 0.5
    return painted_at(scaled_size(own_size, min(1.0, scale)), pixels, paint)


def _scaled_side(side: int, scale: float) -> int:
    scaled = max(LEAST_PX, round(side * scale / MULTIPLE_PX) * MULTIPLE_PX)
    return min(side, scaled) if scale < 1 else scaled


def _with_detail(painted: Pixels, pixels: Pixels, small: Pixels) -> Pixels:
    """Lays on what shrinking took from the picture's brightness: eyes, letters, hair.

    Args:
        painted: brought up from a smaller size, RGB uint8 (H, W, 3).
        pixels: the picture, likewise.
        small: the picture at the size that was painted.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    seen = cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), grey.shape[::-1])
    lost = cv2.LUT(cv2.addWeighted(grey, 1, seen, -1, NO_DETAIL), _WITHOUT_NOISE)
    laid = cv2.addWeighted(painted, 1, cv2.cvtColor(lost, cv2.COLOR_GRAY2RGB), 1, -NO_DETAIL)
    return np.asarray(laid, np.uint8)
