"""FrameQueue: where one thread hands a frame to the next."""

from collections import deque
from enum import Enum
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class QueuePolicy(Enum):
    """What happens to an item when nobody has taken the one before.

    LATEST_ONLY: it holds one item, which a newer one replaces (a camera).
    BOUNDED: a few places; `put` waits until one is free and nothing is lost (a file).
    """

    LATEST_ONLY = "latest-only"
    BOUNDED = "bounded"


class Closed(Exception):  # noqa: N818 - the ordinary end, not an error
    """The queue was closed: nothing more goes in, and what was inside has been taken."""


class FrameQueue(Generic[T]):
    """Hands items from one thread to the next, in order."""

    def __init__(self, policy: QueuePolicy, capacity: int = 4) -> None:
        """Makes an empty queue.

        Args:
            policy: LATEST_ONLY or BOUNDED.
            capacity: places of a bounded queue; a latest-only one always has one.
        """
        self._policy = policy
        self._capacity = 1 if policy is QueuePolicy.LATEST_ONLY else capacity
        self._items: deque[T] = deque()
        self._changed = Condition()
        self._closed = False

    def put(self, item: T) -> bool:
        """Puts an item in; a bounded queue waits until there is room.

        Returns:
            True when an older item was replaced.

        Raises:
            Closed: the queue is closed, or was while this waited.
        """
        with self._changed:
            if self._policy is QueuePolicy.BOUNDED:
                self._changed.wait_for(lambda: self._closed or self._has_room())
            if self._closed:
                raise Closed
            replaced = not self._has_room()
            if replaced:
                self._items.clear()
            self._items.append(item)
            self._changed.notify_all()
            return replaced

    def offer(self, item: T) -> bool:
        """Puts an item in if there is room, without waiting.

        Returns:
            False when there was none; the item is then not inside.

        Raises:
            Closed: the queue is closed.
        """
        with self._changed:
            if self._closed:
                raise Closed
            if not self._has_room():
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def get(self, timeout_s: float | None = None) -> T:
        """Takes the oldest item, waiting for one.

        Raises:
            Closed: the queue is closed and empty.
            TimeoutError: nothing came within `timeout_s`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._closed or self._items, timeout_s):
                raise TimeoutError
            if not self._items:
                raise Closed
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Lets nothing more in and wakes everyone; what is inside can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def abort(self) -> None:
        """Closes the queue and throws away what is inside."""
        with self._changed:
            self._items.clear()
            self.close()

    def _has_room(self) -> bool:
        return len(self._items) < self._capacity
