"""One message where many would say the same."""

import threading
import time


class RateLimit:
    """Counts what happens, and says when it may be told again: once in `every_s`."""

    def __init__(self, every_s: float = 60.0) -> None:
        self._every_s = every_s
        self._lock = threading.Lock()
        self._count = 0
        self._told_s = float("-inf")

    def add(self, count: int = 1) -> int:
        """Counts; returns how many there were since the last telling, or 0 to keep silent."""
        with self._lock:
            self._count += count
            now_s = time.monotonic()
            if not self._count or now_s - self._told_s < self._every_s:
                return 0
            self._told_s = now_s
            told, self._count = self._count, 0
            return told
