"""Replay: a performance painted again, frame by frame, from what was kept of it."""

from collections.abc import Callable

from livestyle.frame import Frame, Pixels
from livestyle.protocols import Stylizer
from livestyle.render.file_painter import FilmPainter
from livestyle.render.renderer import FrameRenderer
from livestyle.sessions.timeline import Timeline

WARM_UP_FRAMES = 150
"""Where a replay goes on from frames that are painted, so many of them are painted again: what is
smoothed or crossfades at that moment has a past. Of what is older, at the steadiest, less than a
thousandth is in the picture."""


class Replay(FilmPainter):
    """Paints each frame as the timeline says, at its full size.

    One style is loaded at a time: here a swap may take its time, and memory does not grow with
    the number of styles.
    """

    def __init__(self, timeline: Timeline, load: Callable[[str], Stylizer]) -> None:
        """Loads nothing yet.

        Args:
            timeline: of the session.
            load: makes a style ready to paint.
        """
        self._timeline = timeline
        self._load = load
        self._renderer: FrameRenderer | None
        self._held: Pixels | None = None
        self._style: Stylizer | None = None
        self._name = ""
        self.begin(0.0)

    def begin(self, zero_s: float, done: int = 0) -> None:
        """Begins the session; it counts from its first frame, whatever `zero_s`."""
        self._done, self._renderer = done, None

    def __call__(self, frame: Frame) -> list[Frame]:
        """Paints the next frame of the session."""
        if self._renderer is None:
            self._renderer = self._renderer_for(frame)
        scene = self._timeline.scene_at(frame.pts_s - self._zero_s)
        if not scene.frozen:
            self._held = None
        elif self._held is None:
            self._held = frame.pixels
        original = frame.pixels if self._held is None else self._held
        if frame.index < self._done - WARM_UP_FRAMES:
            return []
        style = self._loaded(scene.style)
        shown = self._renderer.paint(frame, original, scene.style, style, scene.look, judge=False)
        return [shown] if frame.index >= self._done else []

    def close(self) -> None:
        """Frees the style."""
        if self._style is not None:
            self._style.close()
            self._style = None

    def _renderer_for(self, first: Frame) -> FrameRenderer:
        """A renderer as in the performance, but for frames of this size, all painted whole."""
        self._zero_s = first.pts_s
        playing = self._timeline.playing
        return FrameRenderer(
            first.size,
            steady=playing.steady,
            crossfade_s=playing.crossfade_s,
            target_fps=None,
            stroke_lock=playing.stroke_lock,
        )

    def _loaded(self, name: str) -> Stylizer:
        if self._style is None or name != self._name:
            self.close()
            self._style, self._name = self._load(name), name
        return self._style
