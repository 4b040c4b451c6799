"""Recorder: frames into a video file that survives whatever ends the program."""

import logging
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from livestyle.errors import DiskFullError, SinkError
from livestyle.frame import Frame, Pixels
from livestyle.partial_file import PartialFile
from livestyle.protocols import FrameSource, Sink
from livestyle.resize import resized
from livestyle.sinks import disk
from livestyle.sinks.faststart import move_index_to_front
from livestyle.sinks.formats import (
    CLOCK,
    RecordOptions,
    container_for,
    encoder_for,
    encoder_options,
    muxer_options,
    tick_for,
)
from livestyle.swscale import to_yuv

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream
    from av.container import OutputContainer

    from livestyle.sinks.soundtrack import Soundtrack

__all__ = ["RecordOptions", "Recorder", "recorder_for"]

_log = logging.getLogger(__name__)

_KEY_FRAME_EVERY_S = 2
_THREADS = 2
_SMALLEST_PX = 16
"""H.265 takes no smaller picture."""

_BT709 = 1
_LIMITED_RANGE = 1
_FRAME_DURATION = 1 << 8
"""FFmpeg's AV_CODEC_FLAG_FRAME_DURATION."""


class Recorder(Sink):
    """Writes frames, at their own times, into a video file.

    Time: without `audio_from` the first frame is at zero and every other as long after it as
    its `pts_s` says. With it, zero is where that file begins (or its `start_s`), so that
    pictures and sound stay as far apart as they were; but a recording that begins in the middle
    of the file, without a `start_s` to say so, has its first frame at zero, and so its sound.
    A frame whose time does not advance is put one tick after the one before.

    Size: that of the first frame; later frames of another size are scaled to it. H.264 wants
    even sizes: at odd ones the last row or column is repeated, and up to 16x16 as well.

    Colour: BT.709, limited range, and tagged so; MPEG-4, which has no tags, as its size asks.

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
        self._first_size = (0, 0)
        self._last_tick = -1
        self._output: OutputContainer | None = None
        self._failed = self._closed = False
        self._is_film = is_whole is not None
        self._is_whole = is_whole or (lambda: True)
        self._last_length_s = 0.0
        self._looked_s = time.monotonic()
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
            tick = round(frame.pts_s / self._time_base) - self._zero_tick
            self._last_tick = max(tick, self._last_tick + 1)
            self._last_pts_s = frame.pts_s
            picture = self._picture(frame.pixels)
            picture.pts = self._last_tick
            picture.time_base = self._time_base
            picture.duration = round(frame.duration_s / self._time_base)
            self._last_length_s = frame.duration_s
            self._output.mux(self._stream.encode(picture))
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

        zero_s = frame.pts_s if self._sound is None else self._sound.begin(frame.pts_s)
        self._zero_tick = round(zero_s / self._time_base)
        self._first_size = frame.size
        kind = self._container
        pix_fmt = self._options.pix_fmt
        self._pix_fmt = kind.pix_fmt if pix_fmt == "auto" else pix_fmt
        width, height = frame.size
        if not kind.is_picture:
            width, height = (max(_SMALLEST_PX, px + px % 2) for px in frame.size)
        subtitles = bool(self._sound and self._sound.has_subtitles and self._options.subtitles)
        muxing = muxer_options(kind, subtitles=subtitles)
        self._output = av.open(self._file, "w", format=kind.name, options=muxing)
        stream = cast(
            "VideoStream",
            self._output.add_stream(
                self._encoder, rate=self._fps, options=encoder_options(self._encoder, self._options)
            ),
        )
        stream.width, stream.height, stream.pix_fmt = width, height, self._pix_fmt
        context = stream.codec_context
        context.time_base = self._time_base
        context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * self._fps))
        context.thread_count = _THREADS
        context.flags |= _FRAME_DURATION
        if self._options.bit_rate:
            context.bit_rate = self._options.bit_rate
        if kind.has_edit_list and context.codec.canonical_name == "hevc":
            context.codec_tag = "hvc1"  # Apple's players take no other
        # Without a tag, players take what is no HD for BT.601.
        self._is_bt709 = self._encoder != "mpeg4" or width >= 1280 or height > 576
        if self._pix_fmt.startswith("yuv") and self._is_bt709:
            context.color_range = _LIMITED_RANGE
            context.colorspace = context.color_primaries = context.color_trc = _BT709
        self._stream = stream
        # Any: every PyAV takes colours by name, the type hints of some do not say so.
        self._reformatter: Any = av.video.reformatter.VideoReformatter()
        if self._sound is not None and not kind.is_picture:
            self._sound.attach(self._output, kind, self._options)

    def _picture(self, pixels: Pixels) -> "VideoFrame":
        """The pixels in the encoder's size and colours."""
        import av

        width, height = self._stream.width, self._stream.height
        if (pixels.shape[1], pixels.shape[0]) != self._first_size:
            pixels = resized(pixels, (width, height))
        missing = (height - pixels.shape[0], width - pixels.shape[1])
        if any(missing):
            pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        if self._pix_fmt == "pal8":
            return _with_palette(pixels)
        rgb = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(pixels), "rgb24")
        converted = self._reformatter.reformat(
            rgb,
            format=self._pix_fmt,
            dst_colorspace="ITU709" if self._is_bt709 else "ITU601",
            dst_color_range="MPEG" if self._pix_fmt.startswith("yuv") else None,
            interpolation=to_yuv(),
        )
        return cast("VideoFrame", converted)

    def _finish(self) -> None:
        import av

        assert self._output is not None
        try:
            self._output.mux(self._last_packets())
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
                if self._is_film and self._container.has_edit_list:
                    move_index_to_front(self.path)
        except (av.FFmpegError, ValueError, OSError) as error:
            raise self._failure(error) from error

    def _last_packets(self) -> "list[Packet[VideoStream]]":
        """What the encoder still holds.

        FFmpeg may take the end of the last packet in a fragmented MP4 for the end of the video.
        With B-frames that packet is not the last to be shown, which players would then leave out.
        """
        packets = self._stream.encode(None)
        if packets and self._container.has_edit_list:
            length_s = self._last_length_s or 1 / self._fps
            last, frame_ticks = packets[-1], round(length_s / self._time_base)
            last.duration = self._last_tick + frame_ticks - (last.pts or 0)
        return packets

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
                "Check codec, crf, preset and free space."
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


def _with_palette(pixels: Pixels) -> "VideoFrame":
    """The pixels in the 256 colours that suit them best, dithered."""
    import av
    from PIL import Image

    picture = Image.fromarray(pixels).quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
    colours = np.zeros((256, 4), np.uint8)
    palette = np.array(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
    colours[: len(palette), :3] = palette[:, ::-1]  # BGRA in memory
    colours[:, 3] = 255
    frame = av.VideoFrame(pixels.shape[1], pixels.shape[0], "pal8")
    plane = frame.planes[0]
    rows = np.zeros((plane.height, plane.line_size), np.uint8)
    rows[:, : pixels.shape[1]] = np.asarray(picture)
    plane.update(rows.tobytes())
    frame.planes[1].update(colours.tobytes())
    return frame


def _open_sound(
    path: Path | None, start_s: float | None, end_s: float | None
) -> "Soundtrack | None":
    if path is None:
        return None
    from livestyle.sinks.soundtrack import Soundtrack

    return Soundtrack(path, start_s, end_s)
