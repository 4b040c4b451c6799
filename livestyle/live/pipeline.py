"""Pipeline: capture thread -> queue -> render thread -> queue -> sinks on the calling thread.

An error ends its stage like the end of a file: what was finished before it still reaches the
sinks, then everything is closed, and `run` raises the error that came first.
"""

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Any

from livestyle.frame import Frame
from livestyle.frame_queue import Closed, FrameQueue, QueuePolicy
from livestyle.live.metrics import Metrics
from livestyle.live.playback_clock import PlaybackClock
from livestyle.protocols import FrameSource, Sink

log = logging.getLogger(__name__)

IDLE_S = 0.015
"""Longest time between two calls of `on_idle`: a window that is pumped more seldom feels dead."""

JOIN_S = 5.0
"""Patience with a thread stuck in a foreign call; after that it is left behind."""


class Pipeline:
    """Runs one source through one painter into any number of sinks, once.

    Attributes:
        shown: how many frames have reached the sinks.
    """

    def __init__(
        self,
        source: FrameSource,
        paint: Callable[[Frame], Any],
        sinks: Sequence[Sink],
        metrics: Metrics,
        *,
        finish: Callable[[Any], Frame] | None = None,
        session_recorder: Sink | None = None,
        flush: Callable[[], Sequence[Frame]] = tuple,
        on_idle: Callable[[], object] | None = None,
        max_frames: int | None = None,
        duration_s: float | None = None,
        paced: bool = False,
    ) -> None:
        """Takes over the source and the sinks: `run` closes them.

        Args:
            source: `is_live` decides whether late frames are dropped or waited for.
            paint: called in the painting thread, with one frame at a time; gives the painted one,
                those that are ready, in order, or what `finish` makes one of.
            sinks: each gets every shown frame, in this order, on the thread that calls `run`.
            metrics: counts.
            finish: called in a thread of its own with what `paint` gave, in order, so that the
                next frame can be painted meanwhile.
            session_recorder: gets every frame as it came, in the capture thread, before it is
                painted or dropped; closed with the sinks.
            flush: gives the frames that `paint` still holds back when the source has ended.
            on_idle: called on the same thread after each frame, and at least every 15 ms or so
                while none comes.
            max_frames: end after this many shown frames.
            duration_s: end this long after the first shown frame.
            paced: hold each frame back until its time stamp is due.
        """
        policy = QueuePolicy.LATEST_ONLY if source.is_live else QueuePolicy.BOUNDED
        self._source = source
        self._paint, self._flush = paint, flush
        self._finish_frame = finish
        self._sinks = tuple(sinks)
        self._metrics = metrics
        self._session_recorder = session_recorder
        self._on_idle = on_idle or (lambda: None)
        self._max_frames = max_frames
        self._duration_s = duration_s
        self._playback_clock = PlaybackClock() if paced else None
        # Somebody watches a paced file and presses keys: what waits in a queue was painted before.
        capacity = 1 if paced else 4
        self._raw: FrameQueue[Frame] = FrameQueue(policy, capacity)
        self._painted: FrameQueue[Frame] = FrameQueue(policy, capacity)
        self._begun: FrameQueue[Any] = FrameQueue(policy, 1) if finish else self._painted
        self._stopping = Event()
        self.shown = 0
        self._error_lock = Lock()
        self._error: BaseException | None = None

    def run(self) -> None:
        """Runs until the source ends, a limit is reached, `stop` is called or a stage fails.

        Raises:
            BaseException: the first error of any stage, or KeyboardInterrupt, after the threads
                have ended and the source and all sinks are closed.
        """
        workers = [
            Thread(target=self._capture_frames, name="livestyle-capture", daemon=True),
            Thread(target=self._paint_frames, name="livestyle-paint", daemon=True),
        ]
        if self._finish_frame:
            workers.append(Thread(target=self._finish_frames, name="livestyle-finish", daemon=True))
        try:
            for worker in workers:
                worker.start()
            self._show_frames()
        except BaseException as error:
            self._keep(error)
        self._finish(workers)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Asks for the end, from any thread: the frame in hand is finished, no other follows."""
        self._stopping.set()
        self._raw.abort()
        self._begun.abort()
        self._painted.abort()

    def _capture_frames(self) -> None:
        try:
            while not self._stopping.is_set():
                began_s = time.perf_counter()
                frame = self._source.read()
                if frame is None:
                    break
                self._metrics.captured(_ms_since(began_s))
                if self._session_recorder is not None:
                    self._session_recorder.write(frame)
                if self._raw.put(frame):
                    self._metrics.dropped()
        except Closed:
            pass
        except BaseException as error:
            self._keep_from_worker(error)
        finally:
            self._raw.close()

    def _paint_frames(self) -> None:
        def paint(frame: Frame) -> Any:
            began_s = time.perf_counter()
            painted = self._paint(frame)
            self._metrics.styled(_ms_since(began_s))
            return painted

        self._pass_on(self._raw, paint, self._begun, self._flush)

    def _finish_frames(self) -> None:
        assert self._finish_frame is not None
        self._pass_on(self._begun, self._finish_frame, self._painted)

    def _pass_on(
        self,
        source: FrameQueue[Any],
        work: Callable[[Any], Any],
        target: FrameQueue[Any],
        flush: Callable[[], Sequence[Any]] = tuple,
    ) -> None:
        """Works on everything from one queue into the next, until an end or an error."""
        try:
            while True:
                try:
                    given = source.get()
                except Closed:
                    break
                self._put(work(given), target)
            if not self._stopping.is_set():
                self._put(flush(), target)
        except Closed:
            pass
        except BaseException as error:
            self._keep_from_worker(error)
        finally:
            target.close()

    def _put(self, given: Any, target: FrameQueue[Any]) -> None:
        for one in given if isinstance(given, Sequence) else [given]:
            if target.put(one):
                self._metrics.dropped()

    def _show_frames(self) -> None:
        end_s = float("inf")
        while not self._stopping.is_set() and time.perf_counter() < end_s:
            if self.shown == self._max_frames:
                break
            try:
                frame = self._painted.get(IDLE_S)
            except TimeoutError:
                self._on_idle()
                continue
            except Closed:
                break
            if not self._wait_until_due(frame, end_s):
                break
            self._show(frame)
            self.shown += 1
            if self.shown == 1 and self._duration_s is not None:
                end_s = time.perf_counter() + self._duration_s
            self._on_idle()

    def _wait_until_due(self, frame: Frame, end_s: float) -> bool:
        """Waits for a paced frame's moment; False when the end came first."""
        if self._playback_clock is None:
            return True
        due_s = time.perf_counter() + self._playback_clock.wait_s(frame)
        while (left_s := min(due_s, end_s) - time.perf_counter()) > 0:
            if self._stopping.wait(min(left_s, IDLE_S)):
                return False
            self._on_idle()
        return due_s <= end_s and not self._stopping.is_set()

    def _show(self, frame: Frame) -> None:
        began_s = time.perf_counter()
        for sink in self._sinks:
            sink.write(frame)
        self._metrics.shown(frame, _ms_since(began_s))

    def _finish(self, workers: Sequence[Thread]) -> None:
        # Sinks come first: no other thread minds when they close, and a recording must be whole
        # even if a camera driver never answers again.
        self.stop()
        closing = [
            sink.close for sink in (*self._sinks, self._session_recorder) if sink is not None
        ]
        joining = [lambda worker=worker: _join(worker) for worker in workers]
        for step in (*closing, self._source.close, *joining):
            try:
                step()
            except BaseException as error:
                self._keep(error)

    def _keep_from_worker(self, error: BaseException) -> None:
        """Keeps an error of a worker, unless it only answers to being stopped."""
        if self._stopping.is_set():
            log.warning("while stopping: %s", error)
        else:
            self._keep(error)

    def _keep(self, error: BaseException) -> None:
        """Keeps the first error; later ones are only logged."""
        with self._error_lock:
            if self._error is None:
                self._error = error
                return
        log.warning("after the first error: %s", error)


def _ms_since(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1e3


def _join(worker: Thread) -> None:
    if worker.ident is None:  # never started
        return
    worker.join(JOIN_S)
    if worker.is_alive():
        log.warning("%s did not end within %g s; going on without it", worker.name, JOIN_S)
