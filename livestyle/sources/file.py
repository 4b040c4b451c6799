"""Video files: every frame, in order, at its own time."""

import logging
import threading
import time
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from livestyle.errors import SourceError
from livestyle.frame import Frame
from livestyle.protocols import FrameSource
from livestyle.resize import resized
from livestyle.sources.conversion import FrameConverter

log = logging.getLogger(__name__)

_EARLY_S = 1.0
_EARLY_FRAMES = 3
"""Video that ends so much before what it announces is called cut short: frames where the video
itself announces something, seconds where only the whole file does (sound may be longer)."""


class VideoFile(FrameSource):
    """Reads the video of a file; what is broken in it is passed over and logged.

    Time stamps are the file's own, as is the clock of `start_s` and `end_s`: both count from
    `origin_s`, where the file begins.

    Attributes:
        path: of the file.
        duration_s: of the whole file; 0.0 when unknown.
        frame_count: frames in the whole file, as it announces them; 0 when unknown. Fewer come
            from an MP4 that was trimmed without encoding it again.
        time_base: seconds per tick; every `pts_s` that the file stores is a multiple of it.
        origin_s: where the file's clock starts.
    """

    is_live = False

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> None:
        """Opens the file and decodes its first frame.

        Args:
            path: of the file.
            size: (width, height) that frames are scaled to; None leaves them.
            start_s: frames before it are left out.
            end_s: frames at or after it are left out.

        Raises:
            SourceError: it cannot be opened, or holds no frame that can be decoded.
        """
        self.path = path
        self.name = path.name
        self.reconnects = 0
        self.status = ""
        self._using = threading.Lock()
        self._closed = False
        self._scale_to = size
        self._container = _open_container(path)
        try:
            self._describe(_video_stream(self._container, path))
            self._start_s = self.origin_s + start_s if start_s is not None else None
            self._end_s = self.origin_s + end_s if end_s is not None else None
            self._seek()
            self._broken = 0
            self._frames = self._read_frames()
            self._first = next(self._frames, None)
            if self._first is None:
                raise SourceError(self._nothing_found())
            self.size = self._first.size
        except BaseException:
            self._container.close()
            raise

    def read(self) -> Frame | None:
        """The next frame, or None after the last one."""
        with self._using:
            if self._closed:
                return None
            frame, self._first = self._first, None
            return frame or next(self._frames, None)

    def close(self) -> None:
        """Closes the file."""
        with self._using:
            self._closed = True
            self._frames.close()
            self._container.close()

    def _describe(self, stream: VideoStream) -> None:
        stream.thread_type = "AUTO"
        self._stream = stream
        self.fps = float(stream.average_rate or stream.guessed_rate or 0)
        self.frame_count = stream.frames
        self.time_base = stream.time_base or Fraction(1, av.time_base)
        self.origin_s = (self._container.start_time or 0) / av.time_base
        self.duration_s = (self._container.duration or 0) / av.time_base
        if stream.duration:
            self.duration_s = float(stream.duration * self.time_base)

    def _read_frames(self) -> Generator[Frame, None, None]:
        """Decodes, stamps and converts; ends with a warning where the file is cut short."""
        convert = FrameConverter()
        index, decoded, time_s = 0, 0, None
        for picture in self._decoded():
            decoded += 1
            time_s = self._time_s(picture, time_s)
            if self._start_s is not None and time_s < self._start_s:
                continue
            if self._end_s is not None and time_s >= self._end_s:
                return
            pixels = resized(convert(picture), self._scale_to)
            yield Frame(pixels, index, time_s, time.perf_counter())
            index += 1
        self._warn_if_damaged(decoded, time_s)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Decodes packet by packet, so that a broken one costs no more than itself."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError as error:
                log.debug("%s: reading ended: %s", self.name, error)
                self._broken += 1
                return
            if packet is None:
                return
            try:
                yield from self._stream.decode(packet)
            except av.FFmpegError as error:
                log.debug("%s: broken packet: %s", self.name, error)
                self._broken += 1

    def _time_s(self, picture: av.VideoFrame, last_s: float | None) -> float:
        """When the picture is due; a missing or repeated time is put after the last one."""
        if picture.pts is None:
            step_s = 1 / self.fps if self.fps else float(self.time_base)
            return self.origin_s if last_s is None else last_s + step_s
        time_s = float(picture.pts * (picture.time_base or self.time_base))
        if last_s is not None and time_s <= last_s:
            return last_s + float(self.time_base)
        return time_s

    def _seek(self) -> None:
        """Goes to the key frame before the start; formats that cannot are read through."""
        if self._start_s is None:
            return
        try:
            self._container.seek(int(self._start_s / self.time_base), stream=self._stream)
        except av.FFmpegError as error:
            log.debug("%s cannot seek: %s", self.name, error)

    def _nothing_found(self) -> str:
        if self._start_s is None and self._end_s is None:
            return f"{self.path} holds no frame that can be decoded. Does another player show it?"
        length = f"is {self.duration_s:.2f} s long" if self.duration_s else "ends before"
        return f"{self.path} has no frame between the start and end asked for; it {length}."

    def _warn_if_damaged(self, decoded: int, last_s: float | None) -> None:
        if self._broken:
            log.warning(
                "%s is damaged: %d parts of it could not be read, %d frames could.",
                self.name, self._broken, decoded,
            )  # fmt: skip
            return
        if last_s is not None and self._is_short(decoded, last_s):
            announced = f"{self.frame_count} frames, " if self.frame_count else ""
            log.warning(
                "%s is cut short: it ends after %d frames, at %.2f s, and announces %s%.2f s.",
                self.name, decoded, last_s - self.origin_s, announced, self.duration_s,
            )  # fmt: skip

    def _is_short(self, decoded: int, last_s: float) -> bool:
        # MP4 counts frames that its edit list hides; others count what is there to see.
        counted = self._start_s is None and "mp4" not in self._container.format.name
        if counted and decoded + _EARLY_FRAMES < self.frame_count:
            return True
        early_s = _EARLY_FRAMES / self.fps if self._stream.duration and self.fps else _EARLY_S
        return last_s + early_s < self.origin_s + self.duration_s


def _open_container(path: Path) -> InputContainer:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise SourceError(f"There is no video file {path}: it {what}.")
    try:
        # An absolute path cannot be taken for one of FFmpeg's protocols; old files have titles
        # in any encoding.
        return av.open(str(path.absolute()), metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        found = "it is empty" if path.stat().st_size == 0 else f"{error.strerror}"
        raise SourceError(
            f"{path} cannot be opened as video: {found}. Is it complete, and a video file?"
        ) from error


def _video_stream(container: InputContainer, path: Path) -> VideoStream:
    for stream in container.streams.video:
        # The cover of a music file is stored as video of one frame.
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise SourceError(f"{path} has no video in it, only {_contents(container)}.")


def _contents(container: InputContainer) -> str:
    kinds = sorted({stream.type for stream in container.streams if stream.type != "video"})
    return " and ".join(kinds) or "a cover picture"
