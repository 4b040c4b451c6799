"""Crossfade: one style dissolves into the next."""

import cv2
import numpy as np

from livestyle.frame import Pixels


class Crossfade:
    """Lays the last picture of the old style over the first ones of the new, ever thinner.

    The old picture stands still meanwhile: painting in both styles would cost two networks, and
    a swap must not slow the show down. Used by one thread, with frames in order.
    """

    def __init__(self, duration_s: float) -> None:
        """Begins without a past.

        Args:
            duration_s: how long a dissolve lasts; 0.0 for a cut.
        """
        self._duration_s = duration_s
        self._style: str | None = None
        self._shown: Pixels | None = None
        self._old: Pixels | None = None
        self._began_s = 0.0

    def __call__(self, painted: Pixels, style: str, now_s: float) -> Pixels:
        """The picture to show.

        Args:
            painted: RGB uint8, (H, W, 3); not written to.
            style: what it is painted in.
            now_s: its own time in seconds, so that a clip dissolves alike at any speed.
        """
        if self._duration_s <= 0:
            return painted
        if style != self._style:
            self._old, self._style, self._began_s = self._shown, style, now_s
        self._shown = self._faded(painted, now_s)
        return self._shown

    def _faded(self, painted: Pixels, now_s: float) -> Pixels:
        # The first picture of the new style must differ from the old one: a key was pressed.
        passed = (now_s - self._began_s) / self._duration_s
        done = max(0.1, passed) if passed >= 0 else 1.0  # a clock that went back ends it
        if self._old is None or self._old.shape != painted.shape or done >= 1:
            self._old = None
            return painted
        return np.asarray(cv2.addWeighted(painted, done, self._old, 1 - done, 0), np.uint8)
