"""Which servers `livestyle cam` can read, and how soon: real ones on loopback, one after another.

    python benchmarks/streams.py [--livestyle PROGRAM] [--only WORDS]

FFmpeg and VLC send over HTTP, GStreamer over RTSP, Python's own server files; what is not
installed is left out (Debian: ffmpeg, vlc-bin, vlc-plugin-base, gir1.2-gst-rtsp-server-1.0,
python3-gi, gstreamer1.0-plugins-ugly). Prints for each: frames that were painted of the ten asked
for, seconds until the first one was there, exit code, and what was said of a failure.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LIMIT_S = 40.0
STARTS_S = 15.0
PICTURE = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=15"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-pix_fmt", "yuv420p"]
BOUNDARY = "7b3cc56e5f51db803f790dad720ed50a"
"""VLC's own."""

RTSP = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! x264enc "
    "tune=zerolatency speed-preset=ultrafast key-int-max=%s ! rtph264pay name=pay0 pt=96 )"
    % sys.argv[2]
)
factory.set_shared(True)
if sys.argv[3] == "udp":
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
GLib.MainLoop().run()
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one run; `first_s` is None when no frame came."""

    frames: int
    first_s: float | None
    code: int | str
    said: str


@contextmanager
def running(command: list[str], port: int, **options: object) -> Iterator[None]:
    """A server in a process of its own, from when it listens."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        **options,
    )  # fmt: skip
    try:
        deadline_s = time.monotonic() + STARTS_S
        while not is_listening(port):  # a connection to see it would be the one it takes
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"{command[0]} does not listen")
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def is_listening(port: int) -> bool:
    """Whether a program here waits for connections (Linux)."""
    tables = [Path("/proc/net", name).read_text().splitlines() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return any(row[3] == "0A" and row[1].endswith(f":{port:04X}") for row in rows)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def ffmpeg(format: str, codec: list[str], options: list[str] | None = None) -> Iterator[str]:
    """FFmpeg as a server for one client, once."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/live"
    command = ["ffmpeg", "-re", *PICTURE, *codec, "-f", format, *(options or []), "-listen", "1"]
    with running([*command, url], port):
        yield url


@contextmanager
def vlc(clip: Path, mux: str, mime: str) -> Iterator[str]:
    """VLC, which does not run as root, sending what is in the clip."""
    port = free_port()
    access = f"http{{mime={mime}}}" if mime else "http"
    output = f"#std{{access={access},mux={mux},dst=127.0.0.1:{port}/live}}"
    options: dict[str, object] = {"user": "nobody"} if os.geteuid() == 0 else {}
    command = ["cvlc", "-I", "dummy", "--loop", str(clip), "--sout", output, "--sout-keep"]
    with running(command, port, env={**os.environ, "HOME": str(clip.parent)}, **options):
        yield f"http://127.0.0.1:{port}/live"


@contextmanager
def gstreamer(key_frame_every: int, transport: str) -> Iterator[str]:
    port = free_port()
    with running(
        ["/usr/bin/python3", "-c", RTSP, str(port), str(key_frame_every), transport], port
    ):
        yield f"rtsp://127.0.0.1:{port}/live"


@contextmanager
def python_server(folder: Path, name: str) -> Iterator[str]:
    """`python -m http.server`, which serves no parts of files."""
    port = free_port()
    with running(
        [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(port)], port, cwd=folder
    ):
        yield f"http://127.0.0.1:{port}/{name}"


@contextmanager
def multipart(folder: Path, content_type: str) -> Iterator[str]:
    """Motion JPEG, called what the server likes to call it."""
    jpeg = (folder / "picture.jpg").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if content_type:
                self.send_header("Content-Type", content_type)
            self.end_headers()
            head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            try:
                while True:
                    self.wfile.write(head + jpeg + b"\r\n")
                    time.sleep(1 / 15)
            except OSError:
                """The client has what it wanted."""

        def log_message(self, *_: object) -> None:
            """The table says it all."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/video"
    server.shutdown()


def servers(folder: Path) -> dict[str, Callable[[], "contextmanager[str]"]]:
    """By name, what begins them."""
    found: dict[str, Callable[[], contextmanager[str]]] = {
        "ffmpeg -listen 1, mpegts": lambda: ffmpeg("mpegts", H264),
        "ffmpeg -listen 1, flv": lambda: ffmpeg("flv", H264),
        "ffmpeg -listen 1, mpjpeg": lambda: ffmpeg("mpjpeg", ["-c:v", "mjpeg"]),
        "ffmpeg -listen 1, matroska": lambda: ffmpeg("matroska", H264),
    }
    if shutil.which("cvlc"):
        jpegs = folder / "jpegs.avi"
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        found |= {
            "VLC, http ts": lambda: vlc(folder / "fast.mp4", "ts", ""),
            "VLC, http mpjpeg": lambda: vlc(jpegs, "mpjpeg", kind),
            "VLC, http mpjpeg without a type": lambda: vlc(jpegs, "mpjpeg", ""),
        }
    asked = "import gi; gi.require_version('GstRtspServer', '1.0')"
    if subprocess.run(["/usr/bin/python3", "-c", asked], capture_output=True).returncode == 0:
        found |= {
            "GStreamer RTSP, key frame in 1 s": lambda: gstreamer(15, "all"),
            "GStreamer RTSP, key frame in 10 s": lambda: gstreamer(150, "all"),
            "GStreamer RTSP, UDP only": lambda: gstreamer(15, "udp"),
            "GStreamer RTSP, UDP only, key frame in 10 s": lambda: gstreamer(150, "udp"),
        }
    files = {
        "mp4, index first": "fast.mp4",
        "mp4, index last": "last.mp4",
        "a single JPEG": "picture.jpg",
        "a folder of JPEGs": "pictures/",
    }
    for what, name in files.items():
        found[f"python -m http.server, {what}"] = lambda name=name: python_server(folder, name)
    kinds = ("multipart/x-mixed-replace; boundary=frame", "", "image/jpeg", "text/html")
    for kind in (*kinds, "binary/octet-stream"):
        found[f"multipart MJPEG as {kind or 'nothing'}"] = lambda kind=kind: multipart(folder, kind)
    return found


def make_files(folder: Path) -> None:
    """What the servers send; anybody may read it."""
    folder.chmod(0o777)
    make = ["ffmpeg", "-v", "error", "-y", *PICTURE]
    for name, flags in {"fast.mp4": ["-movflags", "faststart"], "last.mp4": []}.items():
        subprocess.run([*make, "-t", "6", *H264, *flags, folder / name], check=True)
    jpegs = ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]
    subprocess.run([*make, "-t", "6", *jpegs, folder / "jpegs.avi"], check=True)
    subprocess.run([*make, "-frames:v", "1", "-update", "1", folder / "picture.jpg"], check=True)
    (folder / "pictures").mkdir()
    for number in range(5):
        shutil.copy(folder / "picture.jpg", folder / "pictures" / f"{number}.jpg")


def tried(program: str, url: str, report: Path) -> Outcome:
    """Runs `livestyle cam` on an address as its user does."""
    command = [program, "cam", "--source", url, "--no-display", "--max-frames", "10"]
    began_s = time.monotonic()
    process = subprocess.Popen(
        [*command, "--style", "mosaic", "--report", str(report)], stderr=subprocess.PIPE, text=True
    )
    timer = threading.Timer(LIMIT_S, process.kill)
    timer.start()
    first_s, last = None, ""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Painting "):  # what is in the first frame is known by then
            first_s = time.monotonic() - began_s
        last = line.strip() or last
    code: int | str = process.wait()
    timer.cancel()
    if code == -9:
        code = f"none in {LIMIT_S:g} s"
    frames = json.loads(report.read_text())["frames"]["shown"] if report.is_file() else 0
    return Outcome(frames, first_s, code, "" if code == 0 else last)


def main() -> None:
    """Prints a row for each server."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--livestyle", default="livestyle", help="the program to try")
    parser.add_argument("--only", default="", help="servers with this in their name")
    options = parser.parse_args()
    print("| server | frames | first frame (s) | exit | said |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        for number, (server, start) in enumerate(servers(folder).items()):
            if options.only not in server:
                continue
            try:
                with start() as url:
                    done = tried(options.livestyle, url, folder / f"report-{number}.json")
            except RuntimeError as error:
                print(f"| {server} | | | | {error} |", flush=True)
                continue
            first = "" if done.first_s is None else f"{done.first_s:.1f}"
            print(f"| {server} | {done.frames} | {first} | {done.code} | {done.said} |", flush=True)


if __name__ == "__main__":
    main()
