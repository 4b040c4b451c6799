"""Animated WebP as a video: FFmpeg writes it and does not read it."""

import threading
import time
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from livestyle.errors import SourceError
from livestyle.frame import Frame, Pixels
from livestyle.images import Picture
from livestyle.protocols import FrameSource
from livestyle.resize import resized
from livestyle.sources.constant_rate import at_rate

_USUAL_MS = 100
"""How long a picture is shown that does not say."""


class AnimatedPicture(FrameSource):
    """Reads the pictures of an animation, each at its own time; what is transparent is white.

    Attributes:
        path: of the file.
        duration_s: until the last picture that was read ends; 0.0: unknown.
        frame_count: pictures there are.
        time_base: a millisecond.
        origin_s: 0.0.
        frames_read: so far.
        is_over: whether all that is wanted was read.
    """

    is_live = False
    origin_s = 0.0
    time_base = Fraction(1, 1000)

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        fps: float | None = None,
    ) -> None:
        """Opens the file and decodes its first picture; arguments as those of `VideoFile`.

        Raises:
            SourceError: it cannot be opened.
        """
        self.path, self.name = path, path.name
        self.reconnects, self.status = 0, ""
        self.frames_read, self.is_over = 0, False
        self._start_s, self._end_s = start_s or 0.0, end_s
        self._scale_to = size
        self._using = threading.Lock()
        try:
            self._image = Image.open(path)
            self._lengths_ms = self._read_lengths()
        except (OSError, UnidentifiedImageError) as error:
            what = error.strerror or "it is no picture, or broken"
            raise SourceError(f"{path} cannot be opened: {what}.") from error
        self.frame_count = len(self._lengths_ms)
        self.duration_s = sum(self._lengths_ms) / 1000
        self.fps = round(1000 / min(self._lengths_ms), 3)
        self._frames: Generator[Frame, None, None] = self._read_frames()
        if fps:
            rate = Fraction(fps).limit_denominator(1001)
            self.fps, self.frame_count = fps, round(self.duration_s * fps)
            self.time_base = Fraction(1, 90_000)
            self._frames = at_rate(self._frames, rate)
        self._first = next(self._frames, None)
        if self._first is None:
            raise SourceError(f"{path} has no picture there; it is {self.duration_s:.2f} s long.")
        self.size = self._first.size

    def read(self) -> Frame | None:
        """The next picture, or None after the last one."""
        with self._using:
            frame, self._first = self._first, None
            frame = frame or next(self._frames, None)
            if frame is None:
                self.is_over = True
            else:
                self.frames_read += 1
            return frame

    def close(self) -> None:
        """Closes the file."""
        with self._using:
            self._frames.close()
            self._image.close()

    def _read_lengths(self) -> list[int]:
        """How long each is shown, in milliseconds."""
        lengths = []
        for number in range(getattr(self._image, "n_frames", 1)):
            self._image.seek(number)
            self._image.load()
            lengths.append(int(self._image.info.get("duration", 0)) or _USUAL_MS)
        return lengths

    def _read_frames(self) -> Generator[Frame, None, None]:
        index, begins_ms = 0, 0
        for number, length_ms in enumerate(self._lengths_ms):
            at_s = begins_ms / 1000
            begins_ms += length_ms
            if at_s < self._start_s:
                continue
            if self._end_s is not None and at_s >= self._end_s:
                return
            self._image.seek(number)
            pixels = resized(_on_white(self._image), self._scale_to)
            yield Frame(pixels, index, at_s, time.perf_counter(), duration_s=length_ms / 1000)
            index += 1


def _on_white(image: Image.Image) -> Pixels:
    if not image.has_transparency_data:
        return np.asarray(image.convert("RGB"))
    rgba = np.asarray(image.convert("RGBA"))
    return Picture(rgba[..., :3], rgba[..., 3]).on_white
