"""A limit of hours: the steps that fit into it, and its end."""

import time
from collections import deque

FIRST_STEPS = 10
"""Steps before the first estimate; those before that pay for warm-up."""

LATEST_STEPS = 50
SPARE = 0.03
"""Share of the time that is kept for checkpoints and for steps slower than the last."""


class TimeBudget:
    """Watches the time of a run.

    Args:
        hours: wall time that the run may take; None: no limit.
        fits: choose the number of steps such that they just fit. It is estimated from the speed
            of the last steps and corrected as the run goes on: the schedule then ends with the
            time, whatever else the machine has to do.
        began_s: when the time began to count, as `time.monotonic` says; None: now.
    """

    def __init__(self, hours: float | None, fits: bool, began_s: float | None = None) -> None:
        self._limit_s = None if hours is None else hours * 3600
        self._fits = fits and hours is not None
        self._began_s = time.monotonic() if began_s is None else began_s
        self._ends_s: deque[float] = deque(maxlen=LATEST_STEPS + 1)

    @property
    def is_up(self) -> bool:
        """Whether no time is left for another step."""
        if self._limit_s is None:
            return False
        return time.monotonic() - self._began_s + self._step_s() > self._limit_s

    def steps(self, step: int, steps: int) -> int:
        """Called after each step: how many steps the run shall have in all.

        Args:
            step: steps done.
            steps: the steps it was to have.
        """
        self._ends_s.append(time.monotonic())
        if not self._fits or self._limit_s is None or len(self._ends_s) <= FIRST_STEPS:
            return steps
        left_s = self._limit_s * (1 - SPARE) - (self._ends_s[-1] - self._began_s)
        return step + max(0, int(left_s / self._step_s()))

    def _step_s(self) -> float:
        if len(self._ends_s) < 2:
            return 0.0
        return (self._ends_s[-1] - self._ends_s[0]) / (len(self._ends_s) - 1)
