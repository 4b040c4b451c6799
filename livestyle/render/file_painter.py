"""FilmPainter: paints the frames of one film, from its first to its last; and FilePainter, in a
style."""

from abc import ABC, abstractmethod
from collections import deque

from livestyle.frame import Frame, Pixels
from livestyle.protocols import Stylizer
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


class FilePainter(FilmPainter):
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
        self.begin(0.0)

    def begin(self, zero_s: float, done: int = 0) -> None:
        """Begins a film; a style timeline counts from `zero_s`."""
        self._zero_s, self._done = zero_s, done
        self._smoothed.flush()
        self._waiting.clear()

    def __call__(self, frame: Frame) -> list[Frame]:
        """Takes the next frame; smoothed ones are ready some later, several at once."""
        if frame.index < self._done:
            return []
        if self._look.strength <= 0:  # the network's work would not be seen
            return [frame.painted(apply(frame.pixels, frame.pixels, self._look), "")]
        ready: list[Pixels] = []
        at_s = frame.pts_s - self._zero_s
        if isinstance(self._style, TimedStyles):
            painted = self._style(frame.pixels, at_s)
            phase, self._phase = self._phase, self._style.phase(at_s)
            if self._phase != phase:
                ready = self._smoothed.flush()
        else:
            painted = self._style(frame.pixels)
        self._waiting.append(frame)
        return self._composited(ready + self._smoothed(frame.pixels, painted))

    def flush(self) -> list[Frame]:
        """Gives back the frames that wait for later ones, after the last."""
        return self._composited(self._smoothed.flush())

    def smoothing_s(self, frame: Frame) -> float:
        """How long it takes to smooth a frame like this one, measured between two films."""
        return self._smoothed.seconds_per_frame(frame.pixels) if self._look.strength > 0 else 0.0

    def _composited(self, painted: list[Pixels]) -> list[Frame]:
        frames = [(self._waiting.popleft(), pixels) for pixels in painted]
        return [
            frame.painted(apply(frame.pixels, pixels, self._look), "") for frame, pixels in frames
        ]
