"""Writer: feeds a recorder from a thread of its own, so that a slow disk stops no picture."""

import logging
from threading import Thread

from livestyle.errors import DiskFullError
from livestyle.frame import Frame
from livestyle.frame_queue import Closed, FrameQueue, QueuePolicy
from livestyle.protocols import Sink

log = logging.getLogger(__name__)

WAITING_FRAMES = 8
"""A pause of the disk this long costs no frame."""

JOIN_S = 30.0
"""Patience with a disk at the end; after that the file stays as far as it came."""


class Writer:
    """One recording that is being written. Another thread calls it.

    One that ends before its time says so in the log, at once.

    Attributes:
        dropped: frames that were left out because the disk was slow.
        error: what the recorder raised first; None while all is well.
        is_full: whether it ended by itself because the disk is nearly full.
    """

    def __init__(
        self,
        recorder: Sink,
        *,
        may_drop: bool,
        waiting_frames: int = WAITING_FRAMES,
    ) -> None:
        """Takes over a recorder: it is used and closed in the writer's thread.

        Args:
            recorder: stores frames.
            may_drop: leave frames out when the recorder is slow, instead of waiting for it.
            waiting_frames: how many may wait for the recorder.
        """
        self.dropped = 0
        self.error: BaseException | None = None
        self.is_full = False
        self._recorder = recorder
        self._may_drop = may_drop
        self._frames: FrameQueue[Frame] = FrameQueue(QueuePolicy.BOUNDED, waiting_frames)
        self._thread = Thread(target=self._write_frames, name="livestyle-writer", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the recording is finished and closed."""
        return not self._thread.is_alive()

    def write(self, frame: Frame) -> None:
        """Hands the frame over; nothing happens once the recording has ended."""
        try:
            if not self._may_drop:
                self._frames.put(frame)
            elif not self._frames.offer(frame):
                self.dropped += 1
        except Closed:
            pass

    def finish(self) -> None:
        """Lets no more frames in; those inside are still written, then the file is closed."""
        self._frames.close()

    def join(self) -> None:
        """Waits until the file is closed."""
        self._thread.join(JOIN_S)
        if self._thread.is_alive():
            log.warning("a recording was not written within %g s; going on without it", JOIN_S)

    def _write_frames(self) -> None:
        try:
            while True:
                self._recorder.write(self._frames.get())
        except Closed:
            pass
        except DiskFullError as error:
            self.is_full = True
            log.warning("%s", error)
        except BaseException as error:
            self._keep(error)
        self._frames.abort()
        try:
            self._recorder.close()
        except BaseException as error:
            self._keep(error)

    def _keep(self, error: BaseException) -> None:
        """Keeps the first error, and says it at once: the show may go on for hours."""
        if self.error is None:
            self.error = error
            log.warning("%s", error)
