"""Reconnecting: a live source that comes back after it was lost."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.protocols import FrameSource

log = logging.getLogger(__name__)

_MOST_FRUITLESS = 5
"""A source that opens so often in a row, and each time gives no frame, is given up."""


class Reconnecting(FrameSource):
    """Opens a live source again, each time after a longer wait, whenever it fails.

    Only what was found once is waited for: the first opening fails at once. Index and time
    stamps go on increasing over the gap; `status` says what is being tried meanwhile.
    """

    is_live = True

    def __init__(
        self,
        label: str,
        open: Callable[[threading.Event], FrameSource],
        first_wait_s: float = 0.5,
        longest_wait_s: float = 8.0,
    ) -> None:
        """Opens the source.

        Args:
            label: what the screen calls it ("camera 0").
            open: opens the source; gives up with SourceError when the event is set.
            first_wait_s: before the first new attempt; doubled after each that fails.
            longest_wait_s: no wait is longer.

        Raises:
            SourceError: it cannot be opened.
        """
        self.reconnects = 0
        self.status = ""
        self._label = label
        self._open = open
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._closing = threading.Event()
        self._swap = threading.Lock()
        self._fruitless = 0
        self._index = 0
        self._first_s: float | None = None
        self._adopt(open(self._closing))

    def read(self) -> Frame | None:
        """The next frame, however long the source stays lost; None at the end or when closed.

        Raises:
            SourceError: it opened again and again without giving a frame.
        """
        while not self._closing.is_set():
            try:
                frame = self._source.read()
            except SourceError as error:
                if self._closing.is_set():
                    continue
                if self._fruitless == _MOST_FRUITLESS:
                    raise SourceError(
                        f"{error} It was opened again {self._fruitless} times and gave nothing."
                    ) from error
                self._reopen(error)
                continue
            self._fruitless = 0
            return None if frame is None else self._continued(frame)
        return None

    def close(self) -> None:
        """Ends a waiting `read` and lets go of the source."""
        self._closing.set()
        with self._swap:
            self._source.close()

    def _adopt(self, source: FrameSource) -> None:
        with self._swap:
            self._source = source
            self.name, self.size, self.fps = source.name, source.size, source.fps
            if self._closing.is_set():
                source.close()

    def _reopen(self, error: SourceError) -> None:
        """Tries until the source is there again or this one is closed."""
        log.warning("%s Trying again.", error)
        wait_s = min(self._first_wait_s * 2**self._fruitless, self._longest_wait_s)
        self.status = f"{self._label} is lost; trying again (1)"
        self._source.close()
        for attempt in count(1):
            self.status = f"{self._label} is lost; trying again ({attempt})"
            if self._closing.wait(wait_s):
                return
            try:
                self._adopt(self._open(self._closing))
            except SourceError as still:
                log.debug("attempt %d: %s", attempt, still)
                wait_s = min(2 * wait_s, self._longest_wait_s)
            else:
                break
        self.reconnects += 1
        self._fruitless += 1
        self.status = ""
        log.warning("%s is back.", self._label)

    def _continued(self, frame: Frame) -> Frame:
        # A live frame's own clock starts at each opening; its arrival does not.
        if self._first_s is None:
            self._first_s = frame.captured_s
        index, self._index = self._index, self._index + 1
        return replace(frame, index=index, pts_s=frame.captured_s - self._first_s)
