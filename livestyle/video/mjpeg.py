"""Motion JPEG over HTTP, as network cameras and mjpg-streamer send it: one JPEG after another."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.parse import unquote, urlsplit, urlunsplit

from livestyle.errors import SourceError
from livestyle.picture import MAX_PIXELS

MAX_JPEG_BYTES = 32 * 1024 * 1024

_START = b"\xff\xd8\xff"
_SCAN, _END, _NEW_START = 0xDA, 0xD9, 0xD8
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""In coded data FF is followed by 00, a restart marker or, as padding, by another FF."""


class JpegSplitter:
    """Cuts a byte stream into whole JPEGs by walking their segments.

    What stands between them (boundaries, headers, right or wrong) does not matter; the
    thumbnails that cameras put inside do not deceive it, and half a JPEG is left out.

    Attributes:
        broken: how many were left out.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._buffer = bytearray()
        self._restart()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The JPEGs that `data` completes.

        Raises:
            SourceError: one is larger than `MAX_JPEG_BYTES`.
        """
        self._buffer += data
        while (jpeg := self._cut()) is not None:
            yield jpeg
        if len(self._buffer) > MAX_JPEG_BYTES:
            raise SourceError(
                f"The stream sends a JPEG of more than {MAX_JPEG_BYTES >> 20} MB. "
                "Is it a picture stream?"
            )

    def _restart(self, skip: int = 0) -> None:
        del self._buffer[:skip]
        self._at = 0
        self._in_scan = False

    def _cut(self) -> bytes | None:
        """Takes the first whole JPEG out of the buffer; None when more data is needed."""
        while True:
            if self._at == 0:
                start = self._buffer.find(_START)
                if start < 0:
                    self._restart(max(0, len(self._buffer) - len(_START) + 1))
                    return None
                self._restart(start)
                self._at = 2
            end = self._walk()
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


def _pixel_count(buffer: bytearray, at: int) -> int:
    height = int.from_bytes(buffer[at + 5 : at + 7], "big")
    return height * int.from_bytes(buffer[at + 7 : at + 9], "big")


def open_http(url: str, timeout_s: float) -> HTTPResponse:
    """Opens an address; user and password in it are sent only where the server asks.

    Args:
        url: http or https; it stays with these two wherever the server redirects to.
        timeout_s: for connecting and for each wait for data.

    Raises:
        SourceError: not reached, or refused by the server.
    """
    parts = urlsplit(url)
    address = without_password(url)
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        passwords.add_password(None, address, user, password)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPBasicAuthHandler(passwords),
        urllib.request.HTTPDigestAuthHandler(passwords),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    try:
        return cast(HTTPResponse, opener.open(address, timeout=timeout_s))
    except urllib.error.HTTPError as error:
        error.close()
        raise SourceError(f"{address} answers {error.code} {error.reason}.") from error
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise SourceError(
            f"{address} cannot be reached: {reason}. Is the address right, and the camera on?"
        ) from error


def without_password(url: str) -> str:
    """The address as it may be shown and logged."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
