"""Cameras: what is asked and granted, and those that block, lie or go away."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from cameras import Answer, FakeCapture
from opened import Opened, read_one

from livestyle.errors import SourceError
from livestyle.sources import SourceOptions, camera, open_source
from livestyle.sources.camera import Camera


def test_asks_for_mjpg_before_size_and_rate_and_tells_what_was_granted(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    capture = opened.capture(FakeCapture(granted=(64, 48, 15.0)))
    source = opened.source(Camera(0, (1280, 720), 30.0, open_capture=lambda _: capture))
    assert capture.asked == [
        (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
        (cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (cv2.CAP_PROP_FRAME_HEIGHT, 720),
        (cv2.CAP_PROP_FPS, 30.0),
    ]
    assert source.size == (64, 48)
    assert source.fps == 15.0
    assert source.name == "camera 0 at 64x48 and 15 fps"
    assert "asked for 1280x720 at 30 fps and gives 64x48 and 15 fps" in caplog.text


def test_what_is_granted_as_asked_needs_no_words(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    capture = opened.capture(FakeCapture())
    opened.source(Camera(0, (64, 48), 30.0, open_capture=lambda _: capture))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_grey_camera_gives_rgb(opened: Opened) -> None:
    def script(capture: FakeCapture, index: int) -> Answer:
        return True, np.full((48, 64), index % 250, np.uint8)

    capture = opened.capture(FakeCapture(script))
    source = opened.source(Camera(0, open_capture=lambda _: capture))
    assert read_one(source).pixels.shape == (48, 64, 3)


def test_a_busy_camera_is_refused_in_words() -> None:
    capture = FakeCapture(opened=False)
    with pytest.raises(SourceError, match=r"Camera 0 does not open.*another program.*demo"):
        Camera(0, open_capture=lambda _: capture)
    assert capture.released.is_set()


def test_no_camera_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("livestyle.sources.camera.sys.platform", "linux")
    for spec in ("97", "/dev/video97"):
        with pytest.raises(SourceError, match=r"no camera .*97.*--source demo") as caught:
            open_source(spec)
        assert caught.value.exit_code == 3


def test_other_cameras_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livestyle.sources.camera.sys.platform", "linux")
    monkeypatch.setattr(camera, "found_cameras", lambda: ["/dev/video2 (HD Webcam)"])
    with pytest.raises(SourceError, match=r"Found: /dev/video2 \(HD Webcam\)"):
        open_source("97")


def test_a_camera_that_blocks_while_it_opens_is_given_up(opened: Opened) -> None:
    capture = opened.capture(FakeCapture())

    def never(_: object) -> FakeCapture:
        capture.let_go.wait()
        return capture

    with pytest.raises(SourceError, match=r"no new picture for 0\.3 s"):
        Camera(0, open_timeout_s=0.3, open_capture=never)
    capture.let_go.set()
    assert capture.released.wait(2.0)


@pytest.mark.parametrize(
    ("fault", "stall_s", "words"),
    [
        (lambda capture, index: capture.hang(), 0.8, "no new picture for 0.8 s"),
        (lambda capture, index: (False, None), 60, "gives no pictures any more"),
        (lambda capture, index: (capture.let_go.wait(0.01), None), 60, "no pictures any more"),
        (lambda capture, index: FakeCapture.red(capture, 5), 0.8, "one and the same picture"),
    ],
    ids=["blocks", "disappears", "gives nothing", "lies"],
)
def test_a_camera_that_fails_is_lost(
    fault: Callable[[FakeCapture, int], Answer], stall_s: float, words: str, opened: Opened
) -> None:
    def script(capture: FakeCapture, index: int) -> Answer:
        return capture.red(index) if index < 5 else fault(capture, index)

    capture = opened.capture(FakeCapture(script))
    source = opened.source(Camera(0, stall_timeout_s=stall_s, open_capture=lambda _: capture))
    with pytest.raises(SourceError, match=words):
        for _ in range(10_000):
            source.read()


def test_single_failed_reads_are_no_loss(opened: Opened) -> None:
    def script(capture: FakeCapture, index: int) -> Answer:
        return capture.red(index) if index % 3 else (False, None)

    capture = opened.capture(FakeCapture(script))
    source = opened.source(Camera(0, open_capture=lambda _: capture))
    assert [read_one(source).index for _ in range(6)] == list(range(6))


def test_a_driver_that_crashes_is_a_source_error(opened: Opened) -> None:
    def script(capture: FakeCapture, index: int) -> Answer:
        if index < 2:
            return capture.red(index)
        raise cv2.error("broken pipe")

    source = opened.source(Camera(0, open_capture=lambda _: FakeCapture(script)))
    with pytest.raises(SourceError, match=r"camera 0.* failed: .*broken pipe"):
        for _ in range(10):
            source.read()


def test_the_newest_picture_is_given(opened: Opened) -> None:
    capture = opened.capture(FakeCapture())
    source = opened.source(Camera(0, open_capture=lambda _: capture))
    source.read()
    time.sleep(0.3)
    before_s = time.perf_counter()
    assert before_s - read_one(source).captured_s < 0.1


def test_closing_lets_go_of_the_device(opened: Opened) -> None:
    capture = opened.capture(FakeCapture())
    Camera(0, open_capture=lambda _: capture).close()
    assert capture.released.wait(2.0)


@pytest.mark.camera
def test_a_real_camera_gives_frames(opened: Opened) -> None:
    source = opened.source(open_source("0", SourceOptions(size=(640, 480))))
    frames = [read_one(source) for _ in range(10)]
    assert frames[-1].pixels.std() > 0
    assert len({frame.size for frame in frames}) == 1
