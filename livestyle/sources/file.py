"""Video files: every frame, in order, at its own time."""

import itertools
import logging
import math
import threading
import time
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from livestyle.demuxing import can_restart, demuxed, open_media, origin_s, time_s
from livestyle.errors import SourceError
from livestyle.frame import Frame, Pixels
from livestyle.protocols import FrameSource
from livestyle.resize import resized
from livestyle.sources.avi import empty_chunks
from livestyle.sources.constant_rate import at_rate
from livestyle.sources.conversion import FrameConverter
from livestyle.sources.deinterlacing import Deinterlacer

if TYPE_CHECKING:
    from livestyle.demuxing import AnyPacket

log = logging.getLogger(__name__)

_EARLY_S = 1.0
_EARLY_FRAMES, _LEAST_EARLY_S = 3, 0.1
"""Video that ends so much before what it announces is called cut short: frames where the video
itself announces something (and its rate may be a guess), seconds where only the whole file does
(sound may be longer)."""

_MOST_FPS = 240
"""A higher rate is a guess of FFmpeg's (60000 for raw DV)."""

_FINE = Fraction(1, 90_000)
"""Seconds per tick in which all usual rates are whole numbers."""

_SAME_S = 0.0005
"""Files count time in ticks of their own; times so near each other are the same."""

_MOST_UNTIMED = 32
"""Pictures kept at most until one tells its time."""

_NO_TIMES = 128
"""FFmpeg's AVFMT_NOTIMESTAMPS."""

_SEEKABLE = ("mov,", "matroska,", "avi", "asf", "flv", "nut", "mxf")
"""Begins of the names of formats with an index, or time stamps that can be searched."""


class VideoFile(FrameSource):
    """Reads the video of a file; what is broken in it is passed over and logged.

    Time stamps are the file's own, but go on where the file's begin anew (joined recordings).
    `start_s` and `end_s` count from `origin_s`, where the file begins.

    Pixels that are not square are made so, and interlaced pictures whole.

    Attributes:
        path: of the file.
        duration_s: of the whole file; 0.0 when unknown.
        frame_count: frames in the whole file, as it announces them; 0 when unknown. Fewer come
            from an MP4 that was trimmed without encoding it again.
        time_base: seconds per tick; every `pts_s` that the file stores is a multiple of it.
        origin_s: where the file's clock starts.
        frames_read: so far.
        is_over: whether all that is wanted of it was read.
    """

    is_live = False

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        start_s: float | None = None,
        end_s: float | None = None,
        fps: float | None = None,
    ) -> None:
        """Opens the file and decodes its first frame.

        Args:
            path: of the file.
            size: (width, height) that frames are scaled to; None leaves them.
            start_s: frames before it are left out.
            end_s: frames at or after it are left out.
            fps: frames are dropped and repeated until they come at this rate; None leaves them.

        Raises:
            SourceError: it cannot be opened, or holds no frame that can be decoded.
        """
        self.path = path
        self.name = path.name
        self.reconnects = 0
        self.status = ""
        self.frames_read = 0
        self.is_over = False
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
            self._stands_until_s = -math.inf
            self._frames = self._read_frames()
            if fps:
                self._change_rate(Fraction(fps).limit_denominator(1001))
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
            frame = frame or next(self._frames, None)
            if frame is None:
                self.is_over = True
            else:
                self.frames_read += 1
            return frame

    def close(self) -> None:
        """Closes the file."""
        with self._using:
            self._closed = True
            self._frames.close()
            self._container.close()

    def _describe(self, stream: VideoStream) -> None:
        stream.thread_type = "AUTO"
        self._stream = stream
        rates = [float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate]
        self.fps = max((rate for rate in rates if rate <= _MOST_FPS), default=0.0)
        self._native_fps = self.fps
        self.frame_count = stream.frames
        self.time_base = stream.time_base or Fraction(1, av.time_base)
        self.origin_s = origin_s(self._container)
        self.duration_s = (self._container.duration or 0) / av.time_base
        if stream.duration:
            self.duration_s = float(stream.duration * self.time_base)

    def _change_rate(self, fps: Fraction) -> None:
        self.frame_count = round(self.duration_s * fps) if self.duration_s else 0
        self.fps, self.time_base = float(fps), _FINE
        self._frames = at_rate(self._frames, fps)

    def _read_frames(self) -> Generator[Frame, None, None]:
        """Decodes, stamps and converts; ends with a warning where the file is cut short."""
        convert = FrameConverter()
        index, decoded, ends_s = 0, 0, None
        note, pixels = "", None
        for picture, shown_s in self._timed():
            decoded += 1
            length_s = float((picture.duration or 0) * (picture.time_base or self.time_base))
            ends_s = shown_s + length_s
            if self._start_s is not None and shown_s < self._start_s - _SAME_S:
                continue
            if self._end_s is not None and shown_s >= self._end_s - _SAME_S:
                return
            pixels = convert(picture)
            pixels = resized(pixels, self._scale_to or self._square(picture, pixels))
            if convert.note != note:
                note = convert.note
                log.warning("%s: %s.", self.name, note)
            yield Frame(pixels, index, shown_s, time.perf_counter(), duration_s=length_s)
            index += 1
        if pixels is not None and ends_s is not None and self._stands_until_s > ends_s + _SAME_S:
            end_s = math.inf if self._end_s is None else self._end_s
            still_s = min(self._stands_until_s, end_s) - ends_s
            yield Frame(pixels, index, ends_s, time.perf_counter(), duration_s=still_s)
            ends_s = self._stands_until_s
        self._warn_if_damaged(decoded, ends_s)

    def _square(self, picture: av.VideoFrame, pixels: Pixels) -> tuple[int, int]:
        """The size that a picture has with square pixels; nothing is made smaller."""
        height, width = pixels.shape[:2]
        ratio = self._stream.sample_aspect_ratio or Fraction(1)
        if ratio == 1 or not Fraction(1, 8) <= ratio <= 8:
            return width, height
        if (height > width) != (picture.height > picture.width):  # turned by a quarter
            ratio = 1 / ratio
        if ratio >= 1:
            return _even(width * ratio), height
        return width, _even(height / ratio)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Whole pictures, packet by packet, so that a broken one costs no more than itself."""
        deinterlaced = Deinterlacer(self._stream)
        last: AnyPacket | None = None
        for packet in self._packets():
            last = packet if packet.size else last
            if packet.pts is not None and packet.size == 0:  # the picture before stands on
                due_s = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                self._stands_until_s = max(self._stands_until_s, due_s)
                continue
            try:
                for picture in self._stream.decode(packet):
                    yield from deinterlaced(picture)
            except av.FFmpegError as error:
                self._count_broken(error)
        yield from deinterlaced(None)
        if self._container.format.name == "avi" and last and last.pos and last.dts is not None:
            again = empty_chunks(self.path, last.pos + last.size, self._stream.index)
            if again:
                self._stands_until_s = float((last.dts + 1 + again) * last.time_base)

    def _packets(self) -> "Iterator[AnyPacket]":
        """The packets; those of a format that is not sought in, from the key frame before the
        start."""
        packets = demuxed(self._container, self._stream, on_error=self._count_broken)
        if self._start_s is None or self._can_seek:
            yield from packets
            return
        waiting: list[AnyPacket] = []
        for packet in packets:
            due_s = time_s(packet)
            if due_s is not None and due_s <= self._start_s:
                waiting = [] if packet.is_keyframe else waiting
                waiting.append(packet)
                continue
            yield from (*waiting, packet)
            waiting = []
            if due_s is not None:
                break
        yield from waiting
        yield from packets

    def _count_broken(self, error: Exception) -> None:
        log.debug("%s: broken part: %s", self.name, error)
        self._broken += 1

    def _timed(self) -> Iterator[tuple[av.VideoFrame, float]]:
        """Whole pictures, and when they are due; a time that is missing follows its neighbours."""
        step_s = 1 / self._native_fps if self._native_fps else float(self.time_base)
        pictures, untimed = self._decoded(), list[av.VideoFrame]()
        has_times = not self._container.format.flags & _NO_TIMES
        for picture in pictures:
            untimed.append(picture)
            if picture.pts is not None or not has_times or len(untimed) == _MOST_UNTIMED:
                break
        due_s = self.origin_s - step_s
        if untimed and untimed[-1].pts is not None:  # Matroska has no times below zero
            due_s = self._stamp_s(untimed[-1], untimed[-1].pts) - len(untimed) * step_s
        for picture in itertools.chain(untimed, pictures):
            stamp = picture.pts
            stamp_s = due_s + step_s if stamp is None else self._stamp_s(picture, stamp)
            if stamp_s <= due_s:  # it is repeated
                stamp_s = due_s + float(picture.time_base or self.time_base)
            due_s = stamp_s
            yield picture, due_s

    def _stamp_s(self, picture: av.VideoFrame, stamp: int) -> float:
        return float(stamp * (picture.time_base or self.time_base))

    def _seek(self) -> None:
        """Goes to the key frame before the start; formats that cannot are read through."""
        name = self._container.format.name
        self._can_seek = name.startswith(_SEEKABLE) and not can_restart(self._container)
        if self._start_s is None or not self._can_seek:
            return
        try:
            self._container.seek(
                int(self._start_s / (self._stream.time_base or self.time_base)), stream=self._stream
            )
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
            announced = f"{self._stream.frames} frames, " if self._stream.frames else ""
            log.warning(
                "%s is cut short: it ends after %d frames, at %.2f s, and announces %s%.2f s.",
                self.name, decoded, last_s - self.origin_s, announced, self.duration_s,
            )  # fmt: skip

    def _is_short(self, decoded: int, last_s: float) -> bool:
        kind = self._container.format.name
        # MP4 counts frames that its edit list hides, and AVI those that it leaves out.
        is_counted = self._start_s is None and "mp4" not in kind and kind != "avi"
        if is_counted and decoded + _EARLY_FRAMES < self._stream.frames:
            return True
        fps = self._native_fps if self._stream.duration else 0.0
        early_s = max(_EARLY_FRAMES / fps, _LEAST_EARLY_S) if fps else _EARLY_S
        # Matroska counts its length from zero, not from where the file begins.
        begins_s = 0.0 if "matroska" in kind else self.origin_s
        return last_s + early_s < begins_s + self.duration_s


def _even(length: Fraction) -> int:
    """Most videos want even sizes."""
    return 2 * round(length / 2)


def _open_container(path: Path) -> InputContainer:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise SourceError(f"There is no video file {path}: it {what}.")
    try:
        return open_media(path)
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
