"""Metrics: what the overlay shows while running and what the report says afterwards."""

import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from livestyle.frame import Frame

FPS_WINDOW_S = 2.0
RECENT = 30
"""How many values the figures on the screen are averaged over."""
MAX_SWAPS = 10_000
"""Swaps kept for the report; the oldest go first."""


class Durations:
    """Milliseconds of something that happens for ever, in memory that does not grow.

    A histogram with steps of 1% from 1 microsecond to 1000 seconds: percentiles over the whole
    run are right to half a percent.
    """

    LOWEST_MS = 1e-3
    STEP = 1.01
    BINS = 2084

    def __init__(self) -> None:
        self._counts = np.zeros(self.BINS, np.int64)
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._least_ms = float("inf")
        self._most_ms = 0.0

    def add(self, ms: float) -> None:
        """Counts one duration."""
        ratio = max(ms, self.LOWEST_MS) / self.LOWEST_MS
        self._counts[min(int(np.log(ratio) / np.log(self.STEP)), self.BINS - 1)] += 1
        self._recent.append(ms)
        self._least_ms = min(self._least_ms, ms)
        self._most_ms = max(self._most_ms, ms)

    def percentile(self, percent: float) -> float | None:
        """The duration that `percent` of all are not longer than; None before the first."""
        reached = self._counts.cumsum()
        if not reached[-1]:
            return None
        found = int(np.searchsorted(reached, max(1, np.ceil(reached[-1] * percent / 100))))
        middle_ms = self.LOWEST_MS * self.STEP ** (found + 0.5)
        return float(round(min(max(middle_ms, self._least_ms), self._most_ms), 3))

    @property
    def recent_ms(self) -> float | None:
        """Mean of the latest few; None before the first."""
        return sum(self._recent) / len(self._recent) if self._recent else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The latest figures, for the screen; None where nothing was measured yet."""

    fps: float
    capture_ms: float | None
    style_ms: float | None
    show_ms: float | None
    latency_ms: float | None
    dropped: int


class Metrics:
    """Counts and times everything, from any thread."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Starts the wall clock.

        Args:
            clock: seconds; the same one that stamps `Frame.captured_s`.
        """
        self._clock = clock
        self._lock = Lock()
        self._began_s = clock()
        self._captured = self._styled = self._shown = self._dropped = 0
        self._stages = {"capture": Durations(), "style": Durations(), "show": Durations()}
        self._painting: dict[str, Durations] = {}
        self._latency = Durations()
        self._first_shown_s = self._last_shown_s = self._began_s
        self._shown_s: deque[float] = deque(maxlen=1000)
        self._style: str | None = None
        self._asked: tuple[str, float] | None = None
        self._swaps: deque[dict[str, Any]] = deque(maxlen=MAX_SWAPS)
        self._history: deque[dict[str, Any]] = deque(maxlen=MAX_SWAPS)

    def captured(self, ms: float) -> None:
        """A frame was read, which took `ms` (for a camera mostly the wait for it)."""
        with self._lock:
            self._captured += 1
            self._stages["capture"].add(ms)

    def styled(self, ms: float) -> None:
        """A frame was painted in `ms`."""
        with self._lock:
            self._styled += 1
            self._stages["style"].add(ms)

    def painted(self, stages_ms: Mapping[str, float]) -> None:
        """What each stage of a frame took, up to the network, which is what `styled` counts, and
        after it."""
        with self._lock:
            for stage, ms in stages_ms.items():
                self._painting.setdefault(stage, Durations()).add(ms)

    def dropped(self) -> None:
        """A frame was replaced by a newer one before anybody took it."""
        with self._lock:
            self._dropped += 1

    def shown(self, frame: Frame, ms: float) -> None:
        """All sinks have taken the frame, in `ms`. Closes the swap this frame answers."""
        with self._lock:
            now_s = self._clock()
            self._shown += 1
            if self._shown == 1:
                self._first_shown_s = now_s
            self._last_shown_s = now_s
            self._shown_s.append(now_s)
            self._stages["show"].add(ms)
            self._latency.add((now_s - frame.captured_s) * 1e3)
            if frame.style is not None and frame.style != self._style:
                self._note_style(frame.style, now_s)

    def swap_asked(self, style: str | None) -> None:
        """A key asked for a style; its first shown frame ends the swap. None: asked no more."""
        with self._lock:
            self._asked = None if style in (None, self._style) else (str(style), self._clock())

    def snapshot(self) -> Snapshot:
        """The latest figures."""
        with self._lock:
            return Snapshot(
                fps=self._recent_fps(),
                capture_ms=self._stages["capture"].recent_ms,
                style_ms=self._stages["style"].recent_ms,
                show_ms=self._stages["show"].recent_ms,
                latency_ms=self._latency.recent_ms,
                dropped=self._dropped,
            )

    def report(self) -> dict[str, Any]:
        """The run in numbers, ready for JSON, under the names of `cam --report`."""
        with self._lock:
            return {
                "frames": {
                    "captured": self._captured,
                    "styled": self._styled,
                    "shown": self._shown,
                    "dropped": self._dropped,
                },
                "fps": self._overall_fps(),
                "stages_ms": {
                    name: _percentiles(durations, 50, 95, 99)
                    for name, durations in self._stages.items()
                },
                "painting_ms": {
                    name: _percentiles(durations, 50, 95, 99)
                    for name, durations in self._painting.items()
                },
                "latency_ms": _percentiles(self._latency, 50, 95),
                "swaps": list(self._swaps),
                "style_history": list(self._history),
                "wall_s": round(self._clock() - self._began_s, 3),
                "peak_memory_mb": peak_memory_mb(),
            }

    def _note_style(self, style: str, now_s: float) -> None:
        at_s = round(now_s - self._began_s, 3)
        if self._asked is not None and self._asked[0] == style:
            ms = round((now_s - self._asked[1]) * 1e3, 3)
            self._swaps.append({"from": self._style, "to": style, "ms": ms, "at_s": at_s})
            self._asked = None
        self._history.append({"style": style, "at_s": at_s})
        self._style = style

    def _recent_fps(self) -> float:
        oldest_s = self._clock() - FPS_WINDOW_S
        while self._shown_s and self._shown_s[0] < oldest_s:
            self._shown_s.popleft()
        if len(self._shown_s) < 2:
            return 0.0
        return (len(self._shown_s) - 1) / max(self._shown_s[-1] - self._shown_s[0], 1e-9)

    def _overall_fps(self) -> float | None:
        span_s = self._last_shown_s - self._first_shown_s
        return round((self._shown - 1) / span_s, 2) if self._shown > 1 and span_s > 0 else None


def _percentiles(durations: Durations, *percents: int) -> dict[str, float | None]:
    return {f"p{percent}": durations.percentile(percent) for percent in percents}


def peak_memory_mb() -> float | None:
    """Most memory this process ever held, in MB; None where the system does not say."""
    if sys.platform == "linux":
        # Not getrusage: there its peak is handed down from the program that started this one.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return round(int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6, 1)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e6 / 1024), 1)
