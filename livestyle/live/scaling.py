"""Scaling: a picture painted at a smaller size and brought back to its own."""

from collections.abc import Callable

import cv2
import numpy as np

from livestyle.frame import Pixels

Size = tuple[int, int]

MULTIPLE_PX = 8
"""Sides of scaled pictures are multiples of this; the networks pad to 4 or 8 anyway."""

LEAST_PX = 64


def scaled_size(size: Size, scale: float) -> Size:
    """The size to paint at.

    Args:
        size: (width, height) of the picture in pixels.
        scale: of each side, 1.0 at most.

    Returns:
        (width, height): sides in multiples of 8, at least 64 and never above `size`.
    """
    if scale >= 1:
        return size
    width, height = (
        min(side, max(LEAST_PX, round(side * scale / MULTIPLE_PX) * MULTIPLE_PX)) for side in size
    )
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
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(paint(small), own_size), np.uint8)
