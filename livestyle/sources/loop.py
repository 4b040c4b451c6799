"""Loop: a video file that begins again at its end."""

import threading
from collections.abc import Callable
from dataclasses import replace

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.protocols import FrameSource
from livestyle.sources.file import VideoFile

_FPS = 25.0
"""Of a file that announces no rate and has a single frame."""


class Loop(FrameSource):
    """Reads a video file again and again; indices and time stamps go on rising.

    It has what a source has, but neither sound nor a length: those of the file end.
    """

    is_live = False

    def __init__(self, open_file: Callable[[], VideoFile]) -> None:
        """Opens the file for the first time.

        Args:
            open_file: opens it at its beginning; called again each time it has ended.

        Raises:
            SourceError: it cannot be opened.
        """
        self._open = open_file
        self._lock = threading.Lock()
        self._closed = False
        self._file = open_file()
        self.name, self.size, self.fps = self._file.name, self._file.size, self._file.fps
        self.time_base = self._file.time_base
        self.reconnects = 0
        self.status = ""
        self._index = 0
        self._offset_s = self._last_s = 0.0
        self._step_s = 1 / (self.fps or _FPS)

    def read(self) -> Frame | None:
        """The next frame; None only after `close`.

        Raises:
            SourceError: the file cannot be opened again.
        """
        frame = self._file.read()
        if frame is None and (frame := self._begin_again()) is None:
            return None
        frame = replace(frame, index=self._index, pts_s=frame.pts_s + self._offset_s)
        if self._index and frame.pts_s > self._last_s:
            self._step_s = frame.pts_s - self._last_s
        self._index += 1
        self._last_s = frame.pts_s
        return frame

    def close(self) -> None:
        """Closes the file, which then ends."""
        with self._lock:
            self._closed = True
            self._file.close()

    def _begin_again(self) -> Frame | None:
        with self._lock:
            if self._closed:
                return None
            self._file.close()
            self._file = self._open()
            if self._file.size != self.size:
                raise SourceError(
                    f"{self.name} has changed its size from {self.size[0]}x{self.size[1]} to "
                    f"{self._file.size[0]}x{self._file.size[1]} since it was opened. Start again."
                )
        if (frame := self._file.read()) is not None:
            self._offset_s = self._last_s + self._step_s - frame.pts_s
        return frame
