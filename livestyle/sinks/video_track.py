"""VideoTrack: pictures on their way into a recording: brought to its size and colours, encoded."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np
from av import Packet, VideoFrame, VideoStream
from av.container import OutputContainer

from livestyle.frame import Pixels
from livestyle.resize import resized
from livestyle.sinks.formats import Container, RecordOptions, encoder_options
from livestyle.sinks.hardware_encoders import pixel_format
from livestyle.swscale import to_yuv

if TYPE_CHECKING:
    VideoPacket = Packet[VideoStream]

_KEY_FRAME_EVERY_S = 2
_YUV = ("yuv", "nv12")
_THREADS = 2
_SMALLEST_PX = 16
"""H.265 takes no smaller picture."""

_MOST_SKIPPED = 50_000
"""Frames that AVI may leave out between two; FFmpeg refuses 60,000."""

_BT709 = 1
_LIMITED_RANGE = 1
_FRAME_DURATION = 1 << 8
"""FFmpeg's AV_CODEC_FLAG_FRAME_DURATION."""


class VideoTrack:
    """The one video track of a recording.

    Size: that of the first picture; later ones of another size are scaled to it. H.264 wants
    even sizes: at odd ones the last row or column is repeated, and up to 16x16 as well.

    Colour: BT.709, limited range, and tagged so; MPEG-4, which has no tags, as its size asks.

    Attributes:
        stream: of the container.
        last_tick: of the last picture; -1 before the first.
    """

    def __init__(
        self,
        output: OutputContainer,
        container: Container,
        encoder: str,
        options: RecordOptions,
        *,
        size: tuple[int, int],
        fps: Fraction,
        time_base: Fraction,
    ) -> None:
        """Adds the track to a container, before its first packet.

        Args:
            output: of the recording.
            container: what kind of file that is.
            encoder: FFmpeg's name of it.
            options: quality and how pixels are stored.
            size: (width, height) of the pictures to come.
            fps: nominal frames per second.
            time_base: seconds per tick.

        Raises:
            av.FFmpegError, ValueError: it cannot be encoded so.
        """
        self._given_size, self._fps, self._time_base = size, fps, time_base
        self._has_edit_list = container.has_edit_list
        self._pix_fmt = options.pix_fmt
        if options.pix_fmt == "auto":
            self._pix_fmt = pixel_format(encoder, container.pix_fmt)
        self._most_ticks = math.inf if container.has_times else _MOST_SKIPPED
        self._has_lengths, self._format = container.has_lengths, container.name
        self._before: VideoFrame | None = None
        self.last_tick, self._last_ticks, self._step_ticks, self._count = -1, 0, 0, 0
        width, height = size
        if not container.is_picture:
            width, height = (max(_SMALLEST_PX, px + px % 2) for px in size)
        self.stream = stream = cast(
            VideoStream,
            output.add_stream(encoder, rate=fps, options=encoder_options(encoder, options)),
        )
        stream.width, stream.height, stream.pix_fmt = width, height, self._pix_fmt
        context = stream.codec_context
        context.time_base = time_base
        context.gop_size = max(1, round(_KEY_FRAME_EVERY_S * fps))
        context.thread_count = _THREADS
        context.flags |= _FRAME_DURATION
        if options.bit_rate:
            context.bit_rate = options.bit_rate
        if container.has_edit_list and context.codec.canonical_name == "hevc":
            context.codec_tag = "hvc1"  # Apple's players take no other
        # Without a tag, players take what is no HD for BT.601.
        self._is_bt709 = encoder != "mpeg4" or width >= 1280 or height > 576
        if self._pix_fmt.startswith(_YUV) and self._is_bt709:
            context.color_range = _LIMITED_RANGE
            context.colorspace = context.color_primaries = context.color_trc = _BT709
        # Any: every PyAV takes colours by name, the type hints of some do not say so.
        self._reformatter: Any = av.video.reformatter.VideoReformatter()

    def opened(self) -> tuple[str, tuple[int, int], bytes]:
        """Opens the encoder: FFmpeg's name of the codec, (width, height), and its extradata."""
        context = self.stream.codec_context
        context.open(strict=False)
        size = self.stream.width, self.stream.height
        return context.codec.canonical_name, size, context.extradata or b""

    def encode(self, pixels: Pixels, tick: int, duration_s: float) -> "list[VideoPacket]":
        """Encodes a picture, RGB uint8 (H, W, 3).

        Args:
            pixels: of the picture.
            tick: when it is shown; one that does not advance is put behind the one before.
            duration_s: how long it is shown; 0.0 when unknown.

        Returns:
            The packets that are ready.

        Raises:
            av.FFmpegError, ValueError: it cannot be encoded.
        """
        packets = []
        while self._before and tick > self.last_tick + self._most_ticks:
            packets += self._encode(self._before, self.last_tick + _MOST_SKIPPED)
        self._last_ticks = round(duration_s / self._time_base)
        self._step_ticks = tick - self.last_tick
        picture = self._picture(pixels)
        if not self._has_lengths:
            self._before = picture
        return packets + self._encode(picture, max(tick, self.last_tick + 1))

    def _encode(self, picture: VideoFrame, tick: int) -> "list[VideoPacket]":
        self.last_tick = tick
        self._count += 1
        picture.pts, picture.time_base = tick, self._time_base
        picture.duration = self._last_ticks
        return self.stream.encode(picture)

    def flush(self) -> "list[VideoPacket]":
        """What the encoder still holds.

        A last picture that stands longer than those before is repeated at the end, where nothing
        else says so.

        FFmpeg may take the end of the last packet in a fragmented MP4 for the end of the video.
        With B-frames that packet is not the last to be shown, which players would then leave out.
        """
        packets = []
        usual_ticks = round(1 / self._fps / self._time_base)
        if self._before and self._last_ticks > 2 * max(self._step_ticks, usual_ticks):
            ends = self.last_tick + self._last_ticks
            at = {
                "apng": ends - self._last_ticks // 2,  # shown as long as the one before
                "webp": ends * self._count // (self._count + 1),  # shown as long as the mean
            }.get(self._format, ends - usual_ticks)
            self._last_ticks = usual_ticks
            packets = self._encode(self._before, max(at, self.last_tick + 1))
        packets += self.stream.encode(None)
        if packets and self._has_edit_list:
            last = packets[-1]
            ticks = self._last_ticks or usual_ticks
            last.duration = self.last_tick + ticks - (last.pts or 0)
        return packets

    def _picture(self, pixels: Pixels) -> VideoFrame:
        """The pixels in the encoder's size and colours."""
        width, height = self.stream.width, self.stream.height
        if (pixels.shape[1], pixels.shape[0]) != self._given_size:
            pixels = resized(pixels, (width, height))
        missing = (height - pixels.shape[0], width - pixels.shape[1])
        if any(missing):
            pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
        if self._pix_fmt == "pal8":
            return _with_palette(pixels)
        # A copy: swscale reads some bytes more than there are, for which FFmpeg's frames have room.
        rgb = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
        converted = self._reformatter.reformat(
            rgb,
            format=self._pix_fmt,
            dst_colorspace="ITU709" if self._is_bt709 else "ITU601",
            dst_color_range="MPEG" if self._pix_fmt.startswith(_YUV) else None,
            interpolation=to_yuv(),
        )
        return cast(VideoFrame, converted)


def _with_palette(pixels: Pixels) -> VideoFrame:
    """The pixels in the 256 colours that suit them best, dithered."""
    from PIL import Image

    picture = Image.fromarray(pixels).quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
    colours = np.zeros((256, 4), np.uint8)
    palette = np.array(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
    colours[: len(palette), :3] = palette[:, ::-1]  # BGRA in memory
    colours[:, 3] = 255
    frame = VideoFrame(pixels.shape[1], pixels.shape[0], "pal8")
    plane = frame.planes[0]
    rows = np.zeros((plane.height, plane.line_size), np.uint8)
    rows[:, : pixels.shape[1]] = np.asarray(picture)
    plane.update(rows.tobytes())
    frame.planes[1].update(colours.tobytes())
    return frame
