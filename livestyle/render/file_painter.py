"""FilmPainter: paints the frames of one film, from its first to its last; and FilePainter, in a
style."""

from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from livestyle.frame import Frame, Pixels
from livestyle.protocols import Closable, Stylizer
from livestyle.render.compositing import Look, apply
from livestyle.render.motion_smoothing import MotionSmoothing
from livestyle.render.style_timeline import TimedStyles


class FilmPainter(ABC):
    """Paints frames that come in order, and gives them back in order, maybe some of them later.

    Used by one thread.
    """

    @abstractmethod
    def begin(self, zero_s: float, done: int = 0) -> None:
        """Begins a film.

        Args:
            zero_s: the time stamp from which times count.
            done: how many frames were painted before; they come again, and are not given back.
        """

    @abstractmethod
    def __call__(self, frame: Frame) -> list[Frame]:
        """Takes the next frame.

        Returns:
            Those that are ready.

        Raises:
            StyleError, EngineError: a style cannot be loaded or does not run.
        """

    def flush(self) -> list[Frame]:
        """Gives back the frames that wait for later ones, after the last."""
        return []


class FilePainter(FilmPainter, Closable):
    """Paints in a style, or in several in turn; smoothed along the motion, if asked for."""

    def __init__(self, style: Stylizer | TimedStyles, look: Look, steady: float) -> None:
        """Begins before the first frame.

        Args:
            style: what paints; it stays the caller's.
            look: how painted and original meet.
            steady: 0.0 to 1.0, see `MotionSmoothing`.
        """
        self._style, self._look = style, look
        self._smoothed = MotionSmoothing(steady)
        self._waiting: deque[Frame] = deque()
        self._phase = (0, False)
        self._at_once = style.info.at_once
        self._threads = ThreadPoolExecutor(self._at_once, "paint")
        self._in_work: deque[tuple[Frame, Future[Pixels]]] = deque()
        self.begin(0.0)

    def begin(self, zero_s: float, done: int = 0) -> None:
        """Begins a film; a style timeline counts from `zero_s`."""
        self._zero_s, self._done = zero_s, done
        self._smoothed.flush()
        self._waiting.clear()
        self._in_work.clear()

    def __call__(self, frame: Frame) -> list[Frame]:
        """Takes the next frame. Where several are painted at once, it is ready some later, and
        smoothed ones later still."""
        if frame.index < self._done:
            return []
        if self._look.strength <= 0:  # the network's work would not be seen
            return [frame.painted(apply(frame.pixels, frame.pixels, self._look), "")]
        ready: list[Frame] = []
        if isinstance(self._style, TimedStyles):
            at_s = frame.pts_s - self._zero_s
            phase, self._phase = self._phase, self._style.phase(at_s)
            if self._phase != phase:
                ready = self.flush()
            style = self._style.at(at_s)
        else:
            style = self._style
        if self._at_once == 1:
            return ready + self._smoothed_to_end(frame, style(frame.pixels))
        self._in_work.append((frame, self._threads.submit(style, frame.pixels)))
        if len(self._in_work) > self._at_once:  # one is ready to begin when another is done
            ready += self._oldest()
        return ready

    def flush(self) -> list[Frame]:
        """Gives back the frames that wait for later ones, after the last."""
        ready: list[Frame] = []
        while self._in_work:
            ready += self._oldest()
        return ready + self._composited(self._smoothed.flush())

    def close(self) -> None:
        """Ends its threads; the style stays."""
        self._threads.shutdown(cancel_futures=True)

    def smoothing_s(self, frame: Frame) -> float:
        """How long it takes to smooth a frame like this one, measured between two films."""
        return self._smoothed.seconds_per_frame(frame.pixels) if self._look.strength > 0 else 0.0

    def _oldest(self) -> list[Frame]:
        """Waits for the oldest frame in work; returns what is ready then."""
        frame, painting = self._in_work.popleft()
        return self._smoothed_to_end(frame, painting.result())

    def _smoothed_to_end(self, frame: Frame, painted: Pixels) -> list[Frame]:
        self._waiting.append(frame)
        return self._composited(self._smoothed(frame.pixels, painted))

    def _composited(self, painted: list[Pixels]) -> list[Frame]:
        frames = [(self._waiting.popleft(), pixels) for pixels in painted]
        return [
            frame.painted(apply(frame.pixels, pixels, self._look), "") for frame, pixels in frames
        ]
