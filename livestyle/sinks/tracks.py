"""One track of sound or subtitles on its way into a recording: copied, or encoded anew."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
from av import AudioFrame, AudioStream, Packet
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from livestyle.demuxing import time_s
from livestyle.sinks.formats import Container

if TYPE_CHECKING:
    AnyPacket: TypeAlias = Packet[Any]

_BIT_RATE_PER_CHANNEL = 80_000

_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}

_TOLERANCE_S = 0.02
"""Time stamps of sound jitter; steps up to this size are no gaps."""

_ROUNDING_S = 0.002
"""Containers round time stamps; packets this near to where they should be are there."""

_SMALL_STEP_S = 0.1
"""Sound that steps back by less is put behind the sound before it; by more, it is left out."""


def codec_of(stream: Stream) -> str:
    """The codec of a stream, whatever its decoder is called ("mp3", not "mp3float")."""
    try:
        return stream.codec_context.codec.canonical_name
    except AttributeError:  # nothing here decodes it
        return ""


class CopiedTrack:
    """Passes packets on as they are."""

    def __init__(self, source: Stream, output: OutputContainer, container: Container) -> None:
        """Adds the track to a recording, before its first packet.

        Raises:
            av.FFmpegError, ValueError: the container does not take it.
        """
        self._output = output
        self._keeps_lead_in = container.has_edit_list
        self._target = output.add_stream_from_template(source)
        self._last_s = Fraction(-(2**62))
        self._next = 0
        self._unframed: BitStreamFilterContext | None = None
        is_framed = codec_of(source) == "aac" and not source.codec_context.extradata
        if is_framed and container.name != "mpegts":
            # As in MPEG-TS: each packet has a header of its own, which other containers forbid.
            self._unframed = BitStreamFilterContext("aac_adtstoasc", source)
        describe(self._target, source, container)

    def write(self, packet: "AnyPacket", zero_s: float) -> None:
        """Passes a packet on; `zero_s` is what becomes time zero."""
        if packet.pts is None:
            return
        shift = round(zero_s / packet.time_base)
        packet.pts -= shift
        ends = packet.pts + (packet.duration or 0)
        is_subtitle = packet.stream.type == "subtitle"
        if packet.pts < 0 and ends <= 0 and (is_subtitle or not self._keeps_lead_in):
            return  # it would push everything else back
        if packet.pts < 0 and is_subtitle:  # it stands already when the recording begins
            packet.pts, packet.dts, packet.duration = 0, shift, ends
        packet.dts = packet.pts if packet.dts is None else packet.dts - shift
        if not is_subtitle:
            self._count_samples(packet)
            if not self._moved_on(packet):
                return
        for ready in self._unframed.filter(packet) if self._unframed else [packet]:
            ready.stream = self._target
            self._output.mux(ready)

    def _count_samples(self, packet: "AnyPacket") -> None:
        """Makes rounded times exact: sound of frames of one length is counted in samples.

        Matroska rounds to milliseconds, and the fragments of an MP4 would not fit together.
        """
        stream = cast(AudioStream, packet.stream)
        rate, samples = stream.rate, stream.codec_context.frame_size
        assert packet.pts is not None
        if not rate or not samples or packet.dts != packet.pts:
            return
        begins = round(packet.pts * packet.time_base * rate)
        if abs(begins - self._next) > _ROUNDING_S * rate:
            self._next = begins + samples
            return
        packet.pts = packet.dts = self._next
        packet.time_base, packet.duration = Fraction(1, rate), samples
        self._next += samples

    def _moved_on(self, packet: "AnyPacket") -> bool:
        """Puts a packet behind the one before, as a muxer takes no step back in time."""
        assert packet.dts is not None and packet.pts is not None
        rate = cast(AudioStream, packet.stream).rate or 48_000
        least = math.ceil((self._last_s + Fraction(1, rate)) / packet.time_base)
        behind = least - packet.dts
        if behind > 0:
            if float(behind * packet.time_base) > _SMALL_STEP_S:
                return False
            packet.dts += behind
            packet.pts += behind
        self._last_s = packet.dts * packet.time_base
        return True

    def finish(self) -> None:
        """Nothing waits."""


class EncodedTrack:
    """Decodes, resamples and encodes sound; gaps become silence."""

    def __init__(self, source: AudioStream, output: OutputContainer, container: Container) -> None:
        """Adds the track to a recording, before its first packet.

        Raises:
            av.FFmpegError, ValueError: it cannot be encoded.
        """
        encoder = container.sound_encoder
        codec = av.Codec(encoder, "w")
        self._rate = _rate_for(codec.audio_rates, source.rate or 48_000)
        self._layout = _layout_for(encoder, self._rate, source.channels)
        self._format = codec.audio_formats[0].name if codec.audio_formats else "s16"
        self._output = output
        self._target = cast(AudioStream, output.add_stream(encoder, rate=self._rate))
        context = self._target.codec_context
        context.bit_rate = max(2, source.channels) * _BIT_RATE_PER_CHANNEL
        context.layout, context.format = self._layout, self._format
        # A container without time stamps starts with its sound at zero.
        self._next: int | None = None if container.has_times else 0
        self._resampler = self._new_resampler()
        describe(self._target, source, container)

    def write(self, packet: "AnyPacket", zero_s: float) -> None:
        """Encodes a packet; `zero_s` is what becomes time zero. A broken one is passed over."""
        due_s = time_s(packet)
        try:
            frames = cast("list[AudioFrame]", packet.decode())
        except av.FFmpegError:
            return
        for frame in frames:
            begins_s = frame.time if frame.time is not None else due_s
            if begins_s is not None:
                self._encode(frame, begins_s - zero_s)

    def finish(self) -> None:
        """Encodes what still waits."""
        if self._next is not None:
            self._output.mux(self._target.encode(None))

    def _encode(self, frame: AudioFrame, begins_s: float) -> None:
        begins = round(begins_s * self._rate)
        for part in self._resampled(frame):
            if self._next is None:
                self._next = max(0, begins)
            gap = begins - self._next
            begins += part.samples
            if gap < 0 and -gap > _TOLERANCE_S * self._rate:
                continue
            if gap > _TOLERANCE_S * self._rate:
                self._silence(gap)
            self._pass_on(part)

    def _resampled(self, frame: AudioFrame) -> list[AudioFrame]:
        frame.pts = None
        try:
            return self._resampler.resample(frame)
        except ValueError:  # the sound changed on the way
            self._resampler = self._new_resampler()
            return self._resampler.resample(frame)

    def _new_resampler(self) -> av.AudioResampler:
        return av.AudioResampler(self._format, self._layout, self._rate)

    def _silence(self, samples: int) -> None:
        """Encodes silence, a second at a time."""
        while samples > 0:
            part = AudioFrame(self._format, self._layout, min(samples, self._rate))
            for plane in part.planes:
                plane.update(bytes(plane.buffer_size))
            self._pass_on(part)
            samples -= part.samples

    def _pass_on(self, part: AudioFrame) -> None:
        assert self._next is not None
        part.sample_rate, part.time_base = self._rate, Fraction(1, self._rate)
        part.pts = self._next
        self._next += part.samples
        self._output.mux(self._target.encode(part))


class EncodedSubtitles:
    """Rewrites subtitles of text as another container wants them."""

    def __init__(
        self, source: SubtitleStream, output: OutputContainer, container: Container
    ) -> None:
        """Adds the track to a recording, before its first packet.

        Raises:
            ValueError: they are pictures, or of an unknown kind.
            av.FFmpegError: they cannot be encoded.
        """
        self._source = source.codec_context
        self._source.open(strict=False)
        header = self._source.subtitle_header
        if not header:
            raise ValueError("they are no text")
        self._output = output
        self._target = cast(SubtitleStream, output.add_stream(container.subtitles_encoder))
        self._target.codec_context.subtitle_header = header
        self._target.codec_context.time_base = Fraction(1, 1000)
        describe(self._target, source, container)

    def write(self, packet: "AnyPacket", zero_s: float) -> None:
        """Passes a subtitle on; `zero_s` is what becomes time zero."""
        subtitle = self._source.decode2(packet)
        begins = (packet.pts or 0) - round(zero_s / packet.time_base)
        ends = begins + (packet.duration or 0)
        if not subtitle or ends < 0:
            return
        begins = max(0, begins)  # it may stand already when the recording begins
        ready = self._target.codec_context.encode_subtitle(subtitle)
        ready.pts = ready.dts = begins
        ready.duration, ready.time_base = ends - begins, packet.time_base
        ready.stream = self._target
        self._output.mux(ready)

    def finish(self) -> None:
        """Nothing waits."""


_BIBLIOGRAPHIC = {
    "deu": "ger",
    "nld": "dut",
    "ell": "gre",
    "isl": "ice",
    "zho": "chi",
    "sqi": "alb",
}
"""QuickTime knows some languages by their other name of ISO 639-2 alone."""


def describe(target: Stream, source: Stream, container: Container) -> None:
    """Gives a track the language, title and place among the tracks of another one."""
    for key in ("language", "title"):
        if key in source.metadata:
            target.metadata[key] = source.metadata[key]
    if container.name == "mov" and (language := source.metadata.get("language")):
        target.metadata["language"] = _BIBLIOGRAPHIC.get(language, language)
    target.disposition = source.disposition


def _rate_for(rates: list[int] | None, rate: int) -> int:
    """The lowest of an encoder's rates that keeps all of a sound, or its highest."""
    if not rates or rate in rates:
        return rate
    return min((r for r in rates if r >= rate), default=max(rates))


def _layout_for(encoder: str, rate: int, channels: int) -> str:
    """The layout for so many channels, or stereo where the encoder does not take it."""
    layout = _LAYOUTS.get(channels, "stereo")
    if channels > 2:
        try:
            context = cast(av.AudioCodecContext, av.CodecContext.create(encoder, "w"))
            context.sample_rate, context.layout = rate, layout
            formats = av.Codec(encoder, "w").audio_formats
            context.format = formats[0].name if formats else "s16"
            context.time_base = Fraction(1, rate)
            context.open()
        except (av.FFmpegError, ValueError):
            return "stereo"
    return layout
