"""Soundtrack: the sound of a file on its way into a recording of its pictures."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import av
from av import AudioStream, Packet, VideoStream
from av.container import InputContainer, OutputContainer

from livestyle.errors import SinkError
from livestyle.sinks.formats import Container

if TYPE_CHECKING:
    AnyPacket: TypeAlias = Packet[Any]
    SoundPacket: TypeAlias = Packet[AudioStream]

_log = logging.getLogger(__name__)

_SAME_PICTURE_S = 0.002
"""Containers round time stamps; pictures this near are the same one."""

_SOUND_BIT_RATE = 160_000


class Soundtrack:
    """Reads the first audio stream of a file and feeds it to a muxer in step with the pictures.

    Packets are copied where the container takes their codec, and encoded anew otherwise. Only
    what is due is read, so that the length of the file does not matter. Sound that is broken
    ends with a warning: it must not end the picture.
    """

    def __init__(self, path: Path, start_s: float | None, end_s: float | None) -> None:
        """Opens the file.

        Args:
            path: of the file whose pictures are recorded.
            start_s: sound before it is left out; seconds from where the file begins. None: all
                is wanted that goes with the pictures.
            end_s: sound from there on is left out; None: all is wanted.

        Raises:
            SinkError: it cannot be opened.
        """
        try:
            self._source: InputContainer = av.open(str(path.absolute()))
        except (av.FFmpegError, OSError) as error:
            raise SinkError(
                f"The sound of {path} cannot be read ({error.strerror}). Record without it."
            ) from error
        self._name = path.name
        audio, video = self._source.streams.audio, self._source.streams.video
        self._stream: AudioStream | None = audio[0] if audio else None
        # The cover of a music file is a stream of one picture, without a rate.
        self._pictures = [stream for stream in video[:1] if stream.average_rate]
        begins_s = max(0.0, (self._source.start_time or 0) / av.time_base)
        self._is_cut = start_s is not None and start_s > 0
        self._follows = start_s is None
        self._zero_s = begins_s + (start_s or 0.0)
        self._until_s = begins_s + end_s if end_s is not None else float("inf")
        self._seen_picture_s = -float("inf")
        self._target: AudioStream | None = None
        self._held: SoundPacket | None = None
        self._last_dts = -(2**62)

    def begin(self, picture_s: float) -> float:
        """Settles, for a first picture at this time, which time becomes zero, and returns it.

        That is where the file begins, or its start. But if no start was given and the first
        picture is not the file's own first one, the recording was switched on on the way: then
        picture and sound begin there.
        """
        first = self._pictures[0] if self._pictures else None
        if self._follows and first and first.start_time is not None and first.time_base:
            began_s = float(first.start_time * first.time_base)
            self._is_cut = picture_s > began_s + _SAME_PICTURE_S
            if self._is_cut:
                self._zero_s = picture_s
        self._zero_s = min(self._zero_s, picture_s)
        if self._is_cut:
            try:
                self._source.seek(int(self._zero_s * av.time_base))
            except av.FFmpegError as error:
                _log.debug("%s cannot seek: %s", self._name, error)
        return self._zero_s

    def attach(self, output: OutputContainer, container: Container) -> None:
        """Adds the sound to a recording, before its first packet.

        Args:
            output: the recording.
            container: what kind of file that is.
        """
        self._output = output
        self._container = container
        if self._stream is None:
            return
        self._packets = self._read()
        try:
            self._copies = self._stream.codec_context.name in container.sound_copied
            if self._copies:
                self._target = output.add_stream_from_template(self._stream)
            else:
                encoder = container.sound_encoder
                rate = 48_000 if encoder == "libopus" else min(48_000, self._stream.rate)
                target = cast(AudioStream, output.add_stream(encoder, rate=rate))
                target.codec_context.bit_rate = _SOUND_BIT_RATE
                target.codec_context.layout = "mono" if self._stream.channels == 1 else "stereo"
                self._target = target
        except (av.FFmpegError, ValueError) as error:
            self._give_up(error)

    def feed(self, time_s: float) -> None:
        """Passes on the sound that is due before a time in the source's clock."""
        while self._target is not None:
            packet = self._held or next(self._packets, None)
            self._held = None
            if packet is None:
                return
            if _time_s(packet) >= time_s:
                self._held = packet
                return
            self._pass_on(packet)

    def finish(self, picture_s: float, frame_s: float) -> None:
        """Passes on the rest.

        The sound stops with the last picture if the file has more of them (the recording was
        interrupted), and goes to its own end if not.

        Args:
            picture_s: when the last picture was due, in the source's clock.
            frame_s: how long it is shown.
        """
        if self._target is None:
            return
        self.feed(picture_s + frame_s)
        rest = [self._held] if self._held is not None else []
        self._held = None
        while self._seen_picture_s <= picture_s + _SAME_PICTURE_S:
            packet = next(self._packets, None)
            if packet is None:
                for late in rest:
                    self._pass_on(late)
                break
            rest.append(packet)
        if self._target is not None and not self._copies:
            self._output.mux(self._target.encode(None))

    def close(self) -> None:
        """Closes the file."""
        self._target = None
        self._source.close()

    def _read(self) -> "Iterator[SoundPacket]":
        """The packets of sound between start and end; takes note of the pictures passed by."""
        from_s = self._zero_s if self._is_cut else -float("inf")
        try:
            for packet in self._source.demux(self._stream, *self._pictures):
                if packet.pts is None:
                    continue
                time_s = _time_s(packet)
                if isinstance(packet.stream, VideoStream):
                    if time_s < self._until_s - _SAME_PICTURE_S:
                        self._seen_picture_s = max(self._seen_picture_s, time_s)
                elif time_s >= self._until_s:
                    return
                elif time_s >= from_s:
                    yield cast("SoundPacket", packet)
        except av.FFmpegError as error:
            self._warn(error)

    def _pass_on(self, packet: "SoundPacket") -> None:
        if self._target is None:
            return
        if self._copies:
            self._copy(packet)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError as error:
            _log.debug("%s: broken sound passed over: %s", self._name, error)
            return
        for frame in frames:
            if frame.pts is not None and frame.time_base:
                frame.pts -= round(self._zero_s / frame.time_base)
            self._output.mux(self._target.encode(frame))

    def _copy(self, packet: "SoundPacket") -> None:
        assert self._target is not None and packet.pts is not None
        shift = round(self._zero_s / packet.time_base)
        packet.pts -= shift
        is_lead_in = packet.pts < 0 and packet.pts + (packet.duration or 0) <= 0
        if is_lead_in and not self._container.has_edit_list:
            return  # it would push everything else back
        packet.dts = packet.pts if packet.dts is None else packet.dts - shift
        if packet.dts <= self._last_dts:
            return  # a muxer takes no step back in time
        self._last_dts = packet.dts
        packet.stream = self._target
        self._output.mux(packet)

    def _give_up(self, error: Exception) -> None:
        self._target = None
        self._warn(error)

    def _warn(self, error: Exception) -> None:
        _log.warning("The sound of %s cannot be kept from here on: %s", self._name, error)


def _time_s(packet: "AnyPacket") -> float:
    """When a packet is due, in its file's clock."""
    assert packet.pts is not None
    return float(packet.pts * packet.time_base)
