"""ResolutionController: holds a frame rate by choosing how large the network paints.

What is kept is the rate and the size of the frame. A network's strokes have a size in pixels of
what it paints, so at scale 0.5 they would be twice as large on the screen. A `HalfScalePair` keeps
them: its other network, with strokes half as large, paints from 0.6 down. So on the screen they
are 1, 1.18, 0.83 and again 1 times as large as at full size.
"""

import time
from collections.abc import Callable
from statistics import median

SCALES = (1.0, 0.85, 0.6, 0.5)
"""Scales of each side; painting takes about the square of it in time. None between 0.85 and 0.6:
there the strokes of either network would be too large or too small."""

JUDGED_FRAMES = 12
JUDGED_MS, FEWEST_FRAMES = 1000.0, 4
"""So many frames are judged by their median, or the few of a slow second: one hiccup is no
trend."""

LATE = 1.05
"""Down when a frame takes longer than this share of its time."""

AIM = 0.9
"""A step down goes to the scale that is expected to take this share at most."""

ROOM = 0.8
"""A step up must be expected to take this share at most, for `patience_s` on end."""

PATIENCE_S = 3.0
LONGEST_PATIENCE_S = 96.0
REGRET_S = 15.0
"""A step up that is taken back within this time was a mistake: the patience doubles. One that
lasts sets it back."""


class ResolutionController:
    """Decides the scale from how long frames take.

    Attributes:
        scale: of each side of what the network paints, one of `SCALES`.
    """

    def __init__(self, target_fps: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """Begins at full size.

        Args:
            target_fps: the rate to hold, above 0.
            clock: seconds.
        """
        self.scale = SCALES[0]
        self._frame_ms = 1e3 / target_fps
        self._clock = clock
        self._spent_ms: list[float] = []
        self._patience_s = PATIENCE_S
        self._room_since_s: float | None = None
        self._rose_s: float | None = None

    def spent(self, ms: float) -> None:
        """Tells how long painting a frame took at the present scale; may change the scale."""
        self._spent_ms.append(ms)
        told = len(self._spent_ms)
        if told < FEWEST_FRAMES or (told < JUDGED_FRAMES and sum(self._spent_ms) < JUDGED_MS):
            return
        ms = median(self._spent_ms)
        self._spent_ms.clear()
        if self._rose_s is not None and self._clock() - self._rose_s > REGRET_S:
            self._rose_s, self._patience_s = None, PATIENCE_S
        if ms > self._frame_ms * LATE:
            self._go_down(ms)
        else:
            self._go_up_if_there_is_room(ms)

    def _go_down(self, ms: float) -> None:
        smaller = [scale for scale in SCALES if scale < self.scale]
        self._room_since_s = None
        if not smaller:
            return
        fitting = [s for s in smaller if self._expected_ms(ms, s) <= self._frame_ms * AIM]
        self.scale = fitting[0] if fitting else smaller[-1]
        if self._rose_s is not None:
            self._rose_s = None
            self._patience_s = min(2 * self._patience_s, LONGEST_PATIENCE_S)

    def _go_up_if_there_is_room(self, ms: float) -> None:
        larger = [scale for scale in SCALES if scale > self.scale]
        if not larger or self._expected_ms(ms, larger[-1]) > self._frame_ms * ROOM:
            self._room_since_s = None
            return
        now_s = self._clock()
        if self._room_since_s is None:
            self._room_since_s = now_s
        elif now_s - self._room_since_s >= self._patience_s:
            self.scale, self._rose_s, self._room_since_s = larger[-1], now_s, None

    def _expected_ms(self, ms: float, scale: float) -> float:
        return ms * (scale / self.scale) ** 2
