from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from live_fakes import CountedSource, ListSink, QuietWindow, ValueStylizer, loaded, wait_until

from livestyle.errors import SinkError
from livestyle.frame import Frame, Pixels
from livestyle.live.metrics import Metrics
from livestyle.live.player import Player
from livestyle.live.recording import RecordingSwitch
from livestyle.render.compositing import Look
from livestyle.ui.session import LiveSession
from livestyle.ui.thumbnails import Thumbnails

pytestmark = pytest.mark.timeout(20)


class Evening:
    """A session on a quiet window, with everything it was given at hand."""

    def __init__(
        self, folder: Path, source: CountedSource, sink: ListSink | None = None, **options: object
    ) -> None:
        self.source, self.window, self.metrics = source, QuietWindow(), Metrics()
        self.player = Player(
            ["a", "b"],
            lambda name: ValueStylizer({"a": 200, "b": 90}[name]),
            first="a",
            size=(8, 6),
            look=Look(),
            metrics=self.metrics,
        )
        wait_until(lambda: len(loaded(self.player)) == 2)
        self.sink = sink or ListSink()
        self.recorded = ListSink()
        self.pixels: list[Pixels] = []
        self.recorded._on_write = lambda frame: self.pixels.append(frame.pixels)
        self.recording = RecordingSwitch(lambda path: self.recorded)
        self.session = LiveSession(
            source,
            self.player,
            self.metrics,
            self.window,
            folder=folder,
            recording=self.recording,
            sinks=[self.sink],
            **options,  # type: ignore[arg-type]
        )

    def press_at(self, frames: dict[int, str]) -> None:
        """Types keys once that many frames have been shown."""

        def type_due(poll: int) -> None:
            for count in [n for n in frames if n <= len(self.sink.frames)]:
                self.window.keys.extend(frames.pop(count))

        self.window.at_poll = type_due

    def run(self) -> None:
        try:
            self.session.run()
        finally:
            self.player.close()
        assert self.source.closed == self.window.closed == self.sink.closed == 1


@pytest.fixture
def camera() -> Iterator[CountedSource]:
    yield CountedSource(None, is_live=True, interval_s=0.002)


def test_q_ends_the_evening(tmp_path: Path, camera: CountedSource) -> None:
    evening = Evening(tmp_path, camera)
    evening.press_at({30: "q"})
    evening.run()
    assert evening.window.shown
    assert evening.window.titles == ["a - livestyle"]


def test_closing_the_window_ends_it_too(tmp_path: Path, camera: CountedSource) -> None:
    evening = Evening(tmp_path, camera)

    def close_at(poll: int) -> None:
        evening.window.is_open = poll < 20

    evening.window.at_poll = close_at
    evening.run()


def test_keys_reach_the_player_and_the_title_follows(tmp_path: Path, camera: CountedSource) -> None:
    evening = Evening(tmp_path, camera)
    evening.press_at({10: "n", 60: "q"})
    evening.run()
    assert evening.window.titles == ["a - livestyle", "b - livestyle"]
    swaps = evening.metrics.report()["swaps"]
    assert [(swap["from"], swap["to"]) for swap in swaps] == [("a", "b")]


def test_the_window_has_words_and_the_recording_none(tmp_path: Path, camera: CountedSource) -> None:
    camera.size = (160, 120)
    evening = Evening(tmp_path, camera)
    evening.recording.start(tmp_path / "out.mp4")
    evening.press_at({5: "ih", 60: "q"})
    evening.run()
    assert evening.recorded.closed == 1
    assert evening.pixels
    assert all((pixels == 200).all() for pixels in evening.pixels)
    assert any((shown != 200).any() for shown in evening.window.shown)


def test_a_lost_camera_is_said_on_the_screen(tmp_path: Path) -> None:
    source = CountedSource(None, is_live=True, block_at=0)
    source.size = (320, 240)
    source.status = "camera 0 is lost; trying again"
    evening = Evening(tmp_path, source)

    def quit_when_drawn(poll: int) -> None:
        if len(evening.window.shown) >= 2:
            evening.window.keys.append("q")

    evening.window.at_poll = quit_when_drawn
    evening.run()
    first = evening.window.shown[0]
    assert first.shape == (240, 320, 3)
    assert first[170:].max() > 200, "the sentence"


def test_a_clip_keeps_every_frame(tmp_path: Path) -> None:
    evening = Evening(tmp_path, CountedSource(8))
    evening.run()
    assert evening.sink.frames == list(range(8))
    assert len(evening.window.shown) >= 8


def test_a_click_on_a_thumbnail_swaps_and_the_recording_has_no_thumbnails(
    tmp_path: Path, camera: CountedSource
) -> None:
    camera.size = (320, 240)
    painted: set[str] = set()

    def load(name: str) -> ValueStylizer:
        painted.add(name)
        return ValueStylizer()

    thumbnails = Thumbnails(load)
    evening = Evening(tmp_path, camera, thumbnails=thumbnails)
    evening.recording.start(tmp_path / "out.mp4")
    evening.press_at({3: "t"})
    type_due = evening.window.at_poll
    clicks = 0

    def click_on_b(poll: int) -> None:
        nonlocal clicks
        type_due(poll)
        strip = evening.session._screen._overlay.strip
        if strip.shown and not clicks:
            clicks += 1
            on_b = next((x, 200) for x in range(320) if strip.name_at(x, 200) == "b")
            evening.window.clicks += [(2, 2), on_b]
        if evening.player.current == "b" and painted == {"a", "b"}:
            evening.window.keys.append("q")

    evening.window.at_poll = click_on_b
    evening.run()
    thumbnails.close()
    assert [swap["to"] for swap in evening.metrics.report()["swaps"]] == ["b"]
    assert all(len(np.unique(pixels)) == 1 for pixels in evening.pixels)


def test_limits(tmp_path: Path, camera: CountedSource) -> None:
    evening = Evening(tmp_path, camera, max_frames=5)
    evening.run()
    assert len(evening.sink.frames) == 5


def test_a_picture_asked_for_with_the_last_key_is_there(
    tmp_path: Path, camera: CountedSource
) -> None:
    evening = Evening(tmp_path, camera, settings={"source": "test"})
    evening.press_at({10: "wq"})
    evening.run()
    assert len(list(tmp_path.glob("livestyle-a-*.png"))) == 1


def test_a_broken_recording_ends_the_evening_with_its_error(
    tmp_path: Path, camera: CountedSource
) -> None:
    evening = Evening(tmp_path, camera)
    evening.recorded._fail_at, evening.recorded._error = 3, SinkError
    evening.recording.start(tmp_path / "out.mp4")
    evening.press_at({40: "q"})
    with pytest.raises(SinkError):
        evening.run()
    assert len(evening.sink.frames) > 3, "the show went on"
    assert np.isfinite(evening.metrics.report()["fps"])


def test_what_a_sink_has_to_tell_is_shown(
    tmp_path: Path, camera: CountedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TellingSink(ListSink):
        def take_notice(self) -> str:
            told.append(len(self.frames))
            return "virtual camera stopped" if len(told) == 1 else ""

    told: list[int] = []
    evening = Evening(tmp_path, camera, sink=TellingSink())
    said: list[str] = []
    monkeypatch.setattr(evening.session._screen, "say", said.append)
    evening.press_at({8: "q"})
    evening.run()
    assert said == ["virtual camera stopped"]
    assert len(told) > 1


def test_each_frame_is_on_the_display_before_it_counts_as_shown(
    tmp_path: Path, camera: CountedSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = Evening(tmp_path, camera, max_frames=5)
    unseen: list[int] = []
    evening.window.at_poll = lambda poll: unseen.clear()
    monkeypatch.setattr(evening.window, "show", lambda pixels, draw: unseen.append(0))
    counted = evening.metrics.shown
    left: list[int] = []

    def shown(frame: Frame, ms: float) -> None:
        left.append(len(unseen))
        counted(frame, ms)

    evening.metrics.shown = shown  # type: ignore[method-assign]
    evening.run()
    assert left == [0] * 5
