"""TemporalSmoothing: takes the flicker out of what stands still and leaves what moves alone.

A camera's noise makes a style network paint still things anew in every frame. Where nothing
moved, the picture shown last is blended into the new one, as

    shown_t = w * shown_(t-1) + (1 - w) * painted_t

with a weight w that is 0 wherever the camera's picture changed. What is compared is not two
frames that follow each other, between which slow motion would hide, but the new frame with the
camera's picture put through the same recursion: what the held picture was painted from.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.resize import resized

LONG_SIDE_PX = 160
"""Motion is looked for in a picture of this size: averaging removes most of the noise."""

STILL, MOVING = 2.0, 6.0
"""A difference of up to STILL levels (of 255) is noise, from MOVING on it is motion."""

REACH = 7
"""Motion counts this wide, in pixels of the small picture: a network that sees something move
paints its surroundings differently too."""

WEIGHT = 0.95
"""Weight of the held picture at full steadiness; eight bits hold no slower blend."""

CUT = 0.6
"""Where this much of the picture moves, it is another scene or the camera turns: nothing in it
stands still, even where it looks alike."""

Small = NDArray[np.float32]
Mask = NDArray[np.uint8]

_SURROUNDINGS = np.ones((REACH, REACH), np.uint8)


class TemporalSmoothing:
    """Blends painted pictures over time. Used by one thread, with frames in order."""

    def __init__(self, amount: float) -> None:
        """Begins without a past.

        Args:
            amount: 0.0 does nothing, 1.0 holds still things longest.
        """
        self.amount = amount
        self._style: str | None = None
        self._shown: Pixels | None = None
        self._seen: Small = np.zeros((0, 0, 3), np.float32)

    def __call__(self, original: Pixels, painted: Pixels, style: str | None = None) -> Pixels:
        """The painted picture, smoothed.

        Args:
            original: what the camera saw, RGB uint8 (H, W, 3).
            painted: what was made of it, the same shape.
            style: what it is painted in; another style or size begins anew.

        Returns:
            RGB uint8, (H, W, 3). Neither input is written to; it may be `painted` itself.
        """
        if self.amount <= 0:
            self._shown = None
            return painted
        small, shown = _small(original), self._shown
        if shown is None or shown.shape != painted.shape or style != self._style:
            return self._begin(small, painted, style)
        motion = _motion(small, self._seen)
        if cv2.mean(motion)[0] > CUT * 255:
            return self._begin(small, painted, style)
        weight = self.amount * WEIGHT
        stillness = ~_spread(motion)
        held = stillness * np.float32(weight / 255)
        self._seen = np.asarray(cv2.blendLinear(self._seen, small, held, 1 - held), np.float32)
        self._shown = _blended(shown, painted, stillness, weight)
        return self._shown

    def _begin(self, small: Small, painted: Pixels, style: str | None) -> Pixels:
        self._seen, self._shown, self._style = small, painted, style
        return painted


def _small(pixels: Pixels) -> Small:
    """The picture at a size where its noise is averaged away, float32 (h, w, 3)."""
    height, width = pixels.shape[:2]
    scale = min(1.0, LONG_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.blur(resized(pixels, size).astype(np.float32), (3, 3)))


def _motion(small: Small, seen: Small) -> Mask:
    """0 where nothing moved to 255 where something did, uint8 (h, w)."""
    red, green, blue = cv2.split(cv2.absdiff(small, seen))
    largest = cv2.max(cv2.max(red, green), blue)
    levels = 255 / (MOVING - STILL)
    return np.asarray(
        cv2.addWeighted(largest, levels, largest, 0, -STILL * levels, dtype=cv2.CV_8U), np.uint8
    )


def _spread(motion: Mask) -> Mask:
    """The motion with its surroundings, soft at the edge."""
    return np.asarray(cv2.blur(cv2.dilate(motion, _SURROUNDINGS), (5, 5)), np.uint8)


def _blended(shown: Pixels, painted: Pixels, stillness: Mask, weight: float) -> Pixels:
    """Blends by stillness, 0 to 255, in three steps: two sums of bytes and two masks take a third
    of the time of a weight of its own for each pixel, and look the same."""
    size = painted.shape[1], painted.shape[0]
    full = cv2.resize(stillness, size)
    result = cv2.addWeighted(shown, weight, painted, 1 - weight, 0)
    half = cv2.addWeighted(shown, weight / 2, painted, 1 - weight / 2, 0)
    cv2.copyTo(half, (full < 191).view(np.uint8), result)
    cv2.copyTo(painted, (full < 64).view(np.uint8), result)
    return np.asarray(result, np.uint8)
