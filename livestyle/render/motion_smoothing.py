"""MotionSmoothing: strokes that move with the things they are painted on, for files.

A network paints each frame anew, and strokes jump from one to the next. Here the paintings of a
few frames are keys, and what is shown between two of them is both, brought along the motion of
the scene to where things are now, the earlier one fading into the later. So strokes stay as sharp
as they were painted: nothing is averaged over many frames, and no picture is resampled twice.
What is in neither key, such as a wall that somebody uncovers, is taken from the frame's own
painting. Live pictures cannot have this, for it needs the future: see `TemporalSmoothing`.
"""

import time

import cv2
import numpy as np
from numpy.typing import NDArray

from livestyle.frame import Pixels
from livestyle.render.motion import Motion, MotionEstimator, small

MOST_FRAMES = 12
"""From key to key at full steadiness. Flow that is followed further goes astray."""

MOST_GAIN = 1.5
"""Contrast of fine strokes is raised by no more, where two paintings in one have less of it."""

_ENERGY_PX = 8
"""Contrast is compared over squares of this size."""


class MotionSmoothing:
    """Takes painted pictures one by one, and gives them back steadier and some frames later.

    Used by one thread, with frames in order.
    """

    def __init__(self, amount: float) -> None:
        """Begins without a past.

        Args:
            amount: 0.0 does nothing, 1.0 keeps strokes longest.
        """
        self._frames = max(2, round(amount * MOST_FRAMES)) if amount > 0 else 0
        self._estimator = MotionEstimator()
        self._seen: Pixels = np.zeros((0, 0, 3), np.uint8)
        self._painted: list[Pixels] = []
        self._forward: list[Motion] = []
        self._backward: list[Motion] = []

    def __call__(self, original: Pixels, painted: Pixels) -> list[Pixels]:
        """Takes the next picture.

        Args:
            original: RGB uint8, (H, W, 3).
            painted: what was made of it, the same shape.

        Returns:
            Those that are ready, in order: none for a while, then several.
        """
        if not self._frames:
            return [painted]
        seen, before = small(original), self._seen
        self._seen = seen
        if not self._painted or painted.shape != self._painted[0].shape:
            return [*self.flush(), *self._begin(painted)]
        forward, backward = self._estimator.between(before, seen)
        if backward.is_cut:
            return [*self.flush(), *self._begin(painted)]
        self._forward.append(forward)
        self._backward.append(backward)
        self._painted.append(painted)
        if len(self._painted) <= self._frames:
            return []
        ready = self._between_keys()
        self._begin(painted)
        return ready

    def flush(self) -> list[Pixels]:
        """Gives back all that waits, and begins without a past."""
        ready = self._between_keys()
        self._painted = []
        return ready

    def seconds_per_frame(self, pixels: Pixels) -> float:
        """How long it takes for RGB uint8 (H, W, 3) of this size, measured; begins anew."""
        if not self._frames:
            return 0.0
        self.flush()
        began_s = time.perf_counter()
        for _ in range(self._frames + 1):  # from key to key
            self(pixels, pixels)
        self.flush()
        return (time.perf_counter() - began_s) / self._frames

    def _begin(self, painted: Pixels) -> list[Pixels]:
        """Makes a picture the first key of what follows."""
        self._painted, self._forward, self._backward = [painted], [], []
        return [painted]

    def _between_keys(self) -> list[Pixels]:
        """What is shown after the first of the pictures that wait, up to the last."""
        if len(self._painted) < 2:
            return []
        last = len(self._painted) - 1
        to_first, to_last = self._backward[:1], self._forward[-1:]
        for backward in self._backward[1:]:
            to_first.append(backward.then(to_first[-1]))
        for forward in self._forward[-2:0:-1]:
            to_last.insert(0, forward.then(to_last[0]))
        return [
            *(
                self._blended(index, index / last, to_first[index - 1], to_last[index - 1])
                for index in range(1, last)
            ),
            self._painted[last],
        ]

    def _blended(self, index: int, passed: float, to_first: Motion, to_last: Motion) -> Pixels:
        own = self._painted[index]
        weights = (1 - passed) * to_first.sure, passed * to_last.sure
        neither = 1 - np.maximum(to_first.sure, to_last.sure)
        size = own.shape[1], own.shape[0]
        keys = cv2.blendLinear(
            to_first.brought(self._painted[0]),
            to_last.brought(self._painted[-1]),
            *(cv2.resize(weight + 1e-4, size) for weight in weights),
        )
        rest = cv2.resize(neither, size)
        return _with_contrast_of(own, np.asarray(cv2.blendLinear(keys, own, 1 - rest, rest)))


def _with_contrast_of(own: Pixels, blended: Pixels) -> Pixels:
    """The blended picture with as much contrast in fine strokes as a picture of one painting."""
    gain = np.sqrt(_energy(own) / _energy(blended))
    excess = np.clip(gain, 1, MOST_GAIN) - 1
    excess = cv2.resize(excess, (own.shape[1], own.shape[0]))
    fine = cv2.subtract(blended, cv2.blur(blended, (3, 3)), dtype=cv2.CV_32F)
    fine = cv2.multiply(fine, cv2.merge((excess, excess, excess)))
    return np.asarray(cv2.add(blended, fine, dtype=cv2.CV_8U), np.uint8)


def _energy(pixels: Pixels) -> NDArray[np.float32]:
    """Mean square of what is fine in the picture, over small squares."""
    height, width = pixels.shape[:2]
    size = max(1, width // _ENERGY_PX), max(1, height // _ENERGY_PX)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    fine = cv2.subtract(grey, cv2.blur(grey, (3, 3)), dtype=cv2.CV_32F)
    energy = cv2.resize(fine * fine, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(energy, (3, 3)) + 1, np.float32)
