"""What every source promises, over every source there is."""

import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from cameras import Answer, FakeCapture
from media import jpeg, make_clip, plain
from opened import Opened, read_one
from PIL import Image
from servers import HttpServer, RtspServer, Server, mjpeg, part

from livestyle.frame import Frame
from livestyle.protocols import FrameSource
from livestyle.sources.animation import AnimatedPicture
from livestyle.sources.camera import Camera
from livestyle.sources.demo import Demo
from livestyle.sources.file import VideoFile
from livestyle.sources.loop import Loop
from livestyle.sources.reconnect import Reconnecting
from livestyle.sources.stream import NetworkStream

RED = (250, 10, 10)
SIZE = (64, 48)


def red(_: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return plain(size, RED)


def demo(opened: Opened, tmp_path: Path) -> FrameSource:
    return Demo(SIZE, 100.0)


def file(opened: Opened, tmp_path: Path) -> FrameSource:
    return VideoFile(make_clip(tmp_path / "red.mp4", frames=8, size=SIZE, picture=red))


def animation(opened: Opened, tmp_path: Path) -> FrameSource:
    pictures = [Image.fromarray(red(n)) for n in range(8)]
    for n, each in enumerate(pictures):
        each.putpixel((0, 0), (n, 0, 0))  # or they are taken for one
    pictures[0].save(
        tmp_path / "red.webp", save_all=True, append_images=pictures[1:], duration=40, lossless=True
    )
    return AnimatedPicture(tmp_path / "red.webp")


def mjpeg_stream(opened: Opened, tmp_path: Path) -> FrameSource:
    server = opened.server(HttpServer(mjpeg(red)))
    return NetworkStream(server.url)


def http_video(opened: Opened, tmp_path: Path) -> FrameSource:
    clip = make_clip(tmp_path / "red.mkv", frames=60, size=SIZE, fps=100, picture=red).read_bytes()
    server = opened.server(
        HttpServer(lambda _: [clip], "video/x-matroska", headers={"Content-Length": str(len(clip))})
    )
    return NetworkStream(server.url)


def rtsp(opened: Opened, tmp_path: Path) -> FrameSource:
    return NetworkStream(opened.server(RtspServer(red)).url)


def camera(opened: Opened, tmp_path: Path) -> FrameSource:
    return Camera(0, open_capture=lambda _: opened.capture(FakeCapture()))


def reconnecting(opened: Opened, tmp_path: Path) -> FrameSource:
    return Reconnecting("camera 0", lambda cancel: camera(opened, tmp_path))


def looped_file(opened: Opened, tmp_path: Path) -> FrameSource:
    clip = make_clip(tmp_path / "red.mp4", frames=3, size=SIZE, picture=red)
    return Loop(lambda: VideoFile(clip))


Make = Callable[[Opened, Path], FrameSource]
LIVE: list[Make] = [demo, mjpeg_stream, http_video, rtsp, camera, reconnecting]
FILES: list[Make] = [file, animation, looped_file]
EVERY = [*LIVE, *FILES]


@pytest.mark.parametrize("make", EVERY)
def test_frames_are_rgb_in_order_and_of_the_size_announced(
    make: Make, opened: Opened, tmp_path: Path
) -> None:
    source = opened.source(make(opened, tmp_path))
    frames = [read_one(source) for _ in range(5)]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert all(before.pts_s < after.pts_s for before, after in pairwise(frames))
    assert all(before.captured_s < after.captured_s for before, after in pairwise(frames))
    for frame in frames:
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.shape == (SIZE[1], SIZE[0], 3)
        assert frame.pixels.flags.c_contiguous
        assert frame.size == source.size
        assert frame.style is None


@pytest.mark.parametrize("make", [make for make in EVERY if make is not demo])
def test_a_red_scene_is_red(make: Make, opened: Opened, tmp_path: Path) -> None:
    frame = read_one(opened.source(make(opened, tmp_path)))
    red_green_blue = frame.pixels.mean(axis=(0, 1))
    assert red_green_blue[0] > 235
    assert red_green_blue[1:].max() < 20


@pytest.mark.parametrize("make", EVERY)
def test_frames_already_given_do_not_change(make: Make, opened: Opened, tmp_path: Path) -> None:
    source = opened.source(make(opened, tmp_path))
    first = read_one(source)
    kept = first.pixels.copy()
    for _ in range(3):
        source.read()
    source.close()
    assert np.array_equal(first.pixels, kept)


@pytest.mark.parametrize("make", EVERY)
def test_describes_itself(make: Make, opened: Opened, tmp_path: Path) -> None:
    source = opened.source(make(opened, tmp_path))
    assert source.is_live is (make not in FILES)
    assert source.name
    assert source.size == SIZE
    assert source.fps >= 0
    assert source.reconnects == 0
    assert source.status == ""


@pytest.mark.parametrize("make", EVERY)
def test_after_close_there_is_nothing_and_closing_twice_is_fine(
    make: Make, opened: Opened, tmp_path: Path
) -> None:
    source = opened.source(make(opened, tmp_path))
    source.read()
    source.close()
    source.close()
    assert source.read() is None


def waiting_demo(opened: Opened) -> FrameSource:
    return Demo(SIZE, 0.01)


def silent_mjpeg(opened: Opened) -> FrameSource:
    def script(server: Server) -> Iterator[bytes]:
        yield from [part(jpeg(red(0)))] * 2
        server.closing.wait()

    return NetworkStream(opened.server(HttpServer(script)).url, stall_timeout_s=30)


def hanging_camera(opened: Opened) -> FrameSource:
    def script(capture: FakeCapture, index: int) -> Answer:
        return capture.red(index) if index < 2 else capture.hang()

    capture = opened.capture(FakeCapture(script))
    return Camera(0, stall_timeout_s=30, open_capture=lambda _: capture)


def waiting_for_its_camera(opened: Opened) -> FrameSource:
    cameras = [FakeCapture(lambda capture, index: (index < 2, capture.red(index)[1]))]

    def open_again(cancel: threading.Event) -> Camera:
        return Camera(0, open_capture=lambda _: cameras.pop())

    return Reconnecting("camera 0", open_again, first_wait_s=30)


def opening_its_camera_again(opened: Opened) -> FrameSource:
    broken = opened.capture(FakeCapture(lambda capture, index: (index < 2, capture.red(index)[1])))
    silent = opened.capture(FakeCapture(lambda capture, index: capture.hang()))
    cameras = [silent, broken]

    def open_again(cancel: threading.Event) -> Camera:
        return Camera(0, cancel=cancel, open_capture=lambda _: cameras.pop())

    return Reconnecting("camera 0", open_again, first_wait_s=0.01)


@pytest.mark.parametrize(
    "make",
    [waiting_demo, silent_mjpeg, hanging_camera, waiting_for_its_camera, opening_its_camera_again],
)
def test_close_from_another_thread_ends_a_waiting_read(
    make: Callable[..., FrameSource], opened: Opened, tmp_path: Path
) -> None:
    source = opened.source(make(opened))
    got: list[Frame | None] = []

    def read_on() -> None:
        while (frame := source.read()) is not None:
            got.append(frame)
        got.append(None)

    reader = threading.Thread(target=read_on, daemon=True)
    reader.start()
    time.sleep(0.5)  # Time enough to come to where nothing more arrives.
    assert reader.is_alive()
    source.close()
    reader.join(0.5)
    assert not reader.is_alive()
    assert got[-1] is None
