"""One way to resize a picture."""

import cv2
import numpy as np

from livestyle.frame import Pixels

SLIGHTLY = 4 / 3
"""A picture that shrinks by less than this on both sides is interpolated linearly."""


def resized(
    pixels: Pixels,
    size: tuple[int, int] | None,
    enlarge: int = cv2.INTER_LINEAR,
    *,
    slightly: float = SLIGHTLY,
) -> Pixels:
    """The picture at exactly `size`.

    Args:
        pixels: RGB uint8, (H, W, 3).
        size: (width, height) in pixels; None leaves the picture as it is.
        enlarge: OpenCV's interpolation for a larger size. For a smaller one areas are averaged,
            so that fine texture does not flicker, see `_shrunk`.
        slightly: shrunk by less than this, it is interpolated linearly.

    Returns:
        RGB uint8, (height, width, 3); `pixels` itself where the size is the same.
    """
    height, width = pixels.shape[:2]
    if size is None or size == (width, height):
        return pixels
    if size[0] * size[1] < width * height:
        return _shrunk(pixels, size, slightly)
    return np.asarray(cv2.resize(pixels, size, interpolation=enlarge), np.uint8)


def _shrunk(pixels: Pixels, size: tuple[int, int], slightly: float) -> Pixels:
    """Averages areas: halves, then linearly to twice the size, and halves again.

    OpenCV halves fast; averaging areas of any other size, it takes two to seven times as long and
    comes no nearer to a Lanczos filter. Nor does it where a picture shrinks slightly, beside linear
    interpolation.
    """
    height, width = pixels.shape[:2]
    if width < slightly * size[0] and height < slightly * size[1]:
        return np.asarray(cv2.resize(pixels, size), np.uint8)
    twice = 2 * size[0], 2 * size[1]
    while pixels.shape[1] >= 2 * twice[0] and pixels.shape[0] >= 2 * twice[1]:
        half = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = np.asarray(cv2.resize(pixels, half, interpolation=cv2.INTER_AREA), np.uint8)
    if pixels.shape[1::-1] != twice:
        pixels = np.asarray(cv2.resize(pixels, twice), np.uint8)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
