"""Ctrl-C, SIGTERM, SIGHUP: the first ends the work cleanly, a later one does not wait for that."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM

SAME_S = 1.0
"""Signals so near each other are one: some senders reach a process twice, by itself and by its
group."""


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP came: everything that ends well on Ctrl-C does so now, too."""


def ending_signals() -> tuple[signal.Signals, ...]:
    """SIGTERM, and SIGHUP where there is one: the terminal was closed. `nohup` ignores it."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return (signal.SIGTERM,)
    return signal.SIGTERM, hangup


def raise_terminated(number: int = signal.SIGTERM, stack: FrameType | None = None) -> None:
    """The handler of `ending_signals`.

    Raises:
        Terminated: always.
    """
    raise Terminated


@contextmanager
def ending_cleanly(stop: Callable[[], None]) -> Iterator[None]:
    """Makes a signal stop what runs inside, and raises it when that has ended.

    An exception raised at once could strike anywhere, for instance between two halves of a write
    to the recording. Used on the main thread.

    Args:
        stop: asks for the end, from any thread.

    Raises:
        KeyboardInterrupt: Ctrl-C came; at once when the end already takes a while.
        Terminated: the same, for SIGTERM and SIGHUP.
    """
    came: list[tuple[int, float]] = []

    def handle(number: int, stack: FrameType | None) -> None:
        now_s = time.monotonic()
        if came and now_s - came[0][1] < SAME_S:
            return
        if came:
            raise _exception(number)
        came.append((number, now_s))
        # In a thread of its own: the main one may hold a lock that `stop` takes.
        threading.Thread(target=stop, name="livestyle-stop", daemon=True).start()

    numbers = (signal.SIGINT, *ending_signals())
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if came:
        raise _exception(came[0][0])


def _exception(number: int) -> KeyboardInterrupt:
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated()
