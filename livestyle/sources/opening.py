"""From what a person types after `--source` to the source that it means."""

import re
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from livestyle.errors import SourceError
from livestyle.images import MAX_PIXELS
from livestyle.protocols import FrameSource
from livestyle.sources.camera import Camera, camera_label
from livestyle.sources.demo import Demo
from livestyle.sources.reconnect import Reconnecting

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_SCHEMES = ("http", "https", "rtsp", "rtsps")


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is opened.

    Attributes:
        size: (width, height): asked of a camera, which may grant another; the demo's size;
            what the frames of files and streams are scaled to. None leaves it to the source.
        fps: asked of a camera; the demo's rate. Files and streams keep their own.
        reconnect: whether a camera or stream that is lost is waited for.
        open_timeout_s: limit for opening a camera or stream.
        stall_timeout_s: a camera or stream without a new picture for so long is lost.
        tls_verify: whether a server of https or rtsps has to prove who it is.
        ca_file: certificates (PEM) to trust instead of the system's.
        loop: a video file begins again at its end; refused for other sources.
    """

    size: tuple[int, int] | None = None
    fps: float | None = None
    reconnect: bool = True
    open_timeout_s: float = 10.0
    stall_timeout_s: float = 5.0
    tls_verify: bool = True
    ca_file: Path | None = None
    loop: bool = False


def open_source(spec: str | Path, options: SourceOptions = SourceOptions()) -> FrameSource:
    """Opens a camera, a video file, a network stream or the demo.

    Args:
        spec: a camera's index ("0") or path ("/dev/video0"), a file's path, an address of
            http, https, rtsp or rtsps, or "demo".
        options: size, rate and limits.

    Raises:
        SourceError: none of these, or it cannot be opened.
    """
    _check_size(options.size)
    spec = str(spec)
    if options.loop and not _is_file(spec):
        raise SourceError(f"Only a video file can be looped; {spec} is none.")
    if spec == "demo":
        return Demo(options.size or Demo.SIZE, options.fps or Demo.FPS)
    if spec.isdecimal():
        return _open_camera(int(spec), options)
    if spec.startswith("/dev/"):
        return _open_camera(spec, options)
    if scheme := _SCHEME.match(spec):
        return _open_address(spec, scheme[1].lower(), options)
    return _open_file(spec, options)


def _is_file(spec: str) -> bool:
    """Whether that means a video file, be it there or not."""
    is_device = spec.isdecimal() or spec.startswith("/dev/")
    return not (spec == "demo" or is_device or _SCHEME.match(spec))


def _open_camera(device: int | str, options: SourceOptions) -> FrameSource:
    def camera(cancel: threading.Event | None = None) -> FrameSource:
        return Camera(
            device,
            options.size,
            options.fps,
            options.open_timeout_s,
            options.stall_timeout_s,
            cancel,
        )

    return Reconnecting(camera_label(device), camera) if options.reconnect else camera()


def _open_address(url: str, scheme: str, options: SourceOptions) -> FrameSource:
    if scheme not in _SCHEMES:
        raise SourceError(
            f"Addresses of {scheme}:// are not opened, only those of {', '.join(_SCHEMES)}. "
            "A file is given by its path."
        )
    # Imported here because PyAV is needed for files and streams only.
    from livestyle.sources.stream import NetworkStream

    stream = partial(
        NetworkStream,
        url,
        options.size,
        options.open_timeout_s,
        options.stall_timeout_s,
        tls_verify=options.tls_verify,
        ca_file=options.ca_file,
    )
    return Reconnecting("the stream", stream) if options.reconnect else stream()


def _open_file(spec: str, options: SourceOptions) -> FrameSource:
    path = Path(spec).expanduser()
    if not path.exists():
        raise SourceError(
            f"There is no source {spec!r}: it is no camera (0, /dev/video0), no address "
            "(http://, rtsp://), not demo, and no file has that path."
        )
    from livestyle.sources.file import VideoFile
    from livestyle.sources.loop import Loop

    if options.loop:
        return Loop(lambda: VideoFile(path, options.size))
    return VideoFile(path, options.size)


def _check_size(size: tuple[int, int] | None) -> None:
    if size is not None and (min(size) < 1 or size[0] * size[1] > MAX_PIXELS):
        raise SourceError(
            f"A size of {size[0]}x{size[1]} is not possible: each side is at least 1, and "
            f"together they make at most {MAX_PIXELS // 1_000_000} million pixels."
        )
