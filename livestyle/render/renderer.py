"""FrameRenderer: paints one frame: resized, stylised, smoothed, crossfaded, composited."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from livestyle.frame import Frame, Pixels
from livestyle.render.compositing import Look, apply
from livestyle.render.crossfade import Crossfade
from livestyle.render.resolution_controller import ResolutionController
from livestyle.render.scaling import (
    DetailLayer,
    Size,
    brought_back,
    locked_scale,
    scaled_size,
    sized,
)
from livestyle.render.smoothing import TemporalSmoothing


@dataclass(frozen=True, slots=True)
class Painted:
    """A frame that is painted, and not yet brought back to its own size.

    Attributes:
        frame: its times.
        original: its pixels, or those of a frame that is held, RGB uint8 (H, W, 3).
        small: the same at the size that was painted.
        painted: `small`, painted.
        name: of the style.
        look: how painted and original meet.
        stages_ms: milliseconds of each stage so far.
        judge: whether the time this takes tells the resolution controller anything.
    """

    frame: Frame
    original: Pixels
    small: Pixels
    painted: Pixels
    name: str
    look: Look
    stages_ms: Mapping[str, float]
    judge: bool


class FrameRenderer:
    """What happens to a frame between the camera and the screen. Used by one thread, or by one
    that begins and one that finishes.

    Attributes:
        size: (width, height) to paint at, in pixels.
        wanted_size: what the size shall be as soon as the style is warm for it.
        stages_ms: milliseconds that each stage of the latest frame took, in their order.
    """

    def __init__(
        self,
        size: Size,
        *,
        steady: float,
        crossfade_s: float,
        target_fps: float | None,
        stroke_lock: bool,
    ) -> None:
        """Begins without any reduction of the resolution.

        Args:
            size: (width, height) of the frames to come.
            steady: 0.0 to 1.0, see `TemporalSmoothing`.
            crossfade_s: see `Crossfade`.
            target_fps: see `ResolutionController`; None has none.
            stroke_lock: paint frames of any size as if they were of 640x480, see `locked_scale`.
        """
        self._resolution = ResolutionController(target_fps) if target_fps else None
        self._stroke_lock = stroke_lock
        self._frame_size = size
        self.size = self.wanted_size = self._size_for(size)
        self.stages_ms: dict[str, float] = {}
        self._detail = DetailLayer()
        self._smoothed = TemporalSmoothing(steady)
        self._crossfaded = Crossfade(crossfade_s)

    @property
    def scale(self) -> float:
        """Width of what is painted, in widths of the frame."""
        return self.size[0] / self._frame_size[0]

    def choose_size(self, frame_size: Size, warm_size: Size) -> bool:
        """Sets the sizes for the next frame.

        Args:
            frame_size: (width, height) of the frame.
            warm_size: what the style is warm for.

        Returns:
            Whether another size is wanted than before.
        """
        before = self.wanted_size
        self.wanted_size = self._size_for(frame_size)
        # After the source changed its size there is no old one to go on in.
        if warm_size == self.wanted_size or frame_size != self._frame_size:
            self.size = self.wanted_size
        self._frame_size = frame_size
        return self.wanted_size != before

    def _size_for(self, frame_size: Size) -> Size:
        scale = locked_scale(frame_size) if self._stroke_lock else 1.0
        return scaled_size(
            frame_size, scale * (self._resolution.scale if self._resolution else 1.0)
        )

    def paint(
        self,
        frame: Frame,
        original: Pixels,
        name: str,
        style: Callable[[Pixels], Pixels],
        look: Look,
        *,
        judge: bool,
    ) -> Frame:
        """Paints a frame.

        Args:
            frame: its times.
            original: its pixels, or those of a frame that is held, RGB uint8 (H, W, 3).
            name: of the style.
            style: paints.
            look: how painted and original meet.
            judge: whether the time this takes tells the resolution controller anything.

        Raises:
            EngineError: the engine failed.
        """
        return self.finish(self.begin(frame, original, name, style, look, judge=judge))

    def begin(
        self,
        frame: Frame,
        original: Pixels,
        name: str,
        style: Callable[[Pixels], Pixels],
        look: Look,
        *,
        judge: bool,
    ) -> Painted:
        """The first part of `paint`, up to the network.

        Raises:
            EngineError: the engine failed.
        """
        if look.strength <= 0:  # the network's work would not be seen
            return Painted(frame, original, original, original, name, look, {}, judge=False)
        laps = _Laps({})
        small = sized(original, self.size)
        laps.end("resize")
        painted = style(small)
        laps.end("network")
        judge = judge and self.size == self.wanted_size
        return Painted(frame, original, small, painted, name, look, laps.ms, judge=judge)

    def finish(self, begun: Painted) -> Frame:
        """The rest of `paint`; another thread than that of `begin` may do it, in the same order."""
        frame, original, look = begun.frame, begun.original, begun.look
        laps = _Laps(dict(begun.stages_ms))
        painted = begun.painted
        if look.strength > 0:
            # Smoothed before it is brought back: in HD that takes a fifth of the time.
            painted = self._smoothed(begun.small, painted, begun.name)
            laps.end("smooth")
        painted = brought_back(painted, original, begun.small, self._detail)
        laps.end("enlarge")
        if look.strength > 0:
            painted = self._crossfaded(painted, begun.name, frame.pts_s)
        painted = apply(original, painted, look)
        laps.end("look")
        self.stages_ms = laps.ms
        if self._resolution and begun.judge:
            self._resolution.spent(sum(laps.ms.values()))
        return frame.painted(painted, begun.name, look.mirror)


class _Laps:
    """A stopwatch.

    Attributes:
        ms: milliseconds of each stage, in their order.
    """

    def __init__(self, ms: dict[str, float]) -> None:
        self.ms = ms
        self._began_s = time.perf_counter()

    def end(self, stage: str) -> None:
        """The stage is over, and the next begins."""
        now_s = time.perf_counter()
        self.ms[stage] = (now_s - self._began_s) * 1e3
        self._began_s = now_s
