"""A live source that is lost and found."""

import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from media import plain
from opened import read_one

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.protocols import FrameSource
from livestyle.sources.reconnect import Reconnecting


class Brief(FrameSource):
    """A live source that fails after some frames."""

    is_live = True

    def __init__(self, frames: int, size: tuple[int, int] = (8, 6)) -> None:
        self.name, self.size, self.fps = f"brief {size[0]}", size, 25.0
        self.reconnects, self.status, self.closed = 0, "", False
        self._left, self._index = frames, 0

    def read(self) -> Frame | None:
        if self._left == 0:
            raise SourceError("brief is gone.")
        self._left -= 1
        self._index += 1
        return Frame(plain(self.size, (1, 2, 3)), self._index - 1, 0.0, time.perf_counter())

    def close(self) -> None:
        self.closed = True


def answering(answers: Sequence[Brief | SourceError]) -> Callable[[threading.Event], Brief]:
    """An opener that gives or raises one answer after the other."""
    given = iter(answers)

    def open_next(cancel: threading.Event) -> Brief:
        answer = next(given)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return open_next


def test_the_first_opening_fails_at_once() -> None:
    with pytest.raises(SourceError, match="nothing there"):
        Reconnecting("x", answering([SourceError("nothing there")]), first_wait_s=60)


def test_frames_go_on_over_the_gaps() -> None:
    parts = [Brief(3), Brief(2, (16, 12)), Brief(4)]
    source = Reconnecting("x", answering([*parts]), first_wait_s=0.01)
    assert source.name == "brief 8"
    frames = [read_one(source) for _ in range(9)]
    assert [frame.index for frame in frames] == list(range(9))
    assert all(a.pts_s < b.pts_s for a, b in pairwise(frames))
    assert [frame.size[0] for frame in frames] == [8] * 3 + [16] * 2 + [8] * 4
    assert source.reconnects == 2
    assert [part.closed for part in parts] == [True, True, False]
    source.close()
    assert parts[2].closed


def test_size_and_name_are_those_of_the_source_found() -> None:
    source = Reconnecting("x", answering([Brief(1), Brief(1, (16, 12))]), first_wait_s=0.01)
    source.read()
    source.read()
    assert source.size == (16, 12)
    assert source.name == "brief 16"
    source.close()


def test_waits_longer_each_time_and_says_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Brief | SourceError] = [Brief(1), *[SourceError("still gone")] * 6, Brief(1)]
    source = Reconnecting("camera 0", answering(answers), first_wait_s=0.5, longest_wait_s=8)
    waits: list[float] = []
    said: list[str] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        said.append(source.status)
        return False

    monkeypatch.setattr(source._closing, "wait", wait)
    source.read()
    source.read()
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert said[2] == "camera 0 is lost; trying again (3)"
    assert source.status == ""
    assert source.reconnects == 1
    source.close()


def test_a_source_found_after_closing_is_closed() -> None:
    late = Brief(5)
    source = None

    def open_late(cancel: threading.Event) -> Brief:
        if source is None:
            return Brief(1)
        source.close()
        return late

    source = Reconnecting("x", open_late, first_wait_s=0.01)
    source.read()
    assert source.read() is None
    assert late.closed


def test_the_end_of_the_source_is_the_end() -> None:
    class Ending(Brief):
        def read(self) -> Frame | None:
            return None

    source = Reconnecting("x", answering([Ending(0)]))
    assert source.read() is None
    source.close()
