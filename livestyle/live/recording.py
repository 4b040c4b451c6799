"""RecordingSwitch: a recorder that can be switched on and off while frames pass."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from livestyle.errors import SinkError
from livestyle.frame import Frame
from livestyle.stages import Sink

log = logging.getLogger(__name__)


def new_path(folder: Path, style: str | None, suffix: str) -> Path:
    """A path nobody uses yet: livestyle-STYLE-YYYYmmdd-HHMMSS.SUFFIX, numbered if need be."""
    stem = f"livestyle-{style or 'original'}-{datetime.now():%Y%m%d-%H%M%S}"
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists() or path.with_name(path.name + ".partial").exists():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path


class RecordingSwitch:
    """A sink that stores frames while it is on. It is used by one thread, like any sink.

    A recording that breaks does not end the show: it is closed, a notice says why, and `close`
    raises the error at the end.

    Attributes:
        path: the file being written, or the last one; None before the first.
    """

    def __init__(self, open_recorder: Callable[[Path], Sink]) -> None:
        """Begins switched off.

        Args:
            open_recorder: makes a recorder that writes to a path.
        """
        self._open = open_recorder
        self._recorder: Sink | None = None
        self._began_s = 0.0
        self._error: SinkError | None = None
        self.path: Path | None = None
        self._notice = ""

    @property
    def elapsed_s(self) -> float | None:
        """Seconds since it was switched on; None while it is off."""
        return None if self._recorder is None else time.perf_counter() - self._began_s

    def start(self, path: Path) -> None:
        """Begins a recording; the one before, if still on, is finished first.

        Raises:
            SinkError: the file cannot be written.
        """
        self.stop()
        self._recorder = self._open(path)
        self._began_s = time.perf_counter()
        self.path = path

    def stop(self) -> None:
        """Finishes the recording, if there is one.

        Raises:
            SinkError: its end could not be written.
        """
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()

    def write(self, frame: Frame) -> None:
        """Stores the frame while the switch is on."""
        if self._recorder is None:
            return
        try:
            self._recorder.write(frame)
        except SinkError as error:
            self._notice = f"recording stopped: {error}"
            log.warning("recording to %s stopped: %s", self.path, error)
            self._error = self._error or error
            try:
                self.stop()
            except SinkError as closing_error:
                log.warning("and could not be finished: %s", closing_error)

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        notice, self._notice = self._notice, ""
        return notice

    def close(self) -> None:
        """Finishes the recording.

        Raises:
            SinkError: it, or an earlier one, could not be written to the end.
        """
        self.stop()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
