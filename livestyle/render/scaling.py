"""Scaling: a picture painted at another size and brought back to its own.

A network's strokes have a size in pixels of what it paints. So the size it paints at decides how
large they are on the screen, and what they cost.
"""

from collections.abc import Callable

import cv2
import numpy as np

from livestyle.frame import Pixels
from livestyle.protocols import Preparable, Stylizer
from livestyle.resize import resized

Size = tuple[int, int]

LOCKED_PIXELS = 640 * 480
"""What is painted has this many pixels where strokes are locked, whatever the frame has."""

MULTIPLE_PX = 8
"""Sides of scaled pictures are multiples of this; the networks pad to 4 or 8 anyway."""

LEAST_PX = 64

NOISE_LEVELS = 4
"""Detail of the camera up to this many levels (of 255) is taken for noise and not brought back."""


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


class DetailLayer:
    """Lays on what shrinking took from a picture's brightness: eyes, letters, hair.

    It works in memory of its own, which is used again for pictures of the same size: asking the
    system for it with every frame in HD takes a third of the time. Used by one thread.
    """

    def __init__(self) -> None:
        """Takes no memory yet."""
        self._greys = [np.empty((0, 0), np.uint8)] * 3
        self._change = np.empty((0, 0, 3), np.uint8)

    def add_to(self, painted: Pixels, pixels: Pixels, small: Pixels) -> None:
        """Lays it on.

        Args:
            painted: brought up from a smaller size, RGB uint8 (H, W, 3); written to.
            pixels: the picture, likewise.
            small: the picture at the size that was painted.
        """
        if self._change.shape != pixels.shape:
            self._greys = [np.empty(pixels.shape[:2], np.uint8) for _ in range(3)]
            self._change = np.empty(pixels.shape, np.uint8)
        grey, seen, darker = self._greys
        cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY, dst=grey)
        cv2.resize(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), grey.shape[::-1], dst=seen)
        cv2.subtract(seen, grey, dst=darker)
        brighter = cv2.subtract(grey, seen, dst=grey)
        for change, lay_on in ((brighter, cv2.add), (darker, cv2.subtract)):
            cv2.threshold(change, NOISE_LEVELS, 0, cv2.THRESH_TOZERO, dst=change)
            lay_on(painted, cv2.cvtColor(change, cv2.COLOR_GRAY2RGB, dst=self._change), dst=painted)


def sized(pixels: Pixels, size: Size) -> Pixels:
    """The picture at the size to paint at, (width, height) in pixels: RGB uint8 (H, W, 3).

    It is halved first where it can be: that takes half of the time in HD, and what it loses in
    sharpness changes a painting less than a camera's noise does.
    """
    while pixels.shape[1] >= 2 * size[0] and pixels.shape[0] >= 2 * size[1]:
        pixels = resized(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2))
    return resized(pixels, size, cv2.INTER_CUBIC)


def brought_back(painted: Pixels, pixels: Pixels, small: Pixels, detail: DetailLayer) -> Pixels:
    """What was painted at another size, in the size of the picture.

    Args:
        painted: RGB uint8, of the size of `small`.
        pixels: the picture, RGB uint8 (H, W, 3).
        small: the picture at the size that was painted.
        detail: what lays on the detail that shrinking took.

    Returns:
        RGB uint8 (H, W, 3); `painted` itself where the size is the same.
    """
    if small.shape == pixels.shape:
        return painted
    painted = resized(painted, (pixels.shape[1], pixels.shape[0]), cv2.INTER_CUBIC)
    if small.shape[1] < pixels.shape[1]:
        detail.add_to(painted, pixels, small)
    return painted


def painted_at(size: Size, pixels: Pixels, paint: Callable[[Pixels], Pixels]) -> Pixels:
    """Paints at another size.

    Args:
        size: (width, height) to paint at, in pixels.
        pixels: RGB uint8, (H, W, 3).
        paint: a style.

    Returns:
        The painted picture in the size of `pixels`, RGB uint8 (H, W, 3).
    """
    small = sized(pixels, size)
    return brought_back(paint(small), pixels, small, DetailLayer())


def warm(paint: Stylizer, size: Size) -> None:
    """Makes a style's next picture of (width, height) fast: paints a blank one where it must.

    Raises:
        EngineError: the engine failed.
    """
    if isinstance(paint, Preparable):
        paint.prepare(size)
    else:
        paint(np.zeros((size[1], size[0], 3), np.uint8))


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
