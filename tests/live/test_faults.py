"""What an evening must survive, as a whole: session, player, window and recording together."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest
from live_fakes import CountedSource, ListSink, QuietWindow, ValueStylizer, loaded, wait_until

from livestyle.errors import EngineError, SourceError, StyleError
from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player, PlayerOptions
from livestyle.live.recording import RecordingSwitch
from livestyle.protocols import Stylizer
from livestyle.render.compositing import Look
from livestyle.sinks.recorder import Recorder
from livestyle.ui.session import LiveSession
from livestyle.ui.thumbnails import Thumbnails

pytestmark = pytest.mark.timeout(60)

VALUES = {"a": 40, "b": 120, "c": 220}
SIZE = (160, 120)


class Scripted(CountedSource):
    """Gives the frames it is told, one every few milliseconds, then waits to be closed."""

    def __init__(self, frames: Iterable[Frame | Exception], *, is_live: bool = True) -> None:
        super().__init__(None, is_live=is_live)
        self.size = SIZE
        self._frames = iter(frames)

    def read(self) -> Frame | None:
        frame = next(self._frames, None)
        if isinstance(frame, Exception):
            raise frame
        if frame is None or self._woken.wait(0.003):
            self._woken.wait()
            return None
        return frame


def frame(
    index: int, size: tuple[int, int] = SIZE, at_s: float | None = None, captured_s: float = 0.0
) -> Frame:
    pixels = np.full((size[1], size[0], 3), 10, np.uint8)
    pts_s = index / 25 if at_s is None else at_s
    return Frame(pixels, index, pts_s, captured_s or time.perf_counter())


def endless() -> Iterator[Frame]:
    index = 0
    while True:
        yield frame(index)
        index += 1


class Evening:
    """A session that is closed as the command closes it, and what came of it."""

    def __init__(
        self,
        folder: Path,
        source: Scripted,
        load: Callable[[str], Stylizer] = lambda name: ValueStylizer(VALUES[name]),
        options: PlayerOptions | None = None,
    ) -> None:
        self.source, self.window, self.metrics, self.sink = (
            source,
            QuietWindow(),
            Metrics(),
            ListSink(),
        )
        self._opened = ExitStack()
        self.player = Player(
            list(VALUES),
            load,
            first="a",
            size=SIZE,
            look=Look(),
            metrics=self.metrics,
            options=options or PlayerOptions(),
        )
        self._opened.callback(self.player.close)
        self.thumbnails = Thumbnails(lambda name: ValueStylizer(VALUES[name]))
        self._opened.callback(self.thumbnails.close)
        self.recording = RecordingSwitch(lambda path: Recorder(path, fps=25.0))
        self.session = LiveSession(
            source,
            self.player,
            self.metrics,
            self.window,
            folder=folder,
            recording=self.recording,
            thumbnails=self.thumbnails,
            sinks=[self.sink],
        )

    def run(self) -> None:
        with self._opened:
            self.session.run()

    def quit_when(self, met: Callable[[], bool]) -> None:
        self.window.at_poll = lambda poll: self.window.keys.append("q") if met() else None


def test_the_window_closed_while_a_style_is_being_swapped_in(tmp_path: Path) -> None:
    loading, go_on = Event(), Event()

    def load(name: str) -> ValueStylizer:
        if name == "c":
            loading.set()
            go_on.wait(10)
        return ValueStylizer(VALUES[name])

    evening = Evening(tmp_path, Scripted(endless()), load)

    def close_while_loading(poll: int) -> None:
        if len(evening.sink.frames) == 5:
            evening.window.keys.append("3")
        if loading.is_set() and evening.player.current != "c" and len(evening.sink.frames) > 8:
            evening.window.is_open = False
            go_on.set()

    evening.window.at_poll = close_while_loading
    evening.run()
    assert evening.source.closed == evening.window.closed == 1


@pytest.mark.parametrize("sizes", [[(1920, 1080), (1920, 1088)], [SIZE, (64, 48), (1, 1), SIZE]])
def test_a_source_that_changes_its_size_in_mid_stream(
    tmp_path: Path, sizes: list[tuple[int, int]]
) -> None:
    count = 4 * len(sizes)
    frames = [frame(index, sizes[index // 4]) for index in range(count)]
    evening = Evening(
        tmp_path,
        Scripted(frames, is_live=False),
        options=PlayerOptions(steady=0.5, crossfade_s=0.2, target_fps=5),
    )
    evening.recording.start(tmp_path / "out.mp4")
    evening.window.keys += "thin"
    evening.quit_when(lambda: len(evening.sink.frames) == count)
    evening.run()
    assert {shown.shape[:2][::-1] for shown in evening.window.shown} >= set(sizes)
    with av.open(tmp_path / "out.mp4") as container:
        recorded = [picture.format.width for picture in container.decode(video=0)]
    assert recorded == [max(2, sizes[0][0])] * count


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_clocks_that_jump(tmp_path: Path, jump_s: float) -> None:
    now_s = time.perf_counter()

    def frames() -> Iterator[Frame]:
        for index in range(60):
            jumped_s = jump_s if index >= 30 else 0.0
            at_s = index / 25 + jumped_s
            yield frame(index, at_s=at_s, captured_s=now_s + at_s)

    evening = Evening(tmp_path, Scripted(frames()), options=PlayerOptions(crossfade_s=0.3))
    wait_until(lambda: len(loaded(evening.player)) == 3)
    painted: list[int] = []

    def press_before_the_jump(shown: Frame) -> None:
        painted.append(int(shown.pixels[0, 0, 0]))
        if shown.index < 25:
            evening.player.select("a")
        else:
            evening.player.select("c")

    evening.sink._on_write = press_before_the_jump
    evening.recording.start(tmp_path / "out.mp4")
    evening.quit_when(lambda: bool(evening.sink.frames) and evening.sink.frames[-1] == 59)
    evening.run()
    assert painted[-1] == VALUES["c"], "the dissolve has ended"
    with av.open(tmp_path / "out.mp4") as container:
        assert sum(1 for _ in container.decode(video=0)) == len(painted)


@pytest.mark.parametrize("memory_mb", [1.0, 600.0], ids=["one by one", "all loaded"])
def test_five_hundred_swaps_in_a_row(tmp_path: Path, memory_mb: float) -> None:
    made: list[ValueStylizer] = []

    def load(name: str) -> ValueStylizer:
        made.append(ValueStylizer(VALUES[name]))
        return made[-1]

    evening = Evening(
        tmp_path, Scripted(endless()), load, PlayerOptions(memory_mb=memory_mb, crossfade_s=0.01)
    )
    asked = 0

    def swap(poll: int) -> None:
        nonlocal asked
        shown = evening.sink.styles
        if shown and shown[-1] == list(VALUES)[asked % 3]:
            asked += 1
            evening.window.keys.append("n" if asked <= 500 else "q")

    evening.window.at_poll = swap
    evening.run()
    report = evening.metrics.report()
    assert len(report["swaps"]) == 500
    assert [style.closed for style in made] == [1] * len(made)


@pytest.mark.parametrize("where", ["start", "middle"])
@pytest.mark.parametrize("stage", ["source", "engine", "window"])
def test_the_first_error_of_a_session_is_the_one_reported(
    tmp_path: Path, stage: str, where: str
) -> None:
    at = 0 if where == "start" else 6

    class Failing(ValueStylizer):
        def __call__(self, pixels: np.ndarray) -> np.ndarray:
            if stage == "engine" and self.calls > at:  # the first call warms it
                raise EngineError("engine")
            return super().__call__(pixels)

    def frames() -> Iterator[Frame | Exception]:
        for index, each in enumerate(endless()):
            yield SourceError("source") if stage == "source" and index == at else each

    evening = Evening(tmp_path, Scripted(frames()), lambda name: Failing(VALUES[name]))
    evening.recording.start(tmp_path / "out.mp4")
    evening.window.keys += "t"
    shown = 0

    def show(pixels: Pixels, draw: object = None) -> None:
        nonlocal shown
        shown += 1
        if stage == "window" and shown > at:
            raise RuntimeError("window")

    evening.window.show = show  # type: ignore[method-assign]
    with pytest.raises((SourceError, EngineError, RuntimeError), match=f"^{stage}$"):
        evening.run()
    assert evening.source.closed == evening.window.closed == evening.sink.closed == 1
    assert not list(tmp_path.glob("*.partial")), "what was recorded until then is whole"


def test_a_broken_style_among_good_ones_in_a_session(tmp_path: Path) -> None:
    def load(name: str) -> ValueStylizer:
        if name == "b":
            raise StyleError("b.onnx is empty")
        return ValueStylizer(VALUES[name])

    evening = Evening(tmp_path, Scripted(endless()), load)
    wait_until(lambda: "b" in evening.player.failed and "c" in loaded(evening.player))
    evening.window.keys += "2n"
    evening.quit_when(lambda: "c" in evening.sink.styles)
    evening.run()
    assert "b" not in evening.sink.styles
