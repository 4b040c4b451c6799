"""UnfinishedRecording: what is whole in a recording that was interrupted, to go on from there."""

import logging
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import av
from av import Packet, VideoStream
from av.bitstream import BitStreamFilterContext

from livestyle.demuxing import demuxed, open_media
from livestyle.errors import SinkError
from livestyle.sinks.formats import TS_BEGINS_S

if TYPE_CHECKING:
    VideoPacket: TypeAlias = Packet[VideoStream]

_log = logging.getLogger(__name__)

_PARAMETER_SETS = {
    "h264": "h264_mp4toannexb,filter_units=remove_types=7-8",
    "hevc": "hevc_mp4toannexb,filter_units=remove_types=32-34",
}
"""Files keep these apart from the pictures, and an encoder gives them anew: by codec, FFmpeg's
filters that bring packets to the form in which encoders give them."""

_START_CODE = b"\0\0\1"


class UnfinishedRecording:
    """The partial file of an interrupted recording, up to its last key frame.

    What comes from there on is left out: the encoder begins anew with a key frame.

    Attributes:
        path: of the file.
        frames: how many are whole.
        size: (width, height).
        next_s: when the first frame that is missing was shown, in seconds after the beginning.
    """

    def __init__(self, path: Path) -> None:
        """Looks through the file.

        Raises:
            SinkError: nothing in it can be read, or no part of it is whole.
        """
        self.path = path
        try:
            with open_media(path) as container:
                stream = container.streams.video[0]
                self.size = stream.width, stream.height
                self._codec = stream.codec_context.codec.canonical_name
                self._time_base = stream.time_base or Fraction(1, 1000)
                is_stream = container.format.name == "mpegts"
                self._begins = round(TS_BEGINS_S / self._time_base) if is_stream else 0
                self._extradata = stream.codec_context.extradata or b""
                packets = [
                    (packet.pts, packet.is_keyframe)
                    for packet in demuxed(container, stream, on_error=_note)
                    if packet.pts is not None
                ]
        except (av.FFmpegError, OSError, IndexError) as error:
            raise SinkError(f"{path} holds nothing to go on from ({error}).") from error
        keys = [
            index
            for index, (pts, is_key) in enumerate(packets)
            if is_key and all(before < pts for before, _ in packets[max(0, index - 32) : index])
        ]
        self.frames = keys[-1] if keys else 0
        if not self.frames:
            raise SinkError(f"{path} holds less than two key frames: too little to go on from.")
        self.next_s = float((packets[self.frames][0] - self._begins) * self._time_base)

    def fits(self, codec: str, size: tuple[int, int], extradata: bytes) -> bool:
        """Whether an encoder goes on as this began.

        Args:
            codec: FFmpeg's name of what it makes.
            size: (width, height) of its pictures.
            extradata: what it announces of them.
        """
        parts = [part.rstrip(b"\0") for part in extradata.split(_START_CODE)]
        return (codec, size) == (self._codec, self.size) and all(
            part in self._extradata for part in parts
        )

    def packets(self) -> "Iterator[VideoPacket]":
        """The packets of all frames that are whole, in the form in which encoders give them."""
        with open_media(self.path) as container:
            stream = container.streams.video[0]
            is_apart = self._extradata.startswith(b"\x01")
            filters = _PARAMETER_SETS.get(self._codec) if is_apart else None
            filtered = BitStreamFilterContext(filters, stream) if filters else None
            count = 0
            for packet in demuxed(container, stream, on_error=_note):
                if packet.pts is None:
                    continue
                if count == self.frames:
                    return
                count += 1
                packet.pts -= self._begins
                packet.dts = None if packet.dts is None else packet.dts - self._begins
                yield from filtered.filter(packet) if filtered else [packet]


def unfinished(target: Path) -> list[UnfinishedRecording]:
    """The interrupted recordings to a target, the longest first."""
    name = re.compile(re.escape(target.name) + r"\.partial(-\d+)?")
    found = []
    for path in target.parent.iterdir() if target.parent.is_dir() else ():
        if name.fullmatch(path.name) and path.is_file():
            try:
                found.append(UnfinishedRecording(path))
            except SinkError as error:
                _log.debug("%s", error)
    return sorted(found, key=lambda recording: -recording.frames)


def _note(error: Exception) -> None:
    _log.debug("broken part: %s", error)
