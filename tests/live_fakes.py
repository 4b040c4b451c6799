"""Sources, stylizers, sinks and windows that do what a test tells them."""

import time
from collections.abc import Callable
from threading import Event

import numpy as np

from livestyle.frame import Frame, Pixels
from livestyle.live.player import Player
from livestyle.protocols import EngineInfo, FrameSource, Sink, Stylizer


def make_frame(index: int = 0, size: tuple[int, int] = (8, 6), style: str | None = None) -> Frame:
    width, height = size
    pixels = np.full((height, width, 3), index % 256, np.uint8)
    return Frame(pixels, index, index / 25, time.perf_counter(), style)


class CountedSource(FrameSource):
    """Gives `count` frames, or frames for ever; fails where told."""

    def __init__(
        self,
        count: int | None,
        *,
        is_live: bool = False,
        fail_at: int | None = None,
        fail_close: bool = False,
        interval_s: float = 0.0,
        block_at: int | None = None,
    ) -> None:
        self.name, self.is_live, self.size, self.fps = "counted", is_live, (8, 6), 25.0
        self.reconnects, self.status = 0, ""
        self.closed = 0
        self.given = 0
        self._count, self._fail_at, self._fail_close = count, fail_at, fail_close
        self._interval_s, self._block_at = interval_s, block_at
        self._woken = Event()

    def read(self) -> Frame | None:
        if self.given == self._fail_at:
            raise RuntimeError("source")
        if self.given == self._block_at:
            self._woken.wait()
        if self._woken.wait(self._interval_s) or self.given == self._count:
            return None
        self.given += 1
        return make_frame(self.given - 1, self.size)

    def close(self) -> None:
        self.closed += 1
        self._woken.set()
        if self._fail_close:
            raise RuntimeError("source close")


class ListSink(Sink):
    """Keeps the indices of its frames; fails where told."""

    def __init__(
        self,
        *,
        fail_at: int | None = None,
        fail_close: bool = False,
        error: type[BaseException] = RuntimeError,
        on_write: Callable[[Frame], object] = lambda frame: None,
    ) -> None:
        self.frames: list[int] = []
        self.styles: list[str | None] = []
        self.closed = 0
        self._fail_at, self._fail_close, self._error = fail_at, fail_close, error
        self._on_write = on_write

    def write(self, frame: Frame) -> None:
        assert not self.closed, "written to after close"
        if len(self.frames) == self._fail_at:
            raise self._error("sink")
        self.frames.append(frame.index)
        self.styles.append(frame.style)
        self._on_write(frame)

    def close(self) -> None:
        self.closed += 1
        if self._fail_close:
            raise self._error("sink close")


class ValueStylizer(Stylizer):
    """Paints everything in one value."""

    info = EngineInfo("numpy", "CPU", "fp32")

    def __init__(self, value: int = 200, fail_at: int | None = None) -> None:
        self.value, self.calls, self.closed = value, 0, 0
        self.sizes: list[tuple[int, int]] = []
        self._fail_at = fail_at

    def __call__(self, pixels: Pixels) -> Pixels:
        assert not self.closed, "painted after close"
        if self.calls == self._fail_at:
            raise RuntimeError("engine")
        self.calls += 1
        self.sizes.append((pixels.shape[1], pixels.shape[0]))
        return np.full_like(pixels, self.value)

    def close(self) -> None:
        self.closed += 1


class QuietWindow:
    """A window without a display: keys are typed into `keys`, clicks into `clicks`."""

    def __init__(self) -> None:
        self.is_open = True
        self.keys: list[str] = []
        self.clicks: list[tuple[int, int]] = []
        self.shown: list[Pixels] = []
        self.titles: list[str] = []
        self.is_fullscreen = False
        self.polls = 0
        self.closed = 0
        self.at_poll: Callable[[int], None] = lambda poll: None

    def show(self, pixels: Pixels, draw: Callable[[Pixels], Pixels] | None = None) -> None:
        self.shown.append(draw(pixels) if draw else pixels)

    def poll_key(self, wait_ms: int) -> str | None:
        self.polls += 1
        self.at_poll(self.polls)
        return self.keys.pop(0) if self.keys else None

    def poll_click(self) -> tuple[int, int] | None:
        return self.clicks.pop(0) if self.clicks else None

    def set_title(self, title: str) -> None:
        self.titles.append(title)

    def toggle_fullscreen(self) -> None:
        self.is_fullscreen = not self.is_fullscreen

    def close(self) -> None:
        self.closed += 1


def wait_until(met: Callable[[], bool], limit_s: float = 5.0) -> None:
    deadline_s = time.monotonic() + limit_s
    while not met():
        assert time.monotonic() < deadline_s, "waited too long"
        time.sleep(0.002)


def next_notice(take_notice: Callable[[], str]) -> str:
    """Waits for something to be said."""
    notices = [""]

    def is_said() -> bool:
        notices.append(take_notice())
        return bool(notices[-1])

    wait_until(is_said)
    return notices[-1]


def loaded(player: Player) -> set[str]:
    """Names of the styles that it can swap to without waiting, which only tests need to know."""
    with player._changed:
        return set(player._cache)


class SetClock:
    """A clock that goes when told."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
