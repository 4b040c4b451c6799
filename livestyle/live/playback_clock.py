"""PlaybackClock: shows a file at the speed it was filmed in."""

import time
from collections.abc import Callable

from livestyle.frame import Frame

CATCH_UP_S = 0.1
"""Frames late by up to this much follow faster, which hides a hiccup; later than that the clock
is set anew, so that a slow machine which recovers does not race through what it missed."""

LONGEST_WAIT_S = 10.0
"""A longer step between two time stamps is taken for a fault of the file."""


class PlaybackClock:
    """Says how long each frame has to wait for its moment."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._zero_s: float | None = None

    def wait_s(self, frame: Frame) -> float:
        """Seconds until the frame is due, 0.0 when it is now or late."""
        now_s = self._clock()
        if self._zero_s is None:
            self._zero_s = now_s - frame.pts_s
        wait_s = self._zero_s + frame.pts_s - now_s
        if not -CATCH_UP_S <= wait_s <= LONGEST_WAIT_S:
            self._zero_s = now_s - frame.pts_s
            return 0.0
        return max(0.0, wait_s)
