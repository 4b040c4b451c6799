"""One way to resize a picture."""

import cv2
import numpy as np

from livestyle.frame import Pixels


def resized(
    pixels: Pixels, size: tuple[int, int] | None, enlarge: int = cv2.INTER_LINEAR
) -> Pixels:
    """The picture at exactly `size`.

    Args:
        pixels: RGB uint8, (H, W, 3).
        size: (width, height) in pixels; None leaves the picture as it is.
        enlarge: OpenCV's interpolation for a larger size. For a smaller one areas are averaged,
            so that fine texture does not flicker.

    Returns:
        RGB uint8, (height, width, 3); `pixels` itself where the size is the same.
    """
    height, width = pixels.shape[:2]
    if size is None or size == (width, height):
        return pixels
    shrinks = size[0] * size[1] < width * height
    how = cv2.INTER_AREA if shrinks else enlarge
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)
