"""Network streams: motion JPEG over HTTP, and what FFmpeg plays over HTTP and RTSP."""

import logging
import ssl
import threading
import time
from collections.abc import Generator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from livestyle.errors import SourceError
from livestyle.frame import Pixels
from livestyle.rate_limit import RateLimit
from livestyle.resize import resized
from livestyle.sources.conversion import FrameConverter, decode_jpeg
from livestyle.sources.http_client import HttpBody, HttpClient, without_password
from livestyle.sources.latest_frame import LatestFrameSource
from livestyle.sources.mjpeg import JpegSplitter, is_picture_stream

log = logging.getLogger(__name__)

_HEAD_BYTES = 64
_PROBE = {"analyzeduration": "1000000"}
"""FFmpeg looks at a live stream for a second, not for five, before it gives the first frame."""
_FORMATS = (
    "mpegts,flv,mov,matroska,webm,avi,ogg,mpeg,h264,hevc,m4v,mjpeg,asf,gif,ivf,nut,obu,aac,mp3"
)
"""No format that names further files, as FFmpeg's concat does."""
_HLS = {"http_persistent": "0", "http_multiple": "0"}
_BURST_S = 5.0
"""So much of what a live server had in store is caught up with; more is held back."""
_FILE_FPS = 25.0
_INDEX_LAST = (
    "If its index comes last, the server has to serve parts of files; "
    "ffmpeg -movflags +faststart puts it first."
)
_TRANSPORTS = (("tcp", 0.0), ("udp", 0.0), ("udp", 0.5))
"""What RTSP is tried over, after how long; the last for servers that are slow to let go of the
session that was tried first, and answer 503 until then."""
_NO_UDP = (av.error.ConnectionRefusedError, av.error.HTTPClientError, av.error.TimeoutError)
"""What would fail by UDP in the same way."""


class NetworkStream(LatestFrameSource[bytes | av.VideoFrame]):
    """An address of http, https, rtsp or rtsps: the newest picture of what it sends."""

    def __init__(
        self,
        url: str,
        size: tuple[int, int] | None = None,
        open_timeout_s: float = 10.0,
        stall_timeout_s: float = 5.0,
        cancel: threading.Event | None = None,
        tls_verify: bool = True,
        ca_file: Path | None = None,
    ) -> None:
        """Connects and waits for the first picture.

        Args:
            url: may hold user and password; they are not shown.
            size: (width, height) that frames are scaled to; None leaves them.
            open_timeout_s: limit for connecting.
            stall_timeout_s: limit without a new picture.
            cancel: gives up connecting when it is set.
            tls_verify: whether a server of https or rtsps has to prove who it is.
            ca_file: certificates (PEM) to trust instead of the system's.

        Raises:
            SourceError: not reached, not trusted, refused, not video, or no picture in time.
        """
        super().__init__(without_password(url), stall_timeout_s)
        self._url = url
        self._scale_to = size
        self._open_timeout_s = open_timeout_s
        self._tls_verify, self._ca_file = tls_verify, ca_file
        self._http: HttpClient | None = None
        self._convert = FrameConverter()
        self._broken = RateLimit()
        try:
            scheme = urlsplit(url).scheme.lower()
            urlsplit(url).port  # noqa: B018 raises
        except ValueError:
            raise SourceError(
                f"The address {self.name} is not valid. Signs like / # ? @ in a password are "
                "written as %2F %23 %3F %40."
            ) from None
        if scheme in ("http", "https"):
            self._http = HttpClient(url, open_timeout_s, tls_verify, ca_file)
        self._start(open_timeout_s, cancel)

    def _produce(self) -> Generator[bytes | av.VideoFrame, None, None]:
        if self._http is None:
            yield from self._rtsp()
        else:
            with closing(self._http):
                yield from self._answer(self._http, self._http.open())

    def _rtsp(self) -> Generator[av.VideoFrame, None, None]:
        """Over TCP, which loses nothing, or where that is not served over UDP."""
        causes: dict[str, str] = {}
        for transport, after_s in _TRANSPORTS:
            if self._pause(after_s):
                return
            try:
                container = self._open_rtsp(transport)
            except (av.FFmpegError, OSError) as error:
                causes[transport] = error.strerror or type(error).__name__
                if isinstance(error, _NO_UDP):
                    break
                continue
            try:
                with container:
                    yield from self._frames(container)
            except (av.FFmpegError, OSError) as error:
                raise SourceError(f"{self.name} broke off: {error.strerror}.") from None
            raise SourceError(f"{self.name} was ended by the server.")
        named = [f"over {way.upper()}: {cause}" for way, cause in causes.items()]
        raise SourceError(f"{self.name} cannot be read {'; '.join(named)}.")

    def _open_rtsp(self, transport: str) -> InputContainer:
        options = {**_PROBE, "rtsp_transport": transport, "tls_verify": str(int(self._tls_verify))}
        if ca_file := self._ca_file or ssl.get_default_verify_paths().cafile:
            options["ca_file"] = str(ca_file)
        limits = (self._open_timeout_s / 2, self._stall_timeout_s)
        return av.open(self._url, options=options, timeout=limits, metadata_errors="replace")

    def _answer(
        self, client: HttpClient, body: HttpBody
    ) -> Generator[bytes | av.VideoFrame, None, None]:
        """Pictures of what a server sends, whatever it calls it."""
        head = body.peek(_HEAD_BYTES)
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if is_picture_stream(head, body.content_type):
            yield from self._pictures(body)
        elif text.startswith(b"<"):
            raise SourceError(
                f"{self.name} sends {body.content_type}, which is not a video stream."
            )
        else:
            yield from self._decoded(client, body, is_playlist=text.startswith(b"#EXTM3U"))

    def _pictures(self, body: HttpBody) -> Generator[bytes, None, None]:
        """Whole JPEGs and PNGs as they come in."""
        pictures = self._split(body)
        if not body.is_finite or body.content_type.startswith("multipart/"):
            yield from pictures
            raise SourceError(self._ended(body))
        first, second = next(pictures, None), next(pictures, None)
        if first is not None and second is None:
            raise SourceError(f"{self.name} sends a single picture, not a stream.")
        for picture in filter(None, chain((first, second), pictures)):
            yield picture
            if self._pause(1 / _FILE_FPS):
                return
        self._warn_if_cut_short(body)

    def _split(self, body: HttpBody) -> Generator[bytes, None, None]:
        splitter = JpegSplitter()
        broken = 0
        while data := body.read():
            yield from splitter.feed(data)
            self._count_broken(splitter.broken - broken)
            broken = splitter.broken

    def _decoded(
        self, client: HttpClient, body: HttpBody, is_playlist: bool
    ) -> Generator[av.VideoFrame, None, None]:
        """Frames as FFmpeg decodes them; returns at the end of a file, not of a live stream."""
        is_file, began = False, False
        is_mp4 = body.peek(8)[4:] == b"ftyp" and body.is_finite and not body.seekable()
        hint = f" {_INDEX_LAST}" if is_mp4 else ""
        try:
            with av.open(
                body,
                format="hls" if is_playlist else None,
                options=_HLS if is_playlist else {**_PROBE, "format_whitelist": _FORMATS},
                timeout=(self._open_timeout_s, self._stall_timeout_s),
                metadata_errors="replace",
                io_open=client.open_for_ffmpeg,
            ) as opened:
                container = cast(InputContainer, opened)
                finite = body.is_finite and not is_playlist
                is_file = finite or bool(container.duration)
                ahead_s = 0.0 if is_file or is_playlist else _BURST_S
                for frame in self._frames(container, ahead_s):
                    began = True
                    yield frame
        except (av.FFmpegError, OSError) as error:
            if not (began and is_file):
                reason = body.failure or error.strerror
                raise SourceError(f"{self.name} cannot be read: {reason}.{hint}") from None
            log.debug("%s: reading ended: %s", self.name, error.strerror)
        if not is_file:
            raise SourceError(self._ended(body))
        self._warn_if_cut_short(body)

    def _frames(
        self, container: InputContainer, ahead_s: float | None = None
    ) -> Generator[av.VideoFrame, None, None]:
        """Decodes; holds back frames that come more than `ahead_s` before their time."""
        stream = next(iter(container.streams.video), None)
        if stream is None:
            raise SourceError(f"{self.name} has no video in it.")
        # Threads that decode whole frames side by side would each add a frame of delay.
        stream.thread_type = "SLICE"
        self.fps = float(stream.average_rate or stream.guessed_rate or 0)
        began_s: float | None = None
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                self._count_broken(1)
                continue
            for frame in frames:
                if ahead_s is not None and frame.time is not None:
                    now_s = time.perf_counter()
                    began_s = now_s - frame.time - ahead_s if began_s is None else began_s
                    if self._pause(began_s + frame.time - now_s):
                        return
                yield frame

    def _pixels(self, item: bytes | av.VideoFrame) -> Pixels | None:
        pixels = decode_jpeg(item) if isinstance(item, bytes) else self._convert(item)
        if pixels is None:
            self._count_broken(1)
            return None
        return resized(pixels, self._scale_to)

    def _count_broken(self, count: int) -> None:
        if told := self._broken.add(count):
            log.warning("%s: broken pictures left out: %d", self.name, told)

    def _ended(self, body: HttpBody) -> str:
        if body.failure:
            return f"{self.name} broke off: {body.failure}."
        return f"{self.name} was closed by the server."

    def _warn_if_cut_short(self, body: HttpBody) -> None:
        if body.failure and not self._closed:
            log.warning("%s is cut short: %s.", self.name, body.failure)

    def _interrupt(self) -> None:
        if self._http is not None:
            self._http.shutdown()
