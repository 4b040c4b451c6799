import logging
import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread, current_thread
from threading import enumerate as threads

import pytest
from live_fakes import CountedSource, ListSink, make_frame, wait_until

from livestyle.frame import Frame
from livestyle.live import pipeline as pipeline_module
from livestyle.live.metrics import Metrics
from livestyle.live.pipeline import Pipeline

pytestmark = pytest.mark.timeout(20)


def paint_until(fail_at: int | None, stage: str = "paint") -> Callable[[Frame], Frame]:
    def paint(frame: Frame) -> Frame:
        if frame.index == fail_at or (fail_at is not None and frame.index > fail_at):
            raise RuntimeError(stage)
        return frame.painted(frame.pixels, "plain")

    return paint


plain = paint_until(None)


@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_every_frame_of_a_file_arrives_in_order(count: int) -> None:
    source, sinks, metrics = CountedSource(count), [ListSink(), ListSink()], Metrics()
    Pipeline(source, plain, sinks, metrics).run()
    assert [sink.frames for sink in sinks] == [list(range(count))] * 2
    assert [sink.closed for sink in sinks] == [1, 1]
    assert source.closed == 1
    frames = metrics.report()["frames"]
    assert frames == {"captured": count, "styled": count, "shown": count, "dropped": 0}


def test_a_slow_sink_loses_no_frame_of_a_file() -> None:
    sink = ListSink(on_write=lambda frame: time.sleep(0.003))
    Pipeline(CountedSource(60), plain, [sink], Metrics()).run()
    assert sink.frames == list(range(60))


@pytest.mark.parametrize("count", [0, 1, 100])
def test_a_thread_of_its_own_finishes_what_was_painted(count: int) -> None:
    where: set[tuple[str, str]] = set()

    def note(stage: str) -> Callable[[Frame], Frame]:
        def work(frame: Frame) -> Frame:
            where.add((stage, current_thread().name))
            return frame

        return work

    sink, metrics = ListSink(), Metrics()
    Pipeline(CountedSource(count), note("paint"), [sink], metrics, finish=note("finish")).run()
    assert sink.frames == list(range(count))
    frames = metrics.report()["frames"]
    assert frames == {"captured": count, "styled": count, "shown": count, "dropped": 0}
    if count:
        assert where == {("paint", "livestyle-paint"), ("finish", "livestyle-finish")}


def test_frames_of_a_camera_that_are_not_finished_are_counted() -> None:
    def slow(frame: Frame) -> Frame:
        time.sleep(0.02)
        return frame

    sink, metrics = ListSink(), Metrics()
    source = CountedSource(100, is_live=True, interval_s=0.001)
    Pipeline(source, plain, [sink], metrics, finish=slow).run()
    frames = metrics.report()["frames"]
    assert sink.frames == sorted(set(sink.frames))
    assert frames["dropped"] > 0
    assert frames["shown"] + frames["dropped"] == 100


def test_a_slow_sink_sees_the_newest_of_a_camera() -> None:
    sink, metrics = ListSink(on_write=lambda frame: time.sleep(0.02)), Metrics()
    source = CountedSource(200, is_live=True, interval_s=0.001)
    Pipeline(source, plain, [sink], metrics).run()
    frames = metrics.report()["frames"]
    assert sink.frames == sorted(set(sink.frames))
    assert frames["dropped"] > 0
    assert frames["shown"] + frames["dropped"] == 200, "each frame is shown or counted"


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize("limit", [0, 1, 7])
def test_max_frames_is_exact(is_live: bool, limit: int) -> None:
    source = CountedSource(None, is_live=is_live, interval_s=0.001)
    sink = ListSink()
    Pipeline(source, plain, [sink], Metrics(), max_frames=limit).run()
    assert len(sink.frames) == limit
    assert source.closed == sink.closed == 1


@pytest.mark.parametrize("is_live", [False, True])
def test_duration_ends_even_when_frames_stop_coming(is_live: bool) -> None:
    source, sink = CountedSource(None, is_live=is_live, block_at=3), ListSink()
    Pipeline(source, plain, [sink], Metrics(), duration_s=0.1).run()
    assert 1 <= len(sink.frames) <= 3
    assert source.closed == 1


@pytest.mark.parametrize("is_live", [False, True])
def test_stop_from_another_thread(is_live: bool) -> None:
    source = CountedSource(None, is_live=is_live, interval_s=0.001)
    sink = ListSink()
    running = Pipeline(source, plain, [sink], Metrics())

    def stop_after_some() -> None:
        wait_until(lambda: len(sink.frames) >= 3)
        running.stop()

    stopper = Thread(target=stop_after_some)
    stopper.start()
    running.run()
    stopper.join()
    assert source.closed == sink.closed == 1


def test_stop_inside_write_shows_no_further_frame() -> None:
    def stop_at_4(frame: Frame) -> None:
        if frame.index == 4:
            running.stop()

    sink = ListSink(on_write=stop_at_4)
    running = Pipeline(CountedSource(None), plain, [sink], Metrics())
    running.run()
    assert sink.frames == [0, 1, 2, 3, 4]


def test_stop_before_run() -> None:
    source, sink = CountedSource(None), ListSink()
    running = Pipeline(source, plain, [sink], Metrics())
    running.stop()
    running.run()
    assert sink.frames == []
    assert source.closed == sink.closed == 1


def test_idle_is_called_while_no_frame_comes() -> None:
    idles = []

    def idle() -> None:
        idles.append(1)
        if len(idles) == 5:
            running.stop()

    running = Pipeline(
        CountedSource(None, is_live=True, block_at=0), plain, [ListSink()], Metrics(), on_idle=idle
    )
    running.run()
    assert len(idles) == 5


# The failure matrix: each stage, at start, in the middle and at close, with both slot kinds.

WHERE = {"start": 0, "middle": 5}


@pytest.mark.parametrize("is_live", [False, True], ids=["every", "newest"])
@pytest.mark.parametrize(
    ("stage", "where"),
    [
        *((stage, where) for stage in ("source", "paint", "finish", "sink") for where in WHERE),
        ("source", "close"),
        ("sink", "close"),
    ],
)
@pytest.mark.parametrize("endless", [False, True])
def test_failure_matrix(stage: str, where: str, is_live: bool, endless: bool) -> None:
    at = WHERE.get(where)
    closing = where == "close"
    source = CountedSource(
        None if endless else 20,
        is_live=is_live,
        interval_s=0.001,
        fail_at=at if stage == "source" else None,
        fail_close=closing and stage == "source",
    )
    first = ListSink(
        fail_at=at if stage == "sink" else None, fail_close=closing and stage == "sink"
    )
    second = ListSink()
    running = Pipeline(
        source,
        paint_until(at if stage == "paint" else None),
        [first, second],
        Metrics(),
        finish=paint_until(at, "finish") if stage == "finish" else None,
        max_frames=8 if endless and closing else None,
    )
    with pytest.raises(RuntimeError, match=f"^{stage}{' close' if closing else ''}$"):
        running.run()
    assert (source.closed, first.closed, second.closed) == (1, 1, 1)
    assert not [t.name for t in threads() if t.name.startswith("livestyle-")]
    if not is_live and not closing:
        assert at is not None and second.frames == list(range(at)), (
            "what was finished before arrives"
        )


@pytest.mark.parametrize("is_live", [False, True])
def test_the_first_error_wins_and_later_ones_are_logged(
    is_live: bool, caplog: pytest.LogCaptureFixture
) -> None:
    source = CountedSource(None, is_live=is_live, fail_close=True, interval_s=0.001)
    sinks = [ListSink(fail_at=3, fail_close=True), ListSink(fail_close=True)]
    with caplog.at_level(logging.WARNING), pytest.raises(RuntimeError, match=r"^sink$"):
        Pipeline(source, plain, sinks, Metrics()).run()
    assert [source.closed, *(sink.closed for sink in sinks)] == [1, 1, 1]
    later = [r.getMessage() for r in caplog.records if r.name == "livestyle.live.pipeline"]
    assert sum("sink close" in message for message in later) == 2
    assert sum("source close" in message for message in later) == 1


def test_ctrl_c_closes_in_order_and_comes_through() -> None:
    order: list[str] = []
    source, sink = CountedSource(None), ListSink(fail_at=5, error=KeyboardInterrupt)
    close_sink, close_source = sink.close, source.close

    def noted(name: str, close: Callable[[], None]) -> None:
        order.append(name)
        close()

    sink.close = partial(noted, "sink", close_sink)  # type: ignore[method-assign]
    source.close = partial(noted, "source", close_source)  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        Pipeline(source, plain, [sink], Metrics()).run()
    assert order == ["sink", "source"]
    assert sink.frames == [0, 1, 2, 3, 4]


def test_ctrl_c_while_closing_does_not_keep_the_rest_open() -> None:
    source = CountedSource(3)
    sinks = [ListSink(fail_close=True, error=KeyboardInterrupt), ListSink()]
    with pytest.raises(KeyboardInterrupt):
        Pipeline(source, plain, sinks, Metrics()).run()
    assert [source.closed, sinks[1].closed] == [1, 1]


def test_an_error_of_a_source_being_closed_is_not_the_users_business() -> None:
    class Touchy(CountedSource):
        def read(self) -> Frame | None:
            frame = super().read()
            if frame is None:
                raise RuntimeError("device gone")
            return frame

    source, sink = Touchy(None, is_live=True, block_at=3), ListSink()
    Pipeline(source, plain, [sink], Metrics(), duration_s=0.05).run()
    assert source.closed == 1


def test_a_painter_that_never_returns_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pipeline_module, "JOIN_S", 0.05)
    free, painting = Event(), Event()

    def stuck(frame: Frame) -> Frame:
        painting.set()
        free.wait()
        return frame

    def stop_while_painting() -> None:
        if painting.is_set():
            running.stop()

    source, sink = CountedSource(None, is_live=True, interval_s=0.001), ListSink()
    running = Pipeline(source, stuck, [sink], Metrics(), on_idle=stop_while_painting)
    with caplog.at_level(logging.WARNING):
        running.run()
    free.set()
    assert "did not end" in caplog.text
    assert source.closed == sink.closed == 1


def test_a_clip_is_shown_at_its_own_speed() -> None:
    shown_s: list[float] = []
    sink = ListSink(on_write=lambda frame: shown_s.append(time.perf_counter()))
    idles: list[int] = []
    began_s = time.perf_counter()
    Pipeline(
        CountedSource(6), plain, [sink], Metrics(), paced=True, on_idle=lambda: idles.append(1)
    ).run()
    # Waiting can only be too long on a busy machine, never too short.
    assert shown_s[-1] - began_s >= 5 / 25
    assert len(idles) > 6, "the window is pumped while waiting"


def test_stop_while_waiting_for_a_moment() -> None:
    class Sparse(CountedSource):
        def read(self) -> Frame | None:
            return Frame(make_frame().pixels, self.given, self.given * 9.0, time.perf_counter())

    sink = ListSink(on_write=lambda frame: None)
    source = Sparse(None)

    def idle() -> None:
        source.given = 1
        if len(idles) == 5:
            running.stop()
        idles.append(1)

    idles: list[int] = []
    running = Pipeline(source, plain, [sink], Metrics(), paced=True, on_idle=idle)
    running.run()
    assert source.closed == sink.closed == 1
