"""Motion JPEG, as network cameras and mjpg-streamer send it: one picture after another."""

import re
import struct
from collections.abc import Iterator

from livestyle.errors import SourceError
from livestyle.images import MAX_PIXELS

MAX_JPEG_BYTES = 32 * 1024 * 1024

_PNG = b"\x89PNG\r\n\x1a\n"
_START = re.compile(rb"\xff\xd8\xff|" + re.escape(_PNG))
_SCAN, _END, _NEW_START = 0xDA, 0xD9, 0xD8
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In coded data FF is followed by 00, a restart marker or, as padding, by another FF."""


class JpegSplitter:
    """Cuts a byte stream into whole JPEGs, and PNGs, by walking their segments.

    What stands between them (boundaries, headers, right or wrong) does not matter; the
    thumbnails that cameras put inside do not deceive it, and half a picture is left out.

    Attributes:
        broken: how many were left out.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._buffer = bytearray()
        self._restart()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pictures that `data` completes.

        Raises:
            SourceError: one is larger than `MAX_JPEG_BYTES`.
        """
        self._buffer += data
        while (jpeg := self._cut()) is not None:
            yield jpeg
        if len(self._buffer) > MAX_JPEG_BYTES:
            raise SourceError(
                f"The stream sends a picture of more than {MAX_JPEG_BYTES >> 20} MB. "
                "Is it a picture stream?"
            )

    def _restart(self, skip: int = 0) -> None:
        del self._buffer[:skip]
        self._at = 0
        self._in_scan = False
        self._is_png = False

    def _cut(self) -> bytes | None:
        """Takes the first whole picture out of the buffer; None when more data is needed."""
        while True:
            if self._at == 0:
                start = _START.search(self._buffer)
                if start is None:
                    self._restart(max(0, len(self._buffer) - len(_PNG) + 1))
                    return None
                self._restart(start.start())
                self._is_png = self._buffer[0] == _PNG[0]
                self._at = len(_PNG) if self._is_png else 2
            end = self._walk_png() if self._is_png else self._walk()
            if end is None:
                return None
            if end > 0:
                jpeg = bytes(self._buffer[:end])
                self._restart(end)
                return jpeg
            self.broken += 1
            self._restart(2)

    def _walk(self) -> int | None:
        """Goes from segment to segment: where the JPEG ends, 0 if broken, None if unfinished."""
        buffer = self._buffer
        while True:
            if self._in_scan:
                found = _MARKER_IN_SCAN.search(buffer, self._at)
                if found is None:
                    self._at = max(self._at, len(buffer) - 1)
                    return None
                self._at, self._in_scan = found.start(), False
            if len(buffer) < self._at + 2:
                return None
            marker = buffer[self._at + 1]
            if marker == _END:
                return self._at + 2
            if buffer[self._at] != 0xFF or marker == _NEW_START:
                return 0
            if len(buffer) < self._at + 9:
                return None
            if marker in _SIZES and _pixel_count(buffer, self._at) > MAX_PIXELS:
                return 0
            self._at += 2 + int.from_bytes(buffer[self._at + 2 : self._at + 4], "big")
            self._in_scan = marker == _SCAN

    def _walk_png(self) -> int | None:
        """Goes from chunk to chunk; answers as `_walk` does."""
        buffer = self._buffer
        while len(buffer) >= self._at + 12:
            length, kind = struct.unpack_from(">I4s", buffer, self._at)
            is_first = self._at == len(_PNG)
            if (kind == b"IHDR") != is_first or length > MAX_JPEG_BYTES:
                return 0
            if is_first:
                if len(buffer) < self._at + 16:
                    return None
                width, height = struct.unpack_from(">II", buffer, self._at + 8)
                if width * height > MAX_PIXELS:
                    return 0
            elif kind == b"IEND":
                return self._at + 12
            self._at += 12 + length
        return None


def _pixel_count(buffer: bytearray, at: int) -> int:
    height = int.from_bytes(buffer[at + 5 : at + 7], "big")
    return height * int.from_bytes(buffer[at + 7 : at + 9], "big")


def is_picture_stream(head: bytes, content_type: str) -> bool:
    """Whether what begins with `head` is pictures one after another, in parts or bare."""
    parts = head.lstrip().startswith((b"--", b"Content-"))
    return parts or content_type.startswith("multipart/") or _START.match(head) is not None
