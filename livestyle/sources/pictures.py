"""Numbered pictures as a video: a folder of them, or a pattern like shots/%05d.png."""

import logging
import re
import threading
import time
from fractions import Fraction
from pathlib import Path

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.images import SUFFIXES, open_picture, read_picture
from livestyle.protocols import FrameSource
from livestyle.resize import resized

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"%0?\d*d")


def is_pattern(path: Path) -> bool:
    """Whether a path stands for numbered pictures: shots/%05d.png."""
    return bool(_NUMBER.search(path.name)) and path.suffix.lower() in SUFFIXES


def is_sequence(path: Path) -> bool:
    """Whether it can be read as numbered pictures: a pattern, or a folder."""
    return path.is_dir() or is_pattern(path)


class PictureSequence(FrameSource):
    """Reads pictures one after the other, in the order of their numbers.

    Attributes:
        frame_count: pictures there are.
        time_base: seconds per picture.
        duration_s: of all.
        frames_read: so far, or passed over.
        is_over: whether all were read.
    """

    is_live = False

    def __init__(self, path: Path, fps: float = 25.0, size: tuple[int, int] | None = None) -> None:
        """Finds the pictures and reads the first one.

        Args:
            path: a folder, or a pattern with %d in its name.
            fps: pictures per second.
            size: (width, height) that they are scaled to; None: that of the first one.

        Raises:
            SourceError: there is none, or the first one cannot be read.
        """
        self.path, self.name = path, path.name
        self.reconnects, self.status = 0, ""
        self.frames_read, self.is_over = 0, False
        self._files = _in_folder(path) if path.is_dir() else _numbered(path)
        if not self._files:
            raise SourceError(f"There are no pictures at {path}.")
        self.frame_count = len(self._files)
        self.fps = fps
        self.time_base = 1 / Fraction(fps).limit_denominator(1001)
        self.duration_s = float(self.frame_count * self.time_base)
        self._using = threading.Lock()
        self._closed = False
        opened = open_picture(self._files[0])
        if opened.alpha is not None:
            log.warning("%s: what is transparent is laid on white.", self.name)
        first = resized(opened.on_white, size)
        self.size = first.shape[1], first.shape[0]

    def skip(self, count: int) -> None:
        """Passes over some pictures unread."""
        with self._using:
            self.frames_read = min(self.frame_count, self.frames_read + count)

    def read(self) -> Frame | None:
        """The next picture, or None after the last one.

        Raises:
            SourceError: it cannot be read.
        """
        with self._using:
            if self._closed or self.frames_read == self.frame_count:
                self.is_over = self.frames_read == self.frame_count
                return None
            index = self.frames_read
            pixels = resized(read_picture(self._files[index]), self.size)
            self.frames_read += 1
            step_s = float(self.time_base)
            return Frame(pixels, index, index * step_s, time.perf_counter(), duration_s=step_s)

    def close(self) -> None:
        """Ends it."""
        self._closed = True


def _in_folder(folder: Path) -> list[Path]:
    pictures = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    return sorted(pictures, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts 2 before 10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _numbered(pattern: Path) -> list[Path]:
    """The files that a pattern stands for, whatever number they begin with."""
    before, after = _NUMBER.split(pattern.name, maxsplit=1)
    name = re.compile(re.escape(before) + r"\d+" + re.escape(after))
    if not pattern.parent.is_dir():
        return []
    found = [path for path in pattern.parent.iterdir() if name.fullmatch(path.name)]
    return sorted(found, key=_natural)
