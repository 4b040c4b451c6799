"""Small HTTP and RTSP servers on loopback that send what a test tells them to, faults included."""

import base64
import itertools
import re
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from http.server import BaseHTTPRequestHandler
from typing import Any

import av
from media import Picture, jpeg

Script = Callable[["Server"], Iterable[bytes]]


class Server:
    """Serves every connection in a thread of its own until `close`."""

    def __init__(self, handler: type[socketserver.BaseRequestHandler], port: int = 0) -> None:
        server = self
        self.closing = threading.Event()
        self.requests = 0
        self._connections: set[socket.socket] = set()

        class Tcp(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            home = server

            def process_request(self, request: Any, address: Any) -> None:
                server.requests += 1
                server._connections.add(request)
                super().process_request(request, address)

            def handle_error(self, request: Any, address: Any) -> None:
                """Clients may go whenever they like."""

        self._tcp = Tcp(("127.0.0.1", port), handler)
        self.port = self._tcp.server_address[1]
        self._thread = threading.Thread(target=self._tcp.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        """Cuts all connections and frees the port."""
        self.closing.set()
        self._tcp.shutdown()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._tcp.server_close()
        self._thread.join()


class HttpServer(Server):
    """Answers every GET with what `script` yields."""

    def __init__(
        self,
        script: Script,
        content_type: str = "multipart/x-mixed-replace; boundary=frame",
        port: int = 0,
        status: int = 200,
        headers: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked_with = dict(self.headers)
                self.send_response(status)
                if content_type:
                    self.send_header("Content-Type", content_type)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                for data in script(server):
                    self.wfile.write(data)

            def log_message(self, *arguments: object) -> None:
                """Tests have nothing to say here."""

        class TlsHandler(Handler):
            def setup(self) -> None:
                assert tls
                self.request = tls.wrap_socket(self.request, server_side=True)
                super().setup()

        self.asked_with: dict[str, str] = {}
        super().__init__(Handler if tls is None else TlsHandler, port)
        self.url = f"http://127.0.0.1:{self.port}/"


class FileServer(Server):
    """Answers every GET with one file, with parts of it where a client asks for them."""

    def __init__(self, data: bytes, content_type: str, *, serves_parts: bool) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
                first, last = 0, len(data) - 1
                if wanted and serves_parts:
                    first, last = int(wanted[1]), int(wanted[2] or last)
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                else:
                    self.send_response(200)
                if serves_parts:
                    self.send_header("Accept-Ranges", "bytes")
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(last + 1 - first))
                self.end_headers()
                self.wfile.write(data[first : last + 1])

            def log_message(self, *arguments: object) -> None:
                """Tests have nothing to say here."""

        super().__init__(Handler)
        self.url = f"http://127.0.0.1:{self.port}/"


def part(data: bytes) -> bytes:
    """One part of a multipart answer, as most cameras send it."""
    return (
        b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "
        + str(len(data)).encode() + b"\r\n\r\n" + data + b"\r\n"
    )  # fmt: skip


def mjpeg(
    picture: Callable[[int], Picture], fps: float = 100.0, frames: int | None = None
) -> Script:
    """A motion JPEG stream of `frames` pictures, or for ever."""

    def script(server: Server) -> Iterator[bytes]:
        for index in itertools.count() if frames is None else range(frames):
            yield part(jpeg(picture(index)))
            if server.closing.wait(1 / fps):
                return

    return script


class RtspServer(Server):
    """Plays H.264 over RTSP, interleaved in the one TCP connection; pictures up to 64x48 or so.

    One that is `udp_only` sends the pictures in datagrams, refuses TCP, and is busy for the next
    `busy` clients after that, as servers are that take their time to let go of a session.
    """

    def __init__(
        self,
        picture: Callable[[int], Picture],
        fps: float = 50.0,
        frames: int | None = None,
        port: int = 0,
        udp_only: bool = False,
        busy: int = 0,
    ) -> None:
        busy_left = 0

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                nonlocal busy_left
                while request := self._request():
                    number = re.search(rb"CSeq: *(\d+)", request)
                    assert number
                    answer = b"RTSP/1.0 200 OK\r\nCSeq: %s\r\nSession: 1\r\n" % number[1]
                    if request.startswith(b"DESCRIBE") and busy_left:
                        busy_left -= 1
                        self._refuse(b"503 Service Unavailable", number[1])
                    elif request.startswith(b"DESCRIBE"):
                        body = _sdp(picture(0))
                        answer += b"Content-Type: application/sdp\r\nContent-Length: %d\r\n" % len(
                            body
                        )
                        self.wfile.write(answer + b"\r\n" + body)
                    elif udp_only and b"RTP/AVP/TCP" in request:
                        busy_left = busy
                        self._refuse(b"461 Unsupported Transport", number[1])
                    elif ports := re.search(rb"client_port=(\d+)-\d+", request):
                        self._client = self.client_address[0], int(ports[1])
                        way = b"Transport: RTP/AVP/UDP;unicast;" + ports[0]
                        self.wfile.write(answer + way + b";server_port=6970-6971\r\n\r\n")
                    elif request.startswith(b"SETUP"):
                        way = b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
                        self.wfile.write(answer + way + b"\r\n")
                    else:
                        self.wfile.write(answer + b"Public: DESCRIBE, SETUP, PLAY\r\n\r\n")
                    if request.startswith(b"PLAY"):
                        self._play()
                        return

            def _refuse(self, status: bytes, number: bytes) -> None:
                self.wfile.write(b"RTSP/1.0 %s\r\nCSeq: %s\r\n\r\n" % (status, number))

            def _send(self, packet: bytes) -> None:
                if udp_only:
                    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                        line.sendto(packet, self._client)
                else:
                    self.wfile.write(b"$\0" + len(packet).to_bytes(2, "big") + packet)

            def _request(self) -> bytes:
                lines = []
                while (line := self.rfile.readline()).strip():
                    lines.append(line)
                return b"".join(lines)

            def _play(self) -> None:
                sequence = 0
                began_s = time.monotonic()
                for index, units in enumerate(_encoded(picture, frames)):
                    for unit in units:
                        last = unit is units[-1]
                        head = struct.pack(
                            ">BBHII", 0x80, 96 | last << 7, sequence & 0xFFFF,
                            int(index * 90000 / fps), 1,
                        )  # fmt: skip
                        self._send(head + unit)
                        sequence += 1
                    due_s = began_s + (index + 1) / fps - time.monotonic()
                    if self.server.home.closing.wait(max(0.0, due_s)):  # type: ignore[attr-defined]
                        return

        super().__init__(Handler, port)
        self.url = f"rtsp://127.0.0.1:{self.port}/stream"


def _encoded(picture: Callable[[int], Picture], frames: int | None) -> Iterator[list[bytes]]:
    """NAL units of each frame, every one of them a key frame."""
    height, width = picture(0).shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.framerate = Fraction(30)
    encoder.options = {"tune": "zerolatency", "preset": "ultrafast", "g": "1", "crf": "18"}
    for index in itertools.count() if frames is None else range(frames):
        frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24")
        for packet in encoder.encode(frame):
            yield [unit for unit in re.split(b"\0?\0\0\1", bytes(packet)) if unit]


def _sdp(first: Picture) -> bytes:
    units = next(_encoded(lambda _: first, 1))
    parameters = ",".join(base64.b64encode(u).decode() for u in units if u[0] & 31 in (7, 8))
    lines = [
        "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=test", "c=IN IP4 127.0.0.1", "t=0 0",
        "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000",
        f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={parameters}", "a=control:video",
    ]  # fmt: skip
    return "\r\n".join([*lines, ""]).encode()
