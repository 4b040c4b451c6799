"""RecordingSwitch: a recorder that can be switched on and off while frames pass."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

from livestyle.frame import Frame
from livestyle.live.background_writer import Writer
from livestyle.protocols import Sink

log = logging.getLogger(__name__)


@contextmanager
def new_path(folder: Path, style: str | None, suffix: str) -> Iterator[Path]:
    """A path nobody uses yet: livestyle-STYLE-YYYYmmdd-HHMMSS.SUFFIX, numbered if need be.

    Nobody else is given it before the block ends, not even another program that writes to the
    same folder; by then the file, or its partial one, should be there.

    Raises:
        OSError: nothing can be written to the folder.
    """
    stem = f"livestyle-{style or 'original'}-{datetime.now():%Y%m%d-%H%M%S}"
    for number in count(1):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        claim = path.with_name(f".{path.name}.claim")
        try:
            claim.touch(exist_ok=False)
        except FileExistsError:
            continue
        try:
            # The partial file first: it may be given its name between the two looks.
            if not path.with_name(f"{path.name}.partial").exists() and not path.exists():
                yield path
                return
        finally:
            claim.unlink(missing_ok=True)


class RecordingSwitch(Sink):
    """A sink that stores frames while it is on. It is used by one thread, like any sink.

    Frames are written in another thread: neither a slow disk nor the end of a file holds up the
    picture. A recording that breaks does not end the show: it is closed, a notice says why, and
    `close` raises the error at the end. One that ends because the disk is nearly full is kept.

    Attributes:
        path: the file being written, or the last one; None before the first.
        dropped: frames left out of recordings so far because the disk was slow.
    """

    def __init__(
        self,
        open_recorder: Callable[[Path], Sink],
        *,
        may_drop: bool = False,
    ) -> None:
        """Begins switched off.

        Args:
            open_recorder: makes a recorder that writes to a path.
            may_drop: leave frames out when the disk is slow, as befits a camera, instead of
                waiting, as befits a file.
        """
        self._open = open_recorder
        self._may_drop = may_drop
        self._writer: Writer | None = None
        self._finishing: list[tuple[Path, Writer]] = []
        self._began_s = 0.0
        self._error: BaseException | None = None
        self._notice = ""
        self.path: Path | None = None
        self.dropped = 0

    @property
    def elapsed_s(self) -> float | None:
        """Seconds since it was switched on; None while it is off."""
        return None if self._writer is None else time.perf_counter() - self._began_s

    def start(self, path: Path) -> None:
        """Begins a recording; the one before, if still on, ends.

        Raises:
            SinkError: the file cannot be written, or the disk is nearly full.
        """
        self.stop()
        self._writer = Writer(self._open(path), may_drop=self._may_drop)
        self._began_s = time.perf_counter()
        self.path = path

    def stop(self) -> None:
        """Ends the recording, if there is one; a notice tells when its file is whole."""
        writer, self._writer = self._writer, None
        if writer is not None and self.path is not None:
            writer.finish()
            self._finishing.append((self.path, writer))

    def write(self, frame: Frame) -> None:
        """Stores the frame while the switch is on."""
        self._look_after()
        if self._writer is not None:
            self._writer.write(frame)

    def take_notice(self) -> str:
        """The latest sentence for the screen, told once; "" when there is nothing new."""
        self._look_after()
        notice, self._notice = self._notice, ""
        return notice

    def close(self) -> None:
        """Finishes the recording and waits for its file.

        Raises:
            SinkError: it, or an earlier one, could not be written to the end.
        """
        self.stop()
        for _, writer in self._finishing:
            writer.join()
        self._look_after()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _look_after(self) -> None:
        """Switches off what ended by itself, and tells of what is finished."""
        if self._writer is not None and self._writer.is_over:
            self.stop()
        for path, writer in [pair for pair in self._finishing if pair[1].is_over]:
            self._finishing.remove((path, writer))
            self.dropped += writer.dropped
            self._error = self._error or writer.error
            self._notice = _outcome(path, writer)
            log.info("%s: %s", path, self._notice)


def _outcome(path: Path, writer: Writer) -> str:
    """What became of a recording, in a sentence for the screen."""
    if writer.error is not None:
        return f"recording stopped: {writer.error}"
    lost = f", without {writer.dropped} frames: the disk is slow" if writer.dropped else ""
    if writer.is_full:
        return f"recording stopped, the disk is nearly full; {path.absolute()} is kept{lost}"
    return f"saved {path.absolute()}{lost}"
