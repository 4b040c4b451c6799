"""Recorder: frames into a video file that survives whatever ends the program."""

import logging
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from livestyle.errors import DiskFullError, SinkError
from livestyle.frame import Frame
from livestyle.partial_file import PartialFile
from livestyle.protocols import FrameSource, Sink
from livestyle.sinks import disk
from livestyle.sinks.faststart import move_index_to_front
from livestyle.sinks.formats import (
    CLOCK,
    RecordOptions,
    container_for,
    encoder_for,
    muxer_options,
    tick_for,
)

if TYPE_CHECKING:
    from av.container import OutputContainer

    from livestyle.sinks.soundtrack import Soundtrack
    from livestyle.sinks.unfinished import UnfinishedRecording

__all__ = ["RecordOptions", "Recorder", "recorder_for"]

_log = logging.getLogger(__name__)


class Recorder(Sink):
    """Writes frames, at their own times, into a video file.

    Time: without `audio_from` the first frame is at zero and every other as long after it as
    its `pts_s` says. With it, zero is where that file begins (or its `start_s`), so that
    pictures and sound stay as far apart as they were; but a recording that begins in the middle
    of the file, without a `start_s` to say so, has its first frame at zero, and so its sound.
    A frame whose time does not advance is put one tick after the one before.

    Size and colour: see `VideoTrack`.

    The file grows as `NAME.partial` beside the target, in a form that plays even if the program
    is killed, and replaces the target when it is closed. Without a frame nothing is left, and
    an older target stays. No other program can record to the target meanwhile.

    Disk: a recording ends, whole, before the disk is full.

    Attributes:
        path: of the target.
        frames: how many were written.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        fps: float,
        options: RecordOptions | None = None,
        time_base: Fraction | None = None,
        audio_from: Path | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        overwrite: bool = False,
        is_whole: Callable[[], bool] | None = None,
        resume_from: Sequence["UnfinishedRecording"] = (),
    ) -> None:
        """Checks that it can be written; the encoder starts with the first frame.

        Args:
            path: of the target; its suffix picks the container, see `container_for`.
            fps: nominal frames per second, a hint for the encoder; 0.0 when unknown. Only .avi,
                which knows no time stamps, rounds times to it.
            options: how to encode.
            time_base: seconds per tick, for a file's times to be kept to the tick; None: 1/90000.
            audio_from: the file the frames come from, for its sound and its clock.
            start_s, end_s: the part of `audio_from` that is wanted, in seconds from where the
                file begins.
            overwrite: whether an older target may be replaced.
            is_whole: asked when the recording is closed: if it is false, the file keeps its partial
                name, as befits a part of a film that was interrupted; if it is true, an MP4 gets
                its index in front, which takes a moment. None: whatever was recorded takes the
                target's name at once, as befits a live picture.
            resume_from: interrupted recordings of the same frames; the first of them is gone on
                from, and all are removed when the target is whole. The first frame to write is
                then the one that is missing in it.

        Raises:
            DiskFullError: the disk is nearly full.
            SinkError: unknown suffix or codec, a target that cannot be written, that another
                program writes to, or that is the source.
        """
        self.path = path = Path(path)
        self.frames = 0
        self._fps = Fraction(max(1, fps) if fps > 0 else 30).limit_denominator(1001)
        self._options = options or RecordOptions()
        self._container = container_for(path)
        self._encoder = encoder_for(self._options.codec, self._container)
        self._time_base = tick_for(self._container, self._encoder, time_base or CLOCK, self._fps)
        self._output: OutputContainer | None = None
        self._failed = self._closed = False
        self._is_film = is_whole is not None
        self._is_whole = is_whole or (lambda: True)
        self._last_length_s = 0.0
        self._looked_s = time.monotonic()
        self._resume_from = resume_from
        if audio_from is not None and path.exists() and path.samefile(audio_from):
            raise SinkError(f"{path} is what is being read. Name another file to write to.")
        self._sound = _open_sound(audio_from, start_s, end_s)
        try:
            self._file = PartialFile(path, overwrite=overwrite)
            self._check_room_to_begin()
        except BaseException:
            self._close_sound()
            raise

    def write(self, frame: Frame) -> None:
        """Encodes the frame, and passes on the sound up to it.

        Raises:
            DiskFullError: the disk is nearly full. What was recorded before is whole once it is
                closed.
            SinkError: it cannot be encoded or written, or the file was removed. What was recorded
                before is kept if it is there, and the message says where.
        """
        import av

        self._look_at_disk()
        try:
            if self._output is None:
                self._start(frame)
            assert self._output is not None
            if self._sound is not None:
                self._sound.feed(frame.pts_s)
            self._last_pts_s, self._last_length_s = frame.pts_s, frame.duration_s
            tick = self._first_tick + round((frame.pts_s - self._first_s) / self._time_base)
            self._output.mux(self._track.encode(frame.pixels, tick, frame.duration_s))
        except (av.FFmpegError, ValueError) as error:
            raise self._failure(error) from error
        self._check_file()
        self.frames += 1

    def close(self) -> None:
        """Finishes the file and gives it its name.

        Raises:
            SinkError: it cannot be finished; the message says where the partial file lies.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._output is not None and not self._failed:
                self._finish()
        finally:
            self._close_sound()
            self._release()

    def _start(self, frame: Frame) -> None:
        """Opens container and encoder for the size and time of the first frame."""
        import av

        from livestyle.sinks.video_track import VideoTrack

        kind = self._container
        begun = self._resume_from[0] if self._resume_from else None
        zero_s = frame.pts_s - (begun.next_s if begun else 0.0)
        if self._sound is not None:
            step_s = 0.0 if kind.has_times else float(self._time_base)
            zero_s = self._sound.begin(frame.pts_s, step_s)
        self._first_s = frame.pts_s
        self._first_tick = round((frame.pts_s - zero_s) / self._time_base)
        subtitles = bool(self._sound and self._sound.has_subtitles and self._options.subtitles)
        muxing = muxer_options(kind, subtitles=subtitles)
        self._output = av.open(self._file, "w", format=kind.name, options=muxing)
        self._track = VideoTrack(
            self._output,
            kind,
            self._encoder,
            self._options,
            size=frame.size,
            fps=self._fps,
            time_base=self._time_base,
        )
        if self._sound is not None:
            self._sound.attach(self._output, kind, self._options)
        if begun is not None:
            self._copy(begun, zero_s)

    def _copy(self, begun: "UnfinishedRecording", zero_s: float) -> None:
        """Begins with what is whole in an interrupted recording, and its sound.

        Raises:
            SinkError: it was made otherwise.
        """
        assert self._output is not None
        if not begun.fits(*self._track.opened()):
            raise SinkError(
                f"{begun.path} was recorded with other settings than these, and cannot be gone on "
                "from. Give the same ones, or leave --resume out to begin anew."
            )
        for packet in begun.packets():
            if self._sound is not None and packet.pts is not None:
                self._sound.feed(zero_s + float(packet.pts * packet.time_base))
            packet.stream = self._track.stream
            self._output.mux(packet)
            self._check_file()
        self.frames = begun.frames

    def _finish(self) -> None:
        import av

        assert self._output is not None
        try:
            self._output.mux(self._track.flush())
            if self._sound is not None:
                self._sound.finish(self._last_pts_s, self._last_length_s or float(1 / self._fps))
            self._output.close()
            self._check_file()
            if not self._is_whole():
                self._file.leave()
                _log.warning(
                    "%s is not whole: its %d frames lie in %s, which plays.",
                    self.path, self.frames, self._file.path,
                )  # fmt: skip
            else:
                self._file.keep()
                covers = self._sound.covers if self._sound else []
                is_indexed = self._is_film and self._container.has_edit_list
                if not (is_indexed and move_index_to_front(self.path, covers)) and covers:
                    _log.warning("%s is without its cover, which could not be added.", self.path)
                for older in self._resume_from:
                    older.path.unlink(missing_ok=True)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise self._failure(error) from error

    def _release(self) -> None:
        """Lets go of the partial file: kept if it holds something, removed if not."""
        import av

        # Closing the container writes to the file, unless a write failed before.
        try:
            if self._output is not None:
                self._output.close()
        except (av.FFmpegError, ValueError, OSError) as error:
            _log.debug("%s: closing after a failure: %s", self.path, error)
        if self.frames == 0:
            self._file.discard()
        else:
            self._file.leave()

    def _check_room_to_begin(self) -> None:
        if disk.free_mb(self.path) < disk.LEAST_FREE_MB:
            self._file.discard()
            raise DiskFullError(
                f"Recording to {self.path} does not start: less than {disk.LEAST_FREE_MB} MB are "
                "free there. Make room, or name a file on another disk."
            )

    def _look_at_disk(self) -> None:
        """Looks now and then whether the file is still there, and has room to grow."""
        now_s = time.monotonic()
        if now_s - self._looked_s < disk.CHECK_S:
            return
        self._looked_s = now_s
        if not self._file.is_there:
            raise self._failure(FileNotFoundError())
        if disk.free_mb(self.path) < disk.LEAST_FREE_MB:
            kept = self.path if self._is_whole() else self._file.path
            raise DiskFullError(
                f"Recording to {self.path} stopped after {self.frames} frames: less than "
                f"{disk.LEAST_FREE_MB} MB are free there. What was recorded until then is whole, "
                f"in {kept}."
            )

    def _check_file(self) -> None:
        if self._file.error is not None:
            raise self._failure(self._file.error) from self._file.error

    def _failure(self, error: Exception) -> SinkError:
        """The error to raise: what failed, and where what was recorded lies."""
        self._failed = True
        error = self._file.error or error
        why = getattr(error, "strerror", None) or str(error)
        if not self._file.is_there:
            return SinkError(
                f"Recording to {self.path} stopped after {self.frames} frames: somebody removed or "
                f"renamed {self._file.path} or its folder meanwhile."
            )
        if self.frames == 0:
            return SinkError(
                f"Recording to {self.path} cannot start: {self._encoder} or the disk says {why!r}. "
                "Check codec, pixel format, quality and free space."
            )
        return SinkError(
            f"Recording to {self.path} failed after {self.frames} frames: {why}. "
            f"What was recorded until then lies in {self._file.path} and plays."
        )

    def _close_sound(self) -> None:
        if self._sound is not None:
            self._sound.close()


def recorder_for(
    path: Path,
    source: FrameSource,
    options: RecordOptions | None = None,
    *,
    overwrite: bool = False,
) -> Recorder:
    """A recorder for a source: a file's own clock and sound are kept.

    Raises:
        SinkError: it cannot be written.
    """
    return Recorder(
        path,
        fps=source.fps,
        options=options,
        time_base=getattr(source, "time_base", None),
        audio_from=getattr(source, "path", None),
        overwrite=overwrite,
    )


def _open_sound(
    path: Path | None, start_s: float | None, end_s: float | None
) -> "Soundtrack | None":
    if path is None:
        return None
    from livestyle.sinks.soundtrack import Soundtrack

    return Soundtrack(path, start_s, end_s)
