"""LoadingPace: when a style may be loaded behind a show, so that the show does not slow down."""

from collections import deque

JUDGED_FRAMES = 30
FEWEST_FRAMES = 5
"""How much of the time painting takes is told from the latest frames; before there are a few, the
show counts as busy."""

LONGEST_REST = 19.0
"""Loading takes a twentieth of the time even from a show that has none to spare."""

FIRST_FRAME_S = 0.25
"""Nothing is loaded before the show's first frame, or for so long where none comes."""


class LoadingPace:
    """Lets the loader work in the share of the time that painting leaves over.

    After a style was loaded in `t` seconds of processor time, the next has to wait for `t` times
    busy / (1 - busy), where `busy` is the share of the time that painting takes. Its owner's lock
    guards it; times are those of one clock, in seconds.
    """

    def __init__(self, now_s: float) -> None:
        """Begins at the first frame, or a moment later."""
        self._may_begin_s = now_s + FIRST_FRAME_S
        self._ended_s = now_s
        self._worked_s = 0.0
        self._painted: deque[tuple[float, float]] = deque(maxlen=JUDGED_FRAMES)

    def painted(self, began_s: float, ended_s: float) -> None:
        """A frame was painted."""
        self._may_begin_s = min(self._may_begin_s, ended_s)
        self._painted.append((began_s, ended_s))

    def loaded(self, worked_s: float, now_s: float) -> None:
        """A style was loaded, which took so much processor time."""
        self._worked_s, self._ended_s = worked_s, now_s

    def wait_s(self, now_s: float) -> float:
        """Seconds until the next style may be loaded; 0.0 for at once."""
        busy = self._busy(now_s)
        rest = LONGEST_REST if busy >= 1 else min(LONGEST_REST, busy / (1 - busy))
        return max(0.0, self._may_begin_s - now_s, self._ended_s + rest * self._worked_s - now_s)

    def _busy(self, now_s: float) -> float:
        """Share of the time that painting takes, 0.0 to 1.0."""
        if not self._painted:
            return 0.0
        if len(self._painted) < FEWEST_FRAMES:
            return 1.0
        span_s = max(now_s - self._painted[0][0], 1e-9)
        return min(1.0, sum(ended_s - began_s for began_s, ended_s in self._painted) / span_s)
