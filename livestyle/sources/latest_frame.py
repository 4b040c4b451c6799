"""LatestFrameSource: a live device that a thread of its own reads, so that it blocks nobody."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from typing import Generic, TypeVar

from livestyle.errors import SourceError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import FrameSource

log = logging.getLogger(__name__)

Item = TypeVar("Item")

_CANCEL_POLL_S = 0.05
_JOIN_S = 0.25


class LatestFrameSource(FrameSource, ABC, Generic[Item]):
    """A live source that keeps only the newest item its device gave.

    Drivers and sockets may block for many seconds. So one thread opens the device, waits for
    it and lets it go, while `read` and `close` only wait for that thread, with a time limit.
    A thread that hangs in its device is left behind and ends when the device lets go of it.

    Subclasses set what their thread needs and then call `_start`.
    """

    is_live = True

    def __init__(self, name: str, stall_timeout_s: float) -> None:
        """Prepares; nothing runs before `_start`.

        Args:
            name: what a person calls the source.
            stall_timeout_s: without anything new for so long, the source counts as lost.
        """
        self.name = name
        self.size = (0, 0)
        self.fps = 0.0
        self.reconnects = 0
        self.status = ""
        self._stall_timeout_s = stall_timeout_s
        self._changed = threading.Condition()
        self._closed = False
        self._over = False
        self._error: Exception | None = None
        self._item: Item | None = None
        self._arrived_s = time.perf_counter()
        self._index = 0
        self._first_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"source {name}", daemon=True)

    @abstractmethod
    def _produce(self) -> Generator[Item, None, None]:
        """Opens the device, gives what it sends, and lets it go; runs in the thread.

        Raises:
            SourceError: the device cannot be opened, or failed. Ending without an error says
                that there is nothing more to come.
        """

    @abstractmethod
    def _pixels(self, item: Item) -> Pixels | None:
        """The picture of an item, RGB uint8 (H, W, 3), or None when it is broken."""

    def _interrupt(self) -> None:
        """Ends a call in which the thread may hang, where the device knows a way."""

    def _start(self, open_timeout_s: float, cancel: threading.Event | None) -> None:
        """Starts the thread and waits for a first picture; that one only tells the size.

        Raises:
            SourceError: no picture came in time, or `cancel` was set.
        """
        self._arrived_s = time.perf_counter()
        self._thread.start()
        try:
            first = self._next(open_timeout_s, cancel)
            if first is None:
                raise SourceError(f"{self.name} ended before its first picture.")
            height, width = first[0].shape[:2]
            self.size = (width, height)
        except BaseException:
            self.close()
            raise

    def read(self) -> Frame | None:
        """The newest frame that was not read yet, as soon as there is one; None at the end.

        Raises:
            SourceError: the source failed, or sent nothing for the stall time.
        """
        taken = self._next(self._stall_timeout_s)
        if taken is None:
            return None
        pixels, arrived_s = taken
        if self._first_s is None:
            self._first_s = arrived_s
        index, self._index = self._index, self._index + 1
        return Frame(pixels, index, arrived_s - self._first_s, arrived_s)

    def close(self) -> None:
        """Ends a waiting `read` and lets go of the device."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._item = None
            self._changed.notify_all()
        self._interrupt()
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            log.info("%s still hangs; it is let go as soon as it answers", self.name)

    def _next(
        self, limit_s: float, cancel: threading.Event | None = None
    ) -> tuple[Pixels, float] | None:
        """The next good picture and when it arrived; None at the end or when closed."""
        deadline_s = time.perf_counter() + limit_s
        while (taken := self._take(limit_s, cancel)) is not None:
            pixels = self._pixels(taken[0])
            if pixels is not None:
                return pixels, taken[1]
            if time.perf_counter() > deadline_s:
                raise SourceError(f"{self.name} sent only broken pictures for {limit_s:g} s.")
        return None

    def _take(self, limit_s: float, cancel: threading.Event | None) -> tuple[Item, float] | None:
        with self._changed:
            while self._item is None:
                if self._closed:
                    return None
                if self._error is not None:
                    raise self._failure(self._error)
                if self._over:
                    return None
                if cancel is not None and cancel.is_set():
                    raise SourceError(f"{self.name} was closed while it was being opened.")
                left_s = self._arrived_s + limit_s - time.perf_counter()
                if left_s <= 0:
                    raise SourceError(f"{self.name} has sent no new picture for {limit_s:g} s.")
                self._changed.wait(left_s if cancel is None else min(left_s, _CANCEL_POLL_S))
            item, self._item = self._item, None
            return item, self._arrived_s

    def _failure(self, error: Exception) -> SourceError:
        if isinstance(error, SourceError):
            return error
        failure = SourceError(f"{self.name} failed: {error}")
        failure.__cause__ = error
        return failure

    def _pause(self, seconds: float) -> bool:
        """Waits inside the thread; True when the source was closed meanwhile."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)

    def _run(self) -> None:
        error: Exception | None = None
        try:
            with closing(self._produce()) as items:
                for item in items:
                    with self._changed:
                        if self._closed:
                            return
                        self._item, self._arrived_s = item, time.perf_counter()
                        self._changed.notify_all()
        except Exception as failure:
            error = failure
        finally:
            with self._changed:
                self._error, self._over = error, True
                self._changed.notify_all()
