"""Network streams: motion JPEG over HTTP, and what FFmpeg plays over HTTP and RTSP."""

import logging
import socket
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import av

from livestyle.errors import SourceError
from livestyle.frame import Pixels
from livestyle.video.mjpeg import JpegSplitter, open_http, without_password
from livestyle.video.newest import NewestSource
from livestyle.video.pixels import FrameConverter, decode_jpeg, scaled

log = logging.getLogger(__name__)

_CHUNK_BYTES = 64 * 1024
_FFMPEG_OPTIONS = {"rtsp": {"rtsp_transport": "tcp", "fflags": "nobuffer"}}


class NetworkStream(NewestSource[bytes | av.VideoFrame]):
    """An address of http, https, rtsp or rtsps: the newest picture of what it sends."""

    def __init__(
        self,
        url: str,
        size: tuple[int, int] | None = None,
        open_timeout_s: float = 10.0,
        stall_timeout_s: float = 5.0,
        cancel: threading.Event | None = None,
    ) -> None:
        """Connects and waits for the first picture.

        Args:
            url: may hold user and password; they are not shown.
            size: (width, height) that frames are scaled to; None leaves them.
            open_timeout_s: limit for connecting.
            stall_timeout_s: limit without a new picture.
            cancel: gives up connecting when it is set.

        Raises:
            SourceError: not reached, refused, not video, or no picture in time.
        """
        super().__init__(without_password(url), stall_timeout_s)
        self._url = url
        self._scale_to = size
        self._open_timeout_s = open_timeout_s
        self._line: socket.socket | None = None
        self._convert = FrameConverter()
        self._start(open_timeout_s, cancel)

    def _produce(self) -> Generator[bytes | av.VideoFrame, None, None]:
        if urlsplit(self._url).scheme.lower() in ("rtsp", "rtsps"):
            yield from self._decoded(_FFMPEG_OPTIONS["rtsp"])
            raise SourceError(f"{self.name} was ended by the server.")
        with open_http(self._url, self._open_timeout_s) as response:
            kind = response.headers.get_content_type()
            if kind.startswith("multipart/"):
                yield from self._jpegs(response)
        if kind.split("/")[0] not in ("video", "application"):
            raise SourceError(f"{self.name} sends {kind}, which is not a video stream.")
        yield from self._decoded({}, paced=True)
        if response.length is None:
            raise SourceError(f"{self.name} was ended by the server.")

    def _jpegs(self, response: HTTPResponse) -> Generator[bytes, None, None]:
        """Whole JPEGs as they come in."""
        splitter = JpegSplitter()
        broken = 0
        self._hold_line(response)
        try:
            while data := response.read1(_CHUNK_BYTES):
                yield from splitter.feed(data)
                if splitter.broken > broken:
                    broken = splitter.broken
                    log.warning("%s: broken pictures left out so far: %d", self.name, broken)
        except (OSError, HTTPException, ValueError) as error:
            raise SourceError(f"{self.name} broke off: {error}.") from error
        finally:
            self._release_line()
        raise SourceError(f"{self.name} was closed by the server.")

    def _decoded(
        self, options: dict[str, str], paced: bool = False
    ) -> Generator[av.VideoFrame, None, None]:
        """Frames as FFmpeg decodes them; `paced` holds back those that come before their time."""
        limits = (self._open_timeout_s, self._stall_timeout_s)
        try:
            with av.open(
                self._url, options=options, timeout=limits, metadata_errors="replace"
            ) as container:
                stream = next(iter(container.streams.video), None)
                if stream is None:
                    raise SourceError(f"{self.name} has no video in it.")
                # Threads that decode whole frames side by side would each add a frame of delay.
                stream.thread_type = "SLICE"
                self.fps = float(stream.average_rate or stream.guessed_rate or 0)
                began_s: float | None = None
                for frame in container.decode(stream):
                    if paced and frame.time is not None:
                        now_s = time.perf_counter()
                        began_s = now_s - frame.time if began_s is None else began_s
                        if self._pause(began_s + frame.time - now_s):
                            return
                    yield frame
        except (av.FFmpegError, OSError) as error:
            # FFmpeg's whole message repeats the address, password and all.
            raise SourceError(f"{self.name} cannot be read: {error.strerror}.") from error

    def _pixels(self, item: bytes | av.VideoFrame) -> Pixels | None:
        pixels = decode_jpeg(item) if isinstance(item, bytes) else self._convert(item)
        return None if pixels is None else scaled(pixels, self._scale_to)

    def _hold_line(self, response: HTTPResponse) -> None:
        """Keeps a handle on the connection of its own, for `_interrupt`."""
        line = socket.fromfd(response.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        with self._changed:
            self._line = line

    def _release_line(self) -> None:
        with self._changed:
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def _interrupt(self) -> None:
        with self._changed:
            if self._line is not None:
                with suppress(OSError):
                    self._line.shutdown(socket.SHUT_RDWR)
