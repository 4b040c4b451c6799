"""Soundtrack: sound, subtitles and titles of a file on their way to a recording of its pictures."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import av
from av import Packet, VideoStream
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from livestyle.demuxing import can_restart, demuxed, open_media, origin_s, time_s
from livestyle.errors import SinkError
from livestyle.sinks.formats import Container, RecordOptions
from livestyle.sinks.titles import add_titles
from livestyle.sinks.tracks import CopiedTrack, EncodedSubtitles, EncodedTrack, codec_of

if TYPE_CHECKING:
    AnyPacket: TypeAlias = Packet[Any]

_log = logging.getLogger(__name__)

_SAME_PICTURE_S = 0.002
"""Containers round time stamps; pictures this near are the same one."""

Track: TypeAlias = CopiedTrack | EncodedTrack | EncodedSubtitles

_FAILURES = (av.FFmpegError, ValueError, IndexError)


class Soundtrack:
    """Reads all that is not video in a file and feeds it to a muxer in step with the pictures.

    Packets are copied where the container takes their codec; other sound is encoded anew, other
    subtitles of text are rewritten, and those that are pictures are left out with a warning. Only
    what is due is read, so that the length of the file does not matter. A track that is broken
    ends with a warning: it must not end the picture.

    Attributes:
        covers: JPEG or PNG, what an MP4 is to have when it is finished.
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
            self._source: InputContainer = open_media(path)
            if not all(stream.rate for stream in self._source.streams.audio):
                self._source.close()
                self._source = open_media(path, search_on=True)
        except (av.FFmpegError, OSError) as error:
            raise SinkError(
                f"The sound of {path} cannot be read ({error.strerror}). Record without it."
            ) from error
        self._path, self._name = path, path.name
        self.covers: list[bytes] = []
        streams = self._source.streams
        # The cover of a music file is a stream of one picture.
        self._pictures = [
            stream
            for stream in streams.video
            if not stream.disposition & Disposition.attached_pic and stream.average_rate
        ][:1]
        self._streams: list[Stream] = [*streams.audio, *streams.subtitles]
        begins_s = origin_s(self._source)
        self._is_cut = start_s is not None and start_s > 0
        self._follows = start_s is None
        self._zero_s = begins_s + (start_s or 0.0)
        self._until_s = begins_s + end_s if end_s is not None else float("inf")
        self._seen_picture_s = -float("inf")
        self._tracks: dict[int, Track] = {}
        self._held: AnyPacket | None = None

    @property
    def has_subtitles(self) -> bool:
        """Whether there are subtitles in the file."""
        return any(stream.type == "subtitle" for stream in self._streams)

    def begin(self, picture_s: float, step_s: float = 0.0) -> float:
        """Settles, for a first picture at this time, which time becomes zero, and returns it.

        That is where the file begins, or its start. But if no start was given and the first
        picture is not the file's own first one, the recording was switched on on the way: then
        picture and sound begin there.

        Args:
            picture_s: when the first picture is due, in the source's clock.
            step_s: of a recording that knows no other times than multiples of it; 0.0: it does.
                Then the first picture is at one.
        """
        first = self._pictures[0] if self._pictures else None
        if self._follows and first and first.start_time is not None and first.time_base:
            began_s = float(first.start_time * first.time_base)
            self._is_cut = picture_s > began_s + _SAME_PICTURE_S
            if self._is_cut:
                self._zero_s = picture_s
        self._zero_s = min(self._zero_s, picture_s)
        if step_s:
            self._zero_s = (
                picture_s - (picture_s - self._zero_s + _SAME_PICTURE_S) // step_s * step_s
            )
        if self._is_cut and not can_restart(self._source):
            try:
                self._source.seek(int(self._zero_s * av.time_base))
            except av.FFmpegError as error:
                _log.debug("%s cannot seek: %s", self._name, error)
        return self._zero_s

    def attach(self, output: OutputContainer, container: Container, options: RecordOptions) -> None:
        """Adds titles, chapters and tracks to a recording, before its first packet.

        Args:
            output: the recording.
            container: what kind of file that is.
            options: whether sound, which track of it, and subtitles are wanted.

        Raises:
            SinkError: there is no such track.
        """
        self._output = output
        audio = [stream for stream in self._streams if stream.type == "audio"]
        others = [stream for stream in self._streams if stream.type != "audio"]
        if options.audio_track is not None and options.audio:
            if options.audio_track > len(audio):
                raise SinkError(
                    f"{self._name} has no sound track {options.audio_track}; it has {len(audio)}."
                )
            audio = [audio[options.audio_track - 1]]
        self._streams = audio * options.audio + others * options.subtitles
        part_s = self._zero_s, self._until_s
        self.covers = add_titles(self._source, self._path, output, container, part_s)
        if container.is_picture:
            if options.audio and audio:
                _log.warning("%s: %s has no sound.", self._name, container.name)
            return
        for stream in self._streams:
            try:
                self._tracks[stream.index] = _track(stream, output, container)
            except _FAILURES as error:
                self._refuse(stream, container, error)
        self._packets = self._read()

    def feed(self, due_s: float) -> None:
        """Passes on what is due before a time in the source's clock."""
        while self._tracks:
            packet = self._held or next(self._packets, None)
            self._held = None
            if packet is None:
                return
            if (time_s(packet) or 0.0) >= due_s:
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
        if not self._tracks:
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
        for index, track in list(self._tracks.items()):
            try:
                track.finish()
            except _FAILURES as error:
                self._give_up(self._source.streams[index], error)

    def close(self) -> None:
        """Closes the file."""
        self._tracks = {}
        self._source.close()

    def _read(self) -> "Iterator[AnyPacket]":
        """The packets between start and end; takes note of the pictures passed by."""
        from_s = self._zero_s if self._is_cut else -float("inf")
        kept = [stream for stream in self._streams if stream.index in self._tracks]
        for packet in demuxed(self._source, *self._pictures, *kept, on_error=self._note):
            now_s = time_s(packet)
            if packet.pts is None or now_s is None:
                continue
            if isinstance(packet.stream, VideoStream):
                if now_s < self._until_s - _SAME_PICTURE_S:
                    self._seen_picture_s = max(self._seen_picture_s, now_s)
            elif from_s <= _last_s(packet, now_s) and now_s < self._until_s:
                yield packet
            elif now_s >= self._until_s and len(self._tracks) == 1:
                return

    def _pass_on(self, packet: "AnyPacket") -> None:
        track = self._tracks.get(packet.stream_index)
        if track is None:
            return
        stream = packet.stream
        try:
            track.write(packet, self._zero_s)
        except _FAILURES as error:
            self._give_up(stream, error)

    def _give_up(self, stream: Stream, error: Exception) -> None:
        del self._tracks[stream.index]
        self._warn(stream, error)

    def _refuse(self, stream: Stream, container: Container, error: Exception) -> None:
        what = "sound" if stream.type == "audio" else "subtitles"
        _log.warning(
            "%s: the %s (%s) cannot be kept in %s: %s.",
            self._name, what, codec_of(stream) or "unknown", container.name, error,
        )  # fmt: skip

    def _note(self, error: Exception) -> None:
        _log.debug("%s: broken part: %s", self._name, error)

    def _warn(self, stream: Stream, error: Exception) -> None:
        what = "sound" if stream.type == "audio" else "subtitles"
        _log.warning(
            "The %s of %s (track %d) cannot be kept from here on: %s. The picture goes on.",
            what, self._name, stream.index, error,
        )  # fmt: skip


def _last_s(packet: "AnyPacket", begins_s: float) -> float:
    """Until when a packet counts: a subtitle stands for a while, sound is there when it begins."""
    if packet.stream.type != "subtitle":
        return begins_s
    return begins_s + float((packet.duration or 0) * packet.time_base)


def _track(stream: Stream, output: OutputContainer, container: Container) -> Track:
    """A track for a stream.

    Raises:
        av.FFmpegError, ValueError: it cannot be kept.
    """
    codec = codec_of(stream)
    if isinstance(stream, av.AudioStream):
        if not stream.rate:
            raise ValueError("there is no telling what it is like")
        if codec in container.sound_copied:
            return CopiedTrack(stream, output, container)
        return EncodedTrack(stream, output, container)
    if codec in container.subtitles_copied:
        return CopiedTrack(stream, output, container)
    if not container.subtitles_encoder or not isinstance(stream, SubtitleStream):
        raise ValueError("it has no place for them")
    return EncodedSubtitles(stream, output, container)
